"""Grounding keeps what the documents say and drops the rest."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.generation.grounding import ground, markers
from kgqa.types import Citation
from tests.generation.fakes import ListStore, document

SOURCE = document("Source", "Water boils at 100 degrees. 水在一百度沸腾。")
STORE = ListStore([SOURCE])


def citation(n: int, start: int, end: int, quote: str | None = None) -> Citation:
    text = SOURCE.text[start:end] if quote is None else quote
    return Citation(n, SOURCE.id, "chunk", "Source", "", None, start, end, text, 1.0)


def test_ground_drops_markers_without_a_source() -> None:
    found = ground("It boils [1]. It freezes [2].", [citation(1, 0, 27)], STORE.document)
    assert found.text == "It boils [1]. It freezes."
    assert found.used == (1,)


def test_ground_drops_quotes_that_are_not_in_the_document() -> None:
    made_up = citation(1, 0, 5, "Steam")
    elsewhere = Citation(2, "gone", "chunk", "", "", None, 0, 5, "Water", 1.0)
    empty = citation(3, 4, 4)
    found = ground("A [1] b [2] c [3]", [made_up, elsewhere, empty], STORE.document)
    assert (found.text, found.citations) == ("A b c", ())


def test_ground_leaves_out_what_the_text_does_not_use() -> None:
    found = ground("沸腾[2]", [citation(1, 0, 5), citation(2, 28, 35)], STORE.document)
    assert [one.n for one in found.citations] == [2]
    assert found.citations[0].quote == "水在一百度沸腾"


@settings(deadline=None)
@given(st.lists(st.integers(1, 5)), st.lists(st.booleans(), min_size=5, max_size=5))
def test_grounded_markers_and_citations_agree(numbers: list[int], true: list[bool]) -> None:
    text = "x".join(f" [{n}]" for n in numbers)
    given_citations = [citation(n, 0, n, None if good else "no") for n, good in enumerate(true, 1)]
    found = ground(text, given_citations, STORE.document)
    assert sorted(found.used) == [one.n for one in found.citations]
    assert markers(found.text) == tuple(dict.fromkeys(n for n in numbers if true[n - 1]))
