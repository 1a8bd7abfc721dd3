"""What a Neo4j database is told of the record: batches of rows, each with the one statement that writes them.

Nodes are merged on constrained ids by label, facts on constrained ids by type; labels and types are part of the text,
since dynamic ones use no index on Neo4j 5.26. Every statement gives the same result when it runs again.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from kgqa.connectors.neo4j.names import label, quoted, relationship_type
from kgqa.graph import document_rows, graph_rows
from kgqa.graph.outbox import Waiting
from kgqa.types import Chunk, Entity, StoredDocument, Triple

__all__ = ["ROWS", "Batch", "changes"]

ROWS = 5_000
"""In a statement and in a transaction."""
MOST_CHUNK_IDS = 100
"""That a fact carries; all its evidence is in the record."""
LONGEST_NAMES = 30_000
"""Bytes of an entity's names that are searched, the shorter names first; the server's text index takes no more."""
LONGEST_NAME = 1_000
"""Characters of a name that are searched."""
SHORTENED = 200
"""Characters of a name that is too long for the index; the whole of it is then in ``long_name``."""

_DOCUMENTS = "UNWIND $rows AS row MERGE (d:Document {id: row.id}) SET d += row.props"
_CHUNKS = (
    "UNWIND $rows AS row MATCH (d:Document {id: row.document_id}) MERGE (c:Chunk {id: row.id}) SET c += row.props "
    "MERGE (c)-[:FROM_DOCUMENT]->(d)"
)
_VECTORS = (
    "UNWIND $rows AS row MATCH (c:Chunk {id: row.id}) "
    "CALL db.create.setNodeVectorProperty(c, 'embedding', row.vector) RETURN count(*)"
)
_NEXT = "UNWIND $rows AS row MATCH (a:Chunk {id: row.a}) MATCH (b:Chunk {id: row.b}) MERGE (a)-[:NEXT_CHUNK]->(b)"
_NOT_MENTIONED = "UNWIND $rows AS row MATCH (:Chunk {id: row.id})-[m:MENTIONS]->() DELETE m"
_MENTIONS = (
    "UNWIND $rows AS row MATCH (c:Chunk {id: row.c}) MATCH (e:Entity {id: row.e}) "
    "MERGE (c)-[m:MENTIONS]->(e) SET m.count = row.n"
)
_OTHER_TYPE = (
    "UNWIND $rows AS row MATCH (n:Entity {id: row.id}) WHERE n.type <> row.type "
    "RETURN n.type AS type, collect(n.id) AS ids"
)
_UNLABEL = "UNWIND $rows AS row MATCH (n:Entity {{id: row.id}}) REMOVE n:{label}"
_ENTITIES = "UNWIND $rows AS row MERGE (n:Entity {{id: row.id}}) SET n:{label}, n += row.props"
_FACTS = (
    "UNWIND $rows AS row MATCH (a:Entity {{id: row.s}}) MATCH (b:Entity {{id: row.o}}) "
    "MERGE (a)-[r:{type} {{id: row.id}}]->(b) SET r += row.props"
)
_GONE_FACTS = "UNWIND $rows AS row MATCH ()-[r:{type} {{id: row.id}}]->() DELETE r"
_GONE_NODES = "UNWIND $rows AS row MATCH (n:{label} {{id: row.id}}) DETACH DELETE n"

Row = dict[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows and the statement that takes them as ``$rows``."""

    statement: str
    rows: Sequence[Row]
    then: Callable[[Row], Batch] | None = None
    """What to write for each row that the statement returns."""


def changes(connection: sqlite3.Connection, waiting: Waiting) -> Iterator[Batch]:
    """The present state of all that waits, in an order in which nothing refers to what is not there yet."""
    yield from _documents(connection, waiting.documents)
    yield from _entities(connection, waiting.entities)
    yield from _chunks(connection, waiting.chunks)
    yield from _facts(connection, waiting.triples)
    yield from _gone(connection, waiting)


