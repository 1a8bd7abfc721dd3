"""Addresses, credentials and versions: what is wrong is said in words that help."""

from __future__ import annotations

from pathlib import Path

import neo4j
import pytest

import kgqa
from kgqa.connectors.neo4j import Address, open_store
from kgqa.connectors.neo4j.connection import check_version, explain
from kgqa.errors import ConfigError, WorkspaceError
from tests.connectors.neo4j.fixtures import TestServer
from tests.connectors.neo4j.server import free_port

VARIABLES = {"NEO4J_URI": "neo4j+s://far:7688", "NEO4J_USERNAME": "ada", "NEO4J_PASSWORD": "pw", "NEO4J_DATABASE": "kg"}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("neo4j://", ("neo4j+s://far:7688", "kg", "ada", "pw")),
        ("bolt://near", ("bolt://near", "kg", "ada", "pw")),
        ("neo4j+ssc://near:1/mine", ("neo4j+ssc://near:1", "mine", "ada", "pw")),
        ("bolt+s://bob:p%40ss@near:1/mine", ("bolt+s://near:1", "mine", "bob", "p@ss")),
        ("neo4j://[::1]:7687", ("neo4j://[::1]:7687", "kg", "ada", "pw")),
        ("neo4j:///mine", ("neo4j+s://far:7688", "mine", "ada", "pw")),
    ],
)
def test_address_fills_its_gaps_from_the_standard_variables(address: str, expected: tuple[str, ...]) -> None:
    parsed = Address.parse(address, VARIABLES)
    assert (parsed.uri, parsed.database, parsed.user, parsed.password) == expected
    assert "pw" not in repr(parsed)


def test_address_without_variables_has_neo4js_defaults() -> None:
    parsed = Address.parse("neo4j://near", {"NEO4J_PASSWORD": ""})
    assert (parsed.database, parsed.user, parsed.password) == ("neo4j", "neo4j", "")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("neo4j://", "Set NEO4J_URI"),
        ("neo4j://near", "Set NEO4J_PASSWORD"),
        ("mysql://near", "does not begin with one of neo4j://"),
        ("neo4j://near:port", "is not the address of a server"),
    ],
)
def test_a_faulty_address_says_what_to_set(address: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Address.parse(address, {})


def test_an_unknown_kind_of_store_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'mysql' is not known.*neo4j"):
        kgqa.open(tmp_path, store="mysql://near")


def test_an_absent_server_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "x")
    address = f"neo4j://127.0.0.1:{free_port()}"
    with pytest.raises(WorkspaceError, match=f"No Neo4j answers at {address} .*check NEO4J_URI"):
        open_store(tmp_path / "store.sqlite", address)


@pytest.mark.parametrize("agent", ["Neo4j/5.25.1", "Neo4j/4.4.40", "Neo4j/5.3.0"])
def test_an_old_server_is_refused(agent: str) -> None:
    with pytest.raises(WorkspaceError, match=r"needs Neo4j 5\.26 or newer"):
        check_version(agent, "neo4j://near")


@pytest.mark.parametrize("agent", ["Neo4j/5.26.0", "Neo4j/5.27.0", "Neo4j/2025.06.1", "Memgraph/v3"])
def test_newer_servers_are_taken(agent: str) -> None:
    check_version(agent, "neo4j://near")


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("Neo.ClientError.Security.AuthenticationRateLimit", "too often", ConfigError),
        ("Neo.ClientError.General.ForbiddenOnReadOnlyDatabase", "can only be read", WorkspaceError),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", "too little memory", WorkspaceError),
        ("Neo.TransientError.General.DatabaseUnavailable", "is not running", WorkspaceError),
        ("Neo.DatabaseError.General.UnknownError", r"failed: said\. \(Neo", WorkspaceError),
    ],
)
def test_the_servers_errors_are_explained(code: str, message: str, kind: type[Exception]) -> None:
    error = neo4j.exceptions.Neo4jError._hydrate_neo4j(code=code, message="said")
    explained = explain(error, Address.parse("neo4j://near", VARIABLES))
    assert isinstance(explained, kind)
    with pytest.raises(kind, match=message):
        raise explained


def test_wrong_credentials_and_databases_are_named(
    tmp_path: Path, neo4j_server: TestServer, neo4j_session: neo4j.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"has no database 'nowhere'\. Check NEO4J_DATABASE"):
        open_store(tmp_path / "store.sqlite", f"{neo4j_server.uri}/nowhere")
    monkeypatch.setenv("NEO4J_USERNAME", "stranger")
    with pytest.raises(ConfigError, match=r"refuses user 'stranger'\. Check NEO4J_USERNAME"):
        open_store(tmp_path / "store.sqlite", "neo4j://")
    monkeypatch.setenv("NEO4J_PASSWORD", "")
    with pytest.raises(ConfigError, match="refuses user"):
        open_store(tmp_path / "store.sqlite", "neo4j://")
