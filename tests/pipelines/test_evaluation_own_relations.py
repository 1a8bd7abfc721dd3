"""Relations of a user's own are scored on pairs that hold one, by how near the words between the names are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgqa.extraction.schema import RelationType
from kgqa.pipelines.evaluation import own_relations
from kgqa.pipelines.evaluation.own_relations import read_fewrel, score_own_relations
from tests.extraction.test_own_relations import TopicEmbedder

NAMES = {"P1": ["sued", "whom the subject took to court"], "P26": ["rival", "a rival of the subject"]}


def row(text: str) -> dict[str, object]:
    tokens = text.split()
    return {"tokens": tokens, "h": ["Ann", "Q1", [[tokens.index("Ann")]]], "t": ["Bo", "Q2", [[tokens.index("Bo")]]]}


def test_pairs_of_fewrel_are_read_with_names_descriptions_and_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_relations, "SEEN", 1)
    rows = {"P1": [row("Ann hit Bo"), row("In May Ann sued Bo .")], "P26": [row("x Ann Bo"), row("Bo , rival of Ann")]}
    (tmp_path / "pid2name.json").write_text(json.dumps(NAMES), encoding="utf-8")
    (tmp_path / "val_wiki.json").write_text(json.dumps(rows), encoding="utf-8")
    relations, pairs = read_fewrel(tmp_path)
    assert [(r.name, r.labels["en"], r.description) for r in relations] == [(id, *said) for id, said in NAMES.items()]
    assert [id for _, id in pairs] == ["P1", "P26"], "the model's own name for P26 does not take its place"
    assert [words[0] for words, _ in pairs] == ["Ann sued Bo", "Bo, rival of Ann"]
    assert pairs[0][0][1] == "In May Ann sued Bo."


def test_what_is_near_enough_and_the_nearest_counts() -> None:
    relations = [RelationType(id, {"en": label, "zh": label}, said) for id, (label, said) in NAMES.items()]
    said = [("Ann sued Bo", "P1"), ("安娜起诉了公司", "P1"), ("Bo, rival of Ann", "P26"), ("Ann met Bo", "P26")]
    whole, first = score_own_relations(relations, [((words, words), id) for words, id in said], TopicEmbedder())
    assert (whole.precision, whole.recall, whole.n, first) == (1.0, 0.75, 4, 0.75)
