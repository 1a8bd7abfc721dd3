"""Entities, triples and evidence out of the embedded store."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from kgqa.errors import NotFound
from kgqa.graph.changes import WANTED, id_list
from kgqa.graph.identity import evidence_id, value_keys, value_of
from kgqa.graph.periods import OPEN_END, Period
from kgqa.graph.walk import Edge
from kgqa.text import DATE, document_date, normalise_name, normalise_value
from kgqa.types import Entity, Evidence, Statistics, Triple

__all__ = [
    "EmbeddedEdges",
    "all_predicates",
    "entities",
    "entities_after",
    "entities_of_chunks",
    "entity",
    "entity_names",
    "evidence",
    "existing",
    "find",
    "mention_counts",
    "names_of",
    "predicates_of",
    "sources_of_triples",
    "statistics",
    "triples",
    "triples_after",
    "triples_of_chunks",
]

_ENTITY = "e.id, e.name, e.type, e.aliases, e.mentions, e.degree"
_DATED = "FROM evidence WHERE triple_id = t.id AND valid_from IS NOT NULL"
_TRIPLE = (
    "SELECT t.id, subject, predicate, object, s.name, o.name, support, confidence, "
    f"coalesce((SELECT min(valid_from) {_DATED}), ''), "
    f"coalesce((SELECT nullif(max(valid_to), '{OPEN_END}') {_DATED}), '') FROM {{}} "
    "JOIN entities AS s ON s.id = subject JOIN entities AS o ON o.id = object"
)


def _entity(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Entity:
    id, name, type, aliases, mentions, degree = row
    others = tuple(json.loads(aliases)) if aliases != "[]" else ()
    value = value_of(type, (name, *others))
    if not value and type == DATE:
        value = _relative_value(connection, id)
    return Entity(id, name, type, others, mentions, degree, value)


def _relative_value(connection: sqlite3.Connection, entity_id: str) -> str:
    """What "last year" comes to in a document that says what day it is of."""
    query = (
        'SELECT document_id, metadata, m.start, m."end" FROM mentions AS m JOIN chunks ON number = chunk '
        "JOIN documents AS d ON d.id = document_id WHERE entity_id = ? AND NOT nominal LIMIT 1"
    )
    for document_id, metadata, start, end in connection.execute(query, (entity_id,)).fetchall():
        if day := document_date(json.loads(metadata)):
            (text,) = connection.execute("SELECT text FROM documents WHERE id = ?", (document_id,)).fetchone()
            return normalise_value(text[start:end], DATE, day)
    return ""


def entity(connection: sqlite3.Connection, entity_id: str) -> Entity:
    """See ``GraphReader.entity``."""
    row = connection.execute(f"SELECT {_ENTITY} FROM entities AS e WHERE id = ?", (entity_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no entity {entity_id!r}. Search by name: kgqa graph find NAME")
    return _entity(connection, row)


def entities(connection: sqlite3.Connection, ids: Sequence[str]) -> list[Entity]:
    """Those of the ids that are there, in their order."""
    query = f"SELECT {_ENTITY} FROM {WANTED} JOIN entities AS e ON e.id = wanted ORDER BY place"
    return [_entity(connection, row) for row in connection.execute(query, {"ids": id_list(ids)})]


def entities_after(connection: sqlite3.Connection, entity_id: str, count: int) -> list[Entity]:
    """The next ``count`` in the order of ids."""
    query = f"SELECT {_ENTITY} FROM entities AS e WHERE id > ? ORDER BY id LIMIT ?"
    return [_entity(connection, row) for row in connection.execute(query, (entity_id, count))]


def entity_names(connection: sqlite3.Connection) -> list[tuple[str, str, tuple[str, ...]]]:
    """See ``GraphReader.entity_names``."""
    rows = connection.execute("SELECT id, type, name, aliases FROM entities ORDER BY id")
    return [(id, kind, (name, *json.loads(more)) if more != "[]" else (name,)) for id, kind, name, more in rows]


def find(connection: sqlite3.Connection, name: str, limit: int) -> list[Entity]:
    """See ``GraphReader.find``."""
    wanted = normalise_name(name)
    if not wanted or limit < 1:
        return []
    order = "GROUP BY e.id ORDER BY e.mentions + e.degree DESC, e.name, e.id LIMIT ?"
    found = {entity.id: entity for entity in entities(connection, value_keys(name))}
    for condition, value in (
        ("normalised = ?", (wanted,)),
        ("normalised >= ? AND normalised < ?", (wanted, wanted + "\U0010ffff")),
        ("instr(normalised, ?)", (wanted,)),
    ):
        query = f"SELECT {_ENTITY} FROM names JOIN entities AS e ON e.id = entity_id WHERE {condition} {order}"
        for row in connection.execute(query, (*value, limit)):
            found.setdefault(row[0], _entity(connection, row))
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def triples(
    connection: sqlite3.Connection,
    subject: str | None,
    predicate: str | None,
    object: str | None,
    ids: Sequence[str] | None,
    limit: int | None,
    during: Period | None = None,
    as_of: str | None = None,
) -> list[Triple]:
    """See ``GraphReader.triples``."""
    given = {"subject": subject, "predicate": predicate, "object": object}
    conditions = [f"{name} = :{name}" for name, value in given.items() if value is not None]
    if len(conditions) > 1:  # an entity has fewer triples than a predicate: keep SQLite from starting with the latter
        conditions = [condition.replace("predicate", "+predicate", 1) for condition in conditions]
    if during is not None or as_of is not None:
        conditions.append(_evidenced(during, as_of))
    table = "triples AS t"
    if ids is not None:
        table = f"{WANTED} JOIN triples AS t ON t.id = wanted"
    query = _TRIPLE.format(table) + (" WHERE " + " AND ".join(conditions) if conditions else "")
    query += " ORDER BY support DESC, confidence DESC, t.id DESC LIMIT :limit"
    first, last = during or ("", "")
    values = {**given, "ids": id_list(ids or ()), "first": first, "last": last, "as_of": as_of}
    return [Triple(*row) for row in connection.execute(query, {**values, "limit": -1 if limit is None else limit})]


def _evidenced(during: Period | None, as_of: str | None) -> str:
    """The condition that one evidence says that it held then, and was read by then."""
    tables, condition = "evidence AS v", "v.triple_id = t.id"
    if during is not None:
        condition += " AND v.valid_from IS NOT NULL AND v.valid_from <= :last AND v.valid_to >= :first"
    if as_of is not None:
        tables += " JOIN chunks AS c ON c.number = v.chunk JOIN documents AS d ON d.id = c.document_id"
        condition += " AND substr(d.added_at, 1, length(:as_of)) <= :as_of"
    return f"EXISTS (SELECT 1 FROM {tables} WHERE {condition})"


def triples_after(connection: sqlite3.Connection, triple_id: str, predicate: str | None, count: int) -> list[Triple]:
    """The next ``count`` in the order of ids."""
    condition = "WHERE t.id > :id" + (" AND +predicate = :predicate" if predicate is not None else "")
    query = f"{_TRIPLE.format('triples AS t')} {condition} ORDER BY t.id LIMIT :count"
    values = {"id": triple_id, "predicate": predicate, "count": count}
    return [Triple(*row) for row in connection.execute(query, values)]


def evidence(connection: sqlite3.Connection, target_id: str, limit: int) -> list[Evidence]:
    """See ``GraphReader.evidence``."""
    query = (
        'SELECT c.document_id, c.id, c.page, c.extractor, x.start, x."end", max(x.confidence) AS best, {} FROM {} AS x '
        'JOIN chunks AS c ON c.number = x.chunk WHERE {} = ? GROUP BY x.chunk, x.start, x."end" '
        'ORDER BY best DESC, c.document_id, x.start, x."end" LIMIT ?'
    )
    for source in (
        ("x.valid_from, x.valid_to", "evidence", "triple_id"),
        ("NULL, NULL", "mentions", "entity_id"),
        ("x.valid_from, x.valid_to", _EVENTS, "x.id"),
    ):
        rows = connection.execute(query.format(*source), (target_id, limit)).fetchall()
        if rows:
            break
    wanted = id_list(dict.fromkeys(row[0] for row in rows))
    texts = connection.execute(
        f"SELECT id, title, text, added_at FROM {WANTED} JOIN documents ON id = wanted", {"ids": wanted}
    )
    titled = {id: (title, text, added_at) for id, title, text, added_at in texts}
    found = []
    for document_id, chunk_id, page, extractor, start, end, confidence, first, last in rows:
        title, text, read_at = titled[document_id]
        id = evidence_id(target_id, document_id, start, end, extractor)
        quote = text[start:end]
        found.append(
            Evidence(
                id, target_id, document_id, chunk_id, start, end, quote, extractor, confidence, title, page,
                first or "", "" if last in (None, OPEN_END) else last, read_at,
            )
        )  # fmt: skip
    return found


# The words of an event and of all that takes part in it.
_EVENTS = (
    "(SELECT e.id, e.chunk, e.confidence, e.valid_from, e.valid_to, min(e.start, coalesce(min(p.start), e.start)) "
    'AS start, max(e."end", coalesce(max(p."end"), e."end")) AS "end" '
    "FROM events AS e LEFT JOIN participants AS p ON p.event_id = e.id GROUP BY e.id)"
)


_EDGES = (
    "SELECT id, object, support, confidence FROM triples WHERE subject = :id "
    "UNION ALL SELECT id, subject, support, confidence FROM triples WHERE object = :id "
    "ORDER BY support DESC, confidence DESC, id DESC LIMIT :limit"
)


class EmbeddedEdges:
    """``kgqa.graph.walk.Edges`` in one view of the file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def best(self, ids: Sequence[str], limit: int) -> Iterator[Edge]:
        """The best edges of each."""
        for id in ids:
            for row in self.connection.execute(_EDGES, {"id": id, "limit": limit}):
                yield Edge(id, *row)

    def adjacent(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Pairs in order."""
        query = (
            f"SELECT wanted, object FROM {WANTED} JOIN triples ON subject = wanted "
            f"UNION SELECT wanted, subject FROM {WANTED} JOIN triples ON object = wanted ORDER BY 1, 2"
        )
        yield from self.connection.execute(query, {"ids": id_list(ids)})

    def entities(self, ids: Sequence[str]) -> list[Entity]:
        """Those that are there."""
        return entities(self.connection, ids)

    def triples(self, ids: Sequence[str]) -> list[Triple]:
        """Those that are there."""
        return triples(self.connection, None, None, None, ids, None)

    def between(self, a: str, b: str) -> Triple:
        """The best one."""
        there = triples(self.connection, a, None, b, None, 1) + triples(self.connection, b, None, a, None, 1)
        return max(there, key=lambda triple: (triple.support, triple.confidence, triple.id))


def entities_of_chunks(connection: sqlite3.Connection, chunk_ids: Sequence[str]) -> dict[str, list[str]]:
    """See ``ChunkGraph.entities_of_chunks``."""
    query = (
        f"SELECT id, entity_id FROM {WANTED} JOIN chunks ON id = wanted "
        'JOIN mentions AS m ON m.chunk = number ORDER BY place, m.start, m."end", entity_id'
    )
    return _by_chunk(connection, query, chunk_ids)


def triples_of_chunks(connection: sqlite3.Connection, chunk_ids: Sequence[str]) -> dict[str, list[str]]:
    """See ``ChunkGraph.triples_of_chunks``."""
    query = (
        f"SELECT id, triple_id FROM {WANTED} JOIN chunks ON id = wanted JOIN evidence AS e ON e.chunk = number "
        'WHERE triple_id IS NOT NULL ORDER BY place, e.start, e."end", triple_id'
    )
    return _by_chunk(connection, query, chunk_ids)


def _by_chunk(connection: sqlite3.Connection, query: str, chunk_ids: Sequence[str]) -> dict[str, list[str]]:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for chunk, target in connection.execute(query, {"ids": id_list(chunk_ids)}):
        found[chunk][target] = None
    return {chunk: list(targets) for chunk, targets in found.items()}


def existing(connection: sqlite3.Connection, table: str, ids: Sequence[str]) -> set[str]:
    """Those of the ids that a table has."""
    query = f"SELECT id FROM {WANTED} JOIN {table} ON id = wanted"
    return {id for (id,) in connection.execute(query, {"ids": id_list(ids)})}


def names_of(connection: sqlite3.Connection, entity_ids: Sequence[str]) -> dict[str, list[str]]:
    """All names of each entity, normalised, in order."""
    query = (
        f"SELECT DISTINCT wanted, normalised FROM {WANTED} JOIN names ON entity_id = wanted ORDER BY wanted, normalised"
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for entity_id, name in connection.execute(query, {"ids": id_list(entity_ids)}):
        found[entity_id].append(name)
    return found


def mention_counts(connection: sqlite3.Connection, chunk_ids: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """Chunk, entity, and how often it mentions it."""
    query = (
        f"SELECT id, entity_id, count(*) FROM {WANTED} JOIN chunks ON id = wanted "
        "JOIN mentions ON chunk = number GROUP BY id, entity_id"
    )
    yield from connection.execute(query, {"ids": id_list(chunk_ids)})


def sources_of_triples(
    connection: sqlite3.Connection, triple_ids: Sequence[str], limit: int
) -> dict[str, tuple[list[str], str]]:
    """For each triple the ids of at most ``limit`` chunks that support it, the surest first, and when the first of its
    documents came into the store."""
    query = (
        f"SELECT wanted, c.id, max(confidence) AS best, added_at FROM {WANTED} JOIN evidence ON triple_id = wanted "
        "JOIN chunks AS c ON number = chunk JOIN documents AS d ON d.id = document_id "
        "GROUP BY wanted, c.id ORDER BY wanted, best DESC, c.id"
    )
    found: dict[str, tuple[list[str], str]] = {}
    for triple, chunk, _, added_at in connection.execute(query, {"ids": id_list(triple_ids)}):
        chunks, first = found.get(triple, ([], added_at))
        if len(chunks) < limit:
            chunks.append(chunk)
        found[triple] = (chunks, min(first, added_at))
    return found


def all_predicates(connection: sqlite3.Connection) -> list[str]:
    """All that a triple has, in order."""
    return [predicate for (predicate,) in connection.execute("SELECT DISTINCT predicate FROM triples ORDER BY 1")]


def predicates_of(connection: sqlite3.Connection, triple_ids: Sequence[str]) -> list[str]:
    """The predicates of those of the ids that are there."""
    query = f"SELECT DISTINCT predicate FROM {WANTED} JOIN triples ON id = wanted ORDER BY predicate"
    return [predicate for (predicate,) in connection.execute(query, {"ids": id_list(triple_ids)})]


def statistics(connection: sqlite3.Connection) -> Statistics:
    """See ``GraphReader.statistics``."""
    counted = {
        table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        for table in ("documents", "chunks", "entities", "triples", "mentions", "events", "rejected")
    }
    (evidences,) = connection.execute("SELECT count(*) FROM evidence WHERE triple_id IS NOT NULL").fetchone()
    by_type = "SELECT type, count(*) AS n FROM entities GROUP BY type ORDER BY n DESC, type"
    by_predicate = "SELECT predicate, count(*) AS n FROM triples GROUP BY predicate ORDER BY n DESC, predicate"
    return Statistics(
        **counted,
        evidences=evidences,
        entity_types=dict(connection.execute(by_type)),
        predicates=dict(connection.execute(by_predicate)),
    )
