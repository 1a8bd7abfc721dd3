"""What extraction learns from partly annotated text: only what its annotators looked for counts as absent.

Su et al., "ZLPR: A Novel Loss for Multi-label Classification", https://arxiv.org/abs/2208.02955, with unknown cells
left out: `log(1 + sum over absent exp(s)) + log(1 + sum over present exp(-s))`; a score above zero means present.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from kgqa.extraction.events import WIDEST_ARGUMENT, WIDEST_TRIGGER, choose_arguments
from kgqa.extraction.schema import REFERENCE
from kgqa.extraction.spans import band_scores, choose_spans
from kgqa.pipelines.training.extraction_features import NOTHING, WIDEST, Batch, Item, Labels

__all__ = ["coreference_loss", "masked_zlpr", "pair_targets", "relation_loss", "span_loss"]

MOST_MENTIONS = 32
MOST_PREDICTED = 10
UNSURE_ARGUMENT = -1.0
"""Score from which on a span is shown to the pair head as a possible argument."""
SMALL = -1e4
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
    rows = [row for row, item in enumerate(batch.items) if item.events]
    if not rows:
        return loss
    span, start, end = (part[rows] for part in scores)
    first, last, known = batch.first[rows], batch.last[rows], batch.known_types[rows]
    mentions = [batch.items[row].mentions for row in rows]
    for begin, stop, widest in (
        (labels.entities, labels.argument, WIDEST_TRIGGER),
        (labels.argument, labels.argument + 1, WIDEST_ARGUMENT),
    ):
        cells, valid = band(span, start[..., begin:stop], end[..., begin:stop], first, last, widest)
        present = torch.zeros_like(cells, dtype=torch.bool)
        for row, found in enumerate(mentions):
            for one, other, kind in found:
                if begin <= kind < stop:
                    present[row, one, other - one, kind - begin] = True
        absent = valid.unsqueeze(-1) & known[:, None, None, begin:stop] & ~present
        loss = loss + _by_type(cells, present, absent).sum() / len(batch.items)
    return loss


def _entity_loss(scores: tuple[Tensor, Tensor, Tensor], batch: Batch, labels: Labels) -> Tensor:
    span, start, end = scores[0], scores[1][..., : labels.entities], scores[2][..., : labels.entities]
    cells, valid = band(span, start, end, batch.first, batch.last)
    present = torch.zeros_like(cells, dtype=torch.bool)
    absent = valid.unsqueeze(-1) & batch.known_types[:, None, None, : labels.entities]
    _surely_absent(absent, valid, batch, labels)
    unsure = labels.numbers(REFERENCE, "Group")
    for row, item in enumerate(batch.items):
        for first, last, kind in item.mentions:
            width = last - first
            if kind >= labels.entities:
                continue
            if kind < 0:  # of no type of the schema; it may be a description that nothing else refers to
                absent[row, first, width, unsure] = False
                continue
            absent[row, first, width] = True
            present[row, first, width, kind] = True
    absent &= ~present
    return _by_type(cells, present, absent).sum(1).mean()


def _by_type(cells: Tensor, present: Tensor, absent: Tensor) -> Tensor:
    """The loss `(batch, types)` over all spans."""
    scores, here, not_here = (part.flatten(1, 2).transpose(1, 2) for part in (cells, present, absent))
    return masked_zlpr(scores, here, not_here)


def _surely_absent(absent: Tensor, valid: Tensor, batch: Batch, labels: Labels) -> None:
    """What needs no annotator: no reference begins with a verb, and no name is in lower case throughout."""
    absent[..., labels.numbers(REFERENCE)] |= (valid & ~batch.refers.unsqueeze(2)).unsqueeze(-1)
    runs = F.pad(batch.plain.long().cumsum(1), (1, 0))
    tokens = valid.shape[1]
    behind = (torch.arange(tokens)[:, None] + torch.arange(WIDEST)[None] + 1).clamp(max=tokens)
    plain = runs[:, behind] - runs[:, :tokens, None] == torch.arange(1, WIDEST + 1)
    absent[..., labels.numbers("Group", "Work", "Product", "Event", "Award")] |= (valid & plain).unsqueeze(-1)


def band(
    span: Tensor, start: Tensor, end: Tensor, first: Tensor, last: Tensor, widest: int = WIDEST
) -> tuple[Tensor, Tensor]:
    """Scores `(batch, tokens, widths, types)` by first token and width, and which of them are whole words."""
    tokens = span.shape[1]
    lasts = torch.arange(tokens)[:, None] + torch.arange(widest)[None]
    inside = lasts < tokens
    lasts = lasts.clamp(max=tokens - 1)
    shared = span.gather(2, lasts.expand(span.shape[0], -1, -1))
    scores = shared.unsqueeze(-1) + start.unsqueeze(2) + end[:, lasts]
    return scores, first.unsqueeze(2) & last[:, lasts] & inside


@dataclass(frozen=True, slots=True)
class PairTargets:
    """The mentions of some texts, padded, and what is known of their pairs."""

    facts: int
    """How many of the labels are relations; the others are roles."""
    rows: Tensor
    """Which texts of the batch."""
    mentions: Tensor
    types: Tensor
    present: Tensor
    absent: Tensor
    linked: Tensor
    """`(texts, mentions, mentions)`: the column is a right antecedent of the row."""
    candidates: Tensor
    needs: Tensor
    """`(texts, mentions)`: whether the row's antecedent is known."""


