"""The figures of the graph on both engines: writing, all at once and again, two hops, deleting, ranks.

python -m kgqa.pipelines.evaluation.graph --facts 20000 --documents 2000 --bulk 200000         (``make bench-graph``)

The embedded store and the ranks are measured in CPU seconds of this process, so that other work on the machine does not
count; Neo4j, which is another process, by the clock. It is measured where NEO4J_URI names a server with an empty
database (``make neo4j``); it holds the facts afterwards.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from kgqa.graph import EmbeddedStore, ReadDocument, algorithms
from kgqa.registry import STORES, load
from kgqa.types import Chunk, Document, Extraction, Mention, Relation, Triple, content_id

__all__ = ["EMBEDDER", "Figure", "documents", "growth", "measure", "read"]

Figure = tuple[str, str, float, str]
"""Engine, what, value, unit."""
PREDICATES = ("WORKS_FOR", "FOUNDED_BY", "LOCATED_IN", "MEMBER_OF", "CREATED_BY")
WALKS = 200
VECTORS = np.ones((1, 384), np.float32)
EMBEDDER = "bench@1"
"""The name of all that made up the figures' documents."""


def documents(facts: int, count: int, people: int, seed: int = 0) -> Iterator[tuple[Document, Chunk, Extraction]]:
    """``count`` documents with ``facts`` facts between ``people`` people, a sentence each."""
    chance = random.Random(seed)
    for number in range(count):
        share = facts * (number + 1) // count - facts * number // count
        text, mentions, relations = f"Report {number}.", [], []
        for _ in range(share):
            start = len(text) + 1
            head, tail = chance.sample(range(people), 2)
            first, second = f"Person{head}x", f"Person{tail}x"
            sentence = f"{first} knows {second}."
            text += f" {sentence}"
            middle = start + len(first) + len(" knows ")
            mentions += [
                Mention(start, start + len(first), first, "Person"),
                Mention(middle, middle + len(second), second, "Person"),
            ]
            ends = (len(mentions) - 2, len(mentions) - 1)
            relations.append(Relation(*ends, chance.choice(PREDICATES), start, start + len(sentence), 0.9))
        document = Document.create(uri=f"{number}.txt", title=f"Report {number}", text=text, language="en")
        chunk = Chunk(content_id("chunk", document.id), document.id, 0, len(text), text, title=document.title)
        yield document, chunk, Extraction(chunk.id, tuple(mentions), tuple(relations), extractor=EMBEDDER)


