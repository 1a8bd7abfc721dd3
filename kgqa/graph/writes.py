"""Documents into and out of the embedded store. Every function works within the caller's transaction."""

from __future__ import annotations

import sqlite3

from kgqa.errors import NotFound
from kgqa.graph.builder import build, surface
from kgqa.graph.changes import Change, merged_keys
from kgqa.graph.derived import Size, apply
from kgqa.graph.inserts import INSERT_ORIGIN, insert_documents, insert_graphs
from kgqa.graph.reassign import affected_keys, reassign
from kgqa.graph.splits import renamed, splits_of
from kgqa.graph.store import Outcome, ReadDocument
from kgqa.types import Deleted, Document

__all__ = ["commit", "delete", "keep", "release", "withdraw"]


def commit(connection: sqlite3.Connection, read: ReadDocument, embedder: str) -> Outcome:
    """See ``DocumentWriter.commit``."""
    document = read.document
    if keep(connection, document, read.extractor, embedder, read.file):
        return Outcome.UNCHANGED
    graph = build(document, read.extractions)
    query = "SELECT uri, source, title FROM origins WHERE document_id = ? AND uri <> ?"
    origins = connection.execute(query, (document.id, document.uri)).fetchall()
    replaced = _is_stored(connection, document.id)
    if replaced:
        _remove(connection, document.id)
    replaced |= _vacate(connection, document)
    graph = renamed(graph, splits_of(connection, document.id))
    numbers = insert_documents(connection, [(read, graph)], embedder)
    connection.executemany(INSERT_ORIGIN, [(uri, document.id, file, title) for uri, file, title in origins])
    insert_graphs(connection, [(document.id, graph)], numbers)
    return Outcome.REPLACED if replaced else Outcome.ADDED


def _is_stored(connection: sqlite3.Connection, document_id: str) -> bool:
    return connection.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is not None


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


def _remove(connection: sqlite3.Connection, document_id: str) -> Deleted:
    row = connection.execute("SELECT text FROM documents WHERE id = ?", (document_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no document {document_id!r}. `kgqa documents` lists them.")
    (chunks,) = connection.execute("SELECT count(*) FROM chunks WHERE document_id = ?", (document_id,)).fetchone()
    size, evidences = withdraw(connection, document_id, row[0])
    of_document = "chunk IN (SELECT number FROM chunks WHERE document_id = ?)"
    told = f"event_id IN (SELECT id FROM events WHERE {of_document})"
    for table, condition in (("participants", told), ("events", of_document)):  # a load of many checks no references
        connection.execute(f"DELETE FROM {table} WHERE {condition}", (document_id,))
    for table, column in (("chunks", "document_id"), ("origins", "document_id"), ("documents", "id")):
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (document_id,))
    return Deleted(document_id, chunks, max(0, -size.entities), max(0, -size.triples), evidences)


def withdraw(connection: sqlite3.Connection, document_id: str, text: str) -> tuple[Size, int]:
    """Remove what a document says, and bring the graph in line: by how much it grew, and how many evidences went."""
    change = Change()
    of_document = "FROM {} JOIN chunks ON number = chunk WHERE document_id = ?"
    query = f'SELECT m.start, m."end", entity_id, type, nominal {of_document.format("mentions AS m")}'
    for start, end, entity, type, nominal in connection.execute(query, (document_id,)):
        change.mentions[entity, "" if nominal else surface(text, start, end), type] -= 1
    query = (
        "SELECT t.id, t.subject, t.predicate, t.object FROM chunks JOIN evidence ON number = chunk "
        "JOIN triples AS t ON t.id = triple_id WHERE document_id = ?"
    )
    evidences = 0
    for id, subject, predicate, object in connection.execute(query, (document_id,)):
        change.moved(id, subject, predicate, object, -1)
        evidences += 1
    query = f"SELECT DISTINCT short_key {of_document.format('definitions')}"
    shorts = [short for (short,) in connection.execute(query, (document_id,))]
    with_keys = affected_keys(connection, shorts)
    before = merged_keys(connection, with_keys)
    for table in ("evidence", "rejected", "definitions", "mentions"):
        inside = "chunk IN (SELECT number FROM chunks WHERE document_id = ?)"
        connection.execute(f"DELETE FROM {table} WHERE {inside}", (document_id,))
    reassign(connection, change, with_keys, before)
    return apply(connection, change), evidences
