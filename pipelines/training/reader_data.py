"""Reading-comprehension data: labelled files to questions on a context, answerable or not.

Files lie under one data folder as `reading/*.jsonl.xz` (one question a line) and `qa/…` (SQuAD's JSON). Only sets whose
licence lets trained weights ship are listed in `TRAINING_SETS`.
"""

import hashlib
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

__all__ = [
    "DEVELOPMENT_SETS",
    "TRAINING_SETS",
    "Question",
    "TrainingSet",
    "fingerprint",
    "read_development",
    "read_training",
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


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """A file that the shipped reader learns from, how much of it, and what it is."""

    name: str
    share: float
    licence: str
    kind: str
    answerable: bool = True
    """False: only its unanswerable questions are used."""


TRAINING_SETS: Sequence[TrainingSet] = (
    TrainingSet("cmrc2018_train", 1.0, "CC BY-SA 4.0", "CMRC 2018 questions on Chinese Wikipedia"),
    TrainingSet(
        "cmrc2018_train_neg", 1.0, "CC BY-SA 4.0", "the same with the BM25-nearest context that lacks the answer"
    ),
    TrainingSet("squadshifts_new_wiki", 1.0, "CC BY 4.0", "SQuAD-style questions on English Wikipedia"),
    TrainingSet(
        "squadshifts_new_wiki_neg", 1.0, "CC BY 4.0", "the same with the BM25-nearest context that lacks the answer"
    ),
    TrainingSet("qed_nq", 1.0, "CC BY-SA 3.0", "search queries (Natural Questions) on Wikipedia"),
    TrainingSet("covidqa", 0.5, "Apache-2.0", "questions on biomedical papers, a third unanswerable"),
    TrainingSet(
        "clapnq_dev", 1.0, "Apache-2.0", "search queries with a passage that lacks the answer", answerable=False
    ),
    TrainingSet("qamr", 0.25, "MIT", "questions on sentences of Wikipedia and Wikinews, in their paragraph"),
    TrainingSet("qasrl_gs", 0.05, "MIT", "predicate questions on sentences of Wikipedia and Wikinews"),
)

DEVELOPMENT_SETS: Mapping[str, str] = {
    "squad2": "qa/squad/squad2_17_articles.json",
    "drcd": "qa/drcd/DRCD_dev.json",
    "cmrc2018": "qa/cmrc2018/squad-style-data_cmrc2018_trial.json",
}


def read_training(data: Path, seed: int) -> list[Question]:
    """The training questions of a data folder: the shares of `TRAINING_SETS`, sampled with the seed.

    Raises:
        DataError: a file is missing, or a line is not a question whose answers lie where it says.
    """
    rng = random.Random(seed)
    questions: list[Question] = []
    for part in TRAINING_SETS:
        found = list(_read_lines(data / "reading" / f"{part.name}.jsonl.xz"))
        if part.name == "qamr":
            found = _in_paragraphs(found, rng)
        if not part.answerable:
            found = [question for question in found if not question.answers]
        questions += rng.sample(found, round(part.share * len(found)))
    return questions


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


def fingerprint(data: Path) -> str:
    """A hash over the training files' contents: two models with the same one saw the same data."""
    digest = hashlib.sha256()
    for part in TRAINING_SETS:
        digest.update(part.name.encode() + (data / "reading" / f"{part.name}.jsonl.xz").read_bytes())
    return digest.hexdigest()[:16]


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


def _read_lines(path: Path) -> Iterator[Question]:
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


def _in_paragraphs(questions: Sequence[Question], rng: random.Random) -> list[Question]:
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
