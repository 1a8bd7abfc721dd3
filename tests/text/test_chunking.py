"""Chunks: what they cover, where they end, and what they carry."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.text import chunk, count_tokens
from kgqa.types import Block, Chunk, Document

KINDS = st.sampled_from(["heading", "paragraph", "list_item", "table_row", "code"])
WORDS = st.text("ab 中文。，.!?\n“”é\u0301👍\u200d1", min_size=1, max_size=120)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    parts: list[str] = []
    blocks: list[Block] = []
    length, page = 0, 1
    for text in draw(st.lists(WORDS, max_size=12)):
        gap = draw(st.sampled_from(["\n\n", "\n", " ", ""]))
        start = length + len(gap)
        length = start + len(text)
        parts.append(gap + text)
        page += draw(st.integers(0, 1))
        if draw(st.integers(0, 4)):
            kind = draw(KINDS)
            blocks.append(Block(start, length, kind, page, draw(st.integers(1, 3)) if kind == "heading" else 0))
    return written("".join(parts), blocks=tuple(blocks))


def written(text: str, language: str = "en", blocks: tuple[Block, ...] = ()) -> Document:
    return Document.create(uri="a.txt", title="A", text=text, language=language, blocks=blocks)


def from_parts(parts: Sequence[tuple[str, str, int, int | None]], language: str = "en") -> Document:
    """A document of (text, kind, level, page)."""
    blocks, text = [], ""
    for words, kind, level, page in parts:
        text += "\n\n" if text else ""
        blocks.append(Block(len(text), len(text) + len(words), kind, page, level))
        text += words
    return written(text, language, tuple(blocks))


def visible(text: str) -> str:
    return "".join(text.split())


def check(document: Document, chunks: list[Chunk]) -> None:
    assert all(c.text == document.text[c.start : c.end] and c.text == c.text.strip() != "" for c in chunks)
    assert all(a.end <= b.start for a, b in itertools.pairwise(chunks))
    assert visible("".join(c.text for c in chunks)) == visible(document.text)
    assert [c.position for c in chunks] == list(range(len(chunks)))
    assert len({c.id for c in chunks}) == len(chunks)


@given(documents(), st.integers(70, 1000))
def test_chunks_cover_every_visible_character_once(document: Document, size: int) -> None:
    check(document, chunk(document, size))


@given(documents(), st.integers(70, 1000))
def test_chunks_never_exceed_the_limit(document: Document, size: int) -> None:
    assert all(count_tokens(c.text) <= max(16, int(size * 0.23)) for c in chunk(document, size))


@pytest.mark.parametrize(
    ("sentence", "language"),
    [("The model was trained in 2018 by four people. ", "en"), ("这个模型由四个人在2018年训练。", "zh")],
)
def test_chunks_hold_whole_sentences_and_are_of_like_size(sentence: str, language: str) -> None:
    document = written((sentence * 100).strip(), language)
    chunks = chunk(document)
    check(document, chunks)
    assert all(c.text.endswith(sentence.strip()[-1]) and c.text.startswith(sentence[:3]) for c in chunks)
    sizes = [count_tokens(c.text) for c in chunks]
    assert max(sizes) <= 230 and min(sizes) > 0.6 * max(sizes)


def test_chunks_carry_the_headings_above_them() -> None:
    body = "This is a sentence about the matter. " * 8
    document = from_parts(
        [
            ("Models", "heading", 1, None),
            (body, "paragraph", 0, None),
            ("BERT", "heading", 2, None),
            (body, "paragraph", 0, None),
            ("People", "heading", 1, None),
            (body, "paragraph", 0, None),
        ]
    )
    assert [c.heading for c in chunk(document)] == ["Models", "Models › BERT", "People"]


def test_chunks_join_a_tiny_section_with_the_next() -> None:
    document = from_parts(
        [
            ("Models", "heading", 1, None),
            ("A", "heading", 2, None),
            ("One.", "paragraph", 0, None),
            ("B", "heading", 2, None),
            ("Two. " * 30, "paragraph", 0, None),
        ]
    )
    assert [c.heading for c in chunk(document)] == ["Models"]


def test_chunks_stay_on_one_page() -> None:
    document = from_parts(
        [("First.", "paragraph", 0, 1), ("Second.", "paragraph", 0, 2), ("Third.", "paragraph", 0, 2)]
    )
    assert [(c.page, visible(c.text)) for c in chunk(document)] == [(1, "First."), (2, "Second.Third.")]


def test_chunks_keep_a_sentence_that_goes_on_over_a_page_break() -> None:
    text = "It was trained by four people in one year."
    blocks = (Block(0, 14, "paragraph", 1), Block(15, len(text), "paragraph", 2))
    assert [(c.text, c.page) for c in chunk(written(text, blocks=blocks))] == [(text, 1)]


def test_chunks_divide_no_row_and_no_heading() -> None:
    rows = [(f"Name: Model {n}. Version 2; Year: 20{n:02}", "table_row", 0, None) for n in range(60)]
    chunks = chunk(from_parts(rows))
    assert len(chunks) > 1
    assert all(line.startswith("Name:") for c in chunks for line in c.text.split("\n\n"))


def test_chunks_divide_an_endless_sentence_after_a_clause() -> None:
    document = written("这个模型由四个人在十年前训练，" * 60, "zh")
    assert all(c.text.endswith("，") for c in chunk(document))


def test_chunks_never_divide_a_joined_sign() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert all(not c.text.startswith("\u200d") and not c.text.endswith("\u200d") for c in chunk(written(family * 200)))


def test_chunks_of_the_same_document_have_the_same_ids() -> None:
    document = written("One. Two. " * 200)
    assert chunk(document) == chunk(document)


def test_chunks_of_nothing_are_none() -> None:
    assert chunk(written("")) == chunk(written(" \n\n ")) == []
