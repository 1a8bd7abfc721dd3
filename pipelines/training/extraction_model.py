"""The extraction model in torch: its own upper layers on the frozen trunk, a span head and a pair head; other layers
that read again what is said around the trigger of an event, with a head for its arguments; and others again that read
around a pronoun, with a head for the names that it may stand for.

Spans: Efficient GlobalPointer (Su et al., https://arxiv.org/abs/2208.03054): one start-end score with rotary
positions for all types, and for each type a label vector that start and end states are compared with. Pairs: both
ends, and what the text says about both (localized context pooling after ATLOP, Zhou et al.,
https://arxiv.org/abs/2010.11304), against a vector for each relation and one for coreference.
"""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kgqa.extraction.labels import Labels
from kgqa.extraction.tokens import SHAPES
from kgqa.pipelines.training.bilingual import load_top_layers

__all__ = ["DISTANCES", "ArgumentTop", "ExtractionSizes", "ExtractionTop", "PairHead", "ReferenceTop", "SpanHead"]

DISTANCES = 16
"""Buckets of the distance between two mentions: eight of powers of two on each side."""


@dataclass(frozen=True, slots=True)
class ExtractionSizes:
    """How large the heads are."""

    entities: int
    """Types of names and references."""
    relations: int
    """Without coreference, which is one more."""
    hidden: int = 384
    events: int = 0
    """Types of events."""
    roles: int = 0
    references: bool = False
    """Whether there is a type of what refers without naming."""
    pointer: int = 64
    label: int = 128
    pair: int = 256
    context: int = 64

    @classmethod
    def of(cls, labels: Labels, hidden: int) -> "ExtractionSizes":
        """For these labels, on an encoder with states of this size."""
        events, roles = len(labels.events), len(labels.roles)
        return cls(labels.entities, len(labels.relations), hidden, events, roles, labels.reference >= 0)


