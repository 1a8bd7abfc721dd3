"""Keeps entities, names, types and triples in step with the mentions and evidence they follow from.

Every write counts what it adds and takes away; whatever is left with nothing under it goes. So the cost of a document
is its own size, and the result does not depend on the order of the writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kgqa.graph.identity import name_key, normalised

__all__ = ["WANTED", "Change", "Size", "apply", "id_list", "merged_keys"]

WANTED = "(SELECT key AS place, value AS wanted FROM json_each(:ids))"
"""A table of the ids that ``id_list`` packed, to join with: ``wanted`` is the id, ``place`` its number."""
MOST_ALIASES = 50
"""Kept with an entity; all of them are found."""


def id_list(ids: Iterable[str]) -> str:
    """The parameter of ``WANTED`` or ``IN (SELECT value FROM json_each(?))``: any number of ids in one statement."""
    return json.dumps(list(ids))


@dataclass(slots=True)
class Change:
    """What a write adds to and takes from the graph, as signed counts."""

    mentions: Counter[str] = field(default_factory=Counter)
    names: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    """By entity, name, and whether the name's own key is the entity's."""
    types: Counter[tuple[str, str]] = field(default_factory=Counter)
    triples: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """By id, subject, predicate, object."""

    def mention(self, entity_id: str, name: str, type: str, nominal: bool, sign: int) -> None:
        """One mention more or less. Pronouns are counted, but name nothing."""
        self.mentions[entity_id] += sign
        if not nominal:
            self.names[entity_id, name, name_key(name, type) == entity_id] += sign
            self.types[entity_id, type] += sign


@dataclass(frozen=True, slots=True)
class Size:
    """How many entities and triples a change made, negative where it took away."""

    entities: int = 0
    triples: int = 0


def apply(connection: sqlite3.Connection, change: Change) -> Size:
    """Bring the derived tables in line with a change that the rows of mentions and evidence already have."""
    touched = sorted(entity for entity in change.mentions)
    before = _count(connection, "entities", touched)
    triples = _apply_triples(connection, change)
    _add_up(connection, change)
    _remove_empty(connection, touched)
    _choose_names(connection, touched)
    return Size(_count(connection, "entities", touched) - before, triples)


def _count(connection: sqlite3.Connection, table: str, ids: Sequence[str]) -> int:
    query = f"SELECT count(*) FROM {WANTED} JOIN {table} ON id = wanted"
    return int(connection.execute(query, {"ids": id_list(ids)}).fetchone()[0])


def _add_up(connection: sqlite3.Connection, change: Change) -> None:
    connection.executemany(
        "INSERT INTO entities VALUES (?, '', '', '[]', ?, 0) "
        "ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions",
        [(entity, n) for entity, n in change.mentions.items() if n],
    )
    connection.executemany(
        "INSERT INTO names VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(e, name, normalised(name), own, n) for (e, name, own), n in change.names.items() if n],
    )
    connection.executemany(
        "INSERT INTO types VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(entity, type, n) for (entity, type), n in change.types.items() if n],
    )


def _remove_empty(connection: sqlite3.Connection, entities: Sequence[str]) -> None:
    ids = (id_list(entities),)
    for table in ("names", "types"):
        connection.execute(
            f"DELETE FROM {table} WHERE count = 0 AND entity_id IN (SELECT value FROM json_each(?))", ids
        )
    connection.execute("DELETE FROM entities WHERE id IN (SELECT value FROM json_each(?)) AND mentions = 0", ids)


def _choose_names(connection: sqlite3.Connection, entities: Sequence[str]) -> None:
    """Name: the most frequent form of the entity's own name, other forms are aliases. Type: that of most mentions."""
    names = _grouped(connection, "SELECT entity_id, name, is_own, count FROM names", entities)
    types = _grouped(connection, "SELECT entity_id, type, 0, count FROM types", entities)
    rows = []
    for entity, found in names.items():
        ordered = [name for name, *_ in sorted(found, key=lambda row: (-row[1], -row[2], -len(row[0]), row[0]))]
        others = sorted(found, key=lambda row: (-row[2], row[0]))
        aliases = [name for name, *_ in others if name != ordered[0]][:MOST_ALIASES]
        type = min(types[entity], key=lambda row: (-row[2], row[0]))[0]
        rows.append((ordered[0], type, json.dumps(aliases, ensure_ascii=False), entity))
    connection.executemany("UPDATE entities SET name = ?, type = ?, aliases = ? WHERE id = ?", rows)


def _grouped(
    connection: sqlite3.Connection, query: str, entities: Sequence[str]
) -> dict[str, list[tuple[str, int, int]]]:
    grouped: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
    query += " WHERE entity_id IN (SELECT value FROM json_each(?))"
    for entity, name, is_own, count in connection.execute(query, (id_list(entities),)):
        grouped[entity].append((name, is_own, count))
    return grouped


def _apply_triples(connection: sqlite3.Connection, change: Change) -> int:
    """Support, confidence and existence of the triples, and the degrees of their ends; how many more there are."""
    touched = sorted({id for id, *_ in change.triples})
    there = _existing(connection, touched)
    connection.executemany(
        "INSERT INTO triples VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET support = support + excluded.support",
        [(*triple, n) for triple, n in change.triples.items() if n],
    )
    ids = (id_list(touched),)
    connection.execute("DELETE FROM triples WHERE id IN (SELECT value FROM json_each(?)) AND support = 0", ids)
    connection.execute(
        "UPDATE triples SET confidence = (SELECT max(confidence) FROM evidence WHERE triple_id = triples.id) "
        "WHERE id IN (SELECT value FROM json_each(?))",
        ids,
    )
    now = _existing(connection, touched)
    degrees: Counter[str] = Counter()
    for id, subject, _, object in change.triples:
        step = (id in now) - (id in there)
        degrees.update({subject: step})
        degrees.update({object: step})
    connection.executemany(
        "INSERT INTO entities VALUES (?, '', '', '[]', 0, ?) "
        "ON CONFLICT DO UPDATE SET degree = degree + excluded.degree",
        [(entity, step) for entity, step in degrees.items() if step],
    )
    return len(now) - len(there)


def _existing(connection: sqlite3.Connection, ids: Sequence[str]) -> set[str]:
    query = f"SELECT id FROM {WANTED} JOIN triples ON id = wanted"
    return {id for (id,) in connection.execute(query, {"ids": id_list(ids)})}


def merged_keys(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, str]:
    """The entity that each key stands for once definitions are followed; keys that are their own entity are left out.

    A short name stands for the full one if all documents that define it agree; what a person has decided goes before.
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
    """What each key stands for: as decided, else as defined if in one way only; and that one, and so on."""
    columns = "wanted, min(full_key), max(full_key)"
    query = f"SELECT {columns} FROM {WANTED} JOIN definitions ON short_key = wanted GROUP BY wanted"
    decided = (
        f"SELECT key, other FROM {WANTED} JOIN decisions ON key = wanted "
        "WHERE kind IN ('merge', 'separate') AND undone_at = '' ORDER BY number"
    )
    full: dict[str, str] = {}
    frontier = set(shorts)
    while frontier:
        rows = connection.execute(query, {"ids": id_list(frontier)}).fetchall()
        found = {short: first for short, first, last in rows if first == last}
        for key, other in connection.execute(decided, {"ids": id_list(frontier)}):
            found[key] = other
        found = {key: other for key, other in found.items() if other}
        full |= found
        frontier = set(found.values()) - full.keys()
    return full
