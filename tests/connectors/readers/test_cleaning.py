"""Text as it is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.connectors.readers.cleaning import clean, clean_code, join_lines, unwrap


def test_clean_drops_what_cannot_be_seen() -> None:
    assert clean("a\0b\u200bc\xadd\ufeff\x1be\ud800") == "abcde"


def test_clean_makes_one_space_and_one_line_end() -> None:
    assert clean("\u3000\u3000a \t\xa0 b\r\nc\rd\u2028e  ") == "a b\nc\nd\ne"


def test_clean_composes_letters_and_replaces_stand_ins() -> None:
    assert clean("e\u0301 ﬁne ⼈⼯ Ａ") == "é fine 人工 Ａ"


@given(st.text())
def test_clean_text_stays_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_clean_code_keeps_indentation() -> None:
    assert clean_code("\ndef f():\n\treturn 1  \n\n") == "def f():\n    return 1"


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["The cat", "sat."], "The cat sat."),
        (["大语言", "模型"], "大语言模型"),
        (["提出了", "Transformer 结构", "。"], "提出了 Transformer 结构。"),
        (["他说，", "“好”"], "他说，“好”"),
    ],
)
def test_join_lines_puts_no_space_between_chinese(lines: list[str], joined: str) -> None:
    assert join_lines(lines) == joined


def test_unwrap_joins_lines_that_were_wrapped() -> None:
    lines = ["ELIZA was one of the first programs with which a person could", "hold a conversation in written English."]
    assert unwrap(lines) == [" ".join(lines)]


def test_unwrap_joins_wrapped_chinese() -> None:
    text = "北京智源人工智能研究院是一家从事人工智能研究的非营利机构，它在科技部和北京市的支持下于2018年成立。"
    assert unwrap([text[i : i + 25] for i in range(0, len(text), 25)]) == [text]


def test_unwrap_keeps_lines_that_end_early() -> None:
    lines = ["Roses are red,", "Violets are blue,", "A line that is longer than all of the others of it", "Is not."]
    assert unwrap(lines) == lines


def test_unwrap_keeps_items_of_a_list() -> None:
    assert unwrap(["- one", "- two", "  and a half", "3) three"]) == ["- one", "- two and a half", "3) three"]
    assert unwrap(["- one", "and more", "- two"]) == ["- one and more", "- two"]
