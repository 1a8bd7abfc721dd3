"""Which dates of a sentence say when a fact held."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.errors import QueryError
from kgqa.graph.fact_times import FactTimes
from kgqa.graph.periods import OPEN_END, asked_period, period_of
from kgqa.types import Extraction, Mention, Relation

DATE = re.compile(r"<([^>]*)>")


def held(sentence: str, *, dated: bool = False) -> tuple[str, str] | None:
    """When the fact between [the first] and [second] name held; <dates> are marked. ``dated``: the first date is an
    end of another fact."""
    text, mentions = "", []
    for piece in re.split(r"(<[^>]*>|\[[^\]]*\])", sentence):
        if piece[:1] in ("<", "["):
            kind = "Date" if piece[0] == "<" else "Person"
            mentions.append(Mention(len(text), len(text) + len(piece) - 2, piece[1:-1], kind))
            piece = piece[1:-1]
        text += piece
    names = [number for number, mention in enumerate(mentions) if mention.type == "Person"]
    relation = Relation(names[0], names[1], "WORKS_FOR", 0, len(text))
    others = [Relation(names[0], n, "BORN_ON", 0, len(text)) for n, m in enumerate(mentions) if m.type == "Date"][:1]
    extraction = Extraction("c", tuple(mentions), (relation, *(others if dated else ())))
    return FactTimes.read(text, extraction, None).of(relation)


@pytest.mark.parametrize(
    ("sentence", "first", "last"),
    [
        ("[Ada] worked for [Byte] in <2012>.", "2012-01-01", "2012-12-31"),
        ("In <May 2012> [Ada] worked for [Byte].", "2012-05-01", "2012-05-31"),
        ("[Ada] worked for [Byte] from <2001> to <March 2005>.", "2001-01-01", "2005-03-31"),
        ("[Ada] worked for [Byte] between <2001> and <2005>.", "2001-01-01", "2005-12-31"),
        ("[Ada] worked for [Byte] (<2001>–<2005>).", "2001-01-01", "2005-12-31"),
        ("[Ada] has worked for [Byte] since <2001>.", "2001-01-01", OPEN_END),
        ("[Ada] has worked for [Byte] <since 2001>.", "2001-01-01", OPEN_END),
        ("From <12 May 2001> onwards [Ada] worked for [Byte].", "2001-05-12", OPEN_END),
        ("[Ada] worked for [Byte] until <2001>.", "", "2001-12-31"),
        ("[梁文锋]自<2010年>起任职于[幻方]。", "2010-01-01", OPEN_END),
        ("[梁文锋]从<2010年>到<2015年3月>任职于[幻方]。", "2010-01-01", "2015-03-31"),
        ("[梁文锋]于<2010年>加入[幻方]。", "2010-01-01", "2010-12-31"),
        ("[梁文锋]直到<2015年>任职于[幻方]。", "", "2015-12-31"),
        ("[Ada], born in <1970>, worked for [Byte] from <2001> to <2005>.", "2001-01-01", "2005-12-31"),
    ],
)
def test_dates_say_when_a_fact_held(sentence: str, first: str, last: str) -> None:
    assert held(sentence) == (first, last)


@pytest.mark.parametrize(
    "sentence",
    [
        "[Ada] worked for [Byte].",
        "[Ada] worked for [Byte] in <early spring>.",
        "Born in <1970>, [Ada] worked for [Byte], which closed in <2001>.",
        "[Ada] worked for [Byte] and in <2001> moved; in <2004> she died.",
    ],
)
def test_what_a_sentence_leaves_open_stays_open(sentence: str) -> None:
    assert held(sentence) is None


def test_the_date_of_another_fact_says_nothing() -> None:
    assert held("[Ada], born in <1970>, worked for [Byte].") == ("1970-01-01", "1970-12-31")
    assert held("[Ada], born in <1970>, worked for [Byte].", dated=True) is None
    assert held("[Ada], born in <1970>, joined [Byte] in <2001>.", dated=True) == ("2001-01-01", "2001-12-31")


def test_values_are_periods_of_days() -> None:
    assert period_of("2024-02") == ("2024-02-01", "2024-02-29")
    assert period_of("2022-W48") == ("2022-11-28", "2022-12-04")
    assert period_of("1990/1999-06") == ("1990-01-01", "1999-06-30")
    for wrong in ("", "x", "2022-13", "2022-02-30", "2001/2000", "2022-W60", "1/2/3/4", "0000"):
        assert period_of(wrong) is None
    assert asked_period("2010/") == ("2010-01-01", OPEN_END) and asked_period(" /2010 ") == ("", "2010-12-31")


@given(st.dates(), st.dates())
def test_any_two_days_in_order_are_a_period(one: object, other: object) -> None:
    first, last = sorted((str(one), str(other)))
    assert period_of(f"{first}/{last}") == (first, last)
    if first != last:
        with pytest.raises(QueryError):
            asked_period(f"{last}/{first}")
