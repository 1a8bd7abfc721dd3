"""Pairs of entities that may be one thing. Nothing is merged here: a person decides, or not.

Only pairs that share a rare part of a name are looked at (blocking), never all. A pair's score is how alike the names
are, raised by neighbours in common, and 0 where the types cannot be of one thing.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Any

from kgqa.graph.context import read_contexts, weighed
from kgqa.graph.identity import coarse_type
from kgqa.graph.likeness import names_alike, plain
from kgqa.graph.store import GraphReader
from kgqa.text import VALUE_TYPES, is_cjk
from kgqa.types import Entity, to_dict

__all__ = ["SAME", "Candidate", "alike", "candidates"]

SAME = 0.5
"""Likeness from which on two are proposed as one."""
LARGEST_BLOCK = 50
"""A part of names that more entities share says nothing."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two entities that may be one; the first is the more often mentioned."""

    keep: Entity
    other: Entity
    score: float
    """0 to 1."""
    shared: tuple[str, ...]
    """Names of neighbours that both have."""

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types."""
        return {"keep": to_dict(self.keep), "other": to_dict(self.other), "score": self.score, "shared": [*self.shared]}


def candidates(store: GraphReader, apart: Set[frozenset[str]], *, limit: int, least: float) -> list[Candidate]:
    """The likeliest pairs that score at least ``least``, without those in ``apart``."""
    known = {entity.id: entity for entity in store.entities() if entity.type not in VALUE_TYPES}
    scored = []
    for a, b in _pairs(known.values()):
        score = alike(known[a], known[b])
        if score >= least / 2 and frozenset((a, b)) not in apart:
            scored.append((score, a, b))
    scored.sort(reverse=True)
    found = [_candidate(store, known[a], known[b], score) for score, a, b in scored[: 4 * limit]]
    found = [candidate for candidate in found if candidate.score >= least]
    return sorted(found, key=lambda c: (-c.score, -c.keep.mentions, c.keep.id, c.other.id))[:limit]


def _pairs(entities: Iterable[Entity]) -> Iterator[tuple[str, str]]:
    blocks: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for entity in entities:
        for part in sorted(_parts(entity)):
            blocks[coarse_type(entity.type), part].append(entity.id)
    seen: set[tuple[str, str]] = set()
    for members in blocks.values():
        if len(members) <= LARGEST_BLOCK:
            for pair in itertools.combinations(sorted(members), 2):
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def _parts(entity: Entity) -> set[str]:
    """Words, initials and beginnings of words; of Chinese names two neighbouring characters."""
    parts: set[str] = set()
    for name in (entity.name, *entity.aliases):
        words = plain(name).split()
        for word in words:
            if any(is_cjk(character) for character in word):
                parts |= {word[i : i + 2] for i in range(len(word) - 1)}
            elif len(word) > 1:
                parts |= {word, word[:4]}
        if len(words) > 2:
            parts.add("".join(word[0] for word in words))
    return parts


def alike(a: Entity, b: Entity) -> float:
    """How alike two entities are by their types and names alone, 0 to 1."""
    if coarse_type(a.type) != coarse_type(b.type):
        return 0.0
    return max(names_alike(x, y) for x in (a.name, *a.aliases) for y in (b.name, *b.aliases))


def _candidate(store: GraphReader, a: Entity, b: Entity, score: float) -> Candidate:
    keep, other = sorted((a, b), key=lambda entity: (-entity.mentions, entity.id))
    one, two = read_contexts(store, [keep.id, other.id])
    around = {entity.id: entity for entity in store.entities(sorted(one.neighbours | two.neighbours))}
    sure = weighed(score, one, two, {id: entity.degree for id, entity in around.items()})
    shared = sorted(around[id].name for id in one.neighbours & two.neighbours if id in around)
    return Candidate(keep, other, round(sure, 3), tuple(shared))
