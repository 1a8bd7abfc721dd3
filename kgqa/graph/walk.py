"""Neighbourhoods and paths, edge by edge so that a hub costs no more than its limit. Every engine walks this way, so
all give the same answers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kgqa.types import Entity, Neighbour, Path, Triple

__all__ = ["Edge", "Edges", "neighbours", "path"]

MOST_VISITED = 200_000
"""A search for a path ends after as many entities; by then it has seen most of what can be reached."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A triple as seen from one of its ends."""

    origin: str
    triple: str
    other: str
    support: int
    confidence: float


class Edges(Protocol):
    """What a walk asks of an engine."""

    def best(self, ids: Sequence[str], limit: int) -> Iterable[Edge]:
        """The ``limit`` best supported edges of each entity in either direction, those of one entity in order."""
        ...

    def adjacent(self, ids: Sequence[str]) -> Iterable[tuple[str, str]]:
        """Pairs of one of the ids and an entity next to it, in order."""
        ...

    def entities(self, ids: Sequence[str]) -> list[Entity]:
        """Those of the ids that are there, in their order."""
        ...

    def triples(self, ids: Sequence[str]) -> list[Triple]:
        """Those of the ids that are there."""
        ...

    def between(self, a: str, b: str) -> Triple:
        """The best supported triple between two entities that are next to each other."""
        ...


def neighbours(edges: Edges, entity_id: str, hops: int, limit: int) -> list[Neighbour]:
    """See ``GraphReader.neighbours``; the entity is there."""
    distances: dict[str, int] = {}
    ways: dict[str, list[str]] = {}
    frontier = [entity_id]
    for distance in range(1, hops + 1):
        reached = _reached(edges, frontier, {entity_id, *distances}, limit)
        for neighbour in sorted(reached, key=lambda id: reached[id].order)[: max(0, limit - len(distances))]:
            distances[neighbour] = distance
            ways[neighbour] = reached[neighbour].triples
        frontier = [id for id, d in distances.items() if d == distance]
        if len(distances) >= limit or not frontier:
            break
    by_id = {triple.id: triple for triple in edges.triples(_all(ways))}
    return [
        Neighbour(node, distances[node.id], tuple(by_id[id] for id in ways[node.id] if id in by_id))
        for node in edges.entities(list(distances))
    ]


class _Reached:
    """How a neighbour was reached: its edges, best first, and its place among the others."""

    __slots__ = ("confidence", "id", "support", "triples")

    def __init__(self, id: str) -> None:
        self.id, self.support, self.confidence = id, 0, 0.0
        self.triples: list[str] = []

    @property
    def order(self) -> tuple[int, float, str]:
        return (-self.support, -self.confidence, self.id)


def _reached(edges: Edges, frontier: Sequence[str], known: set[str], limit: int) -> dict[str, _Reached]:
    """Entities one edge beyond the frontier; as many of the best edges of each are followed as can matter."""
    reached: dict[str, _Reached] = {}
    for edge in edges.best(frontier, 4 * (limit + len(known))):
        if edge.other in known:
            continue
        found = reached.setdefault(edge.other, _Reached(edge.other))
        if edge.triple not in found.triples:
            found.triples.append(edge.triple)
            found.support += edge.support
            found.confidence = max(found.confidence, edge.confidence)
    return reached


def _all(edges: Mapping[str, Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(id for found in edges.values() for id in found))


def path(edges: Edges, start: str, end: str, max_hops: int) -> Path | None:
    """See ``GraphReader.path``: a breadth-first search from both ends, the smaller side first. Both are there."""
    before: dict[str, str] = {start: ""}
    after: dict[str, str] = {end: ""}
    front, back = [start], [end]
    hops = 0
    while not (meeting := before.keys() & after.keys()):
        if hops == max_hops or not front or not back or len(before) + len(after) > MOST_VISITED:
            return None
        hops += 1
        if len(front) <= len(back):
            front = _step(edges, front, before)
        else:
            back = _step(edges, back, after)
    ids = _joined(before, after, min(meeting))
    return Path(tuple(edges.entities(ids)), tuple(edges.between(a, b) for a, b in itertools.pairwise(ids)))


def _step(edges: Edges, frontier: Sequence[str], previous: dict[str, str]) -> list[str]:
    """The entities next to the frontier that are new, with the one that each was reached from noted in ``previous``."""
    found = []
    for origin, other in edges.adjacent(frontier):
        if other not in previous:
            previous[other] = origin
            found.append(other)
    return found


def _joined(before: Mapping[str, str], after: Mapping[str, str], meeting: str) -> list[str]:
    ids = [meeting]
    while before[ids[0]]:
        ids.insert(0, before[ids[0]])
    while after[ids[-1]]:
        ids.append(after[ids[-1]])
    return ids
