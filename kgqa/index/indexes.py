"""Both indexes of a workspace, kept in line with the store, the record: what is missing or torn is built again.

One process at a time writes the files, under a lock of their own. Any other reads what was last saved, and notices a
newer save by one ``stat``; when it can neither write nor wait (a folder that is read only, a run in progress) it builds
what it lacks in memory.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Protocol

from kgqa.errors import CorruptIndex, WorkspaceError, WorkspaceLocked
from kgqa.index.dense import FLAT_LIMIT, DenseIndex
from kgqa.index.device import ANY_DEVICE, Device
from kgqa.index.embedder import Vectors
from kgqa.index.files import MISSING, stamp, write_whole
from kgqa.index.lexical import LexicalIndex
from kgqa.index.tokens import TOKENS_VERSION
from kgqa.types import Chunk

__all__ = ["IndexableStore", "Indexes", "Synced"]

logger = logging.getLogger(__name__)

_STATE = "index.json"
_BATCH = 2048
_SAMPLE = 40_000  # vectors that the lists of a large index are learned from


class IndexableStore(Protocol):
    """What the indexes need of a store."""

    def generation(self) -> int:
        """A number that changes with every write, in whatever process."""
        ...

    def embedders(self) -> Sequence[str]:
        """The distinct names of the embedders that made the stored vectors."""
        ...

    def chunk_ids(self) -> list[str]:
        """The ids of all chunks."""
        ...

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """The chunks in the order of the ids; ids that are not there are left out."""
        ...

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """``(len(ids), dimensions)`` in the order of the ids."""
        ...


@dataclass(frozen=True, slots=True)
class Synced:
    """What bringing the indexes in line did."""

    added: int = 0
    removed: int = 0
    rebuilt: bool = False


class Indexes:
    """The dense and the lexical index over the chunks of one store. Safe to use from several threads."""

    def __init__(
        self,
        folder: Path | None,
        embedder: str,
        dimensions: int,
        *,
        flat_limit: int = FLAT_LIMIT,
        device: Device = ANY_DEVICE,
    ) -> None:
        self.folder = folder
        self.embedder = embedder
        self.dimensions = dimensions
        self.flat_limit = flat_limit
        self.device = device
        self.dense = self._empty(None)
        self.lexical = LexicalIndex(None)
        self._generation: int | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._torn = False
        self._lock = RLock()

    @classmethod
    def open(
        cls,
        folder: Path | None,
        embedder_name: str,
        dimensions: int,
        *,
        flat_limit: int = FLAT_LIMIT,
        device: Device = ANY_DEVICE,
    ) -> Indexes:
        """The indexes saved in ``folder``; empty ones, until they are synced, if there are none or they are torn."""
        indexes = cls(folder, embedder_name, dimensions, flat_limit=flat_limit, device=device)
        indexes._load()
        return indexes

    def __len__(self) -> int:
        return len(self.dense)

    def sync(self, store: IndexableStore, *, wait: float = 600.0) -> Synced:
        """Bring both indexes in line with the store and save them: what was added and removed.

        Raises:
            CorruptIndex: the store's vectors were made by another embedder.
            WorkspaceLocked: another process has been writing them for ``wait`` seconds.
        WorkspaceError: the files cannot be written.
        """
        self._refuse_foreign(store)
        with self._lock, self._writing(wait):
            if self._is_in_memory() or self._is_behind():
                self._load()
            try:
                return self._bring_in_line(store)
            except BaseException:
                self._forget()
                raise

    def refresh(self, store: IndexableStore) -> None:
        """Make sure that a question finds what is in the store: reload a newer save, build what is missing.

        Costs one ``stat`` and one ``store.generation()`` when nothing changed.

        Raises:
            CorruptIndex: the store's vectors were made by another embedder.
        """
        with self._lock:
            if self._is_behind():
                self._load()
            if self._generation == store.generation():
                return
            try:
                self.sync(store, wait=0)
            except WorkspaceLocked as error:
                if not len(self) or self._is_in_memory():
                    self._sync_in_memory(store, error)
            except WorkspaceError as error:
                self._sync_in_memory(store, error)

    def close(self) -> None:
        """Release the files."""
        with self._lock:
            self.dense.close()
            self.lexical.close()

    def _is_behind(self) -> bool:
        return self.folder is not None and stamp(self.folder / _STATE) != self._stamp

    def _is_in_memory(self) -> bool:
        return self.dense.folder is None

    def _load(self) -> None:
        """Take over what is on disk. Without the state, which is written last, no save was ever complete.

        Torn files leave the indexes empty and are remembered, to be built again.
        """
        if self.folder is None:
            return
        self._forget()
        seen = stamp(self.folder / _STATE)
        if seen == MISSING:
            self._stamp = seen
            return
        try:
            state = json.loads((self.folder / _STATE).read_bytes())
            if state["tokens"] != TOKENS_VERSION:
                raise CorruptIndex(f"The lexical index in {self.folder} was made by another version.")
            dense = DenseIndex.open(
                self.folder,
                self.dimensions,
                embedder=self.embedder,
                flat_limit=self.flat_limit,
                device=self.device,
            )
            lexical = LexicalIndex.open(self.folder / "lexical")
            generation = int(state["generation"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, CorruptIndex) as error:
            logger.warning("%s The indexes are built again from the store.", error)
            self._torn = True
            return
        self.dense, self.lexical, self._generation, self._stamp = dense, lexical, generation, seen

    def _forget(self) -> None:
        self.dense = self._empty(self.folder)
        self.lexical.close()
        self.lexical = LexicalIndex(None if self.folder is None else self.folder / "lexical")
        self._generation, self._stamp, self._torn = None, None, False

    def _empty(self, folder: Path | None) -> DenseIndex:
        return DenseIndex(folder, self.embedder, self.dimensions, flat_limit=self.flat_limit, device=self.device)

    def _sync_in_memory(self, store: IndexableStore, reason: WorkspaceError) -> None:
        logger.info("Indexing in memory. %s", reason)
        if not self._is_in_memory():
            self.dense = self._empty(None)
            self.lexical = LexicalIndex(None)
        self._bring_in_line(store)
        self._stamp = None if self.folder is None else stamp(self.folder / _STATE)

    @contextlib.contextmanager
    def _writing(self, wait: float) -> Iterator[None]:
        if self.folder is None:
            yield
            return
        from filelock import FileLock, Timeout  # a question writes nothing

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "index.lock")
            lock.acquire(timeout=wait)
        except Timeout as error:
            raise WorkspaceLocked(f"Another process is writing {self.folder}. Try again when it is done.") from error
        except OSError as error:
            raise WorkspaceError(f"The indexes in {self.folder} cannot be written: {error.strerror}.") from error
        try:
            yield
        finally:
            lock.release()

    def _refuse_foreign(self, store: IndexableStore) -> None:
        for name in store.embedders():
            if name != self.embedder:
                raise CorruptIndex(
                    f"The vectors of this workspace were made by {name!r}; the encoder in use is {self.embedder!r}. "
                    "Choose the other (models.encoder), or ingest the documents again, which reads them with this one: "
                    "kgqa ingest DOCUMENTS"
                )

    def _bring_in_line(self, store: IndexableStore) -> Synced:
        rebuilt = self._torn
        if self.lexical.folder is not None and (rebuilt or self._stamp == MISSING):
            LexicalIndex.discard(self.lexical.folder)
        generation = store.generation()
        wanted = store.chunk_ids()
        dense = self._sync_dense(store, wanted)
        lexical = self._sync_lexical(store, wanted)
        if dense != (0, 0) or rebuilt or self._stamp == MISSING:
            self.dense.save()
        self._record(generation)
        self._torn = False
        return Synced(max(dense[0], lexical[0]), max(dense[1], lexical[1]), rebuilt)

    def _record(self, generation: int) -> None:
        self._generation = generation
        if self.folder is not None and self.dense.folder is not None:
            state = {"generation": generation, "tokens": TOKENS_VERSION}
            write_whole(self.folder / _STATE, json.dumps(state).encode())
            self._stamp = stamp(self.folder / _STATE)

    def _sync_dense(self, store: IndexableStore, wanted: list[str]) -> tuple[int, int]:
        if not self.dense.suits(len(wanted)):
            step = max(1, len(wanted) // _SAMPLE)
            large = len(wanted) > self.flat_limit
            self.dense.lay_out(len(wanted), store.vectors(wanted[::step] if large else wanted[:0]))
        missing, stale = _difference(wanted, self.dense.ids())
        removed = self.dense.remove(stale)
        for batch in _batches(missing):
            self.dense.add(batch, store.vectors(batch))
        return len(missing), removed

    def _sync_lexical(self, store: IndexableStore, wanted: list[str]) -> tuple[int, int]:
        missing, stale = _difference(wanted, self.lexical.ids())
        self.lexical.remove(stale)
        for batch in _batches(missing):
            chunks = store.chunks(batch)
            self.lexical.add([chunk.id for chunk in chunks], [_searched_text(chunk) for chunk in chunks])
        self.lexical.save()
        return len(missing), len(stale)


def _searched_text(chunk: Chunk) -> str:
    """Title twice: on three pools of Wikipedia paragraphs 1.3 points more recall at 5 than once, 6 more than never."""
    return "\n".join((chunk.title, chunk.title, chunk.heading, chunk.text))


def _difference(wanted: list[str], there: list[str]) -> tuple[list[str], list[str]]:
    known = set(there)
    return [id for id in wanted if id not in known], sorted(known.difference(wanted))


def _batches(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