def _pages(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (items[start : start + ROWS] for start in range(0, len(items), ROWS))


def _documents(connection: sqlite3.Connection, ids: Sequence[str]) -> Iterator[Batch]:
    for page in _pages(ids):
        rows = [{"id": d.id, "props": _document(d)} for d in document_rows.stored(connection, page)]
        yield Batch(_DOCUMENTS, rows)


def _document(document: StoredDocument) -> Row:
    names = ("uri", "title", "language", "sha256", "media_type", "characters", "added_at")
    return {name: getattr(document, name) for name in names}


def _entities(connection: sqlite3.Connection, ids: Sequence[str]) -> Iterator[Batch]:
    for page in _pages(ids):
        names = graph_rows.names_of(connection, page)
        by_label: defaultdict[str, list[Row]] = defaultdict(list)
        found = graph_rows.entities(connection, page)
        yield Batch(_OTHER_TYPE, [{"id": e.id, "type": e.type} for e in found], _without_label)
        for entity in found:
            by_label[label(entity.type)].append({"id": entity.id, "props": _entity(entity, names[entity.id])})
        for name, rows in by_label.items():
            yield Batch(_ENTITIES.format(label=quoted(name)), rows)


def _without_label(row: Row) -> Batch:
    return Batch(_UNLABEL.format(label=quoted(label(row["type"]))), [{"id": id} for id in row["ids"]])


def _entity(entity: Entity, names: Sequence[str]) -> Row:
    is_long = len(entity.name.encode()) > LONGEST_NAMES
    return {
        "name": entity.name[:SHORTENED] + "…" if is_long else entity.name,
        "long_name": entity.name if is_long else None,
        "type": entity.type,
        "aliases": list(entity.aliases),
        "value": entity.value or None,
        "mentions": entity.mentions,
        "degree": entity.degree,
        "names": _searched(names),
    }


def _searched(names: Sequence[str]) -> str:
    """Each name between line ends, so that one text index finds whole names, their beginnings and their parts."""
    ordered = sorted((name[:LONGEST_NAME] for name in names), key=lambda name: (len(name), name))
    sizes = itertools.accumulate(len(name.encode()) + 1 for name in ordered)
    kept = [name for name, size in zip(ordered, sizes, strict=True) if size < LONGEST_NAMES]
    return "\n".join(["", *kept, ""])


def _chunks(connection: sqlite3.Connection, ids: Sequence[str]) -> Iterator[Batch]:
    for page in _pages(ids):
        found = document_rows.chunks(connection, page)
        there = [chunk.id for chunk in found]
        yield Batch(_CHUNKS, [{"id": c.id, "document_id": c.document_id, "props": _chunk(c)} for c in found])
        vectors = document_rows.vectors(connection, there).tolist()
        yield Batch(_VECTORS, [{"id": id, "vector": v} for id, v in zip(there, vectors, strict=True) if v])
    for page in _pages(ids):  # all of them are there now
        yield Batch(_NEXT, [{"a": a, "b": b} for a, b in document_rows.previous(connection, page)])
        yield Batch(_NOT_MENTIONED, [{"id": id} for id in page])
        counts = list(graph_rows.mention_counts(connection, page))
        for some in _pages(counts):
            yield Batch(_MENTIONS, [{"c": chunk, "e": entity, "n": n} for chunk, entity, n in some])


def _chunk(chunk: Chunk) -> Row:
    names = ("document_id", "start", "end", "position", "language", "page", "heading", "text")
    return {name: getattr(chunk, name) for name in names}


def _facts(connection: sqlite3.Connection, waiting: Sequence[tuple[str, str]]) -> Iterator[Batch]:
    for type, ids in _by_type(waiting):
        for page in _pages(ids):
            found = graph_rows.triples(connection, None, None, None, page, None)
            there = {triple.id for triple in found}
            yield Batch(_GONE_FACTS.format(type=quoted(type)), [{"id": id} for id in page if id not in there])
            chunks = graph_rows.chunks_of_triples(connection, page, MOST_CHUNK_IDS)
            rows = [_fact(triple, type, chunks.get(triple.id, [])) for triple in found]
            rows.sort(key=lambda row: (row["s"], row["o"]))
            yield Batch(_FACTS.format(type=quoted(type)), rows)


def _by_type(waiting: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for id, predicate in waiting:
        grouped[relationship_type(predicate)].append(id)
    return sorted(grouped.items())


def _fact(triple: Triple, type: str, chunks: Sequence[str]) -> Row:
    props: Row = {"support": triple.support, "confidence": triple.confidence, "chunk_ids": list(chunks)}
    if type != triple.predicate:  # it was no name for a relationship type
        props["predicate"] = triple.predicate
    return {"id": triple.id, "s": triple.subject, "o": triple.object, "props": props}


def _gone(connection: sqlite3.Connection, waiting: Waiting) -> Iterator[Batch]:
    for name, table, ids in (
        ("Chunk", "chunks", waiting.chunks),
        ("Document", "documents", waiting.documents),
        ("Entity", "entities", waiting.entities),
    ):
        for page in _pages(ids):
            there = graph_rows.existing(connection, table, page)
            yield Batch(_GONE_NODES.format(label=name), [{"id": id} for id in page if id not in there])
