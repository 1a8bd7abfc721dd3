"""The default store: one SQLite file. It is the record; indexes and projections are built from it.

with EmbeddedStore.open(Path("workspace/store.sqlite")) as store:
    print(store.statistics())
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from kgqa.errors import NotFound
from kgqa.graph import bulk, constraints, decisions, document_rows, events, graph_rows, linking, similar, walk, writes
from kgqa.graph.catalogue import Catalogue
from kgqa.graph.constraints import Constraint, Rejected
from kgqa.graph.database import Database
from kgqa.graph.linking import Linkable
from kgqa.graph.periods import Period
from kgqa.graph.store import (
    ClosingCypherReader,
    Decision,
    Match,
    Outcome,
    ReadDocument,
    SourceState,
    Table,
    Vectors,
)
from kgqa.registry import CYPHER, load
from kgqa.types import (
    Chunk,
    Deleted,
    Document,
    Entity,
    Evidence,
    Extraction,
    Modality,
    Neighbour,
    Statistics,
    StoredDocument,
    StoredEvent,
    Triple,
)
from kgqa.types import Path as GraphPath

__all__ = ["EmbeddedStore", "open_store"]

_PAGE = 5_000
"""Entities, triples or events that are read at once while all are listed."""
_Row = TypeVar("_Row", Entity, StoredEvent, Triple)


def open_store(path: Path, address: str = "embedded") -> EmbeddedStore:
    """The store in the file ``path``, which has no other address."""
    del address
    return EmbeddedStore.open(path)


class EmbeddedStore:
    """A ``GraphStore`` in one file; ``kgqa.graph.store`` says what each method does. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._cypher: ClosingCypherReader | None = None
        self._opening = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> EmbeddedStore:
        """The store in the file ``path``, made if it does not exist.

        Raises:
            WorkspaceError: it does not exist and ``read_only``, its folder does not exist, or it is no store of this
                version.
        """
        database = Database(path, read_only=read_only)
        try:
            database.open()
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Release the file."""
        if self._cypher is not None:
            self._cypher.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- writes -------------------------------------------------------------------------------------------------------

    def commit(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        extractions: Sequence[Extraction],
        vectors: Vectors,
        embedder_name: str,
        *,
        source: str | None = None,
    ) -> Outcome:
        """What was done with the document."""
        read = ReadDocument(document, chunks, extractions, vectors, source)
        with self.database.writing() as connection:
            return writes.commit(connection, read, embedder_name)

    def commit_all(self, read: Iterable[ReadDocument], embedder_name: str) -> list[Outcome]:
        """What was done with each document."""
        with self.database.writing(checked=False) as connection:
            return bulk.commit_all(connection, read, embedder_name)

    def keep(self, document: Document, extractor: str, embedder_name: str, *, source: str | None = None) -> bool:
        """Whether the content is there already, as these models read it."""
        with self.database.writing() as connection:
            return writes.keep(connection, document, extractor, embedder_name, source or document.uri)

    def delete(self, document_id: str) -> Deleted:
        """What went with the document."""
        with self.database.writing() as connection:
            return writes.delete(connection, document_id)

    def complete(self, state: SourceState, document_uris: Sequence[str]) -> int:
        """How many documents of the file were taken out because it no longer holds them."""
        with self.database.writing() as connection:
            return document_rows.complete(connection, state, document_uris)

    # --- who is who -------------------------------------------------------------------------------------------------

    def merge(self, keep: str, other: str, *, reason: str = "", by: str = "", score: float | None = None) -> Decision:
        """The two entities are one."""
        with self.database.writing() as connection:
            return decisions.merge(connection, keep, other, reason, by, score)

    def split(self, entity_id: str, documents: Sequence[str], *, reason: str = "", by: str = "") -> Decision:
        """In these documents it is another one of the same name."""
        with self.database.writing() as connection:
            return decisions.split(connection, entity_id, documents, reason, by)

    def separate(self, entity_id: str, alias: str, *, reason: str = "", by: str = "") -> Decision:
        """The alias is not its name."""
        with self.database.writing() as connection:
            return decisions.separate(connection, entity_id, alias, reason, by)

    def keep_apart(self, a: str, b: str, *, reason: str = "", by: str = "") -> Decision:
        """The two entities are two."""
        with self.database.writing() as connection:
            return decisions.keep_apart(connection, a, b, reason, by)

    def linkable(self, catalogue: Catalogue) -> Linkable:
        """What a catalogue says of the names."""
        with self.database.reading() as connection:
            return linking.linkable(connection, catalogue)

    def link(self, catalogue: Catalogue) -> list[Decision]:
        """The names are what a catalogue says."""
        with self.database.writing() as connection:
            return decisions.link(connection, catalogue)

    def links(self, entity_id: str) -> list[Decision]:
        """What the entity is in catalogues."""
        with self.database.reading() as connection:
            return decisions.links(connection, entity_id)

    def reject(self, triple_id: str, *, reason: str = "", by: str = "") -> Decision:
        """The fact is wrong."""
        with self.database.writing() as connection:
            return decisions.reject(connection, triple_id, reason, by)

    def retype(self, entity_id: str, type: str, *, reason: str = "", by: str = "") -> Decision:
        """The entity is of this type."""
        with self.database.writing() as connection:
            return decisions.retype(connection, entity_id, type, reason, by)

    def undo(self, decision_id: str) -> Decision:
        """The decision holds no longer."""
        with self.database.writing() as connection:
            return decisions.undo(connection, decision_id)

    def decisions(self) -> list[Decision]:
        """All, the latest first."""
        with self.database.reading() as connection:
            return decisions.decisions(connection)

    def constrain(self, constraints: Mapping[str, Constraint]) -> int:
        """How many evidences these keep out."""
        with self.database.writing() as connection:
            return decisions.constrain(connection, constraints)

    def constraints(self) -> dict[str, Constraint]:
        """Those in force."""
        with self.database.reading() as connection:
            return constraints.constraints(connection)

    def rejected(self, limit: int | None = 100) -> list[Rejected]:
        """What they keep out."""
        with self.database.reading() as connection:
            return constraints.rejected(connection, limit)

    def generation(self) -> int:
        """Changes with every change."""
        with self.database.reading() as connection:
            return int(connection.execute("SELECT value FROM counters WHERE name = 'generation'").fetchone()[0])

    # --- documents ----------------------------------------------------------------------------------------------------

    def source(self, uri: str) -> SourceState | None:
        """The file as it was ingested."""
        with self.database.reading() as connection:
            return document_rows.source(connection, uri)

    def documents(self) -> list[StoredDocument]:
        """All, by address."""
        with self.database.reading() as connection:
            return document_rows.documents(connection)

    def document(self, document_id: str) -> Document:
        """One with its text."""
        with self.database.reading() as connection:
            return document_rows.document(connection, document_id)

    def chunk(self, chunk_id: str) -> Chunk:
        """One chunk."""
        found = self.chunks([chunk_id])
        if not found:
            raise NotFound(f"There is no passage {chunk_id!r}; its document may have been deleted.")
        return found[0]

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """Those that are there, in order."""
        with self.database.reading() as connection:
            return document_rows.chunks(connection, ids)

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """A document's, in order."""
        with self.database.reading() as connection:
            return document_rows.chunks_of(connection, document_id)

    def chunk_ids(self) -> list[str]:
        """Of all chunks."""
        with self.database.reading() as connection:
            return document_rows.chunk_ids(connection)

    def titles(self) -> dict[str, str]:
        """Of all chunks."""
        with self.database.reading() as connection:
            return document_rows.titles(connection)

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """``(len(ids), dimensions)``."""
        with self.database.reading() as connection:
            return document_rows.vectors(connection, ids)

    def embedders(self) -> list[str]:
        """Names of what made the vectors."""
        with self.database.reading() as connection:
            return [name for (name,) in connection.execute("SELECT DISTINCT embedder FROM chunks ORDER BY embedder")]

    # --- graph --------------------------------------------------------------------------------------------------------

    def entity(self, entity_id: str) -> Entity:
        """One entity."""
        with self.database.reading() as connection:
            return graph_rows.entity(connection, entity_id)

    def entities(self, ids: Sequence[str] | None = None) -> Iterator[Entity]:
        """Those of the ids, or all."""
        if ids is not None:
            with self.database.reading() as connection:
                found = graph_rows.entities(connection, ids)
            yield from found
            return
        yield from self._paged(lambda c, last: graph_rows.entities_after(c, last, _PAGE))

    def entity_names(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """The id, the type and the names of every entity."""
        with self.database.reading() as connection:
            found = graph_rows.entity_names(connection)
        yield from found

    def find(self, name: str, limit: int = 10) -> list[Entity]:
        """By name or alias."""
        with self.database.reading() as connection:
            return graph_rows.find(connection, name, limit)

    def similar(self, name: str, limit: int = 10) -> list[Match]:
        """By a name that is spelt nearly so."""
        with self.database.reading() as connection:
            return similar.similar_names(connection, name, limit)

    def triples(
        self,
        *,
        subject: str | None = None,
        predicate: str | None = None,
        object: str | None = None,
        ids: Sequence[str] | None = None,
        limit: int | None = 100,
        during: Period | None = None,
        as_of: str | None = None,
    ) -> list[Triple]:
        """Those that match."""
        with self.database.reading() as connection:
            return graph_rows.triples(connection, subject, predicate, object, ids, limit, during, as_of)

    def all_triples(self, predicate: str | None = None) -> Iterator[Triple]:
        """All of them, piece by piece."""
        yield from self._paged(lambda c, last: graph_rows.triples_after(c, last, predicate, _PAGE))

    def events(
        self,
        *,
        entity: str | None = None,
        type: str | None = None,
        during: Period | None = None,
        modality: Modality | None = Modality.ASSERTED,
        limit: int | None = 100,
    ) -> list[StoredEvent]:
        """Those that match."""
        with self.database.reading() as connection:
            return events.events(connection, entity, type, during, modality, limit)

    def all_events(self) -> Iterator[StoredEvent]:
        """All of them, piece by piece."""
        yield from self._paged(lambda c, last: events.event_pages(c, last, _PAGE))

    def _paged(self, read: Callable[[sqlite3.Connection, str], list[_Row]]) -> Iterator[_Row]:
        """Everything that ``read`` gives behind an id, in views of their own: a caller may take its time."""
        last = ""
        while True:
            with self.database.reading() as connection:
                page = read(connection, last)
            yield from page
            if len(page) < _PAGE:
                return
            last = page[-1].id

    def evidence(self, target_id: str, limit: int = 100) -> list[Evidence]:
        """The quoted spans behind a triple or an entity."""
        with self.database.reading() as connection:
            return graph_rows.evidence(connection, target_id, limit)

    def neighbours(self, entity_id: str, hops: int = 1, limit: int = 50) -> list[Neighbour]:
        """Entities around one."""
        with self.database.reading() as connection:
            graph_rows.entity(connection, entity_id)
            return walk.neighbours(graph_rows.EmbeddedEdges(connection), entity_id, hops, limit)

    def path(self, start: str, end: str, max_hops: int = 6) -> GraphPath | None:
        """A shortest path."""
        with self.database.reading() as connection:
            graph_rows.entity(connection, start), graph_rows.entity(connection, end)
            return walk.path(graph_rows.EmbeddedEdges(connection), start, end, max_hops)

    def statistics(self) -> Statistics:
        """How much there is."""
        with self.database.reading() as connection:
            return graph_rows.statistics(connection)

    def cypher(self, query: str, parameters: Mapping[str, Any], limit: int, seconds: float) -> Table:
        """At most ``limit`` rows of a query that reads, on a copy of the graph (extra ``cypher``)."""
        with self._opening:
            if self._cypher is None:
                self._cypher = load(CYPHER, "embedded")(self)
        return self._cypher.cypher(query, parameters, limit, seconds)

    def entities_of_chunks(self, chunk_ids: Sequence[str]) -> dict[str, list[str]]:
        """Entity ids by chunk id."""
        with self.database.reading() as connection:
            return graph_rows.entities_of_chunks(connection, chunk_ids)

    def triples_of_chunks(self, chunk_ids: Sequence[str]) -> dict[str, list[str]]:
        """Triple ids by chunk id."""
        with self.database.reading() as connection:
            return graph_rows.triples_of_chunks(connection, chunk_ids)
