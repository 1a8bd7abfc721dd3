"""Which words between two names are a predicate, in English and Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.errors import ConfigError
from kgqa.extraction.predicate_phrases import grammars

EN, ZH = grammars()["en"], grammars()["zh"]


@pytest.mark.parametrize(
    ("between", "phrase"),
    [
        (" acquired ", "acquired"),
        (" has also acquired the ", "acquired"),
        (" was founded by ", "was founded by"),
        (" Became the chief executive of ", "became the chief executive of"),
        (" is the capital of ", "is the capital of"),
        (" founded the company ", "founded"),
        (" later moved back to ", "moved to"),
        (" owns ", "owns"),
        (" and ", ""),
        (" of ", ""),
        (" researchers published ", ""),
        (" is ", ""),
        (", acquired ", ""),
        (" did not acquire ", ""),
        (" may acquire ", ""),
        (" acquired and sold ", ""),
        (" said that ", ""),
        (" sold 3 ", ""),
        (" was glad to be able to work for ", ""),
    ],
)
def test_english_predicates_are_verbs_with_what_belongs_to_them(between: str, phrase: str) -> None:
    assert EN.phrase(between) == phrase


@pytest.mark.parametrize(
    ("between", "phrase"),
    [
        ("收购了", "收购"),
        ("先后毕业于", "毕业于"),
        ("迁往", "迁往"),
        ("等人发布语言模型", "发布"),
        ("和", ""),
        ("的", ""),
        ("教授", ""),
        ("教授、助手", ""),
        ("邀回到", ""),
        ("在", ""),
        ("没有收购", ""),
        ("的创始人收购", ""),
        ("是著名的大学并位于", ""),
    ],
)
def test_chinese_predicates_are_verbs_with_what_belongs_to_them(between: str, phrase: str) -> None:
    assert ZH.phrase(between) == phrase


def test_chinese_predicates_may_stand_around_a_name() -> None:
    assert ZH.around("由", "创办，总部在北京。") == "由…创办"
    assert ZH.around("任", "首席科学家。") == "任…首席科学家"
    assert ZH.around("曾担任", "主席，") == "担任…主席"
    assert ZH.around("任", "大学教授。") == ""  # the name is not whole
    assert ZH.around("由", "创办人的儿子写成。") == ""
    assert ZH.around("在", "创办。") == ""


@pytest.mark.parametrize(
    ("left", "right", "is_subject", "is_whole"),
    [
        ("In 2014 ", ".", True, True),
        ("the founder of the ", " in 2014", False, True),
        ("He left ", " and joined", False, True),
        ("", " Brain team", True, False),
        ("While ", "'s team", True, False),
        ("", " (NASDAQ) in 2014", True, True),
        ("", " founder", True, False),
        ("", "", True, True),
    ],
)
def test_english_names_hang_on_nothing_and_are_whole(left: str, right: str, is_subject: bool, is_whole: bool) -> None:
    assert (EN.begins(left), EN.closes(right)) == (is_subject, is_whole)


@pytest.mark.parametrize(
    ("left", "right", "is_subject", "is_whole"),
    [
        ("2014年，", "。", True, True),
        ("他在", "，后来", False, True),
        ("他离开了", "并", False, True),
        ("他向公司旗下的企业", "。", False, True),
        ("他向父亲告别后，", "。", True, True),
        ("", "的创始人", True, False),
        ("", "（美国）的创始人", True, False),
        ("", "主席", True, False),
        ("", "任研究员", True, True),
    ],
)
def test_chinese_names_hang_on_nothing_and_are_whole(left: str, right: str, is_subject: bool, is_whole: bool) -> None:
    assert (ZH.begins(left), ZH.closes(right)) == (is_subject, is_whole)


@given(st.text(max_size=40))
def test_a_phrase_is_words_of_the_text(text: str) -> None:
    for grammar in (EN, ZH):
        phrase = grammar.phrase(text)
        assert phrase == " ".join(phrase.split())
        assert all(word in text.lower() for word in phrase.split())


def test_a_faulty_file_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text("[en]\nbe = []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"words\.toml cannot be read"):
        grammars(tmp_path / "words.toml")
