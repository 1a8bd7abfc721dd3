"""Trains the extractive reader and writes its model folder.

    python -m kgqa.pipelines.training.reader DATA OUT --base kgqa/models/encoder --minutes 45

DATA holds `reading/` and `qa/` (see `reader_corpora`). Training stops when its minutes are used up, whatever the
machine, or when it reads texts that are held back no better; it can be killed at any time and goes on from its last
checkpoint when it is started again.
"""

import argparse
import itertools
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from kgqa.pipelines.training.bilingual import load_trunk, open_tokenizer
from kgqa.pipelines.training.machine import Machine, add_machine, log_step, mixed_precision, read_machine
from kgqa.pipelines.training.reader_corpora import fingerprint, read_training
from kgqa.pipelines.training.reader_data import Question
from kgqa.pipelines.training.reader_export import Provenance, ReaderReport, export_reader
from kgqa.pipelines.training.reader_model import ReaderTop, read_batch, reading_loss
from kgqa.pipelines.training.reader_windows import Batch, batches, collate, stream, windows
from kgqa.pipelines.training.timed_run import TimedRun

__all__ = ["train_reader"]

logger = logging.getLogger(__name__)

BATCH_TOKENS = 3200
HELD_BACK_EVERY = 50
MOST_HELD_BACK = 30
"""Contexts whose questions are held back to stop on: one of so many, and at most so many, since each look at them takes
its time from training."""
STAGES = ((0.0, 64), (0.6, 160))
"""From which share of the time on windows have how many passage tokens: a question is matched with its answer's
surroundings first, which costs a third; what is served is 256."""


def train_reader(
    data: Path,
    out: Path,
    *,
    base: Path,
    start: Path | None = None,
    extraction: Path | None = None,
    minutes: float = 45,
    seed: int = 1,
    sample: int = 300,
    stages: Sequence[tuple[float, int]] = STAGES,
    machine: Machine | None = None,
    on_step: Callable[[float, float], None] | None = None,
) -> ReaderReport:
    """Train a reader on the upper layers of the encoder in `base`, and write its model folder to `out`.

    `start` is a folder of reader weights on the same encoder to go on from, such as the pretraining's (see
    `pretraining_families`). `extraction` is an extraction model on the same encoder, which tells the calibration the
    names in a question. `stages` says from which share of the time on windows have how many passage tokens. The
    checkpoint is `out/checkpoint.pt`; it is deleted once the model is exported.
    `on_step` gets the share of the time that is used and the running loss.

    Raises:
        DataError: the data folder lacks a file, or a file has a fault.
    """
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    machine, tokenizer = machine or Machine(), open_tokenizer(base)
    questions, held_back = _apart(read_training(data, seed))
    top, trunk = ReaderTop.on(base), load_trunk(base).to(machine.device)
    if start:
        top.take_over(start)
    top = top.to(machine.device)

    def loss(batch: Batch) -> Tensor:
        batch = batch.to(machine.device)
        with mixed_precision(machine.device):
            start, end, null = read_batch(trunk, top, batch)
        return reading_loss(start.float(), end.float(), null.float(), batch)

    rng = random.Random(seed)
    made = [collate(w) for w in batches(windows(held_back, tokenizer, rng, size=stages[-1][1]), BATCH_TOKENS, rng)]

    def held_back_loss() -> float:
        top.eval()
        with torch.no_grad():
            return sum(float(loss(batch)) for batch in made) / len(made)

    run = TimedRun(
        top, out / "checkpoint.pt", rate=machine.rate(BATCH_TOKENS), held_back=held_back_loss if held_back else None
    )

    def drawn(used: float) -> Iterator[Batch]:
        """Those of the stage that runs then, until it ends."""
        stage = sum(used >= begin for begin, _ in stages) - 1
        end = stages[stage + 1][0] if stage + 1 < len(stages) else 1.0
        name, tokens = f"{seed}-{stage}-{run.state.steps}", machine.batch(BATCH_TOKENS)
        found = stream(questions, tokenizer, name, size=stages[stage][1], tokens=tokens, workers=machine.workers)
        return itertools.takewhile(lambda _: run.state.seconds < 60 * minutes * end or end == 1.0, found)

    run.train(drawn, loss, minutes, on_step)
    provenance = Provenance(seed, fingerprint(data), len(questions), round(run.state.seconds / 60, 1), run.state.steps)
    report = export_reader(
        top.cpu(), questions, data, out, base=base, provenance=provenance, extraction=extraction, sample=sample
    )
    run.checkpoint.unlink()
    return report


def _apart(questions: Sequence[Question]) -> tuple[list[Question], list[Question]]:
    """Those to learn from, and some to stop on, which share no context with them."""
    every = max(HELD_BACK_EVERY, len(questions) // MOST_HELD_BACK)
    kept = {question.context for question in questions[::every]} if len(questions) > 2 * every else set()
    parts = [question.context in kept for question in questions]
    return list(itertools.compress(questions, (not p for p in parts))), list(itertools.compress(questions, parts))


def _main() -> None:
    parser = argparse.ArgumentParser(description="Train the extractive reader.")
    parser.add_argument("data", type=Path, help="folder that holds reading/ and qa/")
    parser.add_argument("out", type=Path, help="model folder to write")
    parser.add_argument("--base", type=Path, required=True, help="folder of the bilingual encoder")
    parser.add_argument("--start", type=Path, help="folder of reader weights to go on from")
    parser.add_argument("--extraction", type=Path, help="extraction model that tells the calibration names")
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--sample", type=int, default=300, help="questions a development set to calibrate and score on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passage-tokens", type=int, help="of every window, rather than in stages")
    add_machine(parser)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logger.setLevel(logging.INFO)
    train_reader(
        arguments.data,
        arguments.out,
        base=arguments.base,
        start=arguments.start,
        extraction=arguments.extraction,
        minutes=arguments.minutes,
        sample=arguments.sample,
        seed=arguments.seed,
        stages=((0.0, arguments.passage_tokens),) if arguments.passage_tokens else STAGES,
        machine=read_machine(arguments),
        on_step=log_step(logger),
    )


if __name__ == "__main__":
    _main()
