"""What the argument head learns: the spans of each role of an event, its trigger marked and its type known."""

import torch
from torch import Tensor

from kgqa.extraction.arguments import AROUND, WIDEST_ARGUMENT
from kgqa.pipelines.training.extraction_features import Batch, Labels, drawn
from kgqa.pipelines.training.extraction_losses import by_type
from kgqa.pipelines.training.extraction_model import ArgumentTop
from kgqa.pipelines.training.extraction_spans import band
from kgqa.pipelines.training.machine import mixed_precision

__all__ = ["argument_loss"]


def argument_loss(top: ArgumentTop, states: Tensor, batch: Batch, labels: Labels) -> Tensor:
    """Loss of the roles, summed over roles and averaged over events; `states` are the trunk's, `(texts, tokens,
    hidden)`."""
    read = drawn(batch.triggers, min(2 * AROUND, batch.mask.shape[1]))
    if not len(read):
        return states.new_zeros(()).float()
    row, one, other, kind = batch.triggers[read].unbind(1)
    low = (one - AROUND).clamp(min=0)
    high = torch.minimum(other + 1 + AROUND, batch.mask.sum(1)[row])
    place = low[:, None] + torch.arange(int((high - low).max()), device=low.device)
    mask = place < high[:, None]
    place = torch.where(mask, place, high[:, None] - 1)

    def cropped(part: Tensor) -> Tensor:
        return part[row[:, None], place]

    marks = (one[:, None] <= place) & (place <= other[:, None]) & mask
    roles, asked = _roles(labels, states.device)
    most = int(asked[kind].sum(1).max().clamp(min=1))
    roles, asked = roles[kind, :most], asked[kind, :most]
    with mixed_precision(states.device):
        scores = top(cropped(states), mask.long(), cropped(batch.shapes), marks.long(), kind - labels.entities, roles)
    span, start, end = (part.float() for part in scores)
    words = cropped(batch.first) & mask, cropped(batch.last) & mask
    cells, valid = band(span, start, end, *words, WIDEST_ARGUMENT)
    present = torch.zeros_like(cells, dtype=torch.bool)
    number = torch.full((len(batch.triggers),), -1, device=read.device)
    number[read] = torch.arange(len(read), device=read.device)
    event, first, last, role = batch.arguments.unbind(1)
    event = number[event]
    near = (event >= 0) & (first >= low[event]) & (last < high[event])
    event, first, last, role = event[near], first[near], last[near], role[near]
    column = (roles[event] == role[:, None]).long().argmax(1)
    present[event, first - low[event], last - first, column] = True
    absent = valid.unsqueeze(-1) & asked[:, None, None] & ~present
    return by_type(cells, present, absent).sum() / len(read)


def _roles(labels: Labels, device: torch.device) -> tuple[Tensor, Tensor]:
    """`(types, roles)`: the roles of each type of event, padded, and which of them are."""
    most = max((len(of) for of in labels.roles_of.values()), default=0)
    rows = [labels.roles_of.get(kind, ()) for kind in range(len(labels.types))]
    roles = torch.tensor([[*of, *[0] * (max(1, most) - len(of))] for of in rows], device=device)
    counts = torch.tensor([len(of) for of in rows], device=device)
    return roles, torch.arange(roles.shape[1], device=device) < counts[:, None]
