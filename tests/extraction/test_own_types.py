"""Types of a user's own: which mentions become theirs, and what a wrong file of them says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import kgqa
from kgqa.errors import ConfigError
from kgqa.extraction import Schema, TypingExtractor
from kgqa.extraction.own_types import MARGIN
from kgqa.types import Chunk, Extraction, Mention

LANGUAGE = """
[entities.ProgrammingLanguage]
en = "programming language"
zh = "编程语言"
kind_of = "Product"
description = "A language in which software is written."
"""


class TopicEmbedder:
    """Texts about software point one way, about cars another; long texts about neither a third, short ones nowhere."""

    name, dimensions = "topics@1", 3
    TOPICS = (("software", "code", "Lua", "代码"), ("car", "drove", "Volvo", "车"))

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors by the words that occur."""
        found = [[any(word in text for word in words) for words in self.TOPICS] for text in texts]
        other = [not any(topics) and len(text) > 25 for topics, text in zip(found, texts, strict=True)]
        vectors = np.array([[*topics, much] for topics, much in zip(found, other, strict=True)], dtype=np.float32)
        unit: npt.NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1)
        return unit


class Reader:
    """Reads the names that it is given, wherever they stand; 'it' stands for the first."""

    name = "reader@1"

    def __init__(self, types: dict[str, str]) -> None:
        self.types = types

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        """One extraction for each chunk."""
        return [self._read(chunk) for chunk in chunks]

    def _read(self, chunk: Chunk) -> Extraction:
        mentions = [
            Mention(chunk.start + at, chunk.start + at + len(name), name, type, nominal=name == "it")
            for name, type in self.types.items()
            if (at := chunk.text.find(name)) >= 0
        ]
        references = [n for n, mention in enumerate(mentions) if mention.nominal]
        return Extraction(chunk.id, tuple(mentions), (), ((0, *references),) if references else (), self.name)


@pytest.fixture
def own(tmp_path: Path) -> Schema:
    path = tmp_path / "types.toml"
    path.write_text(LANGUAGE, encoding="utf-8")
    return Schema.load().extended(path)


def chunk_of(text: str, document: str = "d", start: int = 0) -> Chunk:
    return Chunk(text[:8], document, start, start + len(text), text)


def read(own: Schema, texts: Sequence[Chunk], types: dict[str, str], **given: frozenset[str]) -> list[Extraction]:
    return TypingExtractor(Reader(types), Schema.load(), own, TopicEmbedder(), **given).extract(texts)


def test_a_mention_near_the_description_gets_the_type_and_keeps_what_it_was(own: Schema) -> None:
    types = {"Lua": "Product", "Volvo": "Product", "it": "Product"}
    (found,) = read(
        own, [chunk_of("He wrote code in Lua because it is small. " + " " * 80 + "He drove a Volvo.")], types
    )
    assert [(m.text, m.type, m.kind) for m in found.mentions] == [
        ("Lua", "ProgrammingLanguage", "Product"),
        ("Volvo", "Product", ""),
        ("it", "ProgrammingLanguage", "Product"),
    ]


def test_only_mentions_of_the_wider_type_are_looked_at(own: Schema) -> None:
    (found,) = read(own, [chunk_of("He wrote code in Lua.")], {"Lua": "Person"})
    assert found.mentions[0].type == "Person"


def test_types_that_are_kept_stay(own: Schema) -> None:
    (found,) = read(own, [chunk_of("He wrote code in Lua.")], {"Lua": "Product"}, keep=frozenset({"Product"}))
    assert found.mentions[0].type == "Product"


def test_offsets_in_the_document_are_found_in_the_chunk(own: Schema) -> None:
    (found,) = read(own, [chunk_of("The system, written in Go, is code.", start=500)], {"Go": "Product"})
    assert found.mentions[0].type == "ProgrammingLanguage"  # by the words around it alone


def test_one_name_of_a_document_has_one_type(own: Schema) -> None:
    texts = [chunk_of("Go is used to write code."), chunk_of("So is Go, as a rule."), chunk_of("Go on.", document="e")]
    found = read(own, texts, {"Go": "Product"})
    assert [e.mentions[0].type for e in found] == ["ProgrammingLanguage", "ProgrammingLanguage", "Product"]