def pair_targets(
    batch: Batch, scores: tuple[Tensor, Tensor, Tensor], labels: Labels, rng: Random
) -> PairTargets | None:
    """Targets for the pairs of annotated mentions and of what the model itself takes for mentions, or None."""
    rows = [row for row, item in enumerate(batch.items) if _has_pairs(item, labels)]
    if not rows:
        return None
    chosen = [_mentions(batch.items[row], _predicted(batch, row, scores, labels), labels, rng) for row in rows]
    size = max(2, max(len(mentions) for mentions, _ in chosen))
    made = [_targets(batch.items[row], *found, size, labels, rng) for row, found in zip(rows, chosen, strict=True)]
    stacked = [torch.stack(part) for part in zip(*made, strict=True)]
    return PairTargets(labels.facts, torch.tensor(rows), *stacked)


def _has_pairs(item: Item, labels: Labels) -> bool:
    triggers = item.events and any(kind in labels.roles for *_, kind in item.mentions)
    return (item.pairs and bool(item.mentions)) or any(item.known_relations) or triggers


def _predicted(
    batch: Batch, row: int, scores: tuple[Tensor, Tensor, Tensor], labels: Labels
) -> list[tuple[int, int, int]]:
    """What the model itself takes for mentions where relations are known, for arguments where events are."""
    item, found = batch.items[row], list[tuple[int, int, int]]()
    if not any(item.known_relations) and not item.events:
        return found
    span, start, end = (part[row].detach().float().numpy() for part in scores)
    words = item.first, item.last
    if any(item.known_relations):
        names = band_scores(span, start[:, : labels.entities], end[:, : labels.entities], *words, WIDEST)
        found += [(first, last, kind) for first, last, kind, _ in choose_spans(names)]
    if item.events:
        wide = band_scores(span, start[:, labels.argument :], end[:, labels.argument :], *words, WIDEST_ARGUMENT)
        found += [(first, last, labels.argument) for first, last in choose_arguments(wide, UNSURE_ARGUMENT)]
    return found


