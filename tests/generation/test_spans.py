"""Windows and spans: their invariants."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kgqa.generation.spans import best_spans, cut_windows, line_numbers, pad, whole_words

SCORES = arrays(np.float32, st.integers(1, 12), elements=st.floats(-10, 10, width=32))


@settings(deadline=None)
@given(SCORES, st.integers(1, 6), st.integers(1, 4), st.data())
def test_best_spans_are_the_best_that_do_not_overlap(
    start: np.ndarray, longest: int, count: int, data: st.DataObject
) -> None:
    end = data.draw(arrays(np.float32, len(start), elements=st.floats(-10, 10, width=32)))
    lines = np.sort(data.draw(arrays(np.int64, len(start), elements=st.integers(0, 3))))
    found = best_spans(start, end, lines, longest=longest, count=count)
    allowed = {
        (i, j): float(start[i] + end[j])
        for i in range(len(start))
        for j in range(i, min(i + longest, len(start)))
        if lines[i] == lines[j]
    }
    assert found[0][2] == max(allowed.values())
    assert all(allowed[first, last] == score for first, last, score in found)
    covered = [token for first, last, _ in found for token in range(first, last + 1)]
    assert len(covered) == len(set(covered))
    assert [score for *_, score in found] == sorted((score for *_, score in found), reverse=True)


@settings(deadline=None)
@given(st.integers(1, 600), st.integers(2, 256), st.data())
def test_windows_cover_every_token(length: int, size: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(1, size))
    offsets = [(n, n + 1) for n in range(length)]
    found = list(cut_windows(0, [7, 8], list(range(length)), offsets, size=size, stride=stride, cls=1, sep=2))
    covered = {start for window in found for start, _ in window.offsets}
    assert covered == set(range(length))
    for window in found:
        assert window.ids[window.first - 1] == window.ids[-1] == 2 and window.ids[0] == 1
        assert list(window.ids[window.first : -1]) == [start for start, _ in window.offsets]


def test_pad_marks_question_and_passage() -> None:
    windows = list(cut_windows(0, [7], [5, 6, 5], [(0, 1), (1, 2), (2, 3)], size=2, stride=2, cls=1, sep=2))
    ids, mask, roles = pad(windows)
    assert ids.tolist() == [[1, 7, 2, 5, 6, 2], [1, 7, 2, 5, 2, 0]]
    assert mask.tolist() == [[1] * 6, [1] * 5 + [0]]
    assert roles.tolist() == [[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0]]


def test_whole_words_widens_latin_words_and_leaves_characters() -> None:
    text = "In 2015 OpenAI成立于旧金山。"
    at = text.index("penA")
    assert text[slice(*whole_words(text, at, at + 3))] == "OpenAI"
    at = text.index("旧金")
    assert text[slice(*whole_words(text, at, at + 2))] == "旧金"
    assert text[slice(*whole_words(text, 4, 6))] == "2015"


def test_line_numbers_count_breaks_before_the_token() -> None:
    assert line_numbers("a b\nc\n\nd", [(0, 1), (2, 3), (4, 5), (7, 8)]).tolist() == [0, 0, 1, 3]
