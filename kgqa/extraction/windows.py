"""Cuts tokenised texts into windows that the encoder can hold, with overlap, and puts windows of like length side by
side."""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction.tokens import MARK, Tokens, describe, is_mark

__all__ = ["Window", "cut", "grouped", "padded"]

SIZE = 382
"""Tokens of a window, without the two special ones."""
OVERLAP = 96
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


@dataclass(frozen=True, slots=True)
class Window:
    """Some tokens of a text between `[CLS]` and `[SEP]`; the offsets of these two are empty."""

    text: int
    """Index of the text."""
    ids: list[int]
    shapes: list[int]
    first: list[bool]
    last: list[bool]
    offsets: list[tuple[int, int]]
    begins: bool = True
    """Whether the text begins here; else its first tokens were seen better in the window before."""
    ends: bool = True
    paragraphs: Sequence[int] = ()
    """The number of the paragraph that each token stands in: no name runs over a blank line."""


def cut(
    number: int,
    text: str,
    ids: Sequence[int],
    offsets: Sequence[tuple[int, int]],
    *,
    cls: int,
    sep: int,
    size: int = SIZE,
    overlap: int = OVERLAP,
    stop: int | None = None,
    chinese: bool = True,
) -> Iterator[Window]:
    """The windows of a text: every token is in one, and those near a border in two.

    A heading gets a full `stop` behind it, if one is given, since the encoder does not see where lines end. For models
    that do not know them, `chinese` leaves out the shapes of Chinese words.
    """
    breaks = [match.start() for match in _BLANK_LINE.finditer(text)]
    tokens = describe(text, offsets, chinese=chinese)
    paragraphs = [bisect(breaks, start) for start, _ in offsets]
    if stop is not None:
        ids, offsets = [*ids], [*offsets]
        for n in _behind_headings(tokens, paragraphs):
            place = (offsets[n - 1][1], offsets[n - 1][1])
            ids[n:n], offsets[n:n], paragraphs[n:n], tokens.shapes[n:n] = [stop], [place], [paragraphs[n - 1]], [MARK]
            tokens.first[n:n], tokens.last[n:n] = [False], [False]
    begin = 0
    while begin < len(ids):
        end = min(begin + size, len(ids))
        part = slice(begin, end)
        yield Window(
            text=number,
            ids=[cls, *ids[part], sep],
            shapes=[0, *tokens.shapes[part], 0],
            first=[False, *tokens.first[part], False],
            last=[False, *tokens.last[part], False],
            offsets=[(0, 0), *offsets[part], (0, 0)],
            begins=begin == 0,
            ends=end == len(ids),
            paragraphs=[-1, *paragraphs[part], -1],
        )
        begin = end if end == len(ids) else end - overlap


def _behind_headings(tokens: Tokens, paragraphs: Sequence[int]) -> list[int]:
    """Where a paragraph begins and the one before it ends without a mark, the last first."""
    ends = [n for n in range(1, len(paragraphs)) if paragraphs[n] != paragraphs[n - 1]]
    return [n for n in reversed(ends) if not is_mark(tokens.shapes[n - 1])]


def grouped(windows: Sequence[Window], tokens: int) -> Iterator[list[Window]]:
    """Windows of like length together, at most about so many tokens in a group with their padding."""
    group: list[Window] = []
    for window in sorted(windows, key=lambda window: (len(window.ids), window.text)):
        if group and (len(group) + 1) * len(window.ids) > tokens:
            yield group
            group = []
        group.append(window)
    if group:
        yield group


def padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """The rows with zeros behind, as long as the longest."""
    longest = max(len(row) for row in rows)
    return np.array([[*row, *[0] * (longest - len(row))] for row in rows], dtype=np.int64)
