"""Scores how often a sentence finds its translation first among many, with the sentence embeddings of retrieval.

    kgqa evaluate crosslingual --data PAIRS.jsonl --json

A line of the file is ``{"en": "…", "zh": "…"}``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kgqa.errors import DataError
from kgqa.index import Embedder

__all__ = ["CrosslingualReport", "evaluate_crosslingual", "read_translations", "score_translations"]

_DRAWS = 1000
_ROWS = 1024


@dataclass(frozen=True, slots=True)
class CrosslingualReport:
    """Shares of the sentences whose translation is nearest, 0 to 1, with 95 % bootstrap intervals."""

    zh_en: float
    """Of the Chinese sentences, among all English ones."""
    en_zh: float
    """Of the English sentences, among all Chinese ones."""
    zh_en_interval: tuple[float, float]
    en_zh_interval: tuple[float, float]
    n: int

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "zh_en": self.zh_en,
            "en_zh": self.en_zh,
            "n": self.n,
            "zh_en_interval": list(self.zh_en_interval),
            "en_zh_interval": list(self.en_zh_interval),
        }

    def to_markdown(self) -> str:
        """A table with a line a direction."""
        lines = ["| | translation first | 95 % interval | n |", "|---|---|---|---|"]
        for name, share, (low, high) in (
            ("zh to en", self.zh_en, self.zh_en_interval),
            ("en to zh", self.en_zh, self.en_zh_interval),
        ):
            lines.append(f"| {name} | {share:.3f} | {low:.3f} to {high:.3f} | {self.n} |")
        return "\n".join(lines)


def evaluate_crosslingual(path: Path, embedder: Embedder) -> CrosslingualReport:
    """The score of an embedder on a file of translations.

    Raises:
        DataError: the file is missing, or a line is not a pair.
    """
    return score_translations(read_translations(path), embedder)


def read_translations(path: Path) -> list[tuple[str, str]]:
    """The English and the Chinese side of each line.

    Raises:
        DataError: the file is missing, or a line is not a pair.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f'{path} cannot be read ({error}). Give a file of {{"en": …, "zh": …}}, one a line.') from error
    pairs = [_pair(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not pairs:
        raise DataError(f'{path} holds no pair. Give a file of {{"en": …, "zh": …}}, one a line.')
    return pairs


def score_translations(pairs: Sequence[tuple[str, str]], embedder: Embedder) -> CrosslingualReport:
    """Each side is embedded and looks for its translation by cosine; of equal cosines the first one counts."""
    english = embedder.embed([en for en, _ in pairs])
    chinese = embedder.embed([zh for _, zh in pairs])
    forth, back = _found(chinese, english), _found(english, chinese)
    shares = float(forth.mean()), float(back.mean())
    return CrosslingualReport(*shares, _interval(forth), _interval(back), len(pairs))


def _found(asked: npt.NDArray[np.float32], among: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    nearest = [(asked[row : row + _ROWS] @ among.T).argmax(axis=1) for row in range(0, len(asked), _ROWS)]
    found: npt.NDArray[np.bool_] = np.concatenate(nearest) == np.arange(len(asked))
    return found


def _interval(found: npt.NDArray[np.bool_]) -> tuple[float, float]:
    draws = np.random.default_rng(0).binomial(len(found), found.mean(), _DRAWS) / len(found)
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def _pair(line: str, place: str) -> tuple[str, str]:
    try:
        row = json.loads(line)
        english, chinese = row["en"], row["zh"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f'{place}: {error!r}. A line needs "en" and "zh".') from error
    if not (isinstance(english, str) and isinstance(chinese, str)):
        raise DataError(f'{place}: "en" and "zh" must be texts.')
    return english, chinese
