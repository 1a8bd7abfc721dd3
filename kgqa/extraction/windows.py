"""Cuts tokenised texts into windows that the encoder can hold, with overlap."""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction.tokens import MARK, Tokens, describe, is_mark
from kgqa.text import is_cjk

__all__ = ["Window", "cut", "padded"]

SIZE = 382
"""Tokens of a window, without the two special ones."""
OVERLAP = 96
NARROW = 30
"""Columns, an ideograph taking two: a line that fills fewer was ended, not wrapped."""
_LINE = re.compile(r"[^\n]*\n")
_ITEM = re.compile(r"[^\S\n]*(?:$|\n|[-*+•·◦▪■●–—]\s|\(?\d{1,3}(?:[.)]\s|[、）]))")
"""What the line behind begins with where one ends for sure: nothing, or the mark of an item in a list."""


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
    """The number of the paragraph, heading or item that each token stands in: no name runs from one into the next."""


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
) -> Iterator[Window]:
    """The windows of a text: every token is in one, and those near a border in two.

    A heading or item without a mark at its end gets a full `stop`, if one is given, since the encoder does not see
    where lines end.
    """
    breaks = list(_breaks(text))
    tokens = describe(text, offsets)
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


def _breaks(text: str) -> Iterator[int]:
    """Where a line ends for good: before a blank line or an item of a list, or when it is too narrow to be wrapped."""
    for line in _LINE.finditer(text):
        said = line[0].strip()
        if said and (_ITEM.match(text, line.end()) or len(said) + sum(map(is_cjk, said)) < NARROW):
            yield line.end() - 1


def _behind_headings(tokens: Tokens, paragraphs: Sequence[int]) -> list[int]:
    """Where a paragraph begins and the one before it ends without a mark, the last first."""
    ends = [n for n in range(1, len(paragraphs)) if paragraphs[n] != paragraphs[n - 1]]
    return [n for n in reversed(ends) if not is_mark(tokens.shapes[n - 1])]


def padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """The rows with zeros behind, as long as the longest."""
    longest = max(len(row) for row in rows)
    return np.array([[*row, *[0] * (longest - len(row))] for row in rows], dtype=np.int64)
