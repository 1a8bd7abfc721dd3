"""Which pairs of mentions hold which relation, or surely none: targets of the pair head.

The mentions are the annotated ones and some of what the model itself takes for mentions, since that is what it will be
given. Everything happens on the batch's device, for all its texts at once.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from kgqa.pipelines.training.extraction_features import (
    HIDDEN_TYPES,
    NO_MENTION,
    NOTHING,
    Batch,
    Labels,
    Pairing,
)
from kgqa.pipelines.training.extraction_spans import band

__all__ = ["PairTargets", "pair_targets"]

MOST_PREDICTED = 10
MOST_BESIDE_FACTS = 3
"""Names of the model's own beside the facts of a text whose other facts nobody looked for: pairs cost time."""
MOST_NAMES = 64
"""Spans of a text that are looked at for names of the model's own: the best ones."""

Scores = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class PairTargets:
    """The mentions of some texts, padded, and what is known of their pairs."""

    rows: Tensor
    """Which texts of the batch."""
    mentions: Tensor
    types: Tensor
    present: Tensor
    """`(texts, mentions, mentions, labels)`, as `absent`."""
    absent: Tensor
    unlikely: Tensor
    """`(texts, mentions, mentions)`: pairs beside the facts of a text whose other facts nobody looked for."""
    linked: Tensor
    """`(texts, mentions, mentions)`: the column is a right antecedent of the row."""
    candidates: Tensor
    needs: Tensor
    """`(texts, mentions)`: whether the row's antecedent is known."""


@torch.no_grad()
def pair_targets(batch: Batch, scores: Scores, labels: Labels) -> PairTargets | None:
    """Targets for the pairs of annotated mentions and of what the model itself takes for mentions, or None.

    `scores` are the span head's: `(texts, tokens, tokens)` and twice `(texts, tokens, types)`.
    """
    known = batch.pairing
    if known is None:
        return None
    found = _predicted(batch, known, scores, labels)
    mentions = torch.cat([known.mentions, found[..., :2]], 1)
    kinds = torch.cat([known.kinds, found[..., 2]], 1)
    told = (kinds >= 0) & (torch.rand(kinds.shape, device=kinds.device) > HIDDEN_TYPES)
    types = torch.where(told, kinds, labels.entities)
    types[:, : known.shown.shape[1]] = known.shown
    present, absent = _relations(known, mentions, kinds)
    unlikely = _beside_facts(known, mentions, kinds) & ~(present | absent).any(-1)
    links = _links(known, labels, len(kinds[0]))
    return PairTargets(known.rows, mentions, types, present, absent, unlikely, *links)


def _predicted(batch: Batch, known: Pairing, scores: Scores, labels: Labels) -> Tensor:
    """What the model itself takes for mentions where relations are known.

    `(texts, at most MOST_PREDICTED, 3)`: first and last token and type.
    """
    span, start, end = (part[known.rows] for part in scores)
    words = batch.first[known.rows], batch.last[known.rows]
    names, valid = band(span, start[..., : labels.entities], end[..., : labels.entities], *words)
    best, kinds = names.max(-1)
    valid &= (best > 0) & (known.known.any(1) | _partly_known(known))[:, None, None]
    every = _without_clashes(_best_spans(best, kinds, valid, MOST_NAMES))
    same = (every[:, :, None, :2] == known.mentions[:, None]).all(-1) & (known.kinds != NO_MENTION)[:, None]
    chance = torch.rand(every.shape[:2], device=every.device)
    chance = chance.masked_fill((every[..., 2] == NO_MENTION) | same.any(-1), -1.0)
    drawn = chance.topk(min(MOST_PREDICTED, chance.shape[1]), 1)
    few = _partly_known(known)[:, None]
    here = (drawn.values >= 0) & ~(few & (torch.arange(drawn.values.shape[1], device=few.device) >= MOST_BESIDE_FACTS))
    every = every.gather(1, drawn.indices.unsqueeze(-1).expand(-1, -1, 3))
    every[..., 2] = every[..., 2].masked_fill(~here, NO_MENTION)
    return every[:, : int(here.sum(1).max())]


def _best_spans(scores: Tensor, kinds: Tensor, valid: Tensor, most: int) -> Tensor:
    """The best valid spans of each text, the best first: `(texts, most, 3)`; scores are `(texts, tokens, widths)`."""
    flat = scores.masked_fill(~valid, -torch.inf).flatten(1)
    best = flat.topk(min(most, flat.shape[1]), 1)
    places = best.indices.masked_fill(best.values == -torch.inf, 0)
    first, width = places // scores.shape[2], places % scores.shape[2]
    kind = kinds.flatten(1).gather(1, places).masked_fill(best.values == -torch.inf, NO_MENTION)
    return torch.stack([first, first + width, kind], -1)


