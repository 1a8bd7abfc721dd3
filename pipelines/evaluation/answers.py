"""Asks a workspace the questions of a file and counts what is right: answered rightly, or rightly declined.

A line of the file is `{"id", "lang", "question", "answers": [...], "answerable", "kind", "history": [...]}`;
`history` holds the questions asked before it in the same conversation. An answer is right when its text holds one of
the accepted answers; an unanswerable question is right when it is declined. Every quote is compared with the document
that it is from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kgqa.errors import DataError
from kgqa.text import normalise_name
from kgqa.types import Answer, Document

__all__ = ["AnswersReport", "Asked", "Outcome", "Share", "evaluate_answers", "read_questions"]


class Dialogue(Protocol):
    """A conversation that remembers."""

    def ask(self, question: str) -> Answer:
        """The answer to a question, which may refer to the ones before."""
        ...


class Workspace(Protocol):
    """What is evaluated: `kgqa.open(...)` gives one."""

    def conversation(self) -> Dialogue:
        """A new conversation."""
        ...

    def document(self, document_id: str) -> Document:
        """A document with its text."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the file."""

    id: str
    language: str
    kind: str
    question: str
    history: tuple[str, ...]
    answers: tuple[str, ...]
    answerable: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question."""

    asked: Asked
    answer: Answer
    right: bool
    quotes: int
    true_quotes: int
    """Quotes that equal their document's text at their offsets."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    right: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson, 1927)."""
        if not self.of:
            return 0.0, 1.0
        z, p, n = 1.96, self.right / self.of, self.of
        middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))


@dataclass(frozen=True, slots=True)
class AnswersReport:
    """The outcomes, and how many are right: in all, by language, by kind."""

    outcomes: tuple[Outcome, ...]

    @property
    def right(self) -> Share:
        """All questions."""
        return _share(self.outcomes)

    @property
    def by_language(self) -> Mapping[str, Share]:
        """By the question's language."""
        return _shares(self.outcomes, [outcome.asked.language for outcome in self.outcomes])

    @property
    def by_kind(self) -> Mapping[str, Share]:
        """By kind of question."""
        return _shares(self.outcomes, [outcome.asked.kind for outcome in self.outcomes])

    @property
    def quotes(self) -> Share:
        """Quotes that are what the document says at their offsets."""
        return Share(sum(o.true_quotes for o in self.outcomes), sum(o.quotes for o in self.outcomes))

    @property
    def seconds(self) -> float:
        """Mean time of an answer."""
        return sum(outcome.answer.seconds for outcome in self.outcomes) / max(1, len(self.outcomes))

    def to_dict(self) -> dict[str, object]:
        """The report as plain JSON types: fractions of 1, each with its 95 % interval and n."""
        shares = {"all": self.right, **self.by_language, **self.by_kind, "quotes": self.quotes}
        figures = {
            name: {"share": share.right / max(1, share.of), "interval": share.interval, "n": share.of}
            for name, share in shares.items()
        }
        outcomes = [
            {"id": o.asked.id, "right": o.right, "abstained": o.answer.abstained, "answer": o.answer.text}
            for o in self.outcomes
        ]
        return {**figures, "seconds": self.seconds, "outcomes": outcomes}

    def to_markdown(self) -> str:
        """The report as a table, and the questions that went wrong."""
        rows = [("all", self.right), *sorted(self.by_language.items()), *sorted(self.by_kind.items())]
        lines = ["| questions | right | of | 95 % interval |", "|---|---|---|---|"]
        for name, share in rows:
            low, high = share.interval
            lines.append(f"| {name} | {share.right} | {share.of} | {low:.0%} to {high:.0%} |")
        quotes = self.quotes
        lines += [
            "",
            f"Quotes equal to the source: {quotes.right} of {quotes.of}. Mean time: {self.seconds:.2f} s.",
            "",
        ]
        lines += [_told(outcome) for outcome in self.outcomes if not outcome.right]
        return "\n".join(lines) + "\n"


def evaluate_answers(workspace: Workspace, questions: Path) -> AnswersReport:
    """Ask the questions of a file, each in a conversation of its own, and compare.

    Raises:
        DataError: the file is missing, or a line is not a question.
    """
    return AnswersReport(tuple(_ask(workspace, asked) for asked in read_questions(questions)))


def read_questions(path: Path) -> list[Asked]:
    """The questions of a file.

    Raises:
        DataError: the file is missing, or a line is not a question.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}). Give a file with one question a line, as JSON.") from error
    return [_question(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _question(line: str, place: str) -> Asked:
    try:
        row = json.loads(line)
        return Asked(
            id=str(row["id"]),
            language=row["lang"],
            kind=row.get("kind", ""),
            question=row["question"],
            history=tuple(row.get("history", ())),
            answers=tuple(row["answers"]),
            answerable=bool(row["answerable"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{place}: {error!r}. A question needs id, lang, question, answers, answerable.") from error


def _ask(workspace: Workspace, asked: Asked) -> Outcome:
    dialogue = workspace.conversation()
    for before in asked.history:
        dialogue.ask(before)
    answer = dialogue.ask(asked.question)
    true = sum(workspace.document(c.document_id).text[c.start : c.end] == c.quote for c in answer.citations)
    return Outcome(asked, answer, _is_right(answer, asked), len(answer.citations), true)


def _is_right(answer: Answer, asked: Asked) -> bool:
    if answer.abstained or not asked.answerable:
        return answer.abstained and not asked.answerable
    text = normalise_name(answer.text)
    return any(_holds(text, normalise_name(accepted)) for accepted in asked.answers)


def _holds(text: str, accepted: str) -> bool:
    """Whether a text holds an accepted answer: as whole words, where it is written in letters or digits."""
    start = text.find(accepted)
    while accepted and start >= 0:
        before, after = text[:start][-1:], text[start + len(accepted) :][:1]
        if not (_joins(before, accepted[0]) or _joins(accepted[-1], after)):
            return True
        start = text.find(accepted, start + 1)
    return False


def _joins(one: str, other: str) -> bool:
    """Whether two neighbours belong to one word of Latin letters or to one number."""
    letters = one.isascii() and other.isascii() and one.isalpha() and other.isalpha()
    return letters or (one.isdecimal() and other.isdecimal())


def _share(outcomes: Sequence[Outcome]) -> Share:
    return Share(sum(outcome.right for outcome in outcomes), len(outcomes))


def _shares(outcomes: Sequence[Outcome], keys: Sequence[str]) -> dict[str, Share]:
    return {
        key: _share([outcome for outcome, own in zip(outcomes, keys, strict=True) if own == key])
        for key in dict.fromkeys(keys)
    }


def _told(outcome: Outcome) -> str:
    asked = outcome.asked
    wanted = ", ".join(asked.answers) if asked.answerable else "to be declined"
    return f"- {asked.id} {asked.question} Wanted: {wanted}. Got: {outcome.answer.text}"
