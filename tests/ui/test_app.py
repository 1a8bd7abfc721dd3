"""The application as a whole: headers, foreign pages, the page that is not built, examples, errors."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.request
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient

from kgqa.errors import ConfigError
from kgqa.extraction.schema import Schema
from kgqa.sample import sample_documents
from kgqa.ui import create_app, examples, serve
from kgqa.ui.security import CONTENT_SECURITY_POLICY, LOOPBACK
from tests.ui.small_knowledge import SmallKnowledge


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/api/health", "/api/nothing"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY, path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_another_sites_page_may_not_write(client: TestClient) -> None:
    foreign = {"Origin": "http://evil.example"}
    assert client.post("/api/documents", files={"files": ("a.txt", b"x")}, headers=foreign).status_code == 403
    assert client.delete("/api/documents/x", headers=foreign).json()["error"]["code"] == "forbidden"
    own = {"Origin": "http://testserver"}
    assert client.delete("/api/documents/x", headers=own).status_code == 404


def test_a_loopback_server_answers_to_loopback_names_only(kb: SmallKnowledge) -> None:
    client = TestClient(create_app(kb, hosts=LOOPBACK))
    expected = {"localhost:8000": 200, "127.0.0.1:8000": 200, "[::1]:8000": 200, "evil.example:8000": 403}
    assert {host: client.get("/api/health", headers={"Host": host}).status_code for host in expected} == expected


def test_page_that_is_not_built_says_how_to_build_it(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 503
    assert "<code>make ui</code>" in response.text


def test_built_page_is_served_and_its_assets_are_kept(kb: SmallKnowledge, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<h1>page</h1>")
    (tmp_path / "assets" / "a-1.js").write_text("1")
    client = TestClient(create_app(kb, static=tmp_path))
    assert client.get("/").text == "<h1>page</h1>"
    assert client.get("/").headers["cache-control"] == "no-cache"
    assert "immutable" in client.get("/assets/a-1.js").headers["cache-control"]
    assert client.get("/assets/none.js").json()["error"]["code"] == "not_found"


def test_unknown_api_path_and_wrong_method_are_errors_in_our_form(client: TestClient) -> None:
    assert client.get("/api/nothing").json()["error"]["code"] == "not_found"
    response = client.get("/api/chat")
    assert response.status_code in (404, 405)
    assert response.json()["error"]["message"]


def test_health_names_kinds_and_limit(client: TestClient) -> None:
    health = client.get("/api/health").json()
    assert (health["status"], health["documents"]) == ("ok", 2)
    assert {".txt", ".pdf", ".docx"} <= set(health["suffixes"])
    assert health["max_upload_megabytes"] == 50


def test_schema_has_labels_in_both_languages(client: TestClient) -> None:
    schema = client.get("/api/schema").json()
    assert schema["relations"]["FOUNDED_BY"] == {"en": "founded by", "zh": "创始人"}
    assert all(set(labels) == {"en", "zh"} for labels in schema["entities"].values())


def test_examples_are_made_from_the_graph(client: TestClient) -> None:
    made = client.get("/api/examples").json()
    assert made["source"] == "graph"
    assert len(made["questions"]) == 3
    assert "Which award did Otto Hahn receive?" in made["questions"][:2]
    assert "屠呦呦" in client.get("/api/examples", params={"language": "zh"}).json()["questions"][0]


def test_examples_of_an_empty_workspace_are_none(tmp_path: Path) -> None:
    client = TestClient(create_app(SmallKnowledge(tmp_path)))
    assert client.get("/api/examples").json() == {"source": "none", "questions": []}


@pytest.mark.parametrize(("language", "first"), [("en", "Who founded Mistral AI?"), ("zh", "阿里云的创始人是谁？")])
def test_examples_of_the_sample_are_its_own(tmp_path: Path, language: str, first: str) -> None:
    kb = SmallKnowledge(tmp_path / "workspace")
    folder = tmp_path / "sample"
    shutil.copytree(sample_documents(), folder)
    kb.ingest([path for path in sorted(folder.rglob("*")) if path.suffix in (".md", ".txt")])
    found = TestClient(create_app(kb)).get("/api/examples", params={"language": language}).json()
    assert found["source"] == "sample"
    assert found["questions"][0] == first
    assert len(set(found["questions"])) == 3


def test_example_templates_are_for_predicates_of_the_schema() -> None:
    schema = Schema.load()
    assert {predicate for predicate, _ in examples._ABOUT_PREDICATE} <= set(schema.relations)
    assert all((p, other) in examples._ABOUT_PREDICATE for p, _ in examples._ABOUT_PREDICATE for other in ("en", "zh"))


def test_serve_listens_before_it_is_ready_and_names_a_taken_port(
    kb: SmallKnowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers: list[uvicorn.Server] = []
    ready, addresses = threading.Event(), list[str]()

    class Noted(uvicorn.Server):
        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            servers.append(self)

    monkeypatch.setattr("kgqa.ui.server.uvicorn.Server", Noted)

    def on_ready(address: str) -> None:
        addresses.append(address)
        ready.set()

    thread = threading.Thread(target=serve, args=(kb,), kwargs={"port": 0, "on_ready": on_ready})
    thread.start()
    assert ready.wait(10)
    with urllib.request.urlopen(f"{addresses[0]}api/health", timeout=10) as response:
        assert json.load(response)["status"] == "ok"
    with pytest.raises(ConfigError, match="Choose another with --host and --port"):
        serve(kb, port=int(addresses[0].rstrip("/").rpartition(":")[2]))
    servers[0].should_exit = True
    thread.join(10)
    assert not thread.is_alive()
