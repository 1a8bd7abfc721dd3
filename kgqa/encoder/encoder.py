"""The shared encoder: text to token states, which every model family reads, and to sentence embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kgqa.encoder.model_folder import ModelFolder
from kgqa.encoder.session import Session
from kgqa.encoder.tokenizer import Tokenizer, Tokens
from kgqa.encoder.windows import Window, batches, windows
from kgqa.errors import ModelError
from kgqa.types import DeviceName

__all__ = ["TOKEN_BUDGET", "EncodedText", "Encoder", "padded"]

States = npt.NDArray[np.float32]
SHIPPED = "encoder"
TOKEN_BUDGET = 256
"""Of one batch of any model, with padding. What a layer makes of more tokens leaves a core's fast memory: 2,048 take a
third longer for each."""


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text as the trunk read it.

    ``states[i]`` is ``(2 + tokens of windows[i], 384)``: a window's rows stand between those of [CLS] and [SEP].
    """

    ids: list[int]
    offsets: list[tuple[int, int]]
    windows: tuple[Window, ...]
    states: tuple[States, ...]


class Encoder:
    """Tokenizer, trunk and sentence embedder of one model folder.

    The trunk is computed once per text (``encode``) and serves the embedder and every other family. Each token has an
    int8 range of its own: the company a text is read in does not move its states.
    """

    def __init__(self, folder: ModelFolder, tokenizer: Tokenizer, trunk: Session, embedder: Session) -> None:
        self._folder = folder
        self._tokenizer = tokenizer
        self._trunk = trunk
        self._embedder = embedder
        self.cls_id, self.sep_id = tokenizer.cls_id, tokenizer.sep_id
        self.window, self.overlap = folder.number("window_tokens"), folder.number("window_overlap")

    @classmethod
    def open(cls, folder: str | Path | None = None, *, threads: int = 0, device: DeviceName = "auto") -> Encoder:
        """The encoder in a model folder, by default the one that ships with kgqa, for that many batches at once (0: one
        per core).

        Raises:
            ConfigError: a GPU is wanted, and there is none.
            ModelError: the folder or a file in it is missing, torn, or of another kind of model.
        """
        model = ModelFolder.open(folder or SHIPPED)
        if model.config.get("kind") != "encoder":
            raise ModelError(f"{model.path} holds a model of kind {model.config.get('kind')!r}, not an encoder.")
        tokenizer = Tokenizer.open(model.file("tokenizer.json"))
        if tokenizer.size != model.number("vocab_size"):
            raise ModelError(
                f"{model.path}: tokenizer.json has {tokenizer.size} ids and the network {model.number('vocab_size')}. "
                "Install or train the model again."
            )
        sessions = [Session.open(model.file(name), threads, device) for name in ("trunk.onnx", "embedder.onnx")]
        return cls(model, tokenizer, *sessions)

    @property
    def name(self) -> str:
        """Names the weights: embeddings of two names are never compared."""
        return self._folder.text("name")

    @property
    def trunk_id(self) -> str:
        """Names the trunk's weights: a family trained on another trunk cannot be served on this one."""
        return self._folder.text("trunk_id")

    @property
    def dimensions(self) -> int:
        """Length of a state and of an embedding."""
        return self._folder.number("hidden_size")

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """For each text its token ids without special tokens, and each token's characters ``(start, end)``."""
        return self._tokenizer.tokenize(texts)

    def trunk(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> States:
        """The trunk's states ``(batch, tokens, 384)`` of ids ``(batch, tokens)``, special tokens included."""
        return self._trunk.run({"input_ids": ids, "attention_mask": mask})[0]

    def encode(self, texts: Sequence[str]) -> list[EncodedText]:
        """Each text through the trunk, once, in windows that overlap; batches are of like length."""
        tokens = self.tokenize(texts)
        cuts = [windows(len(ids), self.window, self.overlap) for ids, _ in tokens]
        rows = [
            [self.cls_id, *ids[cut.start : cut.end], self.sep_id]
            for (ids, _), text_cuts in zip(tokens, cuts, strict=True)
            for cut in text_cuts
        ]
        states = iter(self._states(rows))
        return [
            EncodedText(ids, offsets, tuple(text_cuts), tuple(next(states) for _ in text_cuts))
            for (ids, offsets), text_cuts in zip(tokens, cuts, strict=True)
        ]

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors ``(texts, 384)``; a long text is the mean of its windows, weighted by their tokens."""
        return self.embed_encoded(self.encode(texts))

    def embed_encoded(self, encoded: Iterable[EncodedText]) -> npt.NDArray[np.float32]:
        """What ``embed`` returns, from states already computed."""
        encoded = list(encoded)
        parts = [states for text in encoded for states in text.states]
        owners = np.repeat(np.arange(len(encoded)), [len(text.states) for text in encoded])
        sums = np.zeros((len(encoded), self.dimensions), dtype=np.float32)

        def weighted(batch: Sequence[int]) -> States:
            hidden, mask = padded([parts[number] for number in batch])
            (vectors,) = self._embedder.run({"hidden": hidden, "attention_mask": mask})
            sized: States = vectors * mask.sum(axis=1, keepdims=True)
            return sized

        every = list(batches([len(part) for part in parts], TOKEN_BUDGET))
        for batch, vectors in zip(every, self._embedder.side_by_side(weighted, every), strict=True):
            np.add.at(sums, owners[batch], vectors)
        unit: npt.NDArray[np.float32] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        return unit

    def _states(self, rows: Sequence[Sequence[int]]) -> list[States]:
        """The trunk's states ``(tokens, 384)`` of each row of ids."""

        def read(batch: Sequence[int]) -> States:
            longest = max(len(rows[number]) for number in batch)
            ids = np.zeros((len(batch), longest), dtype=np.int64)
            mask = np.zeros_like(ids)
            for place, number in enumerate(batch):
                ids[place, : len(rows[number])] = rows[number]
                mask[place, : len(rows[number])] = 1
            return self.trunk(ids, mask)

        found: list[States] = [np.empty((0, 0), np.float32)] * len(rows)
        every = list(batches([len(row) for row in rows], TOKEN_BUDGET))
        for batch, made in zip(every, self._trunk.side_by_side(read, every), strict=True):
            for number, states in zip(batch, made, strict=True):
                found[number] = states[: len(rows[number])]
        return found


def padded(parts: Sequence[States]) -> tuple[States, npt.NDArray[np.int64]]:
    """Windows' states ``(batch, tokens, 384)`` filled up with zeros, and the mask ``(batch, tokens)`` of real rows."""
    lengths = np.array([len(part) for part in parts])
    hidden = np.zeros((len(parts), int(lengths.max()), parts[0].shape[1]), dtype=np.float32)
    for row, part in zip(hidden, parts, strict=True):
        row[: len(part)] = part
    return hidden, (np.arange(hidden.shape[1]) < lengths[:, None]).astype(np.int64)
