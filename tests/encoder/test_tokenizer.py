"""Offsets are exact in every script, and no character that says something is lost."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kgqa.encoder import Tokenizer, model_path
from kgqa.errors import ModelError

TOKENIZER = Tokenizer.open(model_path("encoder") / "tokenizer.json")

MIXED = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("北京大学，。《》【】Ａ１％…㎡①éÉßİ한ガשלוםمرحبا👩‍👧🇨🇳\u0301\u200d\ufeff\x00\t\n abcXYZ019.-'"),
    )
)


def pieces(text: str) -> list[str]:
    [(_, offsets)] = TOKENIZER.tokenize([text])
    return [text[start:end] for start, end in offsets]


@given(MIXED)
@example("[CLS] [MASK] [UNK] x" + "y" * 300)
@example("\ud800 lone surrogate")
@example("e\u0301\u0302te\u0301")
def test_offsets_are_in_range_ordered_and_never_empty(text: str) -> None:
    [(ids, offsets)] = TOKENIZER.tokenize([text])
    assert len(ids) == len(offsets)
    assert all(0 <= start < end <= len(text) for start, end in offsets)
    assert offsets == sorted(offsets)
    assert all(0 <= number < TOKENIZER.size for number in ids)


@given(MIXED)
def test_every_character_that_says_something_is_covered(text: str) -> None:
    [(_, offsets)] = TOKENIZER.tokenize([text])
    covered = {place for start, end in offsets for place in range(start, end)}
    lost = [c for place, c in enumerate(text) if place not in covered and unicodedata.category(c)[0] in "LNPS"]
    assert [c for c in lost if not says_nothing(c)] == []


def says_nothing(character: str) -> bool:
    """Whether compatibility folding turns the character into white space, marks or controls only."""
    return all(unicodedata.category(part)[0] in "ZMC" for part in unicodedata.normalize("NFKD", character))


@given(st.lists(MIXED, max_size=4))
def test_texts_do_not_influence_each_other(texts: list[str]) -> None:
    assert TOKENIZER.tokenize(texts) == [TOKENIZER.tokenize([text])[0] for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("北京大学", ["北", "京", "大", "学"]),
        ("在OpenAI工作", ["在", "open", "##ai", "工", "作"]),
        ("Ａ１％，测", ["a1", "%", ",", "测"]),
        ("[MASK]", ["[", "mask", "]"]),
        ("「GPT-4」", ["「", "gp", "##t", "-", "4", "」"]),
    ],
)
def test_known_texts_are_cut_as_expected(text: str, expected: list[str]) -> None:
    plain = [piece.removeprefix("##") for piece in expected]
    assert [unicodedata.normalize("NFKC", piece).lower() for piece in pieces(text)] == plain


def test_marks_belong_to_their_letter() -> None:
    assert pieces("Cafe\u0301 au lait")[0] == "Cafe\u0301"


def test_unknown_characters_keep_their_place() -> None:
    [(ids, offsets)] = TOKENIZER.tokenize(["ok \U0001f600 ok"])
    assert ids[1] == TOKENIZER.unknown_id
    assert offsets[1] == (3, 4)


def test_brackets_of_special_tokens_are_text() -> None:
    [(ids, _)] = TOKENIZER.tokenize(["[CLS] [SEP]"])
    assert not {TOKENIZER.cls_id, TOKENIZER.sep_id} & set(ids)


def test_frequent_chinese_characters_are_known() -> None:
    [(ids, _)] = TOKENIZER.tokenize(["谷歌的研究人员于二〇一七年发表论文，提出变换器架构。龍學國際機構"])
    assert TOKENIZER.unknown_id not in ids


def test_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("{")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        Tokenizer.open(path)
