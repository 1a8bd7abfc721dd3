"""What the graph says to a question: the facts about a thing that it names, in the relation that it asks for.

A fact is evidence for an answer that says the same, and against another where the relation has one object only. Where
no passage was read so, the sentence that supports the fact answers. Which relation is asked for, the sentence encoder
says: the question against the labels and descriptions of the relations whose types fit. Linking questions to relations
by their meaning in place of word lists: Yih et al., ACL 2015 (https://aclanthology.org/P15-1128).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kgqa.extraction.schema import RelationType, Schema
from kgqa.generation.agreement import same_answer
from kgqa.generation.calibration import Features
from kgqa.generation.expected import expected
from kgqa.generation.names import Name
from kgqa.generation.reader import Reading
from kgqa.graph.algorithms import SINGLE
from kgqa.types import Chunk, Entity, Evidence, Passage, Triple

__all__ = ["Fact", "FactStore", "Facts", "no_facts", "weighed"]

SHARPNESS = 20.0
"""Of cosines in a softmax: what the encoder was trained with."""
MOST_TRIPLES = 100
"""Of one thing that a question names."""
MOST_FACTS = 5
"""That answer one question."""

Vectors = npt.NDArray[np.float32]


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
    embed: Callable[[Sequence[str]], Vectors]
    """Unit vectors `(texts, dimensions)`, near where texts mean the same."""
    relations: Mapping[str, RelationType] = field(default_factory=lambda: Schema.load().relations)
    _vectors: dict[str, Vectors] = field(default_factory=dict)
    """By relation, `(2, dimensions)`: its English and its Chinese words."""

    def of(self, question: str, names: Sequence[Name]) -> list[Fact]:
        """The facts about what the question names whose other end is of a type that it asks for, best first."""
        ids = frozenset().union(*(name.ids for name in names))
        found = {triple.id: triple for id in sorted(ids) for triple in self._about(id)}
        ends = list(dict.fromkeys(id for triple in found.values() for id in (triple.subject, triple.object)))
        entities = {entity.id: entity for entity in self.store.entities(ends)}
        wanted = expected(question).types
        facts = []
        for triple in found.values():
            subject, answer = (
                (triple.subject, triple.object) if triple.subject in ids else (triple.object, triple.subject)
            )
            if answer not in ids and entities.keys() >= {subject, answer}:
                facts.append((triple, entities[subject], entities[answer]))
        fitting = [fact for fact in facts if not wanted or fact[2].type in wanted]
        likely = self._asked(question, [(t.predicate, subject.type, answer.type) for t, subject, answer in fitting])
        beliefs = [(share * _true(t), t, answer) for share, (t, _, answer) in zip(likely, fitting, strict=True)]
        best = sorted(beliefs, key=lambda found: (-found[0], found[1].id))[:MOST_FACTS]
        return [fact for belief, triple, answer in best if (fact := self._fact(triple, answer, belief)) is not None]

    def _about(self, id: str) -> list[Triple]:
        subject = self.store.triples(subject=id, limit=MOST_TRIPLES)
        return [*subject, *self.store.triples(object=id, limit=MOST_TRIPLES)]

    def _asked(self, question: str, relations: Sequence[tuple[str, str, str]]) -> list[float]:
        """How likely the question asks for each relation, of those that may hold between things of these types."""
        rivals = [sorted({name, *self._between(one, other)}) for name, one, other in relations]
        if not rivals:
            return []
        if missing := sorted({name for names in rivals for name in names} - self._vectors.keys()):
            texts = [text for name in missing for text in self._words(name)]
            for name, vectors in zip(missing, self.embed(texts).reshape(len(missing), 2, -1), strict=True):
                self._vectors[name] = vectors
        vector = self.embed([question])[0]
        shares = []
        for (name, _, _), names in zip(relations, rivals, strict=True):
            odds = np.exp(SHARPNESS * np.asarray([(self._vectors[rival] @ vector).max() for rival in names]))
            shares.append(float(odds[names.index(name)] / odds.sum()))
        return shares

    def _between(self, one: str, other: str) -> list[str]:
        """The relations of the schema that may hold between things of two types, in either direction."""
        return [
            name
            for name, kind in self.relations.items()
            if (_fits(kind.head, one) and _fits(kind.tail, other))
            or (_fits(kind.head, other) and _fits(kind.tail, one))
        ]

    def _words(self, predicate: str) -> tuple[str, str]:
        """A relation in the words of each language; one that the schema lacks in those of its name."""
        known = self.relations.get(predicate)
        plain = predicate.replace("_", " ").lower()
        return (f"{known.labels['en']}: {known.description}", known.labels["zh"]) if known else (plain, plain)

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


def _fits(allowed: frozenset[str], type: str) -> bool:
    return not allowed or type in allowed


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
    features = Features(0.0, 1.0, 1.0, fact.belief, 0.0, 1 / (1 + passage), 1.0, 1.0, 0.0)
    return Reading(passage, fact.start, fact.end, text, 0.0, features, fact.belief)
