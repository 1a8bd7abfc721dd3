"""Ranks, communities, paths and contradictions, over any store, on a view of all its triples.

The view is read once for a generation of the store; ranks are computed on a sparse matrix (scipy).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from kgqa.graph.identity import normalised
from kgqa.graph.periods import OPEN_END
from kgqa.types import Triple

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["SINGLE", "View", "Weight", "best_paths", "communities", "contradictions", "pagerank", "view"]

DAMPING = 0.85
ITERATIONS = 100
TOLERANCE = 1e-8
LEAST = 1e-9
"""A confidence of 0 counts as so much on a path."""
SINGLE = frozenset({"BORN_IN", "BORN_ON", "DIED_IN", "DIED_ON", "FOUNDED_ON"})
"""Predicates of the schema that hold of a thing with one object only."""

Weight = Literal["support", "confidence"]
"""What makes a step of a path cheap; without one all cost the same."""


@dataclass(frozen=True, slots=True)
class View:
    """All triples as numbers."""

    ids: tuple[str, ...]
    """Of the entities that take part in a triple."""
    places: Mapping[str, int]
    links: sparse.csr_matrix
    """``(entities, entities)``, both directions, weighted by support."""
    sure: sparse.csr_matrix
    """The same places: the best confidence of a triple between the two, as ``1 + confidence`` so that none is 0."""


def view(triples: Iterable[Triple]) -> View:
    """The view of these triples."""
    from scipy import sparse  # a quarter of a second that a command without algorithms does not wait for

    edges = [(t.subject, t.object, t.support, t.confidence) for t in triples]
    ids = tuple(sorted({end for a, b, *_ in edges for end in (a, b)}))
    places = {id: place for place, id in enumerate(ids)}
    rows = np.fromiter((places[a] for a, *_ in edges), np.int64, len(edges))
    columns = np.fromiter((places[b] for _, b, *_ in edges), np.int64, len(edges))
    weights = np.fromiter((support for *_, support, _ in edges), np.float64, len(edges))
    sure = np.fromiter((1 + confidence for *_, confidence in edges), np.float64, len(edges))
    shape = (len(ids), len(ids))
    one_way = sparse.coo_matrix((weights, (rows, columns)), shape).tocsr()
    return View(ids, places, (one_way + one_way.T).tocsr(), _best(rows, columns, sure, shape))


def _best(
    rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], values: npt.NDArray[np.float64], shape: tuple[int, int]
) -> sparse.csr_matrix:
    """The largest of the values between two, both directions."""
    from scipy import sparse

    both = np.concatenate((rows, columns)), np.concatenate((columns, rows))
    ordered = np.argsort(np.concatenate((values, values)), kind="stable")
    a, b, sure = both[0][ordered], both[1][ordered], np.concatenate((values, values))[ordered]
    _, last = np.unique((a * shape[1] + b)[::-1], return_index=True)  # the largest comes last: first from the end
    kept = len(a) - 1 - last
    return sparse.csr_matrix((sure[kept], (a[kept], b[kept])), shape)


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


def best_paths(
    graph: View, start: str, end: str, max_hops: int, weight: Weight | None = None
) -> Iterator[tuple[str, ...]]:
    """All loopless paths of at most ``max_hops`` steps, as entity ids, the cheapest first, as they are asked for.

    A step costs 1; with ``weight`` one over its support, or minus the logarithm of its confidence, so that the sum is
    that of the product (Yen, 1971, https://doi.org/10.1287/mnsc.17.11.712, over Dijkstra's search, bounded in hops).
    """
    if start not in graph.places or end not in graph.places:
        return
    ends = graph.places[start], graph.places[end]
    search = _Search(graph, ends[1], weight, _hops(graph, ends[1], max_hops))
    found: list[tuple[int, ...]] = []
    first = search.cheapest(ends[0], max_hops, frozenset(), frozenset())
    waiting = [first] if first else []
    seen = {first[1]} if first else set()
    while waiting:
        _, path = heapq.heappop(waiting)
        found.append(path)
        yield tuple(graph.ids[place] for place in path)
        spent = 0.0
        for turn in range(len(path) - 1):
            root = path[: turn + 1]
            used = frozenset(p[turn + 1] for p in found if p[: turn + 1] == root and len(p) > turn + 1)
            spur = search.cheapest(root[-1], max_hops - turn, frozenset(root[:-1]), used)
            if spur is not None and (whole := (*root[:-1], *spur[1])) not in seen:
                seen.add(whole)
                heapq.heappush(waiting, (spent + spur[0], whole))
            spent += search.costs(path[turn])[path[turn + 1]]


def _hops(graph: View, end: int, most: int) -> npt.NDArray[np.int64]:
    """How many steps each place is from ``end``; ``most + 1`` for what is farther."""
    hops = np.full(len(graph.ids), most + 1, np.int64)
    hops[end] = 0
    frontier = np.array([end])
    for distance in range(1, most + 1):
        around = np.unique(graph.links[frontier].indices)
        frontier = around[hops[around] > distance]
        hops[frontier] = distance
        if not len(frontier):
            break
    return hops


@dataclass(frozen=True, slots=True)
class _Search:
    """Cheapest paths to one place. What is too far from it is not entered."""

    graph: View
    end: int
    weight: Weight | None
    hops: npt.NDArray[np.int64]

    def cheapest(
        self, start: int, max_hops: int, banned: frozenset[int], used: frozenset[int]
    ) -> tuple[float, tuple[int, ...]] | None:
        """Cost and places of the cheapest path that enters no banned place and does not begin with a used one.

        Where every step costs one, the steps that are left at the least are counted in (Hart, Nilsson and Raphael,
        1968, https://doi.org/10.1109/TSSC.1968.300136). A place may be worth a second look on a dearer way with fewer
        steps, so only those with no fewer are left out.
        """
        waiting: list[tuple[float, float, tuple[int, ...]]] = [(0.0, 0.0, (start,))]
        fewest: dict[int, int] = {}
        while waiting:
            _, cost, path = heapq.heappop(waiting)
            place, steps = path[-1], len(path) - 1
            if place == self.end:
                return cost, path
            if steps >= fewest.get(place, max_hops):
                continue
            fewest[place] = steps
            for other, step in self.costs(place).items():
                left = int(self.hops[other])
                if steps + 1 + left > max_hops or other in banned or other in path or (not steps and other in used):
                    continue
                if steps + 1 < fewest.get(other, max_hops + 1):
                    least = 0 if self.weight else left
                    heapq.heappush(waiting, (cost + step + least, cost + step, (*path, other)))
        return None

    def costs(self, place: int) -> dict[int, float]:
        """Of a step to each of the places around one."""
        matrix = self.graph.sure if self.weight == "confidence" else self.graph.links
        inside = slice(matrix.indptr[place], matrix.indptr[place + 1])
        around = matrix.indices[inside].tolist()
        if self.weight is None:
            return dict.fromkeys(around, 1.0)
        values = matrix.data[inside]
        costs = 1 / values if self.weight == "support" else -np.log(np.maximum(values - 1, LEAST))
        return dict(zip(around, costs.tolist(), strict=True))


def contradictions(triples: Iterable[Triple], most: Mapping[str, int]) -> list[tuple[Triple, ...]]:
    """Triples that cannot all hold: one subject, one predicate, more objects than the ``most`` that it takes.

    An object whose name is a part of another's, as 1879 is of 14 March 1879, contradicts nothing, and neither does one
    that held at another time than all others.
    """
    groups: defaultdict[tuple[str, str], list[Triple]] = defaultdict(list)
    for triple in triples:
        if triple.predicate in most:
            groups[triple.subject, triple.predicate].append(triple)
    several = [_distinct(found, most[predicate]) for (_, predicate), found in groups.items()]
    return sorted((tuple(found) for found in several if found), key=lambda found: (-len(found), found[0].id))


def _distinct(triples: Sequence[Triple], most: int) -> list[Triple]:
    words = [frozenset(normalised(triple.object_name).split()) for triple in triples]
    whole = [triple for triple, own in zip(triples, words, strict=True) if not any(own < other for other in words)]
    return [t for t in whole if sum(_at_one_time(t, other) for other in whole if other is not t) >= most]


def _at_one_time(a: Triple, b: Triple) -> bool:
    """Whether the two may have held on one day; what says nothing of when may have always."""
    return a.valid_from <= (b.valid_to or OPEN_END) and b.valid_from <= (a.valid_to or OPEN_END)
