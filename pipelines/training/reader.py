"""Trains the extractive reader and writes its model folder.

    python -m kgqa.pipelines.training.reader DATA OUT --base kgqa/models/encoder --minutes 45

DATA holds `reading/` and `qa/` (see `reader_corpora`). Training stops when its minutes are used up, whatever the
machine; it can be killed at any time and goes on from its last checkpoint when it is started again.
"""

import argparse
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from kgqa.pipelines.training.bilingual import Trunk, load_trunk
from kgqa.pipelines.training.machine import Machine, add_machine, mixed_precision, read_machine
from kgqa.pipelines.training.reader_corpora import fingerprint, read_training
from kgqa.pipelines.training.reader_data import Question
from kgqa.pipelines.training.reader_export import Provenance, ReaderReport, export_reader
from kgqa.pipelines.training.reader_model import ReaderTop, read_batch, reading_loss
from kgqa.pipelines.training.reader_windows import Batch, stream

__all__ = ["train_reader"]

logger = logging.getLogger(__name__)

BATCH_TOKENS = 3200
PEAK_RATE = 2.5e-4
HEAD_RATE = 1e-3
WARM_UP = 0.05
STAGES = ((0.0, 64), (0.6, 160))
"""From which share of the time on windows have how many passage tokens: a question is matched with its answer's
surroundings first, which costs a third; what is served is 256."""
CHECKPOINT_SECONDS = 120


@dataclass(slots=True)
class _State:
    """Where a run is; what a checkpoint holds besides the weights."""

    seconds: float = 0.0
    stage: int = 0
    steps: int = 0


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
    questions = read_training(data, seed)
    run = _Run.start(base, out / "checkpoint.pt", start, machine or Machine())
    run.go_on(questions, _tokenizer(base), seed, 60 * minutes, stages, on_step)
    made = Provenance(seed, fingerprint(data), len(questions), round(run.state.seconds / 60, 1), run.state.steps)
    report = export_reader(
        run.top, questions, data, out, base=base, provenance=made, extraction=extraction, sample=sample
    )
    run.checkpoint.unlink()
    return report


@dataclass(slots=True)
class _Run:
    """A training run: the networks, where it stands, and the file from which it can go on."""

    trunk: Trunk
    top: ReaderTop
    optimizer: torch.optim.Optimizer
    checkpoint: Path
    state: _State
    machine: Machine

    @classmethod
    def start(cls, base: Path, checkpoint: Path, weights: Path | None, machine: Machine) -> Self:
        """A run on the encoder in a folder: from its checkpoint if there is one, else from the weights given."""
        top = ReaderTop.on(base)
        if weights:
            top.take_over(weights)
        top, trunk = top.to(machine.device), load_trunk(base).to(machine.device)
        optimizer = torch.optim.AdamW(
            _groups(top, machine.rate(BATCH_TOKENS)), weight_decay=0.01, betas=(0.9, 0.98), fused=True
        )
        return cls(trunk, top, optimizer, checkpoint, _resume(checkpoint, top, optimizer), machine)

    def go_on(
        self,
        questions: Sequence[Question],
        tokenizer: Tokenizer,
        seed: int,
        seconds: float,
        stages: Sequence[tuple[float, int]],
        on_step: Callable[[float, float], None] | None,
    ) -> None:
        """Train until the seconds are used up."""
        loss: Tensor | None = None
        saved, state = self.state.seconds, self.state
        batches: Iterator[Batch] = iter(())
        started, stage = time.monotonic() - state.seconds, -1
        while state.seconds < seconds:
            used = state.seconds / seconds
            state.stage = sum(used >= start for start, _ in stages) - 1
            if state.stage != stage:
                stage, size, tokens = state.stage, stages[state.stage][1], self.machine.batch(BATCH_TOKENS)
                drawn = f"{seed}-{stage}-{state.steps}"
                batches = stream(questions, tokenizer, drawn, size=size, tokens=tokens, workers=self.machine.workers)
            batch = next(batches).to(self.machine.device)
            _set_rate(self.optimizer, used)
            step_loss = _step(self.trunk, self.top, self.optimizer, batch)
            loss = step_loss if loss is None else 0.98 * loss + 0.02 * step_loss
            state.steps += 1
            state.seconds = time.monotonic() - started
            if on_step:
                on_step(used, float(loss))
            if state.seconds - saved > CHECKPOINT_SECONDS:
                saved = state.seconds
                self.save()
        self.save()
        self.top.cpu()

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        content = {"top": self.top.state_dict(), "optimizer": self.optimizer.state_dict(), "state": asdict(self.state)}
        torch.save(content, self.checkpoint.with_suffix(".partial"))
        self.checkpoint.with_suffix(".partial").replace(self.checkpoint)


def _tokenizer(base: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _step(trunk: Trunk, top: ReaderTop, optimizer: torch.optim.Optimizer, batch: Batch) -> Tensor:
    top.train()
    with mixed_precision(batch.ids.device):
        scores = read_batch(trunk, top, batch)
    start, end, null = (score.float() for score in scores)
    loss = reading_loss(start, end, null, batch)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
    nn.utils.clip_grad_norm_(top.parameters(), 1.0)
    optimizer.step()
    return loss.detach()


def _groups(top: ReaderTop, rate: float) -> list[dict[str, object]]:
    """The pretrained layers learn slowly, the new heads fast."""
    layers = [weight for name, weight in top.named_parameters() if name.startswith("layers.")]
    heads = [weight for name, weight in top.named_parameters() if not name.startswith("layers.")]
    return [{"params": layers, "peak": PEAK_RATE * rate}, {"params": heads, "peak": HEAD_RATE * rate}]


def _set_rate(optimizer: torch.optim.Optimizer, used: float) -> None:
    """Linear warm-up, then linear decay to nothing at the end of the time."""
    scale = min(used / WARM_UP, (1 - used) / (1 - WARM_UP))
    for group in optimizer.param_groups:
        group["lr"] = max(0.02, scale) * group["peak"]


def _resume(path: Path, top: ReaderTop, optimizer: torch.optim.Optimizer) -> _State:
    if not path.exists():
        return _State()
    saved = torch.load(path, weights_only=True, map_location="cpu")
    top.load_state_dict(saved["top"])
    optimizer.load_state_dict(saved["optimizer"])
    logger.info("going on from step %d of %s", saved["state"]["steps"], path)
    return _State(**saved["state"])


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
        on_step=_log_step(),
    )


def _log_step(every: int = 25) -> Callable[[float, float], None]:
    steps = 0

    def on_step(used: float, loss: float) -> None:
        nonlocal steps
        steps += 1
        if steps % every == 0:
            logger.info("%5.1f %%  step %d  loss %.3f", 100 * used, steps, loss)

    return on_step


if __name__ == "__main__":
    _main()
