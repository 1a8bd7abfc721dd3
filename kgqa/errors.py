"""Every error that kgqa raises on purpose. A message says what happened, with the value, and what to do next.

KgqaError
├── ConfigError         a setting that does not exist or has a value that cannot be used
├── MissingExtra        a part that is not installed; names the command that installs it
├── WorkspaceError      a workspace that is missing, locked, full or of another version
│   └── WorkspaceLocked another process is writing
├── ReadError           a source that cannot be read (one file; a run goes on)
│   └── UnsupportedFormat
├── ModelError          a model folder that is missing, corrupt or of another kind
├── DataError           training or scoring data with a fault; names file and line
├── QueryError          a query to the graph that is wrong, not allowed or too slow
├── CorruptIndex        a derived index file that is torn or of another model
└── NotFound            an id or a name that is not there
"""

from __future__ import annotations

__all__ = [
    "ConfigError",
    "CorruptIndex",
    "DataError",
    "KgqaError",
    "MissingExtra",
    "ModelError",
    "NotFound",
    "QueryError",
    "ReadError",
    "UnsupportedFormat",
    "WorkspaceError",
    "WorkspaceLocked",
]


class KgqaError(Exception):
    """The root: catch this one to catch them all."""


class ConfigError(KgqaError):
    """A setting that does not exist or has a value that cannot be used."""


class MissingExtra(KgqaError):
    """A part that is not installed.

    Raised with the name of the extra, so that every message names the same command.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} is not installed. Install it with: pip install "kgqa[{extra}]"')


class WorkspaceError(KgqaError):
    """A workspace that is missing, full, unwritable or written by another version."""


class WorkspaceLocked(WorkspaceError):
    """Another process is writing to the workspace."""


class ReadError(KgqaError):
    """A source that cannot be read. A run records it and goes on with the next."""


class UnsupportedFormat(ReadError):
    """A file of a kind that no reader is registered for."""


class ModelError(KgqaError):
    """A model folder that is missing, corrupt or of another kind."""


class DataError(KgqaError):
    """Training or scoring data with a fault. The message names file and line."""


class QueryError(KgqaError):
    """A query to the graph that is wrong, is not allowed or takes too long. Nothing was changed by it."""


class CorruptIndex(KgqaError):
    """A derived index file that is torn or of another model; it is rebuilt from the store."""


class NotFound(KgqaError):
    """An id or a name that is not there."""
