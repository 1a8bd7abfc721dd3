"""One name for two things: in some documents a key is read as another. Applied to what a document says before it is
stored, so that a split also holds for a document that is read again.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Mapping, Sequence

from kgqa.graph.builder import DocumentGraph
from kgqa.types import content_id

__all__ = ["has_splits", "original", "renamed", "split_key", "splits_of"]

Renaming = Mapping[str, str]


def split_key(decision_id: str, key: str) -> str:
    """What a key is read as where a decision splits it."""
    return content_id("split", decision_id, key)


def has_splits(connection: sqlite3.Connection) -> bool:
    """Whether any name was ever split."""
    return connection.execute("SELECT 1 FROM decisions WHERE kind = 'split' LIMIT 1").fetchone() is not None


def splits_of(connection: sqlite3.Connection, document_id: str, *, undone: bool = False) -> list[Renaming]:
    """How a document's keys are read, one renaming after the other; with ``undone`` also as they once were."""
    query = (
        "SELECT id, keys FROM decisions WHERE kind = 'split' "
        "AND EXISTS (SELECT 1 FROM json_each(documents) WHERE value = ?)"
        + ("" if undone else " AND undone_at = ''")
        + " ORDER BY number"
    )
    return [
        {key: split_key(id, key) for key in json.loads(keys)} for id, keys in connection.execute(query, (document_id,))
    ]


def renamed(graph: DocumentGraph, renamings: Sequence[Renaming]) -> DocumentGraph:
    """The graph with its keys renamed, one renaming after the other."""
    for names in renamings:
        graph = dataclasses.replace(
            graph,
            links=tuple(dataclasses.replace(link, key=names.get(link.key, link.key)) for link in graph.links),
            supports=tuple(
                dataclasses.replace(s, subject=names.get(s.subject, s.subject), object=names.get(s.object, s.object))
                for s in graph.supports
            ),
            definitions=tuple(
                dataclasses.replace(d, short=names.get(d.short, d.short), full=names.get(d.full, d.full))
                for d in graph.definitions
            ),
        )
    return graph


def original(graph: DocumentGraph, renamings: Sequence[Renaming]) -> DocumentGraph:
    """The graph as its document has it: ``renamed`` undone."""
    return renamed(graph, [{new: old for old, new in names.items()} for names in reversed(renamings)])
