"""Cypher without a server: a copy of the graph in ArcadeDB, in this process, that only answers questions."""

from kgqa.connectors.cypher.reader import EmbeddedCypher, open_cypher

__all__ = ["EmbeddedCypher", "open_cypher"]
