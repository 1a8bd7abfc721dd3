from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgqa.errors import CorruptIndex, WorkspaceLocked
from kgqa.index import Indexes, Synced
from kgqa.index.dense import FLAT_LIMIT
from kgqa.types import Chunk
from tests.index.memory_store import MemoryStore
from tests.small_models import HashingEmbedder

EMBEDDER = HashingEmbedder()


def opened(folder: Path | None, flat_limit: int = FLAT_LIMIT) -> Indexes:
    return Indexes.open(folder, EMBEDDER.name, EMBEDDER.dimensions, flat_limit=flat_limit)


def store_of(*texts: str) -> MemoryStore:
    store = MemoryStore(EMBEDDER)
    for text in texts:
        store.put(text)
    return store


def found(indexes: Indexes, question: str) -> tuple[set[str], set[str]]:
    dense = indexes.dense.search(EMBEDDER.embed([question]), 50)[0]
    return {hit.id for hit in indexes.lexical.search(question, 50)}, {hit.id for hit in dense}


def test_sync_adds_what_is_missing_and_removes_what_is_gone(tmp_path: Path) -> None:
    store, indexes = store_of("Alpha founded Beta.", "甲公司收购了乙公司。"), opened(tmp_path)
    assert indexes.sync(store) == Synced(added=2)
    assert indexes.sync(store) == Synced()
    gone = store.chunk_ids()[0]
    store.drop(gone)
    store.put("Gamma")
    assert indexes.sync(store) == Synced(added=1, removed=1)
    assert set(indexes.dense.ids()) == set(indexes.lexical.ids()) == set(store.chunk_ids())
    assert gone not in found(indexes, "Alpha Beta")[0] | found(indexes, "Alpha Beta")[1]


def test_open_finds_what_another_run_saved_without_asking_the_store(tmp_path: Path) -> None:
    store = store_of("Alpha founded Beta.")
    opened(tmp_path).sync(store)
    indexes = opened(tmp_path)
    store.chunk_ids = None  # type: ignore[assignment,method-assign]  # would fail if it were called
    indexes.refresh(store)
    assert len(indexes) == 1


def test_refresh_builds_what_is_missing(tmp_path: Path) -> None:
    store, indexes = store_of("Alpha founded Beta."), opened(tmp_path / "index")
    indexes.refresh(store)
    assert found(indexes, "Alpha") == (set(store.chunk_ids()), set(store.chunk_ids()))
    assert (tmp_path / "index" / "dense.json").exists()


def test_refresh_takes_over_a_newer_save_of_another_writer(tmp_path: Path) -> None:
    store, reader, writer = store_of("Alpha"), opened(tmp_path), opened(tmp_path)
    reader.refresh(store)
    store.put("Beta")
    writer.sync(store)
    store.chunks = None  # type: ignore[assignment,method-assign]  # the reader must not build anything itself
    reader.refresh(store)
    assert set(reader.dense.ids()) == set(reader.lexical.ids()) == set(store.chunk_ids())


def test_refresh_indexes_in_memory_while_another_process_writes(tmp_path: Path) -> None:
    store, indexes = store_of("Alpha", "Beta"), opened(tmp_path)
    with FileLock(tmp_path / "index.lock"):
        with pytest.raises(WorkspaceLocked, match="Another process is writing"):
            indexes.sync(store, wait=0)
        indexes.refresh(store)
        store.put("Gamma")
        indexes.refresh(store)
        assert len(indexes) == 3 and len(indexes.lexical) == 3
        assert not (tmp_path / "dense.json").exists()
    store.put("Delta")
    indexes.refresh(store)
    assert len(opened(tmp_path)) == 4


def test_refresh_of_a_folder_that_cannot_be_made_indexes_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    indexes = opened(tmp_path / "file" / "index")
    indexes.refresh(store_of("Alpha"))
    assert len(indexes) == 1


@pytest.mark.parametrize("part", ["dense-1.faiss", "dense-1.ids", "dense.json", "index.json", "lexical/meta.json"])
def test_torn_files_are_built_again(tmp_path: Path, part: str) -> None:
    store = store_of("Alpha", "Beta", "伽马")
    opened(tmp_path).sync(store)
    path = tmp_path / part
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    indexes = opened(tmp_path)
    indexes.refresh(store)
    assert found(indexes, "伽马") == ({store.chunk_ids()[2]}, set(store.chunk_ids()))
    again = opened(tmp_path)
    assert set(again.dense.ids()) == set(again.lexical.ids()) == set(store.chunk_ids())


