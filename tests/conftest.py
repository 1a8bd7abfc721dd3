"""What tests of several folders share."""

from hypothesis import settings

from tests.connectors.neo4j.fixtures import neo4j_server, neo4j_session

__all__ = ["neo4j_server", "neo4j_session"]

settings.register_profile("kgqa", deadline=None)  # the first Chinese text waits for its dictionary
settings.load_profile("kgqa")
