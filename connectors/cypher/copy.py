"""The graph of a store as an ArcadeDB database: labels, types and properties as in Neo4j.

Nodes and relationships go through the engine's bulk loader. Its own Cypher would take minutes, changes the type of a
node that is given a label, and lets half of a failed statement stand; a copy that fails is simply thrown away.
"""

from __future__ import annotations

import itertools
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from kgqa.connectors.cypher import engine
from kgqa.connectors.neo4j import properties
from kgqa.connectors.neo4j.changes import MOST_CHUNK_IDS
from kgqa.connectors.neo4j.names import label, quoted, relationship_type
from kgqa.graph import EmbeddedStore, graph_rows

__all__ = ["FORMAT", "write_copy"]

FORMAT = 1
"""Of a copy; one of another is made anew."""
ROWS = 5_000
_INDEXED = ("Entity", "Document", "Chunk", "Event")
_T = TypeVar("_T")


def write_copy(store: EmbeddedStore, path: Path) -> None:
    """Write the graph of a store into a new database in the folder ``path``, in place of what is there."""
    shutil.rmtree(path, ignore_errors=True)
    database = engine.create(path)
    try:
        _Copy(store, database).write()
    finally:
        database.close()


class _Copy:
    """A store, a database, and the record of each node that is there already by its id."""

    def __init__(self, store: EmbeddedStore, database: Any) -> None:
        self.store = EmbeddedStore(store.database)  # its own methods, whatever engine answers for the store
        self.database = database
        self.records: dict[str, str] = {}
        self.node_types: dict[tuple[str, ...], str] = {}
        self.edge_types: dict[str, str] = {}

    def write(self) -> None:
        statistics = self.store.statistics()
        labels = sorted({_label(type) for type in statistics.entity_types})
        for names in (*(("Entity", name) for name in labels), ("Document",), ("Chunk",), ("Event",)):
            self._declare_nodes(names)
        with self.store.database.reading() as connection:
            roles = [role for (role,) in connection.execute("SELECT DISTINCT role FROM participants")]
        own = ("FROM_DOCUMENT", "NEXT_CHUNK", "MENTIONS", "FROM_CHUNK")
        for type in sorted({*own, *map(relationship_type, (*statistics.predicates, *roles))}):
            self._declare_edges(type)
        with self.database.graph_batch(expected_edge_count=max(1, statistics.triples + statistics.mentions)) as batch:
            self._documents(batch)
            self._entities(batch)
            self._mentions(batch)
            self._facts(batch)
            self._events(batch)
        for name in _INDEXED:
            self._run(f"CREATE CONSTRAINT IF NOT EXISTS FOR (n:{name}) REQUIRE n.id IS UNIQUE")

    # --- types, which the bulk loader wants to know -------------------------------------------------------------------

    def _declare_nodes(self, labels: tuple[str, ...]) -> None:
        """The engine has a type of its own for each set of labels."""
        names = ":".join(map(quoted, labels))
        with self.database.transaction():
            made = self.database.command("opencypher", f"CREATE (n:{names}) RETURN n").first()
            self.node_types[labels] = str(made.get_vertex().get_type_name())
            self.database.command("opencypher", f"MATCH (n:{names}) DELETE n")

    def _declare_edges(self, type: str) -> None:
        """Types of nodes and of relationships share their names in this engine."""
        taken = {name.casefold() for labels in self.node_types for name in labels}
        name = f"{type}_" if type.casefold() in taken else type
        ends = self.node_types[("Document",)]
        self._run(f"CREATE (a:{quoted(ends)})-[r:{quoted(name)}]->(b:{quoted(ends)}) DELETE r, a, b")
        self.edge_types[type] = name

    def _run(self, statement: str) -> None:
        with self.database.transaction():
            self.database.command("opencypher", statement)

    # --- nodes and relationships --------------------------------------------------------------------------------------

    def _nodes(self, batch: Any, labels: tuple[str, ...], rows: Sequence[dict[str, Any]]) -> None:
        made = batch.create_vertices(self.node_types[labels], [_without_none(row) for row in rows])
        self.records.update(zip((row["id"] for row in rows), made, strict=True))

    def _edges(self, batch: Any, type: str, rows: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
        if rows:
            starts, ends, values = zip(*rows, strict=True)
            batch.new_edges(
                [self.records[id] for id in starts],
                self.edge_types[type],
                [self.records[id] for id in ends],
                [_without_none(value) for value in values],
            )

    def _documents(self, batch: Any) -> None:
        for document in self.store.documents():
            self._nodes(batch, ("Document",), [{"id": document.id, **properties.document(document)}])
            chunks = self.store.chunks_of(document.id)
            self._nodes(batch, ("Chunk",), [{"id": c.id, **properties.chunk(c)} for c in chunks])
            self._edges(batch, "FROM_DOCUMENT", [(c.id, document.id, {}) for c in chunks])
            self._edges(batch, "NEXT_CHUNK", [(a.id, b.id, {}) for a, b in itertools.pairwise(chunks)])

    def _entities(self, batch: Any) -> None:
        for page in _pages(self.store.entities()):
            by_label: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
            for entity in page:
                row = {"id": entity.id, **properties.entity(entity, ())}
                del row["names"]
                by_label[_label(entity.type)].append(row)
            for name, rows in by_label.items():
                self._nodes(batch, ("Entity", name), rows)

    def _mentions(self, batch: Any) -> None:
        for page in _pages(iter(self.store.chunk_ids())):
            with self.store.database.reading() as connection:
                counts = list(graph_rows.mention_counts(connection, page))
            self._edges(batch, "MENTIONS", [(chunk, entity, {"count": n}) for chunk, entity, n in counts])

    def _facts(self, batch: Any) -> None:
        for page in _pages(self.store.all_triples()):
            ids = [triple.id for triple in page]
            with self.store.database.reading() as connection:
                sources = graph_rows.sources_of_triples(connection, ids, MOST_CHUNK_IDS)
            by_type: defaultdict[str, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
            for triple in page:
                type = relationship_type(triple.predicate)
                row = properties.fact(triple, type, *sources[triple.id])
                by_type[type].append((row["s"], row["o"], {"id": row["id"], **row["props"]}))
            for type, rows in by_type.items():
                self._edges(batch, type, rows)

    def _events(self, batch: Any) -> None:
        for page in _pages(self.store.all_events()):
            self._nodes(batch, ("Event",), [{"id": event.id, **properties.event(event)} for event in page])
            self._edges(batch, "FROM_CHUNK", [(event.id, event.chunk_id, {}) for event in page])
            by_role: defaultdict[str, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
            for event in page:
                for p in event.participants:
                    if p.entity_id:
                        row = (event.id, p.entity_id, {"start": p.start, "end": p.end, "text": p.text})
                        by_role[relationship_type(p.role)].append(row)
            for role, rows in by_role.items():
                self._edges(batch, role, rows)


def _label(type: str) -> str:
    """The engine joins the labels of a type by a tilde."""
    return label(type).replace("~", "～")


def _without_none(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _pages(items: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(items)
    while page := list(itertools.islice(rest, ROWS)):
        yield page
