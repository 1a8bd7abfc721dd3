"""How strongly the nodes of a graph are joined, row by row, in numpy.

What a question needs of a sparse matrix is little, and importing scipy's takes half a second, as long as to answer one:
a graph large enough for scipy to be worth it uses it, and gets the same numbers to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Adjacency"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
MANY = 300_000
"""Entries from which on scipy's product, once imported, wins its time back within one question."""
_WHOLE, _WHOLE_WITH_SCIPY = 4.0, 0.5
"""How many entries what is near may have, as a multiple of all, before 20 products with all of them take less time."""


@dataclass(frozen=True, slots=True)
class Adjacency:
    """A sparse matrix ``(nodes, nodes)`` in compressed rows."""

    starts: Numbers
    """Where each row begins among the entries, and where the last one ends."""
    columns: Numbers
    """Of each entry."""
    values: Floats
    """Of each entry."""

    @classmethod
    def of(cls, pairs: Numbers, weights: Floats, nodes: int) -> Adjacency:
        """The symmetric one of the edges ``pairs``, ``(edges, 2)``; what is joined more than once adds up."""
        keys, place = np.unique(pairs[:, 0] * nodes + pairs[:, 1], return_inverse=True)
        single = np.bincount(place, weights, len(keys)).astype(np.float64)
        origins, ends = np.divmod(keys, max(nodes, 1))
        keys, place = np.unique(np.concatenate([keys, ends * nodes + origins]), return_inverse=True)
        values = np.bincount(place, np.concatenate([single, single]), len(keys)).astype(np.float64)
        rows, columns = np.divmod(keys, max(nodes, 1))
        return cls(np.searchsorted(rows, np.arange(nodes + 1)), columns, values)

    def sums(self) -> Floats:
        """Of each column, which in a symmetric matrix are those of the rows."""
        return np.bincount(self.columns, self.values, len(self.starts) - 1).astype(np.float64)  # int of no entries

    @property
    def rows(self) -> Numbers:
        """Of each entry."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def row(self, node: int) -> tuple[Numbers, Floats]:
        """The columns and the values of one row."""
        entries = slice(self.starts[node], self.starts[node + 1])
        return self.columns[entries], self.values[entries]

    def steps(self) -> Adjacency:
        """Column j holds the chances to go from j to each other node. The entries of a row are in falling order of
        their columns.
        """
        out = self.sums()
        chances = self.values * np.divide(1.0, out, out=np.zeros_like(out), where=out > 0)[self.columns]
        turned = (self.starts[:-1] + self.starts[1:] - 1)[self.rows] - np.arange(len(self.columns))
        return Adjacency(self.starts, self.columns[turned], chances[turned])

    def spread(self, seeds: Floats, damping: float, rounds: int) -> Floats:
        """``damping`` of what is at each node goes on along the entries, the rest starts anew at the seeds; so many
        times.
        """
        share = seeds
        if len(self.columns) >= MANY:
            matrix = self.matrix()
            for _ in range(rounds):
                share = damping * (matrix @ share) + (1 - damping) * seeds
            return share
        rows = self.rows
        for _ in range(rounds):
            moved = np.bincount(rows, self.values * share[self.columns], len(seeds))
            share = damping * moved + (1 - damping) * seeds
        return share

    def spread_near(self, seeds: Floats, sums: Floats, damping: float, least: float) -> Floats | None:
        """What ``spread`` comes to after endless rounds, but for what goes no further: less than ``least`` times the
        sum of a node's weights. So no node gets more than its share, and none loses as much as
        ``least · damping / (1 - damping)`` times its sum. The time does not grow with the graph; None where ``spread``
        takes less, everything being near.

        ``sums`` are those of the symmetric matrix that these are the steps of. The push of Andersen, Chung and Lang,
        FOCS 2006 (https://doi.org/10.1109/FOCS.2006.44), for all nodes of a round at once.
        """
        share, waiting = np.zeros(len(seeds)), np.zeros(len(seeds))  # both as multiples of the node's sum
        met = seeds != 0
        nodes = np.flatnonzero(met)
        alone = nodes[sums[nodes] == 0]
        waiting[nodes] = (1 - damping) * seeds[nodes] / np.where(sums[nodes] > 0, sums[nodes], 1.0)
        left = len(self.columns) * (_WHOLE if len(self.columns) < MANY else _WHOLE_WITH_SCIPY)
        while len(nodes):
            moving = waiting[nodes]
            share[nodes] += moving
            waiting[nodes] = 0.0
            counts = self.starts[nodes + 1] - self.starts[nodes]
            if (left := left - int(counts.sum())) < 0:
                return None
            ends = np.cumsum(counts)
            entries = np.repeat(self.starts[nodes] - ends + counts, counts) + np.arange(ends[-1])
            reached = self.columns[entries]
            np.add.at(waiting, reached, self.values[entries] * np.repeat(damping * moving, counts))
            met[reached] = True
            nodes = _distinct(reached[waiting[reached] > least])
        nodes = np.flatnonzero(met)  # of the others not even the zeros are looked at
        share[nodes] = (share[nodes] + waiting[nodes]) * sums[nodes]
        share[alone] = (1 - damping) * seeds[alone]
        return share

    def matrix(self) -> Any:
        """The same as a matrix of scipy."""
        from scipy import sparse

        nodes = len(self.starts) - 1
        return sparse.csr_matrix((self.values, self.columns, self.starts), shape=(nodes, nodes))


def _distinct(numbers: Numbers) -> Numbers:
    """Each once, in rising order; numpy's ``unique`` takes three to nine times as long."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
