"""What the facts of two entities say about their being one, beside their names.

For it: neighbours in common, the more the rarer they are and if the relation is the same one; most of all one object of
a predicate that takes one object only, such as a date of birth. Against it: two different ones, or a fact between the
two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kgqa.graph.algorithms import SINGLE, contradictions
from kgqa.graph.store import GraphReader
from kgqa.types import Triple

__all__ = ["Context", "read_contexts", "weighed"]

MOST_FACTS = 50
"""Of an entity that are looked at in each direction, the best supported first."""
NEIGHBOURS = 0.3
"""How far neighbours in common close the gap to certainty."""
SAME_RELATION = 0.5
"""How far they do if the relations are the same."""
IDENTIFYING = 0.8
"""How far one date of birth does."""
AGAINST = 0.25
"""What is left of a score if the two have different ones."""


@dataclass(frozen=True, slots=True)
class Context:
    """An entity's facts as seen from it."""

    id: str
    facts: Mapping[tuple[str, bool], Mapping[str, Triple]]
    """Predicate, and whether the entity is the subject → the other end → the triple."""

    @property
    def neighbours(self) -> set[str]:
        """Ids of the other ends."""
        return {other for ends in self.facts.values() for other in ends}


def read_contexts(store: GraphReader, ids: Sequence[str]) -> list[Context]:
    """The contexts of entities."""
    found = []
    for id in ids:
        facts: dict[tuple[str, bool], dict[str, Triple]] = {}
        for triple in store.triples(subject=id, limit=MOST_FACTS):
            facts.setdefault((triple.predicate, True), {})[triple.object] = triple
        for triple in store.triples(object=id, limit=MOST_FACTS):
            facts.setdefault((triple.predicate, False), {})[triple.subject] = triple
        found.append(Context(id, facts))
    return found


def weighed(score: float, a: Context, b: Context, degrees: Mapping[str, int]) -> float:
    """The chance that two are one, by the ``score`` of their names and by their facts, 0 to 1.

    ``degrees`` are those of the neighbours: one that very many share says little (inverse document frequency).
    """
    if b.id in a.neighbours or a.id in b.neighbours:
        return 0.0
    if any(_conflict(a, b, predicate) for predicate in SINGLE):
        return score * AGAINST
    if any(_ends(a, (predicate, True)) & _ends(b, (predicate, True)) for predicate in SINGLE):
        return score + (1 - score) * IDENTIFYING
    fewest = min((a, b), key=lambda context: (len(context.neighbours), context.id)).neighbours
    whole = sum(_rarity(id, degrees) for id in fewest)
    if not whole:
        return score
    alike = {id for way in a.facts.keys() & b.facts.keys() for id in _ends(a, way) & _ends(b, way)}
    share = sum(
        _rarity(id, degrees) * (SAME_RELATION if id in alike else NEIGHBOURS) for id in a.neighbours & b.neighbours
    )
    return score + (1 - score) * min(SAME_RELATION, share / whole)


def _ends(context: Context, way: tuple[str, bool]) -> set[str]:
    return set(context.facts.get(way, ()))


def _conflict(a: Context, b: Context, predicate: str) -> bool:
    """Whether the two have objects that cannot be of one thing; 1879 and 14 March 1879 can."""
    ones, others = (context.facts.get((predicate, True), {}) for context in (a, b))
    if not ones or not others or ones.keys() & others.keys():
        return False
    as_one = [replace(triple, subject=a.id) for triple in (*ones.values(), *others.values())]
    return bool(contradictions(as_one, {predicate: 1}))


def _rarity(id: str, degrees: Mapping[str, int]) -> float:
    return 1 / math.log2(1 + max(1, degrees.get(id, 1)))
