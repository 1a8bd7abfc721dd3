"""Where FAISS computes: on the CPU alone, or with a GPU beside it.

The index in the memory of the CPU is the record: it alone is changed, saved and read, since none on a GPU can delete,
be held to some ids or be written. A GPU does what takes long: it learns the lists of a large index, finds the list of
each vector, and searches a copy, made by the first search after a change. So files are the same with and without one,
and losing it loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import RLock
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from kgqa.errors import ConfigError
from kgqa.index.embedder import Vectors
from kgqa.types import DeviceName

__all__ = ["ANY_DEVICE", "Device", "Gpu", "OnGpu", "first_gpu"]

logger = logging.getLogger(__name__)

_MOST = 2048
"""The hits that FAISS finds on a GPU for one vector."""
_SCRATCH = 256 << 20
"""Bytes of the GPU for intermediate results; FAISS would keep 1.5 GB of what the models may need."""

Keys = npt.NDArray[np.int64]
Found = tuple[npt.NDArray[np.float32], Keys]
T = TypeVar("T")


class Gpu(Protocol):
    """A device that FAISS has indexes on."""

    @property
    def name(self) -> str:
        """What people are told."""
        ...

    def copy(self, index: Any) -> Any:
        """The CPU's index (flat, of half precision, or an inverted file; no map of ids) as one that computes there.

        Raises:
            RuntimeError, MemoryError: as FAISS does where it cannot, for want of memory most of all.
        """
        ...


class FaissGpu:
    """A CUDA device."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self._resources: Any = None

    @property
    def name(self) -> str:
        """By its number."""
        return f"GPU {self.number}"

    def copy(self, index: Any) -> Any:
        """In half precision where the index is; what is in single precision stays so."""
        import faiss

        if self._resources is None:
            self._resources = faiss.StandardGpuResources()
            self._resources.setTempMemory(_SCRATCH)
        return faiss.index_cpu_to_gpu(self._resources, self.number, index)


def first_gpu() -> Gpu | None:
    """The first GPU, if this FAISS was built for one and the driver shows it."""
    import faiss

    return FaissGpu() if faiss.get_num_gpus() else None


class Device:
    """What indexes compute on, chosen when first needed: FAISS takes a third of a second to import.

    Indexes that share a device share its GPU, one call at a time, for what FAISS keeps there is not safe to use from
    several threads; and once the GPU has failed for one of them, none tries it again.
    """

    def __init__(self, wanted: DeviceName = "auto", find: Callable[[], Gpu | None] = first_gpu) -> None:
        self.wanted = wanted
        self._find = find
        self._gpu: Gpu | None = None
        self._is_chosen = False
        self._lock = RLock()

    @classmethod
    def open(cls, wanted: DeviceName, find: Callable[[], Gpu | None] = first_gpu) -> Device:
        """A device, of which a GPU that is wanted is looked for at once: a long run should not end without one.

        Raises:
            ConfigError: a GPU is wanted and there is none.
        """
        device = cls(wanted, find)
        if wanted == "gpu":
            device._chosen()
        return device

    @property
    def name(self) -> str:
        """Of the GPU in use, else ``CPU``.

        Raises:
            ConfigError: a GPU is wanted and there is none.
        """
        gpu = self._chosen()
        return gpu.name if gpu else "CPU"

    def attempt(self, work: Callable[[Gpu], T]) -> T | None:
        """What ``work`` returns; None where there is no GPU, or it failed, which is logged once.

        Raises:
            ConfigError: a GPU is wanted and there is none.
        """
        with self._lock:
            gpu = self._chosen()
            if gpu is None:
                return None
            try:
                return work(gpu)
            except (RuntimeError, MemoryError) as error:  # what FAISS makes of exceptions in C++
                self._gpu = None
                reason = str(error).strip().rpartition("\n")[2]
                logger.warning(
                    "FAISS failed on %s (%s). The CPU searches from here on. "
                    'Free memory of the GPU and start again, or set index.device = "cpu".',
                    gpu.name,
                    reason,
                )
                return None

    def _chosen(self) -> Gpu | None:
        with self._lock:
            if not self._is_chosen:
                self._gpu = None if self.wanted == "cpu" else self._find()
                if self.wanted == "gpu" and self._gpu is None:
                    raise ConfigError(
                        'Setting index.device = "gpu": FAISS finds no GPU. Install faiss-gpu in place of faiss-cpu '
                        '(see docs/retrieval.md) and check that nvidia-smi lists one, or set it to "auto".'
                    )
                self._is_chosen = True
            return self._gpu


ANY_DEVICE = Device()
"""A GPU where there is one."""


class OnGpu:
    """What of one index lies on the GPU, and what is done with it there. Who changes the index says so."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self._copy: tuple[Any, Keys | None] | None = None
        self._lists: Any = None

    def train(self, index: Any, sample: Vectors) -> None:
        """Let an inverted file learn its lists, on the GPU if there is one."""
        import faiss

        def there(gpu: Gpu) -> bool:
            nearest = gpu.copy(faiss.IndexFlatIP(index.d))
            index.clustering_index = nearest
            try:
                index.train(sample)
            finally:
                index.clustering_index = None
            return True

        if not self.device.attempt(there):
            index.train(sample)

    def add(self, index: Any, rows: Vectors, keys: Keys) -> None:
        """Add vectors to the index, their lists found on the GPU if there is one."""
        import faiss

        def there(gpu: Gpu) -> Keys:
            if self._lists is None:
                self._lists = gpu.copy(faiss.downcast_index(index.quantizer))
            _, nearest = self._lists.search(rows, 1)
            return np.ascontiguousarray(nearest[:, 0])

        self.outdate()
        lists = self.device.attempt(there) if isinstance(index, faiss.IndexIVF) else None
        if lists is None:
            index.add_with_ids(rows, keys)
        else:
            index.add_core(len(rows), *(faiss.swig_ptr(array) for array in (rows, keys, lists)))

    def search(self, index: Any, rows: Vectors, limit: int) -> Found | None:
        """Scores and keys ``(len(rows), limit)``; None where the CPU has to search."""
        if limit > _MOST:
            return None

        def there(gpu: Gpu) -> Found:
            if self._copy is None:
                self._copy = _copied(gpu, index)
            copy, keys = self._copy
            scores, found = copy.search(rows, limit)
            return scores, found if keys is None else np.where(found < 0, -1, keys[found])

        found = self.device.attempt(there)
        if found is None:
            self.forget()
        return found

    def outdate(self) -> None:
        """The index has changed: the next search copies it anew."""
        self._copy = None

    def forget(self) -> None:
        """The index is another: its lists are others too."""
        self._copy, self._lists = None, None


def _copied(gpu: Gpu, index: Any) -> tuple[Any, Keys | None]:
    """A copy, and the keys of its rows where it does not know them itself."""
    import faiss

    if isinstance(index, faiss.IndexIVF):
        return gpu.copy(index), None
    return gpu.copy(faiss.downcast_index(index.index)), faiss.vector_to_array(index.id_map)
