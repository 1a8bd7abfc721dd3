"""Windows see every token and the merge gives every token back once."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.encoder import batches, merge, windows


@st.composite
def cuttings(draw: st.DrawFn) -> tuple[int, int, int]:
    size = draw(st.integers(1, 40))
    return draw(st.integers(0, 300)), size, draw(st.integers(0, size - 1))


@given(cuttings())
def test_every_token_is_seen_and_decided_once(cutting: tuple[int, int, int]) -> None:
    length, size, overlap = cutting
    cuts = windows(length, size, overlap)
    assert [token for cut in cuts for token in range(cut.first, cut.last)] == list(range(length))
    assert all(cut.start <= cut.first <= cut.last <= cut.end for cut in cuts)
    assert all(cut.end - cut.start <= size for cut in cuts)


@given(cuttings())
def test_neighbours_share_the_overlap_and_none_is_superfluous(cutting: tuple[int, int, int]) -> None:
    length, size, overlap = cutting
    cuts = windows(length, size, overlap)
    assert all(before.end - after.start >= overlap for before, after in pairwise(cuts))
    assert all(cut.last > cut.first for cut in cuts) or length == 0
    assert cuts[0].start == 0
    assert cuts[-1].end == length


@given(cuttings())
def test_merge_returns_one_row_per_token(cutting: tuple[int, int, int]) -> None:
    rows = np.arange(cutting[0], dtype=np.float32)[:, None]
    cuts = windows(*cutting)
    np.testing.assert_array_equal(merge([rows[cut.start : cut.end] for cut in cuts], cuts), rows)


def test_token_in_an_overlap_is_decided_where_it_has_more_context() -> None:
    first, second = windows(12, 8, 4)
    assert (first.start, first.end, second.start, second.end) == (0, 8, 4, 12)
    assert first.last == second.first == 6


@pytest.mark.parametrize("overlap", [-1, 8, 9])
def test_impossible_overlap_is_refused(overlap: int) -> None:
    with pytest.raises(ValueError, match="choose 0 to 7"):
        windows(20, 8, overlap)


@given(st.lists(st.integers(1, 50)), st.integers(1, 200))
def test_batches_hold_each_sequence_once_within_the_budget(lengths: list[int], budget: int) -> None:
    found = list(batches(lengths, budget))
    assert sorted(number for batch in found for number in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[n] for n in batch) <= budget for batch in found)
