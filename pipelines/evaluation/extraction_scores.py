"""Precision, recall and F1 with their interval, from what was right in each text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["RESAMPLES", "Counts", "Scores", "scores", "summed"]

RESAMPLES = 300


@dataclass(frozen=True, slots=True)
class Scores:
    """Fractions of 1."""

    precision: float
    recall: float
    f1: float
    n: int
    """Number of annotated ones."""
    interval: tuple[float, float] = (0.0, 0.0)
    """95 % of the F1 by bootstrap over texts."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Right, wrong and missed ones of one text and type."""

    right: int = 0
    predicted: int = 0
    found: int = 0
    annotated: int = 0

    @classmethod
    def of(cls, ours: frozenset[object], theirs: frozenset[object]) -> "Counts":
        """Where only what is equal counts as right."""
        right = len(ours & theirs)
        return cls(right, len(ours), right, len(theirs))


def summed(counts: Iterable[Counts]) -> Counts:
    """The counts of several together."""
    listed = list(counts)
    return Counts(
        *(sum(getattr(entry, name) for entry in listed) for name in ("right", "predicted", "found", "annotated"))
    )


def scores(counts: Sequence[Counts], *, resamples: int = RESAMPLES) -> Scores:
    """The scores of texts, micro-averaged; without resamples the interval is nothing but the F1."""
    table = np.array([(c.right, c.predicted, c.found, c.annotated) for c in counts], dtype=np.float64)
    precision, recall, f1 = _f1(table.sum(0))
    rng = np.random.default_rng(0)
    drawn = [_f1(table[rng.integers(0, len(table), len(table))].sum(0))[2] for _ in range(resamples)] or [f1]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Scores(
        round(precision, 4),
        round(recall, 4),
        round(f1, 4),
        int(table[:, 3].sum()),
        (round(float(low), 4), round(float(high), 4)),
    )


def _f1(sums: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float, float]:
    right, predicted, found, annotated = (float(value) for value in sums)
    precision, recall = right / predicted if predicted else 0.0, found / annotated if annotated else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0
