"""Which names are one entity: those with equal normalised names and equal coarse types.

Homonyms of different types stay apart. Names that a document defines as an abbreviation or a translation of another, as
in "Massachusetts Institute of Technology (MIT)", are one with it (``short_names.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from kgqa.text import normalise_name
from kgqa.types import content_id

__all__ = ["COARSE", "coarse_type", "evidence_id", "name_key", "normalised", "triple_id"]

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


def coarse_type(type: str) -> str:
    """The type as far as identity is concerned."""
    return COARSE.get(type, type)


@lru_cache(maxsize=65_536)
def normalised(name: str) -> str:
    """``kgqa.text.normalise_name``, remembered: a document asks for each of its names many times."""
    return normalise_name(name)


@lru_cache(maxsize=65_536)
def name_key(name: str, type: str) -> str:
    """The identity of a name that is used for a thing of this type; empty for a name without any letter or sign."""
    plain = normalised(name)
    return content_id("entity", plain, coarse_type(type)) if plain else ""


def triple_id(subject: str, predicate: str, object: str) -> str:
    """The id of a triple between two entities."""
    return content_id("triple", subject, predicate, object)


def evidence_id(target_id: str, document_id: str, start: int, end: int, extractor: str) -> str:
    """The id of a span that supports a triple or mentions an entity."""
    return content_id("evidence", target_id, document_id, str(start), str(end), extractor)
