from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from kgqa.errors import WorkspaceError
from kgqa.index import Indexes
from kgqa.retrieval import HybridRetriever, PassageGraph, discard_graph
from kgqa.retrieval.saved_graph import FILE, load_graph, save_graph
from kgqa.types import Hit
from tests.index.memory_store import MemoryStore
from tests.small_models import HashingEmbedder

EMBEDDER = HashingEmbedder()


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(EMBEDDER)
    fact = ("Nightfall", "DIRECTED_BY", "Ada Marsh")
    store.put("Nightfall was directed by Ada Marsh.", title="Nightfall", names=["Nightfall", "Ada Marsh"], triple=fact)
    store.put("Ada Marsh studied in Graz.", title="Ada Marsh", names=["Ada Marsh", "Graz"], aliases=["Marsh\ud800"])
    store.put("玛莎毕业于格拉茨大学。", title="玛莎", names=["玛莎", "格拉茨大学"], type="Person")
    return store


def asking(store: MemoryStore, folder: Path) -> HybridRetriever:
    return HybridRetriever(store, Indexes.open(None, EMBEDDER.name, EMBEDDER.dimensions), EMBEDDER, folder=folder)


def found(retriever: HybridRetriever) -> list[tuple[str, float]]:
    return [(passage.chunk.id, passage.score) for passage in retriever.retrieve("Where did Ada Marsh study?", 3)]


def test_a_kept_graph_is_the_one_that_was_made(store: MemoryStore, tmp_path: Path) -> None:
    made = PassageGraph.build(store)
    save_graph(tmp_path, 7, made)
    kept = load_graph(tmp_path, 7)
    assert kept is not None
    for name in ("chunks", "ids", "numbers", "types", "names"):
        assert getattr(kept, name) == getattr(made, name)
    question = "Did Ada Marsh meet 玛莎 in Graz?"
    assert kept.named_in(question) == made.named_in(question) != []
    seed = [Hit(store.chunk_ids()[0], 1.0)]
    assert np.array_equal(kept.walk(seed, []).share, made.walk(seed, []).share)
    assert load_graph(tmp_path, 8) is None


def test_the_next_process_reads_what_the_last_one_made(
    store: MemoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = found(asking(store, tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(store, "titles", lambda: pytest.fail("the graph was made again"))
        assert found(asking(store, tmp_path)) == first
    new = store.put("Ada Marsh studied in Linz.", names=["Ada Marsh", "Linz"])
    assert new in dict(found(asking(store, tmp_path)))


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\x03\x04 torn"])
def test_a_torn_file_is_made_again(
    store: MemoryStore, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    first = found(asking(store, tmp_path))
    (tmp_path / FILE).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert found(asking(store, tmp_path)) == first
    assert FILE in caplog.text and load_graph(tmp_path, store.generation()) is not None


def test_half_a_file_is_made_again(store: MemoryStore, tmp_path: Path) -> None:
    first = found(asking(store, tmp_path))
    whole = (tmp_path / FILE).read_bytes()
    for size in range(1, len(whole), 997):
        (tmp_path / FILE).write_bytes(whole[:size])
        assert load_graph(tmp_path, store.generation()) is None
    assert found(asking(store, tmp_path)) == first


def test_a_folder_that_cannot_be_written_answers_all_the_same(store: MemoryStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert found(asking(store, tmp_path / "file")) == found(asking(store, tmp_path))


def test_discard_forgets_the_graph(store: MemoryStore, tmp_path: Path) -> None:
    found(asking(store, tmp_path))
    discard_graph(tmp_path)
    discard_graph(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / FILE).mkdir()
    with pytest.raises(WorkspaceError, match=FILE):
        discard_graph(tmp_path)
