"""Ingestion with the real store, readers and indexes, and the small models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from kgqa.config import IngestSettings
from kgqa.errors import NotFound, ReadError, WorkspaceError, WorkspaceLocked
from kgqa.graph import Catalogue, EmbeddedStore, Entry
from kgqa.index import Indexes
from kgqa.pipelines.ingestion import delete, ingest, writer_lock
from kgqa.pipelines.ingestion.lock import LOCK_FILE
from kgqa.types import Chunk, Extraction, IngestReport, Mention, Progress
from tests.graph.content import dump
from tests.small_models import SmallEmbedder, SmallExtractor

Silent = Callable[[Progress], None]


class Workspace:
    """A store, its indexes and a folder of documents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "workspace"
        self.documents = folder / "docs"
        self.folder.mkdir()
        self.documents.mkdir()
        self.store = EmbeddedStore.open(self.folder / "store.sqlite")
        self.indexes = Indexes.open(self.folder / "index", "letters@1", 16)
        self.extractor = SmallExtractor()
        self.catalogue: Catalogue | None = None

    def write(self, name: str, text: str) -> Path:
        """A document's file."""
        path = self.documents / name
        path.write_text(text, encoding="utf-8")
        return path

    def ingest(self, on_progress: Silent | None = None, **settings: int) -> IngestReport:
        """All documents."""
        return ingest(
            self.store,
            [self.documents],
            extractor=self.extractor,
            embedder=SmallEmbedder(),
            indexes=self.indexes,
            lock=self.folder,
            settings=IngestSettings(**settings),
            catalogue=self.catalogue,
            on_progress=on_progress,
        )

    def close(self) -> None:
        """Release files."""
        self.store.close()
        self.indexes.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    yield workspace
    workspace.close()


class DateExtractor(SmallExtractor):
    """Takes "last year" and 去年 for dates, and nothing else for anything."""

    def _read(self, chunk: Chunk) -> Extraction:
        found = [(chunk.text.find(word), word) for word in ("last year", "去年") if word in chunk.text]
        mentions = tuple(Mention(chunk.start + at, chunk.start + at + len(w), w, "Date") for at, w in found)
        return Extraction(chunk.id, mentions, extractor=self.name)


def test_ingest_resolves_relative_dates_by_the_date_of_the_document(workspace: Workspace) -> None:
    workspace.extractor = DateExtractor()
    records = [
        {"text": "It rained last year.", "date": "2023-05-01"},
        {"text": "去年下雨。", "date": "2023-06-01"},
        {"text": "It snowed last year."},
    ]
    workspace.write("news.jsonl", "\n".join(map(json.dumps, records)))
    assert not workspace.ingest().failures
    assert {(e.value, e.mentions) for e in workspace.store.entities()} == {("2022", 2), ("", 1)}


def test_ingest_stores_facts_with_evidence_and_indexes_them(workspace: Workspace) -> None:
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    workspace.write("b.txt", "Charles Babbage praised Ada Byron.")
    report = workspace.ingest()
    assert (report.added, report.chunks, report.mentions, report.entities, report.triples) == (2, 2, 4, 3, 2)
    assert not report.failures and not report.interrupted
    assert sorted(workspace.indexes.dense.ids()) == sorted(workspace.store.chunk_ids())
    assert sorted(workspace.indexes.lexical.ids()) == sorted(workspace.store.chunk_ids())


def test_ingest_links_what_is_new_to_the_catalogue(workspace: Workspace) -> None:
    entry = Entry("Q7259", ("Person",), ("Ada Lovelace", "Ada Byron", "Countess Lovelace"), 1)
    workspace.catalogue = Catalogue("people.tsv", [entry])
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    assert workspace.ingest().links == 1
    workspace.write("b.txt", "Countess Lovelace praised Ada Byron.")
    assert workspace.ingest().links == 1 and workspace.ingest().links == 0
    (ada,) = workspace.store.find("ada byron")
    assert (ada.aliases, ada.mentions) == (("Countess Lovelace",), 3)


def test_ingest_again_changes_nothing(workspace: Workspace) -> None:
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    workspace.ingest()
    before, generation = dump(workspace.store), workspace.store.generation()
    report = workspace.ingest()
    assert (report.added, report.unchanged, report.chunks) == (0, 1, 0)
    assert (report.entities, report.triples) == (2, 1), "what the graph has, not what is new in it"
    assert dump(workspace.store) == before
    assert workspace.store.generation() == generation


