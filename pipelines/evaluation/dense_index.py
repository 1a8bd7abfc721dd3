"""The dense index on the CPU and on a GPU, in one run over the same vectors: building, searching, what is found.

    python -m kgqa.pipelines.evaluation.dense_index [--sizes 10000 100000 1000000] [--devices cpu gpu]

The vectors are made up, in clusters as those of an encoder are; the index is the one in use, laid out by its size: flat
in half precision, above 200,000 an inverted file. Both devices are asked the same questions. Recall is that of the
exact ten nearest in single precision. Needs NumPy and FAISS alone, so that it runs where the rest is not installed.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from kgqa.index import DenseIndex, Device
from kgqa.index.device import Gpu, first_gpu
from kgqa.index.embedder import Vectors
from kgqa.pipelines.evaluation.synthetic_passages import DIMENSIONS, clustered_vectors
from kgqa.types import Hit

__all__ = ["Figures", "measure", "table"]

CUT = 10
BATCH = 64
QUESTIONS = 256
CHANGED = 100
"""Vectors that are deleted, and added again, before the search that is told as the first after a change."""
_ADDED = 2048  # at once, as ``Indexes`` does
_SAMPLE = 40_000
_APART = 0.5  # how far a question lies from a vector, which has length 1


@dataclass(frozen=True, slots=True)
class Figures:
    """One device at one size."""

    device: str
    vectors: int
    build: float
    """Seconds until all are in; on a GPU without the copy that is searched."""
    first: float
    """Milliseconds of the first search; on a GPU it makes the copy."""
    single: float
    """Milliseconds of a question asked alone, the median."""
    batch: float
    """Milliseconds of each of 64 asked together, the median."""
    changed: float
    """Milliseconds of the first search after a change."""
    recall: float
    """Share of the exact ten nearest among the first ten."""
    same: float
    """Share of the first ten that the first device finds, too."""
    difference: float
    """The largest difference of the score of one vector for one question to that of the first device."""


def measure(size: int, devices: Sequence[Device], questions: int = QUESTIONS, *, seed: int = 0) -> list[Figures]:
    """The figures of each device among ``size`` vectors; agreement is with the first of them."""
    chance = np.random.default_rng(seed)
    vectors = clustered_vectors(size, chance)
    near = vectors[chance.choice(size, questions)]
    asked = near + chance.normal(0, _APART / DIMENSIONS**0.5, near.shape).astype(np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    ids = [f"{number:020x}" for number in range(size)]
    exact = [{ids[row] for row in rows.tolist()} for rows in _nearest(vectors, asked)]
    figures, wanted = [], None
    for device in devices:
        index = DenseIndex(None, "clusters@1", DIMENSIONS, device=device)
        build = _seconds(partial(_build, index, ids, vectors))
        first = _seconds(partial(index.search, asked[:1], CUT))
        singles = [_seconds(partial(index.search, row[None], CUT)) for row in asked]
        batches = [_seconds(partial(index.search, part, CUT)) for part in _parts(asked, BATCH)]
        found = index.search(asked, CUT)
        index.remove(ids[:CHANGED])
        index.add(ids[:CHANGED], vectors[:CHANGED])
        changed = _seconds(partial(index.search, asked[:1], CUT))
        index.close()
        wanted = wanted or found
        figures.append(
            Figures(
                device.name,
                size,
                build,
                1000 * first,
                1000 * float(np.median(singles)),
                1000 * float(np.median(batches)) / min(BATCH, questions),
                1000 * changed,
                _share(found, exact),
                _share(found, [{hit.id for hit in hits} for hits in wanted]),
                _difference(found, wanted),
            )
        )
    return figures


def _build(index: DenseIndex, ids: Sequence[str], vectors: Vectors) -> None:
    if not index.suits(len(ids)):
        index.lay_out(len(ids), vectors[:: max(1, len(ids) // _SAMPLE)])
    for start in range(0, len(ids), _ADDED):
        index.add(ids[start : start + _ADDED], vectors[start : start + _ADDED])


def _nearest(vectors: Vectors, asked: Vectors) -> Iterator[npt.NDArray[np.int64]]:
    """The rows of the exact ten nearest of each question."""
    for part in _parts(asked, BATCH):
        yield from np.argpartition(-(part @ vectors.T), CUT - 1, axis=1)[:, :CUT]


def _parts(rows: Vectors, size: int) -> Iterator[Vectors]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _share(found: Sequence[Sequence[Hit]], wanted: Sequence[set[str]]) -> float:
    shares = [len({hit.id for hit in hits} & those) / CUT for hits, those in zip(found, wanted, strict=True)]
    return float(np.mean(shares))


def _difference(found: Sequence[Sequence[Hit]], wanted: Sequence[Sequence[Hit]]) -> float:
    largest = 0.0
    for hits, others in zip(found, wanted, strict=True):
        scores = {hit.id: hit.score for hit in others}
        largest = max([largest, *(abs(hit.score - scores[hit.id]) for hit in hits if hit.id in scores)])
    return largest


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def table(figures: Iterable[Figures]) -> str:
    """A line for each device at each size."""
    heads = (
        "vectors",
        "device",
        "build, s",
        "first search, ms",
        "one question, ms",
        f"of {BATCH}, ms each",
        "after a change, ms",
        f"recall@{CUT}",
        "same",
        "scores apart",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for line in figures:
        times = (line.build, line.first, line.single, line.batch, line.changed)
        cells = [f"{line.vectors:,}", line.device, *(f"{value:.3g}" for value in times)]
        lines.append(f"| {' | '.join([*cells, f'{line.recall:.3f}', f'{line.same:.3f}', f'{line.difference:.1e}'])} |")
    return "\n".join(lines)


def _started(device: Device) -> float:
    """Seconds until the device has an index: CUDA takes its time once in a process."""
    import faiss

    def empty(gpu: Gpu) -> object:
        return gpu.copy(faiss.IndexFlatIP(DIMENSIONS))

    return _seconds(lambda: device.attempt(empty))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--devices", nargs="+", choices=["cpu", "gpu"], help="default: those that are there")
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)  # a GPU that fails says so
    names = options.devices or (["cpu", "gpu"] if first_gpu() else ["cpu"])
    devices = [Device(name) for name in names]
    for device in devices:
        sys.stderr.write(f"{device.name} ready after {_started(device):.2f} s\n")
    figures: list[Figures] = []
    for size in sorted(options.sizes):
        started = time.perf_counter()
        figures += measure(size, devices, options.questions)
        sys.stderr.write(f"{size:,} vectors measured in {time.perf_counter() - started:.1f} s\n")
    sys.stdout.write(table(figures) + "\n")


if __name__ == "__main__":
    main()
