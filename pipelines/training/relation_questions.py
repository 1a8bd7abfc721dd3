"""Trains the classifier that tells which relation of the schema a question asks for, and which end of it.

    python -m kgqa.pipelines.training.relation_questions DATA OUT --base ENCODER

A linear layer on the sentence embeddings of questions without names: KGConv's templates for the Wikidata properties
behind the relations (Brabant et al., https://arxiv.org/abs/2308.15298, English, CC BY 4.0), questions of KdConv's
dialogues whose answer gives one attribute (Zhou et al., ACL 2020, https://aclanthology.org/2020.acl-main.635, Chinese,
Apache-2.0) and our own in `relation_questions.toml`, in both languages. Questions for other properties teach it what
asks for none of them. A fifth is held back to score on; the weights that are written then learn from all. Takes a
minute on two cores.
"""

import argparse
import hashlib
import json
import logging
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import torch
import torch.nn.functional as F

from kgqa.encoder import Encoder, model_path
from kgqa.extraction.schema import Schema
from kgqa.generation.relations import AskedRelation
from kgqa.pipelines.training.extraction_silver_dialogues import ATTRIBUTES, PARTS
from kgqa.pipelines.training.formats_files import json_file
from kgqa.pipelines.training.reader_facts import TEMPLATES, read_templates
from kgqa.text import detect_language

__all__ = ["OTHER", "Accuracy", "ClassifierReport", "RelationQuestion", "read_questions", "train_classifier"]

logger = logging.getLogger(__name__)

OTHER = "OTHER"
OWN = Path(__file__).with_name("relation_questions.toml")
PER_CLASS, PER_OTHER = 100, 6
"""Templates of one relation and end, and of one property that is none of the schema's."""
HELD_BACK = 5
"""One in so many questions."""
DECAY = 1e-3
KDCONV = "qa/kdconv"
SHORTEST, LONGEST = 4, 24
"""Characters of a question in a dialogue."""
_ANYTHING = ("Information", "代表作品", "职业")
"""Attributes that are told whatever was asked."""
_CLAUSE = re.compile("[^，。！？,.!?；;]+[？?]?")
_ASKING = re.compile("[谁哪几]|什么|多少|何时")
SCALE = 10.0
"""Of the embeddings, which have length 1."""


