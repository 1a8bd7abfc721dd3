"""Which names are one entity: those with equal normalised names and equal coarse types.

Dates and quantities are one if they come to the same value, as "30 November 2022" and 2022年11月30日 do. Homonyms of
different types stay apart. Names that a document defines as an abbreviation or a translation of another, as in
"Massachusetts Institute of Technology (MIT)", are one with it (``short_names.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from kgqa.text import VALUE_TYPES, normalise_name, normalise_value
from kgqa.types import content_id

__all__ = [
    "COARSE",
    "WIDE",
    "coarse_type",
    "evidence_id",
    "is_own_name",
    "name_key",
    "normalised",
    "plain_and_key",
    "triple_id",
    "value_key",
    "value_keys",
    "value_of",
]

COARSE: Mapping[str, str] = {
    "City": "Place",
    "Country": "Place",
    "Facility": "Place",
    "GPE": "Place",
    "Location": "Place",
    "Company": "Organization",
    "University": "Organization",
}
"""Types that models confuse when they read one and the same name; a type that is not here is its own."""


WIDE = frozenset({"Person", "Organization", "Place", "Group", "Work", "Product", "Event", "Award", "Concept"})
"""Types that one of a user's own may divide: a name keeps the identity that it has under the wider type."""


def coarse_type(type: str) -> str:
    """The type as far as identity is concerned."""
    return COARSE.get(type, type)


@lru_cache(maxsize=262_144)
def normalised(name: str) -> str:
    """``kgqa.text.normalise_name``, remembered: a document asks for each of its names many times."""
    return normalise_name(name)


@lru_cache(maxsize=262_144)
def plain_and_key(name: str, type: str) -> tuple[str, str]:
    """The normalised name, and its identity as a name that is used for a thing of this type; see ``name_key``."""
    plain = normalise_name(name)
    if type in VALUE_TYPES and (value := normalise_value(name, type)):
        return plain, value_key(value, type)
    return plain, content_id("entity", plain, coarse_type(type)) if plain else ""


def name_key(name: str, type: str) -> str:
    """The identity of a name that is used for a thing of this type; empty for a name without any letter or sign."""
    return plain_and_key(name, type)[1]


def is_own_name(entity_id: str, name: str, type: str) -> bool:
    """Whether the entity is the one that the name itself stands for, and not one that it was joined to."""
    if name_key(name, type) == entity_id:
        return True
    return coarse_type(type) not in WIDE | VALUE_TYPES and any(name_key(name, wide) == entity_id for wide in WIDE)


def value_key(value: str, type: str) -> str:
    """The identity of a value that a date or quantity comes to."""
    return content_id("entity", value, coarse_type(type))


def value_keys(name: str) -> list[str]:
    """The identities of the values that the name may stand for."""
    return [name_key(name, type) for type in sorted(VALUE_TYPES) if normalise_value(name, type)]


def value_of(type: str, names: Iterable[str]) -> str:
    """The value that an entity with these names comes to; empty for a thing that has none."""
    return next((value for value in (normalise_value(name, type) for name in names) if value), "")


def triple_id(subject: str, predicate: str, object: str) -> str:
    """The id of a triple between two entities."""
    return content_id("triple", subject, predicate, object)


def evidence_id(target_id: str, document_id: str, start: int, end: int, extractor: str) -> str:
    """The id of a span that supports a triple or mentions an entity."""
    return content_id("evidence", target_id, document_id, str(start), str(end), extractor)
