"""Rows of tables in a text: lines that name the same things in the same order, as the readers write them.

"acquirer: Databricks; acquired company: MosaicML" below "acquirer: Google; acquired company: DeepMind": each row stands
for itself, and the row above it says nothing about it.
"""

import re
from collections.abc import Iterator

from kgqa.types import Span

__all__ = ["segments"]

_KEY = re.compile(r"(?:^|[;；])\s*([^:：;；]{1,60})[:：]")
_FEWEST_KEYS = 2


def segments(text: str) -> Iterator[Span]:
    """The text in parts to be read one by one: every row of a table alone, what stands between tables as it is.

    The parts are in order and hold every character that is not a line break between two of them.
    """
    lines = list(_lines(text))
    keys = [_keys(text[line.start : line.end]) for line in lines]
    start: int | None = None
    for number, line in enumerate(lines):
        row = keys[number] and keys[number] in (keys[number - 1] if number else (), *keys[number + 1 : number + 2])
        if not row:
            start = line.start if start is None else start
            continue
        if start is not None:
            yield Span(start, lines[number - 1].end)
            start = None
        yield line
    if start is not None:
        yield Span(start, lines[-1].end)


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for line in text.split("\n"):
        yield Span(start, start + len(line))
        start += len(line) + 1


def _keys(line: str) -> tuple[str, ...]:
    found = tuple(match.group(1).strip() for match in _KEY.finditer(line))
    return found if len(found) >= _FEWEST_KEYS else ()
