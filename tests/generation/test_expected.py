"""The type that a question asks for, and whether an answer has it."""

import pytest

from kgqa.generation.expected import expected_types, fitting, kinds_of
from kgqa.types import Entity


@pytest.mark.parametrize(
    ("question", "types"),
    [
        ("Who wrote ELIZA?", {"Person", "Organization", "Group"}),
        ("When did ChatGPT come out?", {"Date"}),
        ("In what year did Anthropic come into being?", {"Date"}),
        ("How many parameters does it have?", {"Quantity"}),
        ("In which city is DeepMind based?", {"Place", "Organization"}),
        ("Which company bought MosaicML?", {"Organization", "Group"}),
        ("What did he say?", set()),
        ("谁是鹏城实验室的主任？", {"Person", "Organization", "Group"}),
        ("Kimi是哪一天推出的？", {"Date"}),
        ("智源研究院是什么时候建立的？", {"Date"}),
        ("DeepSeek-V3一共有多少参数？", {"Quantity"}),
        ("他在哪里出生？", {"Place", "Organization"}),
        ("何恺明的博士导师创办了哪家公司？", {"Organization", "Group"}),
        ("它的创新在于何种方法？", set()),
    ],
)
def test_a_question_says_what_kind_of_thing_it_asks_for(question: str, types: set[str]) -> None:
    assert expected_types(question) == types


KINDS = kinds_of([Entity("1", "PARRY", "Product"), Entity("2", "Ada Lee", "Person", aliases=("李爱达",))])
PEOPLE = frozenset({"Person"})


@pytest.mark.parametrize(
    ("answer", "expected", "fits"),
    [
        ("Ada Lee", PEOPLE, 1.0),
        ("the young Ada Lee", PEOPLE, 1.0),
        ("李爱达和同事", PEOPLE, 1.0),
        ("PARRY", PEOPLE, -1.0),
        ("30 November 2022", PEOPLE, -1.0),
        ("30 November 2022", frozenset({"Date"}), 1.0),
        ("2022年11月30日", frozenset({"Date"}), 1.0),
        ("340 million", frozenset({"Quantity"}), 1.0),
        ("something else", PEOPLE, 0.0),
        ("PARRY", frozenset(), 0.0),
    ],
)
def test_an_answer_fits_fails_or_leaves_it_open(answer: str, expected: frozenset[str], fits: float) -> None:
    assert fitting(answer, expected, KINDS) == fits


def test_homonyms_have_both_types() -> None:
    kinds = kinds_of([Entity("1", "Ford", "Person"), Entity("2", "ford", "Organization")])
    assert kinds == {"ford": frozenset({"Person", "Organization"})}
