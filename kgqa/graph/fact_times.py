"""When a fact held, by the dates of the sentence that says it: "from 2001 to 2005", 自2010年起, "until May 2012".

What a sentence leaves open stays open: a date is taken for a fact only where no other fact can claim it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from kgqa.graph.periods import OPEN_END, Period, period_of
from kgqa.text import DATE, normalise_value
from kgqa.types import Extraction, Relation

__all__ = ["DateRead", "FactTimes", "told_periods"]

_SINCE = re.compile(r"(?:\b(?:since|from|as of|starting|beginning)\s+(?:the\s+)?|[自从](?:从|打)?)$", re.IGNORECASE)
_UNTIL = re.compile(r"(?:\b(?:until|till|up to|through)\s+(?:the\s+)?|直?[至到]|截[至止]到?)$", re.IGNORECASE)
_ONWARDS = re.compile(r"\s*(?:onwards?\b|起|以来|开始|至今|to (?:the )?present\b|[-–—] ?present\b)", re.IGNORECASE)
_JOINED = re.compile(r"\s*(?:to|until|till|through|[-–—~]|[至到])\s*", re.IGNORECASE)
_JOINED_BETWEEN = re.compile(r"\s*(?:and|和|与)\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|from)\s+$|[从在自]$", re.IGNORECASE)
_CLAUSE = re.compile(r"[;；。,，、]|\b(?:and|but|before|after|when|while)\b|[和但而]", re.IGNORECASE)
_BEFORE, _AFTER = 16, 20
"""Characters around a date in which its preposition stands, and between a fact and the date right behind it."""


class DateRead(NamedTuple):
    """A date of a text and the days that it comes to."""

    start: int
    end: int
    period: Period


@dataclass(frozen=True, slots=True)
class FactTimes:
    """The dates of one extraction, and what they are about."""

    text: str
    extraction: Extraction
    dates: Mapping[int, DateRead]
    """By the number of the mention, in the order of the text."""
    stems: Mapping[int, set[str]]
    """By a date that is itself an end of relations: what these are about, BORN of BORN_ON."""

    @classmethod
    def read(cls, text: str, extraction: Extraction, day: date | None) -> FactTimes:
        """Those of an extraction of ``text``, which was written on ``day`` if that is known."""
        dates = _dates(extraction, day)
        stems: defaultdict[int, set[str]] = defaultdict(set)
        for relation in extraction.relations if dates else ():
            for end in (relation.head, relation.tail):
                if end in dates:
                    stems[end].add(_stem(relation.type))
        return cls(text, extraction, dates, stems)

    def of(self, relation: Relation) -> Period | None:
        """When a relation held; None where its sentence leaves that open.

        It is the only period that the sentence tells, or else the one right behind the relation's second end, within
        its clause: of "worked for A from 2001 to 2005 and for B until 2010" each fact has its own. The date of a birth
        says nothing of an employment in the same sentence.
        """
        if not self.dates or relation.head in self.dates or relation.tail in self.dates:
            return None
        free = [
            read
            for number, read in self.dates.items()
            if relation.start <= read.start and read.end <= relation.end
            if number not in self.stems or _stem(relation.type) in self.stems[number]
        ]
        told = told_periods(self.text, free)
        if len(told) < 2:
            return told[0].period if told else None
        behind = max(self.extraction.mentions[end].end for end in (relation.head, relation.tail))
        following = [read for read in told if read.start >= behind]
        if (
            not following
            or following[0].start - behind > _AFTER
            or _CLAUSE.search(self.text[behind : following[0].start])
        ):
            return None
        return following[0].period


def _dates(extraction: Extraction, day: date | None) -> dict[int, DateRead]:
    read = {}
    for number, mention in enumerate(extraction.mentions):
        if mention.type == DATE and not mention.nominal:
            period = period_of(mention.value or normalise_value(mention.text, DATE, day))
            if period is not None:
                read[number] = DateRead(mention.start, mention.end, period)
    return dict(sorted(read.items(), key=lambda item: item[1][:2]))


def _stem(predicate: str) -> str:
    return predicate.partition("_")[0]


def told_periods(text: str, dates: Sequence[DateRead]) -> list[DateRead]:
    """The periods that the dates of one sentence, in their order, make: "from 2001", "2001 to 2005", "until 2005"."""
    told: list[DateRead] = []
    rest = list(dates)
    while rest:
        one = rest.pop(0)
        if rest and _are_joined(text, one, rest[0]):
            last = rest.pop(0)
            told.append(DateRead(one.start, last.end, Period(one.period.first, last.period.last)))
        else:
            told.append(DateRead(one.start, one.end, _bounded(text, one)))
    return told


def _are_joined(text: str, one: DateRead, other: DateRead) -> bool:
    between = text[one.end : other.start]
    if one.period.first > other.period.last:
        return False
    if _JOINED.fullmatch(between):
        return True
    is_between = _BETWEEN.search(text[max(0, one.start - _BEFORE) : one.start])
    return bool(is_between and _JOINED_BETWEEN.fullmatch(between))


def _bounded(text: str, date: DateRead) -> Period:
    """The period that a single date bounds. Its preposition stands before it, or is its own first word."""
    inside = text[date.start : date.end]
    first_word = re.match(r"[A-Za-z]+\s+|[自从直截至到]+", inside)
    before = text[max(0, date.start - _BEFORE) : date.start] + (first_word[0] if first_word else "")
    if _SINCE.search(before) or _ONWARDS.match(text, date.end):
        return Period(date.period.first, OPEN_END)
    if _UNTIL.search(before):
        return Period("", date.period.last)
    return date.period