def test_ingest_replaces_what_a_file_said_before(workspace: Workspace) -> None:
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    workspace.ingest()
    workspace.write("a.txt", "Ada Byron left Byte Labs.")
    report = workspace.ingest()
    assert (report.added, report.replaced) == (0, 1)
    assert [triple.predicate for triple in workspace.store.triples()] == ["LEFT"]
    assert sorted(workspace.indexes.dense.ids()) == sorted(workspace.store.chunk_ids())


def test_ingest_reads_anew_with_another_extractor(workspace: Workspace) -> None:
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    workspace.ingest()
    workspace.extractor = SmallExtractor("small@2")
    assert workspace.ingest().replaced == 1
    (triple,) = workspace.store.triples()
    assert [e.extractor for e in workspace.store.evidence(triple.id)] == ["small@2"]


def test_the_same_content_twice_is_stored_once_and_stays_until_both_have_gone(workspace: Workspace) -> None:
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    workspace.write("b.txt", "Ada Byron founded Byte Labs.")
    report = workspace.ingest()
    assert (report.added, report.unchanged) == (1, 1)
    workspace.write("a.txt", "Something else.")
    workspace.ingest()
    assert sorted(document.uri for document in workspace.store.documents()) == ["docs/a.txt", "docs/b.txt"]
    assert workspace.store.triples()[0].support == 1


def test_files_that_were_removed_stay_in_the_store(workspace: Workspace) -> None:
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    gone = workspace.write("b.txt", "Charles Babbage praised Ada Byron.")
    workspace.ingest()
    gone.unlink()
    assert workspace.ingest().unchanged == 1
    assert len(workspace.store.documents()) == 2


def test_lines_that_leave_a_jsonl_file_leave_the_store(workspace: Workspace) -> None:
    lines = [json.dumps({"text": text}) for text in ("Ada Byron met Byte Labs.", "Charles Babbage met Ada Byron.")]
    workspace.write("a.jsonl", "\n".join(lines))
    assert workspace.ingest().added == 2
    assert workspace.ingest().unchanged == 2
    workspace.write("a.jsonl", lines[1])
    workspace.ingest()
    assert [triple.subject_name for triple in workspace.store.triples()] == ["Charles Babbage"]


def test_a_broken_file_is_reported_and_tried_again(workspace: Workspace) -> None:
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    (workspace.documents / "b.pdf").write_bytes(b"%PDF-1.7 broken")
    (workspace.documents / "c.txt").write_bytes(bytes(range(256)) * 64)
    for _ in range(2):
        report = workspace.ingest()
        assert [failure.uri for failure in report.failures] == ["docs/b.pdf", "docs/c.txt"]
        assert all(failure.reason for failure in report.failures)
    assert len(workspace.store.documents()) == 1


def test_a_bad_line_is_reported_and_the_others_are_kept(workspace: Workspace) -> None:
    workspace.write("a.jsonl", '{"text": "Ada Byron founded Byte Labs."}\n{broken\n')
    report = workspace.ingest()
    assert report.added == 1
    assert [failure.uri for failure in report.failures] == ["docs/a.jsonl#2"]
    assert workspace.ingest().unchanged == 1


class _Choking(SmallExtractor):
    """Fails over one text, as a model may over any."""

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        if any("Choke" in chunk.text for chunk in chunks):
            raise RuntimeError("shape mismatch")
        return super().extract(chunks)


def test_a_document_that_a_model_fails_over_does_not_stop_the_others(workspace: Workspace) -> None:
    for number, text in enumerate(("Ada Byron met Byte Labs.", "Choke met Byte Labs.", "Dennis met Byte Labs.")):
        workspace.write(f"{number}.txt", text)
    workspace.extractor = _Choking()
    report = workspace.ingest()
    assert report.added == 2
    assert [failure.uri for failure in report.failures] == ["docs/1.txt"]
    workspace.extractor = SmallExtractor()
    assert (workspace.ingest().added, len(workspace.store.documents())) == (1, 3)


