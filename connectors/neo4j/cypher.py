"""Queries of strangers, of people and of language models alike: they read the graph, and nothing else.

A session that only reads is not enough: there LOAD CSV opens files, SHOW and TERMINATE look at and end other people's
transactions, and a regular expression runs on after its time. So the plan is walked before the query is run, in the
same transaction, which has a time limit and is never committed.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import neo4j
from neo4j import exceptions, graph

from kgqa.connectors.neo4j.cypher_text import objection
from kgqa.connectors.neo4j.reads import Neo4jGraph
from kgqa.errors import QueryError
from kgqa.graph.store import Table

__all__ = ["read_cypher", "refusal"]

GRACE_SECONDS = 5.0
"""The server is given so much more than its time limit before the client gives up."""
_SHOWN = frozenset({"ShowConstraints", "ShowFunctions", "ShowIndexes", "ShowProcedures"})
_REFUSED = frozenset(
    {
        "AdministrationCommand",
        "LoadCSV",
        "TerminateTransactions",
        "TransactionApply",
        "TransactionForeach",
    }
)
_PROCEDURES = re.compile(
    r"db\.(?:labels|relationshipTypes|propertyKeys|schema\.\w+|index\.fulltext\.query\w+|index\.vector\.query\w+)\("
)
_HIDDEN = frozenset({"embedding", "long_name", "names"})
"""Properties that serve indexes."""


def read_cypher(source: Neo4jGraph, query: str, parameters: Mapping[str, Any], limit: int, seconds: float) -> Table:
    """See ``CypherReader.cypher``."""
    if limit < 1 or seconds <= 0:
        raise QueryError(f"A query needs at least one row and some time, not {limit} rows and {seconds} s.")
    if reason := objection(query):
        raise QueryError(f"This query is not run: {reason}.")
    answers: list[Table | BaseException] = []

    def work() -> None:
        try:
            answers.append(_read(source, query, parameters, limit, seconds))
        except BaseException as error:
            answers.append(error)

    worker = threading.Thread(target=work, name="cypher", daemon=True)
    worker.start()
    worker.join(seconds + GRACE_SECONDS)
    if not answers:
        raise QueryError(f"The server did not end the query after {seconds:g} s. It may still be at it.")
    if isinstance(answers[0], BaseException):
        raise answers[0]
    return answers[0]


def _read(source: Neo4jGraph, query: str, parameters: Mapping[str, Any], limit: int, seconds: float) -> Table:
    with (
        source.explained(),
        source.driver.session(
            database=source.address.database,
            default_access_mode=neo4j.READ_ACCESS,
            fetch_size=min(limit + 1, 1000),
            bookmark_manager=source.driver.execute_query_bookmark_manager,
        ) as session,
        _said(seconds),
        contextlib.closing(session.begin_transaction(timeout=seconds)) as transaction,
    ):
        summary = transaction.run(f"EXPLAIN {query}", dict(parameters)).consume()
        if reason := refusal(summary.query_type, summary.plan):
            raise QueryError(f"This query is not run: {reason}.")
        result = transaction.run(query, dict(parameters))
        records = result.fetch(limit + 1)
        rows = tuple(tuple(_plain(value) for value in record) for record in records[:limit])
        return Table(tuple(result.keys()), rows, len(records) > limit)


@contextlib.contextmanager
def _said(seconds: float) -> Iterator[None]:
    """What is wrong with the query itself, in the server's words."""
    try:
        yield
    except exceptions.Neo4jError as error:
        code = error.code or ""
        if "TimedOut" in code or "LockClientStopped" in code or "Transaction.Terminated" in code:
            raise QueryError(
                f"The query took longer than {seconds:g} s and was ended. Ask for less, or give it more."
            ) from error
        if "AccessMode" in code or "Forbidden" in code:
            raise QueryError("This query is not run: it would change the graph.") from error
        if ".Statement." in code or ".Procedure." in code:
            raise QueryError(f"The query is wrong: {(error.message or code).strip()}") from error
        raise
    except (TypeError, ValueError) as error:  # the driver on parameters that are no values of Cypher
        raise QueryError(f"The query's parameters cannot be sent: {error}.") from error


def refusal(query_type: str | None, plan: Mapping[str, Any] | None) -> str:
    """Why a query with this plan may not be run; empty if it may."""
    if query_type != "r":
        return "it would change the graph or the server"
    if plan is None:
        return "the server does not tell its plan"
    for operator, details in _operators(plan):
        if operator in _REFUSED or (operator.startswith("Show") and operator not in _SHOWN):
            return f"{operator} reaches beyond the graph"
        if operator == "ProcedureCall" and not _PROCEDURES.match(details):
            return f"the procedure {details.partition('(')[0]} may reach beyond the graph"
        if "=~" in details:
            return "a regular expression (=~) can outlive every time limit"
    return ""


def _operators(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and details of each step of a plan."""
    yield str(plan["operatorType"]).partition("@")[0], str(plan.get("args", {}).get("Details", ""))
    for child in plan.get("children", ()):
        yield from _operators(child)


def _plain(value: Any) -> Any:
    """As JSON has it."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case graph.Node():
            return {"labels": sorted(value.labels), **_properties(value)}
        case graph.Relationship():
            ends = [node.get("id") if node is not None else None for node in value.nodes]
            return {"type": value.type, "start": ends[0], "end": ends[1], **_properties(value)}
        case graph.Path():
            steps = (_plain(relationship) for relationship in value.relationships)
            return {"nodes": [_plain(node) for node in value.nodes], "relationships": list(steps)}
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case bytes() | bytearray():
            return value.hex()
    return value.iso_format() if hasattr(value, "iso_format") else str(value)


def _properties(entity: graph.Entity) -> dict[str, Any]:
    return {name: _plain(value) for name, value in entity.items() if name not in _HIDDEN}
