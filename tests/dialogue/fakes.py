"""An extractor that knows a list of names: a small real implementation of the protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgqa.types import Chunk, Extraction, Mention


class ListExtractor:
    """Finds the names that it was given, with their types, wherever a chunk holds them; descriptions are nominal."""

    name = "list@1"

    def __init__(self, names: Mapping[str, str], descriptions: Sequence[str] = ()) -> None:
        self.names = names
        self.descriptions = descriptions

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        return [Extraction(chunk.id, tuple(self._mentions(chunk)), extractor=self.name) for chunk in chunks]

    def _mentions(self, chunk: Chunk) -> list[Mention]:
        known = [*((name, type, False) for name, type in self.names.items())]
        known += [(description, "Reference", True) for description in self.descriptions]
        found = []
        for text, type, nominal in known:
            at = chunk.text.find(text)
            if at >= 0:
                start = chunk.start + at
                found.append(Mention(start, start + len(text), text, type, 1.0, nominal))
        return found
