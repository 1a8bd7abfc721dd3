"""The type that a question asks for, and whether an answer has it."""

import pytest

from kgqa.generation.expected import ANYTHING, Expected, expected, fitting, kinds_of
from kgqa.types import Entity


@pytest.mark.parametrize(
    ("question", "types"),
    [
        ("Who wrote ELIZA?", {"Person", "Organization", "Group"}),
        ("When did ChatGPT come out?", {"Date"}),
        ("In what year did Anthropic come into being?", {"Date"}),
        ("How many parameters does it have?", {"Quantity"}),
        ("In which city is DeepMind based?", {"Place"}),
        ("What did the company announce?", set()),
        ("Which large language model did the lab publish?", {"Product", "Work"}),
        ("Which of the authors left?", set()),
        ("Which Transformer author left?", {"Person"}),
        ("唐杰开发过什么学术搜索系统？", {"Product", "Work"}),
        ("它用了什么人工智能方法？", set()),
        ("哪家公司的产品最多？", {"Organization", "Group"}),
        ("它是什麼時候成立的？", {"Date"}),
        ("她什么时候离开谷歌公司？", {"Date"}),
        ("他哪一年进入大学？", {"Date"}),
        ("他在哪里上大学？", {"Place", "Organization"}),
        ("那裡有幾個人？", {"Quantity"}),
        ("他寫了什麼論文？", {"Product", "Work"}),
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
    assert expected(question).types == types


KINDS = kinds_of(
    [
        Entity("1", "PARRY", "Product"),
        Entity("2", "Ada Lee", "Person", aliases=("李爱达",)),
        Entity("3", "Lee Labs", "Organization"),
        Entity("4", "Lee University", "University"),
    ]
)
PEOPLE = Expected(frozenset({"Person"}), frozenset({"Organization"}))


@pytest.mark.parametrize(
    ("answer", "wanted", "fits"),
    [
        ("Ada Lee", PEOPLE, 1.0),
        ("the young Ada Lee", PEOPLE, 1.0),
        ("李爱达和同事", PEOPLE, 1.0),
        ("Lee Labs", PEOPLE, 0.0),
        ("PARRY", PEOPLE, -1.0),
        ("Lee University", PEOPLE, 0.0),
        ("30 November 2022", PEOPLE, -1.0),
        ("30 November 2022", Expected(frozenset({"Date"})), 1.0),
        ("2022年11月30日", Expected(frozenset({"Date"})), 1.0),
        ("340 million", Expected(frozenset({"Quantity"})), 1.0),
        ("something else", PEOPLE, 0.0),
        ("PARRY", ANYTHING, 0.0),
    ],
)
def test_an_answer_fits_fails_or_leaves_it_open(answer: str, wanted: Expected, fits: float) -> None:
    assert fitting(answer, wanted, KINDS) == fits


def test_homonyms_have_both_types() -> None:
    kinds = kinds_of([Entity("1", "Ford", "Person"), Entity("2", "ford", "Organization")])
    assert kinds == {"ford": frozenset({"Person", "Organization"})}


@pytest.mark.parametrize(
    ("question", "before", "answer", "behind", "fits"),
    [
        ("How many people work for Lee Labs?", "in Oslo. ", "Two", " families changed that: the Lees and", 0.0),
        ("How many people work for Lee Labs?", "It employs ", "340", " people in Oslo", 1.0),
        ("How many parameters does the model have?", "with ", "66 million", " trainable parameters.", 1.0),
        ("How much did Lee Labs pay for it?", "paid more than ", "500 million", " dollars", 1.0),
        ("How much did Lee Labs pay for it?", "with ", "66 million", " parameters", -1.0),
        ("训练这个模型花了多少钱？", "它有", "1300亿", "参数，能处理中文", -1.0),
        ("训练这个模型花了多少钱？", "共用去", "8亿", "美元", 1.0),
        ("这个模型有多少参数？", "它有", "1300亿", "参数，能处理中文", 1.0),
        ("训练用了多少服务器？", "它有", "1300亿", "参数，能处理中文", 0.0),
    ],
)
def test_a_number_is_of_what_is_counted(question: str, before: str, answer: str, behind: str, fits: float) -> None:
    assert fitting(answer, expected(question), KINDS, before, behind) == fits