def test_sync_reports_that_it_built_torn_files_again(tmp_path: Path) -> None:
    store = store_of("Alpha")
    opened(tmp_path).sync(store)
    (tmp_path / "dense-1.faiss").unlink()
    assert opened(tmp_path).sync(store) == Synced(added=1, rebuilt=True)


def test_a_sync_that_was_cut_short_is_finished_by_the_next(tmp_path: Path) -> None:
    store, indexes = store_of("Alpha"), opened(tmp_path)
    indexes.sync(store)
    store.drop(store.chunk_ids()[0])
    store.put("Beta")
    indexes._sync_dense = None  # type: ignore[assignment,method-assign]  # a crash between the two
    indexes._sync_lexical(store, store.chunk_ids())
    next_run = opened(tmp_path)
    next_run.refresh(store)
    assert next_run.dense.ids() == next_run.lexical.ids() == store.chunk_ids()


def test_a_failed_sync_leaves_nothing_behind_in_memory(tmp_path: Path) -> None:
    store, indexes = store_of("Alpha"), opened(tmp_path)
    read, store.chunks = store.chunks, _interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        indexes.sync(store)
    store.chunks = read  # type: ignore[method-assign]
    assert indexes.sync(store).added == 1
    assert indexes.dense.ids() == indexes.lexical.ids() == store.chunk_ids()


def _interrupted(ids: Sequence[str]) -> list[Chunk]:
    raise KeyboardInterrupt


def test_vectors_of_another_embedder_are_refused_with_the_command(tmp_path: Path) -> None:
    store = store_of("Alpha")
    opened(tmp_path).sync(store)
    other = Indexes.open(tmp_path, "other@2", EMBEDDER.dimensions)
    with pytest.raises(CorruptIndex, match=r"'hashing@1'.*'other@2'.*kgqa ingest DOCUMENTS"):
        other.refresh(store)


def test_a_large_index_is_laid_out_by_its_size_and_back(tmp_path: Path) -> None:
    store, indexes = store_of(*(f"Text number {n} 第{n}段" for n in range(60))), opened(tmp_path, flat_limit=40)
    indexes.sync(store)
    assert indexes.dense.suits(60) and not indexes.dense.suits(20)
    for id in store.chunk_ids()[10:]:
        store.drop(id)
    indexes.sync(store)
    assert set(opened(tmp_path, flat_limit=40).dense.ids()) == set(store.chunk_ids())
    assert indexes.dense.suits(1)


words = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=7)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words)
def test_any_history_leaves_the_indexes_of_a_fresh_build(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[bool, int]]
) -> None:
    store, indexes = MemoryStore(EMBEDDER), opened(tmp_path_factory.mktemp("index"))
    ids: dict[int, str] = {}
    for adding, number in history:
        if adding:
            ids[number] = store.put(f"Fact {number} 事实{number}")
        elif number in ids:
            store.drop(ids.pop(number))
        indexes.sync(store)
    fresh = opened(None)
    fresh.sync(store)
    for question in ("Fact 3", "事实5"):
        assert found(indexes, question) == found(fresh, question)


WRITER = """
import sys
from pathlib import Path
from tests.index.test_indexes import opened, store_of
indexes, store = opened(Path(sys.argv[1])), store_of()
for number in range(8):
    store.put(f"Text number {number}")
    indexes.sync(store)
"""


@pytest.mark.integration
def test_a_reader_never_sees_a_torn_index_while_another_process_saves(tmp_path: Path) -> None:
    whole = store_of(*(f"Text number {n}" for n in range(8)))
    seen: set[int] = set()
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) as writer:
        while writer.poll() is None:
            indexes = opened(tmp_path)
            seen.add(-1 if indexes._torn else len(indexes))
            time.sleep(0.02)
    assert writer.returncode == 0
    assert len(seen) > 2 and seen <= set(range(9))
    assert set(opened(tmp_path).lexical.ids()) == set(whole.chunk_ids())
