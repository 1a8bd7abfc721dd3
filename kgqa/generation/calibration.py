"""How sure a reading is: the network's margin, what of the question its passage mentions, and where retrieval put it.

The weights are fitted on development questions whose answer may be missing from what was retrieved
(`kgqa.pipelines.training.reader_calibration`) and are stored with the model.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Calibration", "Coverage", "Features"]


@dataclass(frozen=True, slots=True)
class Features:
    """What a reading's confidence is computed from."""

    margin: float
    """Span score less null score."""
    coverage: float
    """Share of the question's information that the passage (of a table: the row), its title and headings mention, 0 to
    1."""
    nearby: float
    """The same of the sentence that the span stands in, with title and headings."""
    agreement: float
    """Probability of this answer, wherever it stands, among the spans of all passages, 0 to 1."""
    missing: float
    """Information of the question's most telling word that the passage lacks, in units of the rarest word's."""
    rank: float
    """1 / (1 + rank of the passage), so 1 for the first."""
    named: float
    """Share of the question's names that the passage (of a table: the row), its title and headings mention, 0 to 1; 1
    if the question has none."""
    fitting: float
    """1 where the answer is of the type that the question asks for, -1 where it is of another, 0 where that is open."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression over `Features`."""

    weights: Features
    bias: float

    def confidence(self, features: Features) -> float:
        """The probability that the reading is right."""
        total = self.bias + math.fsum(w * x for w, x in zip(astuple(self.weights), astuple(features), strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    @classmethod
    def from_config(cls, config: Mapping[str, float]) -> Self:
        """The calibration as `to_config` wrote it."""
        return cls(Features(*(config.get(field.name, 0.0) for field in fields(Features))), config["bias"])

    def to_config(self) -> dict[str, float]:
        """Weight by feature, and the bias."""
        return {field.name: float(getattr(self.weights, field.name)) for field in fields(Features)} | {
            "bias": self.bias
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a question a passage mentions, each word piece weighted by its inverse document frequency."""

    idf: NDArray[np.float32]
    """By word-piece id, `(vocabulary,)`."""

    def measure(self, question: Sequence[int], passage: frozenset[int]) -> tuple[float, float]:
        """`coverage` and `missing` of `Features`; a question without word pieces is wholly covered."""
        pieces = np.unique(np.asarray(question, dtype=np.int64))
        weights = self.idf[pieces]
        there = np.fromiter((int(piece) in passage for piece in pieces), dtype=bool, count=len(pieces))
        if not weights.sum():
            return 1.0, 0.0
        missing = float(weights[~there].max(initial=0.0) / self.idf.max())
        return float(weights[there].sum() / weights.sum()), missing
