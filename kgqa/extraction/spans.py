"""From the scores of a span head to mentions: whole words only, names without overlaps, references beside them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["WIDEST", "band_scores", "choose_spans"]

WIDEST = 24
"""Tokens of the longest mention."""

MOST_CANDIDATES = 600
"""Of a window: more are noise, and comparing each with all would take its time."""

Floats = NDArray[np.float32]


def band_scores(
    span: Floats,
    start: Floats,
    end: Floats,
    first: Sequence[bool],
    last: Sequence[bool],
    widest: int = WIDEST,
    paragraphs: Sequence[int] = (),
) -> Floats:
    """Scores `(tokens, widths, types)` by first token and width; minus infinity where a word would be cut, or a span
    would run from one paragraph into the next.

    `span` is `(tokens, tokens)`, `start` and `end` `(tokens, types)`; `paragraphs` are the numbers of the tokens'
    paragraphs `(tokens,)`, without which the text is one; padding behind `first` is left out.
    """
    tokens = len(first)
    lasts = np.arange(tokens)[:, None] + np.arange(widest)[None]
    inside = lasts < tokens
    lasts = np.minimum(lasts, tokens - 1)
    whole = np.asarray(first)[:, None] & np.asarray(last)[lasts] & inside
    if paragraphs:
        stands = np.asarray(paragraphs)
        whole &= stands[:, None] == stands[lasts]
    scores = np.take_along_axis(span[:tokens, :tokens], lasts, 1)[..., None] + start[:tokens, None] + end[lasts]
    scores[~whole] = -np.inf
    banded: Floats = scores
    return banded


def choose_spans(banded: Floats, threshold: float = 0.0, nominal: int = -1) -> list[tuple[int, int, int, float]]:
    """First token, last token, type and score of each mention, in the order of the text.

    A span has its best type. Of two names that overlap the better one stays; what has the type `nominal` may contain
    a name or lie in one, as in "her husband, the founder of OpenAI", but must not overlap another of its kind.
    """
    best = banded.max(-1)
    firsts, widths = np.nonzero(best > threshold)
    order = np.argsort(-best[firsts, widths], kind="stable")[:MOST_CANDIDATES]
    chosen: list[tuple[int, int, int, float]] = []
    for first, width in zip(firsts[order].tolist(), widths[order].tolist(), strict=True):
        kind = int(banded[first, width].argmax())
        last = first + width
        if not any(_clash(first, last, kind == nominal, other, nominal) for other in chosen):
            chosen.append((first, last, kind, float(best[first, width])))
    return sorted(chosen)


def _clash(first: int, last: int, refers: bool, other: tuple[int, int, int, float], nominal: int) -> bool:
    if last < other[0] or other[1] < first:
        return False
    nested = (first >= other[0] and last <= other[1]) or (first <= other[0] and last >= other[1])
    same = (first, last) == other[:2]
    return same or not nested or refers == (other[2] == nominal)
