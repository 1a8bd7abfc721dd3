"""A store is a function of the documents in it: neither order nor what has gone leaves a trace."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.graph import EmbeddedStore
from kgqa.types import Statistics
from tests.graph.content import add, dump, make

SENTENCES = (
    "Ada Byron founded Byte Labs.",
    "Byron left Byte Labs.",
    "ada Byron met BYTE Labs.",
    "Byte Labs (BL) hired Charles Babbage and he praised Ada Byron.",
    "BL bought Difference Institute.",
    "BL hired Byte Labs.",
    "Difference Institute (DI) joined Byte Labs.",
    "Difference Institutes (DI) joined Byte Labs.",
    "Dennis Ink met DI.",
    "DI met Ada Byron.",
    "Mercury founded Byte Labs. MERCURY Labs met Mercury.",
    "it met Ada Byron. Babbage praised Ada Byron.",
    "Ada Byron did not found Difference Institute.",
    "BL (BYTE) met BYTE (BL).",
)
ADDRESSES = ("a.txt", "b.txt", "c.txt", "d.txt")
texts = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5).map(" ".join)
steps = st.lists(st.one_of(st.tuples(st.sampled_from(ADDRESSES), texts), st.integers(0, 3)), min_size=1, max_size=14)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedStore, EmbeddedStore]]:
    """Two stores that every example empties: what one left behind would be seen by the next."""
    folder = tmp_path_factory.mktemp("stores")
    with EmbeddedStore.open(folder / "used.sqlite") as used, EmbeddedStore.open(folder / "fresh.sqlite") as fresh:
        yield used, fresh


@settings(max_examples=200, deadline=None)
@given(steps=steps, seed=st.randoms(use_true_random=False))
def test_uningest_leaves_no_trace(
    stores: tuple[EmbeddedStore, EmbeddedStore], steps: list[tuple[str, str] | int], seed: random.Random
) -> None:
    used, fresh = stores
    for store in stores:
        for document in store.documents():
            store.delete(document.id)
        assert store.statistics() == Statistics(0, 0, 0, 0, 0, 0, {}, {})
    there: dict[str, str] = {}
    for step in steps:
        if isinstance(step, tuple):
            add(used, step[1], step[0], size=60)
            there[step[0]] = step[1]
        elif step < len(used.documents()):
            gone = used.documents()[step].id
            used.delete(gone)
            there = {uri: text for uri, text in there.items() if make(text).id != gone}
    survivors = list(there.items())
    seed.shuffle(survivors)
    for uri, text in survivors:
        add(fresh, text, uri, size=60)
    assert dump(used) == dump(fresh)
    assert used.database.connection().execute("PRAGMA foreign_key_check").fetchall() == []
    assert _rows(used) == _rows(fresh)


def _rows(store: EmbeddedStore) -> dict[str, set[tuple[object, ...]]]:
    """The derived tables, which no method shows."""
    connection = store.database.connection()
    return {
        table: set(connection.execute(f"SELECT * FROM {table}")) for table in ("entities", "names", "types", "triples")
    }
