"""The nouns: ids from content, records as plain JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st

from kgqa.types import Answer, Citation, Document, Modality, Relation, content_id, to_dict


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_content_id_depends_on_the_parts_alone(parts: list[str]) -> None:
    assert content_id(*parts) == content_id(*parts)
    assert len(content_id(*parts)) == 20


def test_content_id_tells_parts_apart() -> None:
    assert content_id("ab", "c") != content_id("a", "bc")


def test_document_has_the_same_id_under_another_address() -> None:
    first = Document.create(uri="a.txt", title="A", text="北京 is a city.", language="en")
    second = Document.create(uri="b.txt", title="B", text="北京 is a city.", language="en")
    assert first.id == second.id and first.sha256 == second.sha256


def test_document_survives_lone_surrogates() -> None:
    assert Document.create(uri="a", title="", text="\ud800", language="en").id


def test_to_dict_is_plain_json() -> None:
    citation = Citation(1, "d", "c", "T", "t.md", None, 0, 2, "北京", 0.5)
    answer = Answer("在哪?", "北京 [1]", (citation,))
    plain = json.loads(json.dumps(answer.to_dict(), ensure_ascii=False))
    assert plain["citations"][0]["quote"] == "北京"
    assert to_dict(Relation(0, 1, "X", 0, 1, modality=Modality.NEGATED))["modality"] == "negated"
