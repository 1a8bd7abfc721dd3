"""Documents into and out of the embedded store. Every function works within the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np

from kgqa.errors import NotFound
from kgqa.graph.builder import DocumentGraph, build, surface
from kgqa.graph.changes import WANTED, Change, Size, apply, id_list, merged_keys
from kgqa.graph.identity import triple_id
from kgqa.graph.splits import renamed, splits_of
from kgqa.graph.store import Outcome, Vectors
from kgqa.types import Chunk, Deleted, Document, Extraction

__all__ = ["affected_keys", "commit", "delete", "insert_graph", "keep", "reassign", "release", "withdraw"]


def commit(
    connection: sqlite3.Connection,
    document: Document,
    chunks: Sequence[Chunk],
    extractions: Sequence[Extraction],
    vectors: Vectors,
    embedder: str,
    source: str,
) -> Outcome:
    """See ``DocumentWriter.commit``."""
    if not len(chunks) == len(extractions) == len(vectors):
        raise ValueError(
            f"{len(chunks)} chunks, {len(extractions)} extractions, {len(vectors)} vectors: not as many of each."
        )
    extractor = extractions[0].extractor if extractions else ""
    if keep(connection, document, extractor, embedder, source):
        return Outcome.UNCHANGED
    graph = build(document, extractions)
    origins = connection.execute(
        "SELECT uri, source, title FROM origins WHERE document_id = ?", (document.id,)
    ).fetchall()
    replaced = bool(origins)
    if replaced:
        _remove(connection, document.id)
    replaced |= _vacate(connection, document)
    _insert_document(connection, document, len(chunks), extractor, embedder)
    connection.executemany(
        "INSERT INTO origins VALUES (?, ?, ?, ?)",
        [(uri, document.id, file, title) for uri, file, title in origins if uri != document.uri]
        + [(document.uri, document.id, source, document.title)],
    )
    numbers = _insert_chunks(connection, chunks, extractions, vectors, embedder)
    graph = renamed(graph, splits_of(connection, document.id))
    entities, triples = insert_graph(connection, document.text, graph, numbers)
    connection.execute("UPDATE documents SET entities = ?, triples = ? WHERE id = ?", (entities, triples, document.id))
    return Outcome.REPLACED if replaced else Outcome.ADDED


def keep(connection: sqlite3.Connection, document: Document, extractor: str, embedder: str, source: str) -> bool:
    """See ``DocumentWriter.keep``."""
    query = "SELECT 1 FROM documents WHERE id = ? AND extractor = ? AND embedder = ?"
    if not connection.execute(query, (document.id, extractor, embedder)).fetchone():
        # A document without chunks was read by no extractor.
        empty = "SELECT 1 FROM documents WHERE id = ? AND chunks = 0 AND embedder = ?"
        if not connection.execute(empty, (document.id, embedder)).fetchone():
            return False
    _vacate(connection, document)
    connection.execute(
        "INSERT INTO origins VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET source = excluded.source "
        "WHERE source <> excluded.source",
        (document.uri, document.id, source, document.title),
    )
    return True


def delete(connection: sqlite3.Connection, document_id: str) -> Deleted:
    """See ``DocumentWriter.delete``."""
    connection.execute(
        "DELETE FROM sources WHERE uri IN (SELECT source FROM origins WHERE document_id = ?)", (document_id,)
    )
    return _remove(connection, document_id)


def release(connection: sqlite3.Connection, uri: str) -> bool:
    """Take an address from its content; the content goes with its last address. Whether it went."""
    found = connection.execute("DELETE FROM origins WHERE uri = ? RETURNING document_id", (uri,)).fetchone()
    if found is None:
        return False
    (document_id,) = found
    query = "SELECT uri, title FROM origins WHERE document_id = ? ORDER BY uri"
    other = connection.execute(query, (document_id,)).fetchone()
    if other is None:
        _remove(connection, document_id)
        return True
    connection.execute("UPDATE documents SET uri = ?, title = ? WHERE id = ? AND uri = ?", (*other, document_id, uri))
    return False


def _vacate(connection: sqlite3.Connection, document: Document) -> bool:
    """Make the document's address free of other content. Whether such content went."""
    query = "SELECT 1 FROM origins WHERE uri = ? AND document_id <> ?"
    occupied = connection.execute(query, (document.uri, document.id)).fetchone()
    return bool(occupied) and release(connection, document.uri)


