"""Times as days: the first and the last one of a date or period.

A date of any precision is the period of its days, so that 2012, March 2012 and 2010/2015 can be compared.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from kgqa.errors import QueryError

__all__ = ["OPEN_END", "Period", "asked_period", "period_of"]

OPEN_END = "9999-12-31"
"""The last day of what has no end that is said; the first one of what has no beginning is empty."""


class Period(NamedTuple):
    """The first and the last day, ISO 8601, both of them in it."""

    first: str
    last: str


def period_of(value: str) -> Period | None:
    """The days of a value as ``kgqa.text.normalise_value`` gives it (``2022-W48``, ``2010/2015``); else None."""
    first, slash, last = value.partition("/")
    start, end = _days(first), _days(last) if slash else _days(first)
    if start is None or end is None or start.first > end.last:
        return None
    return Period(start.first, end.last)


def _days(value: str) -> Period | None:
    """Of a day, week, month or year."""
    try:
        match value.split("-"):
            case [year] if len(year) == 4:
                date(int(year), 1, 1)
                return Period(f"{year}-01-01", f"{year}-12-31")
            case [year, week] if week.startswith("W"):
                monday = date.fromisocalendar(int(year), int(week[1:]), 1)
                return Period(monday.isoformat(), (monday + timedelta(days=6)).isoformat())
            case [year, month] if len(year) == 4:
                last = monthrange(int(year), int(month))[1]
                return Period(f"{year}-{int(month):02}-01", f"{year}-{int(month):02}-{last}")
            case [_, _, _]:
                return Period(*[date.fromisoformat(value).isoformat()] * 2)
    except (ValueError, IndexError, OverflowError):
        pass
    return None


def asked_period(value: str) -> Period:
    """The days of a date or period that a person asks about; one side of ``2010/`` or ``/2015`` may be left open.

    Raises:
        QueryError: it is neither.
    """
    first, slash, last = value.strip().partition("/")
    start = period_of(first) if first or not slash else Period("", "")
    end = (period_of(last) if last else Period("", OPEN_END)) if slash else start
    if start is None or end is None or start.first > end.last or value.strip() == "/":
        raise QueryError(f"{value!r} is no date or period. Write 2012, 2012-05, 2012-05-31 or 2010/2015.")
    return Period(start.first, end.last)
