"""Keeps entities, names, types and triples in step with the mentions and evidence they follow from.

Every write counts what it adds and takes away (``changes.py``); whatever is left with nothing under it goes. So the
cost of a document is its own size, and the result does not depend on the order of the writes. What is there is read
once, changed here, and written as it is to be: a row is touched once however much a change says about it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kgqa.graph.changes import WANTED, Change, Step, id_list
from kgqa.graph.identity import is_own_name, normalised

__all__ = ["MOST_ALIASES", "Size", "apply"]

MOST_ALIASES = 50
"""Kept with an entity; all of them are found."""

_Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Size:
    """How many entities and triples a change made, negative where it took away."""

    entities: int = 0
    triples: int = 0


@dataclass(slots=True)
class _Plan:
    """Rows that come, that are written anew, and that go."""

    new: _Rows
    kept: _Rows
    gone: _Rows

    @property
    def more(self) -> int:
        return len(self.new) - len(self.gone)


@dataclass(slots=True)
class _Count:
    """How often a name or a type is read for an entity, and was before."""

    before: int = 0
    now: int = 0
    own: int = 0
    is_changed: bool = False


_Counts = defaultdict[str, dict[str, _Count]]


def apply(connection: sqlite3.Connection, change: Change) -> Size:
    """Bring the derived tables in line with a change.

    Rows of mentions and evidence that went or moved have done so. Those that come are best written afterwards: what
    they refer to is then there, and no reference has to be looked for.
    """
    triples, degrees = _triples(connection, change)
    mentions: defaultdict[str, int] = defaultdict(int)
    for (entity, _, _), step in change.mentions.items():
        mentions[entity] += step
    names, types = _named_and_typed(connection, change, mentions)
    entities = _entities(connection, mentions, degrees, names, types)
    for statement, rows in (
        ("INSERT INTO entities VALUES (?, ?, ?, ?, ?, ?)", entities.new),
        ("UPDATE entities SET name = ?, type = ?, aliases = ?, mentions = ?, degree = ? WHERE id = ?", entities.kept),
        ("INSERT INTO triples VALUES (?, ?, ?, ?, ?, ?)", triples.new),
        ("UPDATE triples SET support = ?, confidence = ? WHERE id = ?", triples.kept),
        ("DELETE FROM triples WHERE id = ?", triples.gone),
    ):
        connection.executemany(statement, rows)
    _write_names(connection, names)
    _write_types(connection, types)
    connection.executemany("DELETE FROM entities WHERE id = ?", entities.gone)
    return Size(entities.more, triples.more)


# --- Triples ----------------------------------------------------------------------------------------------------------


def _triples(connection: sqlite3.Connection, change: Change) -> tuple[_Plan, Mapping[str, int]]:
    """Support, confidence and existence of the triples, and by how much the degrees of their ends differ."""
    steps = _by_triple(change.triples)
    query = f"SELECT id, support, confidence FROM {WANTED} JOIN triples ON id = wanted"
    ids = {"ids": id_list(id for id, *_ in steps)}
    there = {id: (support, sure) for id, support, sure in connection.execute(query, ids)}
    best = _best(connection, change)
    plan = _Plan([], [], [])
    degrees: defaultdict[str, int] = defaultdict(int)
    for id, subject, predicate, object, surest, step in steps:
        before, known = there.get(id, (0, 0.0))
        now = before + step
        sure = max(best.get(id, known), surest)
        if before and now:
            plan.kept.append((now, sure, id))
        elif now:
            plan.new.append((id, subject, predicate, object, now, sure))
        elif before:
            plan.gone.append((id,))
        if bool(now) != bool(before):
            for end in (subject, object):
                degrees[end] += bool(now) - bool(before)
    return plan, degrees


def _by_triple(steps: Iterable[Step]) -> list[Step]:
    """The steps of each triple as one, in the order of ids."""
    summed: list[Step] = []
    last = ""
    for step in sorted(steps):
        if step[0] == last:
            *_, before = summed.pop()
            step = (*step[:5], before + step[5])
        summed.append(step)
        last = step[0]
    return summed


def _best(connection: sqlite3.Connection, change: Change) -> dict[str, float]:
    """The best confidence in the rows of each triple that lost or gained some there; 0 where none is left."""
    query = f"SELECT wanted, max(confidence) FROM {WANTED} JOIN evidence ON triple_id = wanted GROUP BY wanted"
    rows = connection.execute(query, {"ids": id_list(change.recounted)})
    return {**dict.fromkeys(change.recounted, 0.0), **dict(rows)}


# --- Entities ---------------------------------------------------------------------------------------------------------


def _entities(
    connection: sqlite3.Connection, more: Mapping[str, int], degrees: Mapping[str, int], names: _Counts, types: _Counts
) -> _Plan:
    touched = dict.fromkeys([*more, *degrees])
    query = f"SELECT id, name, type, aliases, mentions, degree FROM {WANTED} JOIN entities ON id = wanted"
    there = {row[0]: row[1:] for row in connection.execute(query, {"ids": id_list(touched)})}
    decided = (
        "SELECT key, json_extract(keys, '$[0]') FROM decisions WHERE kind = 'retype' AND undone_at = '' ORDER BY number"
    )
    settled: dict[str, str] = dict(connection.execute(decided))
    plan = _Plan([], [], [])
    for entity in touched:
        name, type, aliases, mentions, degree = there.get(entity, ("", "", "[]", 0, 0))
        mentions += more.get(entity, 0)
        if not mentions:
            if entity in there:
                plan.gone.append((entity,))
            continue
        if (found := names.get(entity)) is not None:
            name, aliases = _named(found)
            type = settled.get(entity) or _typed(types[entity]) or type
        row = (name, type, aliases, mentions, degree + degrees.get(entity, 0))
        if entity in there:
            plan.kept.append((*row, entity))
        else:
            plan.new.append((entity, *row))
    plan.new.sort()
    return plan


def _named(counts: Mapping[str, _Count]) -> tuple[str, str]:
    """The most frequent form of the entity's own name, and the other forms, most frequent first, as JSON."""
    found = [(name, count.own, count.now) for name, count in counts.items() if count.now]
    if len(found) == 1:
        return found[0][0], "[]"
    best = min(found, key=lambda row: (not row[1], -row[2], -len(row[0]), row[0]), default=("", 0, 0))[0]
    others = [name for name, *_ in sorted(found, key=lambda row: (-row[2], row[0])) if name != best]
    return best, json.dumps(others[:MOST_ALIASES], ensure_ascii=False)


