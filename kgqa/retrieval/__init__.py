"""From a question to passages: lexical, dense and graph retrieval, fused."""

from kgqa.retrieval.fusion import fuse, lexical_weight
from kgqa.retrieval.graph import GraphStoreView, PassageGraph
from kgqa.retrieval.hybrid import Found, HybridRetriever, Mode, RetrievalStore

__all__ = [
    "Found",
    "GraphStoreView",
    "HybridRetriever",
    "Mode",
    "PassageGraph",
    "RetrievalStore",
    "fuse",
    "lexical_weight",
]
