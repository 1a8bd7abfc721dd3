"""What the extraction model sees beside word pieces: where words begin and end, and how they are written.

The encoder is uncased; a learned embedding of each word's shape gives back what capitals and digits say.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from kgqa.text import is_cjk

__all__ = ["MARK", "SHAPES", "Tokens", "describe"]

_LOWER, _TITLE, _CAPITALS, _MIXED, _INITIAL, _DIGITS, _ALPHANUMERIC, _CJK, _MARK = range(1, 10)
MARK = 4 * _MARK
"""The least shape of a token that is no word."""
SHAPES = 40
"""Number of shape ids: ten kinds of words, each first piece or continuation, after white space or not. 0 is no word."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, described."""

    shapes: list[int]
    first: list[bool]
    """Whether a word begins with the token."""
    last: list[bool]
    """Whether a word ends with it."""


def describe(text: str, offsets: Sequence[tuple[int, int]]) -> Tokens:
    """The shape of each token's word, and the words' borders; `offsets` are the tokens' characters in the text."""
    first = [not _continues(text, offsets, n) for n in range(len(offsets))]
    last = [*first[1:], True][: len(first)]
    shapes: list[int] = []
    for begin in (n for n, starts in enumerate(first) if starts):
        end = begin + 1
        while end < len(first) and not first[end]:
            end += 1
        start = offsets[begin][0]
        kind = _kind(text[start : offsets[end - 1][1]])
        spaced = start == 0 or text[start - 1].isspace()
        shapes.append(4 * kind + spaced)
        shapes.extend([4 * kind + 2 + spaced] * (end - begin - 1))
    return Tokens(shapes, first, last)


def _continues(text: str, offsets: Sequence[tuple[int, int]], n: int) -> bool:
    """Whether the token belongs to the same word as the one before it."""
    if n == 0 or offsets[n][0] != offsets[n - 1][1] or offsets[n][0] >= offsets[n][1]:
        return False
    before, after = text[offsets[n][0] - 1], text[offsets[n][0]]
    return _in_word(before) and _in_word(after)


def _in_word(character: str) -> bool:
    return (character.isalnum() or unicodedata.combining(character) != 0) and not is_cjk(character)


def _kind(word: str) -> int:
    if not word or not word[0].isalnum():
        return _MARK
    if is_cjk(word[0]):
        return _CJK
    if word.isdigit():
        return _DIGITS
    if any(character.isdigit() for character in word):
        return _ALPHANUMERIC
    if word.islower():
        return _LOWER
    if len(word) == 1:
        return _INITIAL
    if word.isupper():
        return _CAPITALS
    return _TITLE if word[0].isupper() and word[1:].islower() else _MIXED
