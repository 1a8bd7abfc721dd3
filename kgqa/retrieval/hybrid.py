"""The retriever: text search fused with facts, spread over the graph of passages and entities, on the way that fits."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Literal, Protocol

from kgqa.errors import ConfigError
from kgqa.extraction.schema import Schema
from kgqa.index import Embedder, IndexableStore, Indexes
from kgqa.index.embedder import Vectors
from kgqa.retrieval.facts import FactFinder, FactStore, Finding, Named
from kgqa.retrieval.fusion import fuse, lexical_weight
from kgqa.retrieval.graph import PassageGraph, Walk
from kgqa.retrieval.overview import Topic, topics
from kgqa.retrieval.predicates import PredicateLinker
from kgqa.retrieval.rerank import Reranker, candidate
from kgqa.retrieval.router import Plan, Route, Router, Thresholds
from kgqa.retrieval.saved_graph import load_graph, save_graph
from kgqa.retrieval.triples import TripleIndex
from kgqa.text import VALUE_TYPES, detect_language
from kgqa.types import Entity, Hit, Passage, Span, Triple

__all__ = ["Found", "HybridRetriever", "Mode", "RetrievalStore"]

logger = logging.getLogger(__name__)

Mode = Literal["auto", "text", "graph", "hybrid"]
_MODES = ("auto", "text", "graph", "hybrid")
POOL = 100  # hits taken from each index
SEEDS = 30  # of the fused hits, those that the walk over the graph starts from
_SHARE_TRANSLATED = 4  # one passage of so many may be in another language than the question
_EMBEDDED_CHARACTERS = 4_000  # of a question; the lexical search sees all of it
_FACTS = 10  # of the index over facts
_FACT_WEIGHT = 0.2  # of the passages that support them, beside the passages found by their own text
_SUPPORTING = 20  # passages of one fact
_CENTRAL = 6  # entities that a topic is told by
_RERANKED = 5  # of the best passages, those that the reranker may read
_READ = 384  # tokens of these: two cores without instructions for 8 bits take .1 s for so many
_RERANK_WEIGHT = 0.3  # of its scores beside those that it was given
_LEAST_SHARE = 1e-4  # of a walk's time, from which on passages differ

_Places = Sequence[tuple[Span, Sequence[int]]]
"""Where a text names entities, and the nodes of those that are called so."""


class RetrievalStore(IndexableStore, FactStore, Protocol):
    """What retrieval needs of a store. Ids that it does not know are left out of what it returns."""

    def triples_of_chunks(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the triples that each chunk supports."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """What the indexes found for a question, best first."""

    lexical: list[Hit]
    """With BM25 scores."""
    dense: list[Hit]
    """With cosines."""
    fused: list[Hit]
    """With scores in 0…1."""
    vector: Vectors
    """Of the question, ``(1, dimensions)``, unit length."""
    facts: list[Hit] = field(default_factory=list)
    """Passages that support facts which are near to the question, with scores in 0…1."""
    coverage: float = 0.0
    """The share of the question's terms, by weight, that the best passage has."""


