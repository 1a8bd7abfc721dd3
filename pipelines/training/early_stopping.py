"""Early stopping: the weights that fit held-back texts best are kept, and training ends when they fit no better.

Prechelt, "Early Stopping - But When?", 1998 (https://doi.org/10.1007/3-540-49430-8_3).
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

__all__ = ["EarlyStopping"]

EVERY = 0.05
"""Share of the training time after which the held-back texts are looked at again."""
PATIENCE = 8
"""Looks without a better loss after which training ends. While the learning rate is high, the loss may rise first."""


@dataclass(slots=True)
class EarlyStopping:
    """Watches the loss on held-back texts. Without `loss` it never stops and keeps nothing."""

    loss: Callable[[], float] | None = None
    """The mean loss on the held-back texts with the weights as they are."""
    curve: list[tuple[float, float]] = field(default_factory=list)
    """Share of the time and loss of every look."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """The weights of the least loss."""

    def look(self, used: float, model: nn.Module) -> bool:
        """Whether to stop, when so much of the time is used; looks only when it is time for it."""
        if self.loss is None or used < len(self.curve) * EVERY:
            return False
        loss = self.loss()
        if all(loss < other for _, other in self.curve):
            self.best = copy.deepcopy(model.state_dict())
        self.curve.append((used, loss))
        since = len(self.curve) - 1 - min(range(len(self.curve)), key=lambda n: self.curve[n][1])
        return since >= PATIENCE

    def restore(self, model: nn.Module) -> None:
        """Give the model the best weights, its last ones included."""
        if self.loss is not None and self.best and self.loss() >= min(loss for _, loss in self.curve):
            model.load_state_dict(self.best)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {"curve": self.curve, "best": self.best}

    def resume(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.curve, self.best = [tuple(point) for point in saved.get("curve", ())], dict(saved.get("best", {}))
