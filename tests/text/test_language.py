"""The language of a text."""

import pytest

from kgqa.text import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("BERT was released by Google in 2018.", "en"),
        ("BERT 是由谷歌在2018年发布的。", "zh"),
        ("OpenAI 的 CEO 是谁？", "zh"),
        ("Sam Altman 和 Greg Brockman 创立了 OpenAI。", "zh"),
        ("Who is 李飞飞?", "en"),
        ("What did 杨立昆 publish in 1989?", "en"),
        ("他呢？", "zh"),
        ("", "en"),
        ("2018 — 340", "en"),
    ],
)
def test_language_is_that_of_most_words(text: str, language: str) -> None:
    assert detect_language(text) == language
