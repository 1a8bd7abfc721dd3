"""The identity key of a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.text import normalise_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("J. K. Rowling", "J.K. ROWLING"),
        ("OpenAI, Inc.", "OpenAI"),
        ("OpenAI’s", "openai"),
        ("U.S.", "US"),
        ("GPT-4", "GPT 4"),
        ("the United Nations", "United Nations"),
        ("ＢＥＲＴ", "BERT"),
        ("Yahoo!", "“Yahoo”"),
        ("《红楼梦》", "红楼梦"),
        ("杰弗里·辛顿", "杰弗里 辛顿"),
        ("杰弗里・辛顿", "杰弗里辛顿"),
        ("华为技术有限公司", "华为技术"),
        ("鹏城 实验室", "鹏城实验室"),
    ],
)
def test_name_spellings_of_one_thing_share_a_key(one: str, other: str) -> None:
    assert normalise_name(one) == normalise_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("C++", "C#"), ("C++", "C"), ("GPT-3.5", "GPT-35"), ("GPT-3", "GPT-4"), ("清华大学", "北京大学"), ("AT&T", "ATT")],
)
def test_name_of_different_things_have_different_keys(one: str, other: str) -> None:
    assert normalise_name(one) != normalise_name(other)


@pytest.mark.parametrize("name", ["Inc.", "有限公司", "!!!", "'s", "the "])
def test_name_that_is_nothing_but_what_is_stripped_keeps_a_key(name: str) -> None:
    assert normalise_name(name)


@given(
    st.lists(st.sampled_from([*"aB9", "ab", "Cd", "The", "of", "42", "inc", "Ltd", "incs"]), min_size=1).map(" ".join)
)
def test_name_of_plain_words_has_the_key_that_it_has_in_quotation_marks(name: str) -> None:
    assert normalise_name(name) == normalise_name(f"“{name}”")


@given(st.text(max_size=40))
def test_name_key_is_its_own_key(name: str) -> None:
    key = normalise_name(name)
    assert normalise_name(key) == key


@given(st.text(alphabet="aB .,-'’s·《》（）司限有公中Inc\u3000", max_size=40))
def test_name_key_is_its_own_key_for_marks_of_both_scripts(name: str) -> None:
    key = normalise_name(name)
    assert normalise_name(key) == key
    assert bool(key) == bool(name.strip())
