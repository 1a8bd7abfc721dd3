"""One SQLite file: a connection for each thread, transactions, and errors that say what to do.

Readers see the last commit while another thread or process writes (write-ahead log). A killed process loses nothing
that was committed; after a power failure the last commits may be missing, never half of one (``synchronous =
NORMAL``).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

from kgqa.errors import WorkspaceError, WorkspaceLocked
from kgqa.graph.schema import ensure_schema

__all__ = ["Database", "explain", "sorting"]

BUSY_SECONDS = 10.0
_CACHE = "cache_size = -65536"
_PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = NORMAL",
    "temp_store = MEMORY",
    _CACHE,
    "mmap_size = 268435456",
    "wal_autocheckpoint = 8192",
)


class _Handle:
    """A connection that is closed when its thread ends."""

    __slots__ = ("__weakref__", "connection")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class Database:
    """The file at ``path``. ``open()`` makes it and its tables where there is none."""

    def __init__(self, path: Path, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self.read_only = read_only
        self.busy_seconds = busy_seconds
        self._local = threading.local()
        self._handles: weakref.WeakSet[_Handle] = weakref.WeakSet()
        self._writer = threading.RLock()
        self._closed = False

    def open(self) -> None:
        """Check that the file can be used, and make the tables in a new one.

        Raises:
            WorkspaceError: no such file when ``read_only``, or not a store of this version.
        """
        if self.path.is_dir():
            raise WorkspaceError(f"{self.path} is a folder where the store's file should be. Name another workspace.")
        if not self.path.exists() and (self.read_only or not self.path.parent.is_dir()):
            raise WorkspaceError(
                f"There is no store at {self.path}. Make a workspace with: kgqa init {self.path.parent}"
            )
        if self.path.exists() and not os.access(self.path, os.W_OK):
            self.read_only = True
        with self._explained():
            ensure_schema(self.connection(), self.path, read_only=self.read_only)

    def connection(self) -> sqlite3.Connection:
        """This thread's own."""
        if self._closed:
            raise WorkspaceError(f"The store {self.path} has been closed. Open the workspace again.")
        handle: _Handle | None = getattr(self._local, "handle", None)
        if handle is None:
            handle = self._local.handle = _Handle(self._connect())
            self._handles.add(handle)
        return handle.connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A view that does not change while it lasts. May be nested, also inside ``writing``."""
        with self._explained():
            connection = self.connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    @contextlib.contextmanager
    def writing(self, *, counted: bool = True, checked: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end, undone by any exception. One at a time; others wait.

        What is not ``counted`` changes nothing that a reader of the graph sees: the generation stays. In one that is
        not ``checked`` no reference between rows is looked up, and none cascades; what is sorted may use the disk.
        """
        if self.read_only:
            raise WorkspaceError(
                f"{self.path} can only be read. Change the permissions of the workspace to write to it."
            )
        with self._writer, self._explained():
            connection = self.connection()
            if not checked:  # neither could be set within the transaction
                connection.execute("PRAGMA foreign_keys = OFF")
                connection.execute("PRAGMA temp_store = FILE")
            try:
                connection.execute("BEGIN IMMEDIATE")
                changes = connection.total_changes
                yield connection
                if counted and connection.total_changes != changes:
                    connection.execute("UPDATE counters SET value = value + 1 WHERE name = 'generation'")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                if not checked:
                    connection.execute("PRAGMA foreign_keys = ON")
                    connection.execute("PRAGMA temp_store = MEMORY")

    def close(self) -> None:
        """Close every thread's connection."""
        self._closed = True
        for handle in list(self._handles):
            handle.connection.close()

    def _connect(self) -> sqlite3.Connection:
        if not self.read_only:
            connection = sqlite3.connect(
                self.path, timeout=self.busy_seconds, isolation_level=None, check_same_thread=False
            )
            pragmas: tuple[str, ...] = ("journal_mode = WAL", *_PRAGMAS)
        else:
            connection = sqlite3.connect(
                self._read_only_uri(),
                uri=True,
                timeout=self.busy_seconds,
                isolation_level=None,
                check_same_thread=False,
            )
            pragmas = ("query_only = ON", *_PRAGMAS)
        try:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _read_only_uri(self) -> str:
        """A log cannot be shared where nothing may be written: then the file is taken as it lies."""
        log = self.path.with_name(self.path.name + "-wal")
        frozen = not os.access(self.path.parent, os.W_OK) and not log.exists()
        return f"{self.path.absolute().as_uri()}?mode=ro{'&immutable=1' if frozen else ''}"

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            explained = explain(error, self.path)
            if explained is None:
                raise
            raise explained from error


@contextlib.contextmanager
def sorting(connection: sqlite3.Connection) -> Iterator[None]:
    """While it lasts rows are sorted in pieces that fit a processor's cache.

    In a transaction that is not ``checked`` these are merged through a temporary file. As one list in memory a million
    rows take half as long again.
    """
    try:
        connection.execute("PRAGMA cache_size = -8192")
        yield
    finally:
        connection.execute(f"PRAGMA {_CACHE}")


def explain(error: sqlite3.Error, path: Path) -> WorkspaceError | None:
    """The error in words of ours: what happened to the file and what to do; None if it is a fault of ours."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if code == "SQLITE_FULL":
        return WorkspaceError(
            f"The disk that holds {path}, or that of temporary files, is full. "
            "Free some space and run the same command again."
        )
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return WorkspaceLocked(f"Another process is writing to {path}. Wait until it is done, then try again.")
    if code.startswith(("SQLITE_READONLY", "SQLITE_PERM")):
        return WorkspaceError(f"{path} cannot be written. Change the permissions of the workspace.")
    if code.startswith("SQLITE_CANTOPEN"):
        return WorkspaceError(f"{path} cannot be opened. Check the permissions of the workspace folder.")
    if code == "SQLITE_NOTADB":
        return WorkspaceError(f"{path} is not a kgqa store. Name another folder, or remove the file and ingest again.")
    if code.startswith("SQLITE_CORRUPT"):
        return WorkspaceError(f"{path} is damaged ({error}). Remove it and ingest the documents again.")
    if code.startswith("SQLITE_IOERR"):
        return WorkspaceError(f"The disk failed at {path} ({code}). Check the disk and its free space, then try again.")
    return None
