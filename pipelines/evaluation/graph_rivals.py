"""Writing to Neo4j beside the writers of langchain-neo4j and neo4j-graphrag: same facts, same server, same run.

python -m kgqa.pipelines.evaluation.graph_rivals --facts 20000 --documents 2000 --rounds 3       (``make bench-rivals``)

NEO4J_URI and so on name a server with APOC, which the others need (``make neo4j NEO4J_ARGS="--apoc --large"``), and an
empty database, which is emptied again before each turn. The writers take turns, in another order each round, so what
else the machine does falls on all; what counts is the ratio to ours in the same round. Each is used as its
documentation does: langchain's with ``baseEntityLabel``, graphrag's once a document, and beside it once with a single
graph that was merged beforehand. Each then writes the same again: what its graph holds must not change. A writer that
goes by documents stops after ``--most`` seconds; its time is then that of the documents it wrote, by their share.

Indexes that a database gets once are made before our turn. Ours is measured twice: entities and facts, which is what
the others write, and all of a workspace: documents, chunks with vectors, mentions, too. It reads them from the record,
which was filled before.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import neo4j

from kgqa.connectors.neo4j import Address, Neo4jStore, open_store
from kgqa.connectors.neo4j.changes import facts_between
from kgqa.errors import WorkspaceError
from kgqa.graph import EmbeddedStore
from kgqa.pipelines.evaluation.graph import EMBEDDER, documents, read

__all__ = ["Fact", "Turn", "Writer", "facts_of", "flatness", "measure", "ours", "summary", "writers"]

ALL, SAME, ONE_GRAPH = "ours, all of a workspace", "ours, entities and facts", "graphrag, one merged graph"
LANGCHAIN, GRAPHRAG = "langchain-neo4j", "graphrag, once a document"


@dataclass(frozen=True, slots=True)
class Fact:
    """One of a document."""

    document: int
    subject: str
    predicate: str
    object: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One writer in one round."""

    round: int
    writer: str
    seconds: float
    share: float
    """Of the documents that were written; less than 1 where the time was up."""
    nodes: int
    relationships: int
    nodes_again: int
    """After the same was written once more."""
    relationships_again: int


Writer = Callable[[], float]
"""Writes the facts; may be called again. The share of the documents that it came to."""


def facts_of(facts: int, count: int) -> list[Fact]:
    """The facts of ``kgqa.pipelines.evaluation.graph.documents``, by document."""
    made = documents(facts, count, people=max(10, facts * 3 // 10))
    return [
        Fact(number, extraction.mentions[r.head].text, r.type, extraction.mentions[r.tail].text)
        for number, (*_, extraction) in enumerate(made)
        for r in extraction.relations
    ]


# --- the writers ------------------------------------------------------------------------------------------------------


def ours(store: Neo4jStore, *, everything: bool) -> Writer:
    """Tells the server of what the record holds: all of it, or entities and facts alone."""

    def write() -> float:
        outbox = store.projection.outbox
        outbox.restart()
        if not everything:
            with store.database.writing(counted=False) as connection:
                connection.execute("DELETE FROM outbox WHERE kind NOT IN ('entity', 'triple')")
        store.projection.catch_up()
        return 1.0

    return write


def langchain(address: Address, facts: Sequence[Fact]) -> Writer:
    """``Neo4jGraph.add_graph_documents``."""
    from langchain_core.documents import Document
    from langchain_neo4j import Neo4jGraph
    from langchain_neo4j.graphs.graph_document import GraphDocument, Node, Relationship

    made = []
    for number, own in _by_document(facts).items():
        nodes = {name: Node(id=name, type="Person") for fact in own for name in (fact.subject, fact.object)}
        relationships = [
            Relationship(source=nodes[f.subject], target=nodes[f.object], type=f.predicate, properties={"sure": 0.9})
            for f in own
        ]
        source = Document(page_content=f"Report {number}.")
        made.append(GraphDocument(nodes=list(nodes.values()), relationships=relationships, source=source))

    def write() -> float:
        graph = Neo4jGraph(address.uri, address.user, address.password, database=address.database)
        graph.add_graph_documents(made, baseEntityLabel=True)
        graph.close()
        return 1.0

    return write


def graphrag(driver: neo4j.Driver, facts: Sequence[Fact], *, merged: bool, most: float) -> Writer:
    """``Neo4jWriter.run``, once a document, for ``most`` seconds at most, or once with one graph of all."""
    from neo4j_graphrag.components.kg_writer import Neo4jWriter
    from neo4j_graphrag.components.types import Neo4jGraph, Neo4jNode, Neo4jRelationship

    graphs = []
    for own in [facts] if merged else _by_document(facts).values():
        names = dict.fromkeys(name for fact in own for name in (fact.subject, fact.object))
        nodes = [Neo4jNode(id=name, label="Person", properties={"name": name}) for name in names]
        relationships = [
            Neo4jRelationship(start_node_id=f.subject, end_node_id=f.object, type=f.predicate, properties={"sure": 0.9})
            for f in own
        ]
        graphs.append(Neo4jGraph(nodes=nodes, relationships=relationships))

    async def write() -> float:
        writer = Neo4jWriter(driver)
        started = time.perf_counter()
        for number, graph in enumerate(graphs):
            if time.perf_counter() - started > most:
                return number / len(graphs)
            done = await writer.run(graph)
            if done.status != "SUCCESS":
                raise WorkspaceError(f"neo4j-graphrag failed: {done.metadata}. It needs APOC on the server.")
        return 1.0

    return lambda: asyncio.run(write())


def _by_document(facts: Sequence[Fact]) -> dict[int, list[Fact]]:
    found: dict[int, list[Fact]] = {}
    for fact in facts:
        found.setdefault(fact.document, []).append(fact)
    return found


def writers(store: Neo4jStore, facts: Sequence[Fact], most: float) -> dict[str, Writer]:
    """All of them by name, those of packages that are not installed left out; see ``graphrag`` for ``most``."""
    made: dict[str, Writer] = {SAME: ours(store, everything=False), ALL: ours(store, everything=True)}
    try:
        made[LANGCHAIN] = langchain(store.address, facts)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"langchain-neo4j is not measured: {error}.\n")
    try:
        made[GRAPHRAG] = graphrag(store.driver, facts, merged=False, most=most)
        made[ONE_GRAPH] = graphrag(store.driver, facts, merged=True, most=most)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"neo4j-graphrag is not measured: {error}.\n")
    return made


