"""When a fact held, and when it was read: the two times of a fact, on every store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kgqa.errors import QueryError
from kgqa.graph import Graph, GraphStore
from tests.contracts.test_graph_store import store
from tests.graph.content import add, dump, make

__all__ = ["store"]


@pytest.fixture
def graph(store: GraphStore) -> Graph:
    add(
        store,
        "Ada Byron led Byte Labs from 1998 to 2003. Charles Babbage led Byte Labs. Dora Dot led Byte Labs since 2010.",
    )
    return Graph(store)


def who(graph: Graph, **when: str) -> list[str]:
    return sorted(triple.subject_name for triple in graph.triples(predicate="LED", **when))  # type: ignore[arg-type]


def test_a_fact_has_the_days_that_its_text_gives(graph: Graph) -> None:
    found = {t.subject_name: (t.valid_from, t.valid_to) for t in graph.triples(predicate="LED")}
    assert found == {
        "Ada Byron": ("1998-01-01", "2003-12-31"),
        "Charles Babbage": ("", ""),
        "Dora Dot": ("2010-01-01", ""),
    }
    (led,) = graph.triples("Dora Dot")
    (evidence,) = graph.evidence(led.id)
    assert (evidence.valid_from, evidence.valid_to) == ("2010-01-01", "")
    age = datetime.now(UTC) - datetime.fromisoformat(evidence.read_at)
    assert -2 < age.total_seconds() < 300


def test_during_asks_when_it_held(graph: Graph) -> None:
    assert who(graph, during="2001-05-01") == ["Ada Byron"]
    assert who(graph, during="2003/2010") == ["Ada Byron", "Dora Dot"] and who(graph, during="2005") == []
    assert who(graph, during="1990/") == ["Ada Byron", "Dora Dot"] and who(graph, during="2222") == ["Dora Dot"]
    ids = [triple.id for triple in graph.triples(predicate="LED")]
    assert len(graph.store.triples(ids=ids, during=("2001-01-01", "2001-01-01"))) == 1  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="date or period"):
        graph.triples(during="then")


def test_as_of_asks_what_had_been_read(graph: Graph) -> None:
    today = datetime.now(UTC).date().isoformat()
    assert len(who(graph, as_of=today)) == len(who(graph, as_of=f"{today}T23:59:59")) == 3
    assert who(graph, as_of="1999-12-31") == []
    assert who(graph, as_of=today, during="2001") == ["Ada Byron"]


def test_a_fact_that_held_twice_did_not_hold_between(graph: Graph) -> None:
    before = dump(graph.store)
    add(graph.store, "Ada Byron led Byte Labs from 2012 to 2014.", "b.txt")
    (led,) = graph.triples("Ada Byron")
    assert (led.valid_from, led.valid_to, led.support) == ("1998-01-01", "2014-12-31", 2)
    assert who(graph, during="2013") == ["Ada Byron", "Dora Dot"] and who(graph, during="2008") == []
    graph.store.delete(make("Ada Byron led Byte Labs from 2012 to 2014.").id)
    assert dump(graph.store) == before


def test_facts_at_different_times_do_not_contradict_each_other(store: GraphStore) -> None:
    graph = Graph(store)
    add(store, "Ada Byron headed Byte Labs from 1998 to 2003. Ada Byron headed Turing Labs since 2010.")
    assert graph.contradictions(["HEADED"]) == []
    add(store, "Ada Byron headed Loom Labs in 2001.", "b.txt")
    (found,) = graph.contradictions(["HEADED"])
    assert {triple.object_name for triple in found} == {"Byte Labs", "Loom Labs"}
