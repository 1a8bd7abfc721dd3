"""Types of a user's own are scored with their wider type named, without it, and beside the wider type alone."""

from __future__ import annotations

from pathlib import Path

from kgqa.extraction import Schema
from kgqa.pipelines.evaluation.own_types import TYPES, Text, score_own_types
from kgqa.types import Extraction, Mention
from tests.extraction.test_own_types import LANGUAGE, TopicEmbedder


def test_each_side_is_scored_on_the_same_texts(tmp_path: Path) -> None:
    path = tmp_path / "types.toml"
    path.write_text(LANGUAGE, encoding="utf-8")
    schema = Schema.load()
    texts = [Text("He wrote code in Lua.", frozenset({(17, 20, "ProgrammingLanguage")}))] * 10
    texts += [Text("He drove a Volvo to work.", frozenset()), Text("Lua", frozenset({(0, 3, "ProgrammingLanguage")}))]
    found = [Extraction("", (Mention(17, 20, "Lua", "Product"),))] * 10
    found += [Extraction("", (Mention(11, 16, "Volvo", "Product"),)), Extraction("")]
    (scored,) = score_own_types(texts, found, schema, schema.extended(path), TopicEmbedder(), "en")
    assert (scored.type, scored.kind, scored.named.n, scored.reach) == ("ProgrammingLanguage", "Product", 11, 0.909)
    assert (scored.named.precision, scored.named.recall) == (1.0, 0.9091)
    assert scored.baseline.precision == 0.9091 and scored.free.n == 11


def test_the_measured_types_are_kinds_of_the_shipped_ones() -> None:
    own = Schema.load().extended(TYPES)
    added = [type for name, type in own.entities.items() if name not in Schema.load().entities]
    assert len(added) > 20 and all(type.kind_of and type.description for type in added)
