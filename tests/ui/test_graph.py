"""Passages and the graph over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient


def _entity(client: TestClient, name: str) -> Any:
    return client.get("/api/graph/find", params={"q": name}).json()[0]


def test_search_finds_passages(client: TestClient) -> None:
    found = client.get("/api/search", params={"q": "barium December 1938", "limit": 1}).json()
    assert len(found) == 1
    assert found[0]["text"].startswith("😀🎉 In December")


def test_passage_comes_with_a_paragraph_on_each_side(client: TestClient) -> None:
    found = client.get("/api/search", params={"q": "barium December 1938"}).json()[0]
    passage = client.get(f"/api/passages/{found['passage_id']}").json()
    begin = passage["context_start"]
    assert passage["context"][passage["start"] - begin : passage["end"] - begin] == found["text"]
    assert passage["context"].startswith("Lise Meitner was born")
    assert passage["context"].endswith("after Lise Meitner.")
    document = client.get(f"/api/documents/{passage['doc_id']}").json()
    assert document["text"][begin : passage["context_end"]] == passage["context"]


def test_unknown_passage_evidence_and_entity_are_not_found(client: TestClient) -> None:
    for path in ("passages/x", "evidence/x", "graph/entity/x", "graph/neighbours/x", "graph/around?id=x"):
        assert client.get(f"/api/{path}").status_code == 404, path


def test_statistics_count_by_type(client: TestClient) -> None:
    statistics = client.get("/api/graph/statistics").json()
    assert statistics["documents"] == 2
    assert statistics["entity_types"]["Person"] == 3
    assert statistics["predicates"]["BORN_IN"] == 2


def test_entity_has_facts_whose_evidence_quotes_the_document(client: TestClient) -> None:
    facts = client.get(f"/api/graph/entity/{_entity(client, '屠呦呦')['id']}").json()
    assert {triple["predicate"] for triple in facts["triples"]} == {"BORN_IN", "EDUCATED_AT"}
    (evidence,) = client.get(f"/api/evidence/{facts['triples'][0]['id']}").json()
    text = client.get(f"/api/documents/{evidence['doc_id']}").json()["text"]
    assert text[evidence["start"] : evidence["end"]] == evidence["quote"]


def test_neighbours_and_around_are_drawable(client: TestClient) -> None:
    ids = [_entity(client, name)["id"] for name in ("Lise Meitner", "Otto Hahn")]
    for path in (f"neighbours/{ids[0]}", f"around?id={ids[0]}&id={ids[1]}"):
        part = client.get(f"/api/graph/{path}").json()
        nodes = {node["id"] for node in part["nodes"]}
        assert part["edges"]
        assert all(edge["subject"] in nodes and edge["object"] in nodes for edge in part["edges"])
        assert part["total"] == 8


def test_around_keeps_the_named_entities_and_its_limit(client: TestClient) -> None:
    ids = [_entity(client, name)["id"] for name in ("Lise Meitner", "Otto Hahn")]
    part = client.get(f"/api/graph/around?id={ids[0]}&id={ids[1]}&limit=3").json()
    assert [node["id"] for node in part["nodes"]][:2] == ids
    assert len(part["nodes"]) == 3


def test_path_joins_two_entities_or_is_empty(client: TestClient) -> None:
    lise, vienna, otto = (_entity(client, name)["id"] for name in ("Lise Meitner", "Vienna", "Otto Hahn"))
    found = client.get("/api/graph/path", params={"start": lise, "end": vienna}).json()
    assert [entity["name"] for entity in found["entities"]] == ["Lise Meitner", "Vienna"]
    assert client.get("/api/graph/path", params={"start": lise, "end": otto}).json() == {"entities": [], "triples": []}
    assert client.get("/api/graph/path", params={"start": lise, "end": "x"}).status_code == 404
