"""The extraction model in torch: its own upper layers on the frozen trunk, a span head and a pair head.

Spans: Efficient GlobalPointer (Su et al., https://arxiv.org/abs/2208.03054): one start-end score with rotary
positions for all types, and for each type a label vector that start and end states are compared with. Pairs: both
ends, and what the text says about both (localized context pooling after ATLOP, Zhou et al.,
https://arxiv.org/abs/2010.11304), against a vector for each relation and one for coreference.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kgqa.extraction.tokens import SHAPES
from kgqa.pipelines.training.bilingual import load_top_layers

__all__ = ["DISTANCES", "ExtractionSizes", "ExtractionTop", "PairHead", "SpanHead"]

DISTANCES = 16
"""Buckets of the distance between two mentions: eight of powers of two on each side."""


@dataclass(frozen=True, slots=True)
class ExtractionSizes:
    """How large the heads are."""

    types: int
    relations: int
    """Without coreference, which is one more."""
    hidden: int = 384
    events: int = 0
    """How many of the types, before the last, are those of events: they are rare at first sight."""
    pointer: int = 64
    label: int = 128
    pair: int = 256
    context: int = 64


class SpanHead(nn.Module):
    """States `(batch, tokens, hidden)` to span scores and the start and end scores of each type."""

    def __init__(self, sizes: ExtractionSizes) -> None:
        super().__init__()
        self.pointer = sizes.pointer
        self.ends = nn.Linear(sizes.hidden, 2 * sizes.pointer)
        self.start_state = nn.Linear(sizes.hidden, sizes.label)
        self.end_state = nn.Linear(sizes.hidden, sizes.label)
        self.start_labels = nn.Parameter(torch.randn(sizes.types, sizes.label) * 0.05)
        self.end_labels = nn.Parameter(torch.randn(sizes.types, sizes.label) * 0.05)
        self.bias = nn.Parameter(torch.full((sizes.types,), -2.0))
        with torch.no_grad():
            self.bias[sizes.types - 1 - sizes.events : sizes.types - 1] -= 5.0

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Span `(batch, tokens, tokens)`, start and end `(batch, tokens, types)`: a span's score is the sum of its
        three."""
        query, key = self.ends(states).chunk(2, -1)
        span = rotate(query) @ rotate(key).transpose(1, 2) / self.pointer**0.5
        start = F.gelu(self.start_state(states)) @ self.start_labels.T + self.bias
        end = F.gelu(self.end_state(states)) @ self.end_labels.T
        return span, start, end


def rotate(states: Tensor) -> Tensor:
    """The states turned by their positions, so that products depend on distance (RoFormer, arXiv 2104.09864)."""
    tokens, half = states.shape[1], states.shape[2] // 2
    rates = 10000 ** (-torch.arange(half, device=states.device, dtype=torch.float32) / half)
    angles = torch.arange(tokens, device=states.device, dtype=torch.float32)[:, None] * rates[None]
    sin, cos = angles.sin()[None], angles.cos()[None]
    real, imaginary = states.float().chunk(2, -1)
    return torch.cat([real * cos - imaginary * sin, imaginary * cos + real * sin], -1)


