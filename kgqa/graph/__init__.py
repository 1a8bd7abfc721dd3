"""The graph: the store protocol, the embedded store, from extractions to facts, and the view for users."""

from kgqa.graph.builder import DocumentGraph, build
from kgqa.graph.candidates import Candidate
from kgqa.graph.constraints import Constraint, Rejected, read_constraints
from kgqa.graph.embedded import EmbeddedStore
from kgqa.graph.query import Graph
from kgqa.graph.store import Decision, GraphStore, Match, Outcome, ReadDocument, SourceState, Table

__all__ = [
    "Candidate",
    "Constraint",
    "Decision",
    "DocumentGraph",
    "EmbeddedStore",
    "Graph",
    "GraphStore",
    "Match",
    "Outcome",
    "ReadDocument",
    "Rejected",
    "SourceState",
    "Table",
    "build",
    "read_constraints",
]
