"""``SIGKILL`` at random moments of ingestion: nothing is lost, nothing doubled, no file torn.

One process imports everything once and forks a child for each life, so that fifty lives take seconds. Each child opens
the workspace as ``kgqa ingest`` does, with the real store, readers, lock and indexes, and is killed at a random
moment.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kgqa.config import IngestSettings
from kgqa.graph import EmbeddedStore
from kgqa.index import Indexes
from kgqa.pipelines.ingestion import ingest
from kgqa.types import IngestReport, Progress
from tests.graph.content import dump
from tests.small_models import SmallEmbedder, SmallExtractor

KILLS = 50
DOCUMENTS = 40
PEOPLE = ("Ada Byron", "Charles Babbage", "Dennis Ink", "Grace Hop", "Hop", "Ink")
GROUPS = ("Byte Labs", "BL", "Difference Institute", "DI")
VERBS = ("founded", "left", "praised", "met")


def write_documents(folder: Path, seed: int) -> None:
    """Forty small files that share names, two of them with equal content, one with many documents."""
    rng = random.Random(seed)
    folder.mkdir(exist_ok=True)
    for number in range(DOCUMENTS - 2):
        lines = [f"{rng.choice(PEOPLE)} {rng.choice(VERBS)} {rng.choice(GROUPS)}. He left." for _ in range(12)]
        lines.append(f"Difference Institute (DI) met Person{rng.randrange(9)}." if number % 7 == 0 else "Nothing.")
        (folder / f"{number:02}.txt").write_text("\n\n".join(lines), encoding="utf-8")
    (folder / "copy.txt").write_bytes((folder / "01.txt").read_bytes())
    records = [{"text": f"Ada Byron met Person{seed * 100 + n}."} for n in range(10)]
    (folder / "many.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")


def run(workspace: Path, documents: Path, on_progress: Callable[[Progress], None] | None = None) -> IngestReport:
    """What a process does in its life."""
    indexes = Indexes.open(workspace / "index", "letters@1", 16)
    with EmbeddedStore.open(workspace / "store.sqlite") as store:
        report = ingest(
            store,
            [documents],
            extractor=SmallExtractor(),
            embedder=SmallEmbedder(),
            indexes=indexes,
            lock=workspace,
            settings=IngestSettings(batch_chunks=4, chunk_characters=200),
            on_progress=on_progress,
        )
    indexes.close()
    return report


def live(workspace: Path, documents: Path, steps: int, seconds: float) -> bool:
    """Whether a child that ingests was killed ``seconds`` after so many steps; False if it had finished by then."""
    listen, tell = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            report = run(workspace, documents, lambda progress: void(os.write(tell, b".")))
            code = 0 if not report.failures else 1
        finally:
            os._exit(code)
    os.close(tell)
    while steps > 0 and (heard := len(os.read(listen, steps))):
        steps -= heard
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(listen)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"a life ended with an error: {status}")
    return os.WIFSIGNALED(status)


def void(result: object) -> None:
    """Drops a result."""


def kill_again_and_again(workspace: Path, documents: Path, seed: int) -> None:
    """Fifty lives cut short. Whenever one gets to the end, all files change, so that there is work again."""
    for module in ("faiss", "tantivy", "sentencex", "kgqa.connectors.readers.plain", "kgqa.connectors.readers.jsonl"):
        importlib.import_module(module)
    rng = random.Random(seed)
    version = 0
    found: list[int] = []
    while len(found) < KILLS:
        if live(workspace, documents, rng.choice((0, 1, 5, 20, 50, 90)), rng.uniform(0, 0.02)):
            found.append(committed(workspace))
        else:
            version += 1
            write_documents(documents, version)
    print(json.dumps({"kills": len(found), "versions": version, "found": found}))


def committed(workspace: Path) -> int:
    """How many changes the store has seen."""
    with EmbeddedStore.open(workspace / "store.sqlite") as store:
        return store.generation()


@pytest.mark.integration
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killing_ingest_fifty_times_loses_and_doubles_nothing(tmp_path: Path) -> None:
    workspace, documents, whole = tmp_path / "workspace", tmp_path / "docs", tmp_path / "whole"
    workspace.mkdir()
    whole.mkdir()
    write_documents(documents, 0)
    killer = subprocess.run(
        [sys.executable, "-m", "tests.integration.test_kill_ingest", str(workspace), str(documents), "20240229"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        cwd=Path(__file__).parents[2],
    )
    assert killer.returncode == 0, killer.stderr
    lives = json.loads(killer.stdout)
    assert lives["kills"] == KILLS
    assert lives["versions"] >= 1 and len(set(lives["found"])) >= 15, "the kills must fall into the work"

    last = run(workspace, documents)
    assert not last.failures and not last.interrupted
    assert run(workspace, documents).added == 0
    run(whole, documents)
    with (
        EmbeddedStore.open(workspace / "store.sqlite") as survivor,
        EmbeddedStore.open(whole / "store.sqlite") as expected,
    ):
        assert dump(survivor) == dump(expected)
        assert {d.uri for d in survivor.documents()} == {d.uri for d in expected.documents()}
        for name, folder in (("store", workspace), ("whole", whole)):
            indexes = Indexes.open(folder / "index", "letters@1", 16)
            assert sorted(indexes.dense.ids()) == sorted(indexes.lexical.ids()) == sorted(expected.chunk_ids()), name
            indexes.close()
    connection = sqlite3.connect(workspace / "store.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


if __name__ == "__main__":
    kill_again_and_again(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
