"""The training loop of extraction: batches against the clock, checkpoints, and going on after a stop."""

import itertools
import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kgqa.errors import ModelError
from kgqa.pipelines.training.bilingual import Trunk
from kgqa.pipelines.training.early_stopping import EarlyStopping
from kgqa.pipelines.training.extraction_arguments import argument_loss
from kgqa.pipelines.training.extraction_features import Batch, Item, Labels, batches, collate
from kgqa.pipelines.training.extraction_losses import coreference_loss, relation_loss, span_loss
from kgqa.pipelines.training.extraction_model import ExtractionTop
from kgqa.pipelines.training.extraction_pairs import pair_targets
from kgqa.pipelines.training.extraction_references import reference_loss
from kgqa.pipelines.training.machine import Machine, mixed_precision, streamed
from kgqa.pipelines.training.pretraining_objectives import MASK

__all__ = ["Run", "Source", "extraction_losses", "stream", "train"]

logger = logging.getLogger(__name__)

BATCH_TOKENS = 2400
PEAK_RATE = 2.5e-4
HEAD_RATE = 1e-3
WARM_UP = 0.05
HIDDEN = 0.1
"""Of the tokens of a text, those that a step does not see."""
CHECKPOINT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Source:
    """A data set in tokens, and how often an epoch sees each of its texts."""

    items: Sequence[Item]
    share: float

    def drawn(self, rng: random.Random) -> list[Item]:
        """The texts of one epoch."""
        whole = int(self.share)
        rest = round((self.share - whole) * len(self.items))
        return [*self.items] * whole + rng.sample(list(self.items), rest)


@dataclass(slots=True)
class Run:
    """Where a training stands; what a checkpoint holds besides the weights."""

    seconds: float = 0.0
    texts: int = 0
    steps: int = 0
    curve: list[tuple[float, ...]] = field(default_factory=list)
    """Minutes, and the running losses of spans, relations, coreference, arguments and pronouns."""
    held_back: list[tuple[float, float]] = field(default_factory=list)
    """Minutes, and the loss on the held-back texts."""

    def epochs(self, sources: Sequence[Source]) -> float:
        """How often each text was seen, on average and by its share."""
        return round(self.texts / max(1, sum(len(source.items) * source.share for source in sources)), 1)


def train(
    trunk: Trunk,
    top: ExtractionTop,
    sources: Sequence[Source],
    labels: Labels,
    *,
    minutes: float,
    seed: int,
    checkpoint: Path,
    rate: float = 1.0,
    machine: Machine | None = None,
    held_back: Sequence[Item] = (),
    on_step: Callable[[float, float], None] | None = None,
) -> Run:
    """Train `top` in place until the minutes are used up, or until it fits `held_back` no better; the learning rate
    falls to nothing by the end of the minutes, and the weights that fit `held_back` best stay.

    Goes on from `checkpoint` where there is one. `on_step` gets the share of the time that is used and the running
    loss. What of `top` needs no gradient stays as it is, and nothing is computed for it.
    """
    machine = machine or Machine()
    trunk, top = trunk.to(machine.device), top.to(machine.device)
    optimizer = torch.optim.AdamW(
        _groups(top, rate * machine.rate(BATCH_TOKENS)), weight_decay=0.01, betas=(0.9, 0.98), fused=True
    )
    stopping = EarlyStopping(_held_back_loss(trunk, top, held_back, labels, machine) if held_back else None)
    run = _resume(checkpoint, top, optimizer, stopping)
    losses: Tensor | None = None
    found = stream(sources, labels, machine, f"{seed}-{run.steps}")
    saved = started = time.monotonic() - run.seconds
    for batch in found:
        run.seconds = time.monotonic() - started
        used = run.seconds / (60 * minutes)
        if used >= 1 or stopping.look(used, top):
            break
        _set_rate(optimizer, used)
        step = _step(trunk, top, optimizer, batch.to(machine.device), labels)
        losses = step if losses is None else 0.98 * losses + 0.02 * step
        run.steps, run.texts = run.steps + 1, run.texts + len(batch.ids)
        if run.steps % 20 == 0:
            run.curve.append((round(run.seconds / 60, 2), *(round(loss, 4) for loss in losses.tolist())))
        if on_step:
            on_step(used, float(losses.sum()))
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            saved = time.monotonic()
            _save(checkpoint, top, optimizer, run, stopping)
    _save(checkpoint, top, optimizer, run, stopping)
    stopping.restore(top)
    run.held_back = [(round(minutes * used, 2), round(loss, 4)) for used, loss in stopping.curve]
    top.cpu()
    return run


def _held_back_loss(
    trunk: Trunk, top: ExtractionTop, items: Sequence[Item], labels: Labels, machine: Machine
) -> Callable[[], float]:
    """The loss on some texts, always in the same batches and with the same chances."""
    made = [collate(few, labels, random.Random(1)) for few in batches(items, BATCH_TOKENS, random.Random(1))]

    def loss() -> float:
        top.eval()
        with torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(1)
            losses = [_losses(trunk, top, batch.to(machine.device), labels).sum() * len(batch.ids) for batch in made]
        return float(torch.stack(losses).sum()) / len(items)

    return loss


