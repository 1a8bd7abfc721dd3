"""The dense index: vectors of chunks in FAISS, nearest by inner product.

Up to ``flat_limit`` vectors are compared one by one in half precision, which is exact and takes 8 ms for 200,000; above
that an inverted file of about ``2 √n`` lists with 8-bit vectors (1,000,000: 0.9 ms, recall@10 .983). Both delete in
place, as HNSW cannot. The files are derived from the store: whoever finds them torn builds them again. Where there is a
GPU that FAISS can use, it does what takes long (``kgqa.index.device``).
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt

from kgqa.errors import CorruptIndex
from kgqa.index.device import ANY_DEVICE, Device, OnGpu
from kgqa.index.embedder import Vectors
from kgqa.index.files import MISSING, stamp, write_whole
from kgqa.types import Hit

__all__ = ["FLAT_LIMIT", "DenseIndex"]

FLAT_LIMIT = 200_000
_FORMAT = 1
_MANIFEST = "dense.json"
_PROBED = 32
_SHRUNK, _GROWN = 0.5, 4.0  # an inverted file is laid out again when its size leaves these multiples of its first


def key_of(id: str) -> int:
    """The number under which FAISS knows an id: 63 bits of its hash, so that it needs no table to be stable."""
    return int.from_bytes(hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


class DenseIndex:
    """Vectors by id. Without a folder it lives in memory only. Safe to use from several threads."""

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
        self._ids: dict[int, str] = {}
        self._laid_out_for = 0
        self._index: Any = None
        self._on_gpu = OnGpu(device)
        self._lock = RLock()

    @classmethod
    def open(
        cls,
        folder: Path | None,
        dimensions: int,
        *,
        embedder: str = "",
        flat_limit: int = FLAT_LIMIT,
        device: Device = ANY_DEVICE,
    ) -> DenseIndex:
        """The index saved in ``folder``, or an empty one.

        Raises:
            CorruptIndex: the files are torn, of another version or of another embedder.
        """
        index = cls(folder, embedder, dimensions, flat_limit=flat_limit, device=device)
        while folder is not None and (seen := stamp(folder / _MANIFEST)) != MISSING:
            try:
                index._read(folder)
                break
            except CorruptIndex:
                if stamp(folder / _MANIFEST) == seen:  # else a newer save replaced the files while they were read
                    raise
        return index

    def __len__(self) -> int:
        return len(self._ids)

    def ids(self) -> list[str]:
        """Every id in the index, in no particular order."""
        return list(self._ids.values())

    def suits(self, count: int) -> bool:
        """Whether the index is laid out well for ``count`` vectors; if not, ``lay_out`` and add all again."""
        if not self._laid_out_for:
            return count <= self.flat_limit
        return _SHRUNK * self._laid_out_for <= count <= _GROWN * self._laid_out_for

    def lay_out(self, count: int, sample: Vectors) -> None:
        """Empty the index and prepare it for ``count`` vectors; a large one learns its lists from ``sample``."""
        with self._lock:
            self._ids = {}
            self._laid_out_for = 0
            self._index = None
            self._on_gpu.forget()
            if count <= self.flat_limit:
                return
            lists = max(1, min(round(2 * math.sqrt(count)), len(sample)))
            faiss = _faiss()
            index = faiss.index_factory(self.dimensions, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
            index.cp.min_points_per_centroid = 1
            self._on_gpu.train(index, self._checked(sample, len(sample)))
            index.nprobe = min(_PROBED, lists)
            self._index, self._laid_out_for = index, count

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add vectors ``(len(ids), dimensions)``; an id that is there already gets the new one.

        Raises:
            CorruptIndex: the vectors are not of this index's dimensions.
        """
        rows = self._checked(vectors, len(ids))
        last = {key_of(id): (id, row) for row, id in enumerate(ids)}
        with self._lock:
            for key, (id, _) in last.items():
                if self._ids.get(key, id) != id:
                    raise CorruptIndex(
                        f"The ids {self._ids[key]!r} and {id!r} share the key {key}. Rename one of them."
                    )
            self._drop([key for key in last if key in self._ids])
            if not last:
                return
            keys = np.fromiter(last, np.int64, len(last))
            self._on_gpu.add(self._filled(), rows[[row for _, row in last.values()]], keys)
            self._ids.update((key, id) for key, (id, _) in last.items())

    def remove(self, ids: Collection[str]) -> int:
        """How many of the ids were there and are gone now."""
        with self._lock:
            return self._drop([key for key in map(key_of, set(ids)) if key in self._ids])

    def search(self, vectors: Vectors, limit: int, *, allowed: Collection[str] | None = None) -> list[list[Hit]]:
        """For each vector its nearest ids with their inner product, nearest first; only ``allowed`` ones if given."""
        rows = self._checked(vectors, len(vectors))
        with self._lock:
            if not self._ids or not len(rows) or limit < 1:
                return [[] for _ in rows]
            wanted = min(limit, len(self._ids))
            found = self._on_gpu.search(self._filled(), rows, wanted) if allowed is None else None
            if found is None:
                with _threads_for(len(rows)):
                    found = self._filled().search(rows, wanted, params=self._parameters(allowed))
            scores, keys = found
            return [self._hits(*pair) for pair in zip(scores, keys, strict=True)]

    def save(self) -> None:
        """Write the index so that a crash leaves the old one or the new one.

        Raises:
            WorkspaceError: the disk is full or the folder cannot be written.
        """
        if self.folder is None:
            return
        with self._lock:
            number = 1 + max((_number(path) for path in self.folder.glob("dense-*.*")), default=0)
            vectors = _faiss().serialize_index(self._filled()).tobytes()
            ids = "\n".join(self._ids.values()).encode("utf-8", "surrogatepass")
            contents = {f"dense-{number}.faiss": vectors, f"dense-{number}.ids": ids}
            for name, content in contents.items():
                write_whole(self.folder / name, content)
            manifest = {
                "format": _FORMAT,
                "embedder": self.embedder,
                "dimensions": self.dimensions,
                "count": len(self._ids),
                "laid_out_for": self._laid_out_for,
                "files": {name: [len(content), zlib.crc32(content)] for name, content in contents.items()},
            }
            write_whole(self.folder / _MANIFEST, json.dumps(manifest, indent=1).encode())
        for path in self.folder.glob("dense-*.*"):
            if path.name not in contents:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Free the memory. What was not saved is lost."""
        with self._lock:
            self._index, self._ids = None, {}
            self._on_gpu.forget()

    def _filled(self) -> Any:
        if self._index is None:
            faiss = _faiss()
            self._index = faiss.index_factory(self.dimensions, "IDMap2,SQfp16", faiss.METRIC_INNER_PRODUCT)
            self._index.train(np.zeros((1, self.dimensions), np.float32))
        return self._index

    def _checked(self, vectors: Vectors, count: int) -> Vectors:
        if not count:
            return np.zeros((0, self.dimensions), np.float32)
        rows = np.ascontiguousarray(vectors, np.float32).reshape(count, -1)
        if rows.shape[1] != self.dimensions:
            raise CorruptIndex(_foreign(f"of {rows.shape[1]} dimensions", f"{self.dimensions}"))
        return rows

    def _drop(self, keys: list[int]) -> int:
        if keys:
            self._on_gpu.outdate()
            self._filled().remove_ids(np.asarray(keys, np.int64))
            for key in keys:
                del self._ids[key]
        return len(keys)

    def _parameters(self, allowed: Collection[str] | None) -> Any:
        if allowed is None:
            return None
        faiss = _faiss()
        selector = faiss.IDSelectorBatch(np.asarray([key_of(id) for id in allowed], np.int64))
        if self._laid_out_for:
            return faiss.SearchParametersIVF(sel=selector, nprobe=self._index.nprobe)
        return faiss.SearchParameters(sel=selector)

    def _hits(self, scores: npt.NDArray[np.float32], keys: npt.NDArray[np.int64]) -> list[Hit]:
        hits = [Hit(self._ids[int(key)], float(score)) for score, key in zip(scores, keys, strict=True) if key >= 0]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))

    def _read(self, folder: Path) -> None:
        try:
            manifest = json.loads((folder / _MANIFEST).read_bytes())
            if manifest["format"] != _FORMAT:
                raise CorruptIndex(f"{folder / _MANIFEST} has format {manifest['format']}, not {_FORMAT}.")
            self._refuse_foreign(str(manifest["embedder"]), int(manifest["dimensions"]))
            vectors, ids = (self._whole(folder / name, *manifest["files"][name]) for name in sorted(manifest["files"]))
            index = _faiss().deserialize_index(np.frombuffer(vectors, np.uint8))
            names = ids.decode("utf-8", "surrogatepass").split("\n") if ids else []
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise CorruptIndex(f"The dense index in {folder} cannot be read: {error}.") from error
        if not index.ntotal == len(names) == manifest["count"]:
            raise CorruptIndex(f"The dense index in {folder} holds {index.ntotal} vectors for {len(names)} ids.")
        self._index, self._laid_out_for = index, int(manifest["laid_out_for"])
        self._ids = {key_of(name): name for name in names}

    def _whole(self, path: Path, size: int, checksum: int) -> bytes:
        content = path.read_bytes()
        if len(content) != size or zlib.crc32(content) != checksum:
            raise CorruptIndex(f"{path} is torn: {len(content)} bytes of {size}.")
        return content

    def _refuse_foreign(self, embedder: str, dimensions: int) -> None:
        if dimensions != self.dimensions or (self.embedder and embedder != self.embedder):
            wanted = f"{self.embedder!r}, {self.dimensions}"
            raise CorruptIndex(_foreign(f"of {embedder!r}, {dimensions} dimensions", wanted))


def _faiss() -> Any:
    """FAISS is imported when an index is used, for that takes a third of a second. Its type stubs are incomplete."""
    import faiss

    return faiss


@contextmanager
def _threads_for(questions: int) -> Iterator[None]:
    """FAISS gives each thread questions of its own. Waking the others for a single one brings nothing, and costs ten
    times as much as its search where the machine is busy.
    """
    faiss = _faiss()
    usual = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(min(questions, usual))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(usual)


def _foreign(found: str, wanted: str) -> str:
    return f"The vectors are {found}; the encoder in use is {wanted}."


def _number(path: Path) -> int:
    digits = path.stem.partition("-")[2]
    return int(digits) if digits.isdigit() else 0
