"""What extraction learns from partly annotated text: only what its annotators looked for counts as absent.

Su et al., "ZLPR: A Novel Loss for Multi-label Classification", https://arxiv.org/abs/2208.02955, with unknown cells
left out: `log(1 + sum over absent exp(s)) + log(1 + sum over present exp(-s))`; a score above zero means present.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from kgqa.extraction.events import WIDEST_TRIGGER
from kgqa.extraction.schema import REFERENCE
from kgqa.pipelines.training.extraction_features import WIDEST, Batch, Labels
from kgqa.pipelines.training.extraction_pairs import PairTargets
from kgqa.pipelines.training.extraction_spans import band

__all__ = ["by_type", "coreference_loss", "masked_zlpr", "relation_loss", "span_loss"]

SMALL = -1e4
BESIDE_FACTS = 0.3
"""Weight of pairs that some facts of a text leave out, as pairs without a relation: most have none."""
UNKNOWN_RELATION = 0.15
"""Weight of a relation that nobody looked for in a text, as an absent one."""


def masked_zlpr(scores: Tensor, present: Tensor, absent: Tensor, unknown: float | None = None) -> Tensor:
    """The loss of each row over its last dimension; what is unknown counts as absent with so much weight, or not."""
    zero = scores.new_zeros((*scores.shape[:-1], 1))
    weights = scores.masked_fill(~absent, SMALL)
    if unknown:
        weights = torch.where(absent | present, weights, scores + math.log(unknown))
    negative = torch.cat([weights, zero], -1).logsumexp(-1)
    positive = torch.cat([(-scores).masked_fill(~present, SMALL), zero], -1).logsumexp(-1)
    return negative + positive


def span_loss(scores: tuple[Tensor, Tensor, Tensor], batch: Batch, labels: Labels) -> Tensor:
    """Loss of the types, summed over types and averaged over texts."""
    loss = _entity_loss(scores, batch, labels)
    rows = batch.eventful
    if not len(rows):
        return loss
    span, start, end = (part[rows] for part in scores)
    first, last, known = batch.first[rows], batch.last[rows], batch.known_types[rows]
    place = torch.full((len(batch.ids),), -1, device=rows.device)
    place[rows] = torch.arange(len(rows), device=rows.device)
    row, one, other, kind = batch.triggers.unbind(1)
    begin = labels.entities
    cells, valid = band(span, start[..., begin:], end[..., begin:], first, last, WIDEST_TRIGGER)
    present = torch.zeros_like(cells, dtype=torch.bool)
    here = place[row] >= 0
    present[place[row[here]], one[here], (other - one)[here], kind[here] - begin] = True
    absent = valid.unsqueeze(-1) & known[:, None, None, begin:] & ~present
    return loss + by_type(cells, present, absent).sum() / len(batch.ids)


def _entity_loss(scores: tuple[Tensor, Tensor, Tensor], batch: Batch, labels: Labels) -> Tensor:
    span, start, end = scores[0], scores[1][..., : labels.entities], scores[2][..., : labels.entities]
    cells, valid = band(span, start, end, batch.first, batch.last)
    present = torch.zeros_like(cells, dtype=torch.bool)
    absent = valid.unsqueeze(-1) & batch.known_types[:, None, None, : labels.entities]
    _surely_absent(absent, valid, batch, labels)
    row, first, last, kind = batch.spans.unbind(1)
    other = kind < 0  # of no type of the schema; it may be a description that nothing else refers to
    for unsure in labels.numbers(REFERENCE, "Group"):
        absent[row[other], first[other], (last - first)[other], unsure] = False
    named = kind >= 0
    absent[row[named], first[named], (last - first)[named]] = True
    present[row[named], first[named], (last - first)[named], kind[named]] = True
    absent &= ~present
    return by_type(cells, present, absent).sum(1).mean()


def by_type(cells: Tensor, present: Tensor, absent: Tensor) -> Tensor:
    """The loss `(batch, types)` over all spans."""
    scores, here, not_here = (part.flatten(1, 2).transpose(1, 2) for part in (cells, present, absent))
    return masked_zlpr(scores, here, not_here)


def _surely_absent(absent: Tensor, valid: Tensor, batch: Batch, labels: Labels) -> None:
    """What needs no annotator: no reference begins with a verb, and no name is in lower case throughout."""
    absent[..., labels.numbers(REFERENCE)] |= (valid & ~batch.refers.unsqueeze(2)).unsqueeze(-1)
    runs = F.pad(batch.plain.long().cumsum(1), (1, 0))
    tokens = valid.shape[1]
    widths = torch.arange(1, WIDEST + 1, device=valid.device)
    behind = (torch.arange(tokens, device=valid.device)[:, None] + widths[None]).clamp(max=tokens)
    plain = runs[:, behind] - runs[:, :tokens, None] == widths
    absent[..., labels.numbers("Group", "Work", "Product", "Event", "Award")] |= (valid & plain).unsqueeze(-1)


def relation_loss(scores: Tensor, targets: PairTargets) -> Tensor:
    """Loss of the relations of each pair: of those that hold one, and of those that do not.

    A relation that nobody looked for is absent more often than not, and must not look as likely as what was found.
    """
    present, absent = targets.present, targets.absent
    losses = masked_zlpr(scores[..., :-1], present, absent, UNKNOWN_RELATION)
    holds = present.any(-1)
    known = absent.any(-1) & ~holds
    beside = BESIDE_FACTS * _mean(losses, targets.unlikely)
    return 0.5 * _mean(losses, holds) + _mean(losses, known) + beside


def _mean(losses: Tensor, chosen: Tensor) -> Tensor:
    return losses[chosen].sum() / chosen.sum().clamp(min=1)


def coreference_loss(scores: Tensor, targets: PairTargets) -> Tensor:
    """Negative log-likelihood of the right antecedents together, "none" having the score 0 (Lee et al., arXiv
    1707.07045)."""
    links = scores[..., -1].masked_fill(~targets.candidates, SMALL)
    every = torch.cat([links, links.new_zeros((*links.shape[:-1], 1))], -1)
    none = ~targets.linked.any(-1, keepdim=True)
    right = torch.cat([targets.linked, none], -1)
    losses = every.logsumexp(-1) - every.masked_fill(~right, SMALL).logsumexp(-1)
    return losses[targets.needs].sum() / targets.needs.sum().clamp(min=1)
