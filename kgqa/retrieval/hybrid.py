"""The retriever: lexical and dense search fused, then spread over the graph of passages and entities."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Literal, Protocol

from kgqa.errors import ConfigError
from kgqa.index import Embedder, IndexableStore, Indexes
from kgqa.retrieval.fusion import fuse, lexical_weight
from kgqa.retrieval.graph import GraphStoreView, PassageGraph
from kgqa.text import detect_language
from kgqa.types import Entity, Hit, Passage, Span

__all__ = ["Found", "HybridRetriever", "Mode", "RetrievalStore"]

logger = logging.getLogger(__name__)

Mode = Literal["auto", "text", "graph", "hybrid"]
_MODES = ("auto", "text", "graph", "hybrid")
_POOL = 100  # hits taken from each index
_SEEDS = 30  # of the fused hits, those that the walk over the graph starts from
_SHARE_TRANSLATED = 4  # one passage of so many may be in another language than the question
_VALUES = frozenset({"Date", "Quantity"})
_EMBEDDED_CHARACTERS = 4_000  # of a question; the lexical search sees all of it


class RetrievalStore(IndexableStore, GraphStoreView, Protocol):
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


class HybridRetriever:
    """Finds passages. The view of the graph is kept until the store changes. Safe to use from several threads."""

    def __init__(self, store: RetrievalStore, indexes: Indexes, embedder: Embedder) -> None:
        self.store = store
        self.indexes = indexes
        self.embedder = embedder
        self._graph: tuple[int, PassageGraph] | None = None
        self._lock = Lock()

    def retrieve(self, question: str, limit: int = 8, mode: Mode = "auto") -> list[Passage]:
        """At most ``limit`` passages, best first, each with its scores, entities and triples.

        ``text`` asks the indexes alone, ``graph`` ranks by the walk over the graph, ``hybrid`` fuses both, ``auto`` is
        the one that measured best. An empty question or an empty workspace gives an empty list.

        Raises:
            ConfigError: there is no such mode.
            CorruptIndex: the stored vectors were made by another embedder.
        """
        if mode not in _MODES:
            raise ConfigError(f"Retrieval mode {mode!r} is not known. Choose one of: {', '.join(_MODES)}.")
        if not question.strip() or limit < 1:
            return []
        self.indexes.refresh(self.store)
        found = self.search(question, max(_POOL, limit))
        sources = {"lexical": found.lexical, "dense": found.dense}
        ranked = found.fused
        if mode != "text" and ranked:
            sources["graph"] = self._walk(question, ranked, max(_POOL, limit))
            ranked = _combined(mode, ranked, sources["graph"])
            sources["translated"] = self._in_the_other_language(question, limit // _SHARE_TRANSLATED)
            ranked = _ending_with(ranked[:limit], sources["translated"])
        return self._passages(ranked, sources, limit)

    def search(self, question: str, limit: int = _POOL) -> Found:
        """What the indexes find, each by itself and together."""
        lexical = self.indexes.lexical.search(question, limit)
        dense = self.indexes.dense.search(self.embedder.embed([question[:_EMBEDDED_CHARACTERS]]), limit)[0]
        coverage = lexical[0].score / self.indexes.lexical.highest(question) if lexical else 0.0
        return Found(lexical, dense, fuse(lexical, dense, lexical_weight(coverage)))

    def links(self, text: str) -> list[tuple[Span, Entity]]:
        """Where a text names entities of the graph, in the order of the text; of homonyms the most mentioned first."""
        graph = self._current_graph()
        found = [(place, [graph.ids[node] for node in nodes]) for place, nodes in graph.places_in(text)]
        known = {entity.id: entity for entity in self.store.entities([id for _, ids in found for id in ids])}
        return [
            (place, entity)
            for place, ids in found
            for entity in sorted((known[id] for id in ids if id in known), key=lambda entity: -entity.mentions)
        ]

    def _walk(self, question: str, found: Sequence[Hit], limit: int) -> list[Hit]:
        graph = self._current_graph()
        return graph.rank(found[:_SEEDS], graph.named_in(question), limit)

    def _in_the_other_language(self, question: str, limit: int) -> list[Hit]:
        """Chunks in another language than the question that name what it names, by any name it has, with cosines.

        A question finds them neither by its words nor, among many in its own language, by its meaning.
        """
        entities = {entity.id: entity for _, entity in self.links(question) if entity.type not in _VALUES}
        names = {name for entity in entities.values() for name in (entity.name, *entity.aliases)}
        if not names or limit < 1:
            return []
        language = detect_language(question)
        found = self.store.chunks([hit.id for hit in self.indexes.lexical.search(" ".join(sorted(names)), _POOL)])
        meant = self.store.entities_of_chunks([chunk.id for chunk in found if chunk.language != language])
        ids = [id for id, mentioned in meant.items() if not entities.keys().isdisjoint(mentioned)]
        if not ids:
            return []
        cosines = self.store.vectors(ids) @ self.embedder.embed([question[:_EMBEDDED_CHARACTERS]])[0]
        return sorted((Hit(id, float(c)) for id, c in zip(ids, cosines, strict=True)), key=lambda h: -h.score)[:limit]

    def _current_graph(self) -> PassageGraph:
        with self._lock:
            generation = self.store.generation()
            if self._graph is None or self._graph[0] != generation:
                self._graph = (generation, PassageGraph.build(self.store))
            return self._graph[1]

    def _passages(self, ranked: Sequence[Hit], sources: Mapping[str, Sequence[Hit]], limit: int) -> list[Passage]:
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
            )
            for chunk in chunks
        ]


def _ending_with(ranked: Sequence[Hit], last: Sequence[Hit]) -> list[Hit]:
    """The ranking with its end given to those hits that it lacks."""
    there = {hit.id for hit in ranked}
    more = [hit.id for hit in last if hit.id not in there]
    kept = ranked[: len(ranked) - len(more)] if more else ranked
    return [*kept, *(Hit(id, kept[-1].score if kept else 0.0) for id in more)]


def _combined(mode: Mode, text: Sequence[Hit], graph: Sequence[Hit]) -> list[Hit]:
    """What the walk did not reach follows in the order of the text search."""
    if mode == "hybrid":
        return fuse(text, graph, 0.5)
    reached = {hit.id for hit in graph}
    return [*graph, *(Hit(hit.id, 0.0) for hit in text if hit.id not in reached)]
