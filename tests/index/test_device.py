"""The dense index with a GPU: one that copies within the CPU everywhere, and a real one where there is one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from kgqa.config import load_settings
from kgqa.errors import ConfigError
from kgqa.index import DenseIndex, Device, Indexes
from kgqa.index.device import ANY_DEVICE, Gpu, first_gpu
from kgqa.index.embedder import Vectors
from kgqa.types import Hit
from tests.index.memory_store import MemoryStore
from tests.small_models import HashingEmbedder

DIMENSIONS = 32
COUNT = 600
FLAT, LARGE = COUNT, 200
"""Limits of the flat index, above and below the number of vectors."""


class CloneGpu:
    """A GPU that is the CPU: its copies are clones. It fails where it is told to."""

    name = "clone"

    def __init__(self) -> None:
        self.copied: list[type] = []
        self.is_out_of_memory = False

    def copy(self, index: Any) -> Any:
        if self.is_out_of_memory:
            raise RuntimeError("Error in allocMemory:\nout of memory")
        self.copied.append(type(index))
        return faiss.clone_index(index)


def unit_vectors(count: int = COUNT, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def built(device: Device, folder: Path | None = None, flat_limit: int = FLAT) -> DenseIndex:
    """600 vectors, some of them replaced and some removed again."""
    index = DenseIndex.open(folder, DIMENSIONS, embedder="a", device=device, flat_limit=flat_limit)
    vectors = unit_vectors()
    if not index.suits(COUNT):
        index.lay_out(COUNT, vectors)
    index.add([f"c{n}" for n in range(COUNT)], vectors)
    index.search(vectors[:2], 10)
    index.add([f"c{n}" for n in range(20)], unit_vectors(20, seed=5))
    assert index.remove([f"c{n}" for n in range(30, 40)]) == 10
    return index


def shared(found: list[list[Hit]], wanted: list[list[Hit]], apart: float = 2e-3) -> float:
    """The share of the same ids; the scores of these are nearly the same."""
    shares = []
    for hits, others in zip(found, wanted, strict=True):
        scores = {hit.id: hit.score for hit in others}
        both = [hit for hit in hits if hit.id in scores]
        assert [hit.score for hit in both] == pytest.approx([scores[hit.id] for hit in both], abs=apart)
        shares.append(len(both) / len(others))
    return float(np.mean(shares))


@pytest.fixture(params=["clone", pytest.param("gpu", marks=pytest.mark.gpu)])
def gpu(request: pytest.FixtureRequest) -> Iterator[Gpu]:
    if request.param == "clone":
        yield CloneGpu()
    elif found := first_gpu():
        yield found
    else:
        pytest.skip("FAISS finds no GPU here")


@pytest.mark.parametrize("flat_limit", [FLAT, LARGE])
def test_a_gpu_finds_what_the_cpu_finds_after_additions_replacements_and_removals(
    gpu: Gpu, flat_limit: int, tmp_path: Path
) -> None:
    device = Device("gpu", lambda: gpu)
    index, asked = built(device, tmp_path, flat_limit=flat_limit), unit_vectors(100, seed=9)
    found = index.search(asked, 10)
    assert device.name == gpu.name  # it has not failed
    index.save()
    on_cpu = DenseIndex.open(tmp_path, DIMENSIONS, embedder="a", device=Device("cpu"), flat_limit=flat_limit)
    assert set(on_cpu.ids()) == set(index.ids()) and len(on_cpu) == COUNT - 10
    assert shared(found, on_cpu.search(asked, 10)) > 0.99
    again = DenseIndex.open(tmp_path, DIMENSIONS, embedder="a", device=device, flat_limit=flat_limit)
    assert shared(again.search(asked, 10), found) > 0.99
    assert not {f"c{n}" for n in range(30, 40)} & {hit.id for hits in found for hit in hits}
    assert [hits[0].id for hits in again.search(unit_vectors(20, seed=5), 1)] == [f"c{n}" for n in range(20)]


@pytest.mark.parametrize("flat_limit", [FLAT, LARGE])
def test_what_is_built_with_a_gpu_finds_as_much_as_what_the_cpu_builds(gpu: Gpu, flat_limit: int) -> None:
    asked = unit_vectors(100, seed=9)
    exact = built(Device("cpu")).search(asked, 10)
    by_cpu = shared(
        built(Device("cpu"), flat_limit=flat_limit).search(asked, 10), exact, apart=2e-2
    )  # 8 bits are coarse
    by_gpu = shared(built(Device("gpu", lambda: gpu), flat_limit=flat_limit).search(asked, 10), exact, apart=2e-2)
    assert by_gpu > by_cpu - 0.03


def test_a_search_is_held_to_the_allowed_and_given_more_hits_than_a_gpu_has(gpu: Gpu) -> None:
    index, asked = built(Device("gpu", lambda: gpu)), unit_vectors(1, seed=9)
    assert {hit.id for hit in index.search(asked, 10, allowed=["c1", "c50"])[0]} == {"c1", "c50"}
    many = DenseIndex.open(None, DIMENSIONS, device=Device("gpu", lambda: gpu))
    many.add([f"m{n}" for n in range(2500)], unit_vectors(2500))
    assert len({hit.id for hit in many.search(asked, 2500)[0]}) == 2500


def test_the_lists_are_learned_and_found_on_the_gpu() -> None:
    gpu = CloneGpu()
    index = DenseIndex.open(None, DIMENSIONS, device=Device("auto", lambda: gpu), flat_limit=LARGE)
    index.lay_out(COUNT, unit_vectors())
    assert gpu.copied == [faiss.IndexFlatIP]
    for start in range(0, COUNT, 200):
        index.add([f"c{n}" for n in range(start, start + 200)], unit_vectors()[start : start + 200])
    assert len(gpu.copied) == 2
    index.search(unit_vectors(3), 5)
    assert gpu.copied[2:] == [faiss.IndexIVFScalarQuantizer]


def test_the_index_is_copied_by_the_first_search_after_a_change() -> None:
    gpu, asked = CloneGpu(), unit_vectors(1, seed=9)
    index = DenseIndex.open(None, DIMENSIONS, device=Device("auto", lambda: gpu))
    index.add(["a", "b"], unit_vectors(2))
    assert not gpu.copied
    changes: list[Callable[[], object]] = [
        lambda: None,
        lambda: index.add(["c"], unit_vectors(1, seed=3)),
        lambda: index.remove(["a"]),
    ]
    for copies, change in enumerate(changes, start=1):
        change()
        index.search(asked, 2)
        index.search(asked, 2)
        assert len(gpu.copied) == copies
    index.remove(["absent"])
    index.search(asked, 2)
    assert gpu.copied == [faiss.IndexScalarQuantizer] * 3


@pytest.mark.parametrize("flat_limit", [FLAT, LARGE])
def test_a_gpu_that_fails_at_search_is_left_alone_with_one_warning(
    flat_limit: int, caplog: pytest.LogCaptureFixture
) -> None:
    gpu, asked = CloneGpu(), unit_vectors(5, seed=9)
    device = Device("auto", lambda: gpu)
    indexes = [built(device, flat_limit=flat_limit) for _ in range(2)]
    gpu.is_out_of_memory = True
    found = [index.search(asked, 10) for index in indexes for _ in range(2)]
    assert found[0] == found[1] and shared(found[2], found[0]) > 0.9
    [record] = caplog.records
    assert record.levelno == logging.WARNING and record.name == "kgqa.index.device"
    assert record.message.startswith("FAISS failed on clone (out of memory).") and "index.device" in record.message
    assert device.name == "CPU"


def test_a_gpu_that_fails_while_an_index_is_built_leaves_it_whole(caplog: pytest.LogCaptureFixture) -> None:
    gpu, asked = CloneGpu(), unit_vectors(50, seed=9)
    gpu.is_out_of_memory = True
    index = built(Device("auto", lambda: gpu), flat_limit=LARGE)
    assert index.search(asked, 10) == built(Device("cpu"), flat_limit=LARGE).search(asked, 10)
    assert len(caplog.records) == 1


def test_a_wanted_gpu_that_is_not_there_is_an_error_and_an_unwanted_one_is_not_looked_for() -> None:
    index = DenseIndex.open(None, DIMENSIONS, device=Device("gpu", lambda: None))
    index.add(["a"], unit_vectors(1))
    for _ in range(2):
        with pytest.raises(ConfigError, match=r'index.device = "gpu": FAISS finds no GPU.*faiss-gpu.*"auto"'):
            index.search(unit_vectors(1), 1)
    with pytest.raises(ConfigError, match="FAISS finds no GPU"):
        Device.open("gpu", lambda: None)
    gpu = CloneGpu()
    on_cpu = built(Device.open("cpu", lambda: gpu))
    on_cpu.search(unit_vectors(1), 1)
    assert not gpu.copied


def test_any_device_is_a_gpu_where_there_is_one() -> None:
    assert ANY_DEVICE.wanted == "auto"
    assert ANY_DEVICE.name == ("GPU 0" if first_gpu() else "CPU")


def test_both_indexes_of_a_workspace_keep_to_their_device(tmp_path: Path) -> None:
    gpu, embedder = CloneGpu(), HashingEmbedder()
    store = MemoryStore(embedder)
    store.put("Alpha founded Beta.")
    for _ in range(2):  # built, and opened again
        indexes = Indexes.open(tmp_path, embedder.name, embedder.dimensions, device=Device("auto", lambda: gpu))
        indexes.refresh(store)
        assert len(indexes.dense.search(embedder.embed(["Alpha"]), 5)[0]) == 1
    assert gpu.copied == [faiss.IndexScalarQuantizer] * 2


def test_the_setting_is_checked(tmp_path: Path) -> None:
    assert load_settings(tmp_path).index.device == "auto"
    with pytest.raises(ConfigError, match=r"index\.device"):
        load_settings(tmp_path, {"index": {"device": "tpu"}})
