"""Questions in several steps: a description in the question is answered first, and its answer takes its place.

"From which university did the doctoral supervisor of Ada Lee graduate?" asks who that is, and then from which
university Grace Kim graduated. What every step says is quoted. Two steps out of one question: Min et al., ACL 2019
(https://arxiv.org/abs/1906.02916); here the steps are chosen by how surely they are answered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgqa.generation.agreement import same_answer
from kgqa.generation.compose import PRONOUNS, Quote, Statement, quote_around
from kgqa.generation.descriptions import Description
from kgqa.generation.inquiry import Found, Inquiry
from kgqa.generation.reader import Reading
from kgqa.text import normalise_name
from kgqa.types import Entity, Passage

__all__ = ["Chain", "follow"]

STEPS = 3
"""Descriptions that are answered, one in the other, before the question itself."""
PASSAGES = 4
"""Passages that are read for a description."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A question whose descriptions were answered."""

    found: Found
    """What was read for the question with names in the place of its descriptions."""
    quotes: tuple[Quote, ...]
    """What told these names, in the order of the reasoning."""
    confidence: float
    """Of the least sure of these names."""

    @property
    def best(self) -> float:
        """The confidence of its surest answer."""
        return min(self.confidence, self.found.confidence)

    def statement(self, reading: Reading) -> Statement:
        """An answer to the question, with the quotes of every step."""
        quote = quote_around(self.found.passages[reading.passage], reading.start, reading.end)
        quotes = {(quote.passage.chunk.id, quote.start, quote.end): quote for quote in [*self.quotes, quote]}
        return Statement(reading.text, tuple(quotes.values()), min(self.confidence, reading.confidence))


@dataclass(frozen=True, slots=True)
class _Bridge:
    """What a description stands for."""

    description: Description
    name: str
    quote: Quote
    confidence: float


def follow(first: Found, inquiry: Inquiry, least: float) -> Chain | None:
    """The question of `first` with its descriptions answered one in the other, until an answer is as sure as `least`,
    and what is read for it then; the surest of the steps. None where no description is answered half as surely.
    """
    found, quotes, confidence, chains = first, [], 1.0, []
    for _ in range(STEPS):
        bridge = _bridge(found, inquiry, least)
        if bridge is None or bridge.confidence < least / 2:
            break
        place, question = bridge.description, found.question
        found = inquiry.ask(f"{question[: place.start]}{bridge.name}{question[place.end :]}")
        quotes.append(bridge.quote)
        confidence = min(confidence, bridge.confidence)
        chains.append(Chain(found, tuple(quotes), confidence))
        if chains[-1].best >= least:
            break
    return max(chains, key=lambda chain: chain.best, default=None)


def _bridge(found: Found, inquiry: Inquiry, least: float) -> _Bridge | None:
    """The first answer to a description that is as sure as `least`, else the surest."""
    best: _Bridge | None = None
    for bridge in _bridges(found, inquiry):
        if best is None or bridge.confidence > best.confidence:
            best = bridge
        if best.confidence >= least:
            break
    return best


def _bridges(found: Found, inquiry: Inquiry) -> Iterator[_Bridge]:
    """The best answer to each description of the question."""
    for description in found.described:
        part = inquiry.ask(description.asked, PASSAGES)
        for reading in part.readings:
            passage = part.passages[reading.passage]
            name = _name(reading, passage, inquiry)
            if name and not _is_said(name, found.question) and not _answers(found, name):
                quote = quote_around(passage, reading.start, reading.end)
                yield _Bridge(description, name, quote, reading.confidence)
                break


def _name(reading: Reading, passage: Passage, inquiry: Inquiry) -> str:
    """The entity that an answer names, the longest if it names several; empty where it names none."""
    named = (name for entity in inquiry.store.entities(passage.entities) for name in _names(entity, reading.text))
    return max(named, key=len, default="")


def _names(entity: Entity, text: str) -> Sequence[str]:
    return [name for name in (entity.name, *entity.aliases) if name in text and normalise_name(name) not in PRONOUNS]


def _answers(found: Found, name: str) -> bool:
    """Whether the question itself is answered so: then it asks what the description stands for."""
    return bool(found.readings) and same_answer(found.readings[0].text, name)


def _is_said(name: str, question: str) -> bool:
    return normalise_name(name) in normalise_name(question)
