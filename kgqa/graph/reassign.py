"""Definitions and decisions that come and go: mentions and evidence move to what their key stands for now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from kgqa.graph.builder import surface
from kgqa.graph.changes import WANTED, Change, id_list, merged_keys
from kgqa.graph.identity import triple_id

__all__ = ["affected_keys", "reassign"]


def affected_keys(connection: sqlite3.Connection, shorts: Iterable[str]) -> list[str]:
    """The keys, and those defined or decided to be them, and so on."""
    keys = dict.fromkeys(shorts)
    query = (
        f"SELECT short_key FROM {WANTED} JOIN definitions ON full_key = wanted UNION "
        f"SELECT key FROM {WANTED} JOIN decisions ON other = wanted WHERE kind IN ('merge', 'link') "
        "AND undone_at = ''"
    )
    frontier = list(keys)
    while frontier:
        found = [short for (short,) in connection.execute(query, {"ids": id_list(frontier)})]
        frontier = [short for short in found if short not in keys]
        keys.update(dict.fromkeys(frontier))
    return list(keys)


def reassign(connection: sqlite3.Connection, change: Change, keys: Sequence[str], before: Mapping[str, str]) -> None:
    """Move what the keys mention and support to the entities that they stand for now, and not as ``before``."""
    now = merged_keys(connection, keys)
    moved = {
        key: (before.get(key, key), now.get(key, key)) for key in keys if before.get(key, key) != now.get(key, key)
    }
    if moved:
        _move_mentions(connection, change, moved)
        _move_evidence(connection, change, moved)


def _move_mentions(connection: sqlite3.Connection, change: Change, moved: Mapping[str, tuple[str, str]]) -> None:
    query = (
        'SELECT text, m.start, m."end", type, nominal FROM mentions AS m JOIN chunks ON number = chunk '
        "JOIN documents ON documents.id = document_id WHERE entity_id = ? AND key = ?"
    )
    for key, (old, new) in moved.items():
        for text, start, end, type, nominal in connection.execute(query, (old, key)):
            name = "" if nominal else surface(text, start, end)
            change.mentions[old, name, type] -= 1
            change.mentions[new, name, type] += 1
    connection.executemany(
        "UPDATE mentions SET entity_id = ? WHERE entity_id = ? AND key = ?",
        [(new, old, key) for key, (old, new) in moved.items()],
    )


def _move_evidence(connection: sqlite3.Connection, change: Change, moved: Mapping[str, tuple[str, str]]) -> None:
    """Both ends of a relation are mentioned in its chunk: that is where the evidence of a key is found."""
    query = (
        'SELECT DISTINCT e.chunk, e.start, e."end", subject_key, e.predicate, object_key, t.id, t.subject, t.object '
        "FROM mentions AS m JOIN evidence AS e ON e.chunk = m.chunk AND m.key IN (subject_key, object_key) "
        "LEFT JOIN triples AS t ON t.id = triple_id WHERE m.entity_id = ? AND m.key = ?"
    )
    found = {row[:6]: row[6:] for key, (_, new) in moved.items() for row in connection.execute(query, (new, key))}
    merged = merged_keys(connection, {key for row in found for key in (row[3], row[5])})
    updates = []
    for place, (old, *ends) in found.items():
        *_, subject_key, predicate, object_key = place
        if old is not None:
            change.moved(old, ends[0], predicate, ends[1], -1)
        subject, object = merged.get(subject_key, subject_key), merged.get(object_key, object_key)
        id = triple_id(subject, predicate, object) if subject != object else None
        if id is not None:
            change.moved(id, subject, predicate, object, +1)
        updates.append((id, *place))
    connection.executemany(
        'UPDATE evidence SET triple_id = ? WHERE chunk = ? AND start = ? AND "end" = ? AND subject_key = ? '
        "AND predicate = ? AND object_key = ?",
        updates,
    )
