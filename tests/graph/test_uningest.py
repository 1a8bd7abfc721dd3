"""A store is a function of its documents and decisions: neither order nor what has gone leaves a trace."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.errors import NotFound, QueryError
from kgqa.graph import Catalogue, Constraint, EmbeddedStore, Entry, GraphStore
from kgqa.types import Statistics
from tests.graph.content import add, dump, make, rows

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


@dataclass(frozen=True)
class Decide:
    """A decision, with numbers that choose what it is about."""

    kind: str
    first: int
    second: int

    def on(self, store: GraphStore) -> None:
        """Decide it if there is anything to decide."""
        entities = list(store.entities())
        made = store.decisions()
        if not entities or (self.kind == "undo" and not made):
            return
        a, b = entities[self.first % len(entities)], entities[self.second % len(entities)]
        with contextlib.suppress(QueryError, NotFound):
            if self.kind == "merge":
                store.merge(a.id, b.id, reason="because", by="ada")
            elif self.kind == "split":
                documents = sorted({evidence.document_id for evidence in store.evidence(a.id, limit=10**6)})
                store.split(a.id, documents[self.second % len(documents) :][:2])
            elif self.kind == "separate":
                store.separate(a.id, (*a.aliases, a.name)[self.second % (1 + len(a.aliases))])
            elif self.kind == "keep_apart":
                store.keep_apart(a.id, b.id)
            elif self.kind == "reject":
                triples = store.triples(limit=None)
                if triples:
                    store.reject(sorted(triple.id for triple in triples)[self.first % len(triples)])
            elif self.kind == "retype":
                store.retype(a.id, ("Band", "Organization", "Person")[self.second % 3])
            elif self.kind == "link":
                store.link(CATALOGUE)
            else:
                store.undo(made[self.first % len(made)].id)


@dataclass(frozen=True)
class Constrain:
    """Constraints in place of those in force."""

    domains: tuple[tuple[str, str], ...]

    @property
    def constraints(self) -> dict[str, Constraint]:
        """By predicate."""
        return {predicate: Constraint(domain=(type,)) for predicate, type in self.domains}


CATALOGUE = Catalogue(
    "small.tsv",
    [
        Entry("1", ("Organization",), ("Byte Labs", "Labs Of Bytes", "BL"), 1),
        Entry("2", ("Organization",), ("Difference Institute", "DI", "Difference Institutes"), 1),
        Entry("3", ("Person",), ("Ada Lovelace", "Ada Byron", "Countess Lovelace"), 1),
        Entry("4", ("Organization",), ("Difference Institute",), 1, "of Dennis Ink"),
        Entry("5", ("Organization",), ("Difference Institute", "BYTE"), 1, "of Ada Byron"),
        Entry("6", ("Person",), ("Dennis Ink", "Charles Babbage", "Babbage"), 1),
    ],
)
ADDRESSES = ("a.txt", "b.txt", "c.txt", "d.txt")
texts = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5).map(" ".join)
KINDS = ("merge", "split", "separate", "keep_apart", "link", "link", "reject", "reject", "retype", "undo", "undo")
decided = st.builds(Decide, st.sampled_from(KINDS), st.integers(0, 7), st.integers(0, 7))
written = st.tuples(st.sampled_from(ADDRESSES), texts)
pairs = st.tuples(st.sampled_from(("HIRED", "MET", "LEFT")), st.sampled_from(("Person", "Organization")))
constrained = st.builds(Constrain, st.lists(pairs, max_size=2).map(tuple))
steps = st.lists(st.one_of(written, written, st.integers(0, 3), decided, decided, constrained), min_size=1, max_size=14)


Step = tuple[str, str] | int | Decide | Constrain


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedStore, EmbeddedStore]]:
    """Two stores that every example empties: what one left behind would be seen by the next."""
    folder = tmp_path_factory.mktemp("stores")
    with EmbeddedStore.open(folder / "used.sqlite") as used, EmbeddedStore.open(folder / "fresh.sqlite") as fresh:
        yield used, fresh


@settings(max_examples=200, deadline=None)
@given(steps=steps, seed=st.randoms(use_true_random=False))
def test_uningest_leaves_no_trace(
    stores: tuple[EmbeddedStore, EmbeddedStore], steps: list[Step], seed: random.Random
) -> None:
    used, fresh = stores
    for store in stores:
        for document in store.documents():
            store.delete(document.id)
        assert store.statistics() == Statistics(0, 0, 0, 0, 0, 0, {}, {})
        with store.database.writing() as connection:
            connection.execute("DELETE FROM decisions")
        store.constrain({})
    there: dict[str, str] = {}
    for step in steps:
        if isinstance(step, tuple):
            add(used, step[1], step[0], size=60)
            there[step[0]] = step[1]
        elif isinstance(step, Decide):
            step.on(used)
        elif isinstance(step, Constrain):
            used.constrain(step.constraints)
        elif step < len(used.documents()):
            gone = used.documents()[step].id
            used.delete(gone)
            there = {uri: text for uri, text in there.items() if make(text).id != gone}
    with used.database.reading() as connection:
        decisions = connection.execute("SELECT * FROM decisions WHERE undone_at = ''").fetchall()
    with fresh.database.writing() as connection:
        connection.executemany(f"INSERT INTO decisions VALUES ({', '.join('?' * 14)})", decisions)
    fresh.constrain(used.constraints())
    survivors = list(there.items())
    seed.shuffle(survivors)
    for uri, text in survivors:
        add(fresh, text, uri, size=60)
    assert dump(used) == dump(fresh)
    assert used.database.connection().execute("PRAGMA foreign_key_check").fetchall() == []
    assert rows(used) == rows(fresh)


linked_steps = st.lists(st.tuples(st.one_of(written, written, st.integers(0, 3)), st.booleans()), max_size=10)


@settings(max_examples=100, deadline=None)
@given(steps=linked_steps, seed=st.randoms(use_true_random=False))
def test_links_do_not_depend_on_what_has_gone_or_came_first(
    stores: tuple[EmbeddedStore, EmbeddedStore], steps: list[tuple[tuple[str, str] | int, bool]], seed: random.Random
) -> None:
    used, fresh = stores
    for store in stores:
        for document in store.documents():
            store.delete(document.id)
        with store.database.writing() as connection:
            connection.execute("DELETE FROM decisions")
        store.constrain({})
    there: dict[str, str] = {}
    for step, is_linked in steps:
        if isinstance(step, tuple):
            add(used, step[1], step[0], size=60)
            there[step[0]] = step[1]
        elif step < len(used.documents()):
            gone = used.documents()[step].id
            used.delete(gone)
            there = {uri: text for uri, text in there.items() if make(text).id != gone}
        if is_linked:
            used.link(CATALOGUE)
    survivors = list(there.items())
    seed.shuffle(survivors)
    for uri, text in survivors:
        add(fresh, text, uri, size=60)
    for store in stores:
        store.link(CATALOGUE)
    assert dump(used) == dump(fresh) and rows(used) == rows(fresh)
    assert used.database.connection().execute("PRAGMA foreign_key_check").fetchall() == []
