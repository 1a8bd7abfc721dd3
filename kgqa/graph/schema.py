"""The tables of the embedded store.

``mentions``, ``evidence`` and ``definitions`` are what was read, one row for each span; ``entities``, ``names``,
``types`` and ``triples`` follow from them and are kept in step by every write (``derived.py``). No text is stored but
the documents'.

A ``key`` is the identity of a name as its own document has it; ``entity_id`` is the key it stands for once the
definitions of abbreviations in all documents are followed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from kgqa.errors import WorkspaceError

__all__ = ["APPLICATION_ID", "VERSION", "ensure_schema"]

APPLICATION_ID = 0x6B677161
"""``kgqa`` in ASCII, in the header of the file."""
VERSION = 5

TABLES = """
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('generation', 0);

CREATE TABLE documents (
    id TEXT PRIMARY KEY, uri TEXT NOT NULL UNIQUE, title TEXT NOT NULL, language TEXT NOT NULL, sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, metadata TEXT NOT NULL, blocks TEXT NOT NULL, extractor TEXT NOT NULL,
    embedder TEXT NOT NULL,
    characters INTEGER NOT NULL, chunks INTEGER NOT NULL, entities INTEGER NOT NULL, triples INTEGER NOT NULL,
    added_at TEXT NOT NULL, text TEXT NOT NULL
);
-- Every address of a content, and the file that holds it.
CREATE TABLE origins (
    uri TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    source TEXT NOT NULL, title TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX origins_document ON origins (document_id);
CREATE INDEX origins_source ON origins (source);
-- The ledger: files that are here completely.
CREATE TABLE sources (
    uri TEXT PRIMARY KEY, sha256 TEXT NOT NULL, extractor TEXT NOT NULL, embedder TEXT NOT NULL,
    modified REAL NOT NULL, size INTEGER NOT NULL, documents INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE chunks (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    position INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, language TEXT NOT NULL, page INTEGER,
    heading TEXT NOT NULL, extractor TEXT NOT NULL, embedder TEXT NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX chunks_document ON chunks (document_id, position);

CREATE TABLE entities (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, aliases TEXT NOT NULL,
    mentions INTEGER NOT NULL, degree INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE names (
    entity_id TEXT NOT NULL REFERENCES entities DEFERRABLE INITIALLY DEFERRED, name TEXT NOT NULL,
    normalised TEXT NOT NULL, is_own INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (entity_id, name)
) WITHOUT ROWID;
CREATE INDEX names_normalised ON names (normalised);
CREATE TABLE types (
    entity_id TEXT NOT NULL REFERENCES entities DEFERRABLE INITIALLY DEFERRED, type TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (entity_id, type)
) WITHOUT ROWID;
CREATE TABLE triples (
    id TEXT PRIMARY KEY, subject TEXT NOT NULL REFERENCES entities DEFERRABLE INITIALLY DEFERRED,
    predicate TEXT NOT NULL, object TEXT NOT NULL REFERENCES entities DEFERRABLE INITIALLY DEFERRED,
    support INTEGER NOT NULL, confidence REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX triples_subject ON triples (subject, support, confidence);
CREATE INDEX triples_object ON triples (object, support, confidence);
CREATE INDEX triples_support ON triples (support, confidence);
CREATE INDEX triples_predicate ON triples (predicate, support, confidence);

CREATE TABLE mentions (
    chunk INTEGER NOT NULL REFERENCES chunks ON DELETE CASCADE, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    key TEXT NOT NULL, entity_id TEXT NOT NULL REFERENCES entities DEFERRABLE INITIALLY DEFERRED, type TEXT NOT NULL,
    nominal INTEGER NOT NULL, confidence REAL NOT NULL, PRIMARY KEY (chunk, start, "end", key)
) WITHOUT ROWID;
CREATE INDEX mentions_entity ON mentions (entity_id);
CREATE INDEX mentions_key ON mentions (key);
-- triple_id is empty where both ends turn out to be one entity.
CREATE TABLE evidence (
    chunk INTEGER NOT NULL REFERENCES chunks ON DELETE CASCADE, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    subject_key TEXT NOT NULL, predicate TEXT NOT NULL, object_key TEXT NOT NULL,
    triple_id TEXT REFERENCES triples DEFERRABLE INITIALLY DEFERRED, confidence REAL NOT NULL,
    PRIMARY KEY (chunk, start, "end", subject_key, predicate, object_key)
) WITHOUT ROWID;
CREATE INDEX evidence_triple ON evidence (triple_id, confidence);
CREATE TABLE definitions (
    chunk INTEGER NOT NULL REFERENCES chunks ON DELETE CASCADE, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    short_key TEXT NOT NULL, full_key TEXT NOT NULL, PRIMARY KEY (chunk, start, "end", short_key, full_key)
) WITHOUT ROWID;
CREATE INDEX definitions_short ON definitions (short_key, full_key);
CREATE INDEX definitions_full ON definitions (full_key, short_key);
"""
DECISIONS = """
-- Who is who, as decided by a person: they hold for keys, so also for documents that come later.
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, key TEXT NOT NULL, other TEXT NOT NULL,
    keys TEXT NOT NULL, documents TEXT NOT NULL, name TEXT NOT NULL, other_name TEXT NOT NULL, score REAL,
    reason TEXT NOT NULL, decided_by TEXT NOT NULL, decided_at TEXT NOT NULL, undone_at TEXT NOT NULL
);
CREATE INDEX decisions_key ON decisions (key, kind) WHERE undone_at = '';
CREATE INDEX decisions_other ON decisions (other, kind) WHERE undone_at = '';
"""
COUNTED = """
-- How many mentions of a name are of the entity's own key; and one index where two were.
ALTER TABLE names RENAME COLUMN is_own TO own;
UPDATE names SET own = count WHERE own <> 0;
DROP INDEX mentions_entity;
DROP INDEX mentions_key;
CREATE INDEX mentions_entity ON mentions (entity_id, key);
"""
TOLD = """
-- When a fact held, as its evidence says: days, ISO 8601; NULL where it does not, '' and 9999-12-31 for an open end.
ALTER TABLE evidence ADD COLUMN valid_from TEXT;
ALTER TABLE evidence ADD COLUMN valid_to TEXT;
CREATE INDEX evidence_dated ON evidence (triple_id, valid_from, valid_to) WHERE valid_from IS NOT NULL;
CREATE TABLE events (
    chunk INTEGER NOT NULL REFERENCES chunks ON DELETE CASCADE, id TEXT PRIMARY KEY, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, type TEXT NOT NULL, time TEXT NOT NULL, modality TEXT NOT NULL, confidence REAL NOT NULL,
    valid_from TEXT, valid_to TEXT
) WITHOUT ROWID;
CREATE INDEX events_chunk ON events (chunk);
CREATE INDEX events_type ON events (type, valid_from);
CREATE INDEX events_dated ON events (valid_from, valid_to) WHERE valid_from IS NOT NULL;
-- The mention that it is, if it is one: by its place in the event's chunk and its type.
CREATE TABLE participants (
    event_id TEXT NOT NULL REFERENCES events ON DELETE CASCADE, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    role TEXT NOT NULL, confidence REAL NOT NULL, mention_start INTEGER, mention_end INTEGER, mention_type TEXT,
    PRIMARY KEY (event_id, start, "end", role)
) WITHOUT ROWID;
"""
CONSTRAINED = """
CREATE TABLE constraints (
    predicate TEXT PRIMARY KEY, domain TEXT NOT NULL, "range" TEXT NOT NULL, most INTEGER
) WITHOUT ROWID;
-- Evidence of facts that a constraint keeps out of the graph.
CREATE TABLE rejected (
    chunk INTEGER NOT NULL REFERENCES chunks ON DELETE CASCADE, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    subject_key TEXT NOT NULL, predicate TEXT NOT NULL, object_key TEXT NOT NULL, confidence REAL NOT NULL,
    valid_from TEXT, valid_to TEXT, reason TEXT NOT NULL,
    PRIMARY KEY (chunk, start, "end", subject_key, predicate, object_key)
) WITHOUT ROWID;
"""
ADDED: Mapping[int, str] = {2: DECISIONS, 3: COUNTED, 4: TOLD, 5: CONSTRAINED}
"""Version → what it added to ``TABLES``, which are those of version 1, and changed in them."""


def ensure_schema(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    """Make the tables in an empty file, or those that an older store lacks.

    Raises:
        WorkspaceError: the file holds another program's tables, or those of another version.
    """
    if _is_current(connection, path):
        return
    if read_only and _version(connection):
        raise WorkspaceError(f"{path} is of an older version of kgqa. Make it writable: it is brought up to date once.")
    if read_only:
        raise WorkspaceError(f"{path} is empty. Ingest documents into the workspace first.")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _is_current(connection, path):  # another process may have made them meanwhile
            known = _version(connection)
            statements = "" if known else TABLES
            statements += "".join(tables for version, tables in ADDED.items() if version > known)
            for statement in statements.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _is_current(connection: sqlite3.Connection, path: Path) -> bool:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    version = _version(connection)
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables and not application:
        return False
    if application != APPLICATION_ID:
        raise WorkspaceError(f"{path} is a database of another program. Name another folder for the workspace.")
    if version > VERSION:
        raise WorkspaceError(f"{path} has format {version}; this version of kgqa reads format {VERSION}. Update kgqa.")
    return version == VERSION


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
