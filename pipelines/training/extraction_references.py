"""What the reading around pronouns learns: which of the names it may stand for each of them does."""

import torch
from torch import Tensor

from kgqa.extraction.references import AFTER, BEFORE, NAME, PRONOUN
from kgqa.pipelines.training.extraction_features import Batch, drawn
from kgqa.pipelines.training.extraction_model import ReferenceTop
from kgqa.pipelines.training.machine import mixed_precision

__all__ = ["reference_loss"]


def reference_loss(top: ReferenceTop, states: Tensor, batch: Batch) -> Tensor:
    """Negative log-likelihood of the right names together, or of none of them, averaged over pronouns; `states` are the
    trunk's, `(texts, tokens, hidden)`. Lee et al., https://arxiv.org/abs/1707.07045."""
    read = drawn(batch.pronouns, min(BEFORE + AFTER, batch.mask.shape[1]))
    if not len(read):
        return states.new_zeros(()).float()
    row, one, other = batch.pronouns[read].unbind(1)
    low = (one - BEFORE).clamp(min=1)
    high = torch.minimum(other + 1 + AFTER, batch.mask.sum(1)[row] - 1)
    place = low[:, None] - 1 + torch.arange(int((high - low).max()) + 2, device=low.device)
    mask = place <= high[:, None]
    place = torch.where(mask, place, high[:, None])
    place[:, 0] = 0  # [CLS], and at the end [SEP]
    place = torch.where(place == high[:, None], (batch.mask.sum(1)[row] - 1)[:, None], place)
    number = torch.full((len(batch.pronouns),), -1, device=read.device)
    number[read] = torch.arange(len(read), device=read.device)
    asked = batch.names[number[batch.names[:, 0]] >= 0]
    pronoun, column = number[asked[:, 0]], asked[:, 1]
    names = torch.zeros(len(read), int(column.max()) + 1, 2, dtype=torch.long, device=read.device)
    names[pronoun, column] = asked[:, 2:4] - low[pronoun, None] + 1
    known, right = (torch.zeros(names.shape[:2], dtype=torch.bool, device=read.device) for _ in range(2))
    known[pronoun, column], right[pronoun, column] = True, asked[:, 4] > 0
    ends = torch.stack([one, other], 1) - low[:, None] + 1
    steps = torch.arange(place.shape[1], device=read.device)
    within = (names[..., :1] <= steps) & (steps <= names[..., 1:]) & known.unsqueeze(-1)
    marks = within.any(1).long() * NAME
    marks = torch.where((ends[:, :1] <= steps) & (steps <= ends[:, 1:]), PRONOUN, marks)
    with mixed_precision(states.device):
        cut = states[row[:, None], place], mask.long(), batch.shapes[row[:, None], place]
        scores = top(*cut, marks, ends, names).float()
    every = torch.cat([scores.masked_fill(~known, -1e4), scores.new_zeros(len(read), 1)], 1)
    said = torch.cat([right, ~right.any(1, keepdim=True)], 1)
    return (every.logsumexp(1) - every.masked_fill(~said, -1e4).logsumexp(1)).mean()
