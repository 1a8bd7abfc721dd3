"""The estimate of tokens."""

from hypothesis import given
from hypothesis import strategies as st

from kgqa.text import count_tokens


def test_tokens_of_prose_are_near_those_of_an_encoder() -> None:
    assert (
        20
        <= count_tokens("The international organisation was founded in 1945 and has its seat in New York, they say.")
        <= 24
    )
    assert count_tokens("联合国成立于1945年。") == 6 + 2 + 2


@given(st.text(max_size=200))
def test_tokens_are_never_more_than_characters(text: str) -> None:
    assert count_tokens(text) <= len(text)
