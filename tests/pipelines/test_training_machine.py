"""Where training runs, and the batches that are prepared for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

torch = pytest.importorskip("torch")

from kgqa.errors import ConfigError  # noqa: E402
from kgqa.pipelines.training.machine import Machine, mixed_precision, streamed  # noqa: E402


def part(number: int, of: int) -> Iterator[tuple[int, int]]:
    return ((number, n) for n in range(number, 100, of))


@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")  # where there is one core
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


@pytest.mark.parametrize(
    ("has", "mixed"),
    [
        ({"avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, False),  # oneDNN would emulate it, at a loss
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"bf16": True}, True),
        ({}, False),
    ],
)
def test_a_cpu_computes_in_bfloat16_only_where_it_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, has: dict[str, bool], mixed: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has, raising=False)
    assert isinstance(mixed_precision(torch.device("cpu")), nullcontext) is not mixed
