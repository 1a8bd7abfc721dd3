"""Reading again what is said around a trigger: where the arguments of its event are, role by role.

The first reading of a window serves everything in it at once and does not know what it will be asked. A second one, by
upper layers of its own on the trunk's states, is told the trigger and the type of its event.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction.events import EventRead

__all__ = ["AROUND", "WIDEST_ARGUMENT", "Reading", "batched", "choose_arguments", "cropped"]

AROUND = 96
"""Tokens that are read on both sides of a trigger."""
WIDEST_ARGUMENT = 48
"""Tokens of the longest argument, which may be a clause."""
ANOTHER_ROLE = 1.0
"""By how much more than others a span must score that has a better role of the same event: few have two."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reading:
    """An event whose arguments are read, with the tokens of its window that are."""

    row: int
    """Number of the window in its group."""
    event: EventRead
    low: int
    high: int
    """The token behind the last one."""

    @classmethod
    def around(cls, row: int, event: EventRead, size: int) -> "Reading":
        """Around the trigger, in a window of `size` tokens."""
        return cls(row, event, max(0, event.first - AROUND), min(size, event.last + 1 + AROUND))


def batched(readings: Sequence[Reading], tokens: int) -> Iterator[list[int]]:
    """Numbers of readings of like length, at most about so many tokens together with their padding."""
    group: list[int] = []
    for number in sorted(range(len(readings)), key=lambda n: readings[n].high - readings[n].low):
        if group and (len(group) + 1) * (readings[number].high - readings[number].low) > tokens:
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def cropped(
    states: Floats, shapes: Ints, readings: Sequence[Reading], roles: Sequence[Sequence[int]], first_event: int
) -> dict[str, NDArray[Any]]:
    """What the graph takes: the trunk's states of each reading, mask, shapes, marks of the trigger, the types of the
    events, counted from `first_event`, and the numbers of their `roles`."""
    sizes = [reading.high - reading.low for reading in readings]
    made = np.zeros((len(readings), max(sizes), states.shape[2]), np.float32)
    mask, forms, marks = (np.zeros(made.shape[:2], np.int64) for _ in range(3))
    asked = np.zeros((len(readings), max(1, *(len(of) for of in roles), 1)), np.int64)
    for n, (reading, size) in enumerate(zip(readings, sizes, strict=True)):
        made[n, :size] = states[reading.row, reading.low : reading.high]
        forms[n, :size] = shapes[reading.row, reading.low : reading.high]
        mask[n, :size] = 1
        marks[n, reading.event.first - reading.low : reading.event.last + 1 - reading.low] = 1
        asked[n, : len(roles[n])] = roles[n]
    events = np.array([reading.event.kind - first_event for reading in readings], np.int64)
    return {
        "states": made,
        "attention_mask": mask,
        "shapes": forms,
        "marks": marks,
        "events": events,
        "roles": asked,
    }


def choose_arguments(
    banded: Floats, roles: Sequence[int], threshold: float, low: int
) -> tuple[tuple[int, int, int, float], ...]:
    """First token, last token, role and score of the arguments of an event, in the order of the text; token 0 of the
    reading is token `low` of the window.

    `banded` is `(tokens, widths, roles)`. Of two spans that overlap and have the same role the better one stays; a
    second role of the same span must be surer.
    """
    found = np.argwhere(banded[..., : len(roles)] > threshold)
    scores = banded[tuple(found.T)]
    chosen: list[tuple[int, int, int, float]] = []
    for n in np.argsort(-scores, kind="stable").tolist():
        first, width, column = found[n].tolist()
        one = first + low, first + width + low, roles[column]
        taken = any(one[:2] == other[:2] for other in chosen) and scores[n] <= threshold + ANOTHER_ROLE
        if not taken and not any(
            one[2] == role and one[0] <= end and start <= one[1] for start, end, role, _ in chosen
        ):
            chosen.append((*one, float(scores[n])))
    return tuple(sorted(chosen))
