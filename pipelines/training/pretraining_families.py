"""What the model families will be asked, learned while the encoder is still whole.

Extraction and reading are further tasks of the bilingual pretraining: their heads stand on the student's own upper
layers, so that the trunk, which is frozen afterwards, has seen names, relations and answers in both languages. Each
family then goes on from `OUT/extraction` and `OUT/reader` with upper layers of its own. Multi-task pretraining of one
encoder: Aghajanyan et al., "Muppet", https://arxiv.org/abs/2101.11038.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from kgqa.extraction.schema import Schema
from kgqa.pipelines.training.bilingual import TRUNK_LAYERS
from kgqa.pipelines.training.extraction_corpora import read_training as read_extraction
from kgqa.pipelines.training.extraction_features import Labels, make_item
from kgqa.pipelines.training.extraction_model import ExtractionSizes, ExtractionTop
from kgqa.pipelines.training.extraction_run import Source, extraction_losses, stream
from kgqa.pipelines.training.machine import Machine
from kgqa.pipelines.training.pretraining_objectives import Student
from kgqa.pipelines.training.reader_corpora import read_training as read_questions
from kgqa.pipelines.training.reader_data import Question
from kgqa.pipelines.training.reader_model import ReaderTop, reading_loss
from kgqa.pipelines.training.reader_windows import stream as stream_windows

__all__ = ["ExtractionTask", "FamilyTask", "ReadingTask", "family_tasks"]

BATCH_TOKENS = 2400
PASSAGE_TOKENS = 128


class FamilyTask(Protocol):
    """A family's task on the student's states."""

    name: str

    @property
    def top(self) -> nn.Module:
        """The student's upper layers and, trained beside them, the family's head."""
        ...

    def loss(self, student: Student) -> Tensor:
        """The loss of the next batch of the family's data."""
        ...

    def save(self, folder: Path) -> None:
        """Write what the family's own training starts from to `folder`."""
        ...


class ExtractionTask:
    """Entities, relations, coreference and events."""

    name = "extraction"

    def __init__(self, sources: Sequence[Source], student: Student, machine: Machine, seed: int) -> None:
        self.labels, self.device = Labels.of(Schema.load(None)), machine.device
        sizes = ExtractionSizes.of(self.labels, student.encoder.shape.hidden_size)
        self.top = ExtractionTop(student.encoder.layers[TRUNK_LAYERS:], sizes)
        self._batches = stream(sources, self.labels, machine, f"pretraining-{seed}")

    def loss(self, student: Student) -> Tensor:
        """The losses of spans, relations, coreference and arguments together."""
        batch = next(self._batches).to(self.device)
        return extraction_losses(self.top, student.lower(batch.ids, batch.mask), batch, self.labels).sum()

    def save(self, folder: Path) -> None:
        """Weights and the order of the labels, as `extraction_export.load_weights` reads them."""
        labels = self.labels
        _save_top(self.top, folder, {"types": labels.types, "relations": labels.relations, "roles": labels.roles})


class ReadingTask:
    """Extractive reading."""

    name = "reader"

    def __init__(
        self, questions: Sequence[Question], student: Student, tokenizer: Tokenizer, machine: Machine, seed: int
    ) -> None:
        self.top, self.device = (
            ReaderTop(student.encoder.layers[TRUNK_LAYERS:], student.encoder.shape.hidden_size),
            machine.device,
        )
        tokens = machine.batch(BATCH_TOKENS)
        self._batches = stream_windows(
            questions, tokenizer, f"pretraining-{seed}", size=PASSAGE_TOKENS, tokens=tokens, workers=machine.workers
        )

    def loss(self, student: Student) -> Tensor:
        """The loss of start, end and null."""
        batch = next(self._batches).to(self.device)
        start, end, null = self.top(student.lower(batch.ids, batch.mask), batch.mask, batch.roles)
        return reading_loss(start.float(), end.float(), null.float(), batch)

    def save(self, folder: Path) -> None:
        """Weights, as `ReaderTop.take_over` reads them."""
        _save_top(self.top, folder, {})


def family_tasks(data: Path, student: Student, tokenizer: Tokenizer, machine: Machine, seed: int) -> list[FamilyTask]:
    """Every family's task; `data` is the folder of data sets that the shipped models are trained on."""
    schema = Schema.load(None)
    labels = Labels.of(schema)
    sources = [
        Source([make_item(example, tokenizer, labels) for example in examples], corpus.share)
        for corpus, examples in read_extraction(data, schema)
    ]
    questions = read_questions(data, seed)
    return [
        ExtractionTask(sources, student, machine, seed),
        ReadingTask(questions, student, tokenizer, machine, seed),
    ]


def _save_top(top: nn.Module, folder: Path, config: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().half().clone() for name, tensor in top.state_dict().items()}
    save_file(tensors, folder / "model.safetensors.partial", metadata={"format": "pt"})
    (folder / "model.safetensors.partial").replace(folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