# --- the rounds -------------------------------------------------------------------------------------------------------


def measure(facts: int, count: int, rounds: int, most: float) -> Iterator[Turn]:
    """The turns of all writers, as they come."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ws" / "store.sqlite"
        path.parent.mkdir()
        with EmbeddedStore.open(path) as record:
            record.commit_all(read(facts, count), EMBEDDER)
        store = open_store(path, "neo4j://")
        try:
            made = writers(store, facts_of(facts, count), most)
            names = list(made)
            for number in range(rounds):
                for name in names[number % len(names) :] + names[: number % len(names)]:
                    yield _turn(store, number, name, made[name])
        finally:
            _wipe(store)
            store.release()


def _turn(store: Neo4jStore, number: int, name: str, write: Writer) -> Turn:
    _empty(store)
    started = time.perf_counter()
    share = write()
    seconds = time.perf_counter() - started
    first = _counts(store)
    if share == 1.0:
        write()
    return Turn(number, name, seconds, share, *first, *_counts(store))


def _empty(store: Neo4jStore) -> None:
    """Neither nodes nor what another writer has made of indexes; our own schema, which a database gets once."""
    _wipe(store)
    store.projection.found()


def _wipe(store: Neo4jStore) -> None:
    with store.driver.session(database=store.address.database) as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS").consume()
        for record in session.run("SHOW CONSTRAINTS YIELD name").data():
            name = record["name"].replace("`", "``")
            session.run(neo4j.Query(f"DROP CONSTRAINT `{name}`")).consume()
        for record in session.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'").data():
            session.run(neo4j.Query(f"DROP INDEX `{record['name']}`")).consume()
    store.projection.schema.forget()


def _counts(store: Neo4jStore) -> tuple[int, int]:
    query = "MATCH (n) WHERE NOT n:Workspace RETURN count(n) AS n UNION ALL MATCH ()-[r]->() RETURN count(r) AS n"
    nodes, relationships = (r["n"] for r in store.driver.execute_query(query, database_=store.address.database).records)
    return nodes, relationships


def summary(turns: Sequence[Turn], facts: int) -> Iterator[str]:
    """A line for each writer: facts a second, how many times slower than ours, and what a second pass changed.

    That of a writer that was stopped is reckoned from the share that it had written.
    """
    by_round: dict[int, dict[str, Turn]] = {}
    for turn in turns:
        by_round.setdefault(turn.round, {})[turn.writer] = turn
    for name in dict.fromkeys(turn.writer for turn in turns):
        own = [turn for turn in turns if turn.writer == name]
        speed = statistics.median(facts * turn.share / turn.seconds for turn in own)
        ratios = [
            found[name].seconds / found[name].share / found[SAME].seconds
            for found in by_round.values()
            if {name, SAME} <= found.keys()
        ]
        times = (
            f"{statistics.median(ratios):5.2f} times our seconds ({min(ratios):.2f}-{max(ratios):.2f}, n {len(ratios)})"
        )
        last = own[-1]
        grown = (last.nodes_again - last.nodes, last.relationships_again - last.relationships)
        held = f"{last.nodes:,} nodes, {last.relationships:,} relationships; again: {grown[0]:+,} and {grown[1]:+,}"
        if last.share < 1:
            held = f"stopped after {last.share:.0%} of the documents"
        yield f"{name:<28} {speed:>8,.0f} facts/s  {times}  {held}"


def flatness(store: Neo4jStore, facts: int = 30_000) -> list[float]:
    """Facts a second of each 5,000 between one pair of entities, one after the other."""
    _empty(store)
    store.projection.schema.ensure_facts(["R"])
    speeds = []
    with store.driver.session(database=store.address.database) as session:
        session.run("CREATE (:Entity {id: 'a'}), (:Entity {id: 'b'})").consume()
        for batch in facts_between("a", "b", "R", facts):
            started = time.perf_counter()
            session.run(neo4j.Query(batch.statement), rows=batch.rows).consume()
            speeds.append(len(batch.rows) / (time.perf_counter() - started))
    return speeds


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=20_000)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=float, default=600.0, help="seconds of a writer that goes by documents")
    given = parser.parse_args()
    turns = []
    for turn in measure(given.facts, given.documents, given.rounds, given.most):
        turns.append(turn)
        sys.stdout.write(f"round {turn.round + 1}  {turn.writer:<28} {turn.seconds:8.1f} s\n")
        sys.stdout.flush()
    for line in summary(turns, given.facts):
        sys.stdout.write(f"{line}\n")
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "store.sqlite", "neo4j://")
        try:
            speeds = flatness(store)
        finally:
            _wipe(store)
            store.release()
    sys.stdout.write(
        f"30,000 facts between one pair, facts/s of each 5,000: {', '.join(f'{s:,.0f}' for s in speeds)}\n"
    )


if __name__ == "__main__":
    main()