def _typed(counts: Mapping[str, _Count]) -> str:
    """The type of most mentions."""
    return min(((-count.now, type) for type, count in counts.items() if count.now), default=(0, ""))[1]


def _named_and_typed(
    connection: sqlite3.Connection, change: Change, entities: Iterable[str]
) -> tuple[_Counts, _Counts]:
    """The names and the types of the entities that are mentioned more or less often."""
    names: _Counts = defaultdict(dict)
    types: _Counts = defaultdict(dict)
    ids = {"ids": id_list(entities)}
    query = f"SELECT entity_id, name, count, own FROM {WANTED} JOIN names ON entity_id = wanted"
    for entity, name, count, own in connection.execute(query, ids):
        names[entity][name] = _Count(count, count, own)
    query = f"SELECT entity_id, type, count FROM {WANTED} JOIN types ON entity_id = wanted"
    for entity, type, count in connection.execute(query, ids):
        types[entity][type] = _Count(count, count)
    for (entity, name, type), step in change.mentions.items():
        if name:
            own = step if is_own_name(entity, name, type) else 0
            _count(names[entity], name, step, own)
            _count(types[entity], type, step)
    return names, types


def _count(counts: dict[str, _Count], name: str, step: int, own: int = 0) -> None:
    count = counts.get(name)
    if count is None:
        count = counts[name] = _Count()
    count.now += step
    count.own += own
    count.is_changed = True


def _changed(counts: _Counts) -> list[tuple[str, str, _Count]]:
    return [
        (entity, name, count) for entity, found in counts.items() for name, count in found.items() if count.is_changed
    ]


def _write_names(connection: sqlite3.Connection, counts: _Counts) -> None:
    rows = _changed(counts)
    connection.executemany(
        "INSERT INTO names VALUES (?, ?, ?, ?, ?)",
        sorted((e, name, normalised(name), c.own, c.now) for e, name, c in rows if c.now and not c.before),
    )
    connection.executemany(
        "UPDATE names SET own = ?, count = ? WHERE entity_id = ? AND name = ?",
        [(c.own, c.now, e, name) for e, name, c in rows if c.before and c.now],
    )
    connection.executemany(
        "DELETE FROM names WHERE entity_id = ? AND name = ?",
        [(e, name) for e, name, c in rows if c.before and not c.now],
    )


def _write_types(connection: sqlite3.Connection, counts: _Counts) -> None:
    rows = _changed(counts)
    connection.executemany(
        "INSERT INTO types VALUES (?, ?, ?)", sorted((e, type, c.now) for e, type, c in rows if c.now and not c.before)
    )
    connection.executemany(
        "UPDATE types SET count = ? WHERE entity_id = ? AND type = ?",
        [(c.now, e, type) for e, type, c in rows if c.before and c.now],
    )
    connection.executemany(
        "DELETE FROM types WHERE entity_id = ? AND type = ?",
        [(e, type) for e, type, c in rows if c.before and not c.now],
    )
