"""Reading again around pronouns: of which it is asked, what is cut out, and what is marked."""

import numpy as np

from kgqa.extraction.references import AFTER, BEFORE, NAME, PRONOUN, Question, questions, reference_inputs

WORDS = ["Ada", "Turing Ltd", "she", "1950", "that", "它", "他"]
TYPES = ["Person", "Organization", "Reference", "Date", "Reference", "Reference", "Reference"]
SPANS = [(1, 1), (3, 4), (6, 6), (8, 8), (10, 10), (12, 12), (14, 14)]


def test_pronouns_are_asked_about_the_names_that_agree_with_them() -> None:
    found = questions(3, 20, SPANS, WORDS, TYPES)
    assert [(question.pronoun, question.names) for question in found] == [(2, (0,)), (5, (1,)), (6, (0,))]
    assert {(question.row, question.low, question.high, question.end) for question in found} == {(3, 1, 20, 20)}


def test_names_that_are_far_away_are_not_asked_for() -> None:
    spans = [(9, 9), (200 - BEFORE, 200 - BEFORE), (200, 200), (200 + AFTER, 200 + AFTER), (201 + AFTER, 201 + AFTER)]
    words, types = ["A", "B", "him", "C", "D"], ["Person", "Person", "Reference", "Person", "Person"]
    (question,) = questions(0, 381, spans, words, types)
    assert question.names == (1, 3) and (question.low, question.high) == (200 - BEFORE, 201 + AFTER)
    assert questions(0, 381, spans[2:3], words[2:3], types[2:3]) == []


def test_what_is_asked_has_its_marks_at_its_places() -> None:
    states = np.arange(2 * 40 * 4, dtype=np.float32).reshape(2, 40, 4)
    shapes = np.arange(80).reshape(2, 40)
    spans = [[], [(5, 6), (9, 9), (20, 22)]]
    made = reference_inputs(states, shapes, [Question(1, 4, 24, 39, 1, (0, 2)), Question(1, 8, 12, 39, 1, (1,))], spans)
    places = [0, *range(4, 24), 39]
    assert np.array_equal(made["states"][0], states[1, places]) and np.array_equal(made["shapes"][0], shapes[1, places])
    assert made["pronouns"].tolist() == [[6, 6], [2, 2]] and made["names"].tolist() == [
        [[2, 3], [17, 19]],
        [[2, 2], [0, 0]],
    ]
    marks = np.zeros(22, np.int64)
    marks[[2, 3, 17, 18, 19]], marks[6] = NAME, PRONOUN
    assert made["marks"][0].tolist() == marks.tolist() and made["marks"][1].nonzero()[0].tolist() == [2]