def measure(facts: int, count: int, bulk: int, edges: int) -> Iterator[Figure]:
    """The figures, as they come.

    ``facts`` in ``count`` documents are committed one by one, ``bulk`` facts and a quarter of them all at once, ten a
    document; ``edges`` are those of the matrix that ranks are computed on.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ws"
        path.mkdir()
        yield from _engine("embedded", path / "store.sqlite", facts, count)
        for size in (bulk // 4, bulk):
            yield from _bulk(path / f"{size}.sqlite", size)
        if os.environ.get("NEO4J_URI"):
            other = Path(folder) / "neo4j"
            other.mkdir()
            yield from _engine("neo4j", other / "store.sqlite", facts, count)
    yield from _ranks(edges)


def _engine(engine: str, path: Path, facts: int, count: int) -> Iterator[Figure]:
    made = list(documents(facts, count, people=_people(facts)))
    store: EmbeddedStore = load(STORES, engine)(path, "embedded" if engine == "embedded" else "neo4j://")
    clock = time.process_time if engine == "embedded" else time.perf_counter
    with store:
        seconds = _timed(lambda: _commit(store, made), clock)
        yield engine, "record", facts / seconds, "facts/s"
        if engine == "neo4j":
            more = _timed(lambda: next(store.entities()), clock)
            yield engine, "record and server", facts / (seconds + more), "facts/s"
        before = (store.statistics(), len(store.triples(limit=None)))
        seconds = _timed(lambda: _commit(store, made), clock)
        yield engine, "second pass", facts / seconds, "facts/s"
        changed = before != (store.statistics(), len(store.triples(limit=None)))
        yield engine, "changed by the second pass", float(changed), "1 if anything"
        yield from _walks(engine, store, clock)
        yield engine, "delete of a document, median", 1000 * statistics.median(_deletes(store, clock)), "ms"


def _bulk(path: Path, facts: int) -> Iterator[Figure]:
    """All at once, out of a stream; the time that it takes to make the stream is taken off."""
    count = max(1, facts // 10)
    making = _timed(lambda: deque(read(facts, count), maxlen=0))
    with EmbeddedStore.open(path) as store:
        seconds = _timed(lambda: store.commit_all(read(facts, count), EMBEDDER)) - making
        yield "embedded", f"{facts:,} facts at once", facts / seconds, "facts/s"
        yield "embedded", f"{facts:,} facts at once, file", path.stat().st_size / 1e6, "MB"
        yield from _walks("embedded", store, time.process_time, f" among {facts:,} facts")


def read(facts: int, count: int) -> Iterator[ReadDocument]:
    """The documents as models would have read them, with a vector each."""
    for document, chunk, extraction in documents(facts, count, _people(facts)):
        yield ReadDocument(document, [chunk], [extraction], VECTORS)


def growth(sizes: Sequence[int], inserted: int = 50) -> Iterator[Figure]:
    """What one more document costs among so many entities, and what taking it out again does: medians, CPU time.

    Half of the people of the documents that come are there already.
    """
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore.open(Path(folder) / "store.sqlite") as store:
        there = 0
        for size in sizes:
            more = size - there
            store.commit_all(_crowd(there, more), EMBEDDER)
            there = size
            entities = store.statistics().entities
            new = list(_crowd(size - 5 * inserted, 10 * inserted, name=f"Extra {size}"))
            times = [_timed(partial(_commit_one, store, item)) for item in new]
            yield "embedded", f"insert among {entities:,} entities, median", 1000 * statistics.median(times), "ms"
            times = [_timed(partial(store.delete, item.document.id)) for item in new]
            yield "embedded", f"delete among {entities:,} entities, median", 1000 * statistics.median(times), "ms"


def _crowd(first: int, count: int, name: str = "Report") -> Iterator[ReadDocument]:
    """Documents of ten people each, who know the one behind them."""
    for start in range(first, first + count, 10):
        text, mentions, relations = f"{name} {start}.", [], []
        for number in range(start, start + 10):
            place = len(text) + 1
            text += f" Person{number}x"
            mentions.append(Mention(place, len(text), text[place:], "Person"))
            if number > start:
                relations.append(Relation(len(mentions) - 2, len(mentions) - 1, "KNOWS", mentions[-2].start, len(text)))
        document = Document.create(uri=f"{name} {start}.txt", title=name, text=text, language="en")
        chunk = Chunk(content_id("chunk", document.id), document.id, 0, len(text), text, title=name)
        extraction = Extraction(chunk.id, tuple(mentions), tuple(relations), extractor=EMBEDDER)
        yield ReadDocument(document, [chunk], [extraction], VECTORS)


def _commit_one(store: EmbeddedStore, item: ReadDocument) -> None:
    store.commit(item.document, item.chunks, item.extractions, item.vectors, EMBEDDER)


def _people(facts: int) -> int:
    return max(10, facts * 3 // 10)


def _walks(engine: str, store: EmbeddedStore, clock: Callable[[], float], where: str = "") -> Iterator[Figure]:
    chance = random.Random(1)
    ids = [entity.id for entity in store.entities()]
    times = [_timed(partial(store.neighbours, chance.choice(ids), 2, 50), clock) for _ in range(WALKS)]
    yield engine, f"two hops{where}, median", 1000 * statistics.median(times), "ms"
    yield engine, f"two hops{where}, p95", 1000 * sorted(times)[int(WALKS * 0.95)], "ms"


def _commit(store: EmbeddedStore, made: list[tuple[Document, Chunk, Extraction]]) -> None:
    for document, chunk, extraction in made:
        store.commit(document, [chunk], [extraction], VECTORS, EMBEDDER)


def _deletes(store: EmbeddedStore, clock: Callable[[], float]) -> list[float]:
    return [_timed(partial(store.delete, document.id), clock) for document in store.documents()[:20]]


def _timed(act: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    started = clock()
    act()
    return clock() - started


def _ranks(edges: int) -> Iterator[Figure]:
    chance = np.random.default_rng(0)
    ends = chance.integers(0, max(2, edges // 5), (edges, 2))
    triples = (Triple("", str(a), "R", str(b), support=1) for a, b in ends.tolist())
    started = time.process_time()
    view = algorithms.view(triples)
    yield "either", f"view of {edges:,} edges", 1000 * (time.process_time() - started), "ms"
    seconds = _timed(lambda: algorithms.pagerank(view, {view.ids[0]: 1.0}))
    yield "either", f"PageRank over {edges:,} edges", 1000 * seconds, "ms"


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=20_000)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--bulk", type=int, default=200_000)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--growth", type=int, nargs="*", default=[1_000, 10_000, 100_000, 1_000_000])
    given = parser.parse_args()
    figures = measure(given.facts, given.documents, given.bulk, given.edges)
    for engine, what, value, unit in itertools.chain(figures, growth(given.growth)):
        sys.stdout.write(f"{engine:<9} {what:<46} {value:>12,.1f} {unit}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
