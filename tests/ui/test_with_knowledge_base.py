"""The API over the real knowledge base: store, ingestion, indexes, retrieval and answers, with small models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kgqa.knowledge_base import KnowledgeBase, open_knowledge_base
from kgqa.ui import create_app
from tests.generation.fakes import HeartReader
from tests.small_models import HashingEmbedder, SmallExtractor
from tests.ui.reading import ask, parse

TEXTS = {
    "fission.md": "# Fission 😀\n\nOtto Hahn met Lise Meitner.\n\nOtto Hahn worked in Berlin Institute for years.\n",
    "医药.md": "# 青蒿素 🌿\n\n屠呦呦1930年出生于宁波。\n\n屠呦呦从青蒿中提取出青蒿素。\n",
}


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(tmp_path / "workspace") as knowledge:
        parts = {
            "encoder": HashingEmbedder(),
            "model": SmallExtractor(),
            "reader": HeartReader({"Berlin Institute": 0.9, "宁波": 0.9}),
            "_reranker": None,
        }
        knowledge.__dict__.update(parts)  # where cached_property keeps a part that was opened
        yield knowledge


@pytest.fixture
def client(kb: KnowledgeBase) -> Iterator[TestClient]:
    with TestClient(create_app(kb)) as opened:
        files = [("files", (name, text.encode())) for name, text in TEXTS.items()]
        job = opened.post("/api/documents", files=files).json()
        state = parse(opened.get(f"/api/jobs/{job['id']}/events").text)[-1][1]
        assert (state["status"], state["report"]["added"]) == ("done", 2), state
        yield opened


@pytest.mark.parametrize(
    ("question", "answer"), [("Where did Otto Hahn work?", "Berlin Institute"), ("屠呦呦出生于哪里?", "宁波")]
)
def test_an_uploaded_document_answers_with_quotes_from_its_text(client: TestClient, question: str, answer: str) -> None:
    events = dict(ask(client, question, question.encode().hex()[:20]))
    assert answer in events["done"]["text"]
    assert events["cited"]
    for citation in events["citations"]:
        document = client.get(f"/api/documents/{citation['doc_id']}").json()
        assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert citation["passage_id"] in [chunk["passage_id"] for chunk in document["chunks"]]
        passage = client.get(f"/api/passages/{citation['passage_id']}").json()
        assert passage["context_start"] <= citation["start"] < citation["end"] <= passage["context_end"]


def test_the_graph_leads_to_evidence(client: TestClient) -> None:
    (otto, *_) = client.get("/api/graph/find", params={"q": "Otto Hahn"}).json()
    part = client.get(f"/api/graph/neighbours/{otto['id']}").json()
    assert len(part["nodes"]) > 1
    assert part["edges"]
    facts = client.get(f"/api/graph/entity/{otto['id']}").json()["triples"]
    for evidence in client.get(f"/api/evidence/{facts[0]['id']}").json():
        text = client.get(f"/api/documents/{evidence['doc_id']}").json()["text"]
        assert text[evidence["start"] : evidence["end"]] == evidence["quote"]
    assert client.get("/api/graph/statistics").json()["documents"] == 2
    assert client.get("/api/graph/entity/nothing-like-this").status_code == 404


def test_deleting_what_was_uploaded_leaves_nothing(client: TestClient, kb: KnowledgeBase) -> None:
    for row in client.get("/api/documents").json():
        assert client.delete(f"/api/documents/{row['id']}").status_code == 200
    statistics = client.get("/api/graph/statistics").json()
    assert (statistics["documents"], statistics["entities"], statistics["triples"]) == (0, 0, 0)
    assert list((kb.folder / "uploads").rglob("*.md")) == []
    assert client.get("/api/search", params={"q": "Otto Hahn"}).json() == []
    done = ask(client, "Where did Otto Hahn work?")[-1][1]
    assert (done["abstained"], done["reason"]) == (True, "no_documents")
