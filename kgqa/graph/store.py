"""What a store must do. These docstrings are the specification, and ``tests/contracts`` holds every store to them.

A store is the record: documents, their chunks with vectors, what was read in them, and the graph that follows from it.
The graph is a function of the documents that are in the store, whatever the order they came in: entities, triples,
support counts and names are those of a fresh store that was given only these documents. Methods may be called from any
thread.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from kgqa.graph.catalogue import Catalogue
from kgqa.graph.constraints import Constraint, Rejected
from kgqa.graph.linking import Linkable
from kgqa.graph.periods import Period
from kgqa.types import (
    Chunk,
    Deleted,
    Document,
    Entity,
    Evidence,
    Extraction,
    Modality,
    Neighbour,
    Path,
    Statistics,
    StoredDocument,
    StoredEvent,
    Triple,
    to_dict,
)

__all__ = [
    "ChunkGraph",
    "ClosingCypherReader",
    "Constrained",
    "CypherReader",
    "Decision",
    "DocumentReader",
    "DocumentWriter",
    "GraphReader",
    "GraphStore",
    "Identity",
    "Ledger",
    "Match",
    "Outcome",
    "ReadDocument",
    "SourceState",
    "Table",
    "Vectors",
]

Vectors = npt.NDArray[np.float32]
"""``(chunks, dimensions)``, rows of unit length."""


class Outcome(enum.StrEnum):
    """What a commit did."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class SourceState:
    """A file as it was when everything in it was committed, and the models that read it."""

    uri: str
    sha256: str
    """Of the file's bytes."""
    extractor: str
    embedder: str
    modified: float = 0.0
    """Seconds since 1970, as the file system tells; 0 where nothing does."""
    size: int = 0
    """Of the file, in bytes."""
    documents: int = 1
    """How many there are in it."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a query gives. Values are plain: nodes and relationships are mappings of their properties."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool = False
    """Whether there were more rows than asked for."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types: one mapping a row."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"columns": list(self.columns), "rows": rows, "is_cut": self.is_cut}


@dataclass(frozen=True, slots=True, eq=False)
class ReadDocument:
    """A document as the models read it: its chunks, with a vector and an extraction each, in order.

    Raises:
        ValueError: chunks, extractions and vectors differ in number.
    """

    document: Document
    chunks: Sequence[Chunk]
    extractions: Sequence[Extraction]
    vectors: Vectors
    source: str | None = None
    """The file it came from, if it is one of several documents in it."""

    def __post_init__(self) -> None:
        if not len(self.chunks) == len(self.extractions) == len(self.vectors):
            raise ValueError(
                f"{len(self.chunks)} chunks, {len(self.extractions)} extractions, {len(self.vectors)} vectors: "
                "not as many of each."
            )

    @property
    def file(self) -> str:
        """The file it came from."""
        return self.source or self.document.uri

    @property
    def extractor(self) -> str:
        """What read it; empty for a document without chunks, which nothing did."""
        return self.extractions[0].extractor if self.extractions else ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided of the graph. It holds until it is undone, also for documents that come later."""

    id: str
    kind: str
    """``merge``: ``name`` is ``other_name``. ``link``: it is the entry ``value`` of a catalogue, ``other_name``; where
    ``documents`` are named, in these. ``separate``: ``name`` is not what other documents define it as.
    ``split``: in ``documents``, ``name`` is another thing of that name. ``apart``: the two are two.
    ``reject``: it is wrong that ``name`` is in the relation ``value`` to ``other_name``. ``retype``: ``name`` is a
    ``value``."""
    key: str
    other: str
    documents: tuple[str, ...]
    name: str
    other_name: str
    score: float | None
    """Of the pair, where it was proposed; of a link, by what it rests on."""
    reason: str
    decided_by: str
    decided_at: str
    """ISO 8601, UTC."""
    undone_at: str = ""
    value: str = ""
    """The predicate, the type or the entry that it is about."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entity that is called nearly as was asked."""

    entity: Entity
    name: str
    """The one of its names that is nearest."""
    score: float
    """The share of letters that are right, 0 to 1."""

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types."""
        return to_dict(self)


class Identity(Protocol):
    """Decisions on who is who. Each is one transaction, logged, and can be undone in any order.

    The graph is a function of the documents and of the decisions in force: without a document, or once a decision is
    undone, it is as if that had never been.
    """

    def merge(self, keep: str, other: str, *, reason: str = "", by: str = "", score: float | None = None) -> Decision:
        """The entity ``other`` is the entity ``keep``: all its mentions and triples are that one's.

        Raises:
            NotFound: one of the two ids is not there.
            QueryError: they are one entity, or were decided to be two.
        """
        ...

    def split(self, entity_id: str, documents: Sequence[str], *, reason: str = "", by: str = "") -> Decision:
        """What these documents mention under the entity's names is another thing of the same name.

        Raises:
            NotFound: the entity is not there.
            QueryError: none of the documents mentions it, or there is no other that does.
        """
        ...

    def separate(self, entity_id: str, alias: str, *, reason: str = "", by: str = "") -> Decision:
        """The alias is not a name of this entity, but in the very documents that define it so.

        Raises:
            NotFound: the entity is not there, or has no such alias.
            QueryError: the alias is its own name, which only ``split`` takes from it.
        """
        ...

    def keep_apart(self, a: str, b: str, *, reason: str = "", by: str = "") -> Decision:
        """The two entities are two, and are not proposed as one again; ``NotFound`` if one is not there."""
        ...

    def linkable(self, catalogue: Catalogue) -> Linkable:
        """What ``link`` would decide, and the names that the catalogue has and cannot tell apart."""
        ...

    def link(self, catalogue: Catalogue) -> list[Decision]:
        """Names that a catalogue has are what it says, each by a decision of its own; the new ones, in one transaction.

        A name is linked once: where that was undone it is not linked again. What a person has decided of a name or of
        a pair goes before, and so does what documents define. Names of one entry are one entity; two entries are two.
        """
        ...

    def links(self, entity_id: str) -> list[Decision]:
        """The links in force that the entity's names have to catalogues; ``NotFound`` if there is no such entity."""
        ...

    def reject(self, triple_id: str, *, reason: str = "", by: str = "") -> Decision:
        """The fact is wrong: what is read of it, under the names that its ends have now, is kept out of the graph and
        stands among ``rejected``; ``NotFound`` if there is no such triple."""
        ...

    def retype(self, entity_id: str, type: str, *, reason: str = "", by: str = "") -> Decision:
        """The entity is of this type, whatever is read. Its identity stays.

        Raises:
            NotFound: the entity is not there.
            QueryError: it is of this type, or the type is no word.
        """
        ...

    def undo(self, decision_id: str) -> Decision:
        """The decision holds no longer.

        Raises:
            NotFound: there is no such decision.
            QueryError: it was undone before.
        """
        ...

    def decisions(self) -> list[Decision]:
        """All, the latest first, those that were undone included."""
        ...


