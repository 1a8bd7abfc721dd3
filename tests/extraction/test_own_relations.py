"""Relations of a user's own: which pairs of names they join, and what a wrong file of them says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kgqa
from kgqa.errors import ConfigError
from kgqa.extraction import OwnRelations, Schema
from kgqa.extraction.own_relations import APART, PRECISION
from kgqa.types import Chunk, Extraction, Mention, Modality, Relation

SUED = """
[relations.SUED]
en = "sued"
zh = "起诉"
head = ["Person"]
tail = ["Organization"]
description = "Whom the subject took to court."
"""
RIVALS = """
[relations.RIVAL]
en = "rival"
zh = "对手"
head = ["Organization"]
tail = ["Organization"]
symmetric = true
description = "A rival of the subject."
"""
PEOPLE = {"Ann": "Person", "Byte": "Organization"}


class TopicEmbedder:
    """Texts about courts point one way, about rivals another, all others a third."""

    name, dimensions = "topics@1", 3
    TOPICS = (("court", "sued", "起诉"), ("rival", "对手"))

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors by the words that occur."""
        found = [[any(word in text for word in words) for words in self.TOPICS] for text in texts]
        vectors = np.array([[*topics, not any(topics)] for topics in found], dtype=np.float32)
        unit: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    path = tmp_path_factory.mktemp("own") / "types.toml"
    path.write_text(SUED + RIVALS, encoding="utf-8")
    return Schema.load().extended(path)


@pytest.fixture(scope="module")
def relations(own: Schema) -> OwnRelations:
    return OwnRelations(Schema.load(), own, TopicEmbedder())


def chunk_of(text: str, language: str = "en", start: int = 0) -> Chunk:
    return Chunk(text[:8], "d", start, start + len(text), text, language=language)


def named(chunk: Chunk, types: dict[str, str]) -> Extraction:
    places = [(chunk.start + chunk.text.index(name), name, type) for name, type in types.items()]
    return Extraction(chunk.id, tuple(Mention(at, at + len(name), name, type, 0.9) for at, name, type in places))


def joined(relations: OwnRelations, text: str, types: dict[str, str], language: str = "en") -> list[str]:
    chunk = chunk_of(text, language)
    (found,) = relations.related([chunk], [named(chunk, types)])
    names = list(types)
    return [f"{names[r.head]} {r.type} {names[r.tail]}" for r in found.relations]


def test_words_near_the_description_join_the_names_by_their_types(relations: OwnRelations) -> None:
    assert joined(relations, "Ann sued Byte.", PEOPLE) == ["Ann SUED Byte"]
    assert joined(relations, "Byte was sued by Ann.", PEOPLE) == ["Ann SUED Byte"]
    chinese = {"安娜": "Person", "字节公司": "Organization"}
    assert joined(relations, "安娜起诉了字节公司。", chinese, "zh") == ["安娜 SUED 字节公司"]
    assert joined(relations, "Ann works for Byte.", PEOPLE) == []
    assert joined(relations, "Ann works for Byte, it was said in court.", PEOPLE) == [], "not between the names"


def test_of_several_relations_the_nearest_whose_types_fit_holds(relations: OwnRelations) -> None:
    firms = {"Byte": "Organization", "Core": "Organization"}
    assert joined(relations, "Byte, a rival of Core", firms) == ["Byte RIVAL Core"]
    assert joined(relations, "Byte sued Core.", firms) == [], "who sues is a person"
    assert joined(relations, "Ann is a rival of Byte.", PEOPLE) == []


def test_names_of_other_sentences_and_far_apart_are_not_joined(relations: OwnRelations) -> None:
    assert joined(relations, "Ann went to court. Byte did not.", PEOPLE) == []
    assert joined(relations, f"Ann sued {'very ' * (APART // 5)} Byte.", PEOPLE) == []


