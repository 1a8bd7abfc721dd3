"""Bytes as text."""

import random

import pytest

from kgqa.connectors.readers.decoding import decode
from kgqa.errors import ReadError

ZH = "深度求索是一家中国人工智能公司，总部位于浙江省杭州市。公司由梁文锋创办，二〇二三年注册成立。"
TRADITIONAL = "深度求索是一家中國人工智慧公司，總部位於浙江省杭州市。公司由梁文鋒創辦，二〇二三年註冊成立。"
EN = "OpenAI was founded in 2015. Its seat is in San Francisco – says Zoë."


UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-32")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(text, encoding) for text in (ZH, TRADITIONAL, EN) for encoding in UNICODE]
    + [(ZH, "gb18030"), (TRADITIONAL, "gb18030"), (EN, "cp1252")],
)
def test_decode_finds_the_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "a.txt") == text


def test_decode_finds_big5() -> None:
    text = TRADITIONAL.replace("〇", "零")
    assert decode(text.encode("big5"), "a.txt") == text


def test_decode_finds_utf_16_without_a_mark() -> None:
    assert decode(EN.encode("utf-16-le"), "a.txt") == EN
    assert decode(EN.encode("utf-16-be"), "a.txt") == EN


def test_decode_finds_western_text() -> None:
    text = "Le café de la rue est fermé. Où est le garçon ? Il était né à Montréal en été."
    assert decode(text.encode("cp1252"), "a.txt") == text


def test_decode_forgives_a_few_damaged_characters() -> None:
    data = (ZH + "\n").encode("gb18030") * 200
    assert decode(data[:1000] + b"\xff" + data[1000:], "a.txt").count("公司") > 395


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"%PDF-1.7\n...", "a PDF"), (b"PK\x03\x04....", "a ZIP"), (b"\x89PNG\r\n\x1a\n....", "a PNG")],
)
def test_decode_names_a_binary_format(data: bytes, what: str) -> None:
    with pytest.raises(ReadError, match=rf"a\.txt looks binary: it is {what}"):
        decode(data, "a.txt")


def test_decode_refuses_noise() -> None:
    with pytest.raises(ReadError, match=r"a\.txt looks binary: .* control characters"):
        decode(random.Random(0).randbytes(10_000), "a.txt")


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n"])
def test_decode_refuses_an_empty_file(data: bytes) -> None:
    with pytest.raises(ReadError, match=r"a\.txt is empty\. Put text into it or leave it out"):
        decode(data, "a.txt")
