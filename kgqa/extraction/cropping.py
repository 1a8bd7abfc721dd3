"""Parts of windows that are read again, by other layers on the trunk's states of the first reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Crop", "cropped"]


@dataclass(frozen=True, slots=True)
class Crop:
    """The tokens of a window that are read again, between its `[CLS]` and its `[SEP]`."""

    row: int
    """Number of the window in its group."""
    low: int
    high: int
    """The token behind the last one."""
    end: int
    """The window's last token, `[SEP]`."""

    @property
    def size(self) -> int:
        """How many tokens are read."""
        return self.high - self.low + 2

    def place(self, token: int) -> int:
        """Where a token of the window is among those that are read."""
        return token - self.low + 1


def cropped(states: NDArray[np.float32], shapes: NDArray[np.int64], crops: Sequence[Crop]) -> dict[str, NDArray[Any]]:
    """What every graph that reads again takes: the trunk's states of each crop, mask and shapes, and marks, all 0;
    `states` and `shapes` are those of whole windows."""
    made = np.zeros((len(crops), max(crop.size for crop in crops), states.shape[2]), np.float32)
    mask, forms, marks = (np.zeros(made.shape[:2], np.int64) for _ in range(3))
    for n, crop in enumerate(crops):
        places = [0, *range(crop.low, crop.high), crop.end]
        made[n, : crop.size] = states[crop.row, places]
        forms[n, : crop.size] = shapes[crop.row, places]
        mask[n, : crop.size] = 1
    return {"states": made, "attention_mask": mask, "shapes": forms, "marks": marks}
