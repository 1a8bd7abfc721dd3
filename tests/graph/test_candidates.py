"""Pairs that may be one: which are proposed, and which are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kgqa.graph import EmbeddedStore, Graph
from kgqa.graph.candidates import alike
from kgqa.graph.context import Context, weighed
from kgqa.types import Entity, Triple
from tests.graph.content import add


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        yield Graph(store)


def thing(name: str, type: str = "Person", *aliases: str) -> Entity:
    return Entity(name, name, type, aliases)


@pytest.mark.parametrize(
    ("a", "b", "least", "most"),
    [
        (thing("Ada Lovelace"), thing("Ada King Lovelace"), 0.8, 1.0),
        (thing("Geoffrey Hinton"), thing("Geofrey Hinton"), 0.75, 1.0),
        (thing("深度求索公司", "Organization"), thing("深度求索", "Organization"), 0.7, 1.0),
        (thing("Difference Institute Labs", "Organization"), thing("DIL", "Organization"), 0.8, 0.8),
        (thing("X", "Person", "Ada Lovelace"), thing("Ada Lovelace"), 1.0, 1.0),
        (thing("深度求索", "Organization"), thing("深度求索研究院", "Organization"), 0.5, 1.0),
        (thing("鄧小平"), thing("邓小平"), 1.0, 1.0),
        (thing("José Martí"), thing("Jose Marti"), 1.0, 1.0),
        (thing("Mogilyov", "City"), thing("Magiljou", "GPE"), 0.5, 1.0),
        (thing("临安县", "Place"), thing("台安县", "Place"), 0.0, 0.4),
        (thing("Henry IV"), thing("Henry VI"), 0.0, 0.0),
        (thing("GPT 3", "Product"), thing("GPT 4", "Product"), 0.0, 0.0),
        (thing("Mercury"), thing("Mercury", "Product"), 0.0, 0.0),
        (thing("Ada Lovelace"), thing("Charles Babbage"), 0.0, 0.2),
    ],
)
def test_names_are_as_alike_as_people_find_them(a: Entity, b: Entity, least: float, most: float) -> None:
    assert least <= alike(a, b) <= most and alike(a, b) == alike(b, a)


def test_review_proposes_likely_pairs_and_learns_from_decisions(graph: Graph) -> None:
    add(graph.store, "Geoffrey Hinton met Ada Byron. Geoffrey Hinton founded Byte Labs.", "a.txt")
    add(graph.store, "Geofrey Hinton founded Byte Labs. Charles Babbage met Dorothy.", "b.txt")
    (pair,) = graph.review()
    assert (pair.keep.name, pair.other.name, pair.shared) == ("Geoffrey Hinton", "Geofrey Hinton", ("Byte Labs",))
    apart = graph.keep_apart("Geoffrey Hinton", "Geofrey Hinton")
    assert graph.review() == []
    graph.undo(apart.id)
    graph.merge("Geoffrey Hinton", "Geofrey Hinton")
    assert graph.review() == [] and graph.entity("Geofrey Hinton").mentions == 3


def test_two_that_a_fact_joins_are_two(graph: Graph) -> None:
    add(graph.store, "Ada Byron met Ada Byrons.")
    assert graph.review(least=0.1) == []


def test_facts_speak_for_and_against_two_being_one(graph: Graph) -> None:
    add(graph.store, "Ada Lovelace born_on Spring. Ada Lovelaces born_on Spring. Ada Lovelacez born_on Autumn.")
    assert graph.review(least=0.1), "these are no predicates of the schema"
    names = {"a": "Ada Lovelace", "b": "Ada Lovelaces", "c": "Ada Lovelacez"}

    def facts(id: str, *pairs: tuple[str, str]) -> Context:
        ways: dict[tuple[str, bool], dict[str, Triple]] = {}
        for predicate, other in pairs:
            triple = Triple(id + other, id, predicate, other, names[id], other)
            ways.setdefault((predicate, True), {})[other] = triple
        return Context(id, ways)

    born = facts("a", ("BORN_ON", "14 March 1879"))
    assert weighed(0.6, born, facts("b", ("BORN_ON", "14 March 1879")), {}) == pytest.approx(0.92)
    assert weighed(0.6, born, facts("b", ("BORN_ON", "1882")), {}) == pytest.approx(0.15)
    assert weighed(0.6, born, facts("b", ("BORN_ON", "March 1879")), {}) == 0.6
    assert weighed(0.6, born, facts("c"), {}) == 0.6
    assert weighed(0.6, facts("a", ("MET", "b")), facts("b"), {}) == 0.0
    same, other = facts("b", ("WORKS_FOR", "x"), ("MET", "y")), facts("b", ("OWNED_BY", "x"), ("MET", "z"))
    mine = facts("a", ("WORKS_FOR", "x"), ("MET", "q"))
    rare, common = {"x": 2}, {"x": 1000}
    assert weighed(0.6, mine, same, rare) > weighed(0.6, mine, other, rare) > weighed(0.6, mine, other, common) > 0.6


def test_a_part_of_very_many_names_proposes_nothing(graph: Graph) -> None:
    add(graph.store, " ".join(f"Zed{n}q Common met Ada." for n in range(80)))
    assert graph.review(least=0.9) == []
