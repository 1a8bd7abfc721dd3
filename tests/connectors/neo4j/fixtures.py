"""One real Neo4j for all tests of a run, emptied before each of them.

``KGQA_TEST_NEO4J=neo4j://user:password@host:7687`` takes a server that is running instead of starting one. It is
emptied too: name none that holds anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import neo4j
import pytest

from kgqa.connectors.neo4j import Address
from tests.connectors.neo4j.server import Neo4jServer, NotInstalled, free_port

__all__ = ["TestServer", "neo4j_server", "neo4j_session"]

PASSWORD = "only-for-tests"


@dataclass(frozen=True)
class TestServer:
    """Where a server answers, and to whom."""

    __test__ = False

    uri: str
    user: str
    password: str
    database: str


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A running server. Where it cannot be had the test is skipped; in continuous integration that is an error."""
    if running := os.environ.get("KGQA_TEST_NEO4J"):
        address = Address.parse(running)
        yield TestServer(address.uri, address.user, address.password, address.database)
        return
    server = Neo4jServer(tmp_path_factory.mktemp("neo4j"), free_port(), PASSWORD)
    try:
        server.start()
    except NotInstalled as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{error}, and CI=true needs it", pytrace=False)
        pytest.skip(str(error))
    yield TestServer(server.uri, server.user, server.password, server.database)
    server.stop()


@pytest.fixture
def neo4j_session(neo4j_server: TestServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[neo4j.Session]:
    """A session with the server's empty database; the standard variables name it."""
    monkeypatch.setenv("NEO4J_URI", neo4j_server.uri)
    monkeypatch.setenv("NEO4J_USERNAME", neo4j_server.user)
    monkeypatch.setenv("NEO4J_PASSWORD", neo4j_server.password)
    monkeypatch.setenv("NEO4J_DATABASE", neo4j_server.database)
    with (
        neo4j.GraphDatabase.driver(
            neo4j_server.uri, auth=(neo4j_server.user, neo4j_server.password), notifications_min_severity="OFF"
        ) as driver,
        driver.session(database=neo4j_server.database) as session,
    ):
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS").consume()
        yield session
