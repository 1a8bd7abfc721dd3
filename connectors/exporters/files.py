"""Writing an export: a file is there as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from kgqa.errors import WorkspaceError

__all__ = ["written_whole"]


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; it takes the place of ``path`` at the end, and is removed after an error.

    Raises:
        WorkspaceError: the folder does not exist, cannot be written, or is full.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror or error}. Name another file.") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
