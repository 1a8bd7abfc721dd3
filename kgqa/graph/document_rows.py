"""Documents, chunks and vectors out of the embedded store, and its ledger."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np

from kgqa.errors import NotFound
from kgqa.graph.changes import WANTED, id_list
from kgqa.graph.store import SourceState, Vectors
from kgqa.graph.writes import release
from kgqa.types import Block, Chunk, Document, StoredDocument

__all__ = [
    "chunk_ids",
    "chunks",
    "chunks_of",
    "complete",
    "document",
    "documents",
    "previous",
    "source",
    "stored",
    "vectors",
]

_CHUNK = 'c.id, c.document_id, c.start, c."end", c.position, c.language, c.page, c.heading'


_STORED = "id, uri, title, language, sha256, media_type, characters, chunks, entities, triples, added_at"


def documents(connection: sqlite3.Connection) -> list[StoredDocument]:
    """See ``DocumentReader.documents``."""
    return [StoredDocument(*row) for row in connection.execute(f"SELECT {_STORED} FROM documents ORDER BY uri")]


def stored(connection: sqlite3.Connection, ids: Sequence[str]) -> list[StoredDocument]:
    """Those of the ids that are there, in their order."""
    query = f"SELECT {_STORED} FROM {WANTED} JOIN documents ON id = wanted ORDER BY place"
    return [StoredDocument(*row) for row in connection.execute(query, {"ids": id_list(ids)})]


def document(connection: sqlite3.Connection, document_id: str) -> Document:
    """See ``DocumentReader.document``."""
    query = "SELECT id, uri, title, text, language, sha256, media_type, blocks, metadata FROM documents WHERE id = ?"
    row = connection.execute(query, (document_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no document {document_id!r}.")
    id, uri, title, text, language, sha256, media_type, blocks, metadata = row
    structure = tuple(Block(*block) for block in json.loads(blocks))
    return Document(id, uri, title, text, language, sha256, media_type, structure, json.loads(metadata))


def chunks(connection: sqlite3.Connection, ids: Sequence[str]) -> list[Chunk]:
    """See ``DocumentReader.chunks``."""
    query = f"SELECT {_CHUNK} FROM {WANTED} JOIN chunks AS c ON c.id = wanted ORDER BY place"
    return _with_text(connection, connection.execute(query, {"ids": id_list(ids)}).fetchall())


def chunks_of(connection: sqlite3.Connection, document_id: str) -> list[Chunk]:
    """See ``DocumentReader.chunks_of``."""
    if not connection.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone():
        raise NotFound(f"There is no document {document_id!r}.")
    query = f"SELECT {_CHUNK} FROM chunks AS c WHERE document_id = ? ORDER BY position"
    return _with_text(connection, connection.execute(query, (document_id,)).fetchall())


def _with_text(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> list[Chunk]:
    query = f"SELECT id, title, text FROM {WANTED} JOIN documents ON id = wanted"
    wanted = id_list(dict.fromkeys(row[1] for row in rows))
    texts = {id: (title, text) for id, title, text in connection.execute(query, {"ids": wanted})}
    found = []
    for id, document_id, start, end, position, language, page, heading in rows:
        title, text = texts[document_id]
        found.append(Chunk(id, document_id, start, end, text[start:end], position, language, page, heading, title))
    return found


def previous(connection: sqlite3.Connection, ids: Sequence[str]) -> list[tuple[str, str]]:
    """The chunk before each that is not the first of its document, and it."""
    query = (
        f"SELECT a.id, b.id FROM {WANTED} JOIN chunks AS b ON b.id = wanted "
        "JOIN chunks AS a ON a.document_id = b.document_id AND a.position = b.position - 1 ORDER BY place"
    )
    return list(connection.execute(query, {"ids": id_list(ids)}))


def chunk_ids(connection: sqlite3.Connection) -> list[str]:
    """See ``DocumentReader.chunk_ids``."""
    query = "SELECT chunks.id FROM chunks JOIN documents ON documents.id = document_id ORDER BY uri, position"
    return [id for (id,) in connection.execute(query)]


def titles(connection: sqlite3.Connection) -> dict[str, str]:
    """See ``DocumentReader.titles``."""
    query = "SELECT chunks.id, title FROM chunks JOIN documents ON documents.id = document_id ORDER BY uri, position"
    return dict(connection.execute(query).fetchall())


def vectors(connection: sqlite3.Connection, ids: Sequence[str]) -> Vectors:
    """See ``DocumentReader.vectors``."""
    query = f"SELECT vector FROM {WANTED} JOIN chunks ON id = wanted ORDER BY place"
    found = [vector for (vector,) in connection.execute(query, {"ids": id_list(ids)})]
    if len(found) != len(ids):
        raise NotFound(f"{len(ids) - len(found)} of {len(ids)} chunks are not in the store.")
    dimensions = len(found[0]) // 2 if found else 0
    return np.frombuffer(b"".join(found), "<f2").reshape(len(found), dimensions).astype(np.float32)


def source(connection: sqlite3.Connection, uri: str) -> SourceState | None:
    """See ``Ledger.source``."""
    query = "SELECT uri, sha256, extractor, embedder, modified, size, documents FROM sources WHERE uri = ?"
    row = connection.execute(query, (uri,)).fetchone()
    return SourceState(*row) if row else None


def complete(connection: sqlite3.Connection, state: SourceState, document_uris: Sequence[str]) -> int:
    """See ``Ledger.complete``."""
    query = "SELECT uri FROM origins WHERE source = ? AND uri NOT IN (SELECT value FROM json_each(?))"
    gone = [uri for (uri,) in connection.execute(query, (state.uri, id_list(document_uris)))]
    removed = sum(release(connection, uri) for uri in gone)
    connection.execute(
        "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?, ?)",
        dataclasses.astuple(state),
    )
    return removed
