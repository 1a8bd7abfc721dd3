"""Token windows over a question and a passage, and the best spans by their start and end scores.
Arrays in, offsets out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgqa.encoder import token_roles

__all__ = ["Window", "best_spans", "cut_windows", "line_numbers", "pad", "whole_words"]


@dataclass(frozen=True, slots=True)
class Window:
    """`[CLS] question [SEP] tokens of the passage [SEP]`."""

    passage: int
    """Index of the passage that it was cut from."""
    ids: tuple[int, ...]
    first: int
    """Index in `ids` of the first passage token; the passage ends before the last token."""
    offsets: tuple[tuple[int, int], ...]
    """Characters of each passage token, in the passage's text."""


def cut_windows(
    passage: int,
    question: Sequence[int],
    ids: Sequence[int],
    offsets: Sequence[tuple[int, int]],
    *,
    size: int,
    stride: int,
    cls: int,
    sep: int,
) -> Iterator[Window]:
    """Windows of at most `size` passage tokens, each starting `stride` after the one before, until the end is
    covered.
    """
    head = (cls, *question, sep)
    for start in range(0, len(ids), stride):
        end = min(start + size, len(ids))
        yield Window(passage, (*head, *ids[start:end], sep), len(head), tuple(offsets[start:end]))
        if end == len(ids):
            return


def pad(windows: Sequence[Window]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Ids, attention mask and roles, `(windows, tokens)` each."""
    shape = (len(windows), max(len(window.ids) for window in windows))
    ids, mask, roles = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
        roles[row, : len(window.ids)] = token_roles(window.ids, window.first)
    return ids, mask, roles


def line_numbers(text: str, offsets: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """The line of the text that each token stands in, `(tokens,)`."""
    breaks = [position for position, character in enumerate(text) if character == "\n"]
    return np.searchsorted(np.asarray(breaks, dtype=np.int64), [start for start, _ in offsets])


def best_spans(
    start: NDArray[np.float32], end: NDArray[np.float32], lines: NDArray[np.int64], *, longest: int, count: int
) -> list[tuple[int, int, float]]:
    """The spans `(first, last, score)` of highest start plus end score that do not overlap, best first.

    `start`, `end` and `lines` are `(tokens,)`; a span has at most `longest` tokens, all of one line.
    """
    scores = start[:, None] + end[None, :]
    apart = np.arange(len(end))[None, :] - np.arange(len(start))[:, None]
    allowed = (apart >= 0) & (apart < longest) & (lines[:, None] == lines[None, :])
    scores = np.where(allowed, scores, -np.inf)
    found: list[tuple[int, int, float]] = []
    while len(found) < min(count, len(start)):
        first, last = divmod(int(scores.argmax()), len(end))
        if not np.isfinite(scores[first, last]):
            break
        found.append((first, last, float(scores[first, last])))
        scores[: last + 1, first:] = -np.inf  # every span that starts before this one ends and ends after it starts
    return found


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to whole words of Latin letters and digits; Chinese characters are words of their own."""
    while 0 < start < len(text) and _in_word(text[start]) and _in_word(text[start - 1]):
        start -= 1
    while 0 < end < len(text) and _in_word(text[end - 1]) and _in_word(text[end]):
        end += 1
    return start, end


def _in_word(character: str) -> bool:
    return character.isalnum() and not "\u2e80" <= character <= "\uffef"
