"""One writer for each workspace. The lock belongs to the process: it is free again when that ends, however it ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from kgqa.errors import WorkspaceError, WorkspaceLocked

__all__ = ["writer_lock"]

LOCK_FILE = "writer.lock"
HOLDER_FILE = "writer.pid"


@contextlib.contextmanager
def writer_lock(workspace: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Holds the right to write to a workspace while it lasts; waits ``wait`` seconds for it.

    Raises:
        WorkspaceLocked: another process, or another run in this one, holds it; names the process.
        WorkspaceError: the folder does not exist or cannot be written.
    """
    lock = FileLock(workspace / LOCK_FILE)
    holder = workspace / HOLDER_FILE
    try:
        lock.acquire(timeout=wait)
    except Timeout as error:
        raise WorkspaceLocked(
            f"{_name(holder)} is writing to {workspace}. Wait until it is done, or stop it, then try again."
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"The workspace {workspace} cannot be written: {error.strerror or error}. Check the folder and its rights."
        ) from error
    try:
        with contextlib.suppress(OSError):  # it only makes the message above better
            holder.write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        lock.release()


def _name(holder: Path) -> str:
    try:
        return f"Process {int(holder.read_text(encoding='ascii'))}"
    except (OSError, ValueError):
        return "Another process"
