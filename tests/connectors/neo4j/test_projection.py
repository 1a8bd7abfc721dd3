"""Record and database agree: after every kind of write, every kind of crash, and whatever others did to either."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kgqa
from kgqa.connectors.neo4j import Neo4jStore, open_store
from kgqa.connectors.neo4j.changes import Batch, changes
from kgqa.errors import WorkspaceError
from kgqa.graph import EmbeddedStore
from kgqa.graph.outbox import Waiting
from tests.connectors.neo4j.content import held, wanted
from tests.connectors.neo4j.fixtures import TestServer
from tests.connectors.neo4j.server import Neo4jServer, free_port
from tests.graph.content import add, make
from tests.graph.test_uningest import Constrain, Decide, Step, constrained, decided, written

TEXT = "Ada Byron founded Byte Labs.\n\nByte Labs (BL) hired Charles Babbage. He praised Ada Byron."


@pytest.fixture
def file(tmp_path: Path, neo4j_session: neo4j.Session) -> Path:
    """Of a record whose graph is in the server."""
    folder = tmp_path / "ws"
    folder.mkdir()
    return folder / "store.sqlite"


def opened(file: Path) -> Neo4jStore:
    return open_store(file, "neo4j://")


def test_the_database_holds_what_the_record_says(file: Path, neo4j_session: neo4j.Session) -> None:
    with opened(file) as store:
        add(store, TEXT, size=40)
        add(store, "BL bought Difference Institute. MERCURY met Mercury.", "b.txt")
        store.projection.catch_up()
        found = held(neo4j_session)
        assert found == wanted(store)
    assert len(found["chunks"]) > 2 and found["order"] and len(found["facts"]) == 5
    assert {row[1][1] for row in found["entities"]} == {"Organization", "Person"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(written, written, st.integers(0, 3), decided, constrained), min_size=1, max_size=8))
def test_any_writes_leave_record_and_database_in_step(
    file: Path, neo4j_session: neo4j.Session, steps: list[Step]
) -> None:
    """Some writes are seen by the server one by one, some together, some made while nobody tells it."""
    with opened(file) as store:
        for number, step in enumerate(steps):
            writer = EmbeddedStore(store.database) if number % 3 == 0 else store
            if isinstance(step, tuple):
                add(writer, step[1], step[0], size=60)
            elif isinstance(step, Decide):
                step.on(writer)
            elif isinstance(step, Constrain):
                writer.constrain(step.constraints)
            elif step < len(store.documents()):
                writer.delete(store.documents()[step].id)
            if number % 2 == 0:
                store.projection.catch_up()
    with EmbeddedStore.open(file) as record:
        assert held(neo4j_session) == wanted(record)


def test_what_another_program_writes_without_the_server_follows_when_it_is_opened(
    file: Path, neo4j_session: neo4j.Session
) -> None:
    with opened(file) as store:
        add(store, TEXT)
    with EmbeddedStore.open(file) as record:
        record.delete(make(TEXT).id)
        add(record, "Ada Byron met Byte Labs.", "b.txt")
    assert [row[1] for row in held(neo4j_session)["facts"]] != ["MET"]
    opened(file).close()
    assert [row[1] for row in held(neo4j_session)["facts"]] == ["MET"]


def test_a_workspace_that_had_no_server_brings_all_it_has(file: Path, neo4j_session: neo4j.Session) -> None:
    with EmbeddedStore.open(file) as record:
        add(record, TEXT, size=40)
    with opened(file) as store:
        assert held(neo4j_session) == wanted(store) and store.find("byron")[0].name == "Ada Byron"


def test_a_crash_before_the_note_is_taken_back_writes_the_same_again(
    file: Path, neo4j_session: neo4j.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(file)
    add(store, TEXT, size=40)

    def crash(generation: int) -> None:
        raise RuntimeError("crash")

    monkeypatch.setattr(store.projection.outbox, "acknowledge", crash)
    with pytest.raises(RuntimeError, match="crash"):
        store.projection.catch_up()
    written = held(neo4j_session)
    assert written == wanted(store) and not store.projection.outbox.is_empty()
    store.release()
    with opened(file) as again:
        assert again.projection.outbox.is_empty()
    assert held(neo4j_session) == written


def test_a_write_that_fails_in_the_middle_leaves_nothing(
    file: Path, neo4j_session: neo4j.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(file)
    add(store, TEXT)
    store.projection.catch_up()
    before = held(neo4j_session)
    add(store, "Ada Byron met Byte Labs.", "b.txt")

    def broken(connection: sqlite3.Connection, waiting: Waiting, *, is_empty: bool) -> Iterator[Batch]:
        assert not is_empty
        yield from list(changes(connection, waiting))[:3]
        yield Batch("UNWIND $rows AS row RETURN 1 / 0", [{}])

    monkeypatch.setattr("kgqa.connectors.neo4j.projection.changes", broken)
    with pytest.raises(WorkspaceError, match="by zero"):
        store.projection.catch_up()
    assert held(neo4j_session) == before
    monkeypatch.undo()
    store.release()
    with EmbeddedStore.open(file) as record:
        assert len(record.documents()) == 2, "the record has what was committed"


def test_a_first_filling_that_was_cut_off_is_finished(
    file: Path, neo4j_session: neo4j.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was created before the cut is there once, though a database that was never told anything counts as empty."""
    store = opened(file)
    add(store, TEXT, size=40)

    def cut_off(connection: sqlite3.Connection, waiting: Waiting, *, is_empty: bool) -> Iterator[Batch]:
        assert is_empty
        yield from list(changes(connection, waiting, is_empty=True))[:-1]
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("kgqa.connectors.neo4j.projection.changes", cut_off)
        patched.setattr("kgqa.connectors.neo4j.projection.TRANSACTION", 1)
        with pytest.raises(RuntimeError, match="killed"):
            store.projection.catch_up()
    store.release()
    assert neo4j_session.run("MATCH (:Entity)-[r]->(:Entity) RETURN count(r) AS n").single(strict=True)["n"]
    with opened(file) as again:
        assert held(neo4j_session) == wanted(again)


