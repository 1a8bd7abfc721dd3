"""Documents, and what they say, into the tables of the embedded store: many at once, one is a list of one."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import numpy as np

from kgqa.graph.builder import Definition, DocumentGraph
from kgqa.graph.changes import Change, merged_keys
from kgqa.graph.constraints import Checker, constraints
from kgqa.graph.derived import apply
from kgqa.graph.events import insert_events
from kgqa.graph.identity import triple_id
from kgqa.graph.reassign import affected_keys, reassign
from kgqa.graph.splits import read_as
from kgqa.graph.store import ReadDocument
from kgqa.types import Block

__all__ = ["INSERT_ORIGIN", "Rows", "Saying", "define", "insert_documents", "insert_graphs", "insert_rows", "said"]

INSERT_ORIGIN = "INSERT INTO origins VALUES (?, ?, ?, ?)"
_INSERT_DOCUMENT = f"INSERT INTO documents VALUES ({', '.join('?' * 16)})"
_INSERT_CHUNK = f"INSERT INTO chunks VALUES ({', '.join('?' * 12)})"
_BLOCK = attrgetter(*(field.name for field in fields(Block)))

Saying = tuple[str, DocumentGraph]
"""The id of a document and what it says."""


def insert_documents(
    connection: sqlite3.Connection, new: Sequence[tuple[ReadDocument, DocumentGraph]], embedder: str
) -> dict[str, int]:
    """The row number of each chunk of the documents, which are there now with their addresses, chunks and events."""
    (last,) = connection.execute("SELECT coalesce(max(number), 0) FROM chunks").fetchone()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    ids = [chunk.id for read, _ in new for chunk in read.chunks]
    numbers = dict(zip(ids, range(last + 1, last + 1 + len(ids)), strict=True))
    connection.executemany(_INSERT_DOCUMENT, (_document(read, graph, embedder, now) for read, graph in new))
    connection.executemany(
        INSERT_ORIGIN, ((d.uri, d.id, read.file, d.title) for read, _ in new for d in (read.document,))
    )
    connection.executemany(_INSERT_CHUNK, (row for read, _ in new for row in _chunks(read, numbers, embedder)))
    insert_events(connection, (event for _, graph in new for event in graph.events), numbers)
    return numbers


def _document(read: ReadDocument, graph: DocumentGraph, embedder: str, now: str) -> tuple[Any, ...]:
    d = read.document
    metadata = json.dumps(dict(d.metadata), ensure_ascii=False, sort_keys=True)
    blocks = json.dumps([_BLOCK(block) for block in d.blocks])
    entities = len({link.key for link in graph.links})
    triples = len({(support.subject, support.predicate, support.object) for support in graph.supports})
    return (
        d.id, d.uri, d.title, d.language, d.sha256, d.media_type, metadata, blocks, read.extractor, embedder,
        len(d.text), len(read.chunks), entities, triples, now, d.text,
    )  # fmt: skip


def _chunks(read: ReadDocument, numbers: Mapping[str, int], embedder: str) -> Iterable[tuple[Any, ...]]:
    vectors = np.asarray(read.vectors, "<f2")
    for chunk, extraction, vector in zip(read.chunks, read.extractions, vectors, strict=True):
        yield (
            numbers[chunk.id], chunk.id, chunk.document_id, chunk.position, chunk.start, chunk.end, chunk.language,
            chunk.page, chunk.heading, extraction.extractor, embedder, vector.tobytes(),
        )  # fmt: skip


def insert_graphs(connection: sqlite3.Connection, sayings: Sequence[Saying], numbers: Mapping[str, int]) -> None:
    """Put what documents say into the tables."""
    change = Change()
    define(connection, change, [d for *_, graph in sayings for d in graph.definitions], numbers)
    rows = said(connection, change, sayings, numbers)
    apply(connection, change)
    insert_rows(connection, rows)


def define(
    connection: sqlite3.Connection, change: Change, definitions: Iterable[Definition], numbers: Mapping[str, int]
) -> None:
    """Put the definitions into their table, and note in ``change`` what they move."""
    rows = [(numbers[d.chunk_id], d.start, d.end, d.short, d.full) for d in definitions]
    keys = affected_keys(connection, sorted({short for *_, short, _ in rows}))
    before = merged_keys(connection, keys)
    connection.executemany("INSERT INTO definitions VALUES (?, ?, ?, ?, ?)", rows)
    reassign(connection, change, keys, before)


@dataclass(slots=True)
class Rows:
    """Of the tables ``mentions``, ``evidence`` and ``rejected``."""

    mentions: list[tuple[Any, ...]]
    evidence: list[tuple[Any, ...]]
    rejected: list[tuple[Any, ...]]


def said(connection: sqlite3.Connection, change: Change, sayings: Sequence[Saying], numbers: Mapping[str, int]) -> Rows:
    """The rows of what documents say under the definitions in force, and in ``change`` what they add."""
    merged = merged_keys(connection, (link.key for _, graph in sayings for link in graph.links))
    rows = Rows([], [], [])
    known, refused = constraints(connection), _refused(connection)
    for document, graph in sayings:
        rows.mentions += [
            (numbers[chunk], start, end, key, merged.get(key, key), type, not name, sure)
            for chunk, start, end, key, type, name, sure in graph.links
        ]
        change.mentions.update([(merged.get(key, key), name, type) for _, _, _, key, type, name, _ in graph.links])
        checker, refused_here = Checker(known, graph), refused.get(document, {})
        for support in graph.supports:
            chunk, start, end, subject, predicate, object, *dated = support
            place = (numbers[chunk], start, end, subject, predicate, object)
            if known or refused:
                fact = (subject, predicate, object)
                if reason := refused[""].get(fact) or refused_here.get(fact) or checker.reason(support):
                    rows.rejected.append((*place, *dated, reason))
                    continue
            subject, object = merged.get(subject, subject), merged.get(object, object)
            id = triple_id(subject, predicate, object) if subject != object else None
            if id is not None:
                change.evidence(id, subject, predicate, object, support.confidence)
            rows.evidence.append((*place, id, *dated))
    return rows


def _refused(connection: sqlite3.Connection) -> dict[str, dict[tuple[str, str, str], str]]:
    """The facts that a person has rejected, by the keys that they are said with, and the decision as the reason: under
    an empty id those of every document, under a document's those that only there are said so."""
    rows = connection.execute("SELECT id, keys FROM decisions WHERE kind = 'reject' AND undone_at = ''").fetchall()
    refused: defaultdict[str, dict[tuple[str, str, str], str]] = defaultdict(dict)
    for id, about in rows:
        predicate, subjects, objects, *renamed = json.loads(about)
        everywhere = itertools.product(read_as(connection, subjects), read_as(connection, objects))
        refused[""].update({(subject, predicate, object): f"decision {id}" for subject, object in everywhere})
        for document, once in (renamed[0] if renamed else {}).items():
            here = ({once.get(key, key) for key in keys} for keys in (subjects, objects))
            facts = {(subject, predicate, object): f"decision {id}" for subject, object in itertools.product(*here)}
            refused[document].update(facts)
    return refused


def insert_rows(connection: sqlite3.Connection, rows: Rows) -> None:
    """Put the rows into their tables."""
    connection.executemany("INSERT INTO mentions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows.mentions)
    connection.executemany("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows.evidence)
    connection.executemany("INSERT INTO rejected VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows.rejected)
