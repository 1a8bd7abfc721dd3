"""From a question to passages: lexical, dense and graph retrieval, fused."""

from kgqa.retrieval.fusion import fuse
from kgqa.retrieval.graph import GraphStoreView, PassageGraph
from kgqa.retrieval.hybrid import HybridRetriever, Mode, RetrievalStore

__all__ = ["GraphStoreView", "HybridRetriever", "Mode", "PassageGraph", "RetrievalStore", "fuse"]
