"""Labels and relationship types: the one place where a name becomes part of a statement's text.

Everything else that comes from outside is a parameter. Within backticks Cypher reads a doubled backtick as one, and
``\\uXXXX`` anywhere as that character, so a backslash must not get through.
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache

from kgqa.extraction.open_relations import is_open

__all__ = ["MOST_CHARACTERS", "OPEN_TYPE", "label", "quoted", "relationship_type"]

MOST_CHARACTERS = 200
OPEN_TYPE = "OPEN"
RESERVED = frozenset({"Chunk", "Document", "Entity", "Event", "Workspace"})
"""Labels of our own nodes, which the type of an entity must not claim."""


@lru_cache(maxsize=4096)
def label(type: str) -> str:
    """The label of an entity's type."""
    name = _plain(type)
    return f"{name}Entity" if name in RESERVED else name


@lru_cache(maxsize=4096)
def relationship_type(predicate: str) -> str:
    """The relationship type of a predicate; one for all open ones, whose words are the property ``predicate``.

    There are as many of those as texts have verbs, and each type has a constraint of its own.
    """
    return OPEN_TYPE if is_open(predicate) else _plain(predicate)


def quoted(name: str) -> str:
    """The name as a statement has it, in backticks."""
    if "\\" in name or not name:
        raise ValueError(f"{name!r} cannot be a name in Cypher.")
    return "`" + name.replace("`", "``") + "`"


def _plain(name: str) -> str:
    """Without what the server refuses or reads as an escape; a very long name is cut and stays distinct."""
    kept = "".join("�" if unicodedata.category(c) in ("Cc", "Cs", "Cn") else c for c in name.replace("\\", "＼"))
    if len(kept) > MOST_CHARACTERS:
        kept = kept[: MOST_CHARACTERS - 9] + "…" + hashlib.sha256(name.encode()).hexdigest()[:8]
    return kept or "_"
