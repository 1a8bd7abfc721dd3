"""Windows over the tokens of a text: nothing is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.extraction.windows import cut


@given(st.integers(0, 60), st.integers(4, 20), st.integers(0, 3))
def test_every_token_is_in_a_window_and_neighbours_share_the_overlap(count: int, size: int, overlap: int) -> None:
    text = "ab " * count
    offsets = [(3 * n, 3 * n + 2) for n in range(count)]
    made = list(cut(0, text, list(range(10, 10 + count)), offsets, cls=1, sep=2, size=size, overlap=overlap))
    assert [window.ids[1:-1] for window in made] == [
        list(range(10 + start, min(10 + start + size, 10 + count)))
        for start in ([0, *range(size - overlap, count - overlap, size - overlap)] if count else [])
    ]
    for window in made:
        assert len(window.ids) <= size + 2 and (window.ids[0], window.ids[-1]) == (1, 2)
        assert len(window.ids) == len(window.shapes) == len(window.first) == len(window.last) == len(window.offsets)
    assert {token for window in made for token in window.ids[1:-1]} == set(range(10, 10 + count))


def test_the_tokens_of_a_window_know_their_paragraph() -> None:
    text = "ab cd\n\nef\ngh \n \n ij"
    offsets = [(0, 2), (3, 5), (7, 9), (10, 12), (17, 19)]
    (window,) = cut(0, text, [5] * 5, offsets, cls=1, sep=2)
    assert window.paragraphs == [-1, 0, 0, 1, 2, 3, -1]


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("Participants and those who came later: Ann\nBo", True),  # wrapped: the line is full
        ("与会者和后来才到的那些人都在这里：王\n李", True),
        ("Ann\nBo", False),
        ("王小明\n李", False),
        ("Participants and those who came later: Ann\n- Bo", False),
        ("Participants and those who came later: Ann\n  2. Bo", False),
        ("Participants and those who came later: Ann\n2.5 Bo", True),
        ("与会者和后来才到的那些人都在这里：王\n2、李", False),
        ("Participants and those who came later: Ann\n \nBo", False),
    ],
)
def test_a_line_ends_a_name_where_it_is_not_wrapped(text: str, together: bool) -> None:
    offsets = [(n, n + 1) for n, character in enumerate(text) if not character.isspace()]
    (window,) = cut(0, text, [5] * len(offsets), offsets, cls=1, sep=2)
    assert (window.paragraphs[1] == window.paragraphs[-2]) == together


def test_a_heading_gets_a_full_stop_that_no_name_can_hold() -> None:
    text, offsets = "ab\n\ncd ef.\n\ngh", [(0, 2), (4, 6), (7, 9), (9, 10), (12, 14)]
    (window,) = cut(0, text, [5, 6, 7, 8, 9], offsets, cls=1, sep=2, stop=3)
    assert window.ids == [1, 5, 3, 6, 7, 8, 9, 2]  # none behind the sentence that has its own
    assert window.offsets[2] == (2, 2) and not window.first[2] and not window.last[2]
    assert window.paragraphs == [-1, 0, 0, 1, 1, 1, 2, -1]
    assert len({len(row) for row in (window.ids, window.shapes, window.first, window.last, window.offsets)}) == 1
