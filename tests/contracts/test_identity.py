"""Decisions on who is who: what every store must do with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kgqa.errors import NotFound, QueryError
from kgqa.graph import Catalogue, Entry, GraphStore
from tests.contracts.test_graph_store import by_name, facts, store
from tests.graph.content import add, dump

__all__ = ["store"]


def named(store: GraphStore, *texts: str) -> None:
    for number, text in enumerate(texts):
        add(store, text, f"{number}.txt")


def test_merge_moves_all_and_undo_brings_it_back(store: GraphStore) -> None:
    named(store, "Ada Byron founded Byte Labs.", "Countess Lovelace hired Charles Babbage.")
    before = dump(store)
    keep, other = by_name(store, "Ada Byron"), by_name(store, "Countess Lovelace")
    decision = store.merge(keep.id, other.id, reason="her title", by="ada", score=0.7)
    assert (decision.kind, decision.name, decision.other_name) == ("merge", "Countess Lovelace", "Ada Byron")
    assert (decision.reason, decision.decided_by, decision.score) == ("her title", "ada", 0.7)
    assert facts(store) == {("Ada Byron", "FOUNDED", "Byte Labs"), ("Ada Byron", "HIRED", "Charles Babbage")}
    assert store.find("countess")[0].id == keep.id and store.entity(keep.id).aliases == ("Countess Lovelace",)
    with pytest.raises(NotFound):
        store.entity(other.id)
    add(store, "Countess Lovelace met Dorothy.", "later.txt")
    assert ("Ada Byron", "MET", "Dorothy") in facts(store), "it holds for documents that come later"
    store.delete(next(d.id for d in store.documents() if d.uri == "later.txt"))
    undone = store.undo(decision.id)
    assert undone.undone_at and store.decisions() == [undone]
    assert dump(store) == before


def test_split_takes_documents_to_another_of_the_name(store: GraphStore) -> None:
    named(
        store, "John Smith founded Byte Labs.", "John Smith met Dorothy. John Smith left Kansas.", "John Smith slept."
    )
    before = dump(store)
    smith = by_name(store, "John Smith")
    second = next(d.id for d in store.documents() if d.uri == "1.txt")
    decision = store.split(smith.id, [second], by="ada")
    one, two = sorted(store.find("john smith"), key=lambda entity: entity.id != smith.id)
    assert (one.id, one.mentions, two.id, two.mentions) == (smith.id, 2, decision.other, 2)
    assert {t.predicate for t in store.triples(subject=two.id)} == {"MET", "LEFT"}
    assert [t.predicate for t in store.triples(subject=one.id)] == ["FOUNDED"]
    assert {e.document_id for e in store.evidence(two.id)} == {second}
    store.delete(second)
    add(store, "John Smith met Dorothy. John Smith left Kansas.", "1.txt")
    assert len(store.find("john smith")) == 2, "it holds for a document that is read again"
    store.undo(decision.id)
    assert dump(store) == before


def test_separate_takes_an_alias_away_where_it_is_not_defined(store: GraphStore) -> None:
    named(store, "Difference Institute (DI) met Ada Byron.", "DI met Charles Babbage.")
    before = dump(store)
    institute = by_name(store, "Difference Institute")
    with pytest.raises(NotFound, match=r"is not called 'Byte'.*Difference Institute, DI"):
        store.separate(institute.id, "Byte")
    with pytest.raises(QueryError, match="own name"):
        store.separate(institute.id, "Difference Institute")
    decision = store.separate(institute.id, "di")
    assert facts(store) == {("Difference Institute", "MET", "Ada Byron"), ("DI", "MET", "Charles Babbage")}
    store.undo(decision.id)
    assert dump(store) == before


def test_a_link_joins_the_names_of_an_entry_until_it_is_undone(store: GraphStore) -> None:
    named(store, "Ada Byron founded Byte Labs.", "Countess Lovelace left Byte Labs.", "Ada met Charles Babbage.")
    before = dump(store)
    entry = Entry("Q7259", ("Person",), ("Ada Lovelace", "Ada Byron", "Countess Lovelace", "Ada"), 1)
    catalogue = Catalogue("people.tsv", [entry])
    planned = store.linkable(catalogue)
    assert {link.name for link in planned.links} == {"Ada Byron", "Countess Lovelace"}
    assert [one.name for one in planned.unlinked] == ["Ada"] and dump(store) == before
    made = store.link(catalogue)
    assert {(d.kind, d.name, d.value, d.other_name) for d in made} == {
        ("link", "Ada Byron", "Q7259", "Ada Lovelace"),
        ("link", "Countess Lovelace", "Q7259", "Ada Lovelace"),
    }
    ada = by_name(store, "Countess Lovelace")
    assert ada.id == made[0].other and {t.predicate for t in store.triples(subject=ada.id)} == {"FOUNDED", "LEFT"}
    assert sorted(store.links(ada.id), key=lambda d: d.id) == sorted(made, key=lambda d: d.id)
    with pytest.raises(NotFound):
        store.links("nothing")
    for decision in made:
        store.undo(decision.id)
    assert dump(store) == before and store.link(catalogue) == []


def test_a_link_of_some_documents_holds_in_these(store: GraphStore) -> None:
    named(store, "Mercury Labs met Ada Byron.", "Mercury Labs met Charles Babbage.", "Mercury Labs slept.")
    before = dump(store)
    entries = [
        Entry("1", ("Organization",), ("Mercury Labs",), 1, "known to Ada Byron"),
        Entry("2", ("Organization",), ("Mercury Labs",), 1, "known to Charles Babbage"),
    ]
    made = store.link(Catalogue("names.tsv", entries))
    assert len(store.find("mercury labs")) == 3 and [len(d.documents) for d in made] == [1, 1]
    assert {d.value: [t.object_name for t in store.triples(subject=d.other)] for d in made} == {
        "1": ["Ada Byron"],
        "2": ["Charles Babbage"],
    }
    for decision in made:
        store.undo(decision.id)
    assert dump(store) == before


def test_pairs_that_are_two_are_not_merged(store: GraphStore) -> None:
    named(store, "Ada Byron met Lord Byron.")
    ada, lord = by_name(store, "Ada Byron").id, by_name(store, "Lord Byron").id
    apart = store.keep_apart(ada, lord)
    for pair in ((ada, lord), (lord, ada)):
        with pytest.raises(QueryError, match="decided to be two"):
            store.merge(*pair)
    store.undo(apart.id)
    store.merge(ada, lord)
    assert [d.kind for d in store.decisions()] == ["merge", "apart"]
    assert facts(store) == set(), "what joined the two joins nothing now"


def test_decisions_that_cannot_be_are_refused_whole(store: GraphStore) -> None:
    named(store, "Ada Byron met Lord Byron.", "Ada Byron met Dorothy.")
    before = dump(store)
    ada, lord = by_name(store, "Ada Byron").id, by_name(store, "Lord Byron").id
    documents = [document.id for document in store.documents()]
    attempts: list[tuple[Callable[[], object], type[Exception]]] = [
        (lambda: store.merge(ada, ada), QueryError),
        (lambda: store.merge(ada, "nothing"), NotFound),
        (lambda: store.keep_apart(ada, ada), QueryError),
        (lambda: store.split(ada, documents), QueryError),
        (lambda: store.split(lord, ["nothing"]), QueryError),
        (lambda: store.split("nothing", documents), NotFound),
        (lambda: store.undo("nothing"), NotFound),
    ]
    for attempt, kind in attempts:
        with pytest.raises(kind):
            attempt()
    assert dump(store) == before and store.decisions() == []
    merge = store.merge(ada, lord)
    with pytest.raises(NotFound):
        store.merge(lord, ada)
    store.undo(merge.id)
    with pytest.raises(QueryError, match="was undone on"):
        store.undo(merge.id)


def test_decisions_are_undone_in_any_order(store: GraphStore) -> None:
    named(store, "Alpha met Beta.", "Gamma met Delta.", "Alpha left Gamma.")
    before = dump(store)
    a, b, c, d = (by_name(store, name).id for name in ("Alpha", "Beta", "Gamma", "Delta"))
    first, second, third = store.merge(b, a), store.merge(c, b), store.merge(c, d)
    assert store.statistics().entities == 1 and facts(store) == set()
    for decision in (second, first, third):
        store.undo(decision.id)
    assert dump(store) == before


def test_a_rejected_fact_stays_out_until_that_is_undone(store: GraphStore) -> None:
    named(store, "Ada Byron founded Byte Labs.", "Ada Byron hired Charles Babbage.")
    before = dump(store)
    (wrong,) = store.triples(predicate="FOUNDED")
    decision = store.reject(wrong.id, reason="it was her mother", by="ada")
    assert (decision.kind, decision.name, decision.value, decision.other_name) == (
        "reject",
        "Ada Byron",
        "FOUNDED",
        "Byte Labs",
    )
    assert facts(store) == {("Ada Byron", "HIRED", "Charles Babbage")}
    add(store, "Ada Byron founded Byte Labs. She slept.", "later.txt")
    assert facts(store) == {("Ada Byron", "HIRED", "Charles Babbage")}, "it holds for documents that come later"
    assert {(r.subject, r.predicate, r.object) for r in store.rejected()} == {("Ada Byron", "FOUNDED", "Byte Labs")}
    assert {r.reason for r in store.rejected()} == {f"decision {decision.id}"}
    store.delete(next(d.id for d in store.documents() if d.uri == "later.txt"))
    assert store.undo(decision.id).undone_at
    assert dump(store) == before
    with pytest.raises(NotFound, match="no triple"):
        store.reject("nothing")


def test_a_rejected_fact_goes_by_all_names_of_its_ends(store: GraphStore) -> None:
    named(store, "Ada Byron founded Byte Labs.", "Countess Lovelace founded Byte Labs.")
    merged = store.merge(by_name(store, "Ada Byron").id, by_name(store, "Countess Lovelace").id)
    (wrong,) = store.triples(predicate="FOUNDED")
    decision = store.reject(wrong.id)
    assert not facts(store) and len(store.rejected()) == 2
    store.undo(merged.id)
    assert not facts(store)
    store.undo(decision.id)
    assert len(facts(store)) == 2


def test_a_type_that_was_put_right_holds_until_that_is_undone(store: GraphStore) -> None:
    named(store, "Byte Labs hired Charles Babbage.", "Byte Labs slept.")
    before = dump(store)
    labs = by_name(store, "Byte Labs")
    decision = store.retype(labs.id, "Band", by="ada")
    assert (decision.kind, decision.name, decision.value) == ("retype", "Byte Labs", "Band")
    assert by_name(store, "Byte Labs").type == "Band"
    add(store, "Byte Labs met Dorothy.", "later.txt")
    assert by_name(store, "Byte Labs").id == labs.id and by_name(store, "Byte Labs").type == "Band"
    with pytest.raises(QueryError, match="already"):
        store.retype(labs.id, "Band")
    with pytest.raises(QueryError, match="no name of a type"):
        store.retype(labs.id, "a band")
    store.delete(next(d.id for d in store.documents() if d.uri == "later.txt"))
    store.undo(decision.id)
    assert by_name(store, "Byte Labs").type == labs.type and dump(store) == before


def test_a_type_outlives_the_documents_that_it_was_decided_on(store: GraphStore) -> None:
    named(store, "Byte Labs slept.")
    labs = by_name(store, "Byte Labs")
    decision = store.retype(labs.id, "Band")
    store.delete(store.documents()[0].id)
    store.undo(decision.id)
    again = store.decisions()
    named(store, "Byte Labs slept.")
    assert by_name(store, "Byte Labs").type == labs.type and len(again) == 1
