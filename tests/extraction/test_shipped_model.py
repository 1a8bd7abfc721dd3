"""The model that ships: what is obvious it finds, in both languages, and every offset is the document's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.extraction import Extractor, open_extractor
from kgqa.types import Chunk, Extraction

ENGLISH = "Marie Curie was born in Warsaw on 7 November 1867. She studied at the University of Paris."
CHINESE = "鲁迅出生于浙江绍兴，曾在北京大学任教，1936年在上海逝世。"


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return open_extractor()


def read(extractor: Extractor, text: str, language: str, start: int = 0) -> Extraction:
    (extraction,) = extractor.extract([Chunk("c", "d", start, start + len(text), text, language=language)])
    return extraction


def names(extraction: Extraction) -> set[tuple[str, str]]:
    return {(mention.text, mention.type) for mention in extraction.mentions if not mention.nominal}


def test_english_people_places_and_facts(extractor: Extractor) -> None:
    extraction = read(extractor, ENGLISH, "en", start=100)
    assert {("Marie Curie", "Person"), ("Warsaw", "Place"), ("7 November 1867", "Date")} <= names(extraction)
    facts = {(extraction.mentions[r.head].text, r.type, extraction.mentions[r.tail].text) for r in extraction.relations}
    assert ("Marie Curie", "BORN_IN", "Warsaw") in facts
    born = next(r for r in extraction.relations if r.type == "BORN_IN")
    assert ENGLISH[born.start - 100 : born.end - 100] == ENGLISH[:50]


def test_a_pronoun_stands_for_the_name_before_it(extractor: Extractor) -> None:
    extraction = read(extractor, ENGLISH, "en")
    together = [{extraction.mentions[n].text for n in cluster} for cluster in extraction.clusters]
    assert any({"Marie Curie", "She"} <= texts for texts in together)
    she = next(mention for mention in extraction.mentions if mention.text == "She")
    assert she.nominal and she.type == "Person"


def test_chinese_people_and_places(extractor: Extractor) -> None:
    found = names(read(extractor, CHINESE, "zh"))
    assert {("鲁迅", "Person"), ("上海", "Place"), ("1936年", "Date")} <= found


def test_the_same_chunks_give_the_same(extractor: Extractor) -> None:
    chunks = [Chunk(str(n), "d", 0, len(text), text) for n, text in enumerate((ENGLISH, CHINESE, "", "x" * 3000))]
    first = extractor.extract(chunks)
    assert extractor.extract(chunks) == first
    assert [extraction.chunk_id for extraction in first] == ["0", "1", "2", "3"]
    assert extractor.extract([]) == []


ODD = "Marie Curie, 任正非 (OpenAI) 1987年\t\n\u0301é🙂👨‍👩‍👧שלום\u200b\x00“”."


@settings(max_examples=30, deadline=None)
@given(text=st.text(alphabet=ODD, max_size=80), start=st.integers(0, 1000))
def test_offsets_are_the_documents_own(extractor: Extractor, text: str, start: int) -> None:
    extraction = read(extractor, text, "zh", start)
    for mention in extraction.mentions:
        assert text[mention.start - start : mention.end - start] == mention.text != ""
    for relation in extraction.relations:
        assert start <= relation.start < relation.end <= start + len(text)
