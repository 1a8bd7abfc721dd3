"""Passages reached over the graph: personalised PageRank over chunks and entities, seeded with what the indexes found.

A question of two steps names only the first thing; the passage with the answer shares an entity with the passage that
the indexes find. Chunks are joined to the entities they name, most strongly to what their document's title names,
entities to each other by triples, a rare entity more strongly than a frequent one (inverse document frequency).
Restarts go to the found passages and to the entities that the question names: to entities alone loses half the recall.

HippoRAG 2, Gutiérrez et al., ICML 2025 (https://arxiv.org/abs/2502.14802), without its language model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kgqa.index.tokens import says_nothing
from kgqa.retrieval.adjacency import Adjacency
from kgqa.retrieval.gazetteer import TOKEN, Gazetteer
from kgqa.text import VALUE_TYPES, normalise_name
from kgqa.types import Chunk, Entity, Hit, Span, Triple

__all__ = ["GraphStoreView", "PassageGraph", "Walk"]

DAMPING = 0.6
_ROUNDS = 20  # 0.6^20 of the walk is left out
FAR = 50_000
"""Entries of the graph from which on the walk keeps to what is near: 3 ms with 100,000 entries, where a walk over all
takes 13, and 18 with 11 million. On MuSiQue, HotpotQA and 2WikiMultiHopQA recall at 2, 5 and 10 is the same,
and of the first ten passages 99 in 100."""
_LEAST = 2e-7  # of the walk, times a node's sum of weights, below which it does not go on in a large graph
_SHARPNESS = 6.0
"""Exponent of the fused scores in the restarts. Spread evenly over many passages they hide what the walk finds: on 500
questions of 2WikiMultiHopQA recall at 5 was .725 with exponent 1, .733 with 2, .805 with 4 and .834 with 8."""
_ENTITY_SHARE = 0.15
"""Of the restarts, when the question names an entity; with half of them recall falls below the text's."""
_ABOUT = 2.0  # times a mention, and beside it: what joins a passage to the thing that its title names
_FACT = 0.1
"""Times a mention. Most facts join what one passage names, and lead on to countries and professions: on 500 questions
of 2WikiMultiHopQA recall at 5 was .805 with 1, .833 with .25 and .840 with .1."""
_LONGEST_PATH = 4  # steps that a passage's path is followed back
_LONGEST_NAME = 12  # tokens: a word or an ideograph
_MOST_TOKENS = 2_000
_AT_ONCE = 5_000  # chunks whose texts are read together
_KIND = "Concept"
"""Type of entities that are kinds of things: in a question such a word mostly says what kind is wanted."""
_MERE_WORDS = {_KIND, *VALUE_TYPES}
_SHORT = 3
"""Letters of a name that must be written as it is: "who" is not the WHO, nor "us" the US."""
_ADDED = re.compile(r"(?<=\S)\s*[(（][^()（）]*[)）]\s*$")

Floats = npt.NDArray[np.float64]


