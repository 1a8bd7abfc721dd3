"""Counts of what a write adds and takes away, and which entity a key stands for."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["WANTED", "Change", "Step", "id_list", "merged_keys"]

WANTED = "(SELECT key AS place, value AS wanted FROM json_each(:ids))"
"""A table of the ids that ``id_list`` packed, to join with: ``wanted`` is the id, ``place`` its number."""


def id_list(ids: Iterable[str]) -> str:
    """The parameter of ``WANTED`` or ``IN (SELECT value FROM json_each(?))``: any number of ids in one statement."""
    return json.dumps(list(ids))


Step = tuple[str, str, str, str, float, int]
"""Id, subject, predicate and object of a triple with one evidence more or less, and how sure the one is that comes."""


@dataclass(slots=True)
class Change:
    """What a write adds to and takes from the graph, as signed counts."""

    mentions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By entity, name and type; the name is empty for pronouns, which are counted, but name nothing."""
    triples: list[Step] = field(default_factory=list)
    recounted: set[str] = field(default_factory=set)
    """Triples whose rows of evidence went or moved, so that the best is another one now."""

    def evidence(self, id: str, subject: str, predicate: str, object: str, confidence: float) -> None:
        """The triple has one evidence more; its row is still to be written."""
        self.triples.append((id, subject, predicate, object, confidence, +1))

    def moved(self, id: str, subject: str, predicate: str, object: str, sign: int) -> None:
        """The triple has one evidence more or less, as the rows have it already."""
        self.triples.append((id, subject, predicate, object, 0.0, sign))
        self.recounted.add(id)


def merged_keys(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, str]:
    """The entity that each key stands for once definitions are followed; keys that are their own entity are left out.

    A short name stands for the full one if all documents that define it agree, which goes before what a catalogue has;
    what a person has decided goes before both.
    Names that define each other are one, under the smallest of their keys.
    """
    some = "SELECT EXISTS (SELECT 1 FROM definitions) OR EXISTS (SELECT 1 FROM decisions)"
    if connection.execute(some).fetchone() == (0,):
        return {}
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
