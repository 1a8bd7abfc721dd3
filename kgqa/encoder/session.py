"""A network served by ONNX Runtime: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kgqa.errors import ModelError

__all__ = ["Session"]


class Session:
    """One open ONNX file; calls may come from many threads."""

    def __init__(self, path: Path, runtime: Any) -> None:
        self.path = path
        self.inputs = tuple(value.name for value in runtime.get_inputs())
        self.outputs = tuple(value.name for value in runtime.get_outputs())
        self._runtime = runtime

    @classmethod
    def open(cls, path: Path, threads: int = 0) -> Session:
        """The network in a file, on a CUDA device if ONNX Runtime has one, with that many threads (0: one per core).

        Raises:
            ModelError: the file is missing or holds no network.
        """
        import onnxruntime  # 0.2 s that a process which never reads a text need not spend

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors reach us as exceptions
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads must not hold cores
        usable = set(onnxruntime.get_available_providers())
        wanted = [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in usable]
        try:
            return cls(path, onnxruntime.InferenceSession(str(path), options, providers=wanted))
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
