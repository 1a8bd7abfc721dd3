"""A training run against the clock: learning rates that fall to nothing by its end, checkpoints, early stopping, and
going on after a stop."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kgqa.errors import ModelError
from kgqa.pipelines.training.early_stopping import EarlyStopping

__all__ = ["TimedRun"]

logger = logging.getLogger(__name__)

PEAK_RATE = 2.5e-4
HEAD_RATE = 1e-3
WARM_UP = 0.05
CHECKPOINT_SECONDS = 120


@dataclass(slots=True)
class _State:
    """Where a run is; what a checkpoint holds besides the weights."""

    seconds: float = 0.0
    steps: int = 0
    curve: list[tuple[float, float]] = field(default_factory=list)
    """Minutes and the running loss."""


class TimedRun:
    """The training of `model`, whose `layers` are pretrained and learn slowly while its heads learn fast.

    `held_back` is the loss on texts that are held back; the weights that fit them best stay.

    Raises:
        ModelError: `checkpoint` is there and is another model's.
    """

    def __init__(
        self,
        model: nn.Module,
        checkpoint: Path,
        *,
        rate: float = 1.0,
        held_back: Callable[[], float] | None = None,
    ) -> None:
        self.model = model
        self.checkpoint = checkpoint
        self.optimizer = torch.optim.AdamW(_groups(model, rate), weight_decay=0.01, betas=(0.9, 0.98), fused=True)
        self.stopping = EarlyStopping(held_back)
        self.state = self._resumed()

    def train(
        self,
        batches: Callable[[float], Iterable[Any]],
        loss: Callable[[Any], Tensor],
        minutes: float,
        on_step: Callable[[float, float], None] | None = None,
    ) -> None:
        """Train until the minutes are used up, or until the held-back texts are fitted no better.

        `batches` gives those to be taken from a share of the time on; they are asked for anew whenever they end.
        `on_step` gets the share of the time that is used and the running loss.
        """
        running: Tensor | None = None
        saved = started = time.monotonic() - self.state.seconds
        while True:
            for batch in batches(self.state.seconds / (60 * minutes)):
                self.state.seconds = time.monotonic() - started
                used = self.state.seconds / (60 * minutes)
                if used >= 1 or self.stopping.look(used, self.model):
                    self._save()
                    self.stopping.restore(self.model)
                    return
                step = self._step(loss, batch, used)
                running = step if running is None else 0.98 * running + 0.02 * step
                self.state.steps += 1
                if self.state.steps % 20 == 0:
                    self.state.curve.append((round(self.state.seconds / 60, 2), round(float(running), 4)))
                if on_step:
                    on_step(used, float(running))
                if time.monotonic() - saved > CHECKPOINT_SECONDS:
                    saved = time.monotonic()
                    self._save()

    def _step(self, loss: Callable[[Any], Tensor], batch: Any, used: float) -> Tensor:
        """Linear warm-up, then linear decay to nothing at the end of the time."""
        scale = max(0.02, min(used / WARM_UP, (1 - used) / (1 - WARM_UP)))
        for group in self.optimizer.param_groups:
            group["lr"] = scale * group["peak"]
        self.model.train()
        found = loss(batch)
        self.optimizer.zero_grad(set_to_none=True)
        found.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return found.detach()

    def _save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        states = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        content = {**states, "state": asdict(self.state), "stopping": self.stopping.state()}
        torch.save(content, self.checkpoint.with_suffix(".partial"))
        self.checkpoint.with_suffix(".partial").replace(self.checkpoint)

    def _resumed(self) -> _State:
        if not self.checkpoint.exists():
            return _State()
        saved = torch.load(self.checkpoint, weights_only=True, map_location="cpu")
        try:
            self.model.load_state_dict(saved["model"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.stopping.resume(saved["stopping"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"{self.checkpoint} is the checkpoint of another kind of run. Go on with that one, or delete the file."
            ) from error
        logger.info("going on from step %d of %s", saved["state"]["steps"], self.checkpoint)
        return _State(**saved["state"])


def _groups(model: nn.Module, rate: float) -> list[dict[str, object]]:
    layers = [weight for name, weight in model.named_parameters() if name.startswith("layers.")]
    heads = [weight for name, weight in model.named_parameters() if not name.startswith("layers.")]
    return [{"params": layers, "peak": PEAK_RATE * rate}, {"params": heads, "peak": HEAD_RATE * rate}]
