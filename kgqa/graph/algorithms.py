"""Ranks, communities, paths and contradictions, over any store, on a view of all its triples.

The view is read once for a generation of the store; ranks are computed on a sparse matrix (scipy).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kgqa.graph.identity import normalised
from kgqa.types import Triple

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["SINGLE", "View", "communities", "contradictions", "pagerank", "shortest_paths", "view"]

DAMPING = 0.85
ITERATIONS = 100
TOLERANCE = 1e-8
SINGLE = frozenset({"BORN_IN", "BORN_ON", "DIED_IN", "DIED_ON", "FOUNDED_ON"})
"""Predicates of the schema that hold of a thing with one object only."""


@dataclass(frozen=True, slots=True)
class View:
    """All triples as numbers."""

    ids: tuple[str, ...]
    """Of the entities that take part in a triple."""
    places: Mapping[str, int]
    links: sparse.csr_matrix
    """``(entities, entities)``, both directions, weighted by support."""


def view(triples: Iterable[Triple]) -> View:
    """The view of these triples."""
    from scipy import sparse  # a quarter of a second that a command without algorithms does not wait for

    edges = [(t.subject, t.object, t.support) for t in triples]
    ids = tuple(sorted({end for a, b, _ in edges for end in (a, b)}))
    places = {id: place for place, id in enumerate(ids)}
    rows = np.fromiter((places[a] for a, _, _ in edges), np.int64, len(edges))
    columns = np.fromiter((places[b] for _, b, _ in edges), np.int64, len(edges))
    weights = np.fromiter((support for *_, support in edges), np.float64, len(edges))
    one_way = sparse.coo_matrix((weights, (rows, columns)), (len(ids), len(ids))).tocsr()
    return View(ids, places, (one_way + one_way.T).tocsr())


def pagerank(graph: View, seeds: Mapping[str, float] | None = None, damping: float = DAMPING) -> dict[str, float]:
    """The rank of each entity, summing to 1; with ``seeds`` (weights by id) personalised to them.

    Page et al., 1998, http://ilpubs.stanford.edu:8090/422/, on the undirected graph.
    """
    count = len(graph.ids)
    start = np.ones(count) if seeds is None else np.zeros(count)
    for id, weight in (seeds or {}).items():
        if id in graph.places:
            start[graph.places[id]] = weight
    if not count or start.sum() <= 0:
        return {}
    start /= start.sum()
    ranks = _ranks(graph.links, start, damping)
    return dict(zip(graph.ids, ranks.tolist(), strict=True))


def _ranks(links: sparse.csr_matrix, start: npt.NDArray[np.float64], damping: float) -> npt.NDArray[np.float64]:
    degrees = np.asarray(links.sum(axis=1)).ravel()  # none is 0: every entity here has an edge
    ranks = start
    for _ in range(ITERATIONS):  # both directions are in the matrix: it is its own transpose
        after: npt.NDArray[np.float64] = damping * (links @ (ranks / degrees)) + (1 - damping) * start
        if np.abs(after - ranks).sum() < TOLERANCE:
            return after
        ranks = after
    return ranks


def communities(graph: View) -> list[list[str]]:
    """Groups of entity ids that hang together, the largest first (Louvain, https://arxiv.org/abs/0803.0476)."""
    import networkx

    plain = networkx.from_scipy_sparse_array(graph.links)
    found = networkx.community.louvain_communities(plain, weight="weight", seed=0)
    groups = [sorted(graph.ids[place] for place in members) for members in found]
    return sorted(groups, key=lambda group: (-len(group), group))


def shortest_paths(graph: View, start: str, end: str, count: int, max_hops: int) -> list[tuple[str, ...]]:
    """At most ``count`` loopless paths of entity ids, the shortest first (Yen, 1971, over breadth-first search)."""
    if start not in graph.places or end not in graph.places:
        return []
    first = _path(graph, start, end, frozenset(), frozenset())
    found: list[tuple[str, ...]] = []
    waiting = [(len(first), first)] if first else []
    seen = {first}
    while waiting and len(found) < count:
        _, path = heapq.heappop(waiting)
        if len(path) - 1 > max_hops:
            break
        found.append(path)
        for turn in range(len(path) - 1):
            root = path[: turn + 1]
            used = frozenset((p[turn], p[turn + 1]) for p in found if p[: turn + 1] == root and len(p) > turn + 1)
            spur = _path(graph, root[-1], end, frozenset(root[:-1]), used)
            whole = (*root[:-1], *spur)
            if spur and whole not in seen:
                seen.add(whole)
                heapq.heappush(waiting, (len(whole), whole))
    return found


def _path(
    graph: View, start: str, end: str, banned: frozenset[str], used: frozenset[tuple[str, str]]
) -> tuple[str, ...]:
    """A shortest path that enters no banned entity and takes no used edge; empty if there is none."""
    if start == end:
        return (start,)
    previous = {start: ""}
    frontier = [start]
    while frontier and end not in previous:
        reached = []
        for id in frontier:
            for other in _around(graph, id):
                if other not in previous and other not in banned and (id, other) not in used:
                    previous[other] = id
                    reached.append(other)
        frontier = reached
    if end not in previous:
        return ()
    path = [end]
    while previous[path[-1]]:
        path.append(previous[path[-1]])
    return tuple(reversed(path))


def _around(graph: View, id: str) -> list[str]:
    place = graph.places[id]
    found = graph.links.indices[graph.links.indptr[place] : graph.links.indptr[place + 1]]
    return [graph.ids[other] for other in sorted(found.tolist())]


def contradictions(triples: Iterable[Triple], single: Iterable[str] = SINGLE) -> list[tuple[Triple, ...]]:
    """Triples that cannot all hold: one subject, one predicate that takes one object, several objects.

    An object whose name is a part of another's, as 1879 is of 14 March 1879, contradicts nothing.
    """
    wanted = frozenset(single)
    groups: defaultdict[tuple[str, str], list[Triple]] = defaultdict(list)
    for triple in triples:
        if triple.predicate in wanted:
            groups[triple.subject, triple.predicate].append(triple)
    several = [found for found in map(_distinct, groups.values()) if len(found) > 1]
    return sorted((tuple(found) for found in several), key=lambda found: (-len(found), found[0].id))


def _distinct(triples: Sequence[Triple]) -> list[Triple]:
    words = [frozenset(normalised(triple.object_name).split()) for triple in triples]
    return [triple for triple, own in zip(triples, words, strict=True) if not any(own < other for other in words)]
