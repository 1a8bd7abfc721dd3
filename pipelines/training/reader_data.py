"""Reading-comprehension data: labelled files to questions on a context, answerable or not.

Files lie under one data folder as `reading/*.jsonl.xz` (one question a line) and `qa/…` (SQuAD's JSON).
"""

import json
import lzma
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kgqa.errors import DataError
from kgqa.text import sentences

__all__ = [
    "DEVELOPMENT_SETS",
    "Question",
    "ask_elsewhere",
    "in_paragraphs",
    "read_development",
    "read_lines",
    "swap_subjects",
]


@dataclass(frozen=True, slots=True)
class Question:
    """A question on a context. `answers` are spans of the context's characters; none means that it does not say."""

    id: str
    question: str
    context: str
    answers: tuple[tuple[int, int], ...]
    language: str
    group: str
    """Questions of one group are the same question on different contexts: they are normalised together."""


DEVELOPMENT_SETS: Mapping[str, str] = {
    "squad2": "qa/squad/squad2_17_articles.json",
    "drcd": "qa/drcd/DRCD_dev.json",
    "cmrc2018": "qa/cmrc2018/squad-style-data_cmrc2018_trial.json",
}


def read_development(data: Path, name: str) -> list[Question]:
    """The questions of one of `DEVELOPMENT_SETS`; their group is the article."""
    path = data / DEVELOPMENT_SETS[name]
    try:
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} cannot be read as SQuAD JSON ({error}). Unpack the data again.") from error
    language = "en" if name == "squad2" else "zh"
    return [
        question
        for number, article in enumerate(articles)
        for question in _of_article(article, f"{name}-{number}", language)
    ]


def swap_subjects(questions: Sequence[Question], share: float, rng: random.Random) -> list[Question]:
    """Unanswerable questions made from answerable ones, on the same context.

    What question and context name in common is replaced by what another question names, so that a reader learns that a
    span of the right kind is no answer when the passage is about something else. Context and replacement must differ:
    the new name does not occur in the context.
    """
    answerable = [question for question in questions if question.answers]
    subjects = {question.id: _shared_name(question) for question in answerable}
    by_language: defaultdict[str, list[str]] = defaultdict(list)
    for question in answerable:
        if subjects[question.id]:
            by_language[question.language].append(subjects[question.id])
    swapped = []
    for question in rng.sample(answerable, round(share * len(answerable))):
        subject, other = subjects[question.id], rng.choice(by_language[question.language] or [""])
        if not subject or not other or other.lower() in question.context.lower():
            continue
        text = question.question.replace(subject, other)
        swapped.append(
            replace(question, id=f"{question.id}-swap", question=text, answers=(), group=f"{question.group}-swap")
        )
    return swapped


def ask_elsewhere(questions: Sequence[Question], share: float, rng: random.Random) -> list[Question]:
    """Unanswerable questions made from answerable ones, on a part of another question's context.

    A passage that holds something of the right kind about something else is what retrieval brings. Half of the
    contexts are cut to one sentence, as short as a table's row.
    """
    answerable = [question for question in questions if question.answers]
    by_language: defaultdict[str, list[Question]] = defaultdict(list)
    for question in answerable:
        by_language[question.language].append(question)
    asked = []
    for question in rng.sample(answerable, round(share * len(answerable))):
        context = _part(rng.choice(by_language[question.language]), rng)
        told = {question.context[start:end] for start, end in question.answers}
        if context != question.context and not any(answer in context for answer in told):
            id = f"{question.id}-elsewhere"
            asked.append(replace(question, id=id, context=context, answers=(), group=f"{question.group}-elsewhere"))
    return asked


def _part(question: Question, rng: random.Random) -> str:
    if rng.random() < 0.5:
        return question.context
    start, end = rng.choice(question.answers)
    around = [span for span in sentences(question.context, question.language) if span.start < end and span.end > start]
    return question.context[around[0].start : around[-1].end] if around else question.context


