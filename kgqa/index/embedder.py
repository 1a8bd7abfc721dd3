"""What turns text into vectors, and the text of a chunk that is turned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from kgqa.types import Chunk

__all__ = ["Embedder", "Vectors", "passage_text"]

Vectors = npt.NDArray[np.float32]
"""``(texts, dimensions)``, each row of unit length."""


@runtime_checkable
class Embedder(Protocol):
    """Maps texts of any language to points of one space, near where they mean the same."""

    @property
    def name(self) -> str:
        """Names the weights: vectors of two names are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), dimensions)`` in order; a long text is cut or windowed, never refused."""
        ...


def passage_text(chunk: Chunk) -> str:
    """The chunk as it is embedded: its text under the title and headings that say what the text is about."""
    above = [part for part in (chunk.title, chunk.heading) if part and part not in chunk.text]
    return "\n".join([*dict.fromkeys(above), chunk.text])
