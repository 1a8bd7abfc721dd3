"""Many documents at once leave a store as one after the other do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kgqa.graph import EmbeddedStore, Outcome, ReadDocument, bulk
from kgqa.types import Extraction, Mention, Relation
from tests.graph.content import add, dump, read, rows
from tests.graph.test_uningest import ADDRESSES, KINDS, Decide, texts

ADDED = [*ADDRESSES, *(f"{number}.txt" for number in range(12))]
many = st.lists(st.tuples(st.sampled_from(ADDED), texts), max_size=20)
decided = st.lists(st.builds(Decide, st.sampled_from(KINDS[:4]), st.integers(0, 7), st.integers(0, 7)), max_size=3)
EMBEDDER = "letters@1"
SAYING = "Ada Byron founded Byte Labs. "
TWICE_IN_TWO_BATCHES = [
    *(
        ("b.txt", "ada Byron met BYTE Labs."),
        ("c.txt", SAYING),
        ("d.txt", SAYING * 3),
        ("0.txt", "Byron left Byte Labs."),
    ),
    *(("1.txt", SAYING * 4), ("a.txt", SAYING * 2), ("a.txt", SAYING * 2)),
]


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of a few documents, so that a small load goes every way that a large one does."""
    monkeypatch.setattr(bulk, "LOOKED_UP", 6)
    monkeypatch.setattr(bulk, "PIECE", 12)
    monkeypatch.setattr(bulk, "APPLIED", 10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        yield store


def schema(store: EmbeddedStore) -> set[tuple[str, str]]:
    return set(store.database.connection().execute("SELECT name, sql FROM sqlite_master WHERE sql <> ''"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(there=st.lists(st.tuples(st.sampled_from(ADDRESSES), texts), max_size=4), decisions=decided, documents=many)
@example(there=[], decisions=[], documents=TWICE_IN_TWO_BATCHES)
def test_at_once_is_as_one_by_one(
    small_pieces: None,
    tmp_path_factory: pytest.TempPathFactory,
    there: list[tuple[str, str]],
    decisions: list[Decide],
    documents: list[tuple[str, str]],
) -> None:
    folder = tmp_path_factory.mktemp("stores")
    with EmbeddedStore.open(folder / "one.sqlite") as one, EmbeddedStore.open(folder / "all.sqlite") as all_at_once:
        for store in (one, all_at_once):
            for uri, text in there:
                add(store, text, uri, size=60)
            for decision in decisions:
                decision.on(store)
        before = schema(all_at_once)
        outcomes = [add(one, text, uri, size=60) for uri, text in documents]
        assert all_at_once.commit_all((read(text, uri, size=60) for uri, text in documents), EMBEDDER) == outcomes
        assert rows(all_at_once) == rows(one) and dump(all_at_once) == dump(one)
        listed, expected = ([replace(d, added_at="") for d in store.documents()] for store in (all_at_once, one))
        assert listed == expected
        assert all_at_once.database.connection().execute("PRAGMA foreign_key_check").fetchall() == []
        assert schema(all_at_once) == before == schema(one)


def test_a_large_load_takes_the_indexes_down_and_up_again(store: EmbeddedStore, small_pieces: None) -> None:
    before, seen = schema(store), []

    def stream() -> Iterator[ReadDocument]:
        for number in range(20):
            seen.append(len(schema(store)))
            yield read(f"Ada{number} Byron founded Byte{number} Labs.", f"{number}.txt")

    assert store.commit_all(stream(), EMBEDDER) == [Outcome.ADDED] * 20
    assert min(seen) == len(before) - len(bulk.INDEXES) and schema(store) == before
    assert store.statistics().triples == 20 and store.generation() == 1


def test_a_document_that_fails_leaves_the_store_as_it_was(store: EmbeddedStore, small_pieces: None) -> None:
    add(store, "Ada Byron founded Byte Labs.")
    before, generation, indexes = dump(store), store.generation(), schema(store)
    good = [read(f"Ada Byron met Charles{number} Babbage.", f"{number}.txt") for number in range(10)]
    (piece,) = good[-1].chunks
    outside = Extraction(piece.id, (Mention(5, 500, "x", "Person"),), extractor="small@1")
    dangling = Extraction(piece.id, (), (Relation(0, 1, "MET", 0, 5),), extractor="small@1")
    for extraction in (outside, dangling):
        bad = ReadDocument(good[-1].document, [piece], [extraction], good[-1].vectors)
        with pytest.raises(ValueError):
            store.commit_all([*good[:-1], bad], EMBEDDER)
        assert dump(store) == before and store.generation() == generation and schema(store) == indexes
    assert store.database.connection().execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_numbers_that_differ_are_refused() -> None:
    whole = read("Ada Byron founded Byte Labs.")
    with pytest.raises(ValueError, match="1 chunks, 0 extractions, 1 vectors"):
        ReadDocument(whole.document, whole.chunks, [], whole.vectors)


def test_a_process_that_dies_in_a_load_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from kgqa.graph import EmbeddedStore, bulk\n"
        "from tests.graph.content import read\n"
        "bulk.PIECE, bulk.LOOKED_UP = 12, 6\n"
        "def stream():\n"
        "    for number in range(40):\n"
        "        yield read(f'Ada{number} Byron founded Byte Labs.', f'{number}.txt')\n"
        "    os._exit(9)\n"
        "with EmbeddedStore.open(Path(sys.argv[1])) as store: store.commit_all(stream(), 'letters@1')\n"
    )
    with EmbeddedStore.open(path) as store:
        add(store, "Ada Byron founded Byte Labs.")
        before, indexes = dump(store), schema(store)
    assert subprocess.run([sys.executable, "-c", code, path]).returncode == 9
    with EmbeddedStore.open(path) as store:
        assert dump(store) == before and schema(store) == indexes
        add(store, "Byte Labs hired Charles Babbage.", "b.txt")
        assert store.statistics().triples == 2