class HybridRetriever:
    """Finds passages. The view of the graph is kept until the store changes. Safe to use from several threads."""

    def __init__(
        self,
        store: RetrievalStore,
        indexes: Indexes,
        embedder: Embedder,
        *,
        schema: Schema | None = None,
        triples: TripleIndex | None = None,
        thresholds: Thresholds | None = None,
        reranker: Reranker | None = None,
        folder: Path | None = None,
    ) -> None:
        """``folder`` is where the view of the graph is kept for the next process; for None it is not."""
        self.store = store
        self.indexes = indexes
        self.embedder = embedder
        self.triples = triples
        self.reranker = reranker
        self.folder = folder
        self.router = Router(FactFinder(store, PredicateLinker(schema or Schema.load(), embedder)), thresholds)
        self._graph: tuple[int, PassageGraph] | None = None
        self._topics: tuple[int, list[Topic]] | None = None
        self._named: tuple[PassageGraph, str, _Places] | None = None
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(thread_name_prefix="kgqa-embed")

    def retrieve(self, question: str, limit: int = 8, mode: Mode = "auto") -> list[Passage]:
        """At most ``limit`` passages, best first, each with its scores, its path, its entities and triples.

        ``text`` asks the indexes alone, ``graph`` ranks by the walk over the graph, ``hybrid`` fuses both, ``auto``
        takes the way that the question needs (``plan``): passages that support the facts which answer come first, a
        question about the documents as a whole gets a passage for each of their topics. An empty question or an empty
        workspace gives an empty list.

        Raises:
            ConfigError: there is no such mode.
            CorruptIndex: the stored vectors were made by another embedder.
        """
        if mode not in _MODES:
            raise ConfigError(f"Retrieval mode {mode!r} is not known. Choose one of: {', '.join(_MODES)}.")
        if not question.strip() or limit < 1:
            return []
        self.refresh()
        embedding = self._threads.submit(self._embedded, question)
        lexical = self.indexes.lexical.search(question, max(POOL, limit))
        coverage = self._coverage(question, lexical)
        plan = self._plan(question, lambda: coverage) if mode == "auto" else None
        found = self._found(question, lexical, coverage, embedding.result(), max(POOL, limit))
        if plan:
            if plan.route is Route.OVERVIEW and (overview := self.overview(limit)):
                return overview
            ranked = self._ranked(question, found, "text" if plan.route is Route.ONE_HOP else "graph", limit)
            if plan.route is Route.AGGREGATION:
                first = self.supporting(plan.findings, limit)
                known = {passage.chunk.id for passage in first}
                return [*first, *(passage for passage in ranked if passage.chunk.id not in known)][:limit]
            return ranked
        return self._ranked(question, found, mode, limit)

    def supporting(self, findings: Sequence[Finding], limit: int) -> list[Passage]:
        """The passages with the best evidence of each fact, in the order of the facts; their path is those facts."""
        facts: dict[str, list[Triple]] = {}
        for finding in findings:
            for triple in finding.triples:
                for evidence in self.store.evidence(triple.id, 1):
                    facts.setdefault(evidence.chunk_id, []).append(triple)
            if len(facts) >= limit:
                break
        hits = [Hit(id, max(triple.confidence for triple in own)) for id, own in facts.items()]
        paths = {id: tuple(dict.fromkeys(triple.id for triple in own)) for id, own in facts.items()}
        passages = self._passages(hits, {"facts": hits}, limit)
        return [replace(passage, path=paths[passage.chunk.id]) for passage in passages]

    def plan(self, question: str) -> Plan:
        """The way that ``auto`` takes with a question, and the facts that answer it.

        Raises:
            CorruptIndex: the stored vectors were made by another embedder.
        """
        self.refresh()
        return self._plan(question, lambda: self._coverage(question, self.indexes.lexical.search(question, 1)))

    def overview(self, limit: int = 8) -> list[Passage]:
        """The passage that stands for each of the ``limit`` largest topics; its path names what is central to it."""
        found = self._current_topics()[:limit]
        passages = self._passages(
            [Hit(topic.chunks[0], topic.share) for topic in found],
            {"topic": [Hit(topic.chunks[0], topic.share) for topic in found]},
            limit,
        )
        central = {topic.chunks[0]: self._things(topic.entities)[:_CENTRAL] for topic in found}
        return [replace(passage, path=central[passage.chunk.id]) for passage in passages]

    def _things(self, entity_ids: Sequence[str]) -> tuple[str, ...]:
        """Those that are no dates or quantities."""
        return tuple(entity.id for entity in self.store.entities(entity_ids) if entity.type not in VALUE_TYPES)

    def refresh(self) -> None:
        """Make sure that a question finds what is in the store.

        Raises:
            CorruptIndex: the stored vectors were made by another embedder.
        """
        self.indexes.refresh(self.store)
        if self.triples is not None:
            self.triples.refresh(self.store)

    def search(self, question: str, limit: int = POOL) -> Found:
        """What the indexes find, each by itself and together."""
        lexical = self.indexes.lexical.search(question, limit)
        return self._found(question, lexical, self._coverage(question, lexical), self._embedded(question), limit)

    def _embedded(self, question: str) -> Vectors:
        return self.embedder.embed([question[:_EMBEDDED_CHARACTERS]])

    def _found(self, question: str, lexical: list[Hit], coverage: float, vector: Vectors, limit: int) -> Found:
        dense = self.indexes.dense.search(vector, limit)[0]
        fused = fuse(lexical, dense, lexical_weight(coverage))
        return Found(lexical, dense, fused, vector, self._supporting(question, vector), coverage)

    def links(self, text: str) -> list[tuple[Span, Entity]]:
        """Where a text names entities of the graph, in the order of the text; of homonyms the most mentioned first."""
        graph = self._current_graph()
        found = [(place, [graph.ids[node] for node in nodes]) for place, nodes in self._places(graph, text)]
        known = {entity.id: entity for entity in self.store.entities([id for _, ids in found for id in ids])}
        return [
            (place, entity)
            for place, ids in found
            for entity in sorted((known[id] for id in ids if id in known), key=lambda entity: -entity.mentions)
        ]

    def _coverage(self, question: str, lexical: Sequence[Hit]) -> float:
        """The share of a question's terms, by weight, that the best of the hits has."""
        return lexical[0].score / self.indexes.lexical.highest(question) if lexical else 0.0

    def _supporting(self, question: str, vector: Vectors) -> list[Hit]:
        if self.triples is None:
            return []
        best: dict[str, float] = {}
        for hit in self.triples.search(question, vector, _FACTS):
            for evidence in self.store.evidence(hit.id, _SUPPORTING):
                best[evidence.chunk_id] = max(hit.score, best.get(evidence.chunk_id, 0.0))
        return sorted((Hit(id, score) for id, score in best.items()), key=lambda hit: (-hit.score, hit.id))

    def _plan(self, question: str, coverage: Callable[[], float]) -> Plan:
        graph = self._current_graph()
        names = [Named(span, tuple(graph.ids[n] for n in nodes)) for span, nodes in self._places(graph, question)]
        return self.router.plan(question, names, coverage)

    def _ranked(self, question: str, found: Found, mode: Mode, limit: int) -> list[Passage]:
        sources = {"lexical": found.lexical, "dense": found.dense}
        ranked = found.fused
        walk: Walk | None = None
        if mode != "text" and ranked:
            seeds = fuse(found.facts, ranked, _FACT_WEIGHT) if found.facts else ranked
            graph = self._current_graph()
            walk = graph.walk(seeds[:SEEDS], graph.things(self._places(graph, question)))
            sources |= {"triples": found.facts, "graph": walk.best(max(POOL, limit))}
            ranked = _combined(mode, ranked, sources["graph"])
        if self.reranker and ranked:
            sources["reranker"] = self._reranked(self.reranker, question, ranked[:_RERANKED], walk)
            read = {hit.id for hit in sources["reranker"]}
            given = [hit for hit in ranked if hit.id in read]
            given = given if walk is None or mode == "hybrid" else _in_logs(given)
            best = fuse(sources["reranker"], given, _RERANK_WEIGHT)
            ranked = [*best, *(Hit(hit.id, 0.0) for hit in ranked if hit.id not in read)]
        if walk:
            sources["translated"] = self._in_the_other_language(question, found.vector[0], limit // _SHARE_TRANSLATED)
            ranked = _ending_with(ranked, sources["translated"], limit)
        return self._passages(ranked, sources, limit, walk)

    def _reranked(self, reranker: Reranker, question: str, ranked: Sequence[Hit], walk: Walk | None) -> list[Hit]:
        """The passages by what the reranker makes of each behind the way that led to it."""
        ways = {hit.id: walk.path(hit.id) if walk and hit.id in walk.graph.numbers else () for hit in ranked}
        over = [id for way in ways.values() for id in way]
        chunks = {chunk.id: chunk for chunk in self.store.chunks([*ways, *over])}
        entities = {entity.id: entity for entity in self.store.entities(over)}
        known = [hit.id for hit in ranked if hit.id in chunks]
        stages = {id: [chunks.get(node) or entities.get(node) for node in ways[id]] for id in known}
        read = [candidate(chunks[id], [stage for stage in stages[id] if stage]) for id in known]
        scores = reranker.scores(question, read, _READ)  # of the first ones
        hits = (Hit(id, float(score)) for id, score in zip(known, scores, strict=False))
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))

    def _in_the_other_language(self, question: str, vector: Vectors, limit: int) -> list[Hit]:
        """Chunks in another language than the question that name what it names, by any name it has, with cosines.

        A question finds them neither by its words nor, among many in its own language, by its meaning.
        """
        entities = {entity.id: entity for _, entity in self.links(question) if entity.type not in VALUE_TYPES}
        names = {name for entity in entities.values() for name in (entity.name, *entity.aliases)}
        if not names or limit < 1:
            return []
        language, graph = detect_language(question), self._current_graph()
        hits = self.indexes.lexical.search(" ".join(sorted(names)), POOL)
        near = graph.joined([hit.id for hit in hits], entities)
        foreign = [chunk.id for chunk in self.store.chunks(near) if chunk.language != language]
        meant = self.store.entities_of_chunks(foreign)
        ids = [id for id, mentioned in meant.items() if not entities.keys().isdisjoint(mentioned)]
        if not ids:
            return []
        cosines = self.store.vectors(ids) @ vector
        return sorted((Hit(id, float(c)) for id, c in zip(ids, cosines, strict=True)), key=lambda h: -h.score)[:limit]

    def _places(self, graph: PassageGraph, text: str) -> _Places:
        """Where a text names nodes; kept for the last text, of which one question asks several times."""
        last = self._named
        if last is None or last[0] is not graph or last[1] != text:
            last = self._named = (graph, text, list(graph.places_in(text)))
        return last[2]

    def _current_graph(self) -> PassageGraph:
        with self._lock:
            generation = self.store.generation()
            if self._graph is None or self._graph[0] != generation:
                self._graph = (generation, self._made_graph(generation))
            return self._graph[1]

    def _made_graph(self, generation: int) -> PassageGraph:
        if self.folder is None:
            return PassageGraph.build(self.store)
        graph = load_graph(self.folder, generation)
        if graph is None:
            graph = PassageGraph.build(self.store)
            if self.store.generation() == generation:  # else it may hold what has been deleted
                save_graph(self.folder, generation, graph)
        return graph

    def _current_topics(self) -> list[Topic]:
        graph = self._current_graph()
        with self._lock:
            if self._topics is None or self._topics[0] != self.store.generation():
                self._topics = (self.store.generation(), topics(graph))
            return self._topics[1]

    def _passages(
        self, ranked: Sequence[Hit], sources: Mapping[str, Sequence[Hit]], limit: int, walk: Walk | None = None
    ) -> list[Passage]:
        """Reads a few more than asked for, since a document may have been deleted since the indexes were saved."""
        best = {hit.id: hit.score for hit in ranked[: 2 * limit + 8]}
        chunks = self.store.chunks(list(best))[:limit]
        ids = [chunk.id for chunk in chunks]
        entities, triples = self.store.entities_of_chunks(ids), self.store.triples_of_chunks(ids)
        scores = {name: {hit.id: hit.score for hit in hits} for name, hits in sources.items()}
        return [
            Passage(
                chunk,
                best[chunk.id],
                {name: found[chunk.id] for name, found in scores.items() if chunk.id in found},
                tuple(entities.get(chunk.id, ())),
                tuple(triples.get(chunk.id, ())),
                self._path(walk, chunk.id),
            )
            for chunk in chunks
        ]

    def _path(self, walk: Walk | None, chunk_id: str) -> tuple[str, ...]:
        """The path of a walk, with the triple between each two entities on it."""
        if walk is None or chunk_id not in walk.graph.numbers:
            return ()
        nodes, types, numbers = walk.path(chunk_id), walk.graph.types, walk.graph.numbers
        path = list(nodes[:1])
        for a, b in pairwise(nodes):
            path += [*(self._between(a, b) if types[numbers[a]] and types[numbers[b]] else ()), b]
        return tuple(path)

    def _between(self, a: str, b: str) -> list[str]:
        """A triple that joins two entities."""
        joined = [*self.store.triples(subject=a, object=b, limit=1), *self.store.triples(subject=b, object=a, limit=1)]
        return [triple.id for triple in joined[:1]]


def _in_logs(hits: Sequence[Hit]) -> list[Hit]:
    """Shares of a walk's time, most of which is at one passage, on a scale on which the others differ as well."""
    return [Hit(hit.id, math.log(max(hit.score, _LEAST_SHARE))) for hit in hits]


def _ending_with(ranked: Sequence[Hit], last: Sequence[Hit], limit: int) -> list[Hit]:
    """The best of the ranking, its end given to those hits that it lacks."""
    there = {hit.id for hit in ranked[:limit]}
    more = [hit.id for hit in last if hit.id not in there]
    kept = [hit for hit in ranked if hit.id not in more][: limit - len(more)]
    return [*kept, *(Hit(id, kept[-1].score if kept else 0.0) for id in more)]


def _combined(mode: Mode, text: Sequence[Hit], graph: Sequence[Hit]) -> list[Hit]:
    """What the walk did not reach follows in the order of the text search."""
    if mode == "hybrid":
        return fuse(text, graph, 0.5)
    reached = {hit.id for hit in graph}
    return [*graph, *(Hit(hit.id, 0.0) for hit in text if hit.id not in reached)]
