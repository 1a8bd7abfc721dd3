"""The path-aware reranker: how well a passage, together with the way that led to it, helps to answer a question.

A passage that is a question's second step shares little with the question: what joins them is said elsewhere. So the
model reads `[CLS] question [SEP] path [SEP] passage [SEP]` (a cross-encoder, Nogueira and Cho,
https://arxiv.org/abs/1901.04085), where the path is the sentence that names what the walk went over, as in path
retrieval (Asai et al., https://arxiv.org/abs/1911.10470).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kgqa.encoder import Encoder, ModelFolder, Session, path_roles
from kgqa.errors import ModelError
from kgqa.index import passage_text
from kgqa.text import sentences
from kgqa.types import Chunk, DeviceName, Entity

__all__ = ["Candidate", "OnnxReranker", "Reranker", "Sizes", "candidate", "lay_out", "path_text"]

MODEL = "reranker"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage and what led to it."""

    path: str
    """The sentences that name what the way to the passage goes over; empty where the question itself leads there."""
    text: str


class Reranker(Protocol):
    """Scores passages for a question."""

    def scores(
        self, question: str, candidates: Sequence[Candidate], tokens: int | None = None
    ) -> npt.NDArray[np.float32]:
        """``(read,)``, the higher the better; only those of one question can be compared. All candidates are read;
        given ``tokens``, as many of the first ones as have no more than these together, but at least one.
        """
        ...


@dataclass(frozen=True, slots=True)
class Sizes:
    """Most tokens of each part of a window."""

    question: int = 40
    path: int = 48
    passage: int = 64
    """Recall at 2 of MuSiQue and HotpotQA (100 questions each) is .521 and .750; with 160 .508 and .745, for half
    as many tokens again."""


def lay_out(
    question: Sequence[int], path: Sequence[int], passage: Sequence[int], *, cls: int, sep: int
) -> tuple[list[int], int, int]:
    """The ids of a window and the places of its first path token and of its first passage token."""
    head, between = [cls, *question, sep], [*path, sep]
    return [*head, *between, *passage, sep], len(head), len(head) + len(between)


class OnnxReranker:
    """The trained reranker, served by ONNX Runtime on the trunk of the shared encoder."""

    def __init__(self, encoder: Encoder, session: Session, sizes: Sizes) -> None:
        self.sizes = sizes
        self._encoder = encoder
        self._session = session

    @classmethod
    def open(
        cls, encoder: Encoder, folder: str | Path | None = None, *, threads: int = 0, device: DeviceName = "auto"
    ) -> OnnxReranker:
        """The reranker in a model folder, by default the one that ships with kgqa.

        Raises:
            ModelError: the folder lacks a file, or was trained on another encoder.
        """
        model = ModelFolder.open(folder or MODEL)
        if (trunk := model.text("trunk_id")) != encoder.trunk_id:
            raise ModelError(
                f"The reranker in {model.path} was trained on another encoder ({trunk}, not {encoder.trunk_id}). "
                "Install both of one version, train the reranker on this encoder, or set retrieval.rerank = false."
            )
        sizes = Sizes(*(model.number(f"{part}_tokens") for part in ("question", "path", "passage")))
        return cls(encoder, Session.open(model.file("top.onnx"), threads, device), sizes)

    def scores(
        self, question: str, candidates: Sequence[Candidate], tokens: int | None = None
    ) -> npt.NDArray[np.float32]:
        """``(read,)``; of a long passage the part is read that shares most words with question and path."""
        rows = self._windows(question, candidates)
        if tokens is not None:
            ends = itertools.accumulate(len(ids) for ids, _, _ in rows)
            rows = rows[: max(1, sum(end <= tokens for end in ends))]
        return np.array(self._session.side_by_side(self._score, rows), np.float32)

    def _score(self, row: tuple[list[int], int, int]) -> float:
        """Of one window, by itself: padded to the length of others it takes a tenth longer."""
        window, path, first = row
        ids = np.array([window], np.int64)
        mask = np.ones_like(ids)
        states = self._encoder.trunk(ids, mask)
        roles = path_roles(window, path, first)[None]
        return float(self._session.run({"states": states, "attention_mask": mask, "roles": roles})[0][0])

    def _windows(self, question: str, candidates: Sequence[Candidate]) -> list[tuple[list[int], int, int]]:
        """Of each passage: ids, first path token, first passage token."""
        texts = [question, *(candidate.path for candidate in candidates), *(candidate.text for candidate in candidates)]
        asked, *rest = (ids for ids, _ in self._encoder.tokenize(texts))
        most, special = self.sizes, {"cls": self._encoder.cls_id, "sep": self._encoder.sep_id}
        rows = []
        for path, passage in zip(rest[: len(candidates)], rest[len(candidates) :], strict=True):
            head, way = asked[: most.question], path[: most.path]
            parts = [passage[start : start + most.passage] for start in range(0, max(1, len(passage)), most.passage)]
            part = max(parts, key=lambda part: len({*head, *way}.intersection(part)))
            rows.append(lay_out(head, way, part, **special))
        return rows


def path_text(way: Sequence[Chunk | Entity]) -> str:
    """What a way over chunks and entities says: of each chunk the first sentence that names what comes next."""
    said = []
    for here, after in itertools.pairwise(way):
        if isinstance(here, Chunk) and isinstance(after, Entity):
            names = (after.name, *after.aliases)
            parts = [here.text[span.start : span.end] for span in sentences(here.text, here.language)]
            naming = next((part for part in parts if any(name in part for name in names)), "")
            said.append(f"{here.title}: {naming}" if naming and here.title and here.title not in naming else naming)
    return " ".join(part for part in said if part)


def candidate(chunk: Chunk, way: Sequence[Chunk | Entity]) -> Candidate:
    """A passage as the reranker reads it: under its title, after its way."""
    return Candidate(path_text(way), passage_text(chunk))
