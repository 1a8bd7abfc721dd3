"""Keeps a Neo4j database in step with the record of one workspace.

The record notes what changed in the transaction that changes it (``kgqa.graph.outbox``); here the present state of it
is written to Neo4j, then the note is taken back. Killed anywhere between, the next ``catch_up`` writes the same again.
A ``(:Workspace)`` node says whose graph it is and how far it has come; every transaction locks it first, so of two
processes that write, the one with the older view starts anew.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence

import neo4j
from neo4j.exceptions import ConstraintError

from kgqa.connectors.neo4j.address import Address
from kgqa.connectors.neo4j.changes import ROWS, Batch, changes
from kgqa.connectors.neo4j.connection import explained
from kgqa.connectors.neo4j.schema import Schema
from kgqa.errors import WorkspaceError
from kgqa.graph.database import Database
from kgqa.graph.outbox import Outbox, Position

__all__ = ["Projection"]

logger = logging.getLogger(__name__)

ATTEMPTS = 5
TRANSACTION = 20_000
"""Rows in a transaction, about: each has a price of its own, and a server keeps them in memory until it ends."""
FORMAT = 2
"""Of what is written; a graph of another one is built anew."""
_WHOSE = "MATCH (w:Workspace) RETURN w.id AS id, w.name AS name, w.generation AS generation, w.format AS format"
_FOREIGN = "MATCH (n:Entity|Chunk|Document|Event) RETURN labels(n) AS labels LIMIT 1"
_FOUND = "MERGE (w:Workspace {id: $id}) SET w.name = $name, w.generation = -1, w.format = $format"
_CLEAR = "MATCH (n:Entity|Chunk|Document|Event) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"
# The first SET takes the lock; only what is read behind it is sure.
_ADVANCE = (
    "MATCH (w:Workspace {id: $id}) SET w.locked_at = timestamp() WITH w WHERE w.generation <= $generation "
    "SET w.generation = $generation RETURN w.generation"
)


class _Overtaken(Exception):
    """Another process has written a later state, or the workspace's node has gone."""


class Projection:
    """The graph of one workspace in a database of a server."""

    def __init__(self, database: Database, driver: neo4j.Driver, address: Address, name: str) -> None:
        self.outbox = Outbox(database)
        self.driver = driver
        self.address = address
        self.name = name
        self.schema = Schema(driver, address.database)
        self._lock = threading.Lock()

    def open(self) -> None:
        """Take possession of the database, and bring it in step.

        Raises:
            WorkspaceError: it holds the graph of another workspace, or nodes of another program.
        """
        with explained(self.address):
            self.schema.ensure()
            position = self.outbox.attach()
            generation = self._generation(position)
        if generation is None or not position.told <= generation <= position.generation:
            logger.info("The graph in %s is built anew from the workspace", self.address.uri)
            with explained(self.address), self.driver.session(database=self.address.database) as session:
                session.run(_CLEAR).consume()
            self.found()
            self.outbox.restart()
        self.catch_up()

    def found(self) -> None:
        """Make the workspace's node and the schema in a database that holds neither."""
        with explained(self.address), self.driver.session(database=self.address.database) as session:
            self.schema.ensure()
            session.run(_FOUND, id=self.outbox.position().workspace, name=self.name, format=FORMAT).consume()

    def _generation(self, position: Position) -> int | None:
        """How far this workspace's graph in the database is; None if there is none of this format."""
        owners = self._records(_WHOSE)
        for owner in owners:
            if owner["id"] != position.workspace:
                raise WorkspaceError(
                    f"Database {self.address.database!r} of {self.address.uri} holds the graph of another workspace "
                    f"({owner['name']}). Name another database, or empty this one: MATCH (n) DETACH DELETE n"
                )
        if owners:
            return int(owners[0]["generation"]) if owners[0]["format"] == FORMAT else None
        for found in self._records(_FOREIGN):
            raise WorkspaceError(
                f"Database {self.address.database!r} of {self.address.uri} holds {found['labels'][0]} nodes of another "
                "program. Name an empty database: kgqa would take these for its own."
            )
        return None

    def _records(self, statement: str) -> list[neo4j.Record]:
        query = neo4j.Query(statement)
        return self.driver.execute_query(query, database_=self.address.database).records

    def catch_up(self) -> None:
        """Write all that waits. Returns when the database is as the record was when it was called, or later.

        Raises:
            WorkspaceError: the server is gone or refuses; what waits goes on waiting.
        """
        if self.outbox.is_empty():
            return
        with self._lock, explained(self.address):
            is_empty = self.outbox.position().told < 0
            for _ in range(ATTEMPTS):
                try:
                    self._write(is_empty)
                except _Overtaken:
                    continue
                except ConstraintError:
                    if not is_empty:
                        raise
                    is_empty = False  # a process that was killed had begun
                    continue
                return
        raise WorkspaceError(
            f"Another program changes the graph of this workspace in {self.address.uri}. Open the workspace again."
        )

    def _write(self, is_empty: bool) -> None:
        """The record as it is now. One transaction if it is no more than one takes: then readers see all or nothing."""
        with self.outbox.database.reading() as connection:
            waiting = self.outbox.waiting(connection)
            if not waiting.count:
                return
            self.schema.ensure_facts(predicate for _, predicate in waiting.triples)
            owner = {"id": self.outbox.position().workspace, "generation": waiting.generation}
            with self._session() as session:
                for batches in _grouped(changes(connection, waiting, is_empty=is_empty)):
                    self.schema.ensure_vectors(_dimensions(batches))
                    session.execute_write(_write_all, batches, owner)
        self.outbox.acknowledge(waiting.generation)

    def _session(self) -> neo4j.Session:
        """One whose writes ``execute_query`` sees."""
        return self.driver.session(
            database=self.address.database, bookmark_manager=self.driver.execute_query_bookmark_manager
        )


def _write_all(transaction: neo4j.ManagedTransaction, batches: Sequence[Batch], owner: dict[str, object]) -> None:
    """Runs again from the start where the server says so: a deadlock, another leader."""
    if transaction.run(_ADVANCE, owner).single() is None:
        raise _Overtaken
    for batch in batches:
        query: str = batch.statement
        found = transaction.run(query, rows=batch.rows)
        if batch.then is None:
            found.consume()
            continue
        for record in found.fetch(ROWS):
            more = batch.then(record.data())
            transaction.run(more.statement, rows=more.rows).consume()


def _grouped(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """As many batches as make a transaction of about ``TRANSACTION`` rows."""
    group: list[Batch] = []
    size = 0
    for batch in batches:
        if batch.rows:
            if size and size + len(batch.rows) > TRANSACTION:
                yield group
                group, size = [], 0
            group.append(batch)
            size += len(batch.rows)
    if group:
        yield group


def _dimensions(batches: Sequence[Batch]) -> int:
    """Of the first vector, 0 if there is none."""
    return next((len(row["vector"]) for batch in batches for row in batch.rows[:1] if "vector" in row), 0)
