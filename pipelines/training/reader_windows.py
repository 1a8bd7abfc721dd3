"""Questions to token windows: what the reader trains on, in batches of about equal length that keep groups together.

A window is `[CLS] question [SEP] part of the context [SEP]`, laid out as the serving reader does.
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from kgqa.encoder import token_roles
from kgqa.pipelines.training.machine import streamed
from kgqa.pipelines.training.reader_data import Question, ask_elsewhere, swap_subjects

__all__ = ["Batch", "Window", "batches", "collate", "stream", "windows"]

QUESTION_TOKENS = 48
SWAPPED = 0.12
"""How many questions an epoch gains by exchanging their subject, which makes them unanswerable."""
ELSEWHERE = 0.12
"""And how many by asking them of another context."""
POOL = 4000
"""Groups of questions that are prepared at once, and whose windows are sorted into batches of like length."""


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids and, for each acceptable answer, its first and last token; no answers means that it does not say."""

    ids: np.ndarray
    passage: int
    """Index of the first passage token; the last token is `[SEP]`."""
    answers: tuple[tuple[int, int], ...]
    group: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows padded to one length. Shapes are `(windows, tokens)`, `group` is `(windows,)`."""

    ids: Tensor
    mask: Tensor
    """1 at tokens, 0 at padding."""
    roles: Tensor
    """What each token is to question and passage."""
    passage: Tensor
    """True at the passage's tokens, where an answer may start and end."""
    starts: Tensor
    """True at the first tokens of acceptable answers; all false in a window that does not say."""
    ends: Tensor
    group: Tensor
    """Windows of one question have the same number."""

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device."""
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


def stream(
    questions: Sequence[Question], tokenizer: Tokenizer, seed: str, *, size: int, tokens: int, workers: int = 0
) -> Iterator[Batch]:
    """Batches of about `tokens` tokens without end, of windows of at most `size` passage tokens.

    Each epoch takes the questions in another order and makes some unanswerable: of another subject, or of another
    context. They are prepared a pool at a time, by several workers in turn.
    """
    groups: defaultdict[str, list[Question]] = defaultdict(list)
    for question in questions:
        groups[question.group].append(question)
    together = list(groups.values())

    def part(number: int, of: int) -> Iterator[Batch]:
        for epoch in itertools.count():
            order = random.Random(f"{seed}-{epoch}").sample(together, len(together))
            pools = (order[first : first + POOL] for first in range(0, len(order), POOL))
            for pool_number, pool in enumerate(pools):
                if pool_number % of == number:
                    rng = random.Random(f"{seed}-{epoch}-{pool_number}")
                    drawn = [question for group in pool for question in group]
                    drawn += [*swap_subjects(drawn, SWAPPED, rng), *ask_elsewhere(drawn, ELSEWHERE, rng)]
                    for items in batches(windows(drawn, tokenizer, rng, size=size), tokens, rng):
                        yield collate(items)

    return streamed(part, workers)


def windows(questions: Sequence[Question], tokenizer: Tokenizer, rng: random.Random, *, size: int) -> list[Window]:
    """Windows of at most `size` passage tokens: around an answer, and sometimes one beside it as a negative."""
    found: list[Window] = []
    specials = _specials(tokenizer)
    for first in range(0, len(questions), 1000):
        part = questions[first : first + 1000]
        asked = tokenizer.encode_batch([question.question for question in part], add_special_tokens=False)
        read = tokenizer.encode_batch([question.context for question in part], add_special_tokens=False)
        for question, head, body in zip(part, asked, read, strict=True):
            found += _windows_of(question, head.ids[:QUESTION_TOKENS], body, rng, specials, size)
    return found


def batches(items: Sequence[Window], tokens: int, rng: random.Random) -> Iterator[list[Window]]:
    """The windows in batches of about `tokens` tokens, in random order; windows of one group stay together."""
    groups: defaultdict[str, list[Window]] = defaultdict(list)
    for item in items:
        groups[item.group].append(item)
    ordered = sorted(groups.values(), key=lambda group: max(len(item.ids) for item in group) + 24 * rng.random())
    full: list[list[Window]] = []
    batch: list[Window] = []
    for group in ordered:
        longest = max(len(item.ids) for item in [*batch, *group])
        if batch and longest * (len(batch) + len(group)) > tokens:
            full.append(batch)
            batch = []
        batch = [*batch, *group]
    full.append(batch)
    rng.shuffle(full)
    yield from full


def collate(items: Sequence[Window]) -> Batch:
    """The windows as tensors, padded at the right."""
    shape = (len(items), max(len(item.ids) for item in items))
    ids, roles = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    numbers = {group: number for number, group in enumerate(dict.fromkeys(item.group for item in items))}
    mask, passage, starts, ends = (torch.zeros(shape, dtype=torch.bool) for _ in range(4))
    for row, item in enumerate(items):
        ids[row, : len(item.ids)] = torch.from_numpy(item.ids.astype(np.int64))
        mask[row, : len(item.ids)] = True
        roles[row, : len(item.ids)] = torch.from_numpy(token_roles(item.ids, item.passage))
        passage[row, item.passage : len(item.ids) - 1] = True
        for start, end in item.answers:
            starts[row, start] = ends[row, end] = True
    return Batch(ids, mask.long(), roles, passage, starts, ends, torch.tensor([numbers[item.group] for item in items]))


def _specials(tokenizer: Tokenizer) -> tuple[int, int]:
    vocabulary = tokenizer.get_vocab()
    return vocabulary["[CLS]"], vocabulary["[SEP]"]


def _windows_of(
    question: Question,
    head: list[int],
    body: Encoding,
    rng: random.Random,
    specials: tuple[int, int],
    size: int,
) -> Iterator[Window]:
    answers = [span for span in (_token_span(body, *answer) for answer in question.answers) if span is not None]
    if question.answers and not answers:
        return  # the tokenizer does not see the answer: it is made of unknown characters
    cls, sep = specials
    for start in _starts(len(body.ids), answers, rng, size):
        end = min(start + size, len(body.ids))
        shift = len(head) + 2
        inside = tuple((a - start + shift, b - start + shift) for a, b in answers if start <= a and b < end)
        ids = np.array([cls, *head, sep, *body.ids[start:end], sep], dtype=np.int32)
        yield Window(ids, shift, inside, question.group)


def _starts(length: int, answers: list[tuple[int, int]], rng: random.Random, size: int) -> list[int]:
    """Where windows start: one that holds an answer (or any, if there is none), and in a third of cases another one."""
    last = max(0, length - size)
    if last == 0:
        return [0]
    first, final = rng.choice(answers) if answers else (0, 0)
    low, high = max(0, final - size + 1), min(first, last)
    chosen = rng.randint(low, max(low, high)) if answers else rng.randint(0, last)
    others = [start for start in (0, last) if abs(start - chosen) > size // 2]
    return [chosen, rng.choice(others)] if others and rng.random() < 1 / 3 else [chosen]


def _token_span(body: Encoding, start: int, end: int) -> tuple[int, int] | None:
    first, last = body.char_to_token(start), body.char_to_token(end - 1)
    return None if first is None or last is None else (first, last)
