"""Words and their shapes, from the tokens' offsets."""

import re

from hypothesis import given
from hypothesis import strategies as st

from kgqa.extraction.tokens import CHINESE, SHAPES, describe, is_mark


def pieces(text: str) -> list[tuple[int, int]]:
    """Offsets as a word-piece tokenizer makes them: runs of letters cut after three, every other character alone."""
    found = (range(m.start(), m.end()) for m in re.finditer(r"[A-Za-zé]+|\d+|\S", text))
    return [(run[n], min(run[-1] + 1, run[n] + 3)) for run in found for n in range(0, len(run), 3)]


def test_pieces_of_a_word_belong_together_and_chinese_characters_do_not() -> None:
    text = "OpenAI 在旧金山"
    tokens = describe(text, pieces(text))
    assert tokens.first == [True, False, True, True, True, True]
    assert tokens.last == [False, True, True, True, True, True]


def test_the_shape_tells_capitals_and_digits_apart() -> None:
    words = ("word", "Word", "WORD", "DeepMind", "1995", "V3", "深", ",")
    shapes = [describe(word, [(0, len(word))]).shapes[0] for word in words]
    assert len(set(shapes)) == len(shapes)


def test_a_chinese_character_has_its_place_in_a_word_and_the_part_of_speech() -> None:
    def shapes(text: str) -> list[int]:
        return [shape - CHINESE for shape in describe(text, pieces(text)).shapes]

    assert [shape % 4 for shape in shapes("周润发在上海市")] == [1, 2, 3, 0, 1, 2, 3]
    person, function, place = (shapes("周润发在上海市")[n] // 4 for n in (0, 3, 4))
    assert len({0, person, function, place}) == 4 and [shape // 4 for shape in shapes("桌子")] == [0, 0]
    assert shapes("OpenAI在北京")[-3:] == shapes("在北京"), "what stands before does not matter"


def test_a_mark_is_no_word() -> None:
    text = "深 度, Ab 。"
    assert [is_mark(shape) for shape in describe(text, pieces(text)).shapes] == [False, False, True, False, True]


def test_an_accent_behind_a_chinese_character_is_of_its_word() -> None:
    text = "任\u03011x 在"
    offsets = [(0, 2), (2, 3), (3, 4), (5, 6)]
    tokens = describe(text, offsets)
    assert len(tokens.shapes) == 4 and len(set(tokens.shapes[:3])) == 1 and tokens.first == [True, False, False, True]


def test_no_tokens_have_no_shapes() -> None:
    assert describe("", []).shapes == []


@given(st.text(alphabet="aZé9 .-,深度\n", max_size=40))
def test_every_token_has_a_shape_and_every_word_a_beginning_and_an_end(text: str) -> None:
    offsets = pieces(text)
    tokens = describe(text, offsets)
    assert len(tokens.shapes) == len(tokens.first) == len(tokens.last) == len(offsets)
    assert all(0 < shape < SHAPES for shape in tokens.shapes)
    assert sum(tokens.first) == sum(tokens.last)
    assert tokens.last == [*tokens.first[1:], True][: len(offsets)]