class GraphStoreView(Protocol):
    """What the graph of passages is made from."""

    def generation(self) -> int:
        """A number that changes with every write."""
        ...

    def titles(self) -> Mapping[str, str]:
        """The ids of all chunks, with the titles of their documents."""
        ...

    def chunks(self, ids: Sequence[str]) -> Sequence[Chunk]:
        """Those of the ids, in their order."""
        ...

    def entities(self, ids: Sequence[str] | None = None, /) -> Iterable[Entity]:
        """Those of the ids, in their order; all for None."""
        ...

    def entity_names(self) -> Iterable[tuple[str, str, Sequence[str]]]:
        """The id of every entity with its type and its names, its own first."""
        ...

    def entities_of_chunks(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the entities that each chunk mentions."""
        ...

    def triples(
        self,
        *,
        subject: str | None = None,
        predicate: str | None = None,
        object: str | None = None,
        ids: Sequence[str] | None = None,
        limit: int | None = 100,
    ) -> Sequence[Triple]:
        """Those that match everything given, at most ``limit``; all of them for None."""
        ...


@dataclass(frozen=True, slots=True)
class PassageGraph:
    """A view of one generation of the store. Nodes are numbered chunks first, then entities."""

    chunks: Sequence[str]
    ids: Sequence[str]
    """Of the chunk or entity that each node is."""
    numbers: Mapping[str, int]
    """Node of a chunk or entity by its id, in the order of the nodes."""
    types: Sequence[str]
    """Of the entity that each node is, empty for chunks."""
    names: Mapping[str, Sequence[int]]
    """Nodes of the entities by the key of their names (``_key``); homonyms share one."""
    rarity: Floats
    """Inverse document frequency of the nodes that are entities, 1 for chunks."""
    weights: Adjacency
    """Symmetric: how strongly two nodes are joined."""
    steps: Adjacency
    """Column j holds the chances to go from j to each other node."""
    sums: Floats
    """Of the weights around each node."""

    @classmethod
    def build(cls, store: GraphStoreView, *, facts: bool = True) -> PassageGraph:
        """The graph of everything in the store; without ``facts`` entities are joined by passages alone."""
        titles, entities = store.titles(), list(store.entity_names())
        chunks = list(titles)
        numbers = {id: number for number, id in enumerate(itertools.chain(chunks, (id for id, *_ in entities)))}
        mentions = _mentions(store, numbers, entities, chunks)
        triples = store.triples(limit=None) if facts else ()
        ends = [(numbers.get(t.subject), numbers.get(t.object)) for t in triples]
        joined = np.asarray([pair for pair in ends if None not in pair], np.int64).reshape(-1, 2)
        names: dict[str, list[int]] = {}
        for id, _, called in entities:
            for name in {_key(name) for name in called}:
                names.setdefault(name, []).append(numbers[id])
        about = np.asarray(list(_about(titles, numbers, names)), np.int64).reshape(-1, 2)
        rarity = _rarity(np.unique(np.concatenate([mentions, about]), axis=0), len(chunks), len(numbers))
        weights = _weights(mentions, about, joined, rarity)
        types = [*[""] * len(chunks), *(type for _, type, _ in entities)]
        return cls(chunks, list(numbers), numbers, types, names, rarity, weights, weights.steps(), weights.sums())

    def named_in(self, question: str) -> list[int]:
        """Nodes of the things whose names stand in the question: a film is one, "film" is not; of overlapping names the
        longer one counts."""
        return self.things(self.places_in(question))

    def things(self, places: Iterable[tuple[Span, Sequence[int]]]) -> list[int]:
        """Nodes of those that stand at the places and are no kinds of things, each once."""
        nodes = dict.fromkeys(node for _, nodes in places for node in nodes)
        return [node for node in nodes if self.types[node] != _KIND]

    def places_in(self, text: str) -> Iterator[tuple[Span, Sequence[int]]]:
        """Where a text names entities, and the nodes of those that are called so, in the order of the text."""
        tokens = [match.span() for match in itertools.islice(TOKEN.finditer(text), _MOST_TOKENS)]
        start = 0
        while start < len(tokens):
            found, width = self._longest_name(text, tokens[start : start + _LONGEST_NAME])
            if found:
                yield Span(tokens[start][0], tokens[start + width - 1][1]), found
            start += width

    def joined(self, chunks: Iterable[str], entities: Iterable[str]) -> list[str]:
        """Those of the chunks that are joined to one of the entities."""
        wanted = {self.numbers[id] for id in entities if id in self.numbers}
        known = ((id, self.numbers[id]) for id in chunks if id in self.numbers)
        return [id for id, node in known if not wanted.isdisjoint(self.weights.row(node)[0].tolist())]

    def walk(self, found: Sequence[Hit], entities: Sequence[int]) -> Walk:
        """A walk that restarts at the ``found`` chunks and at the ``entities``.

        ``found`` is in falling order of its positive scores.
        """
        seeds = self._restarts(found, entities)
        return Walk(self, seeds, self._spread(seeds) if seeds.any() else seeds)

    def _spread(self, seeds: Floats) -> Floats:
        if len(self.steps.columns) >= FAR:
            share = self.steps.spread_near(seeds, self.sums, DAMPING, _LEAST)
            if share is not None:
                return share
        return self.steps.spread(seeds, DAMPING, _ROUNDS)

    def _longest_name(self, question: str, tokens: Sequence[tuple[int, int]]) -> tuple[Sequence[int], int]:
        start = tokens[0][0]
        for width in range(len(tokens), 0, -1):
            text = question[start : tokens[width - 1][1]]
            if len(text) < 2 or text.startswith("the ") or not (nodes := self.names.get(_key(text))):
                continue
            if text.isupper() or not says_nothing(text):
                return nodes, width
        return (), 1

    def _restarts(self, found: Sequence[Hit], entities: Sequence[int]) -> Floats:
        seeds = np.zeros(len(self.numbers))
        scores = {
            self.numbers[hit.id]: (hit.score / found[0].score) ** _SHARPNESS for hit in found if hit.id in self.numbers
        }
        if total := sum(scores.values()):
            seeds[list(scores)] = np.asarray(list(scores.values())) * ((1 - _ENTITY_SHARE if entities else 1) / total)
            if entities:
                rarity = self.rarity[list(entities)]
                seeds[list(entities)] = _ENTITY_SHARE * rarity / rarity.sum()
        return seeds


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk is found in the long run."""

    graph: PassageGraph
    seeds: Floats
    """The restarts at each node; they add up to 1."""
    share: Floats
    """Of the time, at each node."""
    _sources: dict[int, list[tuple[int, float]]] = field(default_factory=dict, repr=False, compare=False)
    """Of nodes that were asked for: where their share came from, and how much of it, the most first."""

    def best(self, limit: int) -> list[Hit]:
        """Chunks by their share, best first."""
        scores = self.share[: len(self.graph.chunks)]
        reached = np.flatnonzero(scores > 0)
        if not len(reached):
            return []
        top = reached[np.argpartition(-scores[reached], min(limit, len(reached) - 1))[:limit]]
        hits = [Hit(self.graph.chunks[node], float(scores[node])) for node in top]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))

    def path(self, chunk_id: str) -> tuple[str, ...]:
        """Ids of the chunks and entities over which most of its share came to a chunk, from the start of the walk on.

        Empty where the walk restarts at the chunk itself more than it comes from anywhere else.
        """
        gone = [node := self.graph.numbers[chunk_id]]
        for _ in range(_LONGEST_PATH):
            source, inflow = next((pair for pair in self._inflow(node) if pair[0] not in gone), (node, 0.0))
            if inflow <= (1 - DAMPING) * self.seeds[node]:
                break
            gone.append(node := source)
        return tuple(self.graph.ids[node] for node in reversed(gone[1:]))

    def _inflow(self, node: int) -> list[tuple[int, float]]:
        """Neighbours with what comes from them, the most first: as many as a path may have been at, and one."""
        if node not in self._sources:
            columns, chances = self.graph.steps.row(node)
            inflow = DAMPING * chances * self.share[columns]
            most = np.argsort(-inflow, kind="stable")[: _LONGEST_PATH + 1]
            self._sources[node] = list(zip(columns[most].tolist(), inflow[most].tolist(), strict=True))
        return self._sources[node]


