"""What the graph says to a question: the facts about a thing that it names, in the relation that it asks for.

A fact is evidence for an answer that says the same, and against another where the relation has one object only. Where
no passage was read so, the sentence that supports the fact answers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from kgqa.generation.agreement import same_answer
from kgqa.generation.calibration import Features
from kgqa.generation.expected import expected, schema_types
from kgqa.generation.names import Name
from kgqa.generation.reader import Reading
from kgqa.generation.relations import AskedRelation, RelationLinker
from kgqa.graph.algorithms import SINGLE
from kgqa.types import Chunk, Entity, Evidence, Passage, Triple

__all__ = ["Fact", "FactStore", "Facts", "no_facts", "weighed"]

MOST_TRIPLES = 100
"""Of one thing that a question names."""
MOST_FACTS = 5
"""That answer one question."""


class FactStore(Protocol):
    """What facts are found in (see `kgqa.graph.GraphStore`)."""

    def entities(self, ids: Sequence[str] | None = None, /) -> Iterable[Entity]:
        """Those of the ids that are there, in their order."""
        ...

    def triples(
        self, *, subject: str | None = None, object: str | None = None, limit: int | None = 100
    ) -> Sequence[Triple]:
        """Those that match everything given, best supported first."""
        ...

    def evidence(self, target_id: str, limit: int = 100) -> Sequence[Evidence]:
        """The spans that support a triple, the surest first."""
        ...

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """Those of the ids that are there, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Fact:
    """A triple that may answer a question."""

    triple: Triple
    answer: Entity
    """The end of the triple that the question does not name."""
    belief: float
    """That it is true and in the relation that is asked for, 0 to 1."""
    passage: Passage
    """The chunk of its surest evidence."""
    start: int
    end: int
    """Of the answer's name in the evidence, in the document's characters."""

    def says(self, text: str) -> bool:
        """Whether an answer agrees with it."""
        return any(same_answer(name, text) for name in (self.answer.name, *self.answer.aliases))


@dataclass(frozen=True)
class Facts:
    """Finds the facts of a graph that answer a question."""

    store: FactStore
    linker: RelationLinker

    def of(self, question: str, names: Sequence[Name]) -> list[Fact]:
        """The facts about what the question names whose other end is of a type that it asks for, best first."""
        ids = frozenset().union(*(name.ids for name in names))
        found = {triple.id: triple for id in sorted(ids) for triple in self._about(id)}
        ends = list(dict.fromkeys(id for triple in found.values() for id in (triple.subject, triple.object)))
        entities = {entity.id: entity for entity in self.store.entities(ends)}
        wanted = expected(question).types
        facts = []
        for triple in found.values():
            forward = triple.subject in ids
            named, answer = (triple.subject, triple.object) if forward else (triple.object, triple.subject)
            if answer not in ids and entities.keys() >= {named, answer}:
                asked = AskedRelation(triple.predicate, "object" if forward else "subject")
                facts.append((triple, (asked, entities[named].type, entities[answer].type), entities[answer]))
        fitting = [fact for fact in facts if not wanted or fact[2].type in wanted or fact[2].type not in schema_types()]
        likely = self.linker.likely(question, names, [asked for _, asked, _ in fitting])
        beliefs = [(share * _true(t), t, answer) for share, (t, _, answer) in zip(likely, fitting, strict=True)]
        best = sorted(beliefs, key=lambda found: (-found[0], found[1].id))[:MOST_FACTS]
        return [fact for belief, triple, answer in best if (fact := self._fact(triple, answer, belief)) is not None]

    def _about(self, id: str) -> list[Triple]:
        subject = self.store.triples(subject=id, limit=MOST_TRIPLES)
        return [*subject, *self.store.triples(object=id, limit=MOST_TRIPLES)]

    def _fact(self, triple: Triple, answer: Entity, belief: float) -> Fact | None:
        """None where the text that supports it does not name the answer."""
        for evidence in self.store.evidence(triple.id, 3):
            for name in sorted((answer.name, *answer.aliases), key=len, reverse=True):
                at = evidence.quote.find(name)
                chunks = self.store.chunks([evidence.chunk_id]) if at >= 0 else []
                if chunks:
                    start = evidence.start + at
                    passage = Passage(chunks[0], 0.0, {"triple": triple.confidence}, (answer.id,), (triple.id,))
                    return Fact(triple, answer, belief, passage, start, start + len(name))
        return None


def _true(triple: Triple) -> float:
    """The probability that one of its evidences is right."""
    return 1 - (1 - triple.confidence) ** max(1, triple.support)


def no_facts(question: str, names: Sequence[Name]) -> Sequence[Fact]:
    """None: for passages without a graph."""
    return ()


def weighed(
    readings: Sequence[Reading], passages: Sequence[Passage], facts: Sequence[Fact]
) -> tuple[list[Reading], list[Passage]]:
    """The readings, surer where a fact says the same and less sure where one that takes a single object says another;
    with the facts themselves that nobody read so. Most confident first, with the passages that they point into.
    """
    places, numbers = list(passages), {passage.chunk.id: number for number, passage in enumerate(passages)}
    found = [replace(reading, confidence=_weighed(reading, facts)) for reading in readings]
    for fact in facts:
        if not any(fact.says(reading.text) for reading in found):
            if fact.passage.chunk.id not in numbers:
                numbers[fact.passage.chunk.id] = len(places)
                places.append(fact.passage)
            found.append(_read(fact, numbers[fact.passage.chunk.id]))
    return sorted(found, key=lambda reading: -reading.confidence), places


def _weighed(reading: Reading, facts: Sequence[Fact]) -> float:
    agreeing = max((fact.belief for fact in facts if fact.says(reading.text)), default=0.0)
    against = [fact.belief for fact in facts if fact.triple.predicate in SINGLE and not fact.says(reading.text)]
    if agreeing:
        return 1 - (1 - reading.confidence) * (1 - agreeing)
    return reading.confidence * (1 - max(against, default=0.0))


def _read(fact: Fact, passage: int) -> Reading:
    chunk = fact.passage.chunk
    text = chunk.text[fact.start - chunk.start : fact.end - chunk.start]
    features = Features(0.0, 1.0, 1.0, fact.belief, 0.0, 1 / (1 + passage), 1.0, 1.0)
    return Reading(passage, fact.start, fact.end, text, 0.0, features, fact.belief)
