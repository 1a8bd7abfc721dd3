"""How good a trained extraction model is: scores on the development sets, pictures, and a card that says so."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kgqa.encoder import Encoder
from kgqa.extraction import OnnxExtractor, Schema
from kgqa.pipelines.evaluation.extraction import (
    ExtractionReport,
    Task,
    extract_examples,
    score,
    score_all_events,
    with_given_names,
)
from kgqa.pipelines.evaluation.extraction_development import score_development
from kgqa.pipelines.training.extraction_card import write_card
from kgqa.pipelines.training.extraction_corpora import TUNED, read_development
from kgqa.pipelines.training.extraction_export import write_json
from kgqa.pipelines.training.extraction_pictures import draw_curve, draw_scores
from kgqa.pipelines.training.extraction_thresholds import choose_thresholds
from kgqa.types import Example

__all__ = ["ModelReport", "report_model"]


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
    curve: Sequence[tuple[float, ...]] = (),
    held_back_curve: Sequence[tuple[float, float]] = (),
) -> ModelReport:
    """Score the model in `out` as it is served and write `report.json`, two pictures and the card `README.md` beside
    it.

    With a folder of data sets the development sets are scored, and thresholds are chosen on every other text of those
    in `TUNED`, which then are not scored. With a file, what was held back of it is.
    """
    encoder = Encoder.open(base)
    if data.is_dir():
        scores = _development_scores(out, data, encoder)
    else:
        scores = _own_scores(OnnxExtractor.open(out, encoder), data.name, held_back)
    settings = json.loads((out / "config.json").read_text(encoding="utf-8"))
    left_out = ("types", "relations", "roles", "relation_thresholds", "language_margins")
    graphs = sorted(path.name for path in out.glob("*.onnx"))
    megabytes = {name: round((out / name).stat().st_size / 1e6, 1) for name in ("model.safetensors", *graphs)}
    report = ModelReport({k: v for k, v in settings.items() if k not in left_out}, tuple(scores), megabytes)
    write_json(out / "report.json", report.to_dict())
    draw_curve(curve, held_back_curve, out / "learning_curve.png")
    draw_scores(scores, out / "scores.png")
    write_card(report, out / "README.md", own=not data.is_dir())
    return report


def _own_scores(extractor: OnnxExtractor, name: str, held_back: Sequence[Example]) -> list[ExtractionReport]:
    found = extract_examples(held_back, extractor)
    tasks: list[Task] = []
    names = (m for e in held_back for m in e.mentions if m.type in e.annotated_types and not m.nominal)
    tasks += ["entities"] if any(names) else []
    tasks += ["relations"] if any(e.relations for e in held_back) else []
    tasks += ["coreference"] if any(e.clusters for e in held_back) else []
    scores = [score(held_back, found, task, data=name, model=extractor.name) for task in tasks]
    scores = [with_given_names(one, held_back, extractor) if one.task == "coreference" else one for one in scores]
    known = {*extractor.schema.events} & {*extractor.config.types}
    if any(event.type in known for e in held_back for event in e.events):
        scores.append(score_all_events(held_back, extractor, data=name))
    return scores


def _development_scores(out: Path, data: Path, encoder: Encoder) -> list[ExtractionReport]:
    read = read_development(data, Schema.load(out / "schema.toml"))
    choose_thresholds(out, encoder, [(corpus, examples[1::2]) for corpus, examples in read if corpus.name in TUNED])
    return list(score_development(data, OnnxExtractor.open(out, encoder)))