def test_progress_names_its_stages_and_reaches_the_end(workspace: Workspace) -> None:
    for number in range(5):
        workspace.write(f"{number}.txt", f"Ada Byron met Person{number}.")
    steps: list[Progress] = []
    workspace.ingest(steps.append, batch_chunks=2)
    assert {step.stage for step in steps} == {"reading", "extracting", "indexing"}
    for stage in ("reading", "extracting"):
        done = [step.done for step in steps if step.stage == stage]
        assert done == sorted(done) and done[-1] == 5


@pytest.mark.parametrize("stop_at", [1, 3, 6, 9, 12])
def test_an_interrupted_run_says_so_and_the_next_one_completes_it(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, stop_at: int
) -> None:
    for number in range(6):
        workspace.write(f"{number}.txt", f"Ada Byron met Person{number}. Byte Labs hired Ada Byron.")
    heard = 0

    def interrupt(progress: Progress) -> None:
        nonlocal heard
        heard += 1
        if heard == stop_at:
            raise KeyboardInterrupt

    report = workspace.ingest(interrupt, batch_chunks=2)
    assert report.interrupted and report.added == len(workspace.store.documents()) < 6
    rest = workspace.ingest()
    assert not rest.interrupted and rest.added == 6 - report.added
    whole = Workspace(tmp_path_factory.mktemp("whole"))
    for path in sorted(workspace.documents.iterdir()):
        whole.write(path.name, path.read_text(encoding="utf-8"))
    whole.ingest()
    assert dump(whole.store) == dump(workspace.store)
    whole.close()


def test_batches_of_any_size_give_the_same_graph(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = " ".join(f"Ada Byron met Person{n} and he praised Byte Labs." for n in range(40))
    other = Workspace(tmp_path_factory.mktemp("other"))
    for place, size in ((workspace, 1), (other, 1024)):
        for number in range(3):
            place.write(f"{number}.txt", text.replace("Person", f"Person{number}"))
        place.ingest(batch_chunks=size, chunk_characters=200)
    assert workspace.store.statistics().chunks > 20
    assert dump(workspace.store) == dump(other.store)
    other.close()


def test_delete_takes_a_document_out_of_store_and_indexes(workspace: Workspace) -> None:
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    workspace.ingest()
    (document,) = workspace.store.documents()
    deleted = delete(workspace.store, document.id, indexes=workspace.indexes, lock=workspace.folder)
    assert (deleted.chunks, deleted.entities, deleted.triples, deleted.evidences) == (1, 2, 1, 1)
    assert list(workspace.indexes.dense.ids()) == []
    with pytest.raises(NotFound):
        delete(workspace.store, document.id, indexes=workspace.indexes, lock=workspace.folder)
    assert workspace.ingest().added == 1, "the ledger must forget what was deleted"


def test_paths_that_hold_nothing_are_refused(workspace: Workspace) -> None:
    with pytest.raises(ReadError):
        workspace.ingest()
    with pytest.raises(WorkspaceError, match="cannot be written"), writer_lock(workspace.write("a.txt", "no folder")):
        pass


def test_a_second_writer_is_told_who_holds_the_workspace(workspace: Workspace) -> None:
    workspace.write("a.txt", "Ada Byron founded Byte Labs.")
    with writer_lock(workspace.folder), pytest.raises(WorkspaceLocked, match=str(os.getpid())):
        workspace.ingest()
    assert workspace.ingest().added == 1


def test_the_lock_of_a_process_that_died_is_free(workspace: Workspace) -> None:
    code = (
        "import os, sys; from pathlib import Path; from kgqa.pipelines.ingestion.lock import writer_lock\n"
        "with writer_lock(Path(sys.argv[1])): os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(workspace.folder)], check=False).returncode == 9
    assert (workspace.folder / LOCK_FILE).exists()
    with writer_lock(workspace.folder):
        pass


def test_a_full_disk_stops_the_run_with_what_was_committed_kept(workspace: Workspace) -> None:
    for number in range(30):
        workspace.write(f"{number:02}.txt", "\n\n".join(f"Ada Byron met Person{number}x{n}." for n in range(60)))
    connection = workspace.store.database.connection()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 40}")
    with pytest.raises(WorkspaceError, match="full"):
        workspace.ingest()
    there = len(workspace.store.documents())
    assert 0 < there < 30
    connection.execute("PRAGMA max_page_count = 1000000")
    assert workspace.ingest().added == 30 - there
