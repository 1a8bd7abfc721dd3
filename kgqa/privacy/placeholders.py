"""What stands in the place of personal data: ``[PERSON-Bako]``, ``[人物甲申]``, ``[PHONE3]``.

People get invented syllables and not bare numbers, because models take ``[PERSON1]`` and ``[PERSON3]`` for one person:
asked where the one was born, the reader answered with the other's birthplace.
"""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["PERSONS", "names_nobody", "of_number", "of_person", "only_number"]

_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
_SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_STEP = {"en": 1103, "zh": 101}
"""Without a divisor in common with the number of codes: neighbours do not look alike, and none comes twice."""
_NOBODY = {"en": "[NOBODY]", "zh": "[无名氏]"}

PERSONS = re.compile(rf"\[PERSON-[A-Z][a-z]+\]|\[人物[{_SIGNS}]+\]")
"""The placeholders of people in a text."""
_NUMBERS = re.compile(r"\[(?:EMAIL|PHONE|ID|CARD|IP)\d+\]")

Script = Literal["en", "zh"]


def of_person(number: int, script: Script) -> str:
    """For the person with this number; 0 is nobody whom the documents name."""
    if number == 0:
        return _NOBODY[script]
    return f"[PERSON-{_code(number, script).capitalize()}]" if script == "en" else f"[人物{_code(number, script)}]"


def of_number(number: int, kind: str) -> str:
    """For a telephone number, address or the like."""
    return f"[{kind}{number}]"


def only_number(text: str) -> bool:
    """Whether the text is a placeholder and no person's."""
    return _NUMBERS.fullmatch(text) is not None


def _code(number: int, script: Script) -> str:
    parts = _SYLLABLES if script == "en" else list(_SIGNS)
    rest, place = divmod(number, len(parts) ** 2)
    high, low = divmod(place * _STEP[script] % len(parts) ** 2, len(parts))
    return parts[high] + parts[low] + (_code(rest, script) if rest else "")


def names_nobody(question: str) -> bool:
    """Whether a masked question names a person whom no document of the workspace names: nothing can be said of them."""
    return any(placeholder in question for placeholder in _NOBODY.values())
