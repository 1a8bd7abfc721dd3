"""Chinese words and their parts of speech."""

from hypothesis import given
from hypothesis import strategies as st

from kgqa.text import chinese_words


def test_names_are_words_with_their_part_of_speech() -> None:
    text = "周润发在上海市。"
    words = [(text[start:end], tag[:2]) for start, end, tag in chinese_words(text)]
    assert words == [("周润发", "nr"), ("在", "p"), ("上海市", "ns"), ("。", "x")]


def test_traditional_characters_make_the_same_words() -> None:
    assert list(chinese_words("清華大學在北京")) == list(chinese_words("清华大学在北京"))


@given(
    st.text(alphabet=st.characters(), max_size=40) | st.text(alphabet="北京大学 Ab1。\n\u3000𠮷😀\ud800", max_size=40)
)
def test_words_cover_the_text_without_gaps(text: str) -> None:
    spans = [(start, end) for start, end, _ in chinese_words(text)]
    assert [start for start, _ in spans] == [0, *(end for _, end in spans)][: len(spans)]
    assert (spans[-1][1] if spans else 0) == len(text)
