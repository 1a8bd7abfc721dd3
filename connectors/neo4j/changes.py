"""What a Neo4j database is told of the record: batches of rows, each with the one statement that writes them.

Nodes are merged on constrained ids by label, facts on constrained ids by type; labels and types are part of the text,
since dynamic ones use no index on Neo4j 5.26. Every statement gives the same result when it runs again; those of an
empty graph are refused by the constraints then, which is why they need not look for what is there.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeVar

from kgqa.connectors.neo4j import properties
from kgqa.connectors.neo4j.names import label, quoted, relationship_type
from kgqa.connectors.neo4j.properties import Row
from kgqa.graph import document_rows, events, graph_rows
from kgqa.graph.outbox import Waiting
from kgqa.types import StoredEvent

__all__ = ["MOST_CHUNK_IDS", "ROWS", "Batch", "changes", "facts_between"]

ROWS = 5_000
"""In a statement."""
MOST_CHUNK_IDS = 100
"""That a fact carries; all its evidence is in the record."""

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
# The events of a chunk are written anew whenever it or what it mentions changes.
_GONE_EVENTS = "UNWIND $rows AS row MATCH (:Chunk {id: row.id})<-[:FROM_CHUNK]-(v:Event) DETACH DELETE v"
_EVENTS = (
    "UNWIND $rows AS row MATCH (c:Chunk {id: row.chunk_id}) MERGE (v:Event {id: row.id}) SET v += row.props "
    "MERGE (v)-[:FROM_CHUNK]->(c)"
)
_PARTICIPANTS = (
    "UNWIND $rows AS row MATCH (v:Event {{id: row.v}}) MATCH (e:Entity {{id: row.e}}) "
    "MERGE (v)-[p:{role} {{start: row.start, end: row.end}}]->(e) SET p.text = row.text"
)
_OTHER_TYPE = (
    "UNWIND $rows AS row MATCH (n:Entity {id: row.id}) WHERE n.type <> row.type "
    "RETURN n.type AS type, collect(n.id) AS ids"
)
_UNLABEL = "UNWIND $rows AS row MATCH (n:Entity {{id: row.id}}) REMOVE n:{label}"
_ENTITIES = "UNWIND $rows AS row {write} (n:Entity {{id: row.id}}) SET n:{label}, n += row.props"
_FACTS = (
    "UNWIND $rows AS row MATCH (a:Entity {{id: row.s}}) MATCH (b:Entity {{id: row.o}}) "
    "{write} (a)-[r:{type} {{id: row.id}}]->(b) SET r += row.props"
)
_GONE_FACTS = "UNWIND $rows AS row MATCH ()-[r:{type} {{id: row.id}}]->() DELETE r"
_GONE_NODES = "UNWIND $rows AS row MATCH (n:{label} {{id: row.id}}) DETACH DELETE n"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows and the statement that takes them as ``$rows``."""

    statement: str
    rows: Sequence[Row]
    then: Callable[[Row], Batch] | None = None
    """What to write for each row that the statement returns."""


def changes(connection: sqlite3.Connection, waiting: Waiting, *, is_empty: bool = False) -> Iterator[Batch]:
    """The present state of all that waits, in an order in which nothing refers to what is not there yet.

    In a graph that ``is_empty`` entities and facts are created, not looked for first; if one is there after all, the
    server refuses the statement.
    """
    write = "CREATE" if is_empty else "MERGE"
    yield from _documents(connection, waiting.documents)
    yield from _entities(connection, waiting.entities, write)
    yield from _chunks(connection, waiting.chunks)
    yield from _facts(connection, waiting.triples, write)
    yield from _gone(connection, waiting)