def test_batches_larger_than_a_transaction_arrive_whole(
    file: Path, neo4j_session: neo4j.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("projection", "changes"):
        monkeypatch.setattr(f"kgqa.connectors.neo4j.{module}.ROWS", 3)
    with opened(file) as store:
        add(store, TEXT + " ".join(f"Ada Byron met Person{n}. Leaf{n} left Byte Labs." for n in range(9)), size=40)
        store.projection.catch_up()
        assert held(neo4j_session) == wanted(store)
        for document in store.documents():
            store.delete(document.id)
        store.projection.catch_up()
    assert held(neo4j_session)["relationships"] == [[0]] and held(neo4j_session)["entities"] == []


def test_an_emptied_database_is_filled_again(file: Path, neo4j_session: neo4j.Session) -> None:
    with opened(file) as store:
        add(store, TEXT)
    before = held(neo4j_session)
    neo4j_session.run("MATCH (n) DETACH DELETE n").consume()
    opened(file).close()
    assert held(neo4j_session) == before


def test_a_database_from_an_older_copy_is_built_anew(file: Path, neo4j_session: neo4j.Session) -> None:
    with opened(file) as store:
        add(store, TEXT)
    neo4j_session.run("MATCH (w:Workspace) SET w.generation = 0 MERGE (:Entity {id: 'left over'})").consume()
    opened(file).close()
    with EmbeddedStore.open(file) as record:
        assert held(neo4j_session) == wanted(record)


def test_the_graph_of_another_workspace_is_left_alone(file: Path, tmp_path: Path, neo4j_session: neo4j.Session) -> None:
    with opened(file) as store:
        add(store, TEXT)
    before = held(neo4j_session)
    (tmp_path / "other").mkdir()
    with pytest.raises(WorkspaceError, match=r"another workspace \(ws\)\. Name another database"):
        opened(tmp_path / "other" / "store.sqlite")
    neo4j_session.run("MATCH (w:Workspace) DELETE w").consume()
    with pytest.raises(WorkspaceError, match="nodes of another program"):
        opened(tmp_path / "other" / "store.sqlite")
    assert held(neo4j_session) == before


def test_two_programs_that_write_leave_the_later_state(file: Path, neo4j_session: neo4j.Session) -> None:
    with opened(file) as one, opened(file) as two:
        for number in range(6):
            add(one, f"Ada Byron met Person{number}.", f"{number}.txt")
            add(two, f"Ada Byron left Person{number}.", f"{number}.txt")
            one.projection.catch_up() if number % 2 else two.projection.catch_up()
        assert len(one.triples()) == len(two.triples()) == 6
        assert held(neo4j_session) == wanted(one)


def test_a_program_with_an_older_view_starts_anew(file: Path, neo4j_session: neo4j.Session) -> None:
    with opened(file) as store:
        add(store, TEXT)
        store.projection.catch_up()
        ahead = store.generation() + 1
        neo4j_session.run("MATCH (w:Workspace) SET w.generation = $ahead", ahead=ahead).consume()
        add(store, "Ada Byron met Byte Labs.", "b.txt")
        add(store, "Ada Byron met Charles Babbage.", "c.txt")
        store.projection.catch_up()
        assert held(neo4j_session) == wanted(store)
        neo4j_session.run("MATCH (w:Workspace) SET w.generation = $ahead", ahead=ahead + 100).consume()
        store.delete(make(TEXT).id)
        with pytest.raises(WorkspaceError, match="Another program changes the graph"):
            store.projection.catch_up()
        neo4j_session.run("MATCH (w:Workspace) SET w.generation = 0").consume()


def test_a_type_that_changes_takes_its_label_along(file: Path, neo4j_session: neo4j.Session) -> None:
    query = "MATCH (e:Entity {name: 'Byte'}) RETURN labels(e) AS labels"
    with opened(file) as store:
        add(store, "Byte met Ada Byron.", "a.txt")
        store.projection.catch_up()
        assert neo4j_session.run(query).single(strict=True)["labels"] == ["Entity", "Person"]
        with store.database.writing() as connection:
            connection.execute("UPDATE entities SET type = 'Firm `X`' WHERE name = 'Byte'")
        store.projection.catch_up()
        assert neo4j_session.run(query).single(strict=True)["labels"] == ["Entity", "Firm `X`"]


@pytest.mark.integration
def test_killed_writers_lose_and_double_nothing(file: Path, neo4j_session: neo4j.Session) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from kgqa.connectors.neo4j import open_store; from tests.graph.content import add\n"
        "store = open_store(Path(sys.argv[1]), 'neo4j://')\n"
        "print('open', flush=True)\n"
        "for n in range(int(sys.argv[2]), 10**6):\n"
        "    add(store, f'Ada Byron met Person{n}. Leaf{n % 7} left Byte Labs. It hired Leaf{n}.', f'{n % 50}.txt')\n"
        "    store.projection.catch_up()\n"
    )
    chance = random.Random(5)
    for attempt in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", code, str(file), str(attempt * 10_000)], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        assert writer.stdout is not None and writer.stdout.readline() == b"open\n"
        time.sleep(chance.uniform(0.1, 1.5))
        writer.kill()
        writer.wait()
        writer.stdout.close()
        with opened(file) as store:
            assert held(neo4j_session) == wanted(store)
            assert store.documents()