def _insert_document(
    connection: sqlite3.Connection, document: Document, chunks: int, extractor: str, embedder: str
) -> None:
    values = {
        "id": document.id,
        "uri": document.uri,
        "title": document.title,
        "language": document.language,
        "sha256": document.sha256,
        "media_type": document.media_type,
        "metadata": json.dumps(dict(document.metadata), ensure_ascii=False, sort_keys=True),
        "blocks": json.dumps([list(asdict(block).values()) for block in document.blocks]),
        "extractor": extractor,
        "embedder": embedder,
        "characters": len(document.text),
        "chunks": chunks,
        "entities": 0,
        "triples": 0,
        "added_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "text": document.text,
    }
    connection.execute(f"INSERT INTO documents VALUES ({', '.join(':' + name for name in values)})", values)


def _insert_chunks(
    connection: sqlite3.Connection,
    chunks: Sequence[Chunk],
    extractions: Sequence[Extraction],
    vectors: Vectors,
    embedder: str,
) -> dict[str, int]:
    """The row number of each chunk."""
    for chunk, extraction, vector in zip(chunks, extractions, vectors, strict=True):
        connection.execute(
            "INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                chunk.id, chunk.document_id, chunk.position, chunk.start, chunk.end, chunk.language, chunk.page,
                chunk.heading, extraction.extractor, embedder, np.asarray(vector, "<f2").tobytes(),
            ),
        )  # fmt: skip
    ids = id_list(chunk.id for chunk in chunks)
    query = f"SELECT id, number FROM {WANTED} JOIN chunks ON id = wanted"
    return dict(connection.execute(query, {"ids": ids}))


