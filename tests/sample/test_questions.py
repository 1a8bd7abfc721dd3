"""The questions of the sample.

Each line is an object with `id`, `lang` ("en" or "zh"), `kind`, `question`, `history` (the questions asked before),
`answers` (any one of them in the answer counts), `answerable`, `documents` (the files that hold the evidence) and,
where accounts differ, `comment`.
"""

import json
from collections import Counter
from typing import Any

import pytest

from kgqa.sample import sample_demo, sample_questions
from tests.sample.reading import documents, squeezed, text

_KEYS = {"id", "lang", "kind", "question", "history", "answers", "answerable", "documents"}
_QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in sample_questions().read_text(encoding="utf-8").splitlines()
]
_DEMO: list[dict[str, Any]] = json.loads(sample_demo().read_text(encoding="utf-8"))
_ALL = _QUESTIONS + _DEMO
_ANSWERABLE = [row for row in _ALL if row["answerable"]]


def _of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [row for row in _ALL if row["kind"] in kinds]


def test_forty_questions_half_in_each_language() -> None:
    assert Counter(row["lang"] for row in _QUESTIONS) == {"en": 20, "zh": 20}


def test_a_quarter_of_each_language_is_unanswerable() -> None:
    assert Counter(row["lang"] for row in _QUESTIONS if not row["answerable"]) == {"en": 5, "zh": 5}
    assert [row["id"] for row in _ALL if row["answerable"] != (row["kind"] != "unanswerable")] == []
    assert [row["id"] for row in _ALL if not row["answerable"] and (row["answers"] or row["documents"])] == []


def test_kinds_are_all_there() -> None:
    counts = Counter(row["kind"] for row in _QUESTIONS)
    assert set(counts) == {
        "one-hop", "multi-hop", "cross-lingual", "follow-up", "contradiction", "homonym", "unanswerable",
    }  # fmt: skip
    assert counts["multi-hop"] >= 6
    assert counts["cross-lingual"] == counts["contradiction"] == counts["homonym"] == 2
    assert Counter(row["lang"] for row in _QUESTIONS if row["kind"] == "follow-up") == {"en": 2, "zh": 2}


def test_ids_and_questions_are_unique() -> None:
    assert len({row["id"] for row in _ALL}) == len(_ALL)
    assert len({row["question"] for row in _ALL}) == len(_ALL)


def test_demo_asks_three_questions_in_both_languages() -> None:
    assert len(_DEMO) == 3
    assert {row["lang"] for row in _DEMO} == {"en", "zh"}


@pytest.mark.parametrize("row", _ALL, ids=lambda row: row["id"])
def test_question_has_exactly_the_documented_keys(row: dict[str, Any]) -> None:
    assert set(row) - {"comment"} == _KEYS
    assert bool(row["history"]) == (row["kind"] == "follow-up")
    assert ("comment" in row) == (row["kind"] == "contradiction")


@pytest.mark.parametrize("row", _ANSWERABLE, ids=lambda row: row["id"])
def test_each_answer_occurs_in_a_named_document(row: dict[str, Any]) -> None:
    named = [squeezed(text(documents()[name])) for name in row["documents"]]
    assert row["answers"]
    assert [answer for answer in row["answers"] if not any(squeezed(answer) in words for words in named)] == []


@pytest.mark.parametrize("row", _of_kind("multi-hop", "contradiction"), ids=lambda row: row["id"])
def test_two_document_question_names_two_documents(row: dict[str, Any]) -> None:
    assert len(row["documents"]) >= 2


@pytest.mark.parametrize("row", _of_kind("contradiction"), ids=lambda row: row["id"])
def test_contradiction_differs_between_documents(row: dict[str, Any]) -> None:
    held = [
        frozenset(answer for answer in row["answers"] if squeezed(answer) in squeezed(text(documents()[name])))
        for name in row["documents"]
    ]
    assert len(set(held)) == len(held)
    assert all(held)


@pytest.mark.parametrize("row", _of_kind("cross-lingual"), ids=lambda row: row["id"])
def test_cross_lingual_evidence_lies_in_the_other_language(row: dict[str, Any]) -> None:
    other = "zh" if row["lang"] == "en" else "en"
    assert other in {documents()[name].parent.name for name in row["documents"]}


@pytest.mark.parametrize("row", _ANSWERABLE, ids=lambda row: row["id"])
def test_question_does_not_give_its_answer_away(row: dict[str, Any]) -> None:
    asked = squeezed("".join([row["question"], *row["history"]]))
    assert [answer for answer in row["answers"] if squeezed(answer) in asked] == []
