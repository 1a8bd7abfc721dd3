"""The extractive reader: which words of which passage answer a question, and how sure that is.

Passages go through the encoder's shared trunk, then the reader's own layers, then a start and an end score for each
token against a null score (Devlin et al., "BERT", section 4.3, https://arxiv.org/abs/1810.04805).
"""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kgqa.encoder import TOKEN_BUDGET, Session, batches
from kgqa.errors import ModelError
from kgqa.generation.calibration import Calibration, Coverage, Features
from kgqa.generation.expected import Kinds, expected
from kgqa.generation.spans import Window, best_spans, cut_windows, line_numbers, pad, whole_words
from kgqa.generation.tables import segments
from kgqa.generation.weighing import Candidate, TokenStates, Weigher
from kgqa.types import DeviceName, Passage

__all__ = ["FOLDER", "OnnxReader", "Reader", "ReaderConfig", "Reading", "TokenStates", "open_reader"]

FOLDER = Path(__file__).parent.parent / "models" / "reader"
NONE_KNOWN: Kinds = MappingProxyType({})
SPANS_PER_PASSAGE = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """A span of a passage that may answer the question. Offsets are the document's."""

    passage: int
    """Index of the passage in the list that was read."""
    start: int
    end: int
    text: str
    score: float
    """Start score plus end score: comparable over the passages of one question."""
    features: Features
    """What the confidence was computed from; its margin is the score less the window's null score."""
    confidence: float
    """The calibrated probability that it is right, 0 to 1."""


class Reader(Protocol):
    """Finds answers in passages."""

    @property
    def threshold(self) -> float:
        """The confidence below which an answer had better not be given, fitted with the model."""
        ...

    def read(
        self, question: str, passages: Sequence[Passage], names: Sequence[str] = (), kinds: Kinds = NONE_KNOWN
    ) -> list[Reading]:
        """Possible answers in the passages, most confident first; a few for each passage, none for an empty one.

        `names` are those in the question: a passage that lacks them is less likely to be about what is asked. `kinds`
        are the types of the entities in the passages: an answer of another type than is asked for is seldom right.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """What `config.json` of a reader's folder holds besides its provenance."""

    question_tokens: int
    passage_tokens: int
    stride: int
    answer_tokens: int
    threshold: float
    calibration: Calibration
    trunk_id: str

    @classmethod
    def read(cls, path: Path) -> "ReaderConfig":
        """The configuration in a file.

        Raises:
            ModelError: the file is missing or is not a reader's.
        """
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            sizes = {
                name: int(config[name]) for name in ("question_tokens", "passage_tokens", "stride", "answer_tokens")
            }
            calibration = Calibration.from_config(config["calibration"])
            return cls(
                **sizes, threshold=float(config["threshold"]), calibration=calibration, trunk_id=str(config["trunk_id"])
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{path} is not the configuration of a reader ({error!r}). Train or install one again."
            ) from error