class Constrained(Protocol):
    """What facts may join, for this store."""

    def constrain(self, constraints: Mapping[str, Constraint]) -> int:
        """Put these, by predicate, in place of those in force; how many evidences they keep out. One transaction.

        The graph is as if all its documents had come after them.
        """
        ...

    def constraints(self) -> dict[str, Constraint]:
        """Those in force."""
        ...

    def rejected(self, limit: int | None = 100) -> list[Rejected]:
        """What they and the decisions of ``reject`` keep out, by predicate and document."""
        ...


class DocumentWriter(Protocol):
    """Changes the store. Every method is one transaction: all of it happens, or nothing. One process writes at a time.

    All raise ``WorkspaceError`` where the disk is full or the store cannot be written, ``WorkspaceLocked`` where
    another process holds it for too long; nothing has changed then.
    """

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
        """Store the document, its chunks with ``vectors`` (a row each) and what was read in each (in their order).

        Other content at the same ``document.uri`` is taken out. Content that is there already under another
        address is not stored twice; the address is noted, and the content stays until its last address has gone. Read
        again by other models, the document's old chunks and facts are replaced. ``source`` names the file it came
        from, if it is one of several documents in it.

        Raises:
            ValueError: chunks, extractions and vectors differ in number, or an offset lies outside the text.
        """
        ...

    def commit_all(self, read: Iterable[ReadDocument], embedder_name: str) -> list[Outcome]:
        """What was done with each: the store is as if they had been committed one after the other, but sooner.

        All of it is one transaction, however many come out of the iterable, which is asked for few at a time.
        Raises as ``commit`` does; nothing has changed then.
        """
        ...

    def keep(self, document: Document, extractor: str, embedder_name: str, *, source: str | None = None) -> bool:
        """Whether this content is there as these models read it; if so its address is noted like a commit's."""
        ...

    def delete(self, document_id: str) -> Deleted:
        """Take a document out, whatever its addresses, with every fact that has no other evidence. Says what went.

        Raises:
            NotFound: there is no such document.
        """
        ...

    def generation(self) -> int:
        """A number that changes with every change, by whatever process."""
        ...


class Ledger(Protocol):
    """Remembers which files are in the store completely, so that a run goes on where the last one stopped."""

    def source(self, uri: str) -> SourceState | None:
        """The file as it was when all of it was ingested; None if it never was, or a document of it was deleted."""
        ...

    def complete(self, state: SourceState, document_uris: Sequence[str]) -> int:
        """Note that the file's documents are those at ``document_uris``; how many others of it were taken out.

        One transaction, like a write of ``DocumentWriter``.
        """
        ...


