"""Cypher without a server: only reads, follows the record, and leaves nothing half-made."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kgqa.errors import MissingExtra, QueryError, WorkspaceError
from kgqa.graph import EmbeddedStore, Graph
from kgqa.text import chunk
from kgqa.types import Extraction, Mention, Relation
from tests.graph.content import add, make
from tests.small_models import SmallEmbedder

COUNT = "MATCH (e:Entity) RETURN count(e)"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    with EmbeddedStore.open(tmp_path_factory.mktemp("ws") / "store.sqlite") as store:
        add(store, "Ada Byron founded Byte Labs in 1998. Charles Babbage met Ada Byron. Byte Labs (BL) left.")
        yield Graph(store)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("CREATE (n:X)", "would change"),
        ("MATCH (n) SET n.x = 1", "would change"),
        ("MATCH (n) DETACH DELETE n", "would change"),
        ("MERGE (n:X {id: 'x'}) RETURN n", "would change"),
        ("FOREACH (i IN [1] | CREATE (:Z))", "would change"),
        ("CALL { CREATE (q:Q) RETURN q } RETURN q", "would change"),
        ("LOAD CSV FROM 'file:///etc/hostname' AS l RETURN l", "LOAD CSV"),
        ("lOaD/**/csv FROM 'file:///etc/hostname' AS l RETURN l", "LOAD CSV"),
        ("L\\u004fAD CSV FROM 'file:///etc/hostname' AS l RETURN l", "LOAD CSV"),
        ("CALL algo.pagerank() YIELD node RETURN node", "procedure|functions"),
        ("CALL sql('SELECT 1')", "procedure"),
        ("CALL `sql`('SELECT 1')", "procedure"),
        ("MATCH (n) WHERE n.name =~ '(a+)+b' RETURN n", "regular expression"),
        ("MATCH (n RETURN n", "wrong"),
        ("MATCH (n) RETURN m", "wrong"),
    ],
)
def test_a_query_that_does_more_than_read_is_not_run(graph: Graph, query: str, reason: str) -> None:
    before = graph.cypher(COUNT).rows
    with pytest.raises(QueryError, match=reason):
        graph.cypher(query)
    assert graph.cypher(COUNT).rows == before == ((4,),)


def test_time_and_rows_are_limited(graph: Graph) -> None:
    started = time.monotonic()
    with pytest.raises(QueryError, match="longer than 1 s"):
        graph.cypher(
            "UNWIND range(1, 9000) AS a UNWIND range(1, 9000) AS b WITH a + b AS s WHERE s < 0 RETURN s", seconds=1
        )
    assert time.monotonic() - started < 30
    found = graph.cypher("MATCH (e:Entity) RETURN e.name", limit=2)
    assert len(found.rows) == 2 and found.is_cut and not graph.cypher(COUNT).is_cut
    for wrong in ({"limit": 0}, {"seconds": 0.0}):
        with pytest.raises(QueryError):
            graph.cypher(COUNT, **wrong)


def test_values_are_plain(graph: Graph) -> None:
    query = "MATCH p = (a:Person)-[r:FOUNDED]->(b) RETURN a, r, p, {x: [a.name, null]} AS m, $given AS given"
    ((a, r, p, m, given),) = graph.cypher(query, {"given": ["x", 1, 2.5, None, {"y": True}]}).rows
    assert a["labels"] == ["Entity", "Person"] and a["name"] == "Ada Byron" and p["nodes"][1]["aliases"] == ["BL"]
    assert (r["type"], r["start"], r["valid_from"]) == ("FOUNDED", a["id"], "1998-01-01") and r["end"] == p["nodes"][1][
        "id"
    ]
    assert [n["name"] for n in p["nodes"]] == ["Ada Byron", "Byte Labs"] and p["relationships"] == [r]
    assert m == {"x": ["Ada Byron", None]} and given == ["x", 1, 2.5, None, {"y": True}]
    assert graph.cypher("RETURN date('2020-01-02') AS d").rows == (("2020-01-02",),)


def test_the_copy_follows_the_record(tmp_path: Path) -> None:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        graph = Graph(store)
        assert graph.cypher(COUNT).rows == ((0,),)
        add(store, "Ada Byron met Byte Labs. FOUNDED met Chunk. Chunk founded Ada Byron.")
        assert graph.cypher(COUNT).rows == ((4,),)
        assert graph.cypher("MATCH (:Entity)-[r]->(:Entity) RETURN count(r)").rows == ((3,),)
        store.delete(store.documents()[0].id)
        assert graph.cypher(COUNT).rows == ((0,),)
        copies = [path.name for path in (tmp_path / "store.cypher").iterdir() if path.is_dir()]
        assert len(copies) == 1, "old copies go"
    half = tmp_path / "store.cypher" / "half"
    half.mkdir()
    (half / "torn").write_bytes(b"x")
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        add(store, "Ada Byron met Byte Labs.")
        assert Graph(store).cypher(COUNT).rows == ((2,),)
        assert not half.exists()


def test_two_processes_ask_at_once(graph: Graph) -> None:
    assert graph.cypher(COUNT).rows == ((4,),)
    assert isinstance(graph.store, EmbeddedStore)
    program = (
        "import sys; from pathlib import Path; from kgqa.graph import EmbeddedStore, Graph\n"
        f"with EmbeddedStore.open(Path(sys.argv[1])) as store: print(Graph(store).cypher({COUNT!r}).rows)"
    )
    ran = subprocess.run(
        (sys.executable, "-c", program, str(graph.store.database.path)), capture_output=True, text=True
    )
    assert ran.stdout == "((4,),)\n", ran.stderr
    assert graph.cypher(COUNT).rows == ((4,),)


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without(name: str, *more: Any) -> Any:
        return None if name == "arcadedb_embedded" else find(name, *more)

    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        monkeypatch.setattr(importlib.util, "find_spec", without)
        with pytest.raises(MissingExtra, match=r"kgqa\[cypher\]"):
            Graph(store).cypher(COUNT)
        monkeypatch.undo()
        (tmp_path / "store.cypher").write_text("in the way")
        with pytest.raises(WorkspaceError, match="cannot be written"):
            Graph(store).cypher(COUNT)


def test_open_facts_have_one_type_and_their_words(tmp_path: Path) -> None:
    text = "Byte Labs sued Loom Works. Ada Park met Bo Lin."
    names = ("Byte Labs", "Loom Works", "Ada Park", "Bo Lin")
    document = make(text)
    mentions = tuple(Mention(at := text.index(name), at + len(name), name, "Thing") for name in names)
    relations = (Relation(0, 1, "~sued", 0, 26), Relation(2, 3, "~met", 27, len(text)))
    (piece,) = chunk(document)
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        read = Extraction(piece.id, mentions, relations, extractor="by hand")
        store.commit(document, [piece], [read], SmallEmbedder().embed([text]), "letters@1")
        query = "MATCH (a)-[r:OPEN {predicate: '~sued'}]->(b) RETURN a.name, type(r), b.name"
        assert Graph(store).cypher(query).rows == (("Byte Labs", "OPEN", "Loom Works"),)
        assert {t.predicate for t in store.triples()} == {"~sued", "~met"}
