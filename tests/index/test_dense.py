from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.errors import CorruptIndex, WorkspaceError
from kgqa.index import DenseIndex
from kgqa.index.embedder import Vectors

DIMENSIONS = 8


def unit_vectors(count: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def filled(folder: Path | None, count: int = 20) -> DenseIndex:
    index = DenseIndex.open(folder, DIMENSIONS, embedder="a")
    index.add([f"c{n}" for n in range(count)], unit_vectors(count))
    return index


def test_search_finds_the_vector_itself_first_with_score_one() -> None:
    [hits] = filled(None).search(unit_vectors(20)[7:8], 3)
    assert hits[0].id == "c7" and hits[0].score == pytest.approx(1, abs=1e-3)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_search_gives_no_more_than_there_is_and_only_what_is_allowed() -> None:
    index, query = filled(None), unit_vectors(1)
    assert len(index.search(query, 100)[0]) == 20
    assert {hit.id for hit in index.search(query, 100, allowed={"c3", "c4", "absent"})[0]} == {"c3", "c4"}
    assert index.search(query, 0) == [[]]


def test_search_leaves_the_number_of_threads_as_it_was() -> None:
    import faiss

    before = faiss.omp_get_max_threads()
    filled(None).search(unit_vectors(1), 3)
    assert faiss.omp_get_max_threads() == before


def test_search_of_an_empty_index_finds_nothing() -> None:
    assert DenseIndex.open(None, DIMENSIONS).search(unit_vectors(2), 5) == [[], []]


def test_add_of_a_known_id_replaces_its_vector() -> None:
    index = filled(None)
    index.add(["c0"], unit_vectors(20)[5:6])
    assert len(index) == 20
    assert {hit.id for hit in index.search(unit_vectors(20)[5:6], 2)[0]} == {"c0", "c5"}


def test_add_refuses_vectors_of_other_dimensions() -> None:
    with pytest.raises(CorruptIndex, match="of 4 dimensions"):
        filled(None).add(["x"], np.ones((1, 4), np.float32))


def test_save_and_open_give_the_same_index(tmp_path: Path) -> None:
    saved = filled(tmp_path)
    saved.remove(["c3"])
    saved.save()
    opened = DenseIndex.open(tmp_path, DIMENSIONS, embedder="a")
    assert set(opened.ids()) == set(saved.ids())
    assert opened.search(unit_vectors(2, 9), 5) == saved.search(unit_vectors(2, 9), 5)


def test_save_leaves_one_generation_of_files(tmp_path: Path) -> None:
    index = filled(tmp_path)
    for _ in range(3):
        index.save()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dense-3.faiss", "dense-3.ids", "dense.json"]


def test_save_that_fails_keeps_what_was_saved_before(tmp_path: Path) -> None:
    index = filled(tmp_path)
    index.save()
    index.add(["new"], unit_vectors(1, 5))
    (tmp_path / f".dense.json.{os.getpid()}" / "in the way").mkdir(parents=True)
    with pytest.raises(WorkspaceError, match=r"dense\.json cannot be written"):
        index.save()
    assert "new" not in DenseIndex.open(tmp_path, DIMENSIONS, embedder="a").ids()


@pytest.mark.parametrize("name", ["dense-1.faiss", "dense-1.ids", "dense.json"])
@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_open_reports_torn_files(tmp_path: Path, name: str, kept: float) -> None:
    filled(tmp_path).save()
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with pytest.raises(CorruptIndex):
        DenseIndex.open(tmp_path, DIMENSIONS, embedder="a")


def test_open_reports_a_missing_and_a_changed_file(tmp_path: Path) -> None:
    filled(tmp_path).save()
    path = tmp_path / "dense-1.faiss"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptIndex, match="torn"):
        DenseIndex.open(tmp_path, DIMENSIONS, embedder="a")
    path.unlink()
    with pytest.raises(CorruptIndex, match="cannot be read"):
        DenseIndex.open(tmp_path, DIMENSIONS, embedder="a")


def test_open_refuses_vectors_of_another_embedder(tmp_path: Path) -> None:
    filled(tmp_path).save()
    with pytest.raises(CorruptIndex, match="of 'a', 8 dimensions; the encoder in use is 'b', 8"):
        DenseIndex.open(tmp_path, DIMENSIONS, embedder="b")
    with pytest.raises(CorruptIndex, match="16"):
        DenseIndex.open(tmp_path, 16, embedder="a")


def test_large_index_is_an_inverted_file_that_deletes_and_survives_saving(tmp_path: Path) -> None:
    index = DenseIndex.open(tmp_path, DIMENSIONS, embedder="a", flat_limit=100)
    vectors = unit_vectors(400)
    assert not index.suits(400)
    index.lay_out(400, vectors)
    index.add([f"c{n}" for n in range(400)], vectors)
    assert index.remove(["c1", "c2", "absent"]) == 2
    index.save()
    opened = DenseIndex.open(tmp_path, DIMENSIONS, embedder="a", flat_limit=100)
    assert opened.suits(398) and not opened.suits(100) and not opened.suits(2000)
    found = [hits[0].id for hits in opened.search(vectors, 1)]
    assert found.count("c1") == found.count("c2") == 0
    assert sum(id == f"c{n}" for n, id in enumerate(found)) > 360
    assert [hit.id for hit in opened.search(vectors[9:10], 5, allowed=["c9"])[0]] == ["c9"]


steps = st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 15), max_size=6)), max_size=12)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_any_sequence_of_additions_and_removals_equals_a_fresh_index(sequence: list[tuple[bool, list[int]]]) -> None:
    vectors, index, there = unit_vectors(16), DenseIndex.open(None, DIMENSIONS), set[int]()
    for adding, numbers in sequence:
        names = [f"c{n}" for n in numbers]
        if adding:
            index.add(names, vectors[numbers] if numbers else vectors[:0])
            there.update(numbers)
        else:
            assert index.remove(names) == len(there.intersection(numbers))
            there.difference_update(numbers)
    fresh, left = DenseIndex.open(None, DIMENSIONS), sorted(there)
    fresh.add([f"c{n}" for n in left], vectors[left])
    assert set(index.ids()) == set(fresh.ids())
    assert index.search(vectors, 16) == fresh.search(vectors, 16)
