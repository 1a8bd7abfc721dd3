"""The parts of a question that may describe something without naming it."""

from __future__ import annotations

import pytest

from kgqa.generation.descriptions import MOST, descriptions


def asked(question: str, names: list[str], said: str = "") -> list[str]:
    return [description.asked for description in descriptions(question, names, said)]


@pytest.mark.parametrize(
    ("question", "names", "first"),
    [
        (
            "From which school did the teacher of Ada Lee graduate?", ["Ada Lee"], "Who is the teacher of Ada Lee?",
        ),
        ("Who leads the company that bought Kestrel?", ["Kestrel"], "Which company bought Kestrel?"),
        ("Where was the man who built the Argus clock born?", ["Argus"], "Which man built the Argus?"),
        ("Where was Lee's teacher born?", ["Lee"], "Who is Lee's teacher?"),
        ("When was the singer of song Blue Rain (Ada Lee song) born?", ["Ada Lee"],
         "Who is the singer of song Blue Rain (Ada Lee song)?"),
        ("when was the city of the Argus clock founded?", ["Argus"], "What is the city of the Argus?"),
    ],
)  # fmt: skip
def test_an_english_description_goes_from_its_article_to_the_name(question: str, names: list[str], first: str) -> None:
    assert asked(question, names)[0] == first


def test_a_relative_clause_may_go_on_after_the_name() -> None:
    found = asked("Where did the founder of the firm that Ada Lee worked for study?", ["Ada Lee"])
    assert "Which firm Ada Lee worked for?" in found and len(found) == MOST


@pytest.mark.parametrize(
    ("question", "names", "said", "wanted"),
    [
        ("何丽的导师创办了哪家公司？", ["何丽"], "何丽的导师是金文，他创办了公司。", "何丽的导师是谁？"),
        ("何丽的导师在哪里出生？", ["何丽"], "", "何丽的导师是谁？"),
        ("收购茶隼的公司由谁领导？", ["茶隼"], "", "茶隼的公司是什么？"),
        ("茶隼的研究院2019年迁到了哪里？", ["茶隼"], "", "茶隼的研究院是什么？"),
    ],
)
def test_a_chinese_description_ends_where_a_word_ends(question: str, names: list[str], said: str, wanted: str) -> None:
    assert wanted in asked(question, names, said)
    assert not any("导是" in description for description in asked(question, names, said))


def test_a_chinese_description_may_begin_with_a_name_that_nobody_knows() -> None:
    assert "茶隼公司的创始人是谁？" in asked("茶隼公司的创始人在哪里出生？", [])


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Who is the president of Kestrel?", ["Kestrel"]),
        ("In which city is Kestrel based?", ["Kestrel"]),
        ("What was the revenue of Kestrel in 2023?", ["Kestrel"]),
        ("茶隼的总裁是谁？", ["茶隼"]),
        ("茶隼是哪一年成立的？", ["茶隼"]),
        ("Why?", []),
        ("", []),
        ("？", []),
        ("The Kestrel of the Argus " * 20_000, ["Kestrel"]),
        ("茶隼的公司" * 20_000, ["茶隼"]),
    ],
)
def test_a_question_that_asks_one_thing_or_is_none_has_none(question: str, names: list[str]) -> None:
    assert asked(question, names) == []
