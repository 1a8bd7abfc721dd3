from __future__ import annotations

import pytest

from kgqa.retrieval import fuse
from kgqa.types import Hit


def test_fuse_scores_by_reciprocal_rank() -> None:
    fused = fuse([[Hit("a", 9.0), Hit("b", 8.0)], [Hit("b", 0.3)]])
    assert [hit.id for hit in fused] == ["b", "a"]
    assert fused[0].score == pytest.approx(1 / 7 + 1 / 6)


def test_fuse_weighs_the_rankings() -> None:
    assert [hit.id for hit in fuse([[Hit("a", 1)], [Hit("b", 1)]], [1.0, 2.0])] == ["b", "a"]


def test_fuse_orders_equal_scores_by_id_and_takes_empty_rankings() -> None:
    assert [hit.id for hit in fuse([[Hit("b", 1)], [Hit("a", 1)], []])] == ["a", "b"]
    assert fuse([]) == []
