"""Where training runs: the device, its number format, the processes that prepare batches for it, and its log."""

import itertools
import logging
import math
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from kgqa.errors import ConfigError

__all__ = ["Machine", "add_machine", "log_step", "mixed_precision", "read_machine", "streamed"]

Part = Callable[[int, int], Iterator[Any]]
"""Of a stream of batches, the part of one of so many workers."""


CPU = torch.device("cpu")
LARGER_ON_GPU = 6
"""Times the tokens of a batch that suits two cores: a small encoder on a GPU waits for launches otherwise."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run may use."""

    device: torch.device = CPU
    workers: int = 0
    """Processes that prepare batches; 0 prepares them in the training's own."""
    tokens: int = 0
    """Tokens of a batch; 0 takes what suits the device."""

    @classmethod
    def named(cls, device: str, workers: int = 0, tokens: int = 0) -> Self:
        """A machine by the name that torch has for its device.

        Raises:
            ConfigError: there is no such device.
        """
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError) as error:
            raise ConfigError(
                f"--device {device}: torch cannot use it here. Give cpu, or install torch for it."
            ) from error
        return cls(torch.device(device), workers, tokens)

    def batch(self, usual: int) -> int:
        """Tokens of a batch where `usual` suits two cores."""
        return self.tokens or (usual if self.device.type == "cpu" else LARGER_ON_GPU * usual)

    def rate(self, usual: int) -> float:
        """The factor on the learning rate that goes with the batch: the square root of its size beside the usual one.

        Malladi et al., "On the SDEs and Scaling Rules for Adaptive Gradient Algorithms", arXiv 2205.10287.
        """
        return math.sqrt(self.batch(usual) / usual)


def add_machine(parser: ArgumentParser) -> None:
    """The options of a training command that say where it runs."""
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:1")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare batches; 0: the training's own")
    parser.add_argument("--batch-tokens", type=int, default=0, help="of a batch; 0 takes what suits the device")
    parser.add_argument("--threads", type=int, default=0, help="0 takes all cores")


def read_machine(given: Namespace) -> Machine:
    """What the options of `add_machine` say."""
    if given.threads:
        torch.set_num_threads(given.threads)
    return Machine.named(given.device, given.workers, given.batch_tokens)


def log_step(logger: logging.Logger, every: int = 25) -> Callable[[float, float], None]:
    """What a training command tells after so many steps: the share of the time that is used, and the loss."""
    steps = itertools.count(1)

    def on_step(used: float, loss: float) -> None:
        if (step := next(steps)) % every == 0:
            logger.info("%5.1f %%  step %d  loss %.3f", 100 * used, step, loss)

    return on_step


def mixed_precision(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 autocast on a GPU and on CPUs with bfloat16 instructions; elsewhere plain float32.

    A CPU that emulates bfloat16 (AVX2, AVX-512 without BF16) takes several times longer in it than in float32.
    """
    if device.type == "cpu" and not _has_bfloat16():
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def _has_bfloat16() -> bool:
    """Whether the CPU itself multiplies bfloat16. oneDNN calls it supported where it only emulates it."""
    has: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # torch before 2.12 does not say
    return any(has.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16"))


class _Stream(IterableDataset[Any]):
    def __init__(self, part: Part) -> None:
        self.part = part

    def __iter__(self) -> Iterator[Any]:
        worker = get_worker_info()
        return self.part(worker.id, worker.num_workers) if worker else self.part(0, 1)


def streamed(part: Part, workers: int) -> Iterator[Any]:
    """The batches of `part(0, 1)`, or of as many parts in turn as there are workers, prepared ahead of their use."""
    if not workers:
        return part(0, 1)
    torch.multiprocessing.set_sharing_strategy("file_system")  # type: ignore[no-untyped-call]  # a batch is many tensors: their files would run out
    return iter(DataLoader(_Stream(part), batch_size=None, num_workers=workers, prefetch_factor=4))