def test_chinese_is_read_with_the_characters_around(own: Schema) -> None:
    (found,) = read(own, [chunk_of("他开车去见甲语言的人，之后回到家里吃饭休息，再写代码。")], {"甲语言": "Product"})
    assert found.mentions[0].type == "Product"  # what is said of code stands too far away
    (found,) = read(own, [chunk_of("他用甲语言写代码。")], {"甲语言": "Product"})
    assert found.mentions[0].type == "ProgrammingLanguage"


def test_without_a_wider_type_the_nearest_ones_are_divided(tmp_path: Path) -> None:
    path = tmp_path / "types.toml"
    path.write_text(LANGUAGE.replace('kind_of = "Product"\n', ""), encoding="utf-8")
    near = TypingExtractor(Reader({"Lua": "Quantity"}), Schema.load(), Schema.load().extended(path), TopicEmbedder())
    (found,) = near.extract([chunk_of("He wrote code in Lua.")])
    assert found.mentions[0].type == "Quantity"  # never what has a value
    assert 0 < MARGIN < 1


def test_the_name_changes_with_the_types(own: Schema, tmp_path: Path) -> None:
    path = tmp_path / "others.toml"
    path.write_text(LANGUAGE.replace("written", "typed"), encoding="utf-8")
    schemas = (own, Schema.load().extended(path), own)
    names = [TypingExtractor(Reader({}), Schema.load(), schema, TopicEmbedder()).name for schema in schemas]
    assert names[0] == names[2] != names[1] and names[0].startswith("reader@1+types-")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LANGUAGE.replace('"Product"', '"Thing"'), "kind of 'Thing', which is no type"),
        (LANGUAGE.replace('"Product"', '"Reference"'), "which is no type"),
        (LANGUAGE.replace("ProgrammingLanguage", "Product"), "reads Product already"),
        ('[events.Sale]\nen = "sale"\nzh = "出售"', r"\[events\] cannot be added without training"),
        ('entities = "a"', "not a table of types"),
        ("[entities", "not valid TOML"),
        (LANGUAGE.replace('zh = "编程语言"\n', ""), "no label in zh"),
    ],
)
def test_a_faulty_file_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "types.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        Schema.load().extended(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.toml cannot be read"):
        Schema.load().extended(tmp_path / "no.toml")


def test_the_shipped_models_read_a_type_by_its_description(tmp_path: Path) -> None:
    with kgqa.open(tmp_path, settings={"extraction": {"types": "types.toml"}}) as kb:
        (tmp_path / "types.toml").write_text(LANGUAGE, encoding="utf-8")
        english = "The library was written in Python and Rust. The iPhone and the Xbox Series X were sold in China."
        chinese = "这个程序是用Python写的，后来用Java语言重写。"
        (tmp_path / "a.txt").write_text(english, encoding="utf-8")
        (tmp_path / "b.txt").write_text(chinese, encoding="utf-8")
        kb.ingest([tmp_path / "a.txt", tmp_path / "b.txt"])
        types = {entity.name: entity.type for entity in kb.graph.entities()}
        assert types["Python"] == types["Rust"] == "ProgrammingLanguage"
        assert types["Xbox Series X"] == "Product"
        assert kb.schema.entities["ProgrammingLanguage"].labels["zh"] == "编程语言"
        assert kb.ingest([tmp_path / "a.txt"]).unchanged == 1
    with kgqa.open(tmp_path) as kb:
        assert kb.ingest([tmp_path / "a.txt", tmp_path / "b.txt"]).replaced == 2, "without the types it is read again"
        assert "ProgrammingLanguage" not in {entity.type for entity in kb.graph.entities()}


def test_people_stay_people_where_personal_data_is_masked(tmp_path: Path) -> None:
    (tmp_path / "types.toml").write_text(LANGUAGE.replace('"Product"', '"Person"'), encoding="utf-8")
    with kgqa.open(tmp_path, settings={"privacy": "mask", "extraction": {"types": "types.toml"}}) as kb:
        assert isinstance(kb.extractor, TypingExtractor)
        chunk = chunk_of("Ada Lovelace met Charles Babbage.")
        assert {mention.type for mention in kb.extractor.extract([chunk])[0].mentions} == {"Person"}
