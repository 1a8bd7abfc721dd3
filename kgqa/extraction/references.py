"""Reading again around a pronoun: which of the names it stands for.

The first reading serves everything in a window at once. A second one, by upper layers of its own on the trunk's states,
is told the pronoun and the names that agree with it, and chooses among them; so do people who are asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction.cropping import Crop, cropped
from kgqa.extraction.pairs import is_pronoun, may_stand_for
from kgqa.extraction.schema import REFERENCE

__all__ = ["AFTER", "BEFORE", "NAME", "PRONOUN", "Question", "questions", "reference_inputs"]

BEFORE, AFTER = 128, 64
"""Tokens that are read on either side of a pronoun."""
PRONOUN, NAME = 1, 2
"""Marks of the tokens of the pronoun, and of those of the names to choose from."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Question(Crop):
    """A pronoun and the names near it that agree with it, by their numbers among the mentions of the window."""

    pronoun: int
    names: tuple[int, ...]


def questions(
    row: int, end: int, spans: Sequence[tuple[int, int]], words: Sequence[str], types: Sequence[str]
) -> list[Question]:
    """The pronouns among the mentions of a window that have names to choose from. `spans` are first and last tokens,
    `end` is the number of the window's last token."""
    found = []
    for n, (first, last) in enumerate(spans):
        if types[n] != REFERENCE or not is_pronoun(words[n]):
            continue
        low, high = max(1, first - BEFORE), min(end, last + 1 + AFTER)
        near = (o for o, (begin, stop) in enumerate(spans) if low <= begin and stop < high)
        names = tuple(o for o in near if may_stand_for(n, o, words, types))
        if names:
            found.append(Question(row, low, high, end, n, names))
    return found


def reference_inputs(
    states: Floats, shapes: Ints, questions: Sequence[Question], spans: Sequence[Sequence[tuple[int, int]]]
) -> dict[str, NDArray[Any]]:
    """What the graph takes: what is read (see `cropped`) with marks of pronoun and names, and their places; `spans` are
    the first and last tokens of the mentions of each window."""
    given = cropped(states, shapes, questions)
    pronouns = np.zeros((len(questions), 2), np.int64)
    names = np.zeros((len(questions), max(2, *(len(question.names) for question in questions)), 2), np.int64)
    for n, question in enumerate(questions):
        places = [[question.place(token) for token in spans[question.row][o]] for o in question.names]
        names[n, : len(places)] = places
        pronouns[n] = [question.place(token) for token in spans[question.row][question.pronoun]]
        for mark, (first, last) in [*((NAME, place) for place in places), (PRONOUN, pronouns[n])]:
            given["marks"][n, first : last + 1] = mark
    return {**given, "pronouns": pronouns, "names": names}