def _without_clashes(spans: Tensor, rounds: int = 6) -> Tensor:
    """Of spans that overlap the better one stays, as `choose_spans` has it; six rounds settle all but odd chains."""
    first, last, kind = spans.unbind(-1)
    there = kind != NO_MENTION
    overlap = (first[:, :, None] <= last[:, None]) & (first[:, None] <= last[:, :, None])
    worse = overlap.tril(-1)  # rows are spans, columns the better ones that they overlap
    kept = there
    for _ in range(rounds):
        kept = there & ~(worse & kept[:, None]).any(-1)
    return torch.stack([first, last, kind.masked_fill(~kept, NO_MENTION)], -1)


def _relations(known: Pairing, mentions: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
    """What holds and what surely does not, `(texts, mentions, mentions, labels)`."""
    names = kinds != NO_MENTION
    absent = (names[:, :, None] & names[:, None])[..., None] & known.known[:, None, None]
    present = torch.zeros_like(absent)
    text, head, tail, relation = known.facts[:, :4].unbind(1)
    inside = (head >= 0) & (tail >= 0)
    holds = inside & (relation != NOTHING)
    present[text[holds], head[holds], tail[holds], relation[holds]] = True
    judged = inside & ~known.known.any(1)[text]  # one pair, all of whose relations are known
    for one, other in ((head[judged], tail[judged]), (tail[judged], head[judged])):
        absent[text[judged], one, other] = True
    _unknown_beside_facts(known, mentions, kinds, absent)
    itself = torch.eye(len(kinds[0]), dtype=torch.bool, device=kinds.device)
    absent &= ~(itself[None, :, :, None] | present)
    return present, absent


def _unknown_beside_facts(known: Pairing, mentions: Tensor, kinds: Tensor, absent: Tensor) -> None:
    """A predicted mention that overlaps an end of a fact, or another name of one, may well hold the fact: not
    absent."""
    facts = known.facts[known.facts[:, 3] != NOTHING]
    fact, one, other = _same_pairs(known, facts, mentions, kinds)
    absent[facts[fact, 0], one, other, facts[fact, 3]] = False


def _partly_known(known: Pairing) -> Tensor:
    """`(texts,)`: of which some facts are given and no other was looked for."""
    given = torch.zeros(len(known.rows), dtype=torch.bool, device=known.rows.device)
    given[known.facts[:, 0]] = True
    return given & ~known.known.any(1)


def _beside_facts(known: Pairing, mentions: Tensor, kinds: Tensor) -> Tensor:
    """The pairs of names of partly known texts, without those that a fact may be about: seldom do they hold one."""
    names = (kinds != NO_MENTION) & _partly_known(known)[:, None]
    pairs = names[:, :, None] & names[:, None]
    pairs &= ~torch.eye(len(kinds[0]), dtype=torch.bool, device=kinds.device)
    fact, one, other = _same_pairs(known, known.facts, mentions, kinds)
    text = known.facts[fact, 0]
    pairs[text, one, other] = False
    pairs[text, other, one] = False
    return pairs


def _same_pairs(known: Pairing, facts: Tensor, mentions: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Number of the fact, head and tail, for all pairs of mentions that are the fact's own, or may be the same."""
    text, head, tail = facts[:, :3].unbind(1)
    annotated = known.kinds.shape[1]
    number = torch.arange(kinds.shape[1], device=kinds.device)
    clusters = torch.full_like(kinds, -1)
    clusters[:, :annotated] = known.clusters
    first, last = mentions[text].unbind(-1)
    predicted = (number >= annotated) & (kinds[text] != NO_MENTION)

    def same(end: Tensor, place: Tensor) -> Tensor:
        begin, stop, cluster = (column[:, None] for column in place.unbind(1))
        alias = (clusters[text] == cluster) & (cluster >= 0)
        return (number == end[:, None]) | alias | (predicted & (first <= stop) & (begin <= last))

    heads, tails = same(head, facts[:, 4:7]), same(tail, facts[:, 7:10])
    fact, one, other = (heads[:, :, None] & tails[:, None]).nonzero().unbind(1)
    return fact, one, other


def _links(known: Pairing, labels: Labels, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Antecedents: for a name the names before it, for a reference all names and the references before it."""
    annotated = known.kinds.shape[1]
    named = known.kinds != NO_MENTION
    refers = named & (known.kinds == labels.reference)
    place = known.mentions[..., 0] * known.mentions.new_tensor(1 << 12) + known.mentions[..., 1]
    before = place[:, None] < place[:, :, None]
    name = ~refers[:, None]
    allowed = torch.where(refers[:, :, None], before | name, before & name)
    itself = torch.eye(annotated, dtype=torch.bool, device=place.device)
    candidates = named[:, :, None] & named[:, None] & allowed & ~itself
    together = (known.clusters[:, :, None] == known.clusters[:, None]) & (known.clusters >= 0)[:, :, None]
    linked = together & candidates
    needs = linked.any(-1) | (known.linked[:, None] & candidates.any(-1))
    return _padded(linked, size), _padded(candidates, size), torch.nn.functional.pad(needs, (0, size - annotated))


def _padded(square: Tensor, size: int) -> Tensor:
    more = size - square.shape[-1]
    return torch.nn.functional.pad(square, (0, more, 0, more))
