"""A store in memory with what indexes and retrieval need of one: small, real, and able to change under their feet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from kgqa.index import passage_text
from kgqa.index.embedder import Embedder, Vectors
from kgqa.types import Chunk, Entity, Evidence, Statistics, Triple, content_id


class MemoryStore:
    """Chunks by id, each with its vector and the names of its entities."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.held: dict[str, Chunk] = {}
        self.named: dict[str, Entity] = {}
        self.mentions: dict[str, list[str]] = {}
        self.facts: dict[str, Triple] = {}
        self.supported: dict[str, list[str]] = {}
        self.writes = 0

    def put(
        self,
        text: str,
        *,
        title: str = "",
        names: Sequence[str] = (),
        aliases: Sequence[str] = (),
        triple: tuple[str, str, str] | None = None,
        language: str = "en",
        type: str = "Thing",
    ) -> str:
        id, document_id = content_id("chunk", title, text), content_id("document", title)
        chunk = Chunk(id, document_id, 0, len(text), text, language=language, title=title)
        entities = [Entity(content_id("entity", name), name, type, tuple(aliases)) for name in names]
        self.held[chunk.id] = chunk
        self.named.update((entity.id, entity) for entity in entities)
        self.mentions[chunk.id] = [entity.id for entity in entities]
        if triple:
            subject, predicate, object = (triple[0], triple[1], triple[2])
            ends = content_id("entity", subject), content_id("entity", object)
            fact = Triple(content_id(*triple), ends[0], predicate, ends[1], subject, object, 1, 0.9)
            self.facts[fact.id] = fact
            self.supported[chunk.id] = [fact.id]
        self.writes += 1
        return chunk.id

    def drop(self, chunk_id: str) -> None:
        for table in (self.held, self.mentions, self.supported):
            table.pop(chunk_id, None)
        self.writes += 1

    def generation(self) -> int:
        return self.writes

    def embedders(self) -> list[str]:
        return [self.embedder.name] if self.held else []

    def chunk_ids(self) -> list[str]:
        return list(self.held)

    def titles(self) -> dict[str, str]:
        return {chunk.id: chunk.title for chunk in self.held.values()}

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        return [self.held[id] for id in ids if id in self.held]

    def vectors(self, ids: Sequence[str]) -> Vectors:
        if not ids:
            return np.zeros((0, self.embedder.dimensions), np.float32)
        return self.embedder.embed([passage_text(chunk) for chunk in self.chunks(ids)])

    def entities(self, ids: Sequence[str] | None = None) -> Iterable[Entity]:
        return [self.named[id] for id in (self.named if ids is None else ids) if id in self.named]

    def entity_names(self) -> Iterable[tuple[str, str, tuple[str, ...]]]:
        return [(id, entity.type, (entity.name, *entity.aliases)) for id, entity in self.named.items()]

    def entities_of_chunks(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {id: self.mentions[id] for id in chunk_ids if self.mentions.get(id)}

    def triples(
        self,
        *,
        subject: str | None = None,
        predicate: str | None = None,
        object: str | None = None,
        ids: Sequence[str] | None = None,
        limit: int | None = 100,
    ) -> list[Triple]:
        live = {id for chunk in self.held for id in self.supported.get(chunk, ())}
        found = [
            fact
            for fact in self.facts.values()
            if fact.id in live
            and subject in (None, fact.subject)
            and predicate in (None, fact.predicate)
            and object in (None, fact.object)
            and (ids is None or fact.id in ids)
        ]
        return found[:limit]

    def evidence(self, target_id: str, limit: int = 100) -> list[Evidence]:
        chunks = [self.held[id] for id in self.held if target_id in self.supported.get(id, ())]
        return [
            Evidence(content_id(c.id, target_id), target_id, c.document_id, c.id, c.start, c.end, c.text, "small", 0.9)
            for c in chunks[:limit]
        ]

    def statistics(self) -> Statistics:
        predicates = dict(Counter(fact.predicate for fact in self.triples(limit=None)))
        return Statistics(0, len(self.held), len(self.named), len(self.facts), 0, 0, {}, predicates)

    def triples_of_chunks(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {id: self.supported[id] for id in chunk_ids if self.supported.get(id)}
