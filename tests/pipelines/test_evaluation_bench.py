"""Questions made of a workspace's own facts, and what the router learns from them. Runs the encoder that ships."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kgqa.cli import app
from kgqa.errors import DataError
from kgqa.knowledge_base import KnowledgeBase, open_knowledge_base
from kgqa.pipelines.evaluation.bench import FOLDER, bench, fitted_threshold, make_questions
from kgqa.retrieval import Thresholds
from kgqa.retrieval.router import NEVER
from kgqa.types import Chunk, Document, Extraction, Mention, Relation, content_id

PAIRS = 24


def commit(kb: KnowledgeBase, subject: str, predicate: str, object: str, text: str, language: str) -> None:
    document = Document.create(uri=f"{text}.txt", title="", text=text, language=language)
    chunk = Chunk(content_id(document.id), document.id, 0, len(text), text, language=language)
    types = {"DIRECTED_BY": ("Work", "Person"), "BORN_IN": ("Person", "Place")}[predicate]
    mentions = [
        Mention(at := text.index(n), at + len(n), n, type) for n, type in zip((subject, object), types, strict=True)
    ]
    read = Extraction(chunk.id, tuple(mentions), (Relation(0, 1, predicate, 0, len(text), 0.9),), extractor="by hand")
    kb.store.commit(document, [chunk], [read], kb.encoder.embed([text]), kb.encoder.name)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("bench")
    with open_knowledge_base(folder) as kb:
        for n in range(PAIRS):
            film, person, town = f"Film{n}q", f"Mira Vale{n}q", f"Town{n}q"
            commit(kb, film, "DIRECTED_BY", person, f"{film} was directed by {person}.", "en")
            commit(kb, person, "BORN_IN", town, f"The birthplace of {person} is {town}, a quiet place.", "en")
        commit(kb, "夜幕", "DIRECTED_BY", "玛莎", "《夜幕》由玛莎执导。", "zh")
        commit(kb, "玛莎", "BORN_IN", "格拉茨", "玛莎在格拉茨出生。", "zh")
    yield folder


def test_questions_of_two_hops_name_neither_the_bridge_nor_the_answer(workspace: Path) -> None:
    with open_knowledge_base(workspace) as kb:
        made = make_questions(kb, 200)
        assert make_questions(kb, 200) == made
        two = [item for item in made if item.hops == 2]
        assert len(two) == PAIRS + 1 and len(made) == 2 * (PAIRS + 1) + len(two)
        assert all(len(item.groups) == 2 and not item.groups[0] & item.groups[1] for item in two)
        assert not any("Mira" in item.question or "Town" in item.question for item in two)
        assert {"夜幕的导演是什么？", "夜幕的导演的出生地是什么？"} <= {item.question for item in made}
        assert [len(item.groups) for item in make_questions(kb, 10)] == [1] * 5 + [2] * 5


def test_bench_measures_each_way_and_sets_the_router(workspace: Path) -> None:
    result = CliRunner().invoke(app, ["bench", "-w", str(workspace), "--json"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["n"] == {"1-hop": 2 * (PAIRS + 1), "2-hop": PAIRS + 1}
    assert list(report["ways"]) == ["bm25", "dense", "fused", "graph"]
    ways = report["ways"]
    assert ways["bm25"]["recall@5"]["1-hop"] > 0.9
    assert ways["graph"]["recall@5"]["2-hop"] > ways["bm25"]["recall@5"]["2-hop"] + 0.2
    assert all(way["ms_per_question"] > 0 and way["megabytes"] > 0 for way in ways.values())
    assert "The graph pays here" in result.stderr and report["peak_megabytes"] > 10
    assert json.loads((workspace / FOLDER / "bench.json").read_text(encoding="utf-8")) == report
    assert (workspace / FOLDER / "bench.png").read_bytes().startswith(b"\x89PNG")
    with open_knowledge_base(workspace) as kb:
        assert Thresholds.load(workspace).text_from == report["text_from"] == kb.retriever.router.thresholds.text_from


def test_too_few_questions_leave_the_router_as_it_is(workspace: Path, tmp_path: Path) -> None:
    with open_knowledge_base(tmp_path) as kb:
        with pytest.raises(DataError, match="has no fact to ask about"):
            bench(kb)
        commit(kb, "Film", "DIRECTED_BY", "Mira", "Film was directed by Mira.", "en")
        report = bench(kb)
        assert report.text_from is None and report.n == {1: 1} and Thresholds.load(tmp_path).text_from == NEVER
    result = CliRunner().invoke(app, ["bench", "-w", str(tmp_path)], env={"COLUMNS": "200"})
    assert "too few questions to set the router" in result.stderr and "bm25" in result.stdout


@pytest.mark.parametrize(
    ("text", "graph", "threshold"),
    [([0, 0, 1, 1], [1, 1, 0, 0], 0.6), ([1, 1, 1, 1], [1, 1, 1, 0], 0.1), ([0, 0, 0, 0], [1, 1, 1, 1], NEVER)],
)
def test_the_threshold_is_the_least_that_loses_nothing(text: list[int], graph: list[int], threshold: float) -> None:
    coverage = np.asarray([0.1, 0.3, 0.6, 0.9])
    assert fitted_threshold(coverage, np.asarray(text, float), np.asarray(graph, float)) == threshold
