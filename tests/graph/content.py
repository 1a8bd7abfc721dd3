"""Puts text into a store with the small models, and compares stores."""

from __future__ import annotations

from typing import Any

from kgqa.graph import GraphStore, Outcome
from kgqa.text import chunk
from kgqa.types import Document, to_dict
from tests.small_models import SmallEmbedder, SmallExtractor

__all__ = ["add", "dump", "make"]


def make(text: str, uri: str = "a.txt", title: str = "A") -> Document:
    """A document in English."""
    return Document.create(uri=uri, title=title, text=text, language="en")


def add(store: GraphStore, text: str, uri: str = "a.txt", extractor: str = "small@1", size: int = 1000) -> Outcome:
    """Chunk, extract, embed, commit."""
    document = make(text, uri)
    chunks = chunk(document, size)
    embedder = SmallEmbedder()
    extractions = SmallExtractor(extractor).extract(chunks)
    return store.commit(document, chunks, extractions, embedder.embed([c.text for c in chunks]), embedder.name)


def dump(store: GraphStore) -> dict[str, Any]:
    """Everything that follows from the documents, in an order of its own."""
    entities = list(store.entities())
    triples = sorted(store.triples(limit=None), key=lambda triple: triple.id)
    targets = [entity.id for entity in entities] + [triple.id for triple in triples]
    chunks = sorted(store.chunk_ids())
    return {
        "documents": sorted(document.id for document in store.documents()),
        "chunks": [(id, to_dict(store.chunk(id))["text"]) for id in chunks],
        "vectors": store.vectors(chunks).tolist(),
        "entities": [to_dict(entity) for entity in entities],
        "triples": [to_dict(triple) for triple in triples],
        "evidence": [{**to_dict(e), "title": ""} for id in targets for e in store.evidence(id, limit=10**6)],
        "entities_of_chunks": store.entities_of_chunks(chunks),
        "triples_of_chunks": store.triples_of_chunks(chunks),
        "statistics": to_dict(store.statistics()),
    }
