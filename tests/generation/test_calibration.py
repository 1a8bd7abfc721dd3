"""Confidence and coverage."""

from __future__ import annotations

import numpy as np
import pytest

from kgqa.generation.calibration import Calibration, Coverage, Features


def test_confidence_is_the_logistic_of_the_weighted_features() -> None:
    calibration = Calibration(Features(1.0, 2.0, 0.0, 0.0, -1.0, 0.5, 1.0, 0.0), -1.0)
    assert calibration.confidence(Features(0.0, 0.5, 0.3, 0.2, 0.0, 0.0, 0.0, 1.0)) == pytest.approx(0.5)
    assert calibration.confidence(Features(1000.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0)) == pytest.approx(1.0)
    assert Calibration.from_config(calibration.to_config()) == calibration


def test_coverage_weighs_rare_pieces_more() -> None:
    coverage = Coverage(np.array([0.0, 1.0, 3.0, 6.0], dtype=np.float32))
    assert list(coverage.measure([1, 2, 3], frozenset({1, 2}))) == pytest.approx([0.4, 1.0])
    assert list(coverage.measure([1, 2], frozenset({2, 3}))) == pytest.approx([0.75, 1 / 6])
    assert coverage.measure([0], frozenset()) == (1.0, 0.0)
