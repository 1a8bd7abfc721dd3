"""More texts from few: annotated texts again with other names, so that context counts and not the name.

Products get names that nobody has heard of, made of syllables and a version, as those of programs and models are:
Orvane-3, Talix 2.1, KMR-7B. People, places and organisations get those of others (Dai and Adel, "An Analysis of Simple
Data Augmentation for Named Entity Recognition", https://aclanthology.org/2020.coling-main.343: mention replacement).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from random import Random
from typing import TypeVar

from kgqa.pipelines.training.extraction_names import NAMED, Names
from kgqa.types import Argument, Event, Example, Mention

__all__ = ["renamed", "with_new_products", "with_other_names"]

_BEGINNINGS = ("Or", "Tal", "Vel", "Kim", "Nov", "Lex", "Mar", "Zen", "Aqu", "Bel", "Syn", "Deep", "Open", "Hy", "Cog")
_ENDINGS = ("ix", "ara", "on", "LM", "Net", "ane", "BERT", "us", "Former", "ia", "GPT", "el", "Vision", "is", "Mind")
_VERSIONS = ("-2", "-3", " 2", " 3.5", "-V2", "-V3", "-7B", " 70B", "-4", " 1.5", " Pro", "-R1", "2", "3", "", "", "")
REPLACED = 0.7
"""Of the names of a text."""


def with_new_products(examples: Sequence[Example], rng: Random) -> list[Example]:
    """The examples that name a product, with an invented name for each."""
    made = []
    for example in examples:
        products = dict.fromkeys(m.text for m in example.mentions if m.type == "Product")
        if products:
            made.append(renamed(example, {("Product", name): _invented(rng) for name in products}))
    return made


def with_other_names(examples: Sequence[Example], names: Names, rng: Random) -> list[Example]:
    """The examples that name people, places or organisations, with other names of their type; those that stay as they
    are are left out."""
    made = []
    for example in examples:
        new: dict[tuple[str, str], str] = {}
        for kind, name in dict.fromkeys((m.type, m.text) for m in example.mentions if m.type in NAMED):
            other = names.like(name, kind, example.text, rng) if rng.random() < REPLACED else None
            if other is not None:
                new[kind, name] = other
        changed = renamed(example, new)
        if changed.text != example.text:
            made.append(changed)
    return made


def renamed(example: Example, names: Mapping[tuple[str, str], str]) -> Example:
    """The example with new names, by type and old name; all offsets follow.

    A text where another annotation begins or ends within such a name stays as it is.
    """
    new = {(m.start, m.end): names[m.type, m.text] for m in example.mentions if (m.type, m.text) in names}
    places = sorted(new)
    spans = {(m.start, m.end) for m in chain(example.mentions, example.relations, *_event_spans(example))}
    if any(s < end and start < e and not (s <= start and end <= e) for s, e in spans for start, end in places):
        return example
    pieces, at, ends, shifts = list[str](), 0, [0], [0]
    for start, end in places:
        pieces += [example.text[at:start], new[start, end]]
        ends.append(end)
        shifts.append(shifts[-1] + len(new[start, end]) - (end - start))
        at = end
    text = "".join([*pieces, example.text[at:]])

    def place(old: int) -> int:
        return old + shifts[bisect_right(ends, old) - 1]

    def moved(span: _Spanned) -> _Spanned:
        start, end = place(span.start), place(span.end)
        return replace(span, start=start, end=end, text=text[start:end])

    relations = (replace(r, start=place(r.start), end=place(r.end)) for r in example.relations)
    events = (replace(moved(e), arguments=tuple(moved(argument) for argument in e.arguments)) for e in example.events)
    mentions = tuple(moved(mention) for mention in example.mentions)
    return replace(example, text=text, mentions=mentions, relations=tuple(relations), events=tuple(events))


_Spanned = TypeVar("_Spanned", Mention, Event, Argument)


def _event_spans(example: Example) -> list[tuple[Event | Argument, ...]]:
    return [(event, *event.arguments) for event in example.events]


def _invented(rng: Random) -> str:
    if rng.random() < 0.25:
        return "".join(rng.sample("ABCDEGKLMNPRSTVX", rng.randint(3, 4))) + rng.choice(_VERSIONS)
    return rng.choice(_BEGINNINGS) + rng.choice(_ENDINGS) + rng.choice(_VERSIONS)
