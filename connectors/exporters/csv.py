"""One table for spreadsheets: a row for each evidence of each triple, with address, offsets and quote.

UTF-8 with a byte order mark, which spreadsheet programs need to see that it is UTF-8.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from kgqa.connectors.exporters.files import written_whole
from kgqa.graph import Graph

__all__ = ["COLUMNS", "export"]

COLUMNS = (
    "triple_id",
    "subject",
    "predicate",
    "object",
    "subject_id",
    "object_id",
    "subject_value",
    "object_value",
    "support",
    "confidence",
    "uri",
    "page",
    "start",
    "end",
    "quote",
    "extractor",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(graph: Graph, path: Path) -> None:
    """Write the triples, best supported first.

    Raises:
        WorkspaceError: the file cannot be written.
    """
    with written_whole(path) as draft, draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in _rows(graph):
            writer.writerow([_inert(value) for value in row])


def _rows(graph: Graph) -> Iterator[tuple[object, ...]]:
    addresses = {document.id: document.uri for document in graph.store.documents()}
    values = {entity.id: entity.value for entity in graph.entities() if entity.value}
    for t in graph.triples(limit=None):
        names = (t.id, t.subject_name, t.predicate, t.object_name, t.subject, t.object)
        fact = (*names, values.get(t.subject, ""), values.get(t.object, ""), t.support, t.confidence)
        for e in graph.evidence(t.id, limit=1_000_000):
            yield (*fact, addresses.get(e.document_id, ""), e.page, e.start, e.end, e.quote, e.extractor)


def _inert(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
