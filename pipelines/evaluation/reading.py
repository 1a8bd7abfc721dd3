"""Scores the extractive reader: exact match and F1 on single passages, and whether it knows when a passage does not
say.

The measures are SQuAD's (https://arxiv.org/abs/1806.03822); Chinese is compared character by character, as in CMRC
2018.
"""

import math
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kgqa.generation.reader import Reader
from kgqa.pipelines.training.reader_data import DEVELOPMENT_SETS, Question, read_development
from kgqa.types import Chunk, Passage

__all__ = ["ReadingScores", "evaluate_reader", "is_right", "report_half", "span_f1"]


@dataclass(frozen=True, slots=True)
class ReadingScores:
    """Scores on one development set, in percent; each with half the width of its 95 % interval."""

    name: str
    language: str
    answerable: int
    unanswerable: int
    exact: float
    exact_interval: float
    f1: float
    f1_interval: float
    """Of the best span of the answerable questions, whatever the threshold."""
    declined: float | None
    """Share of all questions whose margin is on the right side of 0; None where every question has an answer."""
    declined_interval: float | None


def evaluate_reader(data: Path, reader: Reader, *, sample: int = 300, seed: int = 1) -> list[ReadingScores]:
    """Scores on the development sets of a data folder, on the half of their articles that calibration does not see."""
    rng = random.Random(seed)
    scores = []
    for name in DEVELOPMENT_SETS:
        questions = report_half(read_development(data, name))
        scores.append(_score(name, reader, rng.sample(questions, min(sample, len(questions)))))
    return scores


def report_half(questions: Sequence[Question], other: bool = False) -> list[Question]:
    """The questions of every second article: results are reported on these, calibration uses the `other` half."""
    groups = {group: number for number, group in enumerate(sorted({question.group for question in questions}))}
    return [question for question in questions if (groups[question.group] % 2 == 0) != other]


def is_right(text: str, answers: Sequence[str]) -> bool:
    """Whether a span is one of the answers, holds one, or shares most of its words with one."""
    return any(span_f1(text, answer) >= 0.5 or _holds(text, answer) for answer in answers)


def span_f1(text: str, answer: str) -> float:
    """F1 of the words (characters, in Chinese) of a span against an answer's, 0 to 1."""
    found, wanted = Counter(_words(text)), Counter(_words(answer))
    common = (found & wanted).total()
    return 2 * common / (found.total() + wanted.total()) if common else 0.0


def _score(name: str, reader: Reader, questions: Sequence[Question]) -> ReadingScores:
    exact, f1, side = [], [], []
    for question in questions:
        chunk = Chunk(question.id, question.id, 0, len(question.context), question.context, language=question.language)
        found = reader.read(question.question, [Passage(chunk, 0.0)])
        best = max(found, key=lambda reading: reading.score, default=None)
        answers = [question.context[start:end] for start, end in question.answers]
        if answers:
            exact.append(float(best is not None and any(_words(best.text) == _words(answer) for answer in answers)))
            f1.append(max((span_f1(best.text, answer) for answer in answers), default=0.0) if best else 0.0)
        side.append(float((best is not None and best.features.margin > 0) == bool(answers)))
    mixed = len(f1) < len(questions)
    return ReadingScores(
        name,
        questions[0].language,
        len(f1),
        len(questions) - len(f1),
        *_percent(exact),
        *_percent(f1),
        *(_percent(side) if mixed else (None, None)),
    )


def _percent(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half the width of its 95 % interval (normal approximation), in percent."""
    half = 1.96 * float(np.std(values)) / math.sqrt(len(values))
    return round(100 * float(np.mean(values)), 1), round(100 * half, 1)


def _holds(text: str, answer: str) -> bool:
    found, wanted = _words(text), _words(answer)
    return bool(wanted) and len(found) <= 4 * len(wanted) + 4 and f" {' '.join(wanted)} " in f" {' '.join(found)} "


_PIECE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]|[^\W\u2e80-\u9fff\uf900-\ufaff]+")


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [piece for piece in _PIECE.findall(folded) if piece not in {"a", "an", "the"}]
