from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.retrieval.gazetteer import TOKEN, Gazetteer

NAMED = [(1, ["New York", "NYC"]), (2, ["New York Times"]), (3, ["York"]), (4, ["北京"]), (5, ["北京大学", "PKU"])]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The New York Times of New York, York", [2, 1, 3]),
        ("new york, nyc", []),
        ("NYC and PKU; New Yorkers", [1, 5]),
        ("他在北京大学读书，后来离开北京。", [5, 4]),
        ("New", []),
        ("", []),
    ],
)
def test_names_are_found_as_they_are_spelled_the_longer_first(text: str, found: list[int]) -> None:
    assert list(Gazetteer(NAMED).find(text)) == found


def test_homonyms_are_found_together() -> None:
    assert list(Gazetteer([(1, ["Paris"]), (2, ["Paris", "Paris"])]).find("Paris")) == [1, 2]


@pytest.mark.parametrize("name", ["e", "X", "river", "", "...", "好"])
def test_names_that_are_words_or_too_short_are_not_looked_for(name: str) -> None:
    assert list(Gazetteer([(1, [name])]).find(f"{name} {name}")) == []


@given(st.lists(st.text("Aab 大中, ", min_size=1, max_size=5), max_size=8), st.text("Aab 大中, ", max_size=30))
def test_whatever_is_found_is_written_there(names: list[str], text: str) -> None:
    tokens = TOKEN.findall(text)
    for number in Gazetteer([(number, [name]) for number, name in enumerate(names)]).find(text):
        name = TOKEN.findall(names[number])
        assert any(tokens[start : start + len(name)] == name for start in range(len(tokens)))
