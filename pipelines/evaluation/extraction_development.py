"""Scores an extraction model on the development sets, and prints the table that it is measured by.

    python -m kgqa.pipelines.evaluation.extraction_development DATA [--model DIR]

DATA is the folder of data sets, by default what the environment variable `KGQA_DATA` names. Of the sets that thresholds
were chosen on, only the other half of the texts is scored.
"""

import argparse
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kgqa.encoder import Encoder
from kgqa.errors import DataError
from kgqa.extraction import OnnxExtractor
from kgqa.pipelines.evaluation.extraction import (
    ExtractionReport,
    Task,
    extract_examples,
    score,
    score_all_events,
    score_given_pairs,
)
from kgqa.pipelines.evaluation.extraction_pairs import GIVEN_PAIRS
from kgqa.pipelines.evaluation.extraction_scores import Scores
from kgqa.pipelines.training.extraction_corpora import TUNED, Corpus, read_development
from kgqa.types import Example

__all__ = ["TARGETS", "Target", "score_development", "table"]

MOST_TEXTS = 1200
"""Of a development set."""

_TASKS: Mapping[str, tuple[Task, ...]] = {
    "knowledgenet": ("relations",),
    "docred": ("entities", "relations"),
    "gap": ("coreference",),
    "litbank": ("coreference",),
    "geneva": ("events",),
    "phee": ("events",),
    "fewfc": ("events",),
}


def score_development(data: Path, extractor: OnnxExtractor) -> Iterator[ExtractionReport]:
    """The report on each development set in the folder `data`.

    Raises:
        DataError: a file is missing or has a fault.
    """
    for corpus, examples in read_development(data, extractor.schema):
        kept = (examples[0::2] if corpus.name in TUNED else examples)[:MOST_TEXTS]
        yield from _reports(corpus, kept, extractor)


def _reports(corpus: Corpus, examples: Sequence[Example], extractor: OnnxExtractor) -> Iterator[ExtractionReport]:
    name, tasks = f"{corpus.name} {corpus.part}", _TASKS.get(corpus.format, ("entities",))
    if tasks == ("events",):
        if {*extractor.schema.events} & {*extractor.config.types}:
            yield score_all_events(examples, extractor, data=name)
    elif corpus.format in GIVEN_PAIRS:
        yield score_given_pairs(examples, extractor, data=name, macro=corpus.format == "semeval")
    else:
        found, by_entity = extract_examples(examples, extractor), corpus.format == "docred"
        for task in tasks:
            yield score(examples, found, task, data=name, model=extractor.name, by_entity=by_entity)


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached on a development set."""

    what: str
    corpus: str
    task: Task
    reach: float
    stretch: float
    arguments: str = ""
    """Of events: ``arguments`` or ``arguments_gold_trigger`` in place of the triggers."""


TARGETS = (
    Target("KnowledgeNet text F1, end to end", "knowledgenet", "relations", 0.68, 0.76),
    Target("entities: UNER-en dev", "uner_en", "entities", 0.80, 0.84),
    Target("entities: UNER-zh dev", "uner_zh", "entities", 0.78, 0.84),
    Target("FinRE dev, pairs given", "finre", "relations", 0.45, 0.50),
    Target("SemEval-2010 task 8, own split, pairs given", "semeval", "relations", 0.84, 0.87),
    Target("GENEVA val: arguments of given triggers", "geneva", "events", 0.64, 0.72, "arguments_gold_trigger"),
    Target("GENEVA val: triggers", "geneva", "events", 0.55, 0.62),
    Target("FewFC, own split, 5 base types: triggers", "fewfc", "events", 0.70, 0.76),
    Target("FewFC, own split, 5 base types: arguments", "fewfc", "events", 0.60, 0.68, "arguments"),
    Target("FewFC, own split, 5 other types: triggers", "fewfc_more", "events", 0.70, 0.76),
    Target("FewFC, own split, 5 other types: arguments", "fewfc_more", "events", 0.60, 0.68, "arguments"),
    Target("GAP dev", "gap", "coreference", 0.72, 0.80),
)


def table(reports: Sequence[ExtractionReport], seconds: float, texts: int) -> str:
    """The table in Markdown: each target, what the model scores, and whether that reaches it."""
    found = {(report.data.split()[0], report.task): report for report in reports}
    rows = ["| | F1 | 95 % | n | reach | stretch | |", "|---|---|---|---|---|---|---|"]
    for target in TARGETS:
        report = found.get((target.corpus, target.task))
        goals = f"{target.reach:.2f} | {target.stretch:.2f}"
        if report is None:
            rows.append(f"| {target.what} | none | | | {goals} | the model has no such types |")
            continue
        scores = _scores(report, target)
        said = "stretch" if scores.f1 >= target.stretch else "reached" if scores.f1 >= target.reach else "missed"
        unknown = f", {sum(report.unknown_types.values())} of unknown types apart" if report.unknown_types else ""
        low, high = scores.interval
        rows.append(
            f"| {target.what} | {scores.f1:.3f} | {low:.3f}–{high:.3f} | {scores.n} | {goals} | {said}{unknown} |"
        )
    return "\n".join([*rows, "", f"{texts} texts in {seconds:.0f} s, reading and scoring included."])


def _scores(report: ExtractionReport, target: Target) -> Scores:
    of = {"arguments": report.arguments, "arguments_gold_trigger": report.arguments_gold_trigger}.get(target.arguments)
    return of or Scores(report.precision, report.recall, report.f1, report.n, report.interval)


def _main() -> None:
    parser = argparse.ArgumentParser(description="Score the extraction model on the development sets.")
    parser.add_argument("data", type=Path, nargs="?", default=os.environ.get("KGQA_DATA"))
    parser.add_argument("--model", type=Path)
    given = parser.parse_args()
    if given.data is None:
        raise DataError("Name the folder of data sets, or set KGQA_DATA to it.")
    extractor, started, reports = OnnxExtractor.open(given.model or "extraction", Encoder.open()), time.monotonic(), []
    for report in score_development(Path(given.data), extractor):
        reports.append(report)
    print(table(reports, time.monotonic() - started, sum(report.texts for report in reports)))


if __name__ == "__main__":
    _main()