@pytest.mark.integration
def test_a_server_that_dies_is_brought_in_step_when_it_is_back(
    neo4j_server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del neo4j_server  # where there is none, there is no second one
    monkeypatch.setattr("kgqa.connectors.neo4j.connection.RETRY_SECONDS", 1.0)
    server = Neo4jServer(tmp_path / "server", free_port(), "only-for-tests")
    monkeypatch.setenv("NEO4J_PASSWORD", server.password)
    with server:
        kb = kgqa.open(tmp_path / "ws", store=server.uri)
        add(kb.store, TEXT)
        assert kb.graph.entity("Ada Byron").degree == 2
        server.kill()
        add(kb.store, "Ada Byron met Dorothy.", "b.txt")
        with pytest.raises(WorkspaceError, match=r"No Neo4j answers at .*run the same command again"):
            kb.graph.entity("Ada Byron")
        with pytest.raises(WorkspaceError, match="No Neo4j answers"):
            kb.close()
        with pytest.raises(WorkspaceError, match="No Neo4j answers"):
            kgqa.open(tmp_path / "ws", store=server.uri)
        with kgqa.open(tmp_path / "ws") as embedded:
            assert embedded.graph.entity("Dorothy").degree == 1, "the workspace answers without the server"
    with server, kgqa.open(tmp_path / "ws", store=server.uri) as kb:
        assert kb.graph.entity("Dorothy").degree == 1 and kb.graph.entity("Ada Byron").degree == 3
