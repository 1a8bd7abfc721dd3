"""What tests of several folders share."""

from tests.connectors.neo4j.fixtures import neo4j_server, neo4j_session

__all__ = ["neo4j_server", "neo4j_session"]
