"""Training of the classifier that tells which relation a question asks for."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason='the extra "train" is not installed')

from kgqa.encoder import Encoder
from kgqa.errors import DataError
from kgqa.extraction.schema import Schema
from kgqa.generation.relations import AskedRelation, RelationClassifier
from kgqa.pipelines.training import relation_questions
from kgqa.pipelines.training.extraction_silver_dialogues import PARTS
from kgqa.pipelines.training.reader_facts import TEMPLATES
from kgqa.pipelines.training.relation_questions import read_questions, train_classifier
from kgqa.text import detect_language


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A library of three templates, two for a relation of the schema and one for another property; and a dialogue."""
    forms = {"P112": [("who founded ", "?"), ("who is ", "'s founder?")], "P2048": [("how tall is ", "?")]}
    library = [
        {
            "template_key": {"p": property, "s_types": [], "o_types": []},
            "templates": [{"left": left, "right": right} for left, right in templates],
        }
        for property, templates in forms.items()
    ]
    path = tmp_path / "data" / TEMPLATES
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(library), encoding="utf-8")
    said = [
        ("我想看《茶隼》。你知道是谁执导的吗？", [("茶隼（电影）", "导演")]),
        ("何丽。那茶隼的票房是多少？", [("茶隼（电影）", "票房")]),
        ("三亿。还有什么好看的？", [("茶隼（电影）", "主演"), ("茶隼（电影）", "票房")]),
        ("不知道。", []),
    ]
    told = [[], *(given for _, given in said)]
    turns = [
        {"message": text, "attrs": [{"name": name, "attrname": attribute} for name, attribute in given]}
        for (text, _), given in zip(said, told, strict=False)
    ]
    for part in PARTS:
        path = tmp_path / "data" / relation_questions.KDCONV / part
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps([{"messages": turns}]), encoding="utf-8")
    return tmp_path / "data"


def test_questions_are_those_of_the_templates_and_our_own(data: Path) -> None:
    asked = {question.text: question.asked for question in read_questions(data, Schema.load())}
    assert asked["Who founded?"] == asked["是谁创办的？"] == AskedRelation("FOUNDED_BY", "object")
    assert asked["创办了哪家公司？"] == AskedRelation("FOUNDED_BY", "subject")
    assert asked["How tall is?"] is asked["花了多少钱？"] is None


def test_a_question_of_a_dialogue_asks_for_the_attribute_of_its_answer(data: Path) -> None:
    asked = {question.text: question.asked for question in read_questions(data, Schema.load())}
    assert asked["你知道是谁执导的吗？"] == AskedRelation("DIRECTED_BY", "object")
    assert asked["那的票房是多少？"] is None and "还有什么好看的？" not in asked


def test_our_own_questions_name_relations_of_the_schema_in_both_languages(data: Path) -> None:
    own = [question for question in relation_questions._own() if question.asked]
    assert {question.asked.relation for question in own if question.asked} == Schema.load().relations.keys()
    assert all(any(detect_language(q.text) == language for q in own) for language in ("en", "zh"))
    assert not {question.text for question in own if "{" in question.text or "  " in question.text}


def test_a_trained_classifier_tells_relations_apart(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[BORN_IN]\nobject = ["Where was born?", "在哪里出生？"]\n[OTHER]\nobject = ["What is?", "是什么？"]\n'
        '[FOUNDED_BY]\nobject = ["Who set up?", "是谁创办的？"]\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(relation_questions, "OWN", own)
    report = train_classifier(data, tmp_path / "out")
    assert report.questions == 11
    classifier = RelationClassifier.open(tmp_path / "out")
    encoder = Encoder.open(threads=1)
    assert classifier.embedder == encoder.name
    for question, relation in (("Where was born?", "BORN_IN"), ("是谁创办的？", "FOUNDED_BY")):
        odds = classifier.odds(encoder.embed([question])[0])
        assert int(odds.argmax()) == classifier.classes[AskedRelation(relation, "object")]
    assert "held back" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_missing_templates_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="KGConv"):
        read_questions(tmp_path, Schema.load())
