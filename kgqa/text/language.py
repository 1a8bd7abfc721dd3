"""Which of the two languages a text is in, and which characters are written without spaces."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["CJK", "detect_language", "is_cjk"]

CJK = "⺀-⿟〇々㐀-䶿一-鿿豈-﫿ぁ-ヿㄅ-ㄯ가-힣\U00020000-\U0003fffd"
"""Inside of a character class: Chinese, kana and hangul."""

_SAMPLE = 100_000
_IS_CJK = re.compile(f"[{CJK}]")
_HAN = re.compile("[〇㐀-䶿一-鿿豈-﫿\U00020000-\U0003fffd]")
_FULL_WIDTH = re.compile("[，。？！：；、“”《》「」（）]")
_WORD = re.compile("[A-Za-z]+")


def is_cjk(character: str) -> bool:
    """Whether the character belongs to a script that is written without spaces between words."""
    return _IS_CJK.match(character) is not None


def detect_language(text: str) -> Literal["en", "zh"]:
    """``zh`` where most of the words are Chinese, else ``en``.

    A Chinese word is counted as about two characters. English names stand unchanged in Chinese text far more often
    than other English words, so a capitalised word counts less than half. Judged by the first 100,000 characters.
    """
    sample = text[:_SAMPLE]
    chinese = 0.45 * len(_HAN.findall(sample))
    if not chinese:
        return "en"
    chinese += len(_FULL_WIDTH.findall(sample))
    english = sum(1.0 if word[0].islower() else 0.4 for word in _WORD.findall(sample))
    return "zh" if chinese > english else "en"