class SpanHead(nn.Module):
    """States `(batch, tokens, hidden)` to span scores and the start and end scores of each type."""

    def __init__(self, sizes: ExtractionSizes, types: int) -> None:
        super().__init__()
        self.pointer = sizes.pointer
        self.ends = nn.Linear(sizes.hidden, 2 * sizes.pointer)
        self.start_state = nn.Linear(sizes.hidden, sizes.label)
        self.end_state = nn.Linear(sizes.hidden, sizes.label)
        self.start_labels = nn.Parameter(torch.randn(types, sizes.label) * 0.05)
        self.end_labels = nn.Parameter(torch.randn(types, sizes.label) * 0.05)
        self.bias = nn.Parameter(torch.full((types,), -2.0))

    def forward(self, states: Tensor, asked: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Span `(batch, tokens, tokens)`, start and end `(batch, tokens, types)`: a span's score is the sum of its
        three. Of all types, or for each text of those `asked`, `(batch, types)`."""
        query, key = self.ends(states).chunk(2, -1)
        span = rotate(query) @ rotate(key).transpose(1, 2) / self.pointer**0.5
        chosen = slice(None) if asked is None else asked
        start_labels, end_labels = self.start_labels[chosen], self.end_labels[chosen]
        start = F.gelu(self.start_state(states)) @ start_labels.transpose(-1, -2) + self.bias[chosen].unsqueeze(-2)
        end = F.gelu(self.end_state(states)) @ end_labels.transpose(-1, -2)
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
        self.types = nn.Embedding(sizes.entities + 1, 2 * sizes.hidden)
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

        `mentions` is `(batch, mentions, 2)`, first and last token; `types` `(batch, mentions)`, the number of
        entity types where unknown.
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
    return _buckets(starts.unsqueeze(1) - starts.unsqueeze(2))


def _buckets(apart: Tensor) -> Tensor:
    bucket = torch.log2(apart.abs().clamp(min=1).float()).floor().long().clamp(max=DISTANCES // 2 - 1)
    return torch.where(apart > 0, bucket + DISTANCES // 2, bucket)


class ArgumentTop(nn.Module):
    """What reads again around a trigger, which is marked, knowing the type of its event: layers, and for each role of
    the type a score of each span.

    Telling the model what it reads for is what Hsu et al. call priming: "TAGPRIME", https://arxiv.org/abs/2205.12585;
    here it is added to the trunk's states, so that the text need not pass the trunk again. Weights are its own: those
    that find names in all of a text get worse at it where they learn this, too (PURE, Zhong and Chen,
    https://arxiv.org/abs/2010.12812).
    """

    def __init__(self, layers: nn.ModuleList, sizes: ExtractionSizes) -> None:
        super().__init__()
        self.shapes = nn.Embedding(SHAPES, sizes.hidden)
        self.marks = nn.Embedding(2, sizes.hidden)
        self.events = nn.Embedding(sizes.events, sizes.hidden)
        self.layers = layers
        self.spans = SpanHead(sizes, sizes.roles)
        nn.init.zeros_(self.shapes.weight)
        nn.init.normal_(self.events.weight, std=0.1)
        with torch.no_grad():
            self.marks.weight.mul_(self.marks.weight.new_tensor([[0.0], [0.3]]))

    def forward(
        self, states: Tensor, attention_mask: Tensor, shapes: Tensor, marks: Tensor, events: Tensor, roles: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Trunk states to span, start and end scores of the roles that are asked for.

        `marks` is `(batch, tokens)`, 1 in the trigger; `events` `(batch,)`, the types, counted from the first event
        type; `roles` `(batch, roles)`.
        """
        states = states + self.shapes(shapes) + self.marks(marks) + self.events(events).unsqueeze(1)
        for layer in self.layers:
            states = layer(states, attention_mask)
        scores: tuple[Tensor, Tensor, Tensor] = self.spans(states, roles)
        return scores


class ReferenceTop(nn.Module):
    """What reads again around a pronoun, which is marked, and so are the names that it may stand for: layers, and a
    score of each name; that of none is 0.

    To see the candidates is what "gold two mention" gives a model in Webster et al., "Mind the GAP",
    https://arxiv.org/abs/1810.05201. Weights are its own, as those of arguments.
    """

    def __init__(self, layers: nn.ModuleList, sizes: ExtractionSizes) -> None:
        super().__init__()
        self.shapes = nn.Embedding(SHAPES, sizes.hidden)
        self.marks = nn.Embedding(3, sizes.hidden)
        self.layers = layers
        self.asks = nn.Linear(2 * sizes.hidden, sizes.pair)
        self.offers = nn.Linear(2 * sizes.hidden, sizes.pair)
        self.distances = nn.Embedding(DISTANCES, sizes.pair)
        self.score = nn.Sequential(nn.GELU(), nn.Dropout(0.1), nn.Linear(sizes.pair, 1))
        self.pronoun_product = nn.Linear(2 * sizes.hidden, sizes.context)
        self.name_product = nn.Linear(2 * sizes.hidden, sizes.context)
        nn.init.zeros_(self.shapes.weight)
        nn.init.zeros_(self.distances.weight)
        with torch.no_grad():
            self.marks.weight.mul_(self.marks.weight.new_tensor([[0.0], [0.3], [0.3]]))

    def forward(
        self, states: Tensor, attention_mask: Tensor, shapes: Tensor, marks: Tensor, pronouns: Tensor, names: Tensor
    ) -> Tensor:
        """Trunk states to scores `(batch, names)`. `marks` is `(batch, tokens)`, see `kgqa.extraction.references`;
        `pronouns` `(batch, 2)` and `names` `(batch, names, 2)` are first and last tokens."""
        states = states + self.shapes(shapes) + self.marks(marks)
        for layer in self.layers:
            states = layer(states, attention_mask)
        pronoun = pick(states, pronouns).flatten(1).unsqueeze(1)
        name = torch.cat([pick(states, names[..., 0]), pick(states, names[..., 1])], -1)
        apart = _buckets(names[..., 0] - pronouns[:, :1])
        product = self.pronoun_product(pronoun) * self.name_product(name)
        scores: Tensor = self.score(self.asks(pronoun) + self.offers(name) + self.distances(apart)).squeeze(-1)
        scores = scores + product.sum(-1) / product.shape[-1] ** 0.5
        return scores


class ExtractionTop(nn.Module):
    """Everything above the trunk that the extraction family owns."""

    def __init__(self, layers: nn.ModuleList, sizes: ExtractionSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.shapes = nn.Embedding(SHAPES, sizes.hidden)
        self.layers = layers
        self.spans = SpanHead(sizes, sizes.entities + sizes.events)
        self.pairs = PairHead(sizes)
        nn.init.zeros_(self.shapes.weight)
        with torch.no_grad():
            self.spans.bias[sizes.entities :] -= 5.0  # triggers are rare at first sight
        self.arguments = ArgumentTop(copy.deepcopy(layers), sizes) if sizes.events else None
        self.references = ReferenceTop(copy.deepcopy(layers), sizes) if sizes.references else None

    @classmethod
    def on(cls, base: Path, sizes: ExtractionSizes, dropout: float = 0.1) -> "ExtractionTop":
        """An untrained extraction model on the upper layers of the encoder in a folder."""
        return cls(load_top_layers(base, dropout), sizes)

    def upper_layers(self) -> list[nn.ModuleList]:
        """The layers of all readings."""
        return [self.layers, *(top.layers for top in (self.arguments, self.references) if top is not None)]

    def forward(self, states: Tensor, attention_mask: Tensor, shapes: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Trunk states to the family's own states, and span, start and end scores."""
        states = states + self.shapes(shapes)
        for layer in self.layers:
            states = layer(states, attention_mask)
        return (states, *self.spans(states))
