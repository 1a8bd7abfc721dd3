"""The reader in torch: its own upper layers on the frozen trunk, a start and an end score for each token, and a null
score.

Devlin et al., "BERT", section 4.3 (https://arxiv.org/abs/1810.04805): no answer competes with every span. Clark and
Gardner, "Simple and Effective Multi-Paragraph Reading Comprehension" (https://arxiv.org/abs/1710.10723): the spans of
all passages of a question are normalised together, so that their scores can be compared.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from kgqa.encoder import ROLES
from kgqa.pipelines.training.bilingual import Trunk, load_top_layers
from kgqa.pipelines.training.export import served_weights
from kgqa.pipelines.training.reader_windows import Batch

__all__ = ["ReaderTop", "read_batch", "reading_loss"]


class ReaderTop(nn.Module):
    """Trunk states `(batch, tokens, 384)` to start scores, end scores `(batch, tokens)` and null scores `(batch,)`."""

    def __init__(self, layers: nn.ModuleList, hidden: int = 384) -> None:
        super().__init__()
        self.roles = nn.Embedding(ROLES, hidden)
        self.layers = layers
        self.spans = nn.Linear(hidden, 2)
        self.null = nn.Sequential(nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        nn.init.normal_(self.roles.weight, std=0.1)

    @classmethod
    def on(cls, base: Path, dropout: float = 0.1) -> "ReaderTop":
        """An untrained reader on the upper layers of the encoder in a folder."""
        return cls(load_top_layers(base, dropout))

    def take_over(self, folder: Path) -> None:
        """Take the weights in a folder's `model.safetensors`; without it, those of the served graph, `top.onnx`."""
        whole = folder / "model.safetensors"
        weights = load_file(whole) if whole.exists() else served_weights(folder / "top.onnx")
        self.load_state_dict({name: weights[name].float() for name in self.state_dict()})

    def forward(self, states: Tensor, attention_mask: Tensor, roles: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`roles` is `(batch, tokens)`: see `kgqa.encoder.token_roles`."""
        states = states + self.roles(roles)
        for layer in self.layers:
            states = layer(states, attention_mask)
        scores: Tensor = self.spans(states)
        null: Tensor = self.null(states[:, 0])
        return scores[..., 0], scores[..., 1], null[:, 0]


def read_batch(trunk: Trunk, top: ReaderTop, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Start, end and null scores of a batch; the trunk runs without gradients."""
    with torch.no_grad():
        states = trunk(batch.ids, batch.mask)
    scores: tuple[Tensor, Tensor, Tensor] = top(states, batch.mask, batch.roles)
    return scores


def reading_loss(start: Tensor, end: Tensor, null: Tensor, batch: Batch) -> Tensor:
    """Mean negative log-likelihood of the answer: within each window against null, and across windows of a question.

    Several acceptable answers share the probability. A span's ends are scored one by one, null counts half for each.
    """
    within = _within(start, null / 2, batch.passage, batch.starts) + _within(end, null / 2, batch.passage, batch.ends)
    across = _across(start, batch.passage, batch.starts, batch.group) + _across(
        end, batch.passage, batch.ends, batch.group
    )
    return within + across


def _within(scores: Tensor, null: Tensor, passage: Tensor, gold: Tensor) -> Tensor:
    every = torch.cat([null[:, None], scores.float().masked_fill(~passage, -1e4)], 1)
    says = gold.any(1)
    right = torch.cat([~says[:, None], gold], 1)
    return -_share(every, right).mean()


def _across(scores: Tensor, passage: Tensor, gold: Tensor, group: Tensor) -> Tensor:
    """Only questions with an answer in one window and another window without one have something to compare."""
    groups = int(group.max()) + 1
    member = F.one_hot(group, groups).T.bool()
    every = (
        scores.float().masked_fill(~passage, -1e4)[None].expand(groups, -1, -1).masked_fill(~member[:, :, None], -1e4)
    )
    right = gold[None] & member[:, :, None]
    compares = right.flatten(1).any(1) & (member.sum(1) > 1)
    if not compares.any():
        return scores.new_zeros(())
    return -_share(every.flatten(1)[compares], right.flatten(1)[compares]).sum() / len(scores)


def _share(scores: Tensor, right: Tensor) -> Tensor:
    """Log of the probability that a softmax gives to the right ones together."""
    return scores.masked_fill(~right, -1e4).logsumexp(1) - scores.logsumexp(1)
