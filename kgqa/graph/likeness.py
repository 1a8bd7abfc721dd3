"""How alike two names are: the chance that two things of one type with these names are one.

What is equal, or differs in script or in a number, is decided by rule. Other pairs are weighed by a logistic model for
each script. Its weights were fitted on names of things in a catalogue (``python -m
kgqa.pipelines.evaluation.entity_resolution --fit``), and are scored on other things.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import takewhile

from rapidfuzz.distance import Levenshtein

from kgqa.graph.identity import normalised
from kgqa.graph.short_names import abbreviates
from kgqa.text import is_cjk
from kgqa.text.variants import folded

__all__ = ["features", "is_chinese", "names_alike", "plain", "similar"]

LONGEST = 80
"""Characters of a name that are compared."""
ALIKE = 0.7
"""Words are forms of one another from here on."""
PART, UNSURE_PART = 0.8, 0.5
ALPHABETIC: Sequence[float] = (
    -2.80,
    3.50,
    0.65,
    -2.11,
    2.69,
    0.73,
    -4.62,
    -4.60,
    1.62,
    1.68,
    0.84,
    0.65,
    -2.24,
    -0.28,
    0.81,
    0.73,
    2.39,
    2.21,
)
"""Weights of ``features`` for names of letters."""
CHINESE: Sequence[float] = (
    1.23,
    2.99,
    -6.00,
    -1.23,
    2.63,
    -1.09,
    -2.42,
    -0.49,
    1.87,
    -0.65,
    0.99,
    -0.59,
    -0.59,
    0.00,
    2.07,
    -0.92,
    -2.34,
    -1.78,
)
"""Weights of ``features`` for names with Chinese characters."""
_VOWELS = str.maketrans("", "", "aeiouyhw' ")
_TWICE = re.compile(r"(.)\1+")
_ROMAN = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")


def plain(name: str) -> str:
    """The name as it is compared."""
    return folded(normalised(name))[:LONGEST]


def names_alike(a: str, b: str) -> float:
    """1 for equal names, 0 where scripts or numbers differ, else the weighed chance, 0 to 1."""
    x, y = plain(a), plain(b)
    if x == y:
        return 1.0
    if is_chinese(x) != is_chinese(y) or _numbers(x) != _numbers(y):
        return 0.0
    short, full = sorted((x, y), key=len)
    weights = CHINESE if is_chinese(x) else ALPHABETIC
    weighed = 1 / (1 + math.exp(-sum(w * f for w, f in zip(weights, features(short, full), strict=True))))
    return max(_least(short, full), weighed)


def _least(short: str, full: str) -> float:
    """What a name without some of its words, or an abbreviation, is at the least; the catalogue has few of these."""
    words = set(short.split())
    if len(words) > 1 and words < set(full.split()):
        return PART
    if len(short) < 2 or is_chinese(full) or not abbreviates(short, full):
        return 0.0
    return PART if " " in full else UNSURE_PART


def is_chinese(name: str) -> bool:
    """Whether a character of it is written without spaces around words."""
    return any(map(is_cjk, name))


def features(short: str, full: str) -> tuple[float, ...]:
    """What speaks for or against two plain names of one script being of one thing, each about -1 to 1."""
    x, y = short.replace(" ", ""), full.replace(" ", "")
    words, others = short.split(), full.split()
    longest = max(len(x), len(y), 1)
    alone, more = _alone(words, others), _alone(others, words)
    close, sounds = similar(x, y), similar(_skeleton(x), _skeleton(y))
    begin, end = _shared_prefix(x, y), _shared_prefix(x[::-1], y[::-1])
    return (
        1.0,
        close,
        close * close,
        min(5.0, (1 - close) * longest) / 5,
        sounds,
        float(sounds == 1),
        begin / longest,
        end / longest,
        float(begin == len(x)),
        float(end == len(x)),
        float(set(words) <= set(others)),
        alone / max(1, len(words)),
        float(alone > 0 and more > 0),
        float(len(words) > 1),
        float(begin > 0),
        float(len(x) == len(y)),
        min(len(x), 10) / 10,
        (len(y) - len(x)) / longest,
    )


def _alone(words: Sequence[str], others: Sequence[str]) -> int:
    """How many of the words have none like them among the others."""
    return sum(all(similar(word, other) < ALIKE for other in others) for word in words)


def similar(a: str, b: str) -> float:
    """One minus the share of letters that have to be changed, put in or left out (Levenshtein, 1966)."""
    return float(Levenshtein.normalized_similarity(a, b))


def _shared_prefix(a: str, b: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


def _skeleton(name: str) -> str:
    """What other spellings of a sound leave alone: consonants, each once, k for c and q, s for z."""
    return _TWICE.sub(r"\1", name.translate(_VOWELS).translate(_SOUNDS))


_SOUNDS = str.maketrans("cqzvjß", "kksfgs")


def _numbers(name: str) -> list[str]:
    """ "GPT 3" and "GPT 4" are two, however alike, and so are "Henry IV" and "Henry V"."""
    digits = "".join(c if c.isdigit() else " " for c in name).split()
    return sorted(digits + [word for word in name.split()[1:] if word and _ROMAN.fullmatch(word)])
