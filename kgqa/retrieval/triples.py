"""An index over the facts of the graph, each said as a short text: "DeepMind founded by Demis Hassabis".

It is made of the same parts as the index over chunks, FAISS and BM25, and is kept in the same way: in step with the
store whatever is ingested, replaced or deleted, built again where it is torn or of another model. Matching questions to
triples as well as to passages: HippoRAG 2, Gutiérrez et al., ICML 2025 (https://arxiv.org/abs/2502.14802).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from kgqa.extraction.predicate_phrases import AROUND
from kgqa.extraction.schema import Schema
from kgqa.index import Device, Embedder, Indexes, Synced
from kgqa.index.device import ANY_DEVICE
from kgqa.index.embedder import Vectors
from kgqa.retrieval.fusion import fuse
from kgqa.retrieval.predicates import label_of
from kgqa.text import detect_language
from kgqa.types import Chunk, Hit, Triple

__all__ = ["TripleIndex", "TripleStore", "verbalised"]

_LEXICAL = 0.5  # weight of BM25 beside the cosine


class TripleStore(Protocol):
    """What the index needs of a store."""

    def generation(self) -> int:
        """A number that changes with every write."""
        ...

    def triples(self, *, limit: int | None) -> Iterable[Triple]:
        """All triples when ``limit`` is None."""
        ...


def verbalised(triple: Triple, schema: Schema) -> str:
    """The fact as a text: subject, label, object; the label is in the language that the names are in.

    The words of an open predicate stand around the object where they did in the text (由…创办).
    """
    language = detect_language(f"{triple.subject_name} {triple.object_name}")
    before, around, after = label_of(triple.predicate, schema, language).partition(AROUND)
    object = f"{triple.object_name}{after}" if around else f" {triple.object_name}"
    return f"{triple.subject_name} {before}{object}"


class TripleIndex:
    """Finds facts by what they say. Safe to use from several threads."""

    def __init__(self, folder: Path | None, embedder: Embedder, schema: Schema, *, device: Device = ANY_DEVICE) -> None:
        self.folder = folder
        self.embedder = embedder
        self.schema = schema
        self._indexes = Indexes(folder, embedder.name, embedder.dimensions, device=device)

    @classmethod
    def open(
        cls, folder: Path | None, embedder: Embedder, schema: Schema, *, device: Device = ANY_DEVICE
    ) -> TripleIndex:
        """The index saved in ``folder``; an empty one, until it is refreshed, if there is none or it is torn."""
        index = cls(folder, embedder, schema, device=device)
        index._indexes = Indexes.open(folder, embedder.name, embedder.dimensions, device=device)
        return index

    def __len__(self) -> int:
        return len(self._indexes)

    def sync(self, store: TripleStore) -> Synced:
        """Bring the index in line with the store and save it; see ``Indexes.sync``."""
        return self._indexes.sync(_Texts(store, self.embedder, self.schema))

    def refresh(self, store: TripleStore) -> None:
        """Make sure that the facts of the store are found; costs little where nothing changed."""
        self._indexes.refresh(_Texts(store, self.embedder, self.schema))

    def search(self, question: str, vector: Vectors, limit: int) -> list[Hit]:
        """At most ``limit`` ids of triples with scores 0 to 1, best first.

        ``vector`` is the question's, ``(1, dimensions)``.
        """
        lexical = self._indexes.lexical.search(question, limit)
        dense = self._indexes.dense.search(vector, limit)[0]
        best: dict[str, float] = {}
        for hit in fuse(lexical, dense, _LEXICAL):
            best.setdefault(hit.id.partition(":")[0], hit.score)
        return [Hit(id, score) for id, score in list(best.items())[:limit]]

    def close(self) -> None:
        """Release the files."""
        self._indexes.close()


class _Texts:
    """The facts of a store as texts to be indexed. A fact whose names or label changed is another text."""

    def __init__(self, store: TripleStore, embedder: Embedder, schema: Schema) -> None:
        self.store = store
        self.embedder = embedder
        self.schema = schema
        self._texts: dict[str, str] = {}

    def generation(self) -> int:
        return self.store.generation()

    def embedders(self) -> Sequence[str]:
        return [self.embedder.name]

    def chunk_ids(self) -> list[str]:
        texts = ((triple.id, verbalised(triple, self.schema)) for triple in self.store.triples(limit=None))
        self._texts = {f"{id}:{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}": text for id, text in texts}
        return list(self._texts)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        found = ((id, self._texts[id]) for id in ids if id in self._texts)
        return [Chunk(id, "", 0, len(text), text) for id, text in found]

    def vectors(self, ids: Sequence[str]) -> Vectors:
        if not ids:
            return np.zeros((0, self.embedder.dimensions), np.float32)
        return self.embedder.embed([self._texts[id] for id in ids])
