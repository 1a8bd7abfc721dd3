"""Where training runs, and the batches that are prepared for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

torch = pytest.importorskip("torch")

from kgqa.errors import ConfigError  # noqa: E402
from kgqa.pipelines.training.machine import Machine, streamed  # noqa: E402


def part(number: int, of: int) -> Iterator[tuple[int, int]]:
    return ((number, n) for n in range(number, 100, of))


def test_workers_prepare_the_same_batches_in_the_same_order() -> None:
    alone = [n for _, n in streamed(part, 0)]
    shared = list(itertools.islice(streamed(part, 2), 40))
    assert [n for _, n in shared] == alone[:40] and {worker for worker, _ in shared} == {0, 1}


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="--device quantum"):
        Machine.named("quantum")


def test_larger_batches_take_a_larger_rate() -> None:
    assert (Machine().batch(2400), Machine().rate(2400)) == (2400, 1.0)
    assert (Machine(tokens=9600).batch(2400), Machine(tokens=9600).rate(2400)) == (9600, 2.0)
    assert Machine(torch.device("meta")).batch(100) == 600
