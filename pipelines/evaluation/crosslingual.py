"""Scores how often a sentence finds its translation first among many, with the sentence embeddings of retrieval.

    kgqa evaluate crosslingual --data PAIRS.jsonl --json

A line of the file is ``{"en": "…", "zh": "…"}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kgqa.errors import DataError
from kgqa.index import Embedder
from kgqa.pipelines.evaluation.answers import Share
from kgqa.pipelines.training.formats_files import json_lines

__all__ = ["CrosslingualReport", "evaluate_crosslingual", "read_translations", "score_translations"]

_ROWS = 1024


@dataclass(frozen=True, slots=True)
class CrosslingualReport:
    """How many sentences have their translation nearest."""

    zh_en: Share
    """Of the Chinese sentences, among all English ones."""
    en_zh: Share
    """Of the English sentences, among all Chinese ones."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types: shares from 0 to 1 and their 95 % intervals."""
        shares = {"zh_en": self.zh_en, "en_zh": self.en_zh}
        intervals = {f"{name}_interval": list(share.interval) for name, share in shares.items()}
        return {**{name: share.right / share.of for name, share in shares.items()}, "n": self.zh_en.of, **intervals}

    def to_markdown(self) -> str:
        """A table with a line a direction."""
        lines = ["| | translation first | 95 % interval | n |", "|---|---|---|---|"]
        for name, share in (("zh to en", self.zh_en), ("en to zh", self.en_zh)):
            low, high = share.interval
            lines.append(f"| {name} | {share.right / share.of:.3f} | {low:.3f} to {high:.3f} | {share.of} |")
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
    pairs = []
    for number, row in json_lines(path):
        english, chinese = row.get("en"), row.get("zh")
        if not (isinstance(english, str) and isinstance(chinese, str)):
            raise DataError(f'{path}, line {number}: a line needs the texts "en" and "zh".')
        pairs.append((english, chinese))
    if not pairs:
        raise DataError(f'{path} holds no pair. Give a file of {{"en": …, "zh": …}}, one a line.')
    return pairs


def score_translations(pairs: Sequence[tuple[str, str]], embedder: Embedder) -> CrosslingualReport:
    """Each side is embedded and looks for its translation by cosine; of equal cosines the first one counts."""
    english = embedder.embed([en for en, _ in pairs])
    chinese = embedder.embed([zh for _, zh in pairs])
    return CrosslingualReport(_found(chinese, english), _found(english, chinese))


def _found(asked: npt.NDArray[np.float32], among: npt.NDArray[np.float32]) -> Share:
    nearest = [(asked[row : row + _ROWS] @ among.T).argmax(axis=1) for row in range(0, len(asked), _ROWS)]
    return Share(int((np.concatenate(nearest) == np.arange(len(asked))).sum()), len(asked))
