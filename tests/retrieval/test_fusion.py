from __future__ import annotations

import pytest

from kgqa.retrieval import fuse, lexical_weight
from kgqa.types import Hit


def test_fuse_weighs_scores_scaled_to_one() -> None:
    fused = fuse([Hit("a", 9.0), Hit("b", 6.0), Hit("c", 3.0)], [Hit("b", 0.4), Hit("d", 0.2)], 0.6)
    assert [hit.id for hit in fused] == ["b", "a", "c", "d"]
    assert [hit.score for hit in fused] == pytest.approx([0.7, 0.6, 0.0, 0.0])


def test_fuse_takes_one_hit_or_none() -> None:
    assert fuse([], [], 0.5) == []
    assert fuse([Hit("a", 0.1)], [], 0.5) == [Hit("a", 0.5)]
    assert fuse([Hit("b", 2.0), Hit("a", 2.0)], [], 1.0) == [Hit("a", 1.0), Hit("b", 1.0)]


def test_lexical_weight_rises_with_coverage() -> None:
    weights = [lexical_weight(coverage) for coverage in (0.0, 0.1, 0.15, 0.2, 1.0)]
    assert weights == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])