def _pages(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (items[start : start + ROWS] for start in range(0, len(items), ROWS))


def _documents(connection: sqlite3.Connection, ids: Sequence[str]) -> Iterator[Batch]:
    for page in _pages(ids):
        rows = [{"id": d.id, "props": properties.document(d)} for d in document_rows.stored(connection, page)]
        yield Batch(_DOCUMENTS, rows)


def _entities(connection: sqlite3.Connection, ids: Sequence[str], write: str) -> Iterator[Batch]:
    for page in _pages(ids):
        names = graph_rows.names_of(connection, page)
        by_label: defaultdict[str, list[Row]] = defaultdict(list)
        found = graph_rows.entities(connection, page)
        if write == "MERGE":
            yield Batch(_OTHER_TYPE, [{"id": e.id, "type": e.type} for e in found], _without_label)
        for entity in found:
            by_label[label(entity.type)].append({"id": entity.id, "props": properties.entity(entity, names[entity.id])})
        for name, rows in by_label.items():
            yield Batch(_ENTITIES.format(write=write, label=quoted(name)), rows)


def _without_label(row: Row) -> Batch:
    return Batch(_UNLABEL.format(label=quoted(label(row["type"]))), [{"id": id} for id in row["ids"]])


def _chunks(connection: sqlite3.Connection, ids: Sequence[str]) -> Iterator[Batch]:
    for page in _pages(ids):
        found = document_rows.chunks(connection, page)
        there = [chunk.id for chunk in found]
        yield Batch(_CHUNKS, [{"id": c.id, "document_id": c.document_id, "props": properties.chunk(c)} for c in found])
        vectors = document_rows.vectors(connection, there).tolist()
        yield Batch(_VECTORS, [{"id": id, "vector": v} for id, v in zip(there, vectors, strict=True) if v])
    for page in _pages(ids):  # all of them are there now
        yield Batch(_NEXT, [{"a": a, "b": b} for a, b in document_rows.previous(connection, page)])
        yield Batch(_NOT_MENTIONED, [{"id": id} for id in page])
        counts = list(graph_rows.mention_counts(connection, page))
        for some in _pages(counts):
            yield Batch(_MENTIONS, [{"c": chunk, "e": entity, "n": n} for chunk, entity, n in some])
        yield Batch(_GONE_EVENTS, [{"id": id} for id in page])
        yield from _events(events.events_of_chunks(connection, page))


def _events(found: Sequence[StoredEvent]) -> Iterator[Batch]:
    for page in _pages(found):
        yield Batch(_EVENTS, [{"id": e.id, "chunk_id": e.chunk_id, "props": properties.event(e)} for e in page])
        by_role: defaultdict[str, list[Row]] = defaultdict(list)
        for event in page:
            for p in event.participants:
                if p.entity_id:
                    row = {"v": event.id, "e": p.entity_id, "start": p.start, "end": p.end, "text": p.text}
                    by_role[relationship_type(p.role)].append(row)
        for role, rows in sorted(by_role.items()):
            for some in _pages(rows):
                yield Batch(_PARTICIPANTS.format(role=quoted(role)), some)


def _facts(connection: sqlite3.Connection, waiting: Sequence[tuple[str, str]], write: str) -> Iterator[Batch]:
    for type, ids in _by_type(waiting):
        for page in _pages(ids):
            found = graph_rows.triples(connection, None, None, None, page, None)
            there = {triple.id for triple in found}
            yield Batch(_GONE_FACTS.format(type=quoted(type)), [{"id": id} for id in page if id not in there])
            sources = graph_rows.sources_of_triples(connection, page, MOST_CHUNK_IDS)
            rows = [properties.fact(triple, type, *sources[triple.id]) for triple in found]
            rows.sort(key=itemgetter("s", "o"))
            yield Batch(_FACTS.format(write=write, type=quoted(type)), rows)


def facts_between(a: str, b: str, type: str, count: int) -> Iterator[Batch]:
    """So many facts of one type between two entities that are there, as a benchmark writes them."""
    rows = [{"id": f"{a}-{b}-{n}", "s": a, "o": b, "props": {"support": 1, "confidence": 0.9}} for n in range(count)]
    for page in _pages(rows):
        yield Batch(_FACTS.format(write="MERGE", type=quoted(type)), page)


def _by_type(waiting: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for id, predicate in waiting:
        grouped[relationship_type(predicate)].append(id)
    return sorted(grouped.items())


def _gone(connection: sqlite3.Connection, waiting: Waiting) -> Iterator[Batch]:
    for name, table, ids in (
        ("Chunk", "chunks", waiting.chunks),
        ("Document", "documents", waiting.documents),
        ("Entity", "entities", waiting.entities),
    ):
        for page in _pages(ids):
            there = graph_rows.existing(connection, table, page)
            yield Batch(_GONE_NODES.format(label=name), [{"id": id} for id in page if id not in there])
