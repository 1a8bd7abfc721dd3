"""Keeps entities, names, types and triples in step with the mentions and evidence they follow from.

Every write counts what it adds and takes away (``changes.py``); whatever is left with nothing under it goes. So the
cost of a document is its own size, and the result does not depend on the order of the writes. What is there is read
once, changed here, and written as it is to be: a row is touched once however much a change says about it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
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


_Counts = dict[str, _Count]


def apply(connection: sqlite3.Connection, change: Change) -> Size:
    """Bring the derived tables in line with a change.

    Rows of mentions and evidence that went or moved have done so. Those that come are best written afterwards: what
    they refer to is then there, and no reference has to be looked for.
    """
    triples, degrees = _triples(connection, change)
    entities, names, types = _entities(connection, change, degrees)
    for statement, rows in (
        ("INSERT INTO entities VALUES (?, ?, ?, ?, ?, ?)", entities.new),
        ("UPDATE entities SET name = ?, type = ?, aliases = ?, mentions = ?, degree = ? WHERE id = ?", entities.kept),
        ("INSERT INTO triples VALUES (?, ?, ?, ?, ?, ?)", triples.new),
        ("UPDATE triples SET support = ?, confidence = ? WHERE id = ?", triples.kept),
        ("DELETE FROM triples WHERE id = ?", triples.gone),
        ("INSERT INTO names VALUES (?, ?, ?, ?, ?)", names.new),
        ("UPDATE names SET own = ?, count = ? WHERE entity_id = ? AND name = ?", names.kept),
        ("DELETE FROM names WHERE entity_id = ? AND name = ?", names.gone),
        ("INSERT INTO types VALUES (?, ?, ?)", types.new),
        ("UPDATE types SET count = ? WHERE entity_id = ? AND type = ?", types.kept),
        ("DELETE FROM types WHERE entity_id = ? AND type = ?", types.gone),
        ("DELETE FROM entities WHERE id = ?", entities.gone),
    ):
        connection.executemany(statement, rows)
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
    ends: Counter[str] = Counter()
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
            ends.subtract((subject, object))
    for end in (1, 3):
        ends.update(map(itemgetter(end), plan.new))
    return plan, ends


def _by_triple(steps: list[Step]) -> list[Step]:
    """The steps of each triple as one, in the order of ids."""
    summed: list[Step] = []
    last = ""
    for step in sorted(steps, key=itemgetter(0)):
        if step[0] == last:
            *_, sure, before = summed.pop()
            step = (*step[:4], max(sure, step[4]), before + step[5])
        summed.append(step)
        last = step[0]
    return summed


def _best(connection: sqlite3.Connection, change: Change) -> dict[str, float]:
    """The best confidence in the rows of each triple that lost or gained some there; 0 where none is left."""
    query = f"SELECT wanted, max(confidence) FROM {WANTED} JOIN evidence ON triple_id = wanted GROUP BY wanted"
    rows = connection.execute(query, {"ids": id_list(change.recounted)})
    return {**dict.fromkeys(change.recounted, 0.0), **dict(rows)}


# --- Entities ---------------------------------------------------------------------------------------------------------


def _entities(connection: sqlite3.Connection, change: Change, degrees: Mapping[str, int]) -> tuple[_Plan, _Plan, _Plan]:
    """Rows of entities, of names and of types, in the order of the entities' ids."""
    steps: defaultdict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for (entity, name, type), step in change.mentions.items():
        steps[entity].append((name, type, step))
    touched = sorted({*steps, *degrees})
    query = f"SELECT id, name, type, aliases, mentions, degree FROM {WANTED} JOIN entities ON id = wanted"
    there = {row[0]: row[1:] for row in connection.execute(query, {"ids": id_list(touched)})}
    names_there, types_there = _counts(connection, "name, count, own", steps), _counts(connection, "type, count", steps)
    decided = (
        "SELECT key, json_extract(keys, '$[0]') FROM decisions WHERE kind = 'retype' AND undone_at = '' ORDER BY number"
    )
    settled: dict[str, str] = dict(connection.execute(decided))
    entities, names, types = _Plan([], [], []), _Plan([], [], []), _Plan([], [], [])
    for entity in touched:
        name, type, aliases, mentions, degree = there.get(entity, ("", "", "[]", 0, 0))
        named, typed = names_there.get(entity, {}), types_there.get(entity, {})
        for read_name, read_type, step in steps.get(entity, ()):
            mentions += step
            if read_name:
                own = step if is_own_name(entity, read_name, read_type) else 0
                _count(named, read_name, step, own)
                _count(typed, read_type, step)
        _plan_names(names, entity, named)
        _plan_types(types, entity, typed)
        if not mentions:
            if entity in there:
                entities.gone.append((entity,))
            continue
        if named:
            name, aliases = _named(named)
            type = settled.get(entity) or _typed(typed) or type
        row = (name, type, aliases, mentions, degree + degrees.get(entity, 0))
        if entity in there:
            entities.kept.append((*row, entity))
        else:
            entities.new.append((entity, *row))
    return entities, names, types


def _counts(connection: sqlite3.Connection, columns: str, entities: Iterable[str]) -> dict[str, _Counts]:
    """How often each name or type of the entities was read before."""
    table = "names" if columns.startswith("name") else "types"
    query = f"SELECT entity_id, {columns} FROM {WANTED} JOIN {table} ON entity_id = wanted"
    found: defaultdict[str, _Counts] = defaultdict(dict)
    for entity, name, count, *own in connection.execute(query, {"ids": id_list(entities)}):
        found[entity][name] = _Count(count, count, *own)
    return found


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


def _count(counts: _Counts, name: str, step: int, own: int = 0) -> None:
    count = counts.get(name)
    if count is None:
        count = counts[name] = _Count()
    count.now += step
    count.own += own
    count.is_changed = True


def _plan_names(plan: _Plan, entity: str, counts: _Counts) -> None:
    for name, count in counts.items():
        if count.is_changed:
            if count.before and count.now:
                plan.kept.append((count.own, count.now, entity, name))
            elif count.now:
                plan.new.append((entity, name, normalised(name), count.own, count.now))
            elif count.before:
                plan.gone.append((entity, name))


def _plan_types(plan: _Plan, entity: str, counts: _Counts) -> None:
    for type, count in counts.items():
        if count.is_changed:
            if count.before and count.now:
                plan.kept.append((count.now, entity, type))
            elif count.now:
                plan.new.append((entity, type, count.now))
            elif count.before:
                plan.gone.append((entity, type))
