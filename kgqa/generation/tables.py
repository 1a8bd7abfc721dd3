"""Rows of tables in a text: lines that name the same things in the same order, as the readers write them.

"acquirer: Databricks; acquired company: MosaicML" below "acquirer: Google; acquired company: DeepMind": each row stands
for itself, and the row above it says nothing about it.
"""

import re
from collections.abc import Iterator

from kgqa.types import Span

__all__ = ["has_rows", "segments"]

_KEY = re.compile(r"(?:^|[;；])\s*([^:：;；]{1,60})[:：]")
_FEWEST_KEYS = 2


def has_rows(text: str) -> bool:
    """Whether a row of a table stands in the text."""
    return any(row for _, row in _rows(text))


def segments(text: str) -> Iterator[Span]:
    """The text in parts to be read one by one: every row of a table alone, what stands between tables as it is.

    The parts are in order and hold every character that is not a line break between two of them.
    """
    between: Span | None = None
    for line, row in _rows(text):
        if not row:
            between = Span(between.start, line.end) if between else line
            continue
        if between is not None:
            yield between
            between = None
        yield line
    if between is not None:
        yield between


def _rows(text: str) -> Iterator[tuple[Span, bool]]:
    """Each line, and whether it is a row: a neighbour names the same things."""
    lines = list(_lines(text))
    keys = [_keys(text[line.start : line.end]) for line in lines]
    for number, line in enumerate(lines):
        neighbours = (keys[number - 1] if number else (), *keys[number + 1 : number + 2])
        yield line, bool(keys[number]) and keys[number] in neighbours


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for line in text.split("\n"):
        yield Span(start, start + len(line))
        start += len(line) + 1


def _keys(line: str) -> tuple[str, ...]:
    found = tuple(match.group(1).strip() for match in _KEY.finditer(line))
    return found if len(found) >= _FEWEST_KEYS else ()
