"""Documents over HTTP: list, text, upload with its job, refusal, delete."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kgqa.config import ServeSettings, Settings
from kgqa.types import IngestReport, Progress
from kgqa.ui.jobs import Jobs
from tests.ui.reading import parse
from tests.ui.small_knowledge import SmallKnowledge

TEXT = "On meitnerium\n\nMeitnerium was first made in Darmstadt in 1982 ⚛️."


def _upload(client: TestClient, *files: tuple[str, bytes]) -> Any:
    return client.post("/api/documents", files=[("files", (name, data)) for name, data in files])


def _follow(client: TestClient, job_id: str) -> list[tuple[str, Any]]:
    return parse(client.get(f"/api/jobs/{job_id}/events").text)


def test_documents_are_listed_with_their_counts(client: TestClient) -> None:
    rows = client.get("/api/documents").json()
    assert [(row["language"], row["chunks"]) for row in rows] == [("en", 3), ("zh", 2)]


def test_document_has_text_blocks_and_passages(client: TestClient) -> None:
    row = client.get("/api/documents").json()[0]
    document = client.get(f"/api/documents/{row['id']}").json()
    assert document["blocks"][0]["kind"] == "heading"
    cut = [document["text"][chunk["start"] : chunk["end"]] for chunk in document["chunks"]]
    assert cut[1].startswith("😀🎉 In December 1938")


def test_unknown_document_is_a_404_in_our_form(client: TestClient) -> None:
    for method in ("GET", "DELETE"):
        response = client.request(method, "/api/documents/nothing")
        assert response.status_code == 404
        assert response.json() == {"error": {"code": "not_found", "message": "There is no document 'nothing'."}}


def test_upload_is_ingested_and_its_job_can_be_followed(client: TestClient) -> None:
    response = _upload(client, ("meitnerium.txt", TEXT.encode()))
    assert response.status_code == 202
    events = _follow(client, response.json()["id"])
    assert {name for name, _ in events} == {"job"}
    last = events[-1][1]
    assert (last["status"], last["report"]["added"], last["files"]) == ("done", 1, ["meitnerium.txt"])
    assert last["progress"]["stage"] == "reading"
    assert "On meitnerium" in [row["title"] for row in client.get("/api/documents").json()]
    assert client.get("/api/jobs").json()[0]["id"] == last["id"]


def test_upload_again_changes_nothing(client: TestClient) -> None:
    for added in (1, 0):
        job = _upload(client, ("meitnerium.txt", TEXT.encode())).json()
        assert _follow(client, job["id"])[-1][1]["report"]["added"] == added


def test_upload_of_the_same_name_replaces_the_document(client: TestClient) -> None:
    for text in (TEXT, TEXT.replace("1982", "1983")):
        _follow(client, _upload(client, ("meitnerium.txt", text.encode())).json()["id"])
    (row,) = [row for row in client.get("/api/documents").json() if row["title"] == "On meitnerium"]
    assert "1983" in client.get(f"/api/documents/{row['id']}").json()["text"]


def test_upload_refuses_two_files_of_one_name(client: TestClient) -> None:
    response = _upload(client, ("a.txt", b"x"), ("b/a.txt", b"y"))
    assert (response.status_code, response.json()["error"]["code"]) == (422, "same_name")


def test_upload_reports_a_file_that_cannot_be_read(client: TestClient) -> None:
    job = _upload(client, ("good.txt", TEXT.encode()), ("bad.txt", b"\xff\xfe\x00\xd8")).json()
    report = _follow(client, job["id"])[-1][1]["report"]
    assert report["added"] == 1
    assert "Save it as UTF-8" in report["failures"][0]["reason"]


@pytest.mark.parametrize("name", ["picture.png", "noending", "a.txt.exe"])
def test_upload_refuses_kinds_that_are_not_read(client: TestClient, name: str) -> None:
    response = _upload(client, ("fine.txt", b"x"), (name, b"x"))
    assert response.status_code == 415
    assert response.json()["error"]["code"] == "unsupported_format"
    assert client.get("/api/jobs").json() == []


def test_upload_refuses_what_is_too_large(client: TestClient, kb: SmallKnowledge) -> None:
    kb.settings = Settings(serve=ServeSettings(max_upload_megabytes=1))
    response = _upload(client, ("large.txt", b"x" * (1 << 20)), ("larger.txt", b"x" * ((1 << 20) + 1)))
    assert response.status_code == 413
    assert response.json()["error"]["message"].startswith("larger.txt has more than 1 MB")


@pytest.mark.parametrize("name", ["../../escape.txt", "..\\..\\escape.txt", "/etc/escape.txt"])
def test_upload_stays_in_its_folder(client: TestClient, kb: SmallKnowledge, tmp_path: Path, name: str) -> None:
    job = _upload(client, (name, TEXT.encode())).json()
    _follow(client, job["id"])
    (kept,) = tmp_path.rglob("escape.txt")
    assert kept.is_relative_to(kb.folder / "uploads")


def test_upload_to_a_workspace_that_masks_leaves_no_original(
    kb: SmallKnowledge, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    kb.settings = Settings(privacy="mask")
    last = _follow(client, _upload(client, ("meitnerium.txt", TEXT.encode())).json()["id"])[-1][1]
    assert (last["status"], last["report"]["added"]) == ("done", 1)
    assert not (kb.folder / "uploads").exists() and list((tmp_path / "temporary").rglob("*.txt")) == []


def test_delete_takes_facts_and_the_uploaded_original_with_it(client: TestClient, kb: SmallKnowledge) -> None:
    text = "A life\n\nLise Meitner was born in Vienna."
    _follow(client, _upload(client, ("life.txt", text.encode())).json()["id"])
    (row,) = [row for row in client.get("/api/documents").json() if row["title"] == "A life"]
    assert (kb.folder / "uploads" / row["uri"]).is_file()
    deleted = client.delete(f"/api/documents/{row['id']}").json()
    assert (deleted["doc_id"], deleted["chunks"], deleted["evidences"]) == (row["id"], 1, 1)
    assert list(kb.folder.rglob("*.txt")) == []


def test_delete_leaves_the_users_own_file(client: TestClient, tmp_path: Path) -> None:
    row = client.get("/api/documents").json()[0]
    assert client.delete(f"/api/documents/{row['id']}").status_code == 200
    assert (tmp_path / "documents" / "fission.txt").is_file()


def test_unknown_job_is_not_found(client: TestClient) -> None:
    assert client.get("/api/jobs/none").status_code == 404
    assert _follow(client, "none")[0][0] == "error"


class _Waiting(SmallKnowledge):
    """Ingests when it is let."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.started, self.go = threading.Event(), threading.Event()

    def ingest(self, paths: Sequence[Path], *, on_progress: Callable[[Progress], None] | None = None) -> IngestReport:
        self.started.set()
        assert self.go.wait(5)
        return super().ingest(paths, on_progress=on_progress)


def test_jobs_can_be_cancelled_while_they_run_and_while_they_wait(tmp_path: Path) -> None:
    kb = _Waiting(tmp_path)
    jobs = Jobs(kb)
    (tmp_path / "a.txt").write_text("x")
    first, second = (jobs.start([tmp_path / "a.txt"]) for _ in range(2))
    assert kb.started.wait(5)
    first.cancel()
    second.cancel()
    kb.go.set()
    jobs.close()
    assert [job.snapshot().status for job in (first, second)] == ["cancelled", "cancelled"]
    assert kb.documents() == []


def test_jobs_that_ended_are_forgotten_beyond_the_bound(tmp_path: Path) -> None:
    jobs = Jobs(SmallKnowledge(tmp_path), limit=2)
    for _ in range(4):
        last = jobs.start([])
        assert [state.status for state in last.follow() if state][-1] == "done"
    assert len(jobs.all()) == 2
    jobs.close()
