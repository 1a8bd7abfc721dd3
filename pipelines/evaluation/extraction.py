"""Scores an extraction model on annotated text: entities, relations, events, coreference.

python -m kgqa.pipelines.evaluation.extraction entities my.conll
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from kgqa.encoder import Encoder
from kgqa.errors import DataError
from kgqa.extraction import Extractor, OnnxExtractor, TypingExtractor
from kgqa.pipelines.evaluation.extraction_events import given_triggers, score_events
from kgqa.pipelines.evaluation.extraction_pairs import GIVEN_PAIRS, score_antecedents, score_pairs
from kgqa.pipelines.evaluation.extraction_scores import Counts, Scores, scores, summed
from kgqa.pipelines.training.formats import guess_format, read_labelled
from kgqa.text import detect_language
from kgqa.types import Chunk, Example, Extraction, Mention

__all__ = ["ExtractionReport", "Scores", "Task", "evaluate_extraction", "extract_examples", "score"]

Task = Literal["entities", "relations", "events", "coreference"]


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """How a model does on a data set."""

    task: Task
    data: str
    model: str
    texts: int
    precision: float
    recall: float
    f1: float
    n: int
    interval: tuple[float, float]
    per_type: Mapping[str, Scores] = field(default_factory=dict)
    unknown_types: Mapping[str, int] | None = None
    """Labels that the model was never given, with how many there are; they are not in the scores above."""
    f1_masculine: float | None = None
    """Of GAP, by the pronoun."""
    f1_feminine: float | None = None
    f1_given_names: float | None = None
    """Of coreference: F1 where the names to choose from are given, GAP's "gold-two-mention"."""
    trigger_f1: float | None = None
    """Of events; then precision, recall, F1, n and interval above are those of the triggers too."""
    argument_f1: float | None = None
    argument_f1_gold_trigger: float | None = None
    arguments: Scores | None = None
    arguments_gold_trigger: Scores | None = None
    arguments_per_type: Mapping[str, Scores] | None = None

    @classmethod
    def of(
        cls, task: Task, data: str, model: str, texts: int, whole: Scores, per_type: Mapping[str, Scores]
    ) -> "ExtractionReport":
        """The report with these scores."""
        numbers = whole.precision, whole.recall, whole.f1
        return cls(task, data, model, texts, *numbers, whole.n, whole.interval, per_type)

    def to_dict(self) -> dict[str, object]:
        """The report as plain JSON types."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def evaluate_extraction(
    data: Path,
    task: Task,
    *,
    format: str | None = None,
    model: Path | None = None,
    labels: Path | None = None,
    types: Path | None = None,
    encoder: Encoder | None = None,
) -> ExtractionReport:
    """Scores of a model, by default the shipped one, on a file of annotated text.

    Entities count when type and both borders are right; only types that the data annotates count. A relation is right
    when an annotated one of its type has ends that both overlap its own (KnowledgeNet's text F1); of a document's
    entities any mention will do. Coreference is scored over the pairs of a reference and another annotated mention.
    Events are scored as `extraction_events` says, relations of given pairs as `extraction_pairs` does. Entities are
    read with the types of one's own in the file `types`, too.

    Raises:
        DataError: the data has a fault, or nothing of the kind is annotated in it.
        ModelError: the model cannot be opened.
        ConfigError: the types have a fault.
    """
    encoder = encoder or Encoder.open()
    extractor = OnnxExtractor.open(model or "extraction", encoder)
    schema = extractor.schema.extended(types) if types else extractor.schema
    name = format or guess_format(data)
    examples, strange = read_labelled(data, name, schema, labels)
    if task == "events":
        report = score_all_events(examples, extractor, data=data.name)
    elif task == "relations" and name in GIVEN_PAIRS:
        report = score_given_pairs(examples, extractor, data=data.name, macro=name == "semeval")
    else:
        own = TypingExtractor(extractor, extractor.schema, schema, encoder) if types else extractor
        found = extract_examples(examples, own)
        named = {"data": data.name, "model": own.name}
        report = score(examples, found, task, by_entity=name == "docred", **named)
        if task == "coreference":
            report = with_given_names(report, examples, extractor)
    return replace(report, unknown_types={**strange.all, **(report.unknown_types or {})} or None)


def extract_examples(examples: Sequence[Example], extractor: Extractor, size: int = 256) -> list[Extraction]:
    """What the extractor reads in each text."""
    chunks = _chunks(examples)
    return [found for first in range(0, len(chunks), size) for found in extractor.extract(chunks[first : first + size])]


def _chunks(examples: Sequence[Example]) -> list[Chunk]:
    return [
        Chunk(str(n), str(n), 0, len(example.text), example.text, language=detect_language(example.text))
        for n, example in enumerate(examples)
    ]


def score_all_events(
    examples: Sequence[Example], extractor: OnnxExtractor, *, data: str = "", size: int = 256
) -> ExtractionReport:
    """The report on events: read from the text alone, and once more with the annotated triggers given.

    Raises:
        DataError: no events are annotated.
    """
    if not any(example.events for example in examples):
        raise DataError(f"{data or 'The data'} has no annotated events. Name the right --format, or other data.")
    chunks, triggers = _chunks(examples), [given_triggers(example) for example in examples]
    of_given = [
        found
        for first in range(0, len(chunks), size)
        for found in extractor.extract(chunks[first : first + size], triggers[first : first + size])
    ]
    found = score_events(examples, extract_examples(examples, extractor, size), of_given)
    whole = found.triggers
    report = ExtractionReport.of("events", data, extractor.name, len(examples), whole, found.per_type)
    return replace(
        report,
        trigger_f1=whole.f1,
        argument_f1=found.arguments.f1,
        argument_f1_gold_trigger=found.arguments_gold_trigger.f1,
        arguments=found.arguments,
        arguments_gold_trigger=found.arguments_gold_trigger,
        arguments_per_type=found.arguments_per_type,
    )


def score_given_pairs(
    examples: Sequence[Example], extractor: OnnxExtractor, *, data: str = "", macro: bool = False
) -> ExtractionReport:
    """The report on relations between given mentions.

    Raises:
        DataError: no relations are annotated.
    """
    if not any(relation.type for example in examples for relation in example.relations):
        raise DataError(f"{data or 'The data'} has no annotated relations. Name the right --format, or other data.")
    found = score_pairs(examples, extractor, macro=macro)
    report = ExtractionReport.of("relations", data, extractor.name, len(examples), found.whole, found.per_type)
    return replace(report, unknown_types=found.unknown or None)


def with_given_names(
    report: ExtractionReport, examples: Sequence[Example], extractor: OnnxExtractor
) -> ExtractionReport:
    """A report on coreference with what the model makes of it where the names to choose from are given."""
    return replace(report, f1_given_names=score_antecedents(examples, extractor).f1)


def score(
    examples: Sequence[Example],
    found: Sequence[Extraction],
    task: Task,
    *,
    data: str = "",
    model: str = "",
    by_entity: bool = False,
) -> ExtractionReport:
    """The report on extractions, one for each example; on events see `score_all_events`.

    Raises:
        DataError: nothing of the kind is annotated.
    """
    relation_counts: _Count = lambda example, extraction: _relations(example, extraction, by_entity)  # noqa: E731
    count = {"entities": _entities, "relations": relation_counts, "coreference": _coreference}[task]
    counts = [count(example, extraction) for example, extraction in zip(examples, found, strict=True)]
    if not any(entry.annotated for text in counts for entry in text.values()):
        raise DataError(f"{data or 'The data'} has no annotated {task}. Name the right --format, or other data.")
    types = sorted({name for text in counts for name in text})
    per_type = {name: scores([text.get(name, Counts()) for text in counts]) for name in types}
    whole = scores([summed(text.values()) for text in counts])
    report = ExtractionReport.of(task, data, model, len(examples), whole, per_type)
    if task != "coreference":
        return report
    gender = {key: per_type[key].f1 if key in per_type else None for key in ("masculine", "feminine")}
    return replace(report, f1_masculine=gender["masculine"], f1_feminine=gender["feminine"])


_Count = Callable[[Example, Extraction], dict[str, Counts]]


def _entities(example: Example, extraction: Extraction) -> dict[str, Counts]:
    kinds = example.annotated_types
    gold = {(m.start, m.end, m.type) for m in example.mentions if m.type in kinds and not m.nominal}
    read = {(m.start, m.end, m.type) for m in extraction.mentions if m.type in kinds and not m.nominal}
    counts = {}
    for kind in sorted({kind for *_, kind in gold | read}):
        right = len({item for item in gold & read if item[2] == kind})
        predicted, annotated = (len([item for item in items if item[2] == kind]) for items in (read, gold))
        counts[kind] = Counts(right, predicted, right, annotated)
    return counts


def _relations(example: Example, extraction: Extraction, by_entity: bool) -> dict[str, Counts]:
    gold = [(r.type, _names(example, r.head, by_entity), _names(example, r.tail, by_entity)) for r in example.relations]
    read = [(r.type, extraction.mentions[r.head], extraction.mentions[r.tail]) for r in extraction.relations]
    counts = {}
    for kind in sorted({kind for kind, *_ in gold} | ({kind for kind, *_ in read} & example.annotated_types)):
        ours = [(head, tail) for name, head, tail in read if name == kind]
        theirs = list(dict.fromkeys((head, tail) for name, head, tail in gold if name == kind))
        matches = [[_same_fact(one, other) for other in theirs] for one in ours]
        right = sum(any(row) for row in matches)
        counts[kind] = Counts(right, len(ours), sum(any(column) for column in zip(*matches, strict=True)), len(theirs))
    return counts


def _names(example: Example, mention: int, by_entity: bool) -> tuple[tuple[int, int], ...]:
    """The places where what the mention stands for is named."""
    members = (
        next((cluster for cluster in example.clusters if mention in cluster), (mention,)) if by_entity else (mention,)
    )
    return tuple((example.mentions[n].start, example.mentions[n].end) for n in members)


_Places = tuple[tuple[int, int], ...]


def _same_fact(ours: tuple[Mention, Mention], theirs: tuple[_Places, _Places]) -> bool:
    return all(
        any(m.start < end and start < m.end for start, end in places) for m, places in zip(ours, theirs, strict=True)
    )


def _coreference(example: Example, extraction: Extraction) -> dict[str, Counts]:
    counts: dict[str, Counts] = {}
    for n, mention in enumerate(example.mentions):
        if not mention.nominal:
            continue
        right = next((set(cluster) - {n} for cluster in example.clusters if n in cluster), set())
        same = _cluster_spans(extraction, mention)
        says = {
            other
            for other, candidate in enumerate(example.mentions)
            if other != n and any(candidate.start < end and start < candidate.end for start, end in same)
        }
        gender = _GENDER.get(mention.text.lower(), "other")
        counts[gender] = summed(
            [counts.get(gender, Counts()), Counts(len(says & right), len(says), len(says & right), len(right))]
        )
    return counts


_GENDER = {
    "he": "masculine",
    "his": "masculine",
    "him": "masculine",
    "she": "feminine",
    "her": "feminine",
    "hers": "feminine",
}


def _cluster_spans(extraction: Extraction, mention: Mention) -> list[tuple[int, int]]:
    """Where the model names what the mention stands for."""
    for cluster in extraction.clusters:
        members = [extraction.mentions[member] for member in cluster]
        if any((m.start, m.end) == (mention.start, mention.end) for m in members):
            return [(m.start, m.end) for m in members if (m.start, m.end) != (mention.start, mention.end)]
    return []


def _main() -> None:
    parser = argparse.ArgumentParser(description="Score an extraction model.")
    parser.add_argument("task", choices=("entities", "relations", "events", "coreference"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--format")
    parser.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    report = evaluate_extraction(arguments.data, arguments.task, format=arguments.format, model=arguments.model)
    print(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))


if __name__ == "__main__":
    _main()
