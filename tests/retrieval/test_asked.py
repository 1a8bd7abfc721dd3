"""What the words of a question say, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.retrieval import Period, asked_for
from kgqa.types import Span


@pytest.mark.parametrize(
    ("question", "counts", "lists", "types"),
    [
        ("How many films did Ada Marsh direct?", True, False, {"Work"}),
        ("What is the number of cities in Austria?", True, False, {"Place"}),
        ("Which companies did Bo Lind found?", False, True, {"Organization"}),
        ("Which company did Bo Lind found?", False, False, {"Organization"}),
        ("List all prizes that she won.", False, True, {"Award"}),
        ("Where was she born?", False, False, {"Place"}),
        ("玛莎执导了多少部电影？", True, False, {"Work"}),
        ("林森创办了哪些公司？", False, True, {"Organization"}),
        ("这所大学有几名校友？", True, False, {"Person"}),
        ("他出生在哪里？", False, False, {"Place"}),
    ],
)
def test_a_question_counts_or_lists_things_of_a_type(question: str, counts: bool, lists: bool, types: set[str]) -> None:
    asked = asked_for(question)
    assert (asked.counts, asked.lists, set(asked.types)) == (counts, lists, types)
    assert not asked.sums_up


@pytest.mark.parametrize(
    "question",
    [
        "What is this corpus about?",
        "Summarise the documents.",
        "What topics do these files cover?",
        "这些文档讲什么？",
        "总结一下这些资料的主要内容",
        "知识库里有哪些主题？",
    ],
)
def test_a_question_about_all_documents_sums_up(question: str) -> None:
    assert asked_for(question).sums_up


@pytest.mark.parametrize("question", ["What is the book about?", "Who wrote the documents?", "他的演讲内容是什么？"])
def test_a_question_about_one_thing_does_not_sum_up(question: str) -> None:
    assert not asked_for(question).sums_up


@pytest.mark.parametrize(
    ("question", "relation", "date"),
    [
        ("Which companies were founded after 2020?", "after", "2020"),
        ("Who was born before 1 May 1950?", "before", "1950-05-01"),
        ("Which films came out since March 1999?", "since", "1999-03"),
        ("What happened in 2011?", "in", "2011"),
        ("2015年之后成立的公司有哪些？", "after", "2015"),
        ("1990年5月以前出生的人有哪些？", "before", "1990-05"),
        ("2008年以来获奖的人有几个？", "since", "2008"),
        ("2011年发行了哪些电影？", "in", "2011"),
    ],
)
def test_a_date_with_a_comparing_word_is_a_period(question: str, relation: str, date: str) -> None:
    period = asked_for(question).period
    assert period is not None and (period.relation, period.date) == (relation, date)
    assert question[period.span.start : period.span.end][:4].isdigit() or question[period.span.start].isalnum()


@pytest.mark.parametrize(
    ("relation", "date", "inside", "outside"),
    [
        ("after", "2020", ["2021", "2021-01-01"], ["2020", "2020-12-31", "2019"]),
        ("since", "2020", ["2020", "2020-05", "2022"], ["2019-12-31"]),
        ("before", "2020-05", ["2020-04", "2019", "2020-04-30"], ["2020-05", "2020", "2021"]),
        ("until", "2020", ["2020-12-31", "2019"], ["2021"]),
        ("in", "2020-05", ["2020-05", "2020-05-07"], ["2020", "2020-06", "2021-05"]),
    ],
)
def test_a_period_holds_the_dates_within_it(relation: str, date: str, inside: list[str], outside: list[str]) -> None:
    period = Period(relation, date, Span(0, 4))
    assert all(map(period.holds, inside)) and not any(map(period.holds, outside))
    assert not period.holds("1990/1999") and not period.holds("") and not period.holds("10 USD")


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_question(question: str) -> None:
    asked = asked_for(question)
    assert asked.language in ("en", "zh")
