"""Text as it is stored: normalised once, when it is read, so that offsets never change afterwards."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence

from kgqa.text import is_cjk

__all__ = ["clean", "clean_code", "join_lines", "joint", "line_breaks", "unwrap"]

_LINE_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Controls, soft hyphens, zero-width spaces, direction marks, byte order marks, and halves of surrogate pairs.
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff\ufffe\uffff\ud800-\udfff]"
)
# Ligatures and radicals that stand for ordinary letters and characters, mostly in PDF.
_STAND_IN = re.compile("[\u2e80-\u2fd5\ufb00-\ufb06]")
_SPACES = re.compile(r"[^\S\n]+")
_LIST_MARK = re.compile(
    r"\s*(?:[-*+•·‣▪●○]|\(?\d{1,3}(?:[.)]\s|[、）])|[（(][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十]{1,3}、)\s*\S"
)
_SENTENCE_END = ".!?:;。！？：；…”」』）)\"'"


def line_breaks(text: str) -> str:
    """The text with every kind of line end as ``\\n``."""
    return _LINE_BREAK.sub("\n", text)


def clean(text: str) -> str:
    """The text in composed characters (NFC), without control characters, with single spaces and trimmed lines."""
    text = _DROPPED.sub("", line_breaks(text))
    text = _STAND_IN.sub(lambda match: unicodedata.normalize("NFKC", match[0]), unicodedata.normalize("NFC", text))
    return "\n".join(filter(None, (_SPACES.sub(" ", line).strip() for line in text.split("\n"))))


def clean_code(text: str) -> str:
    """As ``clean``, but with the indentation of each line and its blank lines."""
    text = _DROPPED.sub("", line_breaks(text).expandtabs(4))
    lines = [line.rstrip() for line in unicodedata.normalize("NFC", text).split("\n")]
    return "\n".join(lines).strip("\n")


def joint(before: str, after: str) -> str:
    """What belongs between two lines of one paragraph: nothing between Chinese characters, otherwise a space."""
    if not before or not after:
        return ""
    return "" if _is_wide(before[-1]) and _is_wide(after[0]) else " "


def join_lines(lines: Sequence[str]) -> str:
    """Wrapped lines as one."""
    joined = [lines[0].strip()] if lines else []
    for before, after in itertools.pairwise(lines):
        joined += [joint(before.strip(), after.strip()), after.strip()]
    return "".join(joined)


def unwrap(lines: Sequence[str]) -> list[str]:
    """The paragraphs of a stretch of lines without a blank one: lines that were wrapped are joined, others stay.

    A line was wrapped if the first word of the next one would not have fitted in, at the width of the widest line.
    """
    if len(lines) == 1:
        return [lines[0].strip()]
    lines = [line.rstrip() for line in lines]
    width = max(map(_width, lines))
    paragraphs: list[list[str]] = [[lines[0]]]
    wrapped = 40 <= width <= 200 and all(
        _is_full(a, b, width) for a, b in itertools.pairwise(lines) if not _LIST_MARK.match(b)
    )
    for before, after in itertools.pairwise(lines):
        if not _LIST_MARK.match(after) and (wrapped or _goes_on(before, after)):
            paragraphs[-1].append(after)
        else:
            paragraphs.append([after])
    return [join_lines(paragraph) for paragraph in paragraphs]


def _is_wide(character: str) -> bool:
    return is_cjk(character) or unicodedata.east_asian_width(character) in "WF" or character in "“”‘’…—·"


def _width(line: str) -> int:
    """In columns, of which a Chinese character takes two."""
    return len(line) + sum(1 for c in line if not c.isascii() and unicodedata.east_asian_width(c) in "WF")


def _is_full(line: str, following: str, width: int) -> bool:
    text = following.strip()
    if text and _is_wide(text[0]):
        return _width(line) + 4 >= width
    return _width(line) + 1 + len(text.split(" ", 1)[0]) > width


def _goes_on(line: str, following: str) -> bool:
    text = following.strip()
    return bool(line) and line[-1] not in _SENTENCE_END and text[:1].islower() and text[:1].isascii()