class OnnxReader:
    """The trained reader, served by ONNX Runtime on the trunk of the shared encoder."""

    def __init__(self, encoder: TokenStates, session: Session, config: ReaderConfig, coverage: Coverage) -> None:
        self.config = config
        self._encoder = encoder
        self._session = session
        self._weigher = Weigher(encoder, coverage)

    @classmethod
    def open(
        cls, encoder: TokenStates, folder: Path | None = None, *, threads: int = 0, device: DeviceName = "auto"
    ) -> "OnnxReader":
        """The reader in a model folder, by default the one that ships with kgqa.

        Raises:
            ModelError: the folder lacks a file, or a file is not a reader's.
        """
        folder = folder or FOLDER
        config = ReaderConfig.read(folder / "config.json")
        if config.trunk_id != encoder.trunk_id:
            raise ModelError(
                f"The reader in {folder} was trained on another encoder ({config.trunk_id}, not {encoder.trunk_id}). "
                "Install both of one version, or train the reader on this encoder."
            )
        session = Session.open(folder / "top.onnx", threads, device)
        try:
            idf = np.load(folder / "idf.npy").astype(np.float32)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{folder / 'idf.npy'} cannot be read ({error}). Train or install the reader again."
            ) from error
        return cls(encoder, session, config, Coverage(idf))

    @property
    def threshold(self) -> float:
        """The confidence below which an answer had better not be given, fitted with the model."""
        return self.config.threshold

    def read(
        self, question: str, passages: Sequence[Passage], names: Sequence[str] = (), kinds: Kinds = NONE_KNOWN
    ) -> list[Reading]:
        """Possible answers in the passages, most confident first; a few for each passage, none for an empty one."""
        if not passages:
            return []
        asked, *read = self._encoder.tokenize([question, *(passage.chunk.text for passage in passages)])
        windows = [
            window
            for n, (passage, (ids, offsets)) in enumerate(zip(passages, read, strict=True))
            for window in self._cut(n, asked[0], passage.chunk.text, ids, offsets)
        ]
        spans = list(self._spans(windows, passages))
        candidates = [span for n in range(len(passages)) for span in _distinct([s for s in spans if s.passage == n])]
        wanted = expected(question)
        weighed = self._weigher.features(question, asked[0], passages, read, candidates, names, wanted, kinds)
        readings = [
            self._reading(passages[candidate.passage], candidate, features)
            for candidate, features in zip(candidates, weighed, strict=True)
        ]
        return sorted(readings, key=lambda reading: -reading.confidence)

    def _cut(
        self, passage: int, question: Sequence[int], text: str, ids: Sequence[int], offsets: Sequence[tuple[int, int]]
    ) -> Iterator[Window]:
        """Windows over a passage; no window reaches over the rows of a table."""
        config, head = self.config, question[: self.config.question_tokens]
        sizes = {"size": config.passage_tokens, "stride": config.stride}
        starts = [start for start, _ in offsets]
        for part in segments(text):
            tokens = slice(bisect_left(starts, part.start), bisect_left(starts, part.end))
            yield from cut_windows(
                passage, head, ids[tokens], offsets[tokens], cls=self._encoder.cls_id, sep=self._encoder.sep_id, **sizes
            )

    def _scores(
        self, windows: Sequence[Window]
    ) -> Iterator[tuple[Window, NDArray[np.float32], NDArray[np.float32], float]]:
        """Each window with the start and end scores of its passage tokens and its null score."""

        def read(part: Sequence[Window]) -> tuple[NDArray[np.float32], ...]:
            ids, mask, roles = pad(part)
            states = self._encoder.trunk(ids, mask)
            return self._session.run({"states": states, "attention_mask": mask, "roles": roles})

        lengths = [len(window.ids) for window in windows]
        parts = [[windows[number] for number in batch] for batch in batches(lengths, TOKEN_BUDGET)]
        for part, (start, end, null) in zip(parts, self._session.side_by_side(read, parts), strict=True):
            for row, window in enumerate(part):
                tokens = slice(window.first, len(window.ids) - 1)
                yield window, start[row, tokens], end[row, tokens], float(null[row])

    def _spans(self, windows: Sequence[Window], passages: Sequence[Passage]) -> Iterator[Candidate]:
        """The best spans of each window."""
        longest = self.config.answer_tokens
        for window, start, end, null in self._scores(windows):
            text = passages[window.passage].chunk.text
            lines = line_numbers(text, window.offsets)
            for first, last, score in best_spans(start, end, lines, longest=longest, count=SPANS_PER_PASSAGE):
                span = whole_words(text, window.offsets[first][0], window.offsets[last][1])
                yield Candidate(window.passage, *span, score, score - null)

    def _reading(self, passage: Passage, candidate: Candidate, features: Features) -> Reading:
        chunk = passage.chunk
        return Reading(
            passage=candidate.passage,
            start=chunk.start + candidate.start,
            end=chunk.start + candidate.end,
            text=chunk.text[candidate.start : candidate.end],
            score=candidate.score,
            features=features,
            confidence=self.config.calibration.confidence(features),
        )


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best that do not overlap a better one: neighbouring windows read the same words."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda candidate: -candidate.margin):
        if all(candidate.end <= other.start or candidate.start >= other.end for other in kept):
            kept.append(candidate)
    return kept[:SPANS_PER_PASSAGE]


def open_reader(
    folder: Path | None = None, *, encoder: TokenStates, threads: int = 0, device: DeviceName = "auto"
) -> Reader:
    """The reader in a model folder, by default the one that ships with kgqa, on an open encoder.

    Raises:
        ModelError: the folder lacks a file, or a file is not a reader's.
    """
    return OnnxReader.open(encoder, folder, threads=threads, device=device)
