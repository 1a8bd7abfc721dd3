"""The graph: the store protocol, the embedded store, from extractions to facts, and the view for users."""

from kgqa.graph.builder import DocumentGraph, build
from kgqa.graph.candidates import Candidate
from kgqa.graph.catalogue import Catalogue, Entry
from kgqa.graph.constraints import Constraint, Rejected, read_constraints
from kgqa.graph.embedded import EmbeddedStore
from kgqa.graph.linking import CatalogueLink, Linkable, Unlinked
from kgqa.graph.query import Graph
from kgqa.graph.store import Decision, GraphStore, Match, Outcome, ReadDocument, SourceState, Table

__all__ = [
    "Candidate",
    "Catalogue",
    "CatalogueLink",
    "Constraint",
    "Decision",
    "DocumentGraph",
    "EmbeddedStore",
    "Entry",
    "Graph",
    "GraphStore",
    "Linkable",
    "Match",
    "Outcome",
    "ReadDocument",
    "Rejected",
    "SourceState",
    "Table",
    "Unlinked",
    "build",
    "read_constraints",
]
