"""Follow-up questions become complete, in both languages, and complete ones stay as they are."""

from __future__ import annotations

import pytest

from kgqa.dialogue import rewrite
from kgqa.generation import Names
from kgqa.types import Answer, Citation, Entity, Span, Turn
from tests.dialogue.fakes import ListExtractor

EXTRACTOR = ListExtractor(
    {
        "Lise Meitner": "Person",
        "Otto Hahn": "Person",
        "Vienna": "Place",
        "Siemens": "Organization",
        "Bosch": "Organization",
        "1847": "Date",
        "1902": "Date",
        "屠呦呦": "Person",
        "青蒿素": "Concept",
        "北京大学": "Organization",
        "华为": "Organization",
        "中兴": "Organization",
        "深圳": "Place",
    },
    descriptions=["the company", "这所大学"],
)


def turn(question: str, short: str = "", quote: str = "") -> Turn:
    citations = (Citation(1, "d", "c", "", "", None, 0, len(quote), quote, 1.0),) if quote else ()
    text = f"{short}: “{quote}” [1]" if short else "The documents do not say."
    return Turn(question, Answer(question, text, citations, abstained=not short, short=short))


@pytest.mark.parametrize(
    ("turns", "question", "completed"),
    [
        pytest.param([], "Where was she born?", "Where was she born?", id="nothing before"),
        pytest.param(
            [turn("Who explained fission?", "Lise Meitner", "Lise Meitner explained it.")],
            "Where was she born?", "Where was Lise Meitner born?", id="answer",
        ),
        pytest.param(
            [turn("When was Siemens founded?", "1847", "Siemens was founded in 1847.")],
            "Who leads it?", "Who leads Siemens?", id="a date is no thing",
        ),
        pytest.param(
            [turn("When was Siemens founded?", "1847", "Siemens was founded in 1847.")],
            "What are its products?", "What are Siemens' products?", id="possessive",
        ),
        pytest.param(
            [turn("Where was Lise Meitner born?", "Vienna", "Lise Meitner was born in Vienna.")],
            "Who else lived there?", "Who else lived in Vienna?", id="place",
        ),
        pytest.param(
            [turn("Where was Lise Meitner born?", "Vienna", "Lise Meitner was born in Vienna.")],
            "Is there a monument to Otto Hahn?", "Is there a monument to Otto Hahn?", id="there is",
        ),
        pytest.param(
            [turn("When was Siemens founded?", "1847", "Siemens was founded in 1847.")],
            "What about Bosch?", "When was Bosch founded?", id="ellipsis of a name",
        ),
        pytest.param(
            [turn("Who led Siemens in 1847?")], "And in 1902?", "Who led Siemens in 1902?", id="ellipsis of a year",
        ),
        pytest.param(
            [turn("When was Siemens founded?", "1847", "Siemens was founded in 1847.")],
            "Where is the company based?", "Where is Siemens based?", id="description",
        ),
        pytest.param(
            [turn("When was Siemens founded?", "1847", "Siemens was founded in 1847.")],
            "how many people work for them now?", "how many people work for Siemens now?", id="plural",
        ),
        pytest.param(
            [turn("When was Siemens founded?", "1847", "Siemens was founded in 1847.")],
            "How many employees?", "How many employees? (Siemens)", id="no reference at all",
        ),
        pytest.param(
            [turn("Who worked on it?", "Lise Meitner and Otto Hahn", "Lise Meitner and Otto Hahn worked on it.")],
            "Where was she born?", "Where was she born? (Lise Meitner, Otto Hahn)", id="ambiguous",
        ),
        pytest.param(
            [turn("When was Siemens founded?", "1847", "Siemens was founded in 1847."), turn("Who leads it?")],
            "Where is it based?", "Where is Siemens based?", id="two turns back",
        ),
        pytest.param(
            [turn("Who explained fission?", "Lise Meitner", "Lise Meitner explained it.")],
            "Where was Otto Hahn born?", "Where was Otto Hahn born?", id="complete",
        ),
        pytest.param(
            [turn("谁发现了青蒿素？", "屠呦呦", "屠呦呦发现了青蒿素。")],
            "她毕业于哪里？", "屠呦呦毕业于哪里？", id="她",
        ),
        pytest.param(
            [turn("华为在哪里？", "深圳", "华为位于深圳。")], "它是哪一年成立的？", "华为是哪一年成立的？", id="它",
        ),
        pytest.param(
            [turn("华为在哪里？", "深圳", "华为位于深圳。")], "该公司的员工有多少？", "华为的员工有多少？", id="该公司",
        ),
        pytest.param([turn("华为在哪里？", "深圳", "华为位于深圳。")], "那中兴呢？", "中兴在哪里？", id="呢"),
        pytest.param(
            [turn("屠呦呦毕业于哪里？", "北京大学", "屠呦呦毕业于北京大学。")],
            "这所大学有多少学生？", "北京大学有多少学生？", id="这所大学",
        ),
        pytest.param([turn("谁发现了青蒿素？")], "哪一年获奖？", "哪一年获奖？（青蒿素）", id="没有主语"),
        pytest.param(
            [turn("Who founded Siemens?", "Lise Meitner", "Lise Meitner founded Siemens in Vienna.")],
            "Where is the company based?", "Where is Siemens based?", id="a description names its type",
        ),
        pytest.param(
            [turn("Who founded Siemens?", "Lise Meitner", "Lise Meitner founded Siemens in Vienna.")],
            "How many people live in that city?", "How many people live in Vienna?", id="description of a place",
        ),
        pytest.param(
            [turn("屠呦呦毕业于哪里？", "北京大学", "屠呦呦毕业于北京大学。")],
            "这位科学家是哪一年出生的？", "屠呦呦是哪一年出生的？", id="这位科学家",
        ),
        pytest.param(
            [turn("Who led Siemens?", "Lise Meitner", "Lise Meitner led Siemens.")],
            "Where did Otto Hahn go when he left Bosch?", "Where did Otto Hahn go when he left Bosch?",
            id="the question names whom it means",
        ),
        pytest.param(
            [turn("Who founded Bosch?", "Lise Meitner", "Lise Meitner founded Bosch.")],
            "Did Siemens buy it?", "Did Siemens buy Bosch?", id="a subject does not buy itself",
        ),
        pytest.param(
            [turn("谁领导华为？", "屠呦呦", "屠呦呦领导华为。")],
            "Otto Hahn是谁，他在哪里出生？", "Otto Hahn是谁，他在哪里出生？", id="问句自己说了他是谁",
        ),
        pytest.param(
            [turn("When was Siemens founded?", "1847", "Siemens was founded in 1847.")],
            "How long did it take to build Bosch?", "How long did it take to build Bosch?", id="it takes",
        ),
        pytest.param(
            [turn("Who founded Siemens?", "Lise Meitner", "Lise Meitner founded Siemens.")],
            "When?", "Who founded Siemens? When?", id="bare question word",
        ),
        pytest.param(
            [turn("谁创立了华为？", "屠呦呦", "屠呦呦创立了华为。")],
            "什么时候？", "谁创立了华为？ 什么时候？", id="只有疑问词",
        ),
        pytest.param(
            [turn("谁创立了华为？", "屠呦呦", "屠呦呦创立了华为。")],
            "那后来呢？", "谁创立了华为？ 那后来呢？", id="那后来呢",
        ),
        pytest.param(
            [turn("华为在哪里？", "深圳", "华为位于深圳。")], "那它的员工呢？", "那华为的员工呢？", id="那它呢",
        ),
        pytest.param(
            [turn("华为在哪里？", "深圳", "华为位于深圳。")], "那里有多少人？", "深圳有多少人？", id="那里",
        ),
        pytest.param(
            [turn("Who led Siemens?", "Lise Meitner", "Lise Meitner led Siemens.")],
            "她毕业于哪里？", "Lise Meitner毕业于哪里？", id="from English to Chinese",
        ),
        pytest.param(
            [turn("谁发现了青蒿素？", "屠呦呦", "屠呦呦发现了青蒿素。")],
            "Where did she study?", "Where did 屠呦呦 study?", id="from Chinese to English",
        ),
    ],
)  # fmt: skip
def test_rewrite(turns: list[Turn], question: str, completed: str) -> None:
    assert rewrite(question, turns, Names(EXTRACTOR)) == completed


