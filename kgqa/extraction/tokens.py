"""What the extraction model sees beside word pieces: where words begin and end, and how they are written.

The encoder is uncased; a learned embedding of each word's shape gives back what capitals and digits say. Of a Chinese
character, whose script has neither capitals nor spaces, it says where in its word it stands and what part of speech
that is, after a dictionary: Ma et al., "Simplify the Usage of Lexicon in Chinese NER", ACL 2020
(https://aclanthology.org/2020.acl-main.528).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from kgqa.text import chinese_words, is_cjk

__all__ = ["CHINESE", "MARK", "SHAPES", "Tokens", "describe", "is_mark"]

_LOWER, _TITLE, _CAPITALS, _MIXED, _INITIAL, _DIGITS, _ALPHANUMERIC, _CJK, _MARK = range(1, 10)
MARK = 4 * _MARK
"""The shape of a mark that follows a word; that of one after white space is one more."""
_SPEECH = (("nr",), ("ns",), ("nt",), ("nz",), ("t", "m"), ("v",), ("p", "c", "u", "d", "r", "y", "f"))
"""Beginnings of jieba's tags: people, places, organisations, other names, times and numbers, verbs, function words.
Nouns and all others are of none."""
CHINESE = 40
"""The first shape of a Chinese character; those before are of words: ten kinds, each first piece or continuation,
after white space or not. 0 is no word."""
SHAPES = CHINESE + 4 * (1 + len(_SPEECH))
"""Number of shapes. Those of Chinese characters: each part of speech, the character alone, first, inside or last."""


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
    known = _chinese(text) if any(map(is_cjk, text)) else []
    for begin in (n for n, starts in enumerate(first) if starts):
        end = begin + 1
        while end < len(first) and not first[end]:
            end += 1
        start = offsets[begin][0]
        if known and offsets[begin][1] > start and is_cjk(text[start]):
            shapes.extend([known[start]] * (end - begin))  # more than one with an accent and what follows it
            continue
        kind = _kind(text[start : offsets[end - 1][1]])
        spaced = start == 0 or text[start - 1].isspace()
        shapes.append(4 * kind + spaced)
        shapes.extend([4 * kind + 2 + spaced] * (end - begin - 1))
    return Tokens(shapes, first, last)


def is_mark(shape: int) -> bool:
    """Whether a token of this shape is no word."""
    return MARK <= shape < CHINESE


def _chinese(text: str) -> list[int]:
    """The shape of each character of the text if it is a Chinese one."""
    shapes: list[int] = []
    for start, end, tag in chinese_words(text):
        speech = next((n for n, beginnings in enumerate(_SPEECH, 1) if tag.startswith(beginnings)), 0)
        alone, first, inside, last = (CHINESE + 4 * speech + place for place in range(4))
        shapes += [alone] if end - start == 1 else [first, *[inside] * (end - start - 2), last]
    return shapes


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
