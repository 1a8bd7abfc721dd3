"""Read-only Cypher on the embedded store, through ArcadeDB (extra ``cypher``).

The copy lies beside the record, is made from it alone, and is made anew when the record has changed since. It is opened
for reading only, so several processes may ask it at once; a query has a time limit in the engine, and its text is
looked at first, as for Neo4j: ArcadeDB reads files for LOAD CSV, too.
"""

from __future__ import annotations

import importlib.util
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kgqa.connectors.cypher import engine
from kgqa.connectors.cypher.copy import FORMAT, write_copy
from kgqa.connectors.cypher.values import plain
from kgqa.connectors.neo4j.cypher_text import call_objection, objection
from kgqa.errors import MissingExtra, QueryError, WorkspaceError, WorkspaceLocked
from kgqa.graph import EmbeddedStore
from kgqa.graph.store import Table
from kgqa.registry import EXTRAS

__all__ = ["EmbeddedCypher", "open_cypher"]

LOCK_SECONDS = 600.0
"""Another process may be making the copy for so long."""


def open_cypher(store: EmbeddedStore) -> EmbeddedCypher:
    """Questions in Cypher to the graph of a store.

    Raises:
        MissingExtra: ``arcadedb-embedded`` is not installed.
    """
    if importlib.util.find_spec("arcadedb_embedded") is None:
        raise MissingExtra("arcadedb-embedded", EXTRAS["arcadedb_embedded"])
    return EmbeddedCypher(store)


class EmbeddedCypher:
    """A ``CypherReader`` over the copy of a store's graph. Threads take turns."""

    def __init__(self, store: EmbeddedStore) -> None:
        self.store = store
        self.folder = store.database.path.with_suffix(".cypher")
        self._lock = threading.Lock()
        self._open: tuple[str, engine.Database] | None = None

    def cypher(self, query: str, parameters: Mapping[str, Any], limit: int, seconds: float) -> Table:
        """At most ``limit`` rows of a query that reads, within ``seconds``.

        Raises:
            QueryError: it is wrong, would change something or reach beyond the graph, or takes longer.
            WorkspaceError: the copy cannot be written.
        """
        if limit < 1 or seconds <= 0:
            raise QueryError(f"A query needs at least one row and some time, not {limit} rows and {seconds} s.")
        if reason := objection(query) or call_objection(query):
            raise QueryError(f"This query is not run: {reason}.")
        with self._lock:
            columns, rows = self._current().read(query, parameters, limit + 1, seconds, plain)
        return Table(columns, tuple(rows[:limit]), len(rows) > limit)

    def close(self) -> None:
        """Release the copy's files."""
        with self._lock:
            self._release()

    def _release(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _current(self) -> engine.Database:
        """The copy, open, as the record is now."""
        wanted = f"{FORMAT} {self.store.generation()}"
        if self._open is not None and self._open[0] == wanted:
            return self._open[1]
        self._release()
        copy = self.folder / wanted.replace(" ", "-")
        if not copy.is_dir():
            self._make(copy)
        self._open = wanted, engine.open_to_read(copy)
        return self._open[1]

    def _make(self, copy: Path) -> None:
        """Write the copy under another name, then give it its own: half a copy is never opened."""
        try:
            self.folder.mkdir(exist_ok=True)
            with FileLock(self.folder / "lock", timeout=LOCK_SECONDS):
                if copy.is_dir():
                    return
                for other in self.folder.iterdir():
                    if other.is_dir():
                        shutil.rmtree(other, ignore_errors=True)
                half = self.folder / "half"
                with self.store.database.reading():
                    write_copy(self.store, half)
                half.rename(copy)
        except Timeout as error:
            raise WorkspaceLocked(f"Another process has been making {copy} for {LOCK_SECONDS:g} s.") from error
        except OSError as error:
            raise WorkspaceError(
                f"The copy of the graph that Cypher needs cannot be written to {self.folder}: {error}."
            ) from error
