from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kgqa.errors import DataError
from kgqa.pipelines.evaluation.retrieval import Format, RetrievalReport, evaluate_retrieval, read_corpus, read_judged
from tests.small_models import HashingEmbedder, SmallExtractor

CORPUS = [
    {"title": "Nightfall", "text": "Nightfall was made by Ada Marsh."},
    {"title": "Ada Marsh", "text": "Ada Marsh studied in Graz."},
    {"title": "夜幕", "text": "电影《夜幕》由玛莎执导。"},
    *({"title": f"Note {n}", "text": f"A note on the weather of day {n}."} for n in range(20)),
]
HIPPORAG = [{"question": "Who made Nightfall?", "supporting_facts": [["Nightfall", 0], ["Nightfall", 1]]}]
MUSIQUE = [
    {
        "question": "Who made Nightfall?",
        "paragraphs": [
            {"title": "Nightfall", "paragraph_text": "Nightfall was made by Ada Marsh.", "is_supporting": True},
            {"title": "Note 1", "paragraph_text": "A note on the weather of day 1.", "is_supporting": False},
        ],
    }
]
PLAIN = [
    {"question": "《夜幕》是谁执导的？", "gold": [2]},
    {"question": "Ada Marsh studied where?", "gold": ["Ada Marsh"]},
]


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def evaluated(folder: Path, questions: Any, format: Format, **options: Any) -> RetrievalReport:
    files = written(folder / "q.json", questions), written(folder / "c.json", CORPUS)
    options.setdefault("extractor", SmallExtractor())
    return evaluate_retrieval(*files, embedder=HashingEmbedder(), format=format, **options)


@pytest.mark.parametrize(("questions", "format"), [(HIPPORAG, "hipporag"), (MUSIQUE, "musique"), (PLAIN, "plain")])
def test_evaluate_scores_every_format(tmp_path: Path, questions: Any, format: Format) -> None:
    report = evaluated(tmp_path, questions, format)
    assert report.scored.at[5] == 1 and report.scored.n == len(questions) and report.passages == len(CORPUS)


def test_evaluate_reports_the_names_that_scripts_read(tmp_path: Path) -> None:
    report = evaluated(tmp_path, PLAIN, "plain", mode="text", extractor=None)
    found = json.loads(json.dumps(report.to_dict()))
    names = {"recall@2", "recall@5", "recall@10", "all_gold@5", "n", "interval"}
    assert names | {"ms_per_question", "ingest_seconds", "bm25", "dense", "fused", "mode"} <= set(found)
    assert all(set(found[name]) == names for name in ("bm25", "dense", "fused"))
    assert "| text | 100.0 | 100.0 | 100.0 | 100.0 | 2 |" in report.to_markdown()


def test_evaluate_counts_half_of_the_support_as_half(tmp_path: Path) -> None:
    questions = [{"question": "Who made Nightfall?", "gold": ["Nightfall", "Note 7", "absent from the corpus"]}]
    report = evaluated(tmp_path, questions, "plain", mode="text", extractor=None)
    assert report.scored.at[2] == 0.5 and report.scored.all_gold_at_5 in (0, 1)


@pytest.mark.parametrize(
    ("questions", "corpus", "message"),
    [
        ([{"question": "?"}], CORPUS, "question 0: not of format 'plain', KeyError"),
        ([{"question": "?", "gold": ["absent"]}], CORPUS, "no supporting passage of its 1 questions"),
        (PLAIN, [], "holds no passage"),
        (PLAIN, [{"title": "no text"}], "is no corpus"),
    ],
)
def test_evaluate_names_what_is_wrong_with_a_file(tmp_path: Path, questions: Any, corpus: Any, message: str) -> None:
    files = written(tmp_path / "q.json", questions), written(tmp_path / "c.json", corpus)
    with pytest.raises(DataError, match=message):
        read_judged(files[0], read_corpus(files[1]), "plain")
