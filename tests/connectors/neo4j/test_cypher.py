"""Cypher of strangers: what it may not do it cannot do, on the real server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest
from typer.testing import CliRunner

import kgqa
from kgqa.cli import app
from kgqa.connectors.neo4j.cypher_text import objection, skeleton
from kgqa.errors import QueryError
from kgqa.graph import Graph
from tests.connectors.neo4j.content import held
from tests.graph.content import add

REFUSED = (
    "CREATE (n:X) RETURN n",
    "MATCH (n) DETACH DELETE n",
    "MATCH (n) SET n.name = 'x' RETURN n",
    "MATCH (n) REMOVE n:Entity",
    "MERGE (n:X {id: 1})",
    "FOREACH (x IN [1, 2] | CREATE (:X))",
    "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS",
    "MATCH (n) CALL (n) { RETURN 1 AS x } IN TRANSACTIONS RETURN x",
    "CREATE INDEX x FOR (n:X) ON (n.y)",
    "DROP CONSTRAINT entity_id",
    "CREATE USER x SET PASSWORD 'abcdefgh'",
    "ALTER CURRENT USER SET PASSWORD FROM 'only-for-tests' TO 'other-password'",
    "SHOW USERS",
    "SHOW DATABASES",
    "SHOW SETTINGS",
    "SHOW TRANSACTIONS",
    "TERMINATE TRANSACTION 'neo4j-transaction-1'",
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "LOAD CSV FROM 'http://127.0.0.1:1/x' AS line RETURN line",
    "MATCH (n:Entity) WHERE n.name =~ '(a+)+$' RETURN n",
    "MATCH (n:Entity) WHERE n.name =\\u007e '(a+)+$' RETURN n",
    "RETURN EXISTS { MATCH (n) WHERE n.name =~ 'x' } AS x",
    "CALL dbms.listConfig()",
    "CALL dbms.components()",
    "CALL db.clearQueryCaches()",
    "CALL db.createLabel('x')",
    "CALL tx.setMetaData({x: 1})",
    "CALL `dbms`.`listConfig`()",
    "CALL dbms.killTransaction('x')",
    "CALL dbms.setConfigValue('x', 'y')",
    "CALL apoc.load.json('file:///etc/passwd')",
    "RETURN apoc.text.regreplace('aaaa', '(a+)+$', '') AS x",
    "RETURN `apoc` . text /* x */ . `regreplace`('aaaa', '(a+)+$', '') AS x",
    "USE system SHOW USERS",
    "RETURN 1 AS x; MATCH (n) DETACH DELETE n",
    "PROFILE CREATE (n)",
)
ALLOWED = (
    "MATCH (n:Person) RETURN n.name ORDER BY n.name",
    "MATCH p = (a:Person)-[:FOUNDED]->(b) RETURN p",
    "CALL db.labels() YIELD label RETURN label",
    "CALL db.index.fulltext.queryNodes('entity_text', 'byron') YIELD node, score RETURN node.name, score > 0 AS fits",
    "CALL db.schema.visualization()",
    "SHOW INDEXES YIELD name RETURN name",
    "RETURN date('2020-01-02') AS d, duration.between(date('2020-01-01'), date('2020-01-03')) AS span",
    "RETURN 'LOAD CSV =~ use it // apoc.x(1)' AS text // a comment: CREATE (n) =~",
    "CYPHER runtime=slotted MATCH (n:Entity) RETURN count(n) AS n",
    "MATCH (a:Entity) CALL (a) { MATCH (a)-[r]->(b:Entity) RETURN count(r) AS n } RETURN a.name, n ORDER BY a.name",
    "MATCH (n:Entity) WHERE EXISTS { (n)-[:FOUNDED]->() } RETURN n.name AS x UNION MATCH (c:Chunk) RETURN c.text AS x",
)


@pytest.fixture
def graph(tmp_path: Path, neo4j_session: neo4j.Session) -> Iterator[Graph]:
    del neo4j_session
    with kgqa.open(tmp_path / "ws", store="neo4j://") as kb:
        add(kb.store, "Ada Byron founded Byte Labs. Byte Labs hired Charles Babbage.")
        yield kb.graph


def test_what_changes_something_or_reaches_beyond_the_graph_is_refused(
    graph: Graph, neo4j_session: neo4j.Session
) -> None:
    graph.statistics(), graph.find("x")
    before = held(neo4j_session)
    schema = neo4j_session.run("SHOW INDEXES YIELD name RETURN collect(name)").single(strict=True)[0]
    for query in REFUSED:
        with pytest.raises(QueryError):
            pytest.fail(f"{query} gave {graph.cypher(query)}")
    assert held(neo4j_session) == before
    assert neo4j_session.run("SHOW INDEXES YIELD name RETURN collect(name)").single(strict=True)[0] == schema


def test_what_reads_is_run(graph: Graph) -> None:
    for query in ALLOWED:
        table = graph.cypher(query)
        assert table.rows and all(len(row) == len(table.columns) for row in table.rows), query
        json.dumps(table.to_dict())


def test_values_are_plain(graph: Graph) -> None:
    (row,) = graph.cypher("MATCH p = (a:Person)-[r]->(b) RETURN a, r, p, date('2020-01-02') AS d, [1, null] AS l").rows
    ada, founded, path, day, numbers = row
    assert (ada["labels"], ada["name"], ada["type"]) == (["Entity", "Person"], "Ada Byron", "Person")
    assert not {"embedding", "names"} & ada.keys()
    assert (founded["type"], founded["start"]) == ("FOUNDED", ada["id"])
    assert path["nodes"][0] == ada and path["relationships"] == [founded]
    assert (day, numbers) == ("2020-01-02", [1, None])


def test_parameters_stay_values_and_rows_stay_within_their_limit(graph: Graph) -> None:
    evil = "x' RETURN 1 //"
    assert graph.cypher("MATCH (n:Entity {name: $name}) RETURN n", {"name": evil}).rows == ()
    table = graph.cypher("UNWIND range(1, 100) AS x RETURN x", limit=3)
    assert table.rows == ((1,), (2,), (3,)) and table.is_cut
    assert not graph.cypher("UNWIND range(1, 3) AS x RETURN x", limit=3).is_cut


@pytest.mark.parametrize(
    ("query", "parameters", "message"),
    [
        ("MATCH (n RETURN n", {}, "is wrong: Invalid input"),
        ("RETURN $x AS x", {}, r"is wrong: Expected parameter\(s\): x"),
        ("RETURN 1 / 0 AS x", {}, "by zero"),
        ("RETURN nothing(1) AS x", {}, "Unknown function"),
        ("RETURN $x AS x", {"x": object()}, "cannot be sent"),
        ("", {}, "is wrong"),
    ],
)
def test_a_wrong_query_says_what_is_wrong(
    graph: Graph, query: str, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        graph.cypher(query, parameters)


def test_a_query_ends_when_its_time_is_up(graph: Graph) -> None:
    endless = "UNWIND range(1, 100000000) AS a UNWIND range(1, 1000000) AS b WITH a + b AS c RETURN count(c) AS n"
    started = time.monotonic()
    with pytest.raises(QueryError, match=r"longer than 3 s"):
        graph.cypher(endless, seconds=3)
    assert time.monotonic() - started < 10
    assert graph.cypher("RETURN 1 AS x").rows == ((1,),)


def test_the_command_prints_rows(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph.find("x")
    monkeypatch.setenv("KGQA_GRAPH__STORE", "neo4j://")
    run = CliRunner().invoke
    query = "MATCH (n:Entity) WHERE n.name STARTS WITH $start RETURN n.name AS name"
    arguments = ["graph", "cypher", query, "--param", "start=Ada", "--workspace", str(tmp_path / "ws")]
    assert "Ada Byron" in run(app, arguments).stdout
    assert json.loads(run(app, [*arguments, "--json"]).stdout)["rows"] == [{"name": "Ada Byron"}]
    assert run(app, [*arguments[:3], "--param", "start", *arguments[5:]]).exit_code == 2
    assert run(app, ["graph", "cypher", "MATCH (n) DELETE n", *arguments[5:]]).exit_code == 1


# --- The text alone ---------------------------------------------------------------------------------------------------


def test_skeleton_holds_neither_strings_nor_comments_nor_quotes() -> None:
    text = "MATCH (`a b`:X) /* =~ */ WHERE a.x = 'it\\'s =~' AND b = \"=~\" // =~\n RETURN `a``b`"
    assert "=~" not in skeleton(text) and "a_b:X" in skeleton(text) and skeleton(text).endswith("a__b")
    assert skeleton("'open =~") == "''" and skeleton("/* open").strip() == ""


@pytest.mark.parametrize("query", ["RETURN a =\\uu007E b", "RETURN `apoc`.x(1)", "CALL { USE other RETURN 1 }"])
def test_disguises_are_seen_through(query: str) -> None:
    assert objection(query)


@pytest.mark.parametrize(
    "query", ["RETURN n.use AS x", "MATCH (n:USE) USING INDEX n:X(y) RETURN n", "RETURN point.distance(a, b)"]
)
def test_harmless_words_are_let_through(query: str) -> None:
    assert objection(query) == ""
