"""Which relation a question asks for, and which end of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kgqa.encoder import Encoder
from kgqa.errors import ModelError
from kgqa.extraction.schema import RelationType, Schema
from kgqa.generation import Name, RelationClassifier, RelationLinker
from kgqa.generation.relations import FOLDER, AskedRelation, without_names

PEOPLE, FIRMS = frozenset({"Person"}), frozenset({"Organization"})
SCHEMA = Schema(
    relations={
        "FOUNDED_BY": RelationType("FOUNDED_BY", {"en": "founded by", "zh": "创始人"}, head=FIRMS, tail=PEOPLE),
        "EMPLOYER": RelationType("EMPLOYER", {"en": "employer", "zh": "任职于"}, head=PEOPLE, tail=FIRMS),
    }
)


@pytest.fixture(scope="module")
def linker() -> RelationLinker:
    encoder = Encoder.open(threads=1)
    return RelationLinker(encoder.embed, RelationClassifier.open())


def test_the_shipped_classifier_is_for_the_shipped_embeddings() -> None:
    assert RelationClassifier.open().embedder == Encoder.open(threads=1).name


@pytest.mark.parametrize(
    ("question", "name", "relation", "end", "named", "answer"),
    [
        ("Which company did Ada Lee help to start?", "Ada Lee", "FOUNDED_BY", "subject", "Person", "Organization"),
        ("Which company did Ada Lee work for?", "Ada Lee", "EMPLOYER", "object", "Person", "Organization"),
        ("Who set up Kestrel?", "Kestrel", "FOUNDED_BY", "object", "Organization", "Person"),
        ("When was Ada Lee born?", "Ada Lee", "BORN_ON", "object", "Person", "Date"),
        ("何丽在哪所大学读的博士？", "何丽", "EDUCATED_AT", "object", "Person", "Organization"),
        ("茶隼公司是谁创办的？", "茶隼公司", "FOUNDED_BY", "object", "Organization", "Person"),
        ("茶隼公司的总部设在哪里？", "茶隼公司", "HEADQUARTERS", "object", "Organization", "Place"),
    ],
)
def test_a_question_asks_for_a_relation(
    linker: RelationLinker, question: str, name: str, relation: str, end: str, named: str, answer: str
) -> None:
    every = [AskedRelation(r, e) for r in linker.schema.relations for e in ("object", "subject")]
    fitting = [asked for asked in every if linker.may_hold(asked, named, answer)]
    shares = linker.likely(question, [Name(name)], [(asked, named, answer) for asked in fitting])
    best = fitting[int(np.argmax(shares))]
    assert best == AskedRelation(relation, end) and max(shares) > 0.4


def test_a_question_for_something_else_asks_for_none(linker: RelationLinker) -> None:
    asked = [(AskedRelation(r, "object"), "Organization", "Person") for r in ("FOUNDED_BY", "CEO", "LED_BY")]
    assert max(linker.likely("How tall is Kestrel?", [Name("Kestrel")], asked)) < 0.4
    assert max(linker.likely("茶隼公司用了多少钱？", [Name("茶隼公司")], asked)) < 0.4


def embed(texts: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Words of founding one way, all others the other."""
    found = [any(word in text for word in ("found", "创始")) for text in texts]
    return np.array([[1.0, 0.0] if each else [0.0, 1.0] for each in found], dtype=np.float32)


def test_relations_without_a_classifier_are_compared_by_their_labels() -> None:
    asked = [(AskedRelation(name, "object"), "Organization", "Person") for name in ("FOUNDED_BY", "EMPLOYER")]
    founded, employer = RelationLinker(embed, None, SCHEMA).likely("Who founded Kestrel?", [Name("Kestrel")], asked)
    assert founded > 0.9 and employer < 0.1


def test_a_relation_that_the_classifier_does_not_know_is_compared_by_its_label() -> None:
    classifier = RelationClassifier("test", {AskedRelation("EMPLOYER", "object"): 0}, np.zeros((3, 2), np.float32))
    linker = RelationLinker(embed, classifier, SCHEMA)
    asked = [(AskedRelation("FOUNDED_BY", "object"), "Organization", "Person")]
    assert linker.likely("Who founded Kestrel?", [], asked)[0] > 0.9
    asked = [(AskedRelation("EMPLOYER", "object"), "Person", "Organization")]
    assert linker.likely("Who founded Kestrel?", [], asked) == [0.5]


def test_names_are_taken_out_of_the_question() -> None:
    assert without_names("Where did Ada Lee meet Ada?", [Name("Ada"), Name("Ada Lee")]) == "Where did meet?"
    assert without_names("何丽毕业于哪所大学？", [Name("何丽")]) == "毕业于哪所大学？"


@pytest.mark.parametrize("name", ["weights.npy", "config.json"])
def test_a_torn_model_is_a_clear_error(tmp_path: Path, name: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "relations")
    (tmp_path / "relations" / name).write_bytes(b"torn")
    with pytest.raises(ModelError, match="Train or install"):
        RelationClassifier.open(tmp_path / "relations")


def test_weights_of_other_classes_are_a_clear_error(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "relations")
    path = tmp_path / "relations" / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "classes": config["classes"][1:]}), encoding="utf-8")
    with pytest.raises(ModelError, match="do not fit"):
        RelationClassifier.open(tmp_path / "relations")
