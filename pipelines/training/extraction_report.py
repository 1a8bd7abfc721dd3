"""How good a trained extraction model is: scores on the development sets, pictures, and a card that says so."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kgqa.encoder import Encoder
from kgqa.extraction import OnnxExtractor, Schema
from kgqa.pipelines.evaluation.extraction import (
    ExtractionReport,
    Task,
    extract_examples,
    score,
    score_all_events,
)
from kgqa.pipelines.training.extraction_card import write_card
from kgqa.pipelines.training.extraction_corpora import Corpus, read_development
from kgqa.pipelines.training.extraction_export import write_json
from kgqa.pipelines.training.extraction_pictures import draw_curve, draw_scores
from kgqa.types import Example, Extraction

__all__ = ["ModelReport", "report_model"]

_TASKS: Mapping[str, tuple[Task, ...]] = {
    "knowledgenet": ("relations",),
    "docred": ("entities", "relations"),
    "finre": ("relations",),
    "gap": ("coreference",),
    "litbank": ("coreference",),
    "geneva": ("events",),
    "phee": ("events",),
    "fewfc": ("events",),
}
_TUNED = ("knowledgenet", "re-docred")
MOST_TEXTS = 1200
"""Of a development set."""


@dataclass(frozen=True, slots=True)
class ModelReport:
    """What a model was trained on and what it scores; `report.json` of its folder."""

    settings: Mapping[str, object]
    scores: tuple[ExtractionReport, ...] = ()
    megabytes: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """The report as plain JSON types."""
        scores = [report.to_dict() for report in self.scores]
        return {"settings": dict(self.settings), "scores": scores, "megabytes": dict(self.megabytes)}


def report_model(
    out: Path,
    data: Path,
    held_back: Sequence[Example],
    *,
    base: Path,
    curve: Sequence[tuple[float, float, float, float]] = (),
) -> ModelReport:
    """Score the model in `out` as it is served and write `report.json`, two pictures and the card `README.md` beside
    it.

    With a folder of data sets the development sets are scored, and the thresholds of relations are chosen on every
    other text of KnowledgeNet and Re-DocRED, which then are not scored. With a file, what was held back of it is.
    """
    encoder = Encoder.open(base)
    if data.is_dir():
        scores = _development_scores(out, data, encoder)
    else:
        scores = _own_scores(OnnxExtractor.open(out, encoder), data.name, held_back)
    settings = json.loads((out / "config.json").read_text(encoding="utf-8"))
    left_out = ("types", "relations", "relation_thresholds")
    megabytes = {
        name: round((out / name).stat().st_size / 1e6, 1) for name in ("model.safetensors", "top.onnx", "pairs.onnx")
    }
    report = ModelReport({k: v for k, v in settings.items() if k not in left_out}, tuple(scores), megabytes)
    write_json(out / "report.json", report.to_dict())
    draw_curve(curve, out / "learning_curve.png")
    draw_scores(scores, out / "scores.png")
    write_card(report, out / "README.md", own=not data.is_dir())
    return report


def _own_scores(extractor: OnnxExtractor, name: str, held_back: Sequence[Example]) -> list[ExtractionReport]:
    found = extract_examples(held_back, extractor)
    tasks: list[Task] = []
    tasks += ["entities"] if any(m.type and not m.nominal for e in held_back for m in e.mentions) else []
    tasks += ["relations"] if any(e.relations for e in held_back) else []
    scores = [score(held_back, found, task, data=name, model=extractor.name) for task in tasks]
    known = {*extractor.schema.events} & {*extractor.config.types}
    if any(event.type in known for e in held_back for event in e.events):
        scores.append(score_all_events(held_back, extractor, data=name))
    return scores


def _development_scores(out: Path, data: Path, encoder: Encoder) -> list[ExtractionReport]:
    schema = Schema.load(out / "schema.toml")
    read = read_development(data, schema)
    tuned = [(corpus, examples[1::2]) for corpus, examples in read if corpus.name in _TUNED]
    _choose_thresholds(out, encoder, tuned)
    extractor = OnnxExtractor.open(out, encoder)
    scores = []
    for corpus, examples in read:
        kept = (examples[0::2] if corpus.name in _TUNED else examples)[:MOST_TEXTS]
        if _TASKS.get(corpus.format) == ("events",):
            scores.append(score_all_events(kept, extractor, data=f"{corpus.name} {corpus.part}"))
            continue
        found = extract_examples(kept, extractor)
        for task in _TASKS.get(corpus.format, ("entities",)):
            by_entity = corpus.format == "docred"
            scores.append(
                score(kept, found, task, data=f"{corpus.name} {corpus.part}", model=extractor.name, by_entity=by_entity)
            )
    return scores


def _choose_thresholds(out: Path, encoder: Encoder, tuned: Sequence[tuple[Corpus, Sequence[Example]]]) -> None:
    """Write the thresholds with the best F1 to `config.json`: one for all relations, and its own for a frequent one."""
    path = out / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    names = tuple(config["relation_thresholds"])
    write_json(path, {**config, "relation_thresholds": dict.fromkeys(names, _GRID[0])})
    extractor = OnnxExtractor.open(out, encoder)
    found = [(corpus, examples, extract_examples(examples, extractor)) for corpus, examples in tuned]
    reports = {threshold: [_scored(threshold, *entry) for entry in found] for threshold in _GRID}
    best = max(_GRID, key=lambda threshold: sum(report.f1 for report in reports[threshold]))
    own = {name: _own_threshold(name, best, reports) for name in names}
    write_json(path, {**config, "relation_thresholds": own})


def _scored(
    threshold: float, corpus: Corpus, examples: Sequence[Example], found: Sequence[Extraction]
) -> ExtractionReport:
    above = [_above(extraction, threshold) for extraction in found]
    return score(examples, above, "relations", by_entity=corpus.format == "docred")


def _own_threshold(name: str, common: float, reports: Mapping[float, Sequence[ExtractionReport]]) -> float:
    """The threshold with the best mean F1 of one relation, weighted by how often it occurs, or the common one.

    Never below the common: texts chosen for a relation hold it more often than others do.
    """
    weights = [report.per_type[name].n if name in report.per_type else 0 for report in reports[common]]
    if sum(weights) < FREQUENT:
        return common

    def weighted(threshold: float) -> float:
        types = (report.per_type.get(name) for report in reports[threshold])
        return sum(weight * (scores.f1 if scores else 0) for weight, scores in zip(weights, types, strict=True))

    higher = [threshold for threshold in _GRID if threshold >= common]
    return max(higher, key=lambda threshold: (round(weighted(threshold), 2), -threshold))


FREQUENT = 25
"""Facts of a relation in the texts that thresholds are chosen on, from which on it has its own."""
_GRID = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


def _above(extraction: Extraction, threshold: float) -> Extraction:
    least = 1 / (1 + 2.718281828459045**-threshold)
    return replace(extraction, relations=tuple(r for r in extraction.relations if r.confidence > least))
