"""The span head's three scores as one for each span of whole words, in torch; `kgqa.extraction.spans` serves it."""

import torch
from torch import Tensor

from kgqa.pipelines.training.extraction_features import WIDEST

__all__ = ["band"]


def band(
    span: Tensor, start: Tensor, end: Tensor, first: Tensor, last: Tensor, widest: int = WIDEST
) -> tuple[Tensor, Tensor]:
    """Scores `(batch, tokens, widths, types)` by first token and width, and which of them are whole words."""
    tokens = span.shape[1]
    steps = torch.arange(max(tokens, widest), device=span.device)
    lasts = steps[:tokens, None] + steps[None, :widest]
    inside = lasts < tokens
    lasts = lasts.clamp(max=tokens - 1)
    shared = span.gather(2, lasts.expand(span.shape[0], -1, -1))
    scores = shared.unsqueeze(-1) + start.unsqueeze(2) + end[:, lasts]
    return scores, first.unsqueeze(2) & last[:, lasts] & inside
