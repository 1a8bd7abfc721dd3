"""A second step for a question that one passage does not answer:
through an entity that leads from one passage to the next.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from kgqa.generation.compose import Quote, Statement, quote_around
from kgqa.generation.expected import kinds_of
from kgqa.generation.reader import Reader, Reading
from kgqa.index.tokens import question_terms, terms
from kgqa.text import sentences
from kgqa.types import Entity, Passage

__all__ = ["Bridge", "bridges", "second_hop"]

BRIDGES = 3
FIRST_PASSAGES = 3
PASSAGES_PER_BRIDGE = 3


@dataclass(frozen=True, slots=True)
class Bridge:
    """An entity that a sentence close to the question names and the question does not."""

    name: str
    quote: Quote


def bridges(
    question: str, passages: Sequence[Passage], entities: Callable[[Sequence[str]], Iterable[Entity]]
) -> list[Bridge]:
    """The entities named in the sentences of the first passages that share most with the question, best first."""
    asked = set(question_terms(question))
    scored: list[tuple[float, Bridge]] = []
    for passage in passages[:FIRST_PASSAGES]:
        names = [name for entity in entities(passage.entities) for name in (entity.name, *entity.aliases)]
        for span in sentences(passage.chunk.text, passage.chunk.language):
            sentence = passage.chunk.text[span.start : span.end]
            shared = len(asked & set(terms(f"{passage.chunk.title} {sentence}"))) / max(1, len(asked))
            quote = quote_around(passage, passage.chunk.start + span.start, passage.chunk.start + span.end)
            scored += [
                (shared, Bridge(name, quote)) for name in names if name in sentence and not _named(name, question)
            ]
    best: dict[str, Bridge] = {}
    for shared, bridge in sorted(scored, key=lambda pair: -pair[0]):
        if shared > 0:
            best.setdefault(bridge.name, bridge)
    return list(best.values())[:BRIDGES]


def second_hop(
    question: str,
    found: Sequence[Bridge],
    passages: Sequence[Passage],
    *,
    names: Sequence[str],
    reader: Reader,
    retrieve: Callable[[str], Sequence[Passage]],
    entities: Callable[[Sequence[str]], Iterable[Entity]],
) -> tuple[Statement | None, list[Passage]]:
    """The best answer that stands in a passage about a bridge, and all passages that were read for it.

    The passage is read together with the sentence that leads to it, so the statement quotes both. Its confidence counts
    the question as covered by both.
    """
    pairs = [(bridge, passage) for bridge in found for passage in _about(question, bridge, passages, retrieve)]
    if not pairs:
        return None, []
    about = kinds_of(entities([id for _, passage in pairs for id in passage.entities]))
    readings = reader.read(question, [_led_to(passage, bridge) for bridge, passage in pairs], names, about)
    reading = next((reading for reading in readings if not _named(reading.text, question)), None)
    read = [passage for _, passage in pairs]
    return (_statement(reading, *pairs[reading.passage]) if reading else None), read


def _about(
    question: str, bridge: Bridge, passages: Sequence[Passage], retrieve: Callable[[str], Sequence[Passage]]
) -> list[Passage]:
    """Passages other than the bridge's own that name it: first those at hand, then those that a second search finds."""
    known = {bridge.quote.passage.chunk.id}
    about = []
    for passage in [*retrieve(f"{question} {bridge.name}"), *passages]:
        chunk = passage.chunk
        if chunk.id not in known and (bridge.name in chunk.text or bridge.name in chunk.title):
            known.add(chunk.id)
            about.append(passage)
    return about[:PASSAGES_PER_BRIDGE]


def _led_to(passage: Passage, bridge: Bridge) -> Passage:
    return replace(passage, chunk=replace(passage.chunk, heading=f"{passage.chunk.heading} {bridge.quote.text}"))


def _statement(reading: Reading, bridge: Bridge, passage: Passage) -> Statement:
    return Statement(
        reading.text, (bridge.quote, quote_around(passage, reading.start, reading.end)), reading.confidence
    )


def _named(name: str, question: str) -> bool:
    return name.casefold() in question.casefold()
