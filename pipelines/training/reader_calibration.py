"""Fits the reader's confidence:
on development questions each asked of several retrieved passages, which may not hold the answer.
"""

import random
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction import Extractor
from kgqa.generation.calibration import Calibration, Features
from kgqa.generation.expected import Kinds
from kgqa.generation.names import question_names
from kgqa.generation.reader import NONE_KNOWN, OnnxReader, Reading, TokenStates
from kgqa.pipelines.evaluation.reading import is_right
from kgqa.pipelines.training.reader_data import Question
from kgqa.text import normalise_name
from kgqa.types import Chunk, Passage

__all__ = ["Asked", "Fit", "PieceSearch", "fit_calibration", "read_names", "retrieved"]

PASSAGES = 5
WITHOUT_ANSWER = 0.35
"""Share of the answerable questions whose passage is taken away."""
WRONG = 0.5
"""A reader who trusts an answer is misled by a wrong one, and only left alone by none."""
SIGNS = Features(margin=1, coverage=1, nearby=1, agreement=1, missing=-1, rank=1, named=1, fitting=1)
"""Which way each feature must count."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what was retrieved for it; without answers, none of the passages says."""

    question: str
    answers: tuple[str, ...]
    language: str
    passages: tuple[Passage, ...]
    is_trap: bool = False
    """Whether it was written to look answerable and is not."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What was fitted and on how much."""

    calibration: Calibration
    threshold: float
    questions: int
    right: float
    """Share of these questions answered rightly or rightly declined at the threshold."""


class PieceSearch:
    """BM25 over word pieces, in memory: Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009."""

    def __init__(self, texts: Sequence[Sequence[int]], k1: float = 1.2, b: float = 0.75) -> None:
        self._postings: dict[int, list[tuple[int, float]]] = {}
        mean = sum(map(len, texts)) / max(1, len(texts))
        for number, pieces in enumerate(texts):
            found, counts = np.unique(np.asarray(pieces, dtype=np.int64), return_counts=True)
            norm = k1 * (1 - b + b * len(pieces) / mean)
            for piece, count in zip(found.tolist(), counts.tolist(), strict=True):
                self._postings.setdefault(piece, []).append((number, count * (k1 + 1) / (count + norm)))
        self._size = len(texts)

    def search(self, pieces: Sequence[int], limit: int) -> list[int]:
        """Numbers of the best texts, best first."""
        scores = np.zeros(self._size)
        for piece in set(pieces):
            postings = self._postings.get(piece, [])
            idf = np.log(1 + (self._size - len(postings) + 0.5) / (len(postings) + 0.5))
            for number, weight in postings:
                scores[number] += idf * weight
        return [int(number) for number in np.argsort(-scores, kind="stable")[:limit]]


def retrieved(questions: Sequence[Question], encoder: TokenStates, sample: int, rng: random.Random) -> list[Asked]:
    """A sample of the questions, each with the BM25-nearest contexts of the set; some lack the one with the answer."""
    contexts = list(dict.fromkeys(question.context for question in questions))
    numbers = {context: number for number, context in enumerate(contexts)}
    search = PieceSearch([ids for ids, _ in encoder.tokenize(contexts)])
    chosen = rng.sample(questions, min(sample, len(questions)))
    asked = []
    for question, (pieces, _) in zip(chosen, encoder.tokenize([question.question for question in chosen]), strict=True):
        own = numbers[question.context]
        found = search.search(pieces, PASSAGES + 1)
        if question.answers and rng.random() < WITHOUT_ANSWER:
            answers: tuple[str, ...] = ()
            found = [number for number in found if number != own][:PASSAGES]
        else:
            answers = tuple(question.context[start:end] for start, end in question.answers)
            found = found[:PASSAGES] if own in found[:PASSAGES] else [*found[: PASSAGES - 1], own]
        passages = tuple(_passage(contexts[number], number, question.language) for number in found)
        asked.append(Asked(question.question, answers, question.language, passages, is_trap=not question.answers))
    return asked


