"""Relations of a user's own, by name, description and the types of their ends, without training.

The words from one name to the other, both included, and those words with some around them, since a verb may stand
behind both, are compared with each relation's label and description, and with those of the model's own relations: what
is nearer than these are on average, by a margin, holds. A relation costs one embedding of its description, a pair of
names two short ones, however many relations.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction.modality import Cues, modality_of
from kgqa.extraction.own_types import AROUND, AROUND_CJK, told
from kgqa.extraction.schema import RelationType, Schema
from kgqa.index import Embedder
from kgqa.text import is_cjk, sentences
from kgqa.types import Chunk, Extraction, Mention, Modality, Relation, Span

__all__ = ["LEVEL", "OwnRelations", "words_of"]

LEVEL = 0.2
"""By how much a relation of one's own must be nearer to the words than the model's relations are on average."""
PRECISION = 0.6
"""Confidence of such a relation, times that of its ends."""
APART = 200
"""Characters of the words from one name to the other, at most."""

Vectors = NDArray[np.float32]
Words = tuple[str, str]
"""From one name to the other, and the same with what stands around."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two mentions of a sentence that relations of one's own may join; places are those of the document."""

    number: int
    """Of the extraction."""
    first: int
    second: int
    words: Words
    sentence: Span


class OwnRelations:
    """The relations that `extended` has and `schema`, the model's, has not."""

    def __init__(self, schema: Schema, extended: Schema, embedder: Embedder) -> None:
        self.relations = tuple(r for name, r in extended.relations.items() if name not in schema.relations)
        self._embedder = embedder
        if self.relations:
            self._vectors = embedder.embed([told(relation) for relation in self.relations])
            self._level = embedder.embed([told(relation) for relation in schema.relations.values()]).mean(0)

    @property
    def name(self) -> str:
        """Changes whenever a relation does, so that documents are read again."""
        said = "\x1f".join(f"{r.name}\x1e{told(r)}\x1e{sorted(r.head)}\x1e{sorted(r.tail)}" for r in self.relations)
        return hashlib.sha256(f"{said}\x1f{LEVEL}".encode()).hexdigest()[:8]

    def scores(self, words: Sequence[Words]) -> Vectors:
        """`(words, relations)`: how much nearer each is to each relation than to the model's on average, as cosines."""
        both = self._embedder.embed([text for pair in words for text in pair]).reshape(len(words), 2, -1).sum(1)
        vectors = both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-12)
        found: Vectors = vectors @ self._vectors.T - (vectors @ self._level)[:, None]
        return found

    def related(self, chunks: Sequence[Chunk], extractions: Sequence[Extraction]) -> list[Extraction]:
        """The extractions with the relations of one's own, of each pair the nearest, behind those that they have."""
        pairs = [pair for n, chunk in enumerate(chunks) for pair in self._pairs(n, chunk, extractions[n])]
        if not pairs:  # as where there are no relations of one's own
            return list(extractions)
        place = {words: n for n, words in enumerate(dict.fromkeys(pair.words for pair in pairs))}
        scores = self.scores(list(place))
        added: list[list[Relation]] = [[] for _ in extractions]
        for pair in pairs:
            mentions = extractions[pair.number].mentions
            if found := self._relation(chunks[pair.number], mentions, pair, scores[place[pair.words]]):
                added[pair.number].append(found)
        both = zip(extractions, added, strict=True)
        return [dataclasses.replace(e, relations=(*e.relations, *more)) for e, more in both]

    def _pairs(self, number: int, chunk: Chunk, extraction: Extraction) -> Iterator[_Pair]:
        """Names of one sentence whose types fit a relation, with no other between them that could take their place."""
        mentions = extraction.mentions
        order = sorted((n for n, m in enumerate(mentions) if not m.nominal), key=lambda n: mentions[n].start)
        for span in sentences(chunk.text, chunk.language):
            sentence = Span(chunk.start + span.start, chunk.start + span.end)
            inside = [n for n in order if sentence.start <= mentions[n].start and mentions[n].end <= sentence.end]
            for first, second in combinations(inside, 2):
                one, other = mentions[first], mentions[second]
                if one.end > other.start or other.end - one.start > APART or not self._fit(one, other):
                    continue
                others = (mentions[n] for n in inside)
                between = {m.type for m in others if one.end <= m.start and m.end <= other.start}
                if between.isdisjoint((one.type, other.type)):
                    place = Span(one.start - chunk.start, other.end - chunk.start)
                    yield _Pair(number, first, second, words_of(chunk.text, place, span), sentence)

    def _fit(self, one: Mention, other: Mention) -> bool:
        return any(_ends(relation, one, other) for relation in self.relations)

    def _relation(self, chunk: Chunk, mentions: Sequence[Mention], pair: _Pair, scores: Vectors) -> Relation | None:
        """The nearest relation of a pair whose types fit, if it is near enough."""
        one, other = mentions[pair.first], mentions[pair.second]
        fitting = [n for n, relation in enumerate(self.relations) if _ends(relation, one, other)]
        best = max(fitting, key=lambda n: float(scores[n]))
        if scores[best] <= LEVEL:
            return None
        relation = self.relations[best]
        ends = (pair.first, pair.second) if _ends(relation, one, other) > 0 else (pair.second, pair.first)
        confidence = round(PRECISION * min(one.confidence, other.confidence), 4)
        modality = _modality(chunk, mentions, pair)
        return Relation(*ends, relation.name, pair.sentence.start, pair.sentence.end, confidence, modality)


def words_of(text: str, place: Span, sentence: Span) -> Words:
    """The words of a text from one name to the other, and those with the words around them in their sentence."""
    between = text[place.start : place.end]
    around = AROUND_CJK if any(map(is_cjk, between)) else AROUND
    return between, text[max(sentence.start, place.start - around) : min(sentence.end, place.end + around)]


def _ends(relation: RelationType, one: Mention, other: Mention) -> int:
    """1 where the first of two mentions may be the relation's head, -1 where only the second may, 0 where none."""
    if _fits(relation.head, one) and _fits(relation.tail, other):
        return 1
    return -1 if _fits(relation.head, other) and _fits(relation.tail, one) else 0


def _fits(allowed: frozenset[str], mention: Mention) -> bool:
    """What is of a type of one's own is of the wider one, too."""
    return not allowed.isdisjoint((mention.type, mention.kind))


def _modality(chunk: Chunk, mentions: Sequence[Mention], pair: _Pair) -> Modality:
    """What the sentence makes of what it says between the names: it may deny it or leave it open."""
    base = chunk.start
    sentence = Span(pair.sentence.start - base, pair.sentence.end - base)
    names = [(m.start - base, m.end - base) for m in mentions if not m.nominal]
    one, other = ((mentions[n].start - base, mentions[n].end - base) for n in (pair.first, pair.second))
    places = [one, other, (one[1], min(one[1] + 1, other[0]))]
    return modality_of(chunk.text, Cues.load().scopes(chunk.text, sentence, names), places)
