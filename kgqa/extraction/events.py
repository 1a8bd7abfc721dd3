"""From the scores of the two heads to events: triggers, what may take part, and which role it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["WIDEST_ARGUMENT", "WIDEST_TRIGGER", "EventRead", "choose_arguments", "choose_roles", "choose_triggers"]

WIDEST_TRIGGER = 6
"""Tokens of the longest trigger."""
WIDEST_ARGUMENT = 48
"""Tokens of the longest argument, which may be a clause."""

MOST_TRIGGERS = 48
"""Of a window, best first."""
MOST_ARGUMENTS = 48

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
    """First token, last token, number of the role among the labels of the pair head, and score."""


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


def choose_arguments(banded: Floats, threshold: float) -> list[tuple[int, int]]:
    """First and last token of what may take part in an event: the best spans, which may lie in or across each other.

    What they are, if anything, the pair head decides.
    """
    best = banded[..., 0]
    firsts, widths = np.nonzero(best > threshold)
    order = np.argsort(-best[firsts, widths], kind="stable")[:MOST_ARGUMENTS]
    return sorted((int(first), int(first + width)) for first, width in zip(firsts[order], widths[order], strict=True))


def choose_roles(
    scores: Floats,
    triggers: Sequence[EventRead],
    arguments: Sequence[tuple[int, int]],
    roles: Mapping[int, Sequence[int]],
    threshold: float,
) -> list[EventRead]:
    """The triggers with their arguments: those of a role that the event has, above the threshold.

    `scores` is `(triggers, arguments, labels)`. Of two that overlap and have the same role the better one stays.
    """
    read = []
    for row, trigger in enumerate(triggers):
        allowed = np.array(roles.get(trigger.kind, ()), dtype=np.int64)
        table = scores[row, : len(arguments)][:, allowed]
        found = np.argwhere(table > threshold)
        order = np.argsort(-table[tuple(found.T)], kind="stable")
        chosen: list[tuple[int, int, int, float]] = []
        for place, column in found[order].tolist():
            first, last = arguments[place]
            role = int(allowed[column])
            if not any(o[2] == role and first <= o[1] and o[0] <= last for o in chosen):
                chosen.append((first, last, role, float(table[place, column])))
        read.append(EventRead(trigger.first, trigger.last, trigger.kind, trigger.score, tuple(sorted(chosen))))
    return read
