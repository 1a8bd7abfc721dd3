"""Which of several spans say the same, and how much of the network's belief falls to each answer."""

from collections.abc import Sequence

import numpy as np

from kgqa.text import normalise_name

__all__ = ["agreement", "same_answer"]

ELSEWHERE = 1e-3
"""The part in the belief that is left to passages that name nothing of what the question names."""


def same_answer(one: str, other: str) -> bool:
    """Whether two answers agree: one says what the other says, or more."""
    a, b = normalise_name(one), normalise_name(other)
    return a == b or (min(len(a), len(b)) > 1 and (f" {a} " in f" {b} " or f" {b} " in f" {a} " or _inside(a, b)))


def _inside(a: str, b: str) -> bool:
    """Chinese has no spaces: there one answer inside the other is enough."""
    return not (a.isascii() and b.isascii()) and (a in b or b in a)


def agreement(texts: Sequence[str], scores: Sequence[float], subject: Sequence[float]) -> list[float]:
    """For each span the probability of all spans that say the same, over the spans of all passages.

    `scores` are start plus end scores, which are normalised over the passages together: Clark and Gardner,
    https://arxiv.org/abs/1710.10723. `subject`, 0 to 1, is how far each span's passage is about what the question
    names: what is said of something else has no part in the belief.
    """
    if not texts:
        return []
    odds = np.exp(np.asarray(scores, dtype=np.float64) - max(scores)) * np.maximum(subject, ELSEWHERE)
    odds /= odds.sum()
    return [
        float(sum(share for other, share in zip(texts, odds, strict=True) if same_answer(text, other)))
        for text in texts
    ]
