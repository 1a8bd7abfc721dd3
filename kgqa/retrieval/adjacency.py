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
        out = np.bincount(self.columns, self.values, len(self.starts) - 1).astype(np.float64)  # int of no entries
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

    def matrix(self) -> Any:
        """The same as a matrix of scipy."""
        from scipy import sparse

        nodes = len(self.starts) - 1
        return sparse.csr_matrix((self.values, self.columns, self.starts), shape=(nodes, nodes))
