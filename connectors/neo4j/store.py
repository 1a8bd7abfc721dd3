"""A workspace whose graph is in Neo4j.

Documents, evidence, decisions and the ledger stay in the workspace's SQLite file, the record, so that a document
commits in one transaction. Neo4j is brought in step with it: after every ``FLUSH_AT`` changes, before the graph is
read, when the store is opened, and when it is closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import neo4j

from kgqa.connectors.neo4j.address import Address
from kgqa.connectors.neo4j.changes import ROWS
from kgqa.connectors.neo4j.connection import connect
from kgqa.connectors.neo4j.cypher import read_cypher
from kgqa.connectors.neo4j.projection import Projection
from kgqa.connectors.neo4j.reads import Neo4jEdges, Neo4jGraph
from kgqa.graph import EmbeddedStore, Outcome, SourceState, graph_rows, walk
from kgqa.graph.database import Database
from kgqa.graph.periods import Period
from kgqa.graph.store import Table, Vectors
from kgqa.types import Chunk, Deleted, Document, Entity, Extraction, Neighbour, Triple
from kgqa.types import Path as GraphPath

__all__ = ["Neo4jStore", "open_store"]

FLUSH_AT = ROWS
_PAGE = 5_000


def open_store(path: Path, address: str) -> Neo4jStore:
    """The store in the file ``path`` with its graph at ``address``, such as ``neo4j://host:7687/database``.

    Raises:
        ConfigError: the address or the credentials are wrong.
        WorkspaceError: no server answers there, it is too old or holds another graph, or the file is no store.
    """
    target = Address.parse(address)
    record = EmbeddedStore.open(path)
    try:
        driver = connect(target)
    except BaseException:
        record.close()
        raise
    store = Neo4jStore(record.database, driver, target)
    try:
        if not record.database.read_only:
            store.projection.open()
    except BaseException:
        store.release()
        raise
    return store


class Neo4jStore(EmbeddedStore):
    """The record, with the questions to the graph answered by Neo4j; ``kgqa.graph.store`` says what each method does.

    A write is durable in the record even if it raises because the server is gone: the graph follows when it is back.
    """

    def __init__(self, database: Database, driver: neo4j.Driver, address: Address) -> None:
        super().__init__(database)
        self.driver = driver
        self.address = address
        self.projection = Projection(database, driver, address, database.path.parent.name)
        self._graph = Neo4jGraph(driver, address)

    def close(self) -> None:
        """Bring Neo4j in step, and release file and connections."""
        try:
            if not self.database.read_only:
                self.projection.catch_up()
        finally:
            self.release()

    def release(self) -> None:
        """Close without writing: what waits is written when the workspace is opened again."""
        self.driver.close()
        super().close()

    # --- writes: the record first -------------------------------------------------------------------------------------

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
        outcome = super().commit(document, chunks, extractions, vectors, embedder_name, source=source)
        self._follow()
        return outcome

    def delete(self, document_id: str) -> Deleted:
        """What went with the document."""
        deleted = super().delete(document_id)
        self._follow()
        return deleted

    def complete(self, state: SourceState, document_uris: Sequence[str]) -> int:
        """How many documents of the file were taken out because it no longer holds them."""
        removed = super().complete(state, document_uris)
        self._follow()
        return removed

    def _follow(self) -> None:
        if self.projection.outbox.holds(FLUSH_AT):
            self.projection.catch_up()

    # --- the graph: from Neo4j ----------------------------------------------------------------------------------------

    @property
    def graph(self) -> Neo4jGraph:
        """The graph, in step with the record."""
        if not self.database.read_only:
            self.projection.catch_up()
        return self._graph

    def entity(self, entity_id: str) -> Entity:
        """One entity."""
        return self.graph.entity(entity_id)

    def entities(self, ids: Sequence[str] | None = None) -> Iterator[Entity]:
        """Those of the ids, or all."""
        graph = self.graph
        if ids is not None:
            yield from graph.entities(ids)
            return
        page = graph.entities_after("", _PAGE)
        while page:
            yield from page
            page = graph.entities_after(page[-1].id, _PAGE) if len(page) == _PAGE else []

    def find(self, name: str, limit: int = 10) -> list[Entity]:
        """By name or alias."""
        return self.graph.find(name, limit)

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
        """Those that match; what asks for times is answered by the evidence, which is in the record."""
        if during is not None or as_of is not None:
            return super().triples(
                subject=subject, predicate=predicate, object=object, ids=ids, limit=limit, during=during, as_of=as_of
            )
        if ids is None:
            return self.graph.matching(subject, predicate, object, limit)
        with self.database.reading() as connection:
            predicates = graph_rows.predicates_of(connection, ids)
        wanted = {"subject": subject, "predicate": predicate, "object": object}
        given = [(name, value) for name, value in wanted.items() if value is not None]
        found = self.graph.by_ids(list(dict.fromkeys(ids)), predicates)
        return [t for t in found if all(getattr(t, name) == value for name, value in given)][:limit]

    def all_triples(self, predicate: str | None = None) -> Iterator[Triple]:
        """All of them, piece by piece."""
        graph = self.graph
        with self.database.reading() as connection:
            wanted = graph_rows.all_predicates(connection) if predicate is None else [predicate]
        for name in wanted:
            page = graph.triples_after(name, "", _PAGE)
            while page:
                yield from page
                page = graph.triples_after(name, page[-1].id, _PAGE) if len(page) == _PAGE else []

    def cypher(self, query: str, parameters: Mapping[str, Any], limit: int, seconds: float) -> Table:
        """At most ``limit`` rows of a query that reads."""
        return read_cypher(self.graph, query, parameters, limit, seconds)

    def neighbours(self, entity_id: str, hops: int = 1, limit: int = 50) -> list[Neighbour]:
        """Entities around one."""
        graph = self.graph
        graph.entity(entity_id)
        return walk.neighbours(Neo4jEdges(graph), entity_id, hops, limit)

    def path(self, start: str, end: str, max_hops: int = 6) -> GraphPath | None:
        """A shortest path."""
        graph = self.graph
        graph.entity(start), graph.entity(end)
        return walk.path(Neo4jEdges(graph), start, end, max_hops)
