"""The same questions give the same rows with a server and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest

from kgqa.connectors.neo4j import Neo4jStore, open_store
from kgqa.errors import QueryError
from kgqa.graph import EmbeddedStore, Graph
from tests.connectors.cypher.content import fill
from tests.connectors.cypher.queries import DIFFERENT, QUERIES

DOCS = Path(__file__).parents[3] / "docs" / "graph.md"


@pytest.fixture
def both(tmp_path: Path, neo4j_session: neo4j.Session) -> Iterator[tuple[Neo4jStore, EmbeddedStore]]:
    file = tmp_path / "store.sqlite"
    with open_store(file, "neo4j://") as server, EmbeddedStore.open(file) as alone:
        fill(server)
        yield server, alone


def rows(store: EmbeddedStore, query: str) -> Any:
    """Columns and rows; in an order of their own where the query gives none, and no columns without a row."""
    try:
        table = Graph(store).cypher(query)
    except QueryError as error:
        return f"{error}"
    found = [[rounded(value) for value in row] for row in table.rows]
    if "ORDER BY" not in query.rpartition("RETURN")[2]:
        found.sort(key=repr)
    return [list(table.columns), *found] if found else []


def rounded(value: Any) -> Any:
    """Numbers as far as two engines compute them alike."""
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 9) if isinstance(value, float) else value


def flat(value: Any) -> Iterator[Any]:
    """The values in lists of lists."""
    for item in value:
        yield from flat(item) if isinstance(item, list) else [item]


def test_a_hundred_questions_have_the_same_rows(both: tuple[Neo4jStore, EmbeddedStore]) -> None:
    assert len(QUERIES) == len(set(QUERIES)) == 100
    answers = {query: (rows(both[0], query), rows(both[1], query)) for query in QUERIES}
    wrong = {query: found for query, found in answers.items() if isinstance(found[0], str)}
    assert not wrong, "every question is one that Neo4j answers"
    assert sum(bool(found[0]) for found in answers.values()) >= 98, "and nearly every answer has rows"
    different = {query: found for query, found in answers.items() if found[0] != found[1]}
    assert different.keys() <= DIFFERENT.keys(), different
    for query, (one, other) in different.items():
        assert sorted(map(repr, flat(one))) == sorted(map(repr, flat(other))), f"only the order may differ: {query}"


def test_the_differences_are_in_the_docs() -> None:
    said = " ".join(DOCS.read_text(encoding="utf-8").split())
    assert DIFFERENT.keys() <= set(QUERIES)
    for query, how in DIFFERENT.items():
        assert how in said, query
    assert re.search(rf"{len(QUERIES) - len(DIFFERENT)} of {len(QUERIES)} ", said)
