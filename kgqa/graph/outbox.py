"""What a projection of the record, such as a graph server, has still to be told.

Once a workspace has a projection, triggers note the id of every row that changes, in the transaction that changes it,
whichever program makes the change. The projection is then given the present state of these ids; so it may be told
twice, or late, or after a crash, and ends up the same. ``acknowledge`` forgets what it has been told.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from kgqa.graph.database import Database

__all__ = ["Outbox", "Position", "Waiting"]

_TABLES = """
CREATE TABLE IF NOT EXISTS projection (workspace TEXT NOT NULL, told INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    kind TEXT NOT NULL, id TEXT NOT NULL, predicate TEXT NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outbox_generation ON outbox (generation)
"""
_KINDS = {
    "documents": ("document", "{row}.id", "''"),
    "chunks": ("chunk", "{row}.id", "''"),
    "entities": ("entity", "{row}.id", "''"),
    "triples": ("triple", "{row}.id", "{row}.predicate"),
    "mentions": ("chunk", "(SELECT id FROM chunks WHERE number = {row}.chunk)", "''"),
}
"""Table → kind, and how the id and the predicate are read off a row."""
_NOTE = (
    "INSERT INTO outbox SELECT '{kind}', {id}, {predicate}, value + 1 FROM counters WHERE name = 'generation' "
    "ON CONFLICT DO UPDATE SET generation = excluded.generation WHERE generation <> excluded.generation"
)


@dataclass(frozen=True, slots=True)
class Position:
    """How far the record is, and how far its projection was when it was last heard of."""

    workspace: str
    """Made once, so that a projection knows whose it is."""
    generation: int
    told: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The ids that changed up to a generation."""

    generation: int
    documents: tuple[str, ...]
    chunks: tuple[str, ...]
    entities: tuple[str, ...]
    triples: tuple[tuple[str, str], ...]
    """With their predicates."""

    @property
    def count(self) -> int:
        """Of all of them."""
        return len(self.documents) + len(self.chunks) + len(self.entities) + len(self.triples)


class Outbox:
    """The ids of a database that its projection has not been told of."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def attach(self) -> Position:
        """Start to note changes, if that was not done before: then everything there is waits."""
        with self.database.reading() as connection:
            attached = _has_tables(connection)
        if not attached:
            with self.database.writing(counted=False) as connection:
                if not _has_tables(connection):
                    for statement in [*_TABLES.split(";\n"), *_triggers()]:
                        connection.execute(statement)
                    connection.execute("INSERT INTO projection VALUES (?, -1)", (uuid.uuid4().hex,))
                    _note_all(connection)
        return self.position()

    def position(self) -> Position:
        """Where record and projection stand."""
        with self.database.reading() as connection:
            row = connection.execute("SELECT workspace, told FROM projection").fetchone()
            return Position(row[0], _generation(connection), row[1])

    def restart(self) -> None:
        """Everything waits again, and the projection has been told nothing."""
        with self.database.writing(counted=False) as connection:
            connection.execute("DELETE FROM outbox")
            connection.execute("UPDATE projection SET told = -1")
            _note_all(connection)

    def is_empty(self) -> bool:
        """Whether the projection has been told everything."""
        with self.database.reading() as connection:
            return connection.execute("SELECT 1 FROM outbox LIMIT 1").fetchone() is None

    def holds(self, count: int) -> bool:
        """Whether at least so many wait."""
        with self.database.reading() as connection:
            query = "SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT ?)"
            return int(connection.execute(query, (count,)).fetchone()[0]) >= count

    def waiting(self, connection: sqlite3.Connection) -> Waiting:
        """All that wait, in the view of the connection."""
        ids: dict[str, list[str]] = {"document": [], "chunk": [], "entity": []}
        triples = []
        for kind, id, predicate in connection.execute("SELECT kind, id, predicate FROM outbox ORDER BY kind, id"):
            if kind == "triple":
                triples.append((id, predicate))
            else:
                ids[kind].append(id)
        return Waiting(
            _generation(connection), tuple(ids["document"]), tuple(ids["chunk"]), tuple(ids["entity"]), tuple(triples)
        )

    def acknowledge(self, generation: int) -> None:
        """Forget what changed up to a generation; what changed again since then waits on."""
        with self.database.writing(counted=False) as connection:
            connection.execute("DELETE FROM outbox WHERE generation <= ?", (generation,))
            connection.execute("UPDATE projection SET told = max(told, ?)", (generation,))


def _has_tables(connection: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = 'projection'"
    return connection.execute(query).fetchone() is not None


def _generation(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT value FROM counters WHERE name = 'generation'").fetchone()[0])


def _triggers() -> Iterable[str]:
    for table, (kind, id, predicate) in _KINDS.items():
        for event in ("INSERT", "UPDATE", "DELETE") if table != "mentions" else ("INSERT", "UPDATE"):
            row = "OLD" if event == "DELETE" else "NEW"
            note = _NOTE.format(kind=kind, id=id.format(row=row), predicate=predicate.format(row=row))
            yield f"CREATE TRIGGER outbox_{table}_{event.lower()} AFTER {event} ON {table} BEGIN {note}; END"


def _note_all(connection: sqlite3.Connection) -> None:
    for table, (kind, id, predicate) in _KINDS.items():
        if table != "mentions":
            row = (kind, id.format(row=table), predicate.format(row=table))
            connection.execute(
                f"INSERT OR IGNORE INTO outbox SELECT '{row[0]}', {row[1]}, {row[2]}, "
                f"(SELECT value FROM counters WHERE name = 'generation') FROM {table}"
            )
