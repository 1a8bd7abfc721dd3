"""Where documents come from: files and folders, found in a fixed order and read one at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kgqa.errors import ReadError, UnsupportedFormat
from kgqa.registry import READERS, load
from kgqa.types import Document, Failure

__all__ = ["LARGEST_FILE", "Source", "discover", "read_source"]

LARGEST_FILE = 100 * 10**6
"""Bytes of a file that is read unless another limit is given."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read."""

    uri: str
    """What its documents are called: folder and path within it, the same wherever it is read from. ``/`` separates."""
    path: Path
    size: int
    """In bytes."""
    suffix: str
    """Its ending in lower case, which decides the reader: ``.pdf``."""


def discover(paths: Sequence[Path], *, on_skip: Callable[[Path], None] | None = None) -> Iterator[Source]:
    """The files at the paths and in the folders below them that there is a reader for, in the order of their names.

    Hidden files and folders are passed over; a file is found once, however many paths and links lead to it. All paths
    are looked at before the first source comes.

    Args:
        on_skip: Called with each file in a folder that no reader is registered for, or that is no readable file.

    Raises:
        ReadError: a path does not exist, or a folder holds no file that can be read.
        UnsupportedFormat: a path is a file that no reader is registered for.
    """
    if not paths:
        raise ReadError("No path was given. Name the files or folders to read.")
    seen: set[str] = set()
    found: list[Source] = []
    for path, label in zip(paths, _labels(paths), strict=True):
        if not path.exists():
            raise ReadError(f"{path} does not exist. Check the path.")
        files = _files(path, on_skip or _ignore) if path.is_dir() else [_single(path)]
        for file in files:
            real = os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                uri = f"{label}/{file.relative_to(path).as_posix()}" if path.is_dir() else label
                found.append(Source(uri, file, file.stat().st_size, file.suffix.lower()))
    return iter(found)


def read_source(source: Source, *, largest: int = LARGEST_FILE) -> list[Document | Failure]:
    """The documents of a file, and a failure for each part of it that could not be read.

    Raises:
        ReadError: nothing of it could be read, or it is larger than ``largest`` bytes.
        UnsupportedFormat: no reader is registered for its ending.
    """
    if source.suffix not in READERS:
        raise _unsupported(source.path)
    try:
        size = source.path.stat().st_size
        if size > largest:
            raise ReadError(
                f"{source.uri} has {size / 1e6:,.0f} MB, more than the {largest / 1e6:,.0f} MB allowed. "
                "Divide it, or raise ingest.max_file_megabytes."
            )
        data = source.path.read_bytes()
    except OSError as error:
        raise ReadError(
            f"{source.uri} cannot be opened: {error.strerror or error}. Check the file and its rights."
        ) from error
    documents: list[Document | Failure] = load(READERS, source.suffix)(data, source.uri)
    return documents


def _ignore(path: Path) -> None:
    """Skipped files are nobody's business."""


def _labels(paths: Sequence[Path]) -> list[str]:
    """A name for each path: its last part, or as many more as tell it from the others."""
    parts = [Path(os.path.abspath(path)).parts for path in paths]
    depth = 1
    while depth < max(map(len, parts)) and len({p[-depth:] for p in parts}) < len(set(parts)):
        depth += 1
    return ["/".join(part.strip("/\\") for part in p[-depth:]).lstrip("/") for p in parts]


def _single(path: Path) -> Path:
    if path.suffix.lower() not in READERS:
        raise _unsupported(path)
    return path


def _unsupported(path: Path) -> UnsupportedFormat:
    known = ", ".join(sorted(READERS))
    return UnsupportedFormat(
        f"{path} has an ending that no reader knows: {path.suffix or 'none'}. Convert it to one of {known}."
    )


def _files(root: Path, on_skip: Callable[[Path], None]) -> list[Path]:
    files = []
    skipped = 0
    for path in _walk(root):
        if path.suffix.lower() in READERS and path.is_file():
            files.append(path)
        else:
            skipped += 1
            on_skip(path)
    if not files:
        known = ", ".join(sorted(READERS))
        raise ReadError(
            f"{root} holds no document that can be read ({skipped:,} other files). Endings that are read: {known}."
        )
    return files


def _walk(root: Path) -> Iterator[Path]:
    """Every file below a folder that is not hidden, in the order of names; each folder once, whatever the links."""
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith((".", "~$")))
