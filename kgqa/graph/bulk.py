"""Many documents into the embedded store at once: what is new is collected and written in large pieces.

Secondary indexes are taken down while much more comes than is there, and built again at the end, sorted; definitions of
abbreviations wait until then, too. All within the caller's transaction, so that readers see the store as it was, whole,
until it is as it will be. That transaction looks up no references: without the indexes each would be a search of a
table.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from kgqa.graph.builder import Definition, DocumentGraph, build
from kgqa.graph.changes import WANTED, Change, id_list
from kgqa.graph.database import sorting
from kgqa.graph.derived import apply
from kgqa.graph.inserts import define, insert_documents, insert_rows, said
from kgqa.graph.splits import has_splits, renamed, splits_of
from kgqa.graph.store import Outcome, ReadDocument
from kgqa.graph.writes import commit

__all__ = ["commit_all"]

LOOKED_UP = 500
"""Documents that are taken from the caller at a time."""
PIECE = 100_000
"""Mentions and evidence that are collected before their rows are written."""
APPLIED = 2_000_000
"""Names and evidence of entities and triples that change before it is written how these are now."""
INDEXES = (
    "mentions_entity", "names_normalised", "evidence_triple",
    "triples_subject", "triples_object", "triples_support", "triples_predicate",
)  # fmt: skip
"""Those that no insertion of new documents reads."""


def commit_all(connection: sqlite3.Connection, read: Iterable[ReadDocument], embedder: str) -> list[Outcome]:
    """See ``DocumentWriter.commit_all``."""
    with _cycles_left_alone():
        return _commit_all(connection, read, embedder)


def _commit_all(connection: sqlite3.Connection, read: Iterable[ReadDocument], embedder: str) -> list[Outcome]:
    load = _Load(connection, embedder)
    outcomes: list[Outcome] = []
    for batch in _batches(read):
        taken = _taken(connection, batch) | load.waiting
        known: dict[int, ReadDocument] = {}
        for place, item in enumerate(batch, len(outcomes)):
            document = item.document
            if document.id in taken or document.uri in taken:
                known[place] = item
            else:
                load.add(item)
            taken |= {document.id, document.uri}
        outcomes += [Outcome.ADDED] * len(batch)
        if known:
            load.finish()
        for place, item in known.items():
            outcomes[place] = commit(connection, item, embedder)
    load.finish()
    return outcomes


@contextlib.contextmanager
def _cycles_left_alone() -> Iterator[None]:
    """Rows on their way have no cycles: looking for some among so many took a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _batches(read: Iterable[ReadDocument]) -> Iterator[list[ReadDocument]]:
    items = iter(read)
    while batch := list(itertools.islice(items, LOOKED_UP)):
        yield batch


def _taken(connection: sqlite3.Connection, batch: Sequence[ReadDocument]) -> set[str]:
    """Ids and addresses of the batch that are there: such a document is not simply new."""
    query = (
        f"SELECT id FROM {WANTED} JOIN documents ON id = wanted "
        f"UNION ALL SELECT uri FROM {WANTED} JOIN origins ON uri = wanted"
    )
    wanted = [name for item in batch for name in (item.document.id, item.document.uri)]
    return {name for (name,) in connection.execute(query, {"ids": id_list(wanted)})}


class _Load:
    """New documents on their way into the tables."""

    def __init__(self, connection: sqlite3.Connection, embedder: str) -> None:
        self.connection = connection
        self.embedder = embedder
        self.new: list[tuple[ReadDocument, DocumentGraph]] = []
        self.size = 0
        self.change = Change()
        self.definitions: list[Definition] = []
        self.numbers: dict[str, int] = {}
        self.taken_down: list[str] = []
        self.waiting: set[str] = set()  # ids and addresses of the documents that are not yet in the tables
        self.has_splits = has_splits(connection)

    def add(self, item: ReadDocument) -> None:
        """A document of an id and an address that are not there."""
        graph = build(item.document, item.extractions)
        if self.has_splits:
            graph = renamed(graph, splits_of(self.connection, item.document.id))
        self.new.append((item, graph))
        self.waiting |= {item.document.id, item.document.uri}
        self.size += len(graph.links) + len(graph.supports)
        if self.size >= PIECE:
            self._take_down()
            self._write()
            if len(self.change.triples) + len(self.change.mentions) >= APPLIED:
                self._apply()
            gc.collect(0)  # what others left behind meanwhile; the rows have gone

    def finish(self) -> None:
        """Everything is in the tables, and the indexes are up."""
        if self.new:
            self._write()
        self._apply()
        if self.taken_down:
            with sorting(self.connection):
                for statement in self.taken_down:
                    self.connection.execute(statement)
        self.taken_down = []
        if self.definitions:
            define(self.connection, self.change, self.definitions, self.numbers)
            self._apply()
        self.definitions, self.numbers = [], {}

    def _write(self) -> None:
        numbers = insert_documents(self.connection, self.new, self.embedder)
        defined = [definition for _, graph in self.new for definition in graph.definitions]
        self.definitions += defined
        self.numbers.update((d.chunk_id, numbers[d.chunk_id]) for d in defined)
        sayings = [(item.document.id, graph) for item, graph in self.new]
        rows = said(self.connection, self.change, sayings, numbers)
        insert_rows(self.connection, rows)
        self.new, self.size = [], 0
        self.waiting.clear()

    def _apply(self) -> None:
        apply(self.connection, self.change)
        self.change = Change()

    def _take_down(self) -> None:
        """Drop the indexes if there is less under them than comes now; a large store is better served by its own."""
        (there,) = self.connection.execute("SELECT count(*) FROM chunks").fetchone()
        if self.taken_down or there > sum(len(item.chunks) for item, _ in self.new):
            return
        query = f"SELECT name, sql FROM {WANTED} JOIN sqlite_master ON name = wanted WHERE type = 'index'"
        for name, statement in self.connection.execute(query, {"ids": id_list(INDEXES)}).fetchall():
            self.connection.execute(f"DROP INDEX {name}")
            self.taken_down.append(statement)
