"""From a question to passages: lexical, dense and graph retrieval, fused, on the way that the question needs."""

from kgqa.retrieval.asked import Asked, Period, asked_for
from kgqa.retrieval.facts import FactFinder, Finding, Named
from kgqa.retrieval.fusion import fuse, lexical_weight
from kgqa.retrieval.graph import GraphStoreView, PassageGraph, Walk
from kgqa.retrieval.hybrid import Found, HybridRetriever, Mode, RetrievalStore
from kgqa.retrieval.overview import Topic, topics
from kgqa.retrieval.predicates import PredicateLinker
from kgqa.retrieval.rerank import OnnxReranker, Reranker
from kgqa.retrieval.router import Plan, Route, Router, Thresholds
from kgqa.retrieval.saved_graph import discard_graph
from kgqa.retrieval.triples import TripleIndex, verbalised

__all__ = [
    "Asked",
    "FactFinder",
    "Finding",
    "Found",
    "GraphStoreView",
    "HybridRetriever",
    "Mode",
    "Named",
    "OnnxReranker",
    "PassageGraph",
    "Period",
    "Plan",
    "PredicateLinker",
    "Reranker",
    "RetrievalStore",
    "Route",
    "Router",
    "Thresholds",
    "Topic",
    "TripleIndex",
    "Walk",
    "asked_for",
    "discard_graph",
    "fuse",
    "lexical_weight",
    "topics",
    "verbalised",
]