class DocumentReader(Protocol):
    """Documents and chunks."""

    def documents(self) -> list[StoredDocument]:
        """All, in the order of their addresses."""
        ...

    def document(self, document_id: str) -> Document:
        """One with its text; ``NotFound`` if there is none."""
        ...

    def chunk(self, chunk_id: str) -> Chunk:
        """One; ``NotFound`` if there is none. ``chunk.text == document.text[chunk.start:chunk.end]``."""
        ...

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """Those of the ids that are there, in the order of the ids."""
        ...

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """A document's chunks in the order of its text; ``NotFound`` if there is no such document."""
        ...

    def chunk_ids(self) -> list[str]:
        """Of all chunks, document by document."""
        ...

    def titles(self) -> dict[str, str]:
        """Each chunk's document's title, document by document."""
        ...

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """``(len(ids), dimensions)`` in the order of the ids, in half precision; ``NotFound`` if one is not there."""
        ...

    def embedders(self) -> list[str]:
        """The distinct names of the embedders that made the vectors."""
        ...


class GraphReader(Protocol):
    """Entities, triples and their evidence."""

    def entity(self, entity_id: str) -> Entity:
        """One; ``NotFound`` if there is none."""
        ...

    def entities(self, ids: Sequence[str] | None = None) -> Iterator[Entity]:
        """Those of the ids that are there, in their order; all, in the order of ids, for None."""
        ...

    def entity_names(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """The id, type and names of every entity, its own name first, in the order of ids: less to read than
        ``entities``."""
        ...

    def find(self, name: str, limit: int = 10) -> list[Entity]:
        """Entities by name or alias: equal names first, then beginnings, then parts; the more often mentioned first."""
        ...

    def similar(self, name: str, limit: int = 10) -> list[Match]:
        """Entities with a name that is spelt nearly so, the nearest first, then the more often mentioned.

        Upper and lower case, marks on letters, and traditional and simplified characters are alike; one letter may be
        wrong from three letters or two Chinese characters on, two from six. A name's words may be asked for alone.
        """
        ...

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
        """Those that match everything given, best supported first, at most ``limit`` (None: all).

        ``during``: some evidence says that it held on a day of the period. ``as_of``: some evidence was in the store
        by then, ISO 8601 in UTC, of any precision. Given both, it is one and the same evidence.
        """
        ...

    def all_triples(self, predicate: str | None = None) -> Iterator[Triple]:
        """All, or all of a predicate, read piece by piece, in an order of the store's own."""
        ...

    def events(
        self,
        *,
        entity: str | None = None,
        type: str | None = None,
        during: Period | None = None,
        modality: Modality | None = Modality.ASSERTED,
        limit: int | None = 100,
    ) -> list[StoredEvent]:
        """Events that match everything given, by their first day, those without one last; at most ``limit``.

        ``entity`` takes part in it; ``during``: a day of its time is one of the period; ``modality`` None: whatever it
        is.
        """
        ...

    def all_events(self) -> Iterator[StoredEvent]:
        """All, whatever their modality, read piece by piece, in the order of ids."""
        ...

    def evidence(self, target_id: str, limit: int = 100) -> list[Evidence]:
        """What supports a triple, tells of an event or mentions an entity, the surest first; empty if it is not there.

        ``quote == document.text[start:end]``, always. Ids are made from content.
        """
        ...

    def neighbours(self, entity_id: str, hops: int = 1, limit: int = 50) -> list[Neighbour]:
        """At most ``limit`` entities within ``hops`` triples in either direction, nearest first, then best supported.

        ``NotFound`` if there is no such entity.
        """
        ...

    def path(self, start: str, end: str, max_hops: int = 6) -> Path | None:
        """A shortest path along triples in either direction, or None; ``NotFound`` if one of the two is not there."""
        ...

    def statistics(self) -> Statistics:
        """How much there is."""
        ...


class ChunkGraph(Protocol):
    """Joins chunks to the graph."""

    def entities_of_chunks(self, chunk_ids: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the entities that each chunk mentions, in the order of the text; chunks without are not in it."""
        ...

    def triples_of_chunks(self, chunk_ids: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the triples that each chunk supports, in the order of the text; chunks without are not in it."""
        ...


@runtime_checkable
class CypherReader(Protocol):
    """A store that understands Cypher. Not every store does."""

    def cypher(self, query: str, parameters: Mapping[str, Any], limit: int, seconds: float) -> Table:
        """At most ``limit`` rows of a query that reads, within ``seconds``. The query may be a stranger's.

        Raises:
            QueryError: it is wrong, would change something or reach beyond the graph, or takes longer.
        """
        ...


class ClosingCypherReader(CypherReader, Protocol):
    """One that holds files of its own."""

    def close(self) -> None:
        """Release them."""
        ...


class GraphStore(DocumentWriter, Identity, Constrained, Ledger, DocumentReader, GraphReader, ChunkGraph, Protocol):
    """All of it. What opens one closes it."""

    def close(self) -> None:
        """Release files. Everything committed is on disk already."""
        ...
