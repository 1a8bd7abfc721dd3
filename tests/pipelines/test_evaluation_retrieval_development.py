"""The pools that retrieval is measured on, and the table that they make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgqa.errors import DataError
from kgqa.pipelines.evaluation.answers import Share
from kgqa.pipelines.evaluation.crosslingual import CrosslingualReport
from kgqa.pipelines.evaluation.retrieval import RetrievalReport
from kgqa.pipelines.evaluation.retrieval_development import POOLS, Pool, plot, score_pool, table
from tests.small_models import HashingEmbedder, SmallExtractor

NOTES = [{"title": f"Note {n}", "text": f"A note on the weather of day {n}."} for n in range(20)]
CORPUS = [{"title": "Nightfall", "text": "Nightfall was made by Ada Marsh."}, *NOTES]
NEWS = [{"idx": 40, "text": "电影《夜幕》由玛莎执导。"}, {"idx": 7, "text": "上海今天下雨。"}]


def files(folder: Path, pool: Pool) -> Path:
    """A small pool at the place of a real one."""
    questions = (
        [{"question": "《夜幕》是谁执导的？", "doc_index": 40}]
        if pool.format == "plain"
        else [{"question": "Who made Nightfall?", "supporting_facts": [["Nightfall", 0]]}]
    )
    for name, content in ((pool.questions, questions), (pool.corpus, NEWS if pool.format == "plain" else CORPUS)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def scored(folder: Path, name: str) -> RetrievalReport:
    pool = next(pool for pool in POOLS if pool.name == name)
    return score_pool(pool, files(folder, pool), HashingEmbedder(), SmallExtractor())


def test_a_pool_has_every_way_to_retrieve_beside_bm25(tmp_path: Path) -> None:
    report = scored(tmp_path, "2wiki")
    assert set(report.beside) == {"bm25", "dense", "fused", "hybrid", "no_triples"} and report.mode == "auto"
    assert report.scored.at[5] == 1


def test_news_say_their_passage_by_its_number_in_the_source(tmp_path: Path) -> None:
    report = scored(tmp_path, "zh_news")
    assert (report.mode, report.scored.n, report.beside["bm25"].at[2]) == ("text", 1, 1)


def test_the_table_tells_the_gain_and_whether_it_is_enough(tmp_path: Path) -> None:
    reports = {name: scored(tmp_path / name, name) for name in ("2wiki", "zh_news")}
    translations = CrosslingualReport(Share(845, 862), Share(836, 862))
    rows = table(reports, translations).splitlines()
    assert any(row.startswith("| 2wiki | auto | 100.0") and row.endswith("+18: missed |") for row in rows)
    assert any(row.startswith("| zh_news | text") and row.endswith("90: stretch |") for row in rows)
    assert "| zh to en | 0.980 | 0.969 to 0.988 | 862 |" in rows
    plot(reports, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_missing_pool_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"corpus_10k\.json|zh_news_qa_half\.json"):
        score_pool(next(p for p in POOLS if p.format == "plain"), tmp_path, HashingEmbedder(), SmallExtractor())
