"""Follow-up questions become complete, in both languages, and complete ones stay as they are."""

from __future__ import annotations

import pytest

from kgqa.dialogue import rewrite
from kgqa.types import Answer, Citation, Turn
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
    ],
)  # fmt: skip
def test_rewrite(turns: list[Turn], question: str, completed: str) -> None:
    assert rewrite(question, turns, EXTRACTOR) == completed