def test_a_name_between_takes_the_place_of_those_behind_it(relations: OwnRelations) -> None:
    assert joined(relations, "Ann sued Byte and Core.", {**PEOPLE, "Core": "Organization"}) == ["Ann SUED Byte"]
    assert joined(relations, "Ann sued in Graz what is now Byte.", {**PEOPLE, "Graz": "Place"}) == ["Ann SUED Byte"]


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("Ann sued Byte.", Modality.ASSERTED),
        ("Ann has never sued Byte.", Modality.NEGATED),
        ("Ann may have sued Byte.", Modality.UNCERTAIN),
    ],
)
def test_what_is_denied_or_left_open_is_said_to_be(relations: OwnRelations, text: str, modality: Modality) -> None:
    chunk = chunk_of(text, start=70)
    (found,) = relations.related([chunk], [named(chunk, PEOPLE)])
    confidence = round(0.9 * PRECISION, 4)
    assert found.relations == (Relation(0, 1, "SUED", 70, 70 + len(text), confidence, modality),)


def test_what_was_read_stays_and_comes_first(relations: OwnRelations) -> None:
    chunk = chunk_of("Ann sued Byte.")
    read = Extraction(chunk.id, named(chunk, PEOPLE).mentions, (Relation(0, 1, "EMPLOYER", 0, 14),))
    (found,) = relations.related([chunk], [read])
    assert [relation.type for relation in found.relations] == ["EMPLOYER", "SUED"]
    (same,) = OwnRelations(Schema.load(), Schema.load(), TopicEmbedder()).related([chunk], [read])
    assert same == read


@given(text=st.text("AB sued.。 rival", max_size=40), start=st.integers(0, 9))
def test_whatever_is_joined_is_joined_by_its_sentence(relations: OwnRelations, text: str, start: int) -> None:
    chunk, kinds = chunk_of(text, start=start), {"A": "Person", "B": "Organization"}
    places = [n for n, letter in enumerate(text) if letter in "AB"]
    mentions = tuple(Mention(start + n, start + n + 1, text[n], kinds[text[n]]) for n in places)
    (found,) = relations.related([chunk], [Extraction(chunk.id, mentions)])
    for relation in found.relations:
        first, last = sorted((mentions[relation.head], mentions[relation.tail]), key=lambda mention: mention.start)
        assert start <= relation.start <= first.start < last.end <= relation.end
        assert any(word in text[first.end - start : last.start - start] for word in ("sued", "rival"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SUED.replace('"Person"', '"Judge"'), "names the type Judge"),
        (SUED.replace('head = ["Person"]\n', ""), r'SUED does not say what it joins. Add head = \["Person"\]'),
        (SUED.replace("SUED", "SPOUSE"), "reads SPOUSE already"),
        (SUED.replace('zh = "起诉"\n', ""), "no label in zh"),
        (SUED.replace("tail", "tale"), "unknown key tale"),
        ('relations = "a"', "not a table of types"),
    ],
)
def test_a_faulty_file_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "types.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        Schema.load().extended(path)


def test_the_name_changes_with_the_relations(relations: OwnRelations) -> None:
    assert relations.name != OwnRelations(Schema.load(), Schema.load(), TopicEmbedder()).name


def test_the_shipped_models_read_a_relation_by_its_description(tmp_path: Path) -> None:
    described = SUED.replace("Whom the subject took to court.", "被主体起诉、告上法庭的公司。")
    (tmp_path / "types.toml").write_text(described, encoding="utf-8")
    texts = {
        "a.txt": "Maria Keller sued Siemens in 2019. Peter Novak lives in Prague.",
        "b.txt": "李明把腾讯公司告上了法庭。",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with kgqa.open(tmp_path, settings={"extraction": {"types": "types.toml"}}) as kb:
        kb.ingest([tmp_path / name for name in texts])
        facts = {(t.subject_name, t.object_name): t for t in kb.graph.triples(predicate="SUED")}
        assert facts.keys() == {("Maria Keller", "Siemens"), ("李明", "腾讯公司")}
        (evidence,) = kb.graph.evidence(facts["Maria Keller", "Siemens"].id)
        assert evidence.quote == "Maria Keller sued Siemens in 2019."
