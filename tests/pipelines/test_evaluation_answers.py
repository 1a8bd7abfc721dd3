"""Scoring of a workspace's answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgqa.dialogue import Conversation
from kgqa.errors import DataError
from kgqa.generation import Answerer, Names
from kgqa.pipelines.evaluation.answers import evaluate_answers, read_questions
from kgqa.types import Document
from tests.dialogue.fakes import ListExtractor
from tests.generation.fakes import HeartReader, ListRetriever, ListStore, document, passage

SOURCE = document("Meitner", "Lise Meitner was born in Vienna in 1878.")


class SmallWorkspace:
    """One document and a reader that knows it by heart."""

    def __init__(self, answers: dict[str, float]) -> None:
        self.answerer = Answerer(ListStore([SOURCE]), ListRetriever([passage(SOURCE)]), HeartReader(answers))

    def conversation(self) -> Conversation:
        return Conversation(self.answerer, Names(ListExtractor({"Lise Meitner": "Person"})))

    def document(self, document_id: str) -> Document:
        return self.answerer.store.document(document_id)


def row(id: str, answers: list[str], *, answerable: bool = True, history: tuple[str, ...] = ()) -> str:
    return json.dumps(
        {"id": id, "lang": "en", "kind": "k" + id, "question": "Where was she born?", "answers": answers,
         "answerable": answerable, "history": list(history)}
    )  # fmt: skip


def test_evaluate_counts_answers_and_abstentions(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join([
        row("1", ["Vienna"], history=("Who was Lise Meitner?",)),
        row("2", ["Vien", "187"]),
        row("3", [], answerable=False),
    ]))  # fmt: skip
    report = evaluate_answers(SmallWorkspace({"Vienna": 0.9}), path)
    assert [outcome.right for outcome in report.outcomes] == [True, False, False]
    assert report.outcomes[0].answer.rewritten == "Where was Lise Meitner born?"
    assert (report.quotes.right, report.quotes.of) == (3, 3)
    assert report.by_kind["k1"].right == 1 and report.by_language["en"].of == 3
    assert "| all | 1 | 3 | 6% to 79% |" in report.to_markdown()
    silent = evaluate_answers(SmallWorkspace({}), path)
    assert [outcome.right for outcome in silent.outcomes] == [False, False, True]


def test_read_questions_names_the_line_with_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(row("1", ["x"]) + "\n{}\n")
    with pytest.raises(DataError, match=r"questions\.jsonl:2: .*id, lang, question"):
        read_questions(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_questions(tmp_path / "missing.jsonl")
