"""Thresholds chosen on development texts: the best, and for all that is read."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason='the extra "train" is not installed')

from kgqa.extraction import OnnxExtractor
from kgqa.pipelines.evaluation.extraction_pairs import JudgedPairs
from kgqa.pipelines.training import extraction_thresholds
from kgqa.pipelines.training.extraction_corpora import Corpus
from kgqa.pipelines.training.extraction_thresholds import (
    apart_margin,
    choose_name_margins,
    choose_pair_thresholds,
    choose_thresholds,
    of_given_pairs,
    trigger_margins,
)
from kgqa.types import Argument, Event, Example, Extraction, Mention, Relation

MENTIONS = (Mention(0, 2, "Bo", "Person"), Mention(7, 11, "Rome", "Place"))
ATTACK = Event(3, 6, "hit", "Attack", (Argument(7, 11, "Rome", "VICTIM"),))
EXAMPLE = Example(
    "Bo hit Rome.", MENTIONS, (Relation(0, 1, "BORN_IN", 0, 11),), (), "", frozenset({"Attack", "BORN_IN"}), (ATTACK,)
)


def test_what_is_unsure_and_wrong_is_no_longer_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    relations = (Relation(0, 1, "BORN_IN", 0, 11, 0.9), Relation(1, 0, "BORN_IN", 0, 11, 0.6))
    arguments = (Argument(7, 11, "Rome", "VICTIM", None, 0.75), Argument(0, 2, "Bo", "VICTIM", None, 0.65))
    events = (
        Event(3, 6, "hit", "Attack", arguments, confidence=0.45),
        Event(0, 2, "Bo", "Attack", arguments, confidence=0.3),
    )
    read = Extraction("0", MENTIONS, relations, events=events)
    monkeypatch.setattr(OnnxExtractor, "open", lambda *_: None)
    monkeypatch.setattr(extraction_thresholds, "extract_examples", lambda examples, _: [read] * len(examples))
    config = {"relation_thresholds": {"BORN_IN": 0.0, "CEO": 0.0}, "version": "1", "trigger_threshold": 0.0}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    choose_thresholds(tmp_path, None, [(Corpus("x", "", "bio"), [EXAMPLE] * 2)])  # type: ignore[arg-type]  # not asked
    chosen = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert chosen["version"] == "1"
    assert chosen["relation_thresholds"] == {"BORN_IN": 2.0, "CEO": 2.0}  # from .62 to .88
    assert chosen["trigger_threshold"] == -0.5  # from .38 on
    assert chosen["role_threshold"] == 0.75  # from .68 on
    assert chosen["language_margins"] == {"zh": {"BORN_IN": 1.0, "CEO": 1.0}}  # no Chinese text says what they are not
    choose_thresholds(tmp_path, None, [(Corpus("x", "", "bio", language="zh"), [EXAMPLE] * 2)])  # type: ignore[arg-type]
    chosen = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert chosen["language_margins"] == {"zh": {"BORN_IN": 0.0, "CEO": 1.0}}  # 1.0 in free text


def test_names_of_the_types_that_a_file_teaches_get_the_margin_with_the_best_f1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsure = tuple(replace(mention, confidence=0.4) for mention in MENTIONS)  # -.41 in log odds
    wrong = Mention(3, 6, "hit", "Person", 0.3)
    config = {"span_threshold": 0.0, "name_margins": {"Work": 1.0}}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    watchful: list[float] = []
    monkeypatch.setattr(OnnxExtractor, "open", lambda *_: SimpleNamespace(watchful=watchful.append))
    read = Extraction("0", (*unsure, wrong))
    monkeypatch.setattr(extraction_thresholds, "extract_examples", lambda examples, _: [read] * len(examples))
    example = replace(EXAMPLE, annotated_types=frozenset({"Person", "Place"}))
    choose_name_margins(tmp_path, None, [example] * 13)  # type: ignore[arg-type]  # not asked
    chosen = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))["name_margins"]
    assert chosen == {"Work": 1.0, "Person": -0.5, "Place": -0.5} and watchful == [1.0]
    for few in ([example] * 12, [replace(example, annotated_types=frozenset({"BORN_IN"}))] * 13):
        choose_name_margins(tmp_path, None, few)  # type: ignore[arg-type]
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))["name_margins"] == chosen


def test_relations_of_given_pairs_get_thresholds_at_which_most_come_out_right() -> None:
    rng = np.random.default_rng(0)
    gold = np.array([0] * 60 + [1] * 40 + [2] * 10 + [-1] * 200)
    scores = rng.normal(-4, 0.3, (len(gold), 3)).astype(np.float32)
    scores[np.arange(110), gold[:110]] += 2.0  # right ones stand at -2, far below the usual threshold
    pairs = JudgedPairs(("ACQUIRED", "PARTNER", "CEO"), scores, gold, np.zeros(len(gold), np.int64))
    chosen = of_given_pairs(pairs, {"ACQUIRED": 0.5, "PARTNER": 0.5, "CEO": 0.5}, {"ACQUIRED", "PARTNER"})
    assert set(chosen) == {"ACQUIRED", "PARTNER"} and all(-4 < at < -2.2 for at in chosen.values())
    assert of_given_pairs(pairs, {}, set()) == {}


def test_relations_that_a_file_says_of_given_pairs_get_thresholds_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = np.array([0] * 60 + [-1] * 60)
    pairs = JudgedPairs(("BORN_IN",), np.where(gold == 0, -1.7, -4.5)[:, None], gold, np.zeros(len(gold), np.int64))
    monkeypatch.setattr(OnnxExtractor, "open", lambda *_: None)
    monkeypatch.setattr(extraction_thresholds, "judged_pairs", lambda *_: pairs)
    before = {"relation_thresholds": {"BORN_IN": 1.0, "CEO": 0.5}, "version": "1"}
    (tmp_path / "config.json").write_text(json.dumps(before), encoding="utf-8")
    looked_for = replace(EXAMPLE, annotated_types=frozenset({"BORN_IN"}))
    choose_pair_thresholds(tmp_path, None, [looked_for])  # type: ignore[arg-type]  # not asked
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8")) == before
    choose_pair_thresholds(tmp_path, None, [replace(EXAMPLE, annotated_types=frozenset())])  # type: ignore[arg-type]
    after = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert after == {"relation_thresholds": {"BORN_IN": -2.0, "CEO": 0.5}, "version": "1"}


def test_facts_across_sentences_must_be_right_as_often_as_those_within() -> None:
    text = "Bo saw Rome. Ada left."
    mentions = (Mention(0, 2, "Bo", "Person"), Mention(7, 11, "Rome", "Place"), Mention(13, 16, "Ada", "Person"))
    within, across = Relation(0, 1, "BORN_IN", 0, 12), Relation(2, 1, "BORN_IN", 0, 22)
    right = Example(text, mentions, (within, across), (), "", frozenset({"BORN_IN"}))
    wrong = Example(text, mentions, (within,), (), "", frozenset({"BORN_IN"}))
    sure, unsure = (Relation(2, 1, "BORN_IN", 0, 22, confidence) for confidence in (0.9, 0.65))
    own = Relation(0, 1, "BORN_IN", 0, 12, 0.6)
    read = [Extraction("0", mentions, (own, sure)), Extraction("1", mentions, (own, unsure))]
    found = [(Corpus("x", "", "bio"), [right, wrong], read)]
    assert apart_margin({"BORN_IN": 0.0}, found) == 1.0  # above .65, below .9
    assert apart_margin({"BORN_IN": 0.0}, [(Corpus("x", "", "bio"), [right, right], read)]) == 0.0


def test_events_that_nobody_looked_for_must_be_rarely_found() -> None:
    def read(kind: str, confidence: float) -> Extraction:
        return Extraction("0", (), (), events=(Event(3, 6, "hit", kind, (), confidence=confidence),))

    examples = [replace(EXAMPLE, annotated_types=frozenset({"Attack"}))] * 200
    found = [read("AdverseEvent", 0.6)] * 196 + [read("AdverseEvent", 0.9)] * 3 + [read("Attack", 0.99)]
    margins = trigger_margins([(Corpus("x", "", "bio"), examples, found)], 0.25)
    assert margins == {"AdverseEvent": 1.95}  # .9 is 2.2 in log odds: the second best of 200 is not believed
    assert trigger_margins([(Corpus("x", "", "bio"), examples, found)], 3.0) == {}
