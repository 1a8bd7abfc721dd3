"""ArcadeDB in this process: a Java machine of its own (it lies in the wheel), started by the first query."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kgqa.errors import QueryError, WorkspaceError

__all__ = ["Database", "create", "open_to_read", "start"]

HEAP = "2g"
"""Most memory of the Java machine."""


def start() -> None:
    """Start the Java machine, if it does not run; it logs nothing, neither to the terminal nor into a folder."""
    import jpype
    from arcadedb_embedded.jvm import start_jvm

    if not jpype.isJVMStarted():
        start_jvm(heap_size=HEAP)
        silent = {"log": lambda *_: None, "flush": lambda: None, "isLoggable": lambda *_: False}
        logger = jpype.JProxy("com.arcadedb.log.Logger", dict=silent)
        jpype.JClass("com.arcadedb.log.LogManager").instance().setLogger(logger)


def create(path: Path) -> Any:
    """A new database to write to, of the package's own class."""
    import arcadedb_embedded

    start()
    return arcadedb_embedded.create_database(str(path))


def open_to_read(path: Path) -> Database:
    """The database in a folder.

    Raises:
        WorkspaceError: it cannot be opened.
    """
    import jpype

    start()
    mode = jpype.JClass("com.arcadedb.engine.ComponentFile").MODE.READ_ONLY
    try:
        return Database(jpype.JClass("com.arcadedb.database.DatabaseFactory")(str(path)).open(mode))
    except jpype.JException as error:
        raise WorkspaceError(f"The copy of the graph in {path} cannot be opened. Remove it: {error}") from error


class Database:
    """One that is open for reading."""

    def __init__(self, java: Any) -> None:
        import arcadedb_embedded

        self._java = java
        self._database = arcadedb_embedded.Database(java)

    def close(self) -> None:
        """Release its files."""
        self._database.close()

    def read(
        self, query: str, parameters: Mapping[str, Any], rows: int, seconds: float, plain: Callable[[Any], Any]
    ) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """The columns and at most so many rows of a query, each value made ``plain``; no columns without a row.

        Raises:
            QueryError: it is wrong, would change something, or takes longer than ``seconds``.
        """
        import arcadedb_embedded
        import jpype

        limit = jpype.JClass("com.arcadedb.GlobalConfiguration").COMMAND_TIMEOUT
        self._java.getConfiguration().setValue(limit, max(1, int(seconds * 1000)))
        deadline = time.monotonic() + seconds
        columns: tuple[str, ...] = ()
        found: list[tuple[Any, ...]] = []
        try:
            with self._database.query("opencypher", query, dict(parameters)) as result:
                for row in result:
                    columns = columns or tuple(row.property_names)
                    found.append(tuple(plain(row.get(name)) for name in columns))
                    if len(found) == rows:
                        break
                    if time.monotonic() > deadline:
                        raise QueryError(_TOO_LONG.format(seconds))
        except (arcadedb_embedded.ArcadeDBError, jpype.JException) as error:
            raise _explained(error, seconds) from error
        except RuntimeError as error:  # the bridge may fail to tell of a time-out, since its thread was interrupted
            if time.monotonic() < deadline:
                raise
            raise QueryError(_TOO_LONG.format(seconds)) from error
        return columns, found


_TOO_LONG = "The query took longer than {:g} s and was ended. Ask for less, or give it more."


def _explained(error: Exception, seconds: float) -> QueryError:
    said = str(error)
    if "TimeoutException" in said:
        return QueryError(_TOO_LONG.format(seconds))
    if "NotIdempotent" in said or "ReadOnlyException" in said:
        return QueryError("This query is not run: it would change the graph.")
    return QueryError(f"The query is wrong: {said.rpartition('Exception: ')[2].strip() or said}")
