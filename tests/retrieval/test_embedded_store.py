from __future__ import annotations

from pathlib import Path

import pytest

from kgqa.graph import EmbeddedStore
from kgqa.index import Indexes, passage_text
from kgqa.retrieval import HybridRetriever
from kgqa.text import chunk, detect_language
from kgqa.types import Document
from tests.small_models import HashingEmbedder, SmallExtractor

EMBEDDER, EXTRACTOR = HashingEmbedder(), SmallExtractor()
TEXTS = {
    "Nightfall": "Nightfall was made by Ada Marsh in 1999.",
    "Ada Marsh": "Ada Marsh studied in Graz.",
    "夜幕": "电影《夜幕》由玛莎执导。",
}


def committed(store: EmbeddedStore, title: str, text: str) -> str:
    document = Document.create(uri=f"{title}.txt", title=title, text=text, language=detect_language(text))
    chunks = chunk(document)
    vectors = EMBEDDER.embed([passage_text(part) for part in chunks])
    store.commit(document, chunks, EXTRACTOR.extract(chunks), vectors, EMBEDDER.name)
    return document.id


@pytest.mark.parametrize("mode", ["text", "graph", "hybrid", "auto"])
def test_retrieve_follows_commits_and_deletions_of_another_process(tmp_path: Path, mode: str) -> None:
    with (
        EmbeddedStore.open(tmp_path / "store.sqlite") as writer,
        EmbeddedStore.open(tmp_path / "store.sqlite") as store,
    ):
        indexes = Indexes.open(tmp_path / "index", EMBEDDER.name, EMBEDDER.dimensions)
        asking = HybridRetriever(store, indexes, EMBEDDER)
        ids = {title: committed(writer, title, text) for title, text in TEXTS.items()}
        best = asking.retrieve("Who made Nightfall?", 3, mode)[0]  # type: ignore[arg-type]  # the parameters above
        assert best.chunk.document_id == ids["Nightfall"] and best.entities
        assert asking.retrieve("谁执导了《夜幕》？", 1)[0].chunk.document_id == ids["夜幕"]
        assert len(asking.retrieve("Where did Ada Marsh study?", 8)) == 3  # of which none is in the other language
        writer.delete(ids["Nightfall"])
        left = asking.retrieve("Who made Nightfall?", 3)
        assert {passage.chunk.document_id for passage in left} == {ids["Ada Marsh"], ids["夜幕"]}
        assert set(indexes.dense.ids()) == set(indexes.lexical.ids()) == set(store.chunk_ids())
