"""Writes a trained reader's model folder: weights, ONNX graph, calibration, report and card.

    python -m kgqa.pipelines.training.reader_export DATA FOLDER --base ENCODER --extraction EXTRACTION

fits the confidence of the reader in FOLDER again, for instance once the extraction model on the same encoder is there
to tell the names in a question.
"""

import argparse
import json
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kgqa.encoder import Encoder
from kgqa.extraction import Extractor, open_extractor
from kgqa.generation.calibration import Calibration, Features
from kgqa.generation.reader import OnnxReader
from kgqa.pipelines.evaluation.reading import ReadingScores, evaluate_reader, report_half
from kgqa.pipelines.training.export import export_top
from kgqa.pipelines.training.reader_calibration import Fit, fit_calibration, read_names, retrieved
from kgqa.pipelines.training.reader_card import write_card
from kgqa.pipelines.training.reader_data import DEVELOPMENT_SETS, Question, read_development
from kgqa.pipelines.training.reader_facts import read_fact_questions
from kgqa.pipelines.training.reader_model import ReaderTop
from kgqa.pipelines.training.reader_windows import QUESTION_TOKENS

__all__ = ["Provenance", "ReaderReport", "calibrate_reader", "export_reader"]

ANSWER_TOKENS = 48
SERVED_TOKENS = 256
UNFITTED = Calibration(Features(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0.0)


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a reader was trained."""

    seed: int
    data_fingerprint: str
    training_questions: int
    minutes: float
    steps: int


@dataclass(frozen=True, slots=True)
class ReaderReport:
    """How a reader was trained and what it scores; `report.json` of its folder."""

    trunk_id: str
    provenance: Provenance
    scores: tuple[ReadingScores, ...]
    calibration_questions: int
    calibration_right: float
    threshold: float
    megabytes: float


def export_reader(
    top: ReaderTop,
    questions: Sequence[Question],
    data: Path,
    out: Path,
    *,
    base: Path,
    provenance: Provenance,
    extraction: Path | None = None,
    sample: int = 300,
) -> ReaderReport:
    """Write the model folder `out` and say how good the model is.

    Calibration and scores come from the development sets: one half of their articles each, `sample` questions a set,
    read by the exported (int8) graph; calibration has as many questions on facts held back besides. The names in the
    questions, and the types of what passages name, are found by the model in `extraction`; without one the calibration
    knows none.
    """
    top.eval()
    encoder = Encoder.open(base)
    export_top(top, top.roles.embedding_dim, ("start", "end", "null"), out / "top.onnx")
    vocabulary = int(json.loads((base / "config.json").read_text(encoding="utf-8"))["vocab_size"])
    np.save(out / "idf.npy", piece_frequencies(questions, encoder, vocabulary).astype(np.float16))
    config = {
        "kind": "reader",
        "trunk_id": encoder.trunk_id,
        "question_tokens": QUESTION_TOKENS,
        "passage_tokens": SERVED_TOKENS,
        "stride": SERVED_TOKENS // 2,
        "answer_tokens": ANSWER_TOKENS,
        "threshold": 0.5,
        "calibration": UNFITTED.to_config(),
        **asdict(provenance),
    }
    _write(out / "config.json", config)
    return calibrate_reader(data, out, base=base, extraction=extraction, sample=sample)


def calibrate_reader(
    data: Path, folder: Path, *, base: Path, extraction: Path | None = None, sample: int = 300
) -> ReaderReport:
    """Fit the confidence of the reader in a model folder, score it, and write configuration, report and card.

    Raises:
        ModelError: the folder is not a reader's, or is one on another encoder.
    """
    encoder = Encoder.open(base)
    extractor = open_extractor(extraction, encoder=encoder) if extraction else None
    reader = OnnxReader.open(encoder, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    provenance = Provenance(**{field.name: config[field.name] for field in fields(Provenance)})
    fit = _fit(reader, data, encoder, extractor, sample, provenance.seed)
    fitted = {"threshold": round(fit.threshold, 3), "calibration": fit.calibration.to_config()}
    _write(folder / "config.json", config | fitted)
    scores = evaluate_reader(data, OnnxReader.open(encoder, folder), sample=sample)
    report = ReaderReport(
        trunk_id=encoder.trunk_id,
        provenance=provenance,
        scores=tuple(scores),
        calibration_questions=fit.questions,
        calibration_right=round(fit.right, 3),
        threshold=round(fit.threshold, 3),
        megabytes=round((folder / "top.onnx").stat().st_size / 1e6, 1),
    )
    _write(folder / "report.json", asdict(report))
    write_card(folder / "README.md", report)
    return report


def piece_frequencies(questions: Sequence[Question], encoder: Encoder, size: int) -> NDArray[np.float32]:
    """Inverse document frequency of each word piece over the training questions and their contexts, `(size,)`.

    With the questions among the documents, "what" and 什么 weigh little, as they should.
    """
    texts = list(dict.fromkeys([question.context for question in questions]))
    texts += list(dict.fromkeys([question.question for question in questions]))
    counts = np.zeros(size)
    for first in range(0, len(texts), 1000):
        for ids, _ in encoder.tokenize(texts[first : first + 1000]):
            counts[np.unique(np.asarray(ids, dtype=np.int64))] += 1
    idf: NDArray[np.float32] = np.log(1 + len(texts) / (1 + counts)).astype(np.float32)
    return idf


def _fit(reader: OnnxReader, data: Path, encoder: Encoder, extractor: Extractor | None, sample: int, seed: int) -> Fit:
    """On the halves of the development sets that are not scored, whose questions were written beside their passage and
    share its words, and on facts held back from training, asked in words of their own.
    """
    rng = random.Random(seed)
    sets = [report_half(read_development(data, name), other=True) for name in DEVELOPMENT_SETS]
    sets.append(read_fact_questions(data, seed, held_back=True))
    asked = [item for questions in sets for item in retrieved(questions, encoder, sample, rng)]
    return fit_calibration(reader, asked, *(read_names(asked, extractor) if extractor else ()))


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds reading/ and qa/")
    parser.add_argument("folder", type=Path, help="the reader's model folder")
    parser.add_argument("--base", type=Path, required=True, help="folder of the bilingual encoder")
    parser.add_argument("--extraction", type=Path, help="extraction model that tells the names in a question")
    parser.add_argument("--sample", type=int, default=300, help="questions a development set")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    report = calibrate_reader(
        options.data, options.folder, base=options.base, extraction=options.extraction, sample=options.sample
    )
    print(json.dumps(asdict(report), indent=2))


if __name__ == "__main__":
    main()
