"""Reading again what is said around a trigger: where the arguments of its event are, role by role.

The first reading of a window serves everything in it at once and does not know what it will be asked. A second one, by
upper layers of its own on the trunk's states, is told the trigger and the type of its event.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction.cropping import Crop, cropped
from kgqa.extraction.events import EventRead
from kgqa.extraction.windows import Window
from kgqa.types import Span

__all__ = ["AROUND", "WIDEST_ARGUMENT", "Reading", "argument_inputs", "choose_arguments"]

AROUND = 96
"""Tokens that are read on both sides of a trigger, of its sentence: annotators look for arguments no further."""
WIDEST_ARGUMENT = 48
"""Tokens of the longest argument, which may be a clause."""
ANOTHER_ROLE = 1.0
"""By how much more than others a span must score that has a better role of the same event: few have two."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reading(Crop):
    """An event whose arguments are read, with the tokens of its window that are."""

    event: EventRead

    @classmethod
    def around(cls, row: int, event: EventRead, window: Window, sentences: Sequence[Span]) -> "Reading":
        """Around the trigger, in the sentence that it begins in."""
        begin, stop = window.offsets[event.first][0], window.offsets[event.last][1]
        low, high, end = event.first, event.last + 1, len(window.ids) - 1
        for sentence in sentences:
            if sentence.start <= begin < sentence.end:
                begin, stop = sentence.start, max(stop, sentence.end)
        while low > max(1, event.first - AROUND) and window.offsets[low - 1][0] >= begin:
            low -= 1
        while high < min(end, event.last + 1 + AROUND) and window.offsets[high][1] <= stop:
            high += 1
        return cls(row, low, high, end, event)


def argument_inputs(
    states: Floats, shapes: Ints, readings: Sequence[Reading], roles: Sequence[Sequence[int]], first_event: int
) -> dict[str, NDArray[Any]]:
    """What the graph takes: what is read (see `cropped`) with marks of the trigger, the types of the events, counted
    from `first_event`, and the numbers of their `roles`."""
    given = cropped(states, shapes, readings)
    numbers = np.zeros((len(readings), max(1, *map(len, roles))), np.int64)
    for n, reading in enumerate(readings):
        given["marks"][n, reading.place(reading.event.first) : reading.place(reading.event.last) + 1] = 1
        numbers[n, : len(roles[n])] = roles[n]
    events = np.array([reading.event.kind - first_event for reading in readings], np.int64)
    return {**given, "events": events, "roles": numbers}


def choose_arguments(
    banded: Floats, roles: Sequence[int], threshold: float, low: int
) -> tuple[tuple[int, int, int, float], ...]:
    """First token, last token, role and score of the arguments of an event, in the order of the text; token 1 of the
    reading is token `low` of the window.

    `banded` is `(tokens, widths, roles)`. Of two spans that overlap and have the same role the better one stays; a
    second role of the same span must be surer.
    """
    found = np.argwhere(banded[..., : len(roles)] > threshold)
    scores = banded[tuple(found.T)]
    chosen: list[tuple[int, int, int, float]] = []
    for n in np.argsort(-scores, kind="stable").tolist():
        first, width, column = found[n].tolist()
        one = first + low - 1, first + width + low - 1, roles[column]
        taken = any(one[:2] == other[:2] for other in chosen) and scores[n] <= threshold + ANOTHER_ROLE
        if not taken and not any(
            one[2] == role and one[0] <= end and start <= one[1] for start, end, role, _ in chosen
        ):
            chosen.append((*one, float(scores[n])))
    return tuple(sorted(chosen))