def stream(sources: Sequence[Source], labels: Labels, machine: Machine, seed: str) -> Iterator[Batch]:
    """Batches epoch after epoch without end; each epoch draws its own samples. Of several workers each makes a part."""

    def part(number: int, of: int) -> Iterator[Batch]:
        for epoch in itertools.count():
            rng = random.Random(f"{seed}-{epoch}")
            every = [item for source in sources for item in source.drawn(rng)]
            for items in itertools.islice(batches(every, machine.batch(BATCH_TOKENS), rng), number, None, of):
                yield collate(items, labels, rng)

    return streamed(part, machine.workers)


def _step(trunk: Trunk, top: ExtractionTop, optimizer: torch.optim.Optimizer, batch: Batch, labels: Labels) -> Tensor:
    top.train()
    losses = _losses(trunk, top, replace(batch, ids=_partly_hidden(batch.ids, batch.mask)), labels)
    optimizer.zero_grad(set_to_none=True)
    losses.sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    nn.utils.clip_grad_norm_(top.parameters(), 2.0)
    optimizer.step()
    return losses.detach()


def _partly_hidden(ids: Tensor, mask: Tensor) -> Tensor:
    """The ids with some of the text's tokens hidden, others at each step: what is around a name has to tell it, too.

    Word dropout, Iyyer et al., 2015 (https://aclanthology.org/P15-1162), with the encoder's `[MASK]`.
    """
    inside = F.pad(mask[:, 2:] != 0, (1, 1))  # neither [CLS] nor [SEP]
    return ids.masked_fill(inside & (torch.rand(ids.shape, device=ids.device) < HIDDEN), MASK)


def _losses(trunk: Trunk, top: ExtractionTop, batch: Batch, labels: Labels) -> Tensor:
    with mixed_precision(batch.ids.device), torch.no_grad():
        states = trunk(batch.ids, batch.mask)
    return extraction_losses(top, states, batch, labels)


def extraction_losses(top: ExtractionTop, states: Tensor, batch: Batch, labels: Labels) -> Tensor:
    """`(5,)`: of spans, relations, coreference, arguments and pronouns, on the trunk's states; zero where nothing is
    known, or where nothing is to be learned."""
    none = states.new_zeros(()).float()
    losses = [none, none, none]
    if _learns(top.spans):
        losses = [*_first_reading(top, states, batch, labels)]
    again = [none, none]
    if top.arguments is not None and _learns(top.arguments):
        again[0] = argument_loss(top.arguments, states, batch, labels)
    if top.references is not None and _learns(top.references):
        again[1] = reference_loss(top.references, states, batch)
    return torch.stack([*losses, *again])


def _learns(part: nn.Module) -> bool:
    """Whether any of its weights does."""
    return any(weight.requires_grad for weight in part.parameters())


def _first_reading(top: ExtractionTop, states: Tensor, batch: Batch, labels: Labels) -> tuple[Tensor, Tensor, Tensor]:
    with mixed_precision(states.device):
        read, *found = top(states, batch.mask, batch.shapes)
    span, start, end = (score.float() for score in found)
    spans = span_loss((span, start, end), batch, labels)
    targets = pair_targets(batch, (span, start, end), labels)
    if targets is None:
        return spans, spans.new_zeros(()), spans.new_zeros(())
    with mixed_precision(states.device):
        pairs = top.pairs(read[targets.rows], batch.mask[targets.rows], targets.mentions, targets.types).float()
    return spans, relation_loss(pairs, targets), 0.5 * coreference_loss(pairs, targets)


def _groups(top: ExtractionTop, rate: float) -> list[dict[str, object]]:
    """The pretrained layers learn slowly, the new heads fast."""
    learning = [(name, weight) for name, weight in top.named_parameters() if weight.requires_grad]
    layers = [weight for name, weight in learning if "layers." in name]
    heads = [weight for name, weight in learning if "layers." not in name]
    return [{"params": layers, "peak": PEAK_RATE * rate}, {"params": heads, "peak": HEAD_RATE * rate}]


def _set_rate(optimizer: torch.optim.Optimizer, used: float) -> None:
    """Linear warm-up, then linear decay to nothing at the end of the time."""
    scale = min(used / WARM_UP, (1 - used) / (1 - WARM_UP))
    for group in optimizer.param_groups:
        group["lr"] = max(0.02, scale) * group["peak"]


def _resume(path: Path, top: nn.Module, optimizer: torch.optim.Optimizer, stopping: EarlyStopping) -> Run:
    if not path.exists():
        return Run()
    saved = torch.load(path, weights_only=True, map_location="cpu")
    try:
        top.load_state_dict(saved["top"])
        optimizer.load_state_dict(saved["optimizer"])
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"{path} is the checkpoint of another kind of run (other types, or with adapters and without). "
            "Give the options of that run to go on with it, or delete the file to start anew."
        ) from error
    stopping.resume(saved.get("stopping", {}))
    logger.info("going on from step %d of %s", saved["run"]["steps"], path)
    return Run(**saved["run"])


def _save(path: Path, top: nn.Module, optimizer: torch.optim.Optimizer, run: Run, stopping: EarlyStopping) -> None:
    states = {"top": top.state_dict(), "optimizer": optimizer.state_dict()}
    content = {**states, "run": asdict(run), "stopping": stopping.state()}
    torch.save(content, path.with_suffix(".partial"))
    path.with_suffix(".partial").replace(path)
