"""Weighs what the network marked: how well passage, sentence and title fit the question."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kgqa.generation.agreement import agreement
from kgqa.generation.calibration import Coverage, Features
from kgqa.generation.expected import Expected, Kinds, fitting
from kgqa.generation.names import named_share
from kgqa.generation.tables import segments
from kgqa.text import detect_language, sentences
from kgqa.types import Passage, Span

__all__ = ["Candidate", "TokenStates", "Weigher"]

Tokens = tuple[list[int], list[tuple[int, int]]]


class TokenStates(Protocol):
    """What the reader needs of the encoder: tokens with their offsets, and the states of the trunk."""

    @property
    def trunk_id(self) -> str:
        """Names the trunk's weights."""
        ...

    @property
    def cls_id(self) -> int:
        """The id of `[CLS]`."""
        ...

    @property
    def sep_id(self) -> int:
        """The id of `[SEP]`."""
        ...

    def tokenize(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """For each text its token ids without special tokens, and each token's characters `(start, end)`."""
        ...

    def trunk(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """The trunk's states `(batch, tokens, 384)` of ids `(batch, tokens)`, special tokens included."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that the network marked in a passage. Offsets are those of the passage's text."""

    passage: int
    start: int
    end: int
    score: float
    margin: float
    """Score less the null score of the window that it was read in."""


@dataclass(frozen=True, slots=True)
class Weigher:
    """Computes the features of candidates."""

    encoder: TokenStates
    coverage: Coverage

    def features(
        self,
        question: str,
        pieces: Sequence[int],
        passages: Sequence[Passage],
        read: Sequence[Tokens],
        candidates: Sequence[Candidate],
        names: Sequence[str],
        expected: Expected,
        kinds: Kinds,
    ) -> list[Features]:
        """Those of each candidate; `pieces` are the question's word pieces, `read` the passages', `names` the
        question's names, `expected` what may answer it, `kinds` the types of the passages' entities.

        Of a passage in another language only the names can be compared with the question: they are its coverage.
        """
        language = detect_language(question)
        above = [f"{passage.chunk.title} {passage.chunk.heading}" for passage in passages]
        heads = [frozenset(ids) for ids, _ in self.encoder.tokenize(above)]
        texts = [passage.chunk.text for passage in passages]
        cut = [sentences(passage.chunk.text, passage.chunk.language) for passage in passages]
        parts = [list(segments(text)) for text in texts]
        said = [texts[c.passage][c.start : c.end] for c in candidates]
        around = [_around(parts[c.passage], c.start, c.end) for c in candidates]
        named = [
            named_share(names, f"{above[c.passage]} {texts[c.passage][slice(*part)]}")
            for c, part in zip(candidates, around, strict=True)
        ]
        agreed = agreement(said, [c.score for c in candidates], named)
        found = []
        for candidate, answer, part, about, agreeing in zip(candidates, said, around, named, agreed, strict=True):
            number = candidate.passage
            sentence = _around(cut[number], candidate.start, candidate.end)
            covered, missing = self.coverage.measure(pieces, heads[number] | _pieces_in(read[number], part))
            nearby, _ = self.coverage.measure(pieces, heads[number] | _pieces_in(read[number], sentence))
            if names and passages[number].chunk.language != language:
                covered = nearby = about
                missing *= 1 - about
            before, behind = texts[number][: candidate.start], texts[number][candidate.end :]
            fit, rank = fitting(answer, expected, kinds, before, behind), 1 / (1 + number)
            found.append(Features(candidate.margin, covered, nearby, agreeing, missing, rank, about, fit))
        return found


def _around(cut: Sequence[Span], start: int, end: int) -> tuple[int, int]:
    """From the first to the last part (sentence, table row) that a span touches; the span itself if it touches none."""
    touched = [part for part in cut if part.start < end and part.end > start]
    return (touched[0].start, touched[-1].end) if touched else (start, end)


def _pieces_in(tokens: Tokens, place: tuple[int, int]) -> frozenset[int]:
    ids, offsets = tokens  # in order, by their starts as by their ends
    first = bisect_right(offsets, place[0], key=lambda offset: offset[1])
    return frozenset(ids[first : bisect_left(offsets, place[1], key=lambda offset: offset[0])])
