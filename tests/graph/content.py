"""Puts text into a store with the small models, and compares stores."""

from __future__ import annotations

from typing import Any

from kgqa.graph import EmbeddedStore, GraphStore, Outcome, ReadDocument
from kgqa.text import chunk
from kgqa.types import Document, to_dict
from tests.small_models import SmallEmbedder, SmallExtractor

__all__ = ["add", "dump", "make", "read", "rows"]


def make(text: str, uri: str = "a.txt", title: str = "A") -> Document:
    """A document in English."""
    return Document.create(uri=uri, title=title, text=text, language="en")


def read(text: str, uri: str = "a.txt", extractor: str = "small@1", size: int = 1000) -> ReadDocument:
    """A document, chunked, extracted and embedded."""
    document = make(text, uri)
    chunks = chunk(document, size)
    vectors = SmallEmbedder().embed([c.text for c in chunks])
    return ReadDocument(document, chunks, SmallExtractor(extractor).extract(chunks), vectors)


def add(store: GraphStore, text: str, uri: str = "a.txt", extractor: str = "small@1", size: int = 1000) -> Outcome:
    """Chunk, extract, embed, commit."""
    new = read(text, uri, extractor, size)
    return store.commit(new.document, new.chunks, new.extractions, new.vectors, SmallEmbedder().name)


def rows(store: EmbeddedStore) -> dict[str, set[tuple[object, ...]]]:
    """The rows of all tables that follow from documents and decisions: chunks by their ids, and of the several
    addresses that a content may have not which one came first."""
    connection = store.database.connection()
    found = {
        table: set(connection.execute(f"SELECT * FROM {table}"))
        for table in ("entities", "names", "types", "triples", "origins")
    }
    found["participants"] = set(connection.execute("SELECT * FROM participants"))
    for table in ("mentions", "evidence", "definitions", "events", "rejected"):
        query = f"SELECT chunks.id, x.* FROM {table} AS x JOIN chunks ON number = chunk"
        found[table] = {(row[0], *row[2:]) for row in connection.execute(query)}
    found["chunks"] = {row[1:] for row in connection.execute("SELECT * FROM chunks")}
    query = "SELECT id, extractor, embedder, characters, chunks, entities, triples, text FROM documents"
    found["documents"] = set(connection.execute(query))
    return found


def dump(store: GraphStore) -> dict[str, Any]:
    """Everything that follows from the documents, in an order of its own."""
    entities = list(store.entities())
    triples = sorted(store.triples(limit=None), key=lambda triple: triple.id)
    targets = [entity.id for entity in entities] + [triple.id for triple in triples]
    targets += [event.id for event in store.all_events()]
    chunks = sorted(store.chunk_ids())
    return {
        "documents": sorted(document.id for document in store.documents()),
        "chunks": [(id, to_dict(store.chunk(id))["text"]) for id in chunks],
        "vectors": store.vectors(chunks).tolist(),
        "entities": [to_dict(entity) for entity in entities],
        "triples": [to_dict(triple) for triple in triples],
        "events": [to_dict(event) for event in store.all_events()],
        "evidence": [
            {**to_dict(e), "title": "", "read_at": ""} for id in targets for e in store.evidence(id, limit=10**6)
        ],
        "entities_of_chunks": store.entities_of_chunks(chunks),
        "triples_of_chunks": store.triples_of_chunks(chunks),
        "statistics": to_dict(store.statistics()),
    }
