"""Neighbourhoods and paths in the embedded store, read edge by edge so that a hub costs no more than its limit."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from kgqa.graph.changes import WANTED, id_list
from kgqa.graph.graph_rows import entities, entity, triples
from kgqa.types import Neighbour, Path

__all__ = ["neighbours", "path"]

MOST_VISITED = 200_000
"""A search for a path ends after as many entities; by then it has seen most of what can be reached."""

_EDGES = (
    "SELECT id, object, support, confidence FROM triples WHERE subject = :id "
    "UNION ALL SELECT id, subject, support, confidence FROM triples WHERE object = :id "
    "ORDER BY support DESC, confidence DESC, id DESC LIMIT :limit"
)


def neighbours(connection: sqlite3.Connection, entity_id: str, hops: int, limit: int) -> list[Neighbour]:
    """See ``GraphReader.neighbours``."""
    entity(connection, entity_id)
    distances: dict[str, int] = {}
    edges: dict[str, list[str]] = {}
    frontier = [entity_id]
    for distance in range(1, hops + 1):
        reached = _reached(connection, frontier, {entity_id, *distances}, limit)
        for neighbour in sorted(reached, key=lambda id: reached[id].order)[: max(0, limit - len(distances))]:
            distances[neighbour] = distance
            edges[neighbour] = reached[neighbour].triples
        frontier = [id for id, d in distances.items() if d == distance]
        if len(distances) >= limit or not frontier:
            break
    by_id = {triple.id: triple for triple in triples(connection, None, None, None, _all(edges), None)}
    return [
        Neighbour(node, distances[node.id], tuple(by_id[id] for id in edges[node.id]))
        for node in entities(connection, list(distances))
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


def _reached(
    connection: sqlite3.Connection, frontier: Sequence[str], known: set[str], limit: int
) -> dict[str, _Reached]:
    """Entities one edge beyond the frontier; as many of the best edges of each are followed as can matter."""
    reached: dict[str, _Reached] = {}
    for id in frontier:
        rows = connection.execute(_EDGES, {"id": id, "limit": 4 * (limit + len(known))})
        for triple, other, support, confidence in rows:
            if other in known:
                continue
            found = reached.setdefault(other, _Reached(other))
            if triple not in found.triples:
                found.triples.append(triple)
                found.support += support
                found.confidence = max(found.confidence, confidence)
    return reached


def _all(edges: Mapping[str, Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(id for found in edges.values() for id in found))


def path(connection: sqlite3.Connection, start: str, end: str, max_hops: int) -> Path | None:
    """See ``GraphReader.path``: a breadth-first search from both ends, the smaller side first."""
    entity(connection, start), entity(connection, end)
    before: dict[str, str] = {start: ""}
    after: dict[str, str] = {end: ""}
    front, back = [start], [end]
    hops = 0
    while not (meeting := before.keys() & after.keys()):
        if hops == max_hops or not front or not back or len(before) + len(after) > MOST_VISITED:
            return None
        hops += 1
        if len(front) <= len(back):
            front = _step(connection, front, before)
        else:
            back = _step(connection, back, after)
    return _path(connection, _joined(before, after, min(meeting)))


def _step(connection: sqlite3.Connection, frontier: Sequence[str], previous: dict[str, str]) -> list[str]:
    """The entities next to the frontier that are new, with the one that each was reached from noted in ``previous``."""
    query = (
        f"SELECT wanted, object FROM {WANTED} JOIN triples ON subject = wanted "
        f"UNION SELECT wanted, subject FROM {WANTED} JOIN triples ON object = wanted ORDER BY 1, 2"
    )
    found = []
    for origin, other in connection.execute(query, {"ids": id_list(frontier)}):
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


def _path(connection: sqlite3.Connection, ids: Sequence[str]) -> Path:
    steps = []
    for a, b in itertools.pairwise(ids):
        there = triples(connection, a, None, b, None, 1) + triples(connection, b, None, a, None, 1)
        steps.append(max(there, key=lambda triple: (triple.support, triple.confidence, triple.id)))
    return Path(tuple(entities(connection, ids)), tuple(steps))
