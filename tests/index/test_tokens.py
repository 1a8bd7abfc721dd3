from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kgqa.index.tokens import question_terms, terms


def test_terms_are_stemmed_words_without_case_or_accent() -> None:
    assert terms("Companies founded in CURAÇAO") == ["compani", "found", "in", "curacao"]


def test_terms_of_chinese_are_characters_and_pairs() -> None:
    assert sorted(terms("深度学")) == sorted(["深", "度", "学", "深度", "度学"])


def test_terms_of_mixed_text_keep_both_scripts_apart() -> None:
    assert {"gpt4", "模型", "openai"} <= set(terms("OpenAI的GPT4模型"))


def test_terms_treat_full_width_letters_as_letters() -> None:
    assert terms("ＧＰＴ") == ["gpt"]


def test_question_terms_leave_out_stop_words_unless_nothing_else_is_there() -> None:
    assert question_terms("Is this the founder of the firm?") == ["founder", "firm"]
    assert question_terms("In what year did Anthropic come into being?") == ["year", "anthrop", "come"]
    assert question_terms("It is the") == ["it", "is", "the"]


def test_question_terms_leave_out_what_only_asks_in_chinese() -> None:
    asked = question_terms("请问百度是谁创立的吗？")
    assert " ".join(asked) == "百 度 是 百度 度是 创 立 的 创立 立的"
    assert question_terms("什么？") == terms("什么？")


@given(st.text())
def test_terms_of_any_text_hold_no_space(text: str) -> None:
    assert all(term and not term.isspace() and " " not in term for term in terms(text))
