"""Scores events as the literature does: triggers, arguments end to end, and arguments of given triggers.

A trigger is right when its type and both borders are (trigger classification). An argument is right when the type of
its event, its role and both its borders are those of an annotated one of the text (argument classification, "Arg-C" of
GENEVA, Parekh et al., https://arxiv.org/abs/2205.12505, and of FewFC in CasEE, Sheng et al.,
https://aclanthology.org/2021.findings-acl.14): to which of two triggers of one type it belongs is not asked. Given
triggers are the annotated ones, as GENEVA has it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kgqa.pipelines.evaluation.extraction_scores import RESAMPLES, Counts, Scores, scores, summed
from kgqa.types import Event, Example, Extraction

__all__ = ["EventScores", "given_triggers", "score_events"]


@dataclass(frozen=True, slots=True)
class EventScores:
    """How well events are read."""

    triggers: Scores
    arguments: Scores
    """Of the events that the model found."""
    arguments_gold_trigger: Scores
    """Of the annotated triggers."""
    per_type: dict[str, Scores] = field(default_factory=dict)
    """Triggers."""
    arguments_per_type: dict[str, Scores] = field(default_factory=dict)
    """End to end."""


def given_triggers(example: Example) -> list[tuple[int, int, str]]:
    """The annotated triggers of a text."""
    return sorted({(event.start, event.end, event.type) for event in example.events})


def score_events(
    examples: Sequence[Example],
    found: Sequence[Extraction],
    of_given: Sequence[Extraction],
    *,
    resamples: int = RESAMPLES,
) -> EventScores:
    """The scores of extractions, one for each example: `found` from the text alone, `of_given` from the annotated
    triggers. Only types that the data annotates count."""
    whole = [(example, extraction.events) for example, extraction in zip(examples, found, strict=True)]
    given = [(example, extraction.events) for example, extraction in zip(examples, of_given, strict=True)]
    triggers, arguments = _count(whole, _triggers), _count(whole, _arguments)
    scored = partial(scores, resamples=resamples)

    def by_type(counts: Sequence[dict[str, Counts]]) -> dict[str, Scores]:
        types = sorted({name for text in counts for name in text})
        return {name: scored([text.get(name, Counts()) for text in counts]) for name in types}

    return EventScores(
        scored([summed(text.values()) for text in triggers]),
        scored([summed(text.values()) for text in arguments]),
        scored([summed(text.values()) for text in _count(given, _arguments)]),
        by_type(triggers),
        by_type(arguments),
    )


_Items = frozenset[tuple[Any, ...]]
"""Each begins with the type of its event."""


def _count(
    texts: Sequence[tuple[Example, Sequence[Event]]], items: Callable[[Sequence[Event]], _Items]
) -> list[dict[str, Counts]]:
    counts = []
    for example, events in texts:
        theirs, ours = (
            {name: frozenset(item for item in found if item[0] == name) for name in example.annotated_types}
            for found in (items(example.events), items(events))
        )
        counts.append({name: Counts.of(ours[name], theirs[name]) for name in theirs if ours[name] or theirs[name]})
    return counts


def _triggers(events: Sequence[Event]) -> _Items:
    return frozenset((event.type, event.start, event.end) for event in events)


def _arguments(events: Sequence[Event]) -> _Items:
    return frozenset((event.type, a.role, a.start, a.end) for event in events for a in event.arguments)
