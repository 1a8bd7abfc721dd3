"""Questions beside the sentences that answer them, for sentence embeddings that retrieval works with.

A question is to be nearer to the passage around its answer than to the other passages of its batch: dense passage
retrieval, Karpukhin et al., https://arxiv.org/abs/2004.04906. A batch is of one language, so that the others are no
easy ones.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from kgqa.pipelines.training.pretraining_data import TokenRows, drawn_rows, tokenize
from kgqa.pipelines.training.reader_data import Question, in_paragraphs, read_lines
from kgqa.text import sentences

__all__ = ["QUESTION_SETS", "QuestionBatch", "QuestionPairs", "question_loss", "read_question_pairs"]

QUESTION_SETS = ("cmrc2018_train", "squadshifts_new_wiki", "qed_nq", "qamr")
PER_SET = 12_000
PASSAGE_TOKENS, QUESTION_TOKENS = 192, 64
SENTENCES_BESIDE = 3
"""At most, on each side of the answer's own."""
SHARPNESS = 20.0


@dataclass(frozen=True, slots=True)
class QuestionBatch:
    """Ids and masks `(pairs, tokens)` of both sides, and the number of each pair's context `(pairs,)`."""

    question_ids: Tensor
    question_mask: Tensor
    passage_ids: Tensor
    passage_mask: Tensor
    contexts: Tensor


@dataclass(frozen=True, slots=True)
class QuestionPairs:
    """Questions of one language and their passages, as token rows."""

    language: str
    questions: TokenRows
    passages: TokenRows
    contexts: Tensor

    @classmethod
    def of(cls, found: Sequence[Question], language: str, tokenizer: Tokenizer, rng: random.Random) -> Self:
        """The questions of a language with an answer, each with the sentences around one of its answers."""
        answerable = [question for question in found if question.answers]
        numbers = {context: number for number, context in enumerate({question.context for question in answerable})}
        return cls(
            language,
            _rows(tokenizer, [question.question for question in answerable], QUESTION_TOKENS),
            _rows(tokenizer, [_around(question, rng) for question in answerable], PASSAGE_TOKENS),
            torch.tensor([numbers[question.context] for question in answerable]),
        )

    def batches(self, tokens: int, rng: np.random.Generator) -> Iterator[QuestionBatch]:
        """Without end, each of about this many tokens."""
        lengths = self.questions.lengths + self.passages.lengths
        for rows in drawn_rows(lengths, torch.ones(len(lengths)), tokens, rng):
            questions, passages = self.questions.batch(rows), self.passages.batch(rows)
            yield QuestionBatch(*questions[:2], *passages[:2], self.contexts[rows])


def read_question_pairs(data: Path, tokenizer: Tokenizer, seed: int) -> list[QuestionPairs]:
    """Those of `QUESTION_SETS` in the folder that holds `reading/`, one for each language.

    Raises:
        DataError: a file is missing or has a fault.
    """
    rng = random.Random(seed)
    found: dict[str, list[Question]] = {}
    for name in QUESTION_SETS:
        questions = list(read_lines(data / "reading" / f"{name}.jsonl.xz"))
        if name == "qamr":
            questions = in_paragraphs(questions, rng)
        for question in rng.sample(questions, min(PER_SET, len(questions))):
            found.setdefault(question.language, []).append(question)
    return [QuestionPairs.of(found[language], language, tokenizer, rng) for language in sorted(found)]


def question_loss(questions: Tensor, passages: Tensor, contexts: Tensor) -> Tensor:
    """Contrast within the batch, both ways; both sides `(pairs, hidden)`, unit length. Other passages of the same
    context are no negatives.
    """
    scores = SHARPNESS * questions @ passages.T
    same = contexts[:, None] == contexts[None, :]
    same.fill_diagonal_(False)
    scores = scores.masked_fill(same, -1e4)
    target = torch.arange(len(scores), device=scores.device)
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2


def _around(question: Question, rng: random.Random) -> str:
    start, end = rng.choice(question.answers)
    cut = sentences(question.context, question.language)
    touched = [number for number, span in enumerate(cut) if span.start < end and span.end > start]
    if not touched:
        return question.context
    first = max(0, touched[0] - rng.randint(0, SENTENCES_BESIDE))
    last = min(len(cut) - 1, touched[-1] + rng.randint(0, SENTENCES_BESIDE))
    return question.context[cut[first].start : cut[last].end]


def _rows(tokenizer: Tokenizer, texts: Sequence[str], limit: int) -> TokenRows:
    """The first `limit` tokens of each text, special tokens among them."""
    every = tokenize(tokenizer, texts, 1 << 20)
    return TokenRows.of(row if len(row) <= limit else [*row[: limit - 1], row[-1]] for row in every)
