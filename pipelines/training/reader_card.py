"""The reader's model card, written from its report so that the figures are those of the model beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kgqa.pipelines.evaluation.reading import ReadingScores
from kgqa.pipelines.training.reader_corpora import DIALOGUES, FACTS, TRAINING_SETS

if TYPE_CHECKING:
    from kgqa.pipelines.training.reader_export import ReaderReport

__all__ = ["write_card"]

_NAMES = {
    "squad2": "SQuAD 2.0 development, articles held back (CC BY-SA 4.0)",
    "drcd": "DRCD development, traditional Chinese (CC BY-SA 3.0)",
    "cmrc2018": "CMRC 2018 trial, simplified Chinese (CC BY-SA 4.0)",
}

_CARD = """# The extractive reader of kgqa

Reads a question and a passage, in English or Chinese, and marks the words of the passage that answer the question, or
says that the passage does not answer it. It writes nothing of its own.

**Form.** The frozen trunk of the shared bilingual encoder (embeddings and layers 0–2) reads `[CLS] question [SEP]
passage [SEP]`; the reader owns layers 3–5, an embedding of
what each token is to question and passage (arXiv:1704.00051, section 3.2), a start and an end score for each
token, and a null score. `top.onnx` ({megabytes} MB, int8 per channel) serves,
`idf.npy` weighs the question's word pieces, `config.json` holds the calibration and the threshold
({threshold}).

**Method.** Start, end and null as in BERT for SQuAD 2.0 (arXiv:1810.04805, arXiv:1806.03822); spans of all passages
of a question are normalised together (arXiv:1710.10723). A third of the questions it saw cannot be answered:
BM25-nearest passages without the answer, facts that a text does not state, questions whose subject was exchanged for
another one, and questions asked of another context. Confidence is a logistic regression over the margin to the null
score, the probability of the answer among the spans of all passages, the shares of the question that the passage and
the sentence mention (word pieces by inverse document frequency), the most telling word that the passage lacks, the
share of the question's names that it mentions, whether the answer is of the type that the question asks for, and the
passage's rank; rows of tables are passages of their own. It was fitted on
{calibration_questions} development questions
with five retrieved passages each, of which {calibration_right:.1%} came out right (answered rightly, or rightly
declined).

## Data

{questions:,} questions; the weights may ship with these licences, with attribution:

| set | share | licence | what |
|---|---|---|---|
{data}

## Results

The int8 graph, on one passage a question; the half of the development articles that calibration did not see; percent,
± half the 95 % interval. EM and F1 are over answerable questions, "declined or answered" over all.

| set | language | answerable + not | EM | F1 | declined or answered rightly |
|---|---|---|---|---|---|
{scores}

## Weaknesses

- Small (5 M own parameters on a 24 M encoder): published BERT-base readers, trained on several times the questions,
  are far better on the same sets.
- Adversarial unanswerable questions (SQuAD 2.0) are hard for it: it tends to answer when the passage names something
  of the right kind.
- One span of at most 48 tokens: no lists, no counting, no comparison, no yes or no.
- It is trained on encyclopaedias, news and biomedical papers; conversation, code and tables are new to it.
- Question and passage are of one language in all its training data.

## Again

    python -m kgqa.pipelines.training.reader DATA OUT --base kgqa/models/encoder --start PRETRAINED/reader \\
        --extraction kgqa/models/extraction --minutes {minutes:.1f} --seed {seed}

PRETRAINED is the folder that the encoder's joint pretraining wrote, where the reader's task was one of six (see the
encoder's card). The run had {steps:,} steps; where questions that are held back were read no better, it kept the
weights that it began with.

Training data {data_fingerprint}, trunk {trunk_id}. Training is bounded by time, so another machine takes another
number of steps.
"""


def write_card(path: Path, report: ReaderReport) -> None:
    """Write the card of a reader from its report."""
    data = "\n".join(
        f"| {part.name} | {part.share:.0%} | {part.licence} | {part.kind} |"
        for part in (*TRAINING_SETS, FACTS, DIALOGUES)
    )
    card = _CARD.format(
        megabytes=report.megabytes,
        threshold=report.threshold,
        calibration_questions=report.calibration_questions,
        calibration_right=report.calibration_right,
        questions=report.provenance.training_questions,
        data=data,
        scores="\n".join(_row(scores) for scores in report.scores),
        minutes=report.provenance.minutes,
        steps=report.provenance.steps,
        seed=report.provenance.seed,
        data_fingerprint=report.provenance.data_fingerprint,
        trunk_id=report.trunk_id,
    )
    path.write_text(card, encoding="utf-8")


def _row(scores: ReadingScores) -> str:
    declined = "" if scores.declined is None else f"{scores.declined} ± {scores.declined_interval}"
    return (
        f"| {_NAMES[scores.name]} | {scores.language} | {scores.answerable} + {scores.unanswerable} "
        f"| {scores.exact} ± {scores.exact_interval} | {scores.f1} ± {scores.f1_interval} | {declined} |"
    )
