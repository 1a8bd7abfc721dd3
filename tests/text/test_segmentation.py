"""Sentences and their offsets."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.text import sentences

ENGLISH = "aB .!?\"'()\n\t1eé…“”,Dr"
CHINESE = "中文。！？”“」「（），、\u30001A.\n\x85\u2028"
MIXED = st.one_of(st.text(max_size=200), st.text(ENGLISH, max_size=200), st.text(CHINESE, max_size=200))


def found(text: str, language: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text, language)]


def test_sentences_end_where_english_ones_do() -> None:
    text = 'Dr. J. K. Rowling lives in the U.S. and earns 3.14 million. "Is it?" he asked. OpenAI, Inc. grew. It paid.'
    assert found(text, "en") == [
        "Dr. J. K. Rowling lives in the U.S. and earns 3.14 million.",
        '"Is it?" he asked.',
        "OpenAI, Inc. grew.",
        "It paid.",
    ]


def test_sentences_end_where_chinese_ones_do() -> None:
    text = "他说：“你好。”然后走了。2020年，价格是3.14元！『真的？』「是。」Dr. Smith 来了。"
    assert found(text, "zh") == [
        "他说：“你好。”",
        "然后走了。",
        "2020年，价格是3.14元！",
        "『真的？』",
        "「是。」",
        "Dr. Smith 来了。",
    ]


def test_sentences_keep_an_enumerator_with_what_it_counts() -> None:
    assert found("1. Go home. 2. Eat.", "en") == ["1. Go home.", "2. Eat."]
    assert found("步骤。1. 甲。2. 乙。", "zh") == ["步骤。", "1. 甲。", "2. 乙。"]


def test_sentences_survive_an_initial_after_a_wide_space() -> None:
    assert found("作者：\u3000B.\u3000王。他来了。", "zh")[-1] == "他来了。"


@pytest.mark.parametrize("language", ["en", "zh"])
@given(text=MIXED)
def test_sentences_cover_every_visible_character_once_and_in_order(language: str, text: str) -> None:
    spans = sentences(text, language)
    ends = [0, *(span.end for span in spans)]
    assert all(span.start >= end and span.end > span.start for span, end in zip(spans, ends, strict=False))
    assert "".join("".join(text[span.start : span.end].split()) for span in spans) == "".join(text.split())


@pytest.mark.parametrize(("unit", "language"), [("“", "zh"), ("word ", "en")])
def test_sentences_of_a_line_without_end_take_time_in_proportion(unit: str, language: str) -> None:
    def seconds(characters: int) -> float:
        text = (unit * characters)[:characters]
        started = time.process_time()
        sentences(text, language)
        return time.process_time() - started

    seconds(1_000)
    assert seconds(160_000) < 24 * max(seconds(20_000), 0.005)
