"""A driver to a server that can hold a graph, and the driver's errors in words that say what to do."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator

import neo4j
from neo4j import exceptions

from kgqa.connectors.neo4j.address import Address
from kgqa.errors import ConfigError, KgqaError, WorkspaceError

__all__ = ["OLDEST", "check_version", "connect", "explain", "explained"]

logger = logging.getLogger(__name__)

OLDEST = (5, 26)
CONNECT_SECONDS = 10.0
RETRY_SECONDS = 20.0
"""Deadlocks and changes of the leader are tried again for so long."""
_AGENT = re.compile(r"Neo4j/(\d+)\.(\d+)")


def connect(address: Address) -> neo4j.Driver:
    """A driver that has talked to the server.

    Raises:
        ConfigError: the address, user, password or database is wrong.
        WorkspaceError: no server answers there, or one that is too old.
    """
    with explained(address):
        driver = neo4j.GraphDatabase.driver(
            address.uri,
            auth=(address.user, address.password) if address.password else None,
            connection_timeout=CONNECT_SECONDS,
            max_transaction_retry_time=RETRY_SECONDS,
            notifications_min_severity="OFF",
            user_agent="kgqa",
        )
        try:
            driver.verify_connectivity()  # unlike a query it does not try again and again
            answer = driver.execute_query("RETURN 1", database_=address.database, routing_=neo4j.RoutingControl.READ)
            check_version(answer.summary.server.agent, address.uri)
        except BaseException:
            driver.close()
            raise
    return driver


def check_version(agent: str, uri: str) -> None:
    """``agent`` as the server names itself: ``Neo4j/5.26.30``, ``Neo4j/2025.06.1``.

    Raises:
        WorkspaceError: it is older than 5.26.
    """
    found = _AGENT.match(agent)
    if found is None:
        logger.warning("%s calls itself %r, which is no Neo4j; it is tried all the same", uri, agent)
    elif (int(found[1]), int(found[2])) < OLDEST:
        raise WorkspaceError(
            f"{uri} runs {agent.replace('/', ' ')}; kgqa needs Neo4j {OLDEST[0]}.{OLDEST[1]} or newer. Update it."
        )


@contextlib.contextmanager
def explained(address: Address) -> Iterator[None]:
    """Within it the driver's errors are ours."""
    try:
        yield
    except (exceptions.Neo4jError, exceptions.DriverError, exceptions.ConfigurationError) as error:
        raise explain(error, address) from error
    except ValueError as error:  # what the driver says to an address that it cannot read
        if isinstance(error, UnicodeError):
            raise
        raise ConfigError(f"{address.uri} is not an address that Neo4j's driver understands: {error}.") from error


def explain(error: Exception, address: Address) -> KgqaError:
    """The error of the driver or the server in our words."""
    code = getattr(error, "code", None) or ""
    where = f"{address.uri} (database {address.database})"
    if "RateLimit" in code:
        return ConfigError(f"{where} has refused {address.user!r} too often. Wait a little, then check NEO4J_PASSWORD.")
    if code.endswith("Security.Forbidden"):
        return WorkspaceError(f"{where} does not allow {address.user!r} to do this: {_text(error)}")
    if isinstance(error, exceptions.AuthError) or ".Security." in code:
        return ConfigError(f"{where} refuses user {address.user!r}. Check NEO4J_USERNAME and NEO4J_PASSWORD.")
    if "DatabaseNotFound" in code:
        return ConfigError(f"{address.uri} has no database {address.database!r}. Check NEO4J_DATABASE.")
    if "DatabaseUnavailable" in code:
        return WorkspaceError(f"The database of {where} is not running. Start it, then try again.")
    if "ReadOnly" in code or "ForbiddenOnReadOnlyDatabase" in code:
        return WorkspaceError(f"{where} can only be read. Make it writable, or name another database.")
    if "MemoryPoolOutOfMemory" in code or "TransactionOutOfMemory" in code:
        return WorkspaceError(f"{where} has too little memory for this. Raise dbms.memory.transaction.total.max.")
    if isinstance(error, exceptions.ConfigurationError):
        return ConfigError(f"{where} cannot be used: {_text(error)}")
    if isinstance(error, exceptions.ServiceUnavailable | exceptions.SessionExpired | exceptions.IncompleteCommit):
        return WorkspaceError(
            f"No Neo4j answers at {where}: {_text(error)} Start it or check NEO4J_URI, then run the same command "
            "again: what was stored is in the workspace, and the server is brought in line."
        )
    return WorkspaceError(f"{where} failed: {_text(error)}{f' ({code})' if code else ''}")


def _text(error: Exception) -> str:
    said = str(getattr(error, "message", None) or error).strip().split("\n")[0]
    return said if said.endswith(".") else f"{said}."
