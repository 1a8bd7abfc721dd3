"""The reranker in torch: its own upper layers on the frozen trunk and one score for a question, a path and a passage.

The loss compares each passage that helps with all of its question that do not (listwise softmax, ListNet's top-one
probability, Cao et al., https://doi.org/10.1145/1273496.1273513).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from kgqa.encoder import PATH_ROLES, path_roles
from kgqa.pipelines.training.bilingual import load_top_layers
from kgqa.pipelines.training.export import served_weights
from kgqa.pipelines.training.reader_model import ReaderTop
from kgqa.pipelines.training.reranker_data import Ranked
from kgqa.retrieval.rerank import Sizes, lay_out

__all__ = ["Batch", "RerankerTop", "Windows", "batches", "ranking_loss", "tokenized"]


class RerankerTop(nn.Module):
    """Trunk states `(batch, tokens, 384)` to scores `(batch,)`."""

    def __init__(self, layers: nn.ModuleList, hidden: int = 384) -> None:
        super().__init__()
        self.roles = nn.Embedding(PATH_ROLES, hidden)
        self.layers = layers
        self.score = nn.Sequential(nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        nn.init.normal_(self.roles.weight, std=0.1)

    @classmethod
    def on(cls, base: Path, dropout: float = 0.1) -> "RerankerTop":
        """An untrained reranker on the upper layers of the encoder in a folder."""
        return cls(load_top_layers(base, dropout))

    def take_over_reader(self, base: Path, folder: Path) -> None:
        """Begin as the reader in a folder: what has no answer is what does not help."""
        reader = ReaderTop.on(base)
        reader.take_over(folder)
        self.layers.load_state_dict(reader.layers.state_dict())
        self.score.load_state_dict(reader.null.state_dict())
        with torch.no_grad():
            self.roles.weight[: len(reader.roles.weight)] = reader.roles.weight
            self.roles.weight[6:] = reader.roles.weight[[1, 2, 1, 4]]  # of those that the reader knows, the nearest
            for weight in self.score[2].parameters():
                weight.neg_()

    def take_over(self, folder: Path) -> None:
        """Take the weights of the served graph in a reranker's folder."""
        weights = served_weights(folder / "top.onnx")
        self.load_state_dict({name: weights[name].float() for name in self.state_dict()})

    def forward(self, states: Tensor, attention_mask: Tensor, roles: Tensor) -> Tensor:
        """`roles` is `(batch, tokens)`: see `kgqa.encoder.path_roles`."""
        states = states + self.roles(roles)
        *lower, last = self.layers
        for layer in lower:
            states = layer(states, attention_mask)
        scores: Tensor = self.score(last(states, attention_mask, first_only=True)[:, 0])
        return scores[:, 0]


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of one question: the ids, the places of path and passage, and how many of them help, which are the
    first."""

    rows: tuple[tuple[list[int], int, int], ...]
    right: int

    @property
    def longest(self) -> int:
        return max(len(ids) for ids, _, _ in self.rows)


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows padded to one length, `(windows, tokens)`; `group` and `right` are `(windows,)`."""

    ids: Tensor
    mask: Tensor
    roles: Tensor
    group: Tensor
    right: Tensor
    """True where a window helps."""

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device."""
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


def tokenized(ranked: Sequence[Ranked], tokenizer: Tokenizer, sizes: Sizes) -> Iterator[Windows]:
    """The windows of each question, cut to the sizes that are served."""
    vocabulary = tokenizer.get_vocab()
    special = {"cls": vocabulary["[CLS]"], "sep": vocabulary["[SEP]"]}
    for item in ranked:
        every = [*item.right, *item.wrong]
        texts = [item.question, *(c.path for c in every), *(c.text for c in every)]
        asked, *rest = (found.ids for found in tokenizer.encode_batch(texts, add_special_tokens=False))
        pairs = zip(rest[: len(every)], rest[len(every) :], strict=True)
        rows = [
            lay_out(asked[: sizes.question], path[: sizes.path], passage[: sizes.passage], **special)
            for path, passage in pairs
        ]
        yield Windows(tuple(rows), len(item.right))


def batches(items: Sequence[Windows], tokens: int, rng: Random) -> Iterator[Batch]:
    """Batches of about `tokens` tokens, in an order by chance; the windows of a question stay together."""
    full: list[list[Windows]] = []
    batch: list[Windows] = []
    for item in sorted(items, key=lambda item: item.longest + 24 * rng.random()):
        windows = sum(len(other.rows) for other in batch) + len(item.rows)
        if batch and max(item.longest, *(other.longest for other in batch)) * windows > tokens:
            full.append(batch)
            batch = []
        batch = [*batch, item]
    if batch:
        full.append(batch)
    rng.shuffle(full)
    return (_collate(items) for items in full)


def _collate(items: Sequence[Windows]) -> Batch:
    rows = [row for item in items for row in item.rows]
    shape = (len(rows), max(len(ids) for ids, _, _ in rows))
    ids, mask, roles = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
    for number, (tokens, path, first) in enumerate(rows):
        ids[number, : len(tokens)] = torch.tensor(tokens)
        mask[number, : len(tokens)] = 1
        roles[number, : len(tokens)] = torch.from_numpy(path_roles(tokens, path, first))
    group = torch.tensor([number for number, item in enumerate(items) for _ in item.rows])
    right = torch.tensor([place < item.right for item in items for place in range(len(item.rows))])
    return Batch(ids, mask, roles, group, right)


def ranking_loss(scores: Tensor, batch: Batch) -> Tensor:
    """Mean negative log-probability of each passage that helps among itself and those of its question that do not."""
    scores = scores.float()
    same = batch.group[:, None] == batch.group[None, :]
    against = same & ~batch.right[None, :] | torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    every = scores[None, :].expand(len(scores), -1).masked_fill(~against, -1e4).logsumexp(1)
    return (every - scores)[batch.right].mean()
