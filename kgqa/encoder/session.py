"""A network served by ONNX Runtime: arrays in, arrays out."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from kgqa.errors import ConfigError, ModelError
from kgqa.types import DeviceName

__all__ = ["Session", "providers"]

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_IN_BYTES = b"MatMulInteger"
_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


class Session:
    """One open ONNX file; calls may come from many threads.

    A call runs in the thread it comes from, and batches run side by side (``side_by_side``): each product of one batch
    shared out among two cores, passages are embedded and extracted to the same numbers in 1.2 to 1.6 times the time.
    """

    def __init__(self, path: Path, runtime: Any, threads: int = 0) -> None:
        self.path = path
        self.inputs = tuple(value.name for value in runtime.get_inputs())
        self.outputs = tuple(value.name for value in runtime.get_outputs())
        self._runtime = runtime
        self._threads = ThreadPoolExecutor(threads or os.cpu_count(), "kgqa-session")

    @classmethod
    def open(cls, path: Path, threads: int = 0, device: DeviceName = "auto") -> Session:
        """The network in a file, for that many batches at once (0: one per core); where it runs, see ``providers``.

        Raises:
            ConfigError: a GPU is wanted, and this ONNX Runtime has none.
            ModelError: the file is missing or holds no network.
        """
        import onnxruntime  # 0.2 s that a process which never reads a text need not spend

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3  # errors reach us as exceptions
        wanted = providers(path, device, onnxruntime.get_available_providers())
        try:
            return cls(path, onnxruntime.InferenceSession(str(path), options, providers=wanted), threads)
        except Exception as error:  # ONNX Runtime raises classes of its own for a missing or torn file
            raise ModelError(f"{path} cannot be opened ({error}). Install or train the model again.") from error

    def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> tuple[npt.NDArray[np.float32], ...]:
        """The outputs, in the order of ``outputs``.

        Raises:
            ModelError: an input is missing, unknown or of a shape that the network does not take.
        """
        if set(inputs) != set(self.inputs):
            raise ModelError(f"{self.path} takes the inputs {', '.join(self.inputs)}, not {', '.join(inputs)}.")
        try:
            return tuple(self._runtime.run(None, dict(inputs)))
        except Exception as error:  # as above
            shapes = {name: array.shape for name, array in inputs.items()}
            raise ModelError(f"{self.path} failed on inputs of shapes {shapes} ({error}).") from error

    def side_by_side(self, call: Callable[[_Item], _Made], items: Iterable[_Item]) -> list[_Made]:
        """What ``call`` makes of each item, in their order, several at once. It may run this network and others, but
        not call this again.
        """
        every = list(items)
        return list(self._threads.map(call, every)) if len(every) > 1 else [call(item) for item in every]


def providers(path: Path, device: DeviceName, usable: Collection[str]) -> list[str]:
    """What ONNX Runtime runs the network in a file with, of the ``usable``: CUDA before the CPU, or the CPU alone.

    ``auto`` leaves networks of 8-bit products, as all that ship are, on the CPU: of these CUDA has only int8 by int8,
    ours are uint8 by int8, so that each would go back to the CPU and its numbers there and back.

    Raises:
        ConfigError: a GPU is wanted, and this ONNX Runtime has none.
    """
    if device == "gpu" and _CUDA not in usable:
        raise ConfigError(
            'Setting models.device = "gpu": this ONNX Runtime knows no GPU. Install onnxruntime-gpu in place of '
            'onnxruntime (see docs/retrieval.md), or set it to "auto".'
        )
    if device == "cpu" or _CUDA not in usable:
        return [_CPU]
    in_bytes = device == "auto" and path.is_file() and _IN_BYTES in path.read_bytes()
    return [_CPU] if in_bytes else [_CUDA, _CPU]
