"""Counts of what a write adds and takes away, and which entity a key stands for."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kgqa.graph.identity import is_own_name

__all__ = ["WANTED", "Change", "id_list", "merged_keys"]

WANTED = "(SELECT key AS place, value AS wanted FROM json_each(:ids))"
"""A table of the ids that ``id_list`` packed, to join with: ``wanted`` is the id, ``place`` its number."""


def id_list(ids: Iterable[str]) -> str:
    """The parameter of ``WANTED`` or ``IN (SELECT value FROM json_each(?))``: any number of ids in one statement."""
    return json.dumps(list(ids))


def _counts() -> defaultdict[Any, int]:
    return defaultdict(int)


@dataclass(slots=True)
class Change:
    """What a write adds to and takes from the graph, as signed counts."""

    mentions: defaultdict[str, int] = field(default_factory=_counts)
    names: defaultdict[tuple[str, str, bool], int] = field(default_factory=_counts)
    """By entity, name, and whether the name's own key is the entity's."""
    types: defaultdict[tuple[str, str], int] = field(default_factory=_counts)
    triples: defaultdict[tuple[str, str, str, str], int] = field(default_factory=_counts)
    """By id, subject, predicate, object."""
    surest: dict[str, float] = field(default_factory=dict)
    """By triple: the best confidence in evidence whose rows are still to be written."""
    recounted: set[str] = field(default_factory=set)
    """Triples whose rows of evidence went or moved, so that the best is another one now."""

    def mention(self, entity_id: str, name: str, type: str, nominal: bool, sign: int) -> None:
        """One mention more or less. Pronouns are counted, but name nothing."""
        self.mentions[entity_id] += sign
        if not nominal:
            self.names[entity_id, name, is_own_name(entity_id, name, type)] += sign
            self.types[entity_id, type] += sign

    def evidence(self, id: str, subject: str, predicate: str, object: str, confidence: float) -> None:
        """The triple has one evidence more; its row is still to be written."""
        self.triples[id, subject, predicate, object] += 1
        if confidence > self.surest.get(id, 0.0):
            self.surest[id] = confidence

    def moved(self, id: str, subject: str, predicate: str, object: str, sign: int) -> None:
        """The triple has one evidence more or less, as the rows have it already."""
        self.triples[id, subject, predicate, object] += sign
        self.recounted.add(id)


def merged_keys(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, str]:
    """The entity that each key stands for once definitions are followed; keys that are their own entity are left out.

    A short name stands for the full one if all documents that define it agree, which goes before what a catalogue has;
    what a person has decided goes before both.
    Names that define each other are one, under the smallest of their keys.
    """
    wanted = list(dict.fromkeys(keys))
    full = _definitions(connection, wanted)
    merged: dict[str, str] = {}
    for key in wanted:
        seen = [key]
        while (next_key := full.get(seen[-1])) is not None and next_key not in seen:
            seen.append(next_key)
        target = seen[-1] if next_key is None else min(seen[seen.index(next_key) :])
        if target != key:
            merged[key] = target
    return merged


def _definitions(connection: sqlite3.Connection, shorts: Iterable[str]) -> dict[str, str]:
    """What each key stands for: as decided, else as defined if in one way only, else as linked; and that one, too."""
    columns = "wanted, min(full_key), max(full_key)"
    query = f"SELECT {columns} FROM {WANTED} JOIN definitions ON short_key = wanted GROUP BY wanted"
    decided = (
        f"SELECT key, other FROM {WANTED} JOIN decisions ON key = wanted "
        "WHERE kind IN ({}) AND undone_at = '' ORDER BY number"
    )
    full: dict[str, str] = {}
    frontier = set(shorts)
    while frontier:
        rows = connection.execute(query, {"ids": id_list(frontier)}).fetchall()
        found = dict(connection.execute(decided.format("'link'"), {"ids": id_list(frontier)}))
        found |= {short: first for short, first, last in rows if first == last}
        found |= dict(connection.execute(decided.format("'merge', 'separate'"), {"ids": id_list(frontier)}))
        found = {key: other for key, other in found.items() if other}
        full |= found
        frontier = set(found.values()) - full.keys()
    return full