ATOMIC = Entity("a", "核能研究所", "Organization", mentions=3)
FISSION = Entity("f", "nuclear fission", "Concept", mentions=2)


def known(text: str) -> list[tuple[Span, Entity]]:
    """A graph with two entities of which the model has never heard."""
    at = [(text.lower().find(entity.name), entity) for entity in (ATOMIC, FISSION)]
    return [(Span(start, start + len(entity.name)), entity) for start, entity in at if start >= 0]


@pytest.mark.parametrize(
    "question", ["核能研究所是哪一年建立的？", "who discovered nuclear fission?", "核能研究所在哪里？"]
)
def test_a_question_that_names_an_entity_of_the_graph_is_complete(question: str) -> None:
    turns = [turn("Where was Lise Meitner born?", "Vienna", "Lise Meitner was born in Vienna.")]
    assert rewrite(question, turns, Names(EXTRACTOR, known)) == question
    assert rewrite(question, turns, Names(EXTRACTOR)) != question


def test_what_the_graph_knows_fills_a_rest_and_a_pronoun() -> None:
    turns = [turn("华为是哪一年成立的？", "1987年", "华为成立于1987年。")]
    names = Names(EXTRACTOR, known)
    completed = rewrite("核能研究所呢？", turns, names)
    assert completed == "核能研究所是哪一年成立的？"
    turns.append(Turn("核能研究所呢？", Answer("核能研究所呢？", "", abstained=True, rewritten=completed)))
    assert rewrite("它在哪里？", turns, names) == "核能研究所在哪里？"


def test_the_topic_follows_the_conversation() -> None:
    names = Names(EXTRACTOR)
    turns = [turn("Who founded Siemens?", "Lise Meitner", "Lise Meitner founded Siemens.")]
    assert rewrite("Where was she born?", turns, names) == "Where was Lise Meitner born?"
    turns.append(turn("Where is Bosch?", "Vienna", "Bosch is in Vienna."))
    assert rewrite("Who leads it?", turns, names) == "Who leads Bosch?"
    assert rewrite("她是谁？", turns, names) == "Lise Meitner是谁？"