_ENGLISH_NAME = re.compile(
    r"(?:[A-Z][\w.'-]*)(?:\s+(?:of|the|de|[A-Z][\w.'-]*|\d+))*\s*[A-Z\d][\w.'-]*|[A-Z][\w'-]{2,}"
)
_QUESTION_WORDS = frozenset(
    {"who", "whom", "whose", "what", "when", "where", "which", "why", "how", "in", "on", "at", "for", "during", "from"}
    | {"the", "according", "is", "are", "was", "were", "did", "does", "do"}
)


def _shared_name(question: Question) -> str:
    """The longest thing that question and context both name: capitalised words, or a Chinese question's opening."""
    if question.language == "zh":
        return _common_opening(question.question, question.context)
    names = [match.group() for match in _ENGLISH_NAME.finditer(question.question)]
    names = [name for name in names if name.split()[0].lower() not in _QUESTION_WORDS and name in question.context]
    return max(names, key=len, default="")


def _common_opening(text: str, context: str, shortest: int = 2, longest: int = 12) -> str:
    """Chinese questions open with their subject: the longest opening that the context holds too."""
    openings = (text[:length] for length in range(min(longest, len(text)), shortest - 1, -1))
    return next((opening for opening in openings if opening.isalnum() and opening in context), "")


def read_lines(path: Path) -> Iterator[Question]:
    """The questions of a file, one a line.

    Raises:
        DataError: the file is missing, or a line is not a question whose answers lie where it says.
    """
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield _question(json.loads(line), f"{path}:{number}")
    except (OSError, lzma.LZMAError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}). Give the folder that holds reading/ and qa/.") from error


def _question(row: dict[str, Any], place: str) -> Question:
    spans = tuple((answer["start"], answer["start"] + len(answer["text"])) for answer in row["answers"])
    for (start, end), answer in zip(spans, row["answers"], strict=True):
        if row["context"][start:end] != answer["text"]:
            raise DataError(f"{place}: answer {answer['text']!r} is not at character {start} of its context.")
    return Question(row["id"], row["question"], row["context"], spans, row["lang"], row["id"].removesuffix("-neg"))


def _of_article(article: dict[str, Any], group: str, language: str) -> Iterator[Question]:
    for paragraph in article["paragraphs"]:
        context = paragraph["context"]
        for row in paragraph["qas"]:
            found = () if row.get("is_impossible") else row["answers"]
            spans = tuple(dict.fromkeys((a["answer_start"], a["answer_start"] + len(a["text"])) for a in found))
            spans = tuple((start, end) for start, end in spans if context[start:end] and start >= 0)
            if spans or not found:
                yield Question(str(row["id"]), row["question"], context, spans, language, group)


_SENTENCE_ID = re.compile(r"(?P<article>Wiki1k:\w+:\d+):(?P<paragraph>\d+):(?P<sentence>\d+)-")


def in_paragraphs(questions: Sequence[Question], rng: random.Random) -> list[Question]:
    """QAMR asks about single sentences: each is put back among up to three others of its article, in their order."""
    articles: defaultdict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    keys = {question.id: _SENTENCE_ID.search(question.id) for question in questions}
    for question in questions:
        if key := keys[question.id]:
            articles[key["article"]][question.context] = (int(key["paragraph"]), int(key["sentence"]))
    placed = []
    for question in questions:
        key = keys[question.id]
        places = articles[key["article"]] if key else {question.context: (0, 0)}
        others = [sentence for sentence in places if sentence != question.context]
        chosen = rng.sample(others, min(len(others), rng.randint(0, 3)))
        ordered = sorted([*chosen, question.context], key=lambda sentence: places[sentence])
        shift = sum(len(sentence) + 1 for sentence in ordered[: ordered.index(question.context)])
        spans = tuple((start + shift, end + shift) for start, end in question.answers)
        placed.append(replace(question, context=" ".join(ordered), answers=spans))
    return placed
