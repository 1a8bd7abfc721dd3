"""One name for two things: in some documents a key is read as another. Applied to what a document says before it is
stored, so that a split also holds for a document that is read again; so does a link that rests on what a document says.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from kgqa.graph.builder import DocumentGraph
from kgqa.types import content_id

__all__ = ["has_splits", "link_key", "original", "original_keys", "read_as", "renamed", "split_key", "splits_of"]

Renaming = Mapping[str, str]


def split_key(decision_id: str, key: str) -> str:
    """What a key is read as where a decision splits it."""
    return content_id("split", decision_id, key)


def link_key(key: str, other: str) -> str:
    """What a key is read as in documents in which it is linked to what goes by ``other``."""
    return content_id("link", key, other)


def has_splits(connection: sqlite3.Connection) -> bool:
    """Whether any name was ever split, or linked in some documents."""
    query = "SELECT 1 FROM decisions WHERE documents <> '[]' LIMIT 1"
    return connection.execute(query).fetchone() is not None


def read_as(connection: sqlite3.Connection, keys: Iterable[str]) -> list[str]:
    """The keys, and what they are read as in documents in which they are linked."""
    query = (
        "SELECT key FROM decisions WHERE kind = 'link' AND documents <> '[]' AND undone_at = '' "
        "AND json_extract(keys, '$[1]') IN (SELECT value FROM json_each(?))"
    )
    wanted = list(keys)
    return [*wanted, *(key for (key,) in connection.execute(query, (json.dumps(wanted),)))]


def splits_of(connection: sqlite3.Connection, document_id: str, *, undone: bool = False) -> list[Renaming]:
    """How a document's keys are read, one renaming after the other; with ``undone`` also as they once were."""
    query = (
        "SELECT id, kind, key, keys FROM decisions WHERE kind IN ('split', 'link') "
        "AND EXISTS (SELECT 1 FROM json_each(documents) WHERE value = ?)"
        + ("" if undone else " AND undone_at = ''")
        + " ORDER BY number"
    )
    return [
        {json.loads(keys)[1]: key} if kind == "link" else {key: split_key(id, key) for key in json.loads(keys)}
        for id, kind, key, keys in connection.execute(query, (document_id,))
    ]


def renamed(graph: DocumentGraph, renamings: Sequence[Renaming]) -> DocumentGraph:
    """The graph with its keys renamed, one renaming after the other."""
    for names in renamings:
        graph = dataclasses.replace(
            graph,
            links=tuple(link._replace(key=names.get(link.key, link.key)) for link in graph.links),
            supports=tuple(
                s._replace(subject=names.get(s.subject, s.subject), object=names.get(s.object, s.object))
                for s in graph.supports
            ),
            definitions=tuple(
                dataclasses.replace(d, short=names.get(d.short, d.short), full=names.get(d.full, d.full))
                for d in graph.definitions
            ),
        )
    return graph


def original_keys(keys: Iterable[str], renamings: Sequence[Renaming]) -> dict[str, str]:
    """What the document has for each key: the renamings undone."""
    said = {key: key for key in keys}
    for names in _undone(renamings):
        said = {key: names.get(now, now) for key, now in said.items()}
    return said


def original(graph: DocumentGraph, renamings: Sequence[Renaming]) -> DocumentGraph:
    """The graph as its document has it: ``renamed`` undone."""
    return renamed(graph, _undone(renamings))


def _undone(renamings: Sequence[Renaming]) -> list[Renaming]:
    """What takes the renamings back, one after the other."""
    return [{new: old for old, new in names.items()} for names in reversed(renamings)]