def insert_graph(
    connection: sqlite3.Connection, text: str, graph: DocumentGraph, numbers: Mapping[str, int]
) -> tuple[int, int]:
    """Puts what a document says into the tables; how many entities and triples it has."""
    change = Change()
    shorts = sorted({definition.short for definition in graph.definitions})
    with_keys = affected_keys(connection, shorts)
    before = merged_keys(connection, with_keys)
    connection.executemany(
        "INSERT INTO definitions VALUES (?, ?, ?, ?, ?)",
        [(numbers[d.chunk_id], d.start, d.end, d.short, d.full) for d in graph.definitions],
    )
    reassign(connection, change, with_keys, before)
    merged = merged_keys(connection, sorted({link.key for link in graph.links}))
    links = [(numbers[link.chunk_id], link, merged.get(link.key, link.key)) for link in graph.links]
    for _, link, entity in links:
        change.mention(entity, surface(text, link.start, link.end), link.type, link.nominal, +1)
    connection.executemany(
        "INSERT INTO mentions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(n, k.start, k.end, k.key, entity, k.type, k.nominal, k.confidence) for n, k, entity in links],
    )
    rows = []
    for s in graph.supports:
        id = _triple(change, merged.get(s.subject, s.subject), s.predicate, merged.get(s.object, s.object), +1)
        rows.append((numbers[s.chunk_id], s.start, s.end, s.subject, s.predicate, s.object, id, s.confidence))
    connection.executemany("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    triples = {row[-2] for row in rows}
    apply(connection, change)
    return len({entity for _, _, entity in links}), len(triples - {None})


def _triple(change: Change, subject: str, predicate: str, object: str, sign: int) -> str | None:
    if subject == object:
        return None
    id = triple_id(subject, predicate, object)
    change.triples[id, subject, predicate, object] += sign
    return id


def _remove(connection: sqlite3.Connection, document_id: str) -> Deleted:
    row = connection.execute("SELECT text FROM documents WHERE id = ?", (document_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no document {document_id!r}. `kgqa documents` lists them.")
    (chunks,) = connection.execute("SELECT count(*) FROM chunks WHERE document_id = ?", (document_id,)).fetchone()
    size, evidences = withdraw(connection, document_id, row[0], ("DELETE FROM documents WHERE id = ?",))
    return Deleted(document_id, chunks, max(0, -size.entities), max(0, -size.triples), evidences)


def withdraw(connection: sqlite3.Connection, document_id: str, text: str, removals: Sequence[str]) -> tuple[Size, int]:
    """Run the statements that remove what a document says, and bring the graph in line; how many evidences went."""
    change = Change()
    of_document = "FROM {} JOIN chunks ON number = chunk WHERE document_id = ?"
    query = f'SELECT m.start, m."end", entity_id, type, nominal {of_document.format("mentions AS m")}'
    for start, end, entity, type, nominal in connection.execute(query, (document_id,)):
        change.mention(entity, surface(text, start, end), type, bool(nominal), -1)
    query = (
        "SELECT t.id, t.subject, t.predicate, t.object FROM chunks JOIN evidence ON number = chunk "
        "JOIN triples AS t ON t.id = triple_id WHERE document_id = ?"
    )
    evidences = 0
    for triple in connection.execute(query, (document_id,)):
        change.triples[triple] -= 1
        evidences += 1
    query = f"SELECT DISTINCT short_key {of_document.format('definitions')}"
    shorts = [short for (short,) in connection.execute(query, (document_id,))]
    with_keys = affected_keys(connection, shorts)
    before = merged_keys(connection, with_keys)
    for removal in removals:
        connection.execute(removal, (document_id,))
    reassign(connection, change, with_keys, before)
    return apply(connection, change), evidences


# --- Definitions that come and go ------------------------------------------------------------------------------------


def affected_keys(connection: sqlite3.Connection, shorts: Iterable[str]) -> list[str]:
    """The keys, and those defined or decided to be them, and so on."""
    keys = dict.fromkeys(shorts)
    queue = list(keys)
    while queue:
        query = (
            "SELECT DISTINCT short_key FROM definitions WHERE full_key = :key UNION "
            "SELECT key FROM decisions WHERE other = :key AND kind = 'merge' AND undone_at = ''"
        )
        found = [short for (short,) in connection.execute(query, {"key": queue.pop()}) if short not in keys]
        keys.update(dict.fromkeys(found))
        queue += found
    return list(keys)


def reassign(connection: sqlite3.Connection, change: Change, keys: Sequence[str], before: Mapping[str, str]) -> None:
    """Move the mentions and the evidence of the keys that now stand for another entity."""
    now = merged_keys(connection, keys)
    for key in keys:
        entity = now.get(key, key)
        if entity != before.get(key, key):
            _reassign_mentions(connection, change, key, entity)
    moved = [key for key in keys if now.get(key, key) != before.get(key, key)]
    if moved:
        _reassign_evidence(connection, change, moved, now)


def _reassign_mentions(connection: sqlite3.Connection, change: Change, key: str, entity: str) -> None:
    query = (
        'SELECT text, m.start, m."end", entity_id, type, nominal FROM mentions AS m JOIN chunks ON number = chunk '
        "JOIN documents ON documents.id = document_id WHERE key = ?"
    )
    for text, start, end, old, type, nominal in connection.execute(query, (key,)):
        name = surface(text, start, end)
        change.mention(old, name, type, bool(nominal), -1)
        change.mention(entity, name, type, bool(nominal), +1)
    connection.execute("UPDATE mentions SET entity_id = ? WHERE key = ?", (entity, key))


def _reassign_evidence(
    connection: sqlite3.Connection, change: Change, moved: Sequence[str], now: Mapping[str, str]
) -> None:
    """Both ends of a relation are mentioned in its chunk: that is where the evidence of a key is found."""
    query = (
        'SELECT DISTINCT e.chunk, e.start, e."end", subject_key, e.predicate, object_key, t.id, t.subject, t.object '
        "FROM mentions AS m JOIN evidence AS e ON e.chunk = m.chunk AND m.key IN (subject_key, object_key) "
        "LEFT JOIN triples AS t ON t.id = triple_id WHERE m.key IN (SELECT value FROM json_each(?))"
    )
    for chunk, start, end, subject_key, predicate, object_key, old, *ends in connection.execute(
        query, (json.dumps(list(moved)),)
    ).fetchall():
        if old is not None:
            change.triples[old, ends[0], predicate, ends[1]] -= 1
        merged = merged_keys(connection, (subject_key, object_key))
        subject, object = (merged.get(key, key) for key in (subject_key, object_key))
        id = _triple(change, subject, predicate, object, +1)
        connection.execute(
            'UPDATE evidence SET triple_id = ? WHERE chunk = ? AND start = ? AND "end" = ? AND subject_key = ? '
            "AND predicate = ? AND object_key = ?",
            (id, chunk, start, end, subject_key, predicate, object_key),
        )
