"""The bilingual encoder in torch: a BERT of six layers cut into a shared trunk and tops that a model family owns.

The trunk (embeddings and the lower layers) is frozen after the bilingual pretraining and shared by every family; a
family trains its own copy of the upper layers and its head on top, so that one pass through the trunk serves all.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from kgqa.pipelines.training.export import served_weights

TRUNK_LAYERS = 3


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """The sizes of an encoder, under the names that a Hugging Face `config.json` of a BERT uses."""

    vocab_size: int
    hidden_size: int = 384
    num_hidden_layers: int = 6
    num_attention_heads: int = 12
    intermediate_size: int = 1536
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12

    @classmethod
    def read(cls, folder: Path) -> "EncoderShape":
        """The shape written in a folder's `config.json`."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return cls(**{field.name: config[field.name] for field in fields(cls) if field.name in config})

    def to_config(self) -> dict[str, object]:
        """What `config.json` of a Hugging Face `BertModel` of this shape holds."""
        kind = {"model_type": "bert", "architectures": ["BertModel"], "hidden_act": "gelu", "pad_token_id": 0}
        return {**kind, **asdict(self)}


class Embeddings(nn.Module):
    """Word, position and segment embeddings, normalised: ids `(batch, tokens)` to states `(batch, tokens, hidden)`."""

    def __init__(self, shape: EncoderShape, dropout: float = 0.0) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(shape.vocab_size, shape.hidden_size, padding_idx=0)
        self.position_embeddings = nn.Embedding(shape.max_position_embeddings, shape.hidden_size)
        self.token_type_embeddings = nn.Embedding(shape.type_vocab_size, shape.hidden_size)
        self.norm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, input_ids: Tensor, words: Tensor | None = None) -> Tensor:
        """States `(batch, tokens, hidden)`; `words` replaces the word embeddings looked up from the ids."""
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        states = self.word_embeddings(input_ids) if words is None else words
        states = states + self.position_embeddings(positions) + self.token_type_embeddings.weight[0]
        normed: Tensor = self.norm(states)
        return self.dropout(normed)  # type: ignore[no-any-return]  # nn.Module calls are untyped


