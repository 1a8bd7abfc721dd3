"""The file of the embedded store: what can be wrong with it, and what other processes see."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kgqa.errors import WorkspaceError, WorkspaceLocked
from kgqa.graph import EmbeddedStore
from kgqa.graph.database import Database
from kgqa.graph.schema import APPLICATION_ID, TABLES, VERSION
from kgqa.types import Extraction, Mention
from tests.graph.content import add, dump, make, read, rows


def test_opening_again_finds_everything(tmp_path: Path) -> None:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        add(store, "Ada Byron founded Byte Labs.")
        before = dump(store)
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        assert dump(store) == before


def test_read_only_reads_and_refuses_to_write(tmp_path: Path) -> None:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        add(store, "Ada Byron founded Byte Labs.")
        before = dump(store)
    with EmbeddedStore.open(tmp_path / "store.sqlite", read_only=True) as store:
        assert dump(store) == before
        with pytest.raises(WorkspaceError, match="can only be read"):
            add(store, "Something new.", "b.txt")
    with pytest.raises(WorkspaceError, match="no store"):
        EmbeddedStore.open(tmp_path / "other.sqlite", read_only=True)


def test_text_and_quotes_are_stored_once(tmp_path: Path) -> None:
    word = "incomprehensibilities"
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        add(store, f"Ada Byron founded Byte Labs without {word}.")
    assert (tmp_path / "store.sqlite").read_bytes().count(word.encode()) == 1


@pytest.mark.parametrize(
    "content", [b"not a database at all, by any means", b"\x00" * 5000, b"SQLite format 3\x00" + b"\xff" * 4000]
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"store\.sqlite"):
        EmbeddedStore.open(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (name TEXT)")
    connection.close()
    with pytest.raises(WorkspaceError, match="another program"):
        EmbeddedStore.open(path)


def test_a_newer_version_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    EmbeddedStore.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(WorkspaceError, match="Update kgqa"):
        EmbeddedStore.open(path)


def test_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        f"{TABLES}; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;"
        "INSERT INTO entities VALUES ('e', 'Zed', 'Person', '[]', 5, 0);"
        "INSERT INTO names VALUES ('e', 'Zed', 'zed', 1, 3), ('e', 'Z', 'z', 0, 2)"
    )
    connection.close()
    with pytest.raises(WorkspaceError, match="Make it writable"):
        EmbeddedStore.open(path, read_only=True)
    with EmbeddedStore.open(path) as store:
        add(store, "Ada Byron founded Byte Labs.")
        assert store.decisions() == []
        counts = store.database.connection().execute("SELECT name, own, count FROM names WHERE entity_id = 'e'")
        assert set(counts) == {("Zed", 3, 3), ("Z", 0, 2)}
    with EmbeddedStore.open(path, read_only=True) as store:
        assert store.statistics().triples == 1


def test_a_name_is_an_entitys_own_as_often_as_its_own_key_is_mentioned(tmp_path: Path) -> None:
    """The god and the company of one name, decided to be one: whose name it is does not depend on who came first."""
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        for uri, type in (("a.txt", "Person"), ("b.txt", "Organization")):
            new = read(f"Mercury in {uri}.", uri)
            extraction = Extraction(new.chunks[0].id, (Mention(0, 7, "Mercury", type),), extractor="small@1")
            store.commit(new.document, new.chunks, [extraction], new.vectors, "letters@1")
        god, company = sorted(store.find("Mercury"), key=lambda entity: entity.type, reverse=True)
        store.merge(god.id, company.id)
        assert rows(store)["names"] == {(god.id, "Mercury", "mercury", 1, 2)}
        store.delete(read("Mercury in a.txt.").document.id)
        assert rows(store)["names"] == {(god.id, "Mercury", "mercury", 0, 1)}


def test_a_missing_folder_and_a_folder_as_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="kgqa init"):
        EmbeddedStore.open(tmp_path / "missing" / "store.sqlite")
    with pytest.raises(WorkspaceError, match="is a folder"):
        EmbeddedStore.open(tmp_path)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = EmbeddedStore.open(tmp_path / "store.sqlite")
    store.close()
    with pytest.raises(WorkspaceError, match="closed"):
        store.documents()


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        add(store, "Ada Byron founded Byte Labs.")
        before = dump(store)
        connection = store.database.connection()
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0] + 2}")
        with pytest.raises(WorkspaceError, match=r"full\. Free some space"):
            add(store, "Ada Byron met Charles Babbage. " * 3000, "b.txt")
        assert dump(store) == before
        connection.execute("PRAGMA max_page_count = 100000")
        add(store, "Ada Byron met Charles Babbage. " * 3000, "b.txt")
        assert store.statistics().documents == 2


def test_a_writer_that_waits_too_long_is_told_who_is_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with EmbeddedStore.open(path) as store:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        impatient = EmbeddedStore(Database(path, busy_seconds=0.05))
        with pytest.raises(WorkspaceLocked, match="Another process is writing"):
            add(impatient, "Ada Byron founded Byte Labs.")
        assert store.documents() == [], "readers are not kept waiting"
        holder.execute("ROLLBACK")
        holder.close()
        add(impatient, "Ada Byron founded Byte Labs.")
        impatient.close()
        assert len(store.documents()) == 1


def test_another_process_sees_the_last_commit(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    code = (
        "import sys; from pathlib import Path; from kgqa.graph import EmbeddedStore\n"
        "with EmbeddedStore.open(Path(sys.argv[1]), read_only=True) as store: print(store.statistics().triples)"
    )
    with EmbeddedStore.open(path) as store:
        add(store, "Ada Byron founded Byte Labs.")
        with pytest.raises(RuntimeError, match="undo"), store.database.writing() as connection:
            connection.execute("DELETE FROM triples")
            seen = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
            raise RuntimeError("undo")
        assert store.statistics().triples == 1
    assert seen.stdout.strip() == "1"


def test_connections_of_threads_that_ended_are_closed(tmp_path: Path) -> None:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        for _ in range(20):
            thread = threading.Thread(target=store.statistics)
            thread.start()
            thread.join()
        assert len(store.database._handles) == 1


def test_text_that_is_not_unicode_is_refused_whole(tmp_path: Path) -> None:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        with pytest.raises(ValueError):
            add(store, "Ada Byron \ud800 met Byte Labs.")
        assert store.documents() == []


def test_strange_names_are_kept_as_they_are(tmp_path: Path) -> None:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        text = "Ada' OR 1=1 met Byte\x00Labs. A" + "b" * 100_000 + " met Ada`Byron\u202e."
        add(store, text)
        assert store.document(make(text).id).text == text
        for entity in store.entities():
            assert store.evidence(entity.id) and store.find(entity.name, limit=1)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights do not bind the superuser")
def test_a_file_without_write_permission_can_still_be_read(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with EmbeddedStore.open(path) as store:
        add(store, "Ada Byron founded Byte Labs.")
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        with EmbeddedStore.open(path) as store:
            assert store.statistics().triples == 1
    finally:
        tmp_path.chmod(0o755)
