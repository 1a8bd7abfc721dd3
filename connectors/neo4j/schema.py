"""Constraints and indexes of the graph in Neo4j. All exist on the Community edition.

The uniqueness constraint on the id of each relationship type is what the planner finds a fact by: without it many
facts between one pair take time in the square of their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import neo4j

from kgqa.connectors.neo4j.names import quoted, relationship_type

__all__ = ["Schema"]

AWAIT_SECONDS = 300
_CJK = "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}"
_PARTS = {
    "workspace_id": "CONSTRAINT workspace_id IF NOT EXISTS FOR (n:Workspace) REQUIRE n.id IS UNIQUE",
    "document_id": "CONSTRAINT document_id IF NOT EXISTS FOR (n:Document) REQUIRE n.id IS UNIQUE",
    "chunk_id": "CONSTRAINT chunk_id IF NOT EXISTS FOR (n:Chunk) REQUIRE n.id IS UNIQUE",
    "entity_id": "CONSTRAINT entity_id IF NOT EXISTS FOR (n:Entity) REQUIRE n.id IS UNIQUE",
    "event_id": "CONSTRAINT event_id IF NOT EXISTS FOR (n:Event) REQUIRE n.id IS UNIQUE",
    "event_dates": "RANGE INDEX event_dates IF NOT EXISTS FOR (n:Event) ON (n.valid_from, n.valid_to)",
    "entity_name": "TEXT INDEX entity_name IF NOT EXISTS FOR (n:Entity) ON (n.name)",
    "entity_names": "TEXT INDEX entity_names IF NOT EXISTS FOR (n:Entity) ON (n.names)",
    "entity_text": f"FULLTEXT INDEX entity_text IF NOT EXISTS FOR (n:Entity) ON EACH [n.name, n.aliases] {_CJK}",
    "chunk_text": f"FULLTEXT INDEX chunk_text IF NOT EXISTS FOR (n:Chunk) ON EACH [n.text] {_CJK}",
}
_VECTOR = (
    "CREATE VECTOR INDEX chunk_vector IF NOT EXISTS FOR (n:Chunk) ON (n.embedding) "
    "OPTIONS {{indexConfig: {{`vector.dimensions`: {dimensions}, `vector.similarity_function`: 'cosine'}}}}"
)


class Schema:
    """What a database has of it; each part is made once, before the first write that needs it."""

    def __init__(self, driver: neo4j.Driver, database: str) -> None:
        self.driver = driver
        self.database = database
        self._names: set[str] = set()
        self._dimensions: int | None = None

    def ensure(self) -> None:
        """Make what every graph needs."""
        there: dict[str, Any] = dict(self._run("SHOW INDEXES YIELD name, options RETURN name, options"))
        missing = [name for name in _PARTS if name not in there]
        for name in missing:
            self._run(f"CREATE {_PARTS[name]}")
        if missing:
            self._run(f"CALL db.awaitIndexes({AWAIT_SECONDS})")
        self._names = {*there, *missing}
        if "chunk_vector" in there:
            self._dimensions = int(there["chunk_vector"]["indexConfig"]["vector.dimensions"])

    def forget(self) -> None:
        """Nothing is known of the database: another program may have emptied it."""
        self._names, self._dimensions = set(), None

    def ensure_facts(self, predicates: Iterable[str]) -> None:
        """Make the constraints of relationship types."""
        types = {f"fact_{type}_id": type for type in sorted({relationship_type(p) for p in predicates})}
        missing = {name: type for name, type in types.items() if name not in self._names}
        if missing:
            with self.driver.session(database=self.database) as session:
                session.execute_write(_constrain, missing)
            self._names.update(missing)

    def ensure_vectors(self, dimensions: int) -> None:
        """Make the vector index; another embedder's, of another length, gives way."""
        if dimensions and dimensions != self._dimensions:
            if self._dimensions is not None:
                self._run("DROP INDEX chunk_vector IF EXISTS")
            self._run(_VECTOR.format(dimensions=int(dimensions)))
            self._dimensions = dimensions

    def _run(self, statement: str) -> list[neo4j.Record]:
        # The text holds no name that did not go through quoted().
        return self.driver.execute_query(neo4j.Query(statement), database_=self.database).records


def _constrain(transaction: neo4j.ManagedTransaction, types: Mapping[str, str]) -> None:
    """Together: one after the other they take a second each."""
    for name, type in types.items():
        pattern = f"FOR ()-[r:{quoted(type)}]-() REQUIRE r.id IS UNIQUE"
        query = f"CREATE CONSTRAINT {quoted(name)} IF NOT EXISTS {pattern}"
        transaction.run(query).consume()
