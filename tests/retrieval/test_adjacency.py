"""The numbers of the graph of passages: those that scipy has, to the bit."""

import numpy as np
import pytest
from scipy import sparse

from kgqa.retrieval import adjacency
from kgqa.retrieval.adjacency import Adjacency


def _edges(seed: int, nodes: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges of which some are there twice, in both directions, or lead back to where they start."""
    random = np.random.default_rng(seed)
    pairs = random.integers(0, nodes, (count, 2))
    rarity = random.random(nodes) + 0.1
    return np.concatenate([pairs, pairs[: count // 5], pairs[: count // 7, ::-1]]), rarity


@pytest.mark.parametrize(("nodes", "count"), [(1, 1), (5, 3), (40, 300), (300, 200)])
def test_weights_steps_and_walks_are_those_of_scipy(nodes: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, rarity = _edges(nodes, nodes, count)
    weights = np.sqrt(rarity[pairs[:, 0]] * rarity[pairs[:, 1]])
    ours = Adjacency.of(pairs, weights, nodes)
    edges = sparse.coo_matrix((weights, (pairs[:, 0], pairs[:, 1])), shape=(nodes, nodes))
    theirs = (edges + edges.T).tocsr()
    assert np.array_equal(ours.matrix().toarray(), theirs.toarray())
    out = np.asarray(theirs.sum(axis=0)).ravel()
    steps = (theirs @ sparse.diags(np.divide(1.0, out, out=np.zeros_like(out), where=out > 0))).tocsr()
    assert np.array_equal(ours.steps().columns, steps.indices) and np.array_equal(ours.steps().values, steps.data)
    seeds = np.zeros(nodes)
    seeds[0] = 1.0
    share = seeds
    for _ in range(15):
        share = 0.5 * (steps @ share) + 0.5 * seeds
    assert np.array_equal(ours.steps().spread(seeds, 0.5, 15), share)
    monkeypatch.setattr(adjacency, "MANY", 0)
    assert np.array_equal(ours.steps().spread(seeds, 0.5, 15), share)


def test_a_graph_without_edges_has_rows_without_entries() -> None:
    empty = Adjacency.of(np.zeros((0, 2), np.int64), np.zeros(0), 3)
    assert [len(columns) for columns, _ in map(empty.row, range(3))] == [0, 0, 0]
    assert np.array_equal(empty.steps().spread(np.ones(3), 0.5, 2), np.full(3, 0.5))
    assert len(Adjacency.of(np.zeros((0, 2), np.int64), np.zeros(0), 0).values) == 0


@pytest.mark.parametrize("least", [1e-4, 1e-6, 1e-9])
def test_what_is_near_gets_its_share_but_for_the_bound(least: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adjacency, "_WHOLE", 1e9)
    pairs, rarity = _edges(7, 3_000, 9_000)
    weights = Adjacency.of(pairs, np.sqrt(rarity[pairs[:, 0]] * rarity[pairs[:, 1]]), 3_002)  # two nodes alone
    seeds = np.zeros(3_002)
    seeds[[5, 17, 3_001]] = 0.5, 0.3, 0.2
    share = weights.steps().spread_near(seeds, weights.sums(), 0.5, least)
    assert share is not None
    lost = weights.steps().spread(seeds, 0.5, 60) - share
    assert share.any() and lost.min() > -1e-15 and np.all(lost <= least * weights.sums() + 1e-15)
    assert share[3_001] == 0.1 and share[3_000] == 0


def test_where_everything_is_near_nothing_is_won() -> None:
    pairs, _ = _edges(1, 50, 500)
    weights = Adjacency.of(pairs, np.ones(len(pairs)), 50)
    assert weights.steps().spread_near(np.full(50, 0.02), weights.sums(), 0.5, 1e-12) is None