def _mentions(
    item: Item, predicted: Sequence[tuple[int, int, int]], labels: Labels, rng: Random
) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Mentions and, for each, its number in the item, or -1 for a predicted one."""
    order = list(range(len(item.mentions)))
    if len(order) > MOST_MENTIONS:
        begin = rng.randrange(len(order) - MOST_MENTIONS + 1)
        by_place = sorted(order, key=lambda n: item.mentions[n])
        order = sorted(by_place[begin : begin + MOST_MENTIONS])
    annotated = {item.mentions[n][:2] for n in order if item.mentions[n][2] not in labels.roles}
    extra = [mention for mention in predicted if mention[:2] not in annotated]
    extra = rng.sample(extra, min(len(extra), MOST_PREDICTED))
    return [item.mentions[n] for n in order] + extra, order + [-1] * len(extra)


def _targets(
    item: Item, mentions: list[tuple[int, int, int]], numbers: list[int], size: int, labels: Labels, rng: Random
) -> tuple[Tensor, ...]:
    places = torch.zeros(size, 2, dtype=torch.long)
    types = torch.full((size,), len(labels.types), dtype=torch.long)
    for n, (first, last, kind) in enumerate(mentions):
        places[n] = torch.tensor([first, last])
        known = kind >= labels.entities or (kind >= 0 and rng.random() > 0.1)
        types[n] = kind if known else len(labels.types)
    present, absent = _relation_targets(item, mentions, numbers, size, labels)
    return places, types, present, absent, *_link_targets(item, mentions, numbers, size, labels)


def _relation_targets(
    item: Item, mentions: list[tuple[int, int, int]], numbers: list[int], size: int, labels: Labels
) -> tuple[Tensor, Tensor]:
    present = torch.zeros(size, size, len(labels.relations), dtype=torch.bool)
    absent = torch.zeros_like(present)
    names = torch.tensor([n for n, mention in enumerate(mentions) if mention[2] < labels.entities], dtype=torch.long)
    absent[names[:, None], names] = torch.tensor(item.known_relations)
    _add_roles(item, mentions, absent, labels)
    place = {number: n for n, number in enumerate(numbers) if number >= 0}
    for head, tail, relation in item.facts:
        if head in place and tail in place:
            h, t = place[head], place[tail]
            if relation != NOTHING:
                present[h, t, relation] = True
            if relation < labels.facts and not any(item.known_relations):  # one pair, all of whose relations are known
                absent[h, t, : labels.facts] = absent[t, h, : labels.facts] = True
    _unknown_beside_facts(item, mentions, numbers, absent, labels)
    absent[range(size), range(size)] = False
    return present, absent & ~present


def _add_roles(item: Item, mentions: list[tuple[int, int, int]], absent: Tensor, labels: Labels) -> None:
    """Of each annotated event all roles that its type has are known."""
    arguments = torch.tensor([n for n, mention in enumerate(mentions) if mention[2] == labels.argument])
    for n, (*_, kind) in enumerate(mentions):
        if item.events and len(arguments) and kind in labels.roles:
            absent[n, arguments[:, None], torch.tensor(labels.roles[kind], dtype=torch.long)] = True


def _unknown_beside_facts(
    item: Item, mentions: list[tuple[int, int, int]], numbers: list[int], absent: Tensor, labels: Labels
) -> None:
    """A predicted mention that overlaps an end of a fact, or another name of one, may well hold the fact: not
    absent."""
    for head, tail, relation in item.facts:
        if relation >= labels.facts or relation == NOTHING:
            continue
        heads = [n for n in range(len(mentions)) if _same(item, mentions[n], numbers[n], head)]
        tails = [n for n in range(len(mentions)) if _same(item, mentions[n], numbers[n], tail)]
        for h in heads:
            absent[h, tails, relation] = False


def _same(item: Item, mention: tuple[int, int, int], number: int, other: int) -> bool:
    if number == other:
        return True
    if number >= 0:
        return item.cluster[number] >= 0 and item.cluster[number] == item.cluster[other]
    first, last, _ = item.mentions[other]
    return mention[0] <= last and first <= mention[1]


def _link_targets(
    item: Item, mentions: list[tuple[int, int, int]], numbers: list[int], size: int, labels: Labels
) -> tuple[Tensor, Tensor, Tensor]:
    """Antecedents: for a name the names before it, for a reference all names and the references before it."""
    linked = torch.zeros(size, size, dtype=torch.bool)
    candidates = torch.zeros_like(linked)
    needs = torch.zeros(size, dtype=torch.bool)
    for n, mention in enumerate(mentions):
        if numbers[n] < 0 or mention[2] >= labels.entities:
            continue
        for other, candidate in enumerate(mentions):
            if other == n or numbers[other] < 0 or candidate[2] >= labels.entities:
                continue
            before = candidate[:2] < mention[:2]
            named = candidate[2] != labels.reference
            candidates[n, other] = (before or named) if mention[2] == labels.reference else (before and named)
        cluster = item.cluster[numbers[n]]
        if cluster >= 0:
            same = torch.tensor(
                [k >= 0 and item.cluster[k] == cluster for k in numbers] + [False] * (size - len(numbers))
            )
            linked[n] = same & candidates[n]
        needs[n] = bool(linked[n].any()) or (item.linked and bool(candidates[n].any()))
    return linked, candidates, needs


def relation_loss(scores: Tensor, targets: PairTargets) -> Tensor:
    """Loss of the relations of each pair: of those that hold one, and of those that do not. Roles likewise, between
    triggers and arguments.

    A relation that nobody looked for is absent more often than not, and must not look as likely as what was found.
    """
    count = targets.facts
    present, absent = targets.present[..., :count], targets.absent[..., :count]
    losses = masked_zlpr(scores[..., :count], present, absent, UNKNOWN_RELATION)
    holds = present.any(-1)
    known = absent.any(-1) & ~holds
    return 0.5 * _mean(losses, holds) + _mean(losses, known) + _role_loss(scores, targets)


def _role_loss(scores: Tensor, targets: PairTargets) -> Tensor:
    present, absent = targets.present[..., targets.facts :], targets.absent[..., targets.facts :]
    cells = (present | absent).any(-1)
    losses = masked_zlpr(scores[..., targets.facts : -1][cells], present[cells], absent[cells])
    holds = present[cells].any(-1)
    return 0.5 * _mean(losses, holds) + _mean(losses, ~holds)


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
