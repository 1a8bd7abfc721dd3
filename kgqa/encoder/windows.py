"""Long texts as overlapping windows that an encoder can read, and one sequence again from what it made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["Window", "batches", "merge", "windows"]


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens ``start`` to ``end`` of a text, of which it decides on ``first`` to ``last``.

    The decided ranges of a text's windows follow each other and cover it: in an overlap each token is decided where
    it has more context, that is by the window whose edge is farther away.
    """

    start: int
    end: int
    first: int
    last: int


def windows(length: int, size: int, overlap: int) -> list[Window]:
    """Windows of at most ``size`` tokens over ``length`` tokens, neighbours sharing at least ``overlap``.

    One window, perhaps empty, where the text fits; the last one ends with the text and is full as well.

    Raises:
        ValueError: the overlap is negative or not below the size.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"An overlap of {overlap} does not fit windows of {size} tokens: choose 0 to {size - 1}.")
    starts = [*range(0, max(0, length - size), size - overlap), max(0, length - size)]
    spans = [(start, min(start + size, length)) for start in dict.fromkeys(starts)]
    borders = [0, *((after[0] + before[1]) // 2 for before, after in pairwise(spans)), length]
    return [Window(*span, *borders[place : place + 2]) for place, span in enumerate(spans)]


def merge(parts: Sequence[npt.NDArray[np.float32]], cuts: Sequence[Window]) -> npt.NDArray[np.float32]:
    """One row per token of the text from one row per token of each window: the deciding window's."""
    decided = [part[cut.first - cut.start : cut.last - cut.start] for part, cut in zip(parts, cuts, strict=True)]
    return np.concatenate(decided)


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Numbers of sequences to read together: like lengths, at most ``budget`` tokens with padding (or one alone)."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[number] > budget:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
