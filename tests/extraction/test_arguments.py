"""Reading again around triggers: what is cut out, what is asked, and what becomes of the scores."""

import numpy as np

from kgqa.extraction.arguments import AROUND, Reading, argument_inputs, choose_arguments
from kgqa.extraction.events import EventRead
from kgqa.extraction.windows import Window
from kgqa.types import Span


def trigger(first: int, last: int, kind: int = 7) -> EventRead:
    return EventRead(first, last, kind, 1.0)


def window(size: int) -> Window:
    """Tokens of one character each, with a space behind."""
    offsets = [(0, 0), *((2 * n, 2 * n + 1) for n in range(size - 2)), (0, 0)]
    return Window(0, [9] * size, [0] * size, [True] * size, [True] * size, offsets)


def test_a_trigger_is_read_with_the_words_of_its_sentence() -> None:
    cut = [Span(0, 9), Span(10, 21), Span(22, 99)]  # tokens 1 to 5, 6 to 11, and those behind
    reading = Reading.around(2, trigger(7, 8), window(52), cut)
    assert (reading.row, reading.low, reading.high, reading.end, reading.size) == (2, 6, 12, 51, 8)
    others = [Reading.around(0, trigger(n, n), window(52), cut) for n in (1, 5, 50)]
    assert [(other.low, other.high) for other in others] == [(1, 6), (1, 6), (12, 51)]


def test_of_a_long_sentence_the_words_around_the_trigger_are_read() -> None:
    reading = Reading.around(0, trigger(200, 201), window(500), [Span(0, 1000)])
    assert (reading.low, reading.high) == (200 - AROUND, 202 + AROUND)
    across = Reading.around(0, trigger(5, 6), window(20), [Span(0, 9), Span(10, 37)])
    assert (across.low, across.high) == (1, 7)  # a trigger over the border


def test_a_part_keeps_its_states_and_says_what_is_asked() -> None:
    states = np.arange(2 * 300 * 4, dtype=np.float32).reshape(2, 300, 4)
    shapes = np.arange(600).reshape(2, 300)
    readings = [Reading(1, 140, 160, 299, trigger(150, 151, 9)), Reading(0, 1, 4, 4, trigger(1, 1))]
    made = argument_inputs(states, shapes, readings, [(4, 2, 8), ()], 7)
    assert {made[name].shape[:2] for name in ("states", "attention_mask", "shapes", "marks")} == {(2, 22)}
    places = [0, *range(140, 160), 299]
    assert np.array_equal(made["states"][0], states[1, places]) and np.array_equal(made["shapes"][0], shapes[1, places])
    assert np.array_equal(made["states"][1, :5], states[0, :5]) and not made["states"][1, 5:].any()
    assert made["attention_mask"].sum(1).tolist() == [22, 5]
    assert [row.nonzero()[0].tolist() for row in made["marks"]] == [[11, 12], [1]]
    assert made["events"].tolist() == [2, 0] and made["roles"].tolist() == [[4, 2, 8], [0, 0, 0]]


def test_an_event_without_roles_asks_for_one_that_is_not_looked_at() -> None:
    states, shapes = np.zeros((1, 5, 4), np.float32), np.zeros((1, 5), np.int64)
    made = argument_inputs(states, shapes, [Reading(0, 1, 4, 4, trigger(1, 1))], [()], 7)
    assert made["roles"].tolist() == [[0]]
    assert choose_arguments(np.full((5, 2, 1), 9.0, np.float32), (), 0.0, 1) == ()


def test_a_second_role_of_a_span_must_be_surer() -> None:
    scores = np.full((3, 1, 3), -5.0, np.float32)
    scores[0, 0], scores[2, 0] = (3.0, 0.75, 0.5), (0.25, 2.0, 1.5)
    found = choose_arguments(scores, (7, 8, 9), 0.0, low=1)
    assert found == ((0, 0, 7, 3.0), (2, 2, 8, 2.0), (2, 2, 9, 1.5))


def test_of_spans_that_overlap_in_a_role_the_better_one_stays() -> None:
    scores = np.full((6, 4, 3), -5.0, np.float32)
    scores[0, 3, 0], scores[2, 1, 0] = 1.0, 2.0  # one in the other, the same role
    scores[0, 3, 1] = 0.5  # another role: arguments may nest
    scores[5, 0, 0], scores[4, 0, 1] = 0.25, -0.5
    scores[:, :, 2] = 9.0  # padding: the type has two roles
    found = choose_arguments(scores, (30, 20), 0.0, low=101)
    assert found == ((100, 103, 20, 0.5), (102, 103, 30, 2.0), (105, 105, 30, 0.25))
