"""Events of the graph: from what was read in text to rows, and back out of the embedded store.

Events belong to the chunk that tells of them and go with it. Who takes part is found by the place and type of the
mention, so merges and splits of entities need not touch them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from kgqa.graph.changes import WANTED, id_list
from kgqa.graph.periods import OPEN_END, Period, period_of
from kgqa.text import DATE, normalise_value
from kgqa.types import Extraction, Modality, Participant, StoredEvent, content_id

__all__ = ["Part", "Told", "event_pages", "events", "events_of_chunks", "insert_events", "told_events"]


@dataclass(frozen=True, slots=True)
class Part:
    """What takes part in an event; the mention that it is, by place and type, if it is one."""

    start: int
    end: int
    role: str
    confidence: float
    mention: tuple[int, int, str] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An event as one place of the text tells it."""

    id: str
    chunk_id: str
    start: int
    end: int
    type: str
    time: str
    modality: Modality
    confidence: float
    parts: tuple[Part, ...]
    valid_from: str | None = None
    valid_to: str | None = None


class _Linked(Protocol):
    """A mention that stands for an entity."""

    @property
    def type(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def key(self) -> str: ...


def told_events(
    read: Iterable[tuple[Extraction, Mapping[int, _Linked]]],
    kept: Mapping[tuple[str, int, int, str], _Linked],
    day: date | None,
) -> tuple[Told, ...]:
    """The events of one document, the surest of those that are read twice.

    With each extraction come its mentions that stand for an entity, by number; ``kept`` are the mentions as they are in
    the end, by chunk, place and key; ``day`` is the document's own.
    """
    told: dict[str, Told] = {}
    for extraction, links in read:
        for event in extraction.events:
            id = content_id("event", extraction.chunk_id, str(event.start), str(event.end), event.type)
            if id in told and told[id].confidence >= event.confidence:
                continue
            parts: dict[tuple[int, int, str], Part] = {}
            for a in event.arguments:
                link = links.get(a.mention) if a.mention is not None else None
                mention = None
                if link is not None:
                    mention = (link.start, link.end, kept[extraction.chunk_id, link.start, link.end, link.key].type)
                parts.setdefault((a.start, a.end, a.role), Part(a.start, a.end, a.role, a.confidence, mention))
            period = period_of(normalise_value(event.time, DATE, day)) if event.time else None
            told[id] = Told(
                id, extraction.chunk_id, event.start, event.end, event.type, event.time, event.modality,
                event.confidence, tuple(parts[place] for place in sorted(parts)), *(period or (None, None)),
            )  # fmt: skip
    return tuple(told.values())


def insert_events(connection: sqlite3.Connection, told: Iterable[Told], numbers: Mapping[str, int]) -> None:
    """Put them into their tables; their chunks are there."""
    rows = [*told]
    connection.executemany(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (numbers[e.chunk_id], e.id, e.start, e.end, e.type, e.time, e.modality.value, e.confidence,
             e.valid_from, e.valid_to)
            for e in rows
        ],
    )  # fmt: skip
    connection.executemany(
        "INSERT INTO participants VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (e.id, p.start, p.end, p.role, p.confidence, *(p.mention or (None, None, None)))
            for e in rows
            for p in e.parts
        ],
    )


# --- Out of the store -------------------------------------------------------------------------------------------------

_EVENT = (
    'SELECT e.id, e.type, d.text, d.id, c.id, e.start, e."end", e.time, e.valid_from, e.valid_to, e.modality, '
    "e.confidence FROM {} JOIN chunks AS c ON c.number = e.chunk JOIN documents AS d ON d.id = c.document_id "
)
_OF_ENTITY = (
    "e.id IN (SELECT p.event_id FROM mentions AS m JOIN events AS x ON x.chunk = m.chunk "
    'JOIN participants AS p ON p.event_id = x.id AND p.mention_start = m.start AND p.mention_end = m."end" '
    "AND p.mention_type = m.type WHERE m.entity_id = :entity)"
)


def events(
    connection: sqlite3.Connection,
    entity: str | None,
    type: str | None,
    during: Period | None,
    modality: Modality | None,
    limit: int | None,
) -> list[StoredEvent]:
    """See ``GraphReader.events``."""
    conditions = [
        condition
        for condition, given in (
            (_OF_ENTITY, entity),
            ("e.type = :type", type),
            ("e.valid_from <= :last AND e.valid_to >= :first", during),
            ("e.modality = :modality", modality),
        )
        if given is not None
    ]
    query = _EVENT.format("events AS e") + (f"WHERE {' AND '.join(conditions)} " if conditions else "")
    query += 'ORDER BY e.valid_from IS NULL, e.valid_from, d.id, e.start, e."end", e.type LIMIT :limit'
    first, last = during or ("", "")
    values = {"entity": entity, "type": type, "first": first, "last": last, "modality": modality}
    found = connection.execute(query, {**values, "limit": -1 if limit is None else limit}).fetchall()
    return _whole(connection, found)


def event_pages(connection: sqlite3.Connection, event_id: str, count: int) -> list[StoredEvent]:
    """The next ``count`` in the order of ids."""
    query = _EVENT.format("events AS e") + "WHERE e.id > ? ORDER BY e.id LIMIT ?"
    return _whole(connection, connection.execute(query, (event_id, count)).fetchall())


def events_of_chunks(connection: sqlite3.Connection, chunk_ids: Sequence[str]) -> list[StoredEvent]:
    """Those that the chunks tell of, in the order of ids."""
    query = _EVENT.format("events AS e") + f"JOIN {WANTED} ON wanted = c.id ORDER BY e.id"
    return _whole(connection, connection.execute(query, {"ids": id_list(chunk_ids)}).fetchall())


def _whole(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> list[StoredEvent]:
    texts = {row[0]: row[2] for row in rows}
    parts: dict[str, list[Participant]] = {id: [] for id in texts}
    for id, participant in _participants(connection, texts):
        parts[id].append(participant)
    return [
        StoredEvent(
            id, type, text[start:end], document, chunk, start, end, tuple(parts[id]), time,
            first or "", "" if last in (None, OPEN_END) else last, Modality(modality), confidence,
        )
        for id, type, text, document, chunk, start, end, time, first, last, modality, confidence in rows
    ]  # fmt: skip


def _participants(connection: sqlite3.Connection, texts: Mapping[str, str]) -> Iterator[tuple[str, Participant]]:
    query = (
        'SELECT p.event_id, p.role, p.start, p."end", min(n.id), n.name '
        f"FROM {WANTED} JOIN participants AS p ON p.event_id = wanted JOIN events AS e ON e.id = p.event_id "
        "LEFT JOIN mentions AS m ON m.chunk = e.chunk AND m.start = p.mention_start "
        'AND m."end" = p.mention_end AND m.type = p.mention_type LEFT JOIN entities AS n ON n.id = m.entity_id '
        'GROUP BY p.event_id, p.start, p."end", p.role ORDER BY place, p.start, p."end", p.role'
    )
    for id, role, start, end, entity, name in connection.execute(query, {"ids": id_list(texts)}):
        yield id, Participant(role, texts[id][start:end], start, end, entity or "", name or "")
