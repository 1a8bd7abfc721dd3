"""What a question asks for, by its words: to count, to list, to sum up a corpus; things of a type, within a period.

The words are data, in ``questions.toml``: question words and nouns that name a type, in English and Chinese. Expected
answer types: Li and Roth, "Learning Question Classifiers", 2002.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kgqa.text import DATE, detect_language, normalise_value
from kgqa.types import Span

__all__ = ["Asked", "Period", "asked_for", "dates_in", "is_passive", "named_types"]

_FILE = Path(__file__).with_name("questions.toml")
_READ = 2_000  # characters of a question: what kind it is stands at its beginning
_TOKEN = re.compile(r"\d+|[㐀-䶿一-鿿]|[^\W\d㐀-䶿一-鿿]+|[-/]")
_LONGEST_DATE = 6  # tokens


@dataclass(frozen=True, slots=True)
class Period:
    """Days that a date may lie on, by comparison with another one."""

    relation: str
    """``after``, ``since``, ``before``, ``until`` or ``in``."""
    date: str
    """ISO 8601, as coarse as the question has it: ``2020`` or ``2020-05``."""
    span: Span
    """Of the date in the question."""

    def holds(self, value: str) -> bool:
        """Whether a date in ISO 8601 lies within; one that is too coarse to tell does not."""
        size = min(len(value), len(self.date))
        if not value[:4].isdigit() or "/" in value or (self.relation == "in" and len(value) < len(self.date)):
            return False
        mine, other = self.date[:size], value[:size]
        return {
            "after": other > mine,
            "since": other >= mine,
            "before": other < mine,
            "until": other <= mine,
            "in": other == mine,
        }[self.relation]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the words of a question say."""

    language: str
    counts: bool
    """Whether a number of things is asked for."""
    lists: bool
    """Whether several things are asked for."""
    sums_up: bool
    """Whether it asks what the documents as a whole are about."""
    types: frozenset[str]
    """Types of the schema that a noun or question word names, most often that of the answer."""
    period: Period | None = None

    @property
    def may_be_whole(self) -> bool:
        """Whether facts counted or listed, or an overview, may be what is asked for: one passage does not hold it."""
        return self.counts or self.lists or self.sums_up or self.period is not None


@dataclass(frozen=True, slots=True)
class _Words:
    count: re.Pattern[str]
    list: re.Pattern[str]
    overview: re.Pattern[str]
    corpus: re.Pattern[str]
    passive: re.Pattern[str]
    period: Mapping[str, re.Pattern[str]]
    nouns: Mapping[str, re.Pattern[str]]


def asked_for(question: str) -> Asked:
    """What a question in English or Chinese asks for."""
    text = question[:_READ]
    language = detect_language(text)
    words = _words()[language]
    counts, lists = bool(words.count.search(text)), bool(words.list.search(text))
    return Asked(
        language,
        counts,
        lists,
        bool(words.overview.search(text) and words.corpus.search(text)),
        _asked_types(text, words),
        _period(text, language, words),
    )


def is_passive(text: str, language: str) -> bool:
    """Whether the words between the two ends of a fact say that the first of them suffers what the second does."""
    return bool(_words()[language].passive.search(text))


def named_types() -> frozenset[str]:
    """The types that nouns of the table name."""
    return frozenset(type for words in _words().values() for type in words.nouns)


def _asked_types(text: str, words: _Words) -> frozenset[str]:
    """The types named behind the first question word, the nearest first noun; all types, where several are as near."""
    start = min((m.start() for m in (words.count.search(text), words.list.search(text)) if m), default=0)
    found = [(match.start(), type) for type, noun in words.nouns.items() if (match := noun.search(text, start))]
    found = found or [(match.start(), type) for type, noun in words.nouns.items() if (match := noun.search(text))]
    nearest = min((place for place, _ in found), default=0)
    return frozenset(type for place, type in found if place == nearest)


def _period(text: str, language: str, words: _Words) -> Period | None:
    """The date in the question, and how the words before it (English) or behind it (Chinese) compare with it."""
    for date, span in dates_in(text):
        around = text[max(0, span.start - 16) : span.start] if language == "en" else text[span.end - 1 : span.end + 4]
        for relation, pattern in words.period.items():
            found = list(pattern.finditer(around))
            if found and (language == "zh" or not around[found[-1].end() :].strip(" the")):
                return Period(relation, date, span)
    return None


def dates_in(text: str) -> Iterator[tuple[str, Span]]:
    """The dates in a text, in ISO 8601, that a year at least can be told of, with their places."""
    tokens = [match.span() for match in itertools.islice(_TOKEN.finditer(text), 200)]
    place = 0
    while place < len(tokens):
        for width in range(min(_LONGEST_DATE, len(tokens) - place), 0, -1):
            span = Span(tokens[place][0], tokens[place + width - 1][1])
            words = text[span.start : span.end]
            first, last = words[:1], words[-1:]
            if any(map(str.isdigit, words)) and (first.isdigit() or first.isupper()) and last.isalnum():
                value = normalise_value(words, DATE)
                if re.fullmatch(r"[12]\d{3}(?:-\d\d){0,2}", value):
                    yield value, span
                    place += width - 1
                    break
        place += 1


@cache
def _words() -> Mapping[str, _Words]:
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {language: _compiled(words) for language, words in table.items()}


def _compiled(words: Mapping[str, Any]) -> _Words:
    return _Words(
        count=_any(words["count"]),
        list=_any(words["list"]),
        overview=_any(words["overview"]),
        corpus=_any(words["corpus"]),
        passive=_any(words["passive"]),
        period={relation: _any(patterns) for relation, patterns in words["period"].items()},
        nouns={type: _any(patterns) for type, patterns in words["nouns"].items()},
    )


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)
