"""Which readings are told, and which sentence is quoted around them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.generation.agreement import agreement, same_answer
from kgqa.generation.compose import LONGEST_QUOTE, quote_around
from tests.generation.fakes import document, passage


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("May 2011", "2011", True),
        ("the Royal Society", "Royal Society", True),
        ("2011", "20", False),
        ("Ann", "Annette", False),
        ("李飞飞", "李飞飞教授", True),
        ("北京", "上海", False),
        ("Paris", "paris.", True),
    ],
)
def test_same_answer(one: str, other: str, same: bool) -> None:
    assert same_answer(one, other) is same_answer(other, one) is same


def test_spans_that_say_the_same_share_their_probability() -> None:
    shares = agreement(["Paris", "in Paris", "Rome", "北京", "北京市"], [1.0, 1.0, 1.0, 2.0, 2.0], [1.0] * 5)
    paris, beijing = 2 / (3 + 2 * math.e), 2 * math.e / (3 + 2 * math.e)
    assert shares == pytest.approx([paris, paris, paris / 2, beijing, beijing])
    assert agreement([], [], []) == []


def test_what_is_said_of_something_else_has_no_part_in_the_belief() -> None:
    shares = agreement(["Rome", "Paris", "Paris"], [9.0, 4.0, 2.0], [0.0, 1.0, 0.5])
    assert shares[1] == shares[2] > 0.85 > shares[0]
    assert agreement(["Rome", "Paris"], [1.0, 1.0], [0.0, 0.0]) == [0.5, 0.5]


@settings(deadline=None)
@given(st.text(alphabet="ab 。.!\n字", min_size=1, max_size=900), st.data())
def test_quote_holds_the_span_and_equals_the_document(text: str, data: st.DataObject) -> None:
    source = document("Any", f"Before. {text}")
    start = data.draw(st.integers(8, len(source.text) - 1))
    end = data.draw(st.integers(start + 1, min(len(source.text), start + 40)))
    quote = quote_around(passage(source, 8), start, end)
    assert quote.text == source.text[quote.start : quote.end]
    assert 8 <= quote.start <= start < end <= quote.end
    assert quote.end - quote.start <= LONGEST_QUOTE
