"""Indexes over chunks: dense (FAISS) and lexical (BM25), derived from the store and kept in line with it."""

from kgqa.index.dense import DenseIndex
from kgqa.index.device import Device
from kgqa.index.embedder import Embedder, passage_text
from kgqa.index.indexes import IndexableStore, Indexes, Synced
from kgqa.index.lexical import LexicalIndex

__all__ = [
    "DenseIndex",
    "Device",
    "Embedder",
    "IndexableStore",
    "Indexes",
    "LexicalIndex",
    "Synced",
    "passage_text",
]
