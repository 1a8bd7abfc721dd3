"""From the scores of the span head to the triggers of events."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["WIDEST_TRIGGER", "EventRead", "choose_triggers"]

WIDEST_TRIGGER = 6
"""Tokens of the longest trigger."""
MOST_TRIGGERS = 48
"""Of a window, best first."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EventRead:
    """An event of a window, in its tokens."""

    first: int
    last: int
    kind: int
    """Number of the event's type among the types of the span head."""
    score: float
    arguments: tuple[tuple[int, int, int, float], ...] = ()
    """First token, last token, number of the role, and score."""


def choose_triggers(banded: Floats, threshold: float | Floats, begin: int) -> list[EventRead]:
    """The triggers, in the order of the text; `begin` is the number of the first event type. The threshold is one, or
    one for each type.

    A span may trigger events of several types. Of two that overlap and have the same type the better one stays.
    """
    found = np.argwhere(banded > threshold)
    scores = banded[tuple(found.T)]
    chosen: list[EventRead] = []
    for n in np.argsort(-scores, kind="stable")[: 4 * MOST_TRIGGERS].tolist():
        first, width, kind = found[n].tolist()
        read = EventRead(first, first + width, begin + kind, float(scores[n]))
        if not any(o.kind == read.kind and read.first <= o.last and o.first <= read.last for o in chosen):
            chosen.append(read)
    return sorted(chosen[:MOST_TRIGGERS], key=lambda read: (read.first, read.last, read.kind))