def read_names(asked: Sequence[Asked], extractor: Extractor) -> tuple[list[Sequence[str]], list[Kinds]]:
    """For each question the names in it, and the types of what its passages name."""
    chunks = {passage.chunk.id: passage.chunk for item in asked for passage in item.passages}
    found: dict[str, dict[str, frozenset[str]]] = {}
    for extraction in extractor.extract(list(chunks.values())):
        own = found.setdefault(extraction.chunk_id, {})
        for mention in extraction.mentions:
            if mention.type and not mention.nominal:
                name = normalise_name(mention.text)
                own[name] = own.get(name, frozenset()) | {mention.type}
    kinds = [{name: own for p in item.passages for name, own in found.get(p.chunk.id, {}).items()} for item in asked]
    return [question_names(item.question, extractor) for item in asked], list(kinds)


def fit_calibration(
    reader: OnnxReader, asked: Sequence[Asked], names: Sequence[Sequence[str]] = (), kinds: Sequence[Kinds] = ()
) -> Fit:
    """The logistic regression over the features of all readings, and the threshold at which it is worth most to
    answer questions that are no traps: people seldom set them. `names` and `kinds` are those of `read_names`, for each
    question.
    """
    names, kinds = names or [()] * len(asked), kinds or [NONE_KNOWN] * len(asked)
    readings = [
        reader.read(item.question, item.passages, own, known)
        for item, own, known in zip(asked, names, kinds, strict=True)
    ]
    flat = [
        (reading, is_right(reading.text, item.answers))
        for item, found in zip(asked, readings, strict=True)
        for reading in found
    ]
    features = np.array([astuple(reading.features) for reading, _ in flat])
    weights, bias = _signed_logistic(features, np.array([right for _, right in flat], dtype=float), SIGNS)
    calibration = Calibration(Features(*weights.tolist()), bias)
    best = [_best(found, item, calibration) for item, found in zip(asked, readings, strict=True)]
    confidence, says = np.array([sure for sure, _ in best]), np.array([right for _, right in best], dtype=bool)
    known, plain = np.array([bool(item.answers) for item in asked]), np.array([not item.is_trap for item in asked])
    threshold = _threshold(confidence[plain], says[plain], known[plain])
    right = np.where(confidence >= threshold, says, ~known)
    return Fit(calibration, threshold, len(asked), float(right.mean()))


def _passage(context: str, number: int, language: str) -> Passage:
    id = f"{language}-{number}-{len(context)}"  # numbers are those of one data set
    return Passage(Chunk(id, id, 0, len(context), context, language=language), 0.0)


def _best(found: Sequence[Reading], item: Asked, calibration: Calibration) -> tuple[float, bool]:
    if not found:
        return 0.0, False
    confidence, reading = max(((calibration.confidence(r.features), r) for r in found), key=lambda pair: pair[0])
    return confidence, is_right(reading.text, item.answers)


def _threshold(confidence: NDArray[np.float64], says: NDArray[np.bool_], known: NDArray[np.bool_]) -> float:
    """The confidence from which on to answer: the median of those that are worth as much as the best one, to within
    its standard error.

    A wrong answer costs `WRONG` of what a right one, or a rightly declined question, is worth. All are `(questions,)`:
    of the best answer its confidence and whether it is right, and whether there is one.
    """
    if not len(confidence):
        return 0.5
    thresholds = np.arange(0.05, 0.96, 0.01)
    answered = confidence >= thresholds[:, None]
    worth = np.where(answered, says, ~known) - WRONG * (answered & ~says)
    best = worth[worth.mean(1).argmax()]
    return float(np.median(thresholds[worth.mean(1) >= best.mean() - best.std() / np.sqrt(len(best))]))


def _signed_logistic(
    features: NDArray[np.float64], labels: NDArray[np.float64], signs: Features
) -> tuple[NDArray[np.float64], float]:
    """A logistic regression without the features whose weight comes out against its meaning."""
    used = np.ones(features.shape[1], dtype=bool)
    while True:
        weights, bias = _logistic(features * used, labels)
        against = used & (weights * np.array(astuple(signs)) < 0)
        if not against.any():
            return weights * used, bias
        used[np.argmin(np.where(against, weights * np.array(astuple(signs)), 0))] = False


def _logistic(
    features: NDArray[np.float64], labels: NDArray[np.float64], ridge: float = 1e-3
) -> tuple[NDArray[np.float64], float]:
    """Weights and bias by Newton's method."""
    inputs = np.column_stack([features, np.ones(len(features))])
    weights = np.zeros(inputs.shape[1])
    for _ in range(50):
        probability = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        gradient = inputs.T @ (probability - labels) + ridge * weights
        curvature = (inputs * (probability * (1 - probability))[:, None]).T @ inputs + ridge * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights[:-1], float(weights[-1])
