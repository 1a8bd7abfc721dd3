"""Open relations: the words between two names where the schema has no type for them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kgqa
from kgqa.extraction import OpenExtractor, Schema
from kgqa.extraction.open_relations import OPEN, is_open, open_relations, phrase_of
from kgqa.text import detect_language
from kgqa.types import Chunk, Extraction, Mention, Modality, Relation

NAMES = {
    "Google": "Organization", "DeepMind": "Organization", "Hassabis": "Person", "Legg": "Person", "he": "Person",
    "2014": "Date", "谷歌": "Organization", "百度": "Organization", "李彦宏": "Person", "徐勇": "Person",
    "他": "Person", "2000年": "Date",
}  # fmt: skip

_NAME = re.compile("|".join(rf"\b{name}\b" if name.isascii() else name for name in NAMES))


def read(text: str, *, start: int = 0, he: str = "", typed: Sequence[tuple[str, str]] = ()) -> tuple[Chunk, Extraction]:
    """A chunk and an extraction of the names above, where "he" or 他 stands for the name given."""
    chunk = Chunk("c", "d", start, start + len(text), text, language=detect_language(text))
    found = sorted((match.start(), match[0]) for match in _NAME.finditer(text))
    mentions = tuple(
        Mention(start + at, start + at + len(name), name, NAMES[name], nominal=name in ("he", "他"))
        for at, name in found
    )
    order = [mention.text for mention in mentions]
    clusters = (tuple(sorted((order.index(he), *(n for n, m in enumerate(mentions) if m.nominal)))),) if he else ()
    facts = tuple(Relation(order.index(a), order.index(b), "T", start, start + len(text)) for a, b in typed)
    return chunk, Extraction("c", mentions, facts, clusters, "reader@1")


def said(text: str, he: str = "", typed: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str, str]]:
    """Names and phrases of what the text states."""
    chunk, extraction = read(text, he=he, typed=typed)
    return [
        (extraction.mentions[r.head].text, phrase_of(r.type), extraction.mentions[r.tail].text)
        for r in open_relations(chunk, extraction)
        if r.modality is Modality.ASSERTED
    ]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("In 2014 Google acquired DeepMind.", [("Google", "acquired", "DeepMind")]),
        ("Google in 2014 acquired DeepMind.", [("Google", "acquired", "DeepMind")]),
        ("Hassabis left Google and founded DeepMind.",
         [("Hassabis", "left", "Google"), ("Hassabis", "founded", "DeepMind")]),
        ("Hassabis and Legg founded DeepMind.", [("Legg", "founded", "DeepMind"), ("Hassabis", "founded", "DeepMind")]),
        ("The founder of Google met Hassabis.", []),
        ("Google acquired DeepMind researchers.", []),
        ("Google, Hassabis.", []),
        ("Google was founded in 2014.", []),
        ("谷歌收购了百度。", [("谷歌", "收购", "百度")]),
        ("李彦宏2000年创办百度。", [("李彦宏", "创办", "百度")]),
        ("李彦宏离开谷歌，2000年创办百度。", [("李彦宏", "离开", "谷歌"), ("李彦宏", "创办", "百度")]),
        ("李彦宏和徐勇创办了百度。", [("徐勇", "创办", "百度"), ("李彦宏", "创办", "百度")]),
        ("百度由李彦宏创办。", [("百度", "由…创办", "李彦宏")]),
        ("李彦宏任百度董事长。", [("李彦宏", "任…董事长", "百度")]),
        ("李彦宏在谷歌创办百度。", []),
        ("李彦宏加入谷歌的百度。", []),
    ],
)  # fmt: skip
def test_the_words_between_two_names_are_a_fact(text: str, facts: list[tuple[str, str, str]]) -> None:
    assert said(text) == facts


@pytest.mark.parametrize(
    "text",
    [
        "It is false that Google acquired DeepMind.",
        "If Google acquired DeepMind, that is news.",
        "Reportedly Google acquired DeepMind.",
        "Was it Google acquired DeepMind?",
        "据传谷歌收购了百度。",
        "如果谷歌收购了百度，股价会涨。",
    ],
)
def test_what_is_denied_or_left_open_is_not_asserted(text: str) -> None:
    assert said(text) == []
    chunk, extraction = read(text)
    assert all(r.modality is not Modality.ASSERTED for r in open_relations(chunk, extraction))


def test_a_typed_relation_goes_before_an_open_one() -> None:
    text = "Google acquired DeepMind."
    assert said(text, typed=[("Google", "DeepMind")]) == []
    assert said(text, typed=[("DeepMind", "Google")]) == [], "in either direction"
    assert said("Google acquired DeepMind. Legg met Hassabis.", typed=[("Google", "DeepMind")]) == [
        ("Legg", "met", "Hassabis")
    ]


def test_what_stands_for_a_name_must_do_so_beyond_doubt() -> None:
    assert said("Hassabis is here. So he left Google.", he="Hassabis") == [("he", "left", "Google")]
    assert said("So he left Google. Hassabis is here.", he="Hassabis") == [], "the name comes behind"
    assert said("Hassabis is here. With Legg gone he left Google.", he="Hassabis") == [], "who is he?"
    assert said("李彦宏在此。后来他离开谷歌。", he="李彦宏") == [("他", "离开", "谷歌")]
    assert said("后来他离开谷歌。李彦宏在此。", he="李彦宏") == []


@given(st.lists(st.sampled_from([*NAMES, "acquired", "收购了", " and ", "、", ", ", " in ", "。", ". "]), max_size=12))
def test_every_relation_is_open_and_quotes_both_ends(parts: list[str]) -> None:
    text = "".join(f" {part} " if part.isascii() else part for part in parts)
    chunk, extraction = read(text, start=7) if text.strip() else (Chunk("c", "d", 0, 0, ""), Extraction("c"))
    found = open_relations(chunk, extraction)
    assert found == open_relations(chunk, extraction)
    for relation in found:
        assert is_open(relation.type) and relation.type not in Schema.load().relations
        assert 0 < relation.confidence <= 1 and relation.head != relation.tail
        for end in (relation.head, relation.tail):
            mention = extraction.mentions[end]
            assert relation.start <= mention.start and mention.end <= relation.end <= chunk.end


def test_no_type_of_the_schema_looks_open() -> None:
    schema = Schema.load()
    assert not any(map(is_open, itertools.chain(schema.relations, schema.roles, schema.events, schema.entities)))
    assert OPEN == "~"


class _Reader:
    name = "reader@1"

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        return [read(chunk.text)[1] for chunk in chunks]


def test_the_extractor_adds_them_and_says_so_in_its_name() -> None:
    extractor = OpenExtractor(_Reader())
    (found,) = extractor.extract([read("Google acquired DeepMind.")[0]])
    assert [relation.type for relation in found.relations] == ["~acquired"]
    assert found.extractor == extractor.name != "reader@1"


TEXTS = {
    "a.txt": "Reportedly Microsoft sued Oracle. Angela Merkel met Barack Obama.",
    "b.txt": "王小明会见了李大为。微软没有收购甲骨文公司。",
}


def test_the_shipped_model_and_a_workspace_read_open_facts(tmp_path: Path) -> None:
    settings = {"retrieval": {"rerank": False}, "extraction": {"open_relations": True}}
    with kgqa.open(tmp_path / "ws", settings=settings) as kb:
        before = kb.graph.statistics()
        for name, text in TEXTS.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        kb.ingest([tmp_path / name for name in TEXTS])
        facts = {(t.subject_name, t.predicate, t.object_name): t for t in kb.graph.all_triples()}
        assert ("Angela Merkel", "~met", "Barack Obama") in facts
        assert ("王小明", "~会见", "李大为") in facts
        assert not any(predicate in ("~sued", "~收购") for _, predicate, _ in facts)
        (evidence,) = kb.graph.evidence(facts["Angela Merkel", "~met", "Barack Obama"].id)
        assert evidence.quote == "Angela Merkel met Barack Obama."
        assert kb.graph.triples("Angela Merkel", "~met", "Barack Obama")
        assert not [c for c in kb.graph.contradictions() if is_open(c[0].predicate)]
        assert kb.ingest([tmp_path / name for name in TEXTS]).unchanged == 2
        for document in kb.documents():
            kb.delete(document.id)
        assert kb.graph.statistics() == before
    with kgqa.open(tmp_path / "without", settings={**settings, "extraction": {"open_relations": False}}) as kb:
        kb.ingest([tmp_path / name for name in TEXTS])
        assert not any(is_open(t.predicate) for t in kb.graph.all_triples())