class PairHead(nn.Module):
    """States and mentions to the scores of each ordered pair of mentions: relations, then coreference."""

    def __init__(self, sizes: ExtractionSizes) -> None:
        super().__init__()
        self.types = nn.Embedding(sizes.types + 1, 2 * sizes.hidden)
        self.distances = nn.Embedding(DISTANCES, sizes.pair)
        self.head = nn.Linear(2 * sizes.hidden, sizes.pair)
        self.tail = nn.Linear(2 * sizes.hidden, sizes.pair)
        self.head_product = nn.Linear(2 * sizes.hidden, sizes.context)
        self.tail_product = nn.Linear(2 * sizes.hidden, sizes.context)
        self.product = nn.Linear(sizes.context, sizes.pair)
        self.asks = nn.Linear(2 * sizes.hidden, 2 * sizes.context)
        self.offers = nn.Linear(sizes.hidden, 2 * sizes.context)
        self.says = nn.Linear(sizes.hidden, sizes.pair)
        self.norm = nn.LayerNorm(sizes.pair)
        self.dropout = nn.Dropout(0.1)
        self.state = nn.Linear(sizes.pair, sizes.label)
        self.labels = nn.Parameter(torch.randn(sizes.relations + 1, sizes.label) * 0.05)
        self.bias = nn.Parameter(torch.full((sizes.relations + 1,), -2.0))
        nn.init.zeros_(self.distances.weight)
        nn.init.normal_(self.types.weight, std=0.02)

    def forward(self, states: Tensor, attention_mask: Tensor, mentions: Tensor, types: Tensor) -> Tensor:
        """`(batch, mentions, mentions, relations + 1)`: rows are heads, columns tails.

        `mentions` is `(batch, mentions, 2)`, first and last token; `types` `(batch, mentions)`, the number of types
        where unknown.
        """
        ends = torch.cat([pick(states, mentions[..., 0]), pick(states, mentions[..., 1])], -1) + self.types(types)
        product = self.head_product(ends).unsqueeze(2) * self.tail_product(ends).unsqueeze(1)
        pairs = self.head(ends).unsqueeze(2) + self.tail(ends).unsqueeze(1) + self.product(product)
        pairs = pairs + self._context(states, attention_mask, ends) + self.distances(distance(mentions))
        pairs = self.dropout(F.gelu(self.norm(pairs)))
        scores: Tensor = F.gelu(self.state(pairs)) @ self.labels.T + self.bias
        return scores

    def _context(self, states: Tensor, attention_mask: Tensor, ends: Tensor) -> Tensor:
        """What the tokens say that both ends look at: the sum of the two attentions' logits."""
        head, tail = self.asks(ends).chunk(2, -1)
        head_key, tail_key = self.offers(states).chunk(2, -1)
        scale = head.shape[-1] ** 0.5
        logits = (head @ head_key.transpose(1, 2)).unsqueeze(2) + (tail @ tail_key.transpose(1, 2)).unsqueeze(1)
        logits = (logits / scale).masked_fill((attention_mask == 0)[:, None, None, :], -1e4)
        batch, heads, tails, tokens = logits.shape
        pooled: Tensor = logits.softmax(-1).reshape(batch, heads * tails, tokens) @ self.says(states)
        return pooled.reshape(batch, heads, tails, -1)


def pick(states: Tensor, places: Tensor) -> Tensor:
    """The states `(batch, mentions, hidden)` at the tokens `(batch, mentions)`."""
    return states.gather(1, places.unsqueeze(-1).expand(-1, -1, states.shape[-1]))


def distance(mentions: Tensor) -> Tensor:
    """The bucket of the distance from each mention to each other, `(batch, mentions, mentions)`: logarithmic,
    signed."""
    starts = mentions[..., 0]
    apart = starts.unsqueeze(1) - starts.unsqueeze(2)
    bucket = torch.log2(apart.abs().clamp(min=1).float()).floor().long().clamp(max=DISTANCES // 2 - 1)
    return torch.where(apart > 0, bucket + DISTANCES // 2, bucket)


class ExtractionTop(nn.Module):
    """Everything above the trunk that the extraction family owns."""

    def __init__(self, layers: nn.ModuleList, sizes: ExtractionSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.shapes = nn.Embedding(SHAPES, sizes.hidden)
        self.layers = layers
        self.spans = SpanHead(sizes)
        self.pairs = PairHead(sizes)
        nn.init.zeros_(self.shapes.weight)

    @classmethod
    def on(cls, base: Path, sizes: ExtractionSizes, dropout: float = 0.1) -> "ExtractionTop":
        """An untrained extraction model on the upper layers of the encoder in a folder."""
        return cls(load_top_layers(base, dropout), sizes)

    def forward(self, states: Tensor, attention_mask: Tensor, shapes: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Trunk states to the family's own states, and span, start and end scores."""
        states = states + self.shapes(shapes)
        for layer in self.layers:
            states = layer(states, attention_mask)
        return (states, *self.spans(states))
