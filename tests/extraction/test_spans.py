"""Decoding of spans: whole words, no two names over one another."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgqa.extraction.spans import band_scores, choose_spans

NOMINAL = 2


def banded(*spans: tuple[int, int, int, float], tokens: int = 8) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    scores = np.full((tokens, tokens, 3), -5.0, dtype=np.float32)
    for first, last, kind, score in spans:
        scores[first, last - first, kind] = score
    return scores


def test_scores_add_up_and_no_word_is_cut() -> None:
    span = np.arange(9, dtype=np.float32).reshape(3, 3)
    start, end = np.full((3, 2), 0.5, np.float32), np.full((3, 2), 0.25, np.float32)
    scores = band_scores(span, start, end, [True, False, True], [False, True, True], widest=3)
    assert scores[0, 1, 0] == span[0, 1] + 0.75
    assert np.isneginf(scores[0, 0]).all() and np.isneginf(scores[1]).all()
    assert np.isneginf(scores[2, 1]).all()  # behind the text


def test_no_span_runs_over_into_the_next_paragraph() -> None:
    zero, whole = np.zeros((3, 3), np.float32), [True] * 3
    scores = band_scores(zero, zero, zero, whole, whole, 3, [0, 0, 1])
    assert np.isfinite(scores[0, :2]).all() and np.isfinite(scores[2, 0]).all()
    assert np.isneginf(scores[0, 2]).all() and np.isneginf(scores[1, 1]).all()


def test_of_two_names_that_overlap_the_better_stays() -> None:
    assert choose_spans(banded((0, 2, 0, 1.0), (1, 3, 1, 2.0), (5, 5, 0, 1.0))) == [(1, 3, 1, 2.0), (5, 5, 0, 1.0)]


def test_a_description_may_hold_a_name() -> None:
    found = choose_spans(banded((0, 4, NOMINAL, 1.0), (3, 4, 0, 2.0)), nominal=NOMINAL)
    assert [span[:3] for span in found] == [(0, 4, NOMINAL), (3, 4, 0)]


def test_a_span_has_its_best_type_only() -> None:
    assert choose_spans(banded((1, 2, 0, 1.0), (1, 2, 1, 3.0))) == [(1, 2, 1, 3.0)]


SPANS = st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(0, 1), st.floats(0.125, 9, width=16))


@given(st.lists(SPANS, max_size=12))
def test_names_never_overlap(spans: list[tuple[int, int, int, float]]) -> None:
    found = choose_spans(banded(*((f, min(7, f + w), k, s) for f, w, k, s in spans)), nominal=NOMINAL)
    assert bool(found) == bool(spans)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))
