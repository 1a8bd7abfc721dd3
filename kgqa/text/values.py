"""The value that a date or quantity stands for, whatever the words: what two mentions of one value have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

from kgqa.text.dates import normalise_date
from kgqa.text.quantities import normalise_quantity

__all__ = ["DATE", "VALUE_TYPES", "document_date", "normalise_value"]

DATE = "Date"
_NORMALISERS: Mapping[str, Callable[[str], str]] = {DATE: normalise_date, "Quantity": normalise_quantity}
VALUE_TYPES = frozenset(_NORMALISERS)
"""Types whose mentions stand for a value, not for a thing with a name."""
_DATE_KEYS = ("date", "published", "published_at", "publication_date", "日期", "发布日期", "发布时间")


@lru_cache(maxsize=65_536)
def normalise_value(text: str, type: str, document_date: date | None = None) -> str:
    """The canonical value of a mention of this type; empty for a text that leaves it open, and for other types.

    A value is its own value. See ``normalise_date`` and ``normalise_quantity`` for the forms.
    """
    if type == DATE:
        return normalise_date(text, document_date)
    normalise = _NORMALISERS.get(type)
    return normalise(text) if normalise else ""


def document_date(metadata: Mapping[str, str]) -> date | None:
    """The day that a document says it is of, in its own metadata; None where it does not say one."""
    for key in filter(metadata.__contains__, _DATE_KEYS):
        value = normalise_date(metadata[key])
        if len(value) == len("2022-11-30"):
            return date.fromisoformat(value)
    return None