class EncoderLayer(nn.Module):
    """One post-norm transformer layer of BERT: `(batch, tokens, hidden)` to the same shape.

    Devlin et al., "BERT", https://arxiv.org/abs/1810.04805; query, key and value are one matrix of three blocks.
    """

    def __init__(self, shape: EncoderShape, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = shape.num_attention_heads
        self.qkv = nn.Linear(shape.hidden_size, 3 * shape.hidden_size)
        self.attention_out = nn.Linear(shape.hidden_size, shape.hidden_size)
        self.attention_norm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.feed_in = nn.Linear(shape.hidden_size, shape.intermediate_size)
        self.feed_out = nn.Linear(shape.intermediate_size, shape.hidden_size)
        self.feed_norm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, attention_mask: Tensor, *, first_only: bool = False) -> Tensor:
        """States after the layer; `attention_mask` is `(batch, tokens)`, non-zero or true at tokens that count.

        With `first_only` those of the first token, `(batch, 1, hidden)`: where nothing else is read of the last layer,
        three quarters of its products need not be made.
        """
        attended = self._attend(states, attention_mask, first_only)
        if first_only:
            states = states[:, :1]
        states = self.attention_norm(states + self.dropout(self.attention_out(attended)))
        fed = self.feed_out(F.gelu(self.feed_in(states)))
        return self.feed_norm(states + self.dropout(fed))  # type: ignore[no-any-return]  # nn.Module calls are untyped

    def _attend(self, states: Tensor, attention_mask: Tensor, first_only: bool) -> Tensor:
        batch, tokens, hidden = states.shape
        qkv = self.qkv(states).view(batch, tokens, 3, self.heads, hidden // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        if first_only:
            query = query[:, :, :1]
        mask = (attention_mask != 0)[:, None, None, :]
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return attended.transpose(1, 2).reshape(batch, -1, hidden)


class Trunk(nn.Module):
    """Embeddings and the lower layers: ids and mask `(batch, tokens)` to states `(batch, tokens, hidden)`."""

    def __init__(self, shape: EncoderShape, layers: int = TRUNK_LAYERS, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.embeddings = Embeddings(shape, dropout)
        self.layers = nn.ModuleList(EncoderLayer(shape, dropout) for _ in range(layers))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, words: Tensor | None = None) -> Tensor:
        """States of the last layer held here."""
        states: Tensor = self.embeddings(input_ids, words)
        for layer in self.layers:
            states = layer(states, attention_mask)
        return states


def mean_pooled(states: Tensor, attention_mask: Tensor) -> Tensor:
    """Sentence embeddings `(batch, hidden)` of unit length: the mean over the tokens that count."""
    weights = (attention_mask != 0).unsqueeze(-1).to(states.dtype)
    return F.normalize((states * weights).sum(1) / weights.sum(1).clamp(min=1), dim=-1)


def open_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of an encoder's folder, without padding and truncation."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def load_encoder(folder: Path, dropout: float = 0.0) -> Trunk:
    """All layers of the encoder in a folder of `config.json` and `model.safetensors`, trainable, in fp32.

    Word embeddings that are not there are those of the served graph.
    """
    shape = EncoderShape.read(folder)
    encoder = Trunk(shape, shape.num_hidden_layers, dropout)
    tensors = load_file(folder / "model.safetensors")
    if WORDS not in tensors:
        tensors[WORDS] = served_weights(folder / "trunk.onnx")[WORDS]
    encoder.load_state_dict(from_bert(tensors, shape.num_hidden_layers))
    return encoder


def load_trunk(folder: Path) -> Trunk:
    """The frozen trunk of the encoder in a folder: embeddings and the first `TRUNK_LAYERS` layers, in `eval` mode."""
    encoder = load_encoder(folder)
    trunk = Trunk(encoder.shape, TRUNK_LAYERS)
    trunk.embeddings, trunk.layers = encoder.embeddings, encoder.layers[:TRUNK_LAYERS]
    return trunk.requires_grad_(False).eval()


def load_top_layers(folder: Path, dropout: float = 0.1) -> nn.ModuleList:
    """A trainable copy of the layers above the trunk; each is called as `layer(states, attention_mask)`."""
    return load_encoder(folder, dropout).layers[TRUNK_LAYERS:]


WORDS = "embeddings.word_embeddings.weight"


def save_encoder(encoder: Trunk, folder: Path, dtype: torch.dtype = torch.float32) -> None:
    """Write `config.json` and `model.safetensors` as Hugging Face's `BertModel` reads them; each file appears whole."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.to("cpu", dtype).contiguous() for name, tensor in to_bert(encoder.state_dict()).items()}
    save_file(tensors, folder / "model.safetensors.partial", metadata={"format": "pt"})
    (folder / "model.safetensors.partial").replace(folder / "model.safetensors")
    config = {**encoder.shape.to_config(), "dtype": str(dtype).removeprefix("torch.")}
    (folder / "config.json.partial").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / "config.json.partial").replace(folder / "config.json")


# our name of a module inside a layer, and Hugging Face's
_LAYER_NAMES = {
    "attention_out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "feed_in": "intermediate.dense",
    "feed_out": "output.dense",
    "feed_norm": "output.LayerNorm",
}
_PROJECTIONS = ("attention.self.query", "attention.self.key", "attention.self.value")


def from_bert(tensors: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """Weights of a Hugging Face `BertModel` under this module's names, in fp32."""
    tensors = {name.removeprefix("bert."): tensor.float() for name, tensor in tensors.items()}
    named = {
        f"embeddings.{part}_embeddings.weight": tensors[f"embeddings.{part}_embeddings.weight"]
        for part in ("word", "position", "token_type")
    }
    for kind in ("weight", "bias"):
        named[f"embeddings.norm.{kind}"] = tensors[f"embeddings.LayerNorm.{kind}"]
        for layer in range(layers):
            theirs, ours = f"encoder.layer.{layer}", f"layers.{layer}"
            named[f"{ours}.qkv.{kind}"] = torch.cat([tensors[f"{theirs}.{name}.{kind}"] for name in _PROJECTIONS])
            for name, bert_name in _LAYER_NAMES.items():
                named[f"{ours}.{name}.{kind}"] = tensors[f"{theirs}.{bert_name}.{kind}"]
    return named


def to_bert(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of `from_bert`."""
    named: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if name.startswith("embeddings."):
            named[name.replace(".norm.", ".LayerNorm.")] = tensor
            continue
        _, layer, part, kind = name.split(".")
        prefix = f"encoder.layer.{layer}"
        if part == "qkv":
            named |= {
                f"{prefix}.{bert_name}.{kind}": block
                for bert_name, block in zip(_PROJECTIONS, tensor.chunk(3), strict=True)
            }
        else:
            named[f"{prefix}.{_LAYER_NAMES[part]}.{kind}"] = tensor
    return named
