"""Files that are there whole or not at all: written beside, flushed, then moved into place."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from kgqa.errors import WorkspaceError

__all__ = ["MISSING", "stamp", "write_whole"]

MISSING = (0, 0, 0)
"""The stamp of a file that is not there."""


def write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` such that a reader, or who comes after a crash, sees the old file or the new one.

    Raises:
        WorkspaceError: the disk is full or the folder cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        reason = f"{path} cannot be written: {error.strerror}."
        raise WorkspaceError(f"{reason} Free some space or check the permissions.") from error


def stamp(path: Path) -> tuple[int, int, int]:
    """Changes whenever the file is replaced; ``MISSING`` while there is none. One call of ``stat``."""
    try:
        found = path.stat()
    except OSError:
        return MISSING
    return (found.st_mtime_ns, found.st_size, found.st_ino)
