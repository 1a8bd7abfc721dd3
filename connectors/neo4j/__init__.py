"""Neo4j: a server that holds the graph of a workspace."""

from kgqa.connectors.neo4j.address import Address
from kgqa.connectors.neo4j.store import Neo4jStore, open_store

__all__ = ["Address", "Neo4jStore", "open_store"]
