"""What the shipped reader learns from: which data sets and how much of each."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kgqa.pipelines.training.reader_data import Question, in_paragraphs, read_lines
from kgqa.pipelines.training.reader_dialogues import FILES, read_dialogue_questions
from kgqa.pipelines.training.reader_facts import TEMPLATES, read_fact_questions

__all__ = ["DIALOGUES", "FACTS", "TRAINING_SETS", "TrainingSet", "fingerprint", "read_training"]


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
    TrainingSet("qamr", 0.5, "MIT", "questions on sentences of Wikipedia and Wikinews, in their paragraph"),
    TrainingSet("qasrl_gs", 0.05, "MIT", "predicate questions on sentences of Wikipedia and Wikinews"),
)

FACTS = TrainingSet(
    "facts",
    1.0,
    "CC BY-SA 4.0 (KnowledgeNet), MIT with text CC BY-SA (Re-DocRED), CC BY 4.0 (KGConv)",
    "facts of KnowledgeNet and Re-DocRED, asked with KGConv's templates; some that the text does not state",
)

DIALOGUES = TrainingSet(
    "kdconv", 1.0, "Apache-2.0", "facts that Chinese dialogues tell, asked for; some that nobody speaks of"
)


def read_training(data: Path, seed: int) -> list[Question]:
    """The training questions of a data folder: the shares of `TRAINING_SETS`, sampled with the seed, `FACTS` and
    `DIALOGUES`.

    Raises:
        DataError: a file is missing, or a line is not a question whose answers lie where it says.
    """
    rng = random.Random(seed)
    questions: list[Question] = []
    for part in TRAINING_SETS:
        found = list(read_lines(data / "reading" / f"{part.name}.jsonl.xz"))
        if part.name == "qamr":
            found = in_paragraphs(found, rng)
        if not part.answerable:
            found = [question for question in found if not question.answers]
        questions += rng.sample(found, round(part.share * len(found)))
    return questions + read_fact_questions(data, seed) + read_dialogue_questions(data, seed)


def fingerprint(data: Path) -> str:
    """A hash over the training files' contents: two models with the same one saw the same data."""
    digest = hashlib.sha256()
    for part in TRAINING_SETS:
        digest.update(part.name.encode() + (data / "reading" / f"{part.name}.jsonl.xz").read_bytes())
    for name in (TEMPLATES, *FILES):
        digest.update((data / name).read_bytes())
    return digest.hexdigest()[:16]