def _key(name: str) -> str:
    """What two spellings of a name have in common; a short name in letters is only itself."""
    return name if len(name) <= _SHORT and name.isascii() and name.isalpha() else normalise_name(name)


def _mentions(
    store: GraphStoreView,
    numbers: Mapping[str, int],
    entities: Iterable[tuple[str, str, Sequence[str]]],
    chunks: Sequence[str],
) -> npt.NDArray[np.int64]:
    """Chunks with the entities that were read in them, and with those whose names stand in them besides.

    Dates, quantities and concepts are left as they were read: words for them are everywhere.
    """
    known = Gazetteer((numbers[id], names) for id, type, names in entities if type not in _MERE_WORDS)
    nodes, parts = len(numbers), [np.zeros(0, np.int64)]
    for start in range(0, len(chunks), _AT_ONCE):
        some = chunks[start : start + _AT_ONCE]
        pairs = [
            nodes * numbers[chunk.id] + entity for chunk in store.chunks(some) for entity in known.find(chunk.text)
        ]
        for id, found in store.entities_of_chunks(some).items():
            pairs += [nodes * numbers[id] + numbers[entity] for entity in found if entity in numbers]
        parts.append(np.unique(np.asarray(pairs, np.int64)))
    return np.stack(np.divmod(np.concatenate(parts), max(1, nodes)), 1)


def _rarity(mentions: npt.NDArray[np.int64], chunks: int, nodes: int) -> Floats:
    """``ln(1 + chunks / chunks that mention it)``."""
    frequency = np.bincount(mentions[:, 1], minlength=nodes) if len(mentions) else np.zeros(nodes)
    rarity = np.log1p(chunks / np.maximum(frequency, 1))
    rarity[:chunks] = 1.0
    return np.asarray(rarity, np.float64)


def _about(
    titles: Mapping[str, str], numbers: Mapping[str, int], names: Mapping[str, Sequence[int]]
) -> Iterator[tuple[int, int]]:
    """Chunks with the entities that their document's title names, as it stands or without what it adds in brackets."""
    found: dict[str, list[int]] = {}
    for chunk, title in titles.items():
        if title not in found:
            keys = {_key(name) for name in (title, _ADDED.sub("", title)) if name.strip()}
            found[title] = sorted({node for key in keys for node in names.get(key, ())})
        yield from ((numbers[chunk], node) for node in found[title])


def _weights(
    mentions: npt.NDArray[np.int64], about: npt.NDArray[np.int64], facts: npt.NDArray[np.int64], rarity: Floats
) -> Adjacency:
    weights = (
        rarity[mentions[:, 1]],
        _ABOUT * rarity[about[:, 1]],
        _FACT * np.sqrt(rarity[facts[:, 0]] * rarity[facts[:, 1]]),
    )
    return Adjacency.of(np.concatenate([mentions, about, facts]), np.concatenate(weights), len(rarity))