@dataclass(frozen=True, slots=True)
class RelationQuestion:
    """A question without names, and what it asks for; None: something else."""

    text: str
    asked: AskedRelation | None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The share of questions whose class is told rightly, and how many there are."""

    accuracy: float
    n: int


@dataclass(frozen=True, slots=True)
class ClassifierReport:
    """What a classifier was trained on and how good it is; `config.json` of its folder."""

    embedder: str
    seed: int
    questions: int
    data_fingerprint: str
    held_back: Mapping[str, Accuracy]
    """By language, of questions for a relation of the schema; ``other`` of those for something else."""
    classes: tuple[AskedRelation, ...]


def read_questions(data: Path, schema: Schema, seed: int = 1) -> list[RelationQuestion]:
    """The questions of `DATA`'s templates and dialogues and our own, each once, in an order by chance.

    Raises:
        DataError: the templates or dialogues are missing or have another form.
    """
    found = [*_own(), *_templates(data, schema, Random(seed)), *_dialogues(data)]
    questions = list({question.text: question for question in reversed(found)}.values())
    Random(seed).shuffle(questions)
    return questions


def _own() -> Iterator[RelationQuestion]:
    for name, ends in tomllib.loads(OWN.read_text(encoding="utf-8")).items():
        for end, texts in ends.items():
            yield from (RelationQuestion(text, None if name == OTHER else AskedRelation(name, end)) for text in texts)


def _templates(data: Path, schema: Schema, rng: Random) -> Iterator[RelationQuestion]:
    relations = {kind.wikidata: name for name, kind in schema.relations.items() if kind.wikidata}
    for property, templates in sorted(read_templates(data / TEMPLATES).items()):
        relation = relations.get(property.removeprefix("-"))
        texts = sorted({template.ask("").replace("  ", " ").replace(" ?", "?") for template in templates})
        for text in rng.sample(texts, min(len(texts), PER_CLASS if relation else PER_OTHER)):
            end = "subject" if property.startswith("-") else "object"
            yield RelationQuestion(text, AskedRelation(relation, end) if relation else None)


def _dialogues(data: Path) -> Iterator[RelationQuestion]:
    """What the speakers ask each other, where the answer gives a single attribute of a single thing."""
    dialogues = [dialogue["messages"] for part in PARTS for dialogue in json_file(data / KDCONV / part)]
    for turn, answer in (pair for turns in dialogues for pair in pairwise(turns)):
        given = {(attribute["name"], attribute["attrname"]) for attribute in answer.get("attrs", ())}
        asking = [clause for clause in _CLAUSE.findall(turn["message"]) if _ASKING.search(clause)]
        if len(given) != 1 or len(asking) != 1:
            continue
        name, attribute = given.pop()
        text = asking[0].replace(name.partition("（")[0], "").strip()
        if attribute not in _ANYTHING and SHORTEST <= len(text) <= LONGEST:
            yield RelationQuestion(text, _asked(attribute))


def _asked(attribute: str) -> AskedRelation | None:
    relation = ATTRIBUTES.get(attribute, ("",))[0]
    end = "subject" if relation.startswith("-") else "object"
    return AskedRelation(relation.removeprefix("-"), end) if relation else None


def train_classifier(data: Path, out: Path, *, base: Path | None = None, seed: int = 1) -> ClassifierReport:
    """Write the classifier's folder `out` (weights, configuration, card) and return its report.

    Raises:
        DataError: the templates are missing or have another form.
        ModelError: `base` is not an encoder's folder.
    """
    encoder, schema = Encoder.open(base or model_path("encoder")), Schema.load()
    questions = read_questions(data, schema, seed)
    vectors = torch.from_numpy(np.vstack([encoder.embed([q.text for q in few]) for few in _batches(questions)]))
    classes = sorted({question.asked for question in questions if question.asked})
    targets = torch.tensor([classes.index(q.asked) if q.asked else len(classes) for q in questions])
    held = torch.arange(len(questions)) % HELD_BACK == 0
    scores = _scores(_fit(vectors[~held], targets[~held], len(classes) + 1), vectors[held])
    report = ClassifierReport(
        embedder=encoder.name,
        seed=seed,
        questions=len(questions),
        data_fingerprint=hashlib.sha256("\n".join(q.text for q in questions).encode()).hexdigest()[:16],
        held_back=_accuracy(scores, targets[held], [q for q, h in zip(questions, held.tolist(), strict=True) if h]),
        classes=tuple(classes),
    )
    out.mkdir(parents=True, exist_ok=True)
    weights = _fit(vectors, targets, len(classes) + 1)
    np.save(out / "weights.npy", weights.numpy().astype(np.float16))
    config = {"kind": "relations", **asdict(report)}
    (out / "config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "README.md").write_text(_card(report, encoder.dimensions), encoding="utf-8")
    return report


def _batches(questions: Sequence[RelationQuestion], size: int = 64) -> Iterator[Sequence[RelationQuestion]]:
    return (questions[start : start + size] for start in range(0, len(questions), size))


def _fit(vectors: torch.Tensor, targets: torch.Tensor, classes: int) -> torch.Tensor:
    """The weights `(dimensions + 1, classes)` of a multinomial regression in which rare classes count for more."""
    inputs = torch.cat([SCALE * vectors, torch.ones(len(vectors), 1)], 1)
    counts = torch.bincount(targets, minlength=classes).clamp(min=1)
    weight = counts.float().rsqrt()[targets]
    layer = torch.zeros(inputs.shape[1], classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([layer], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        losses = F.cross_entropy(inputs @ layer, targets, reduction="none")
        total = (losses * weight).sum() / weight.sum() + DECAY * layer[:-1].square().sum()
        total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    fitted = layer.detach().clone()
    fitted[:-1] *= SCALE
    return fitted


def _scores(weights: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    return vectors @ weights[:-1] + weights[-1]


def _accuracy(
    scores: torch.Tensor, targets: torch.Tensor, questions: Sequence[RelationQuestion]
) -> dict[str, Accuracy]:
    """The share of rightly told classes and n: of relations in each language, and of questions for something else."""
    right: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for question, is_right in zip(questions, (scores.argmax(1) == targets).tolist(), strict=True):
        group = detect_language(question.text) if question.asked else "other"
        right[group] += is_right
        of[group] += 1
    return {group: Accuracy(round(right[group] / n, 3), n) for group, n in sorted(of.items())}


_CARD = """# Which relation a question asks for

A linear layer ({dimensions} + 1 inputs, {classes} relations with the end that is asked for, and one class for any other
question) on the sentence embedding of a question without its names, English or Chinese. The graph's facts answer a
question as far as they are of the relation that it asks for.

**Data.** {questions:,} questions: KGConv's templates for Wikidata properties (Brabant et al., 2023, CC BY 4.0,
English), questions of KdConv's dialogues on films, music and sights (Zhou et al., 2020, Apache-2.0, Chinese), and our
own for the relations of the schema, in both languages.

**Figures**, of one in {held_back} questions, held back from the fit that they are measured on:

| questions | right | n |
|---|---|---|
{rows}

**Weaknesses.** Most Chinese questions come from the same dialogues as those that they are scored on; of relations that
these do not have there are two to four, written beside the schema. Questions with two relations in them get one.
Relations that a user adds are not known; they are compared by their labels.

**Command.** `python -m kgqa.pipelines.training.relation_questions DATA OUT`
"""


def _card(report: ClassifierReport, dimensions: int) -> str:
    names = {"en": "English", "other": "for something else", "zh": "Chinese"}
    rows = "\n".join(f"| {names[group]} | {each.accuracy:.3f} | {each.n} |" for group, each in report.held_back.items())
    classes, questions = len(report.classes), report.questions
    return _CARD.format(dimensions=dimensions, classes=classes, questions=questions, held_back=HELD_BACK, rows=rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of data sets")
    parser.add_argument("out", type=Path, help="model folder to write")
    parser.add_argument("--base", type=Path, help="folder of the bilingual encoder")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    report = train_classifier(given.data, given.out, base=given.base, seed=given.seed)
    print(json.dumps({group: asdict(each) for group, each in report.held_back.items()}, indent=2))


if __name__ == "__main__":
    main()
