"""Ranks, communities, paths and contradictions: the same on every store."""

from __future__ import annotations

import itertools

import networkx
import pytest

from kgqa.errors import NotFound
from kgqa.graph import Graph, GraphStore
from tests.contracts.test_graph_store import store
from tests.graph.content import add

__all__ = ["store"]

TEXT = (
    "Alpha met Beta. Beta met Gamma. Gamma met Delta. Alpha hired Delta. Alpha left Gamma. Delta met Omega. "
    "Psi met Chi. Chi met Phi. Phi met Psi."
)


@pytest.fixture
def graph(store: GraphStore) -> Graph:
    add(store, TEXT)
    return Graph(store)


def test_paths_are_the_shortest_without_loops(graph: Graph) -> None:
    found = [[entity.name for entity in path.entities] for path in graph.paths("Alpha", "Omega")]
    assert found[0] == ["Alpha", "Delta", "Omega"] and [len(path) for path in found] == [3, 4, 5]
    assert all(len(set(path)) == len(path) for path in found)
    view = networkx.Graph(graph.to_networkx())
    ends = (graph.entity("Alpha").id, graph.entity("Omega").id)
    assert [len(path) for path in networkx.shortest_simple_paths(view, *ends)] == [3, 4, 5]
    assert len(graph.paths("Alpha", "Omega", count=1)) == 1
    assert [len(path.triples) for path in graph.paths("Alpha", "Omega", max_hops=3)] == [2, 3]
    assert graph.paths("Alpha", "Psi") == []
    for path in graph.paths("Alpha", "Omega"):
        for triple, pair in zip(path.triples, itertools.pairwise(path.entities), strict=True):
            assert {triple.subject, triple.object} == {entity.id for entity in pair}


def test_ranks_are_those_of_pagerank(graph: Graph) -> None:
    ranks = {entity.name: rank for entity, rank in graph.pagerank()}
    view = networkx.Graph()
    view.add_edges_from((t.subject_name, t.object_name) for t in graph.triples(limit=None))
    expected = networkx.pagerank(view, tol=1e-10)
    assert ranks == pytest.approx(expected, abs=1e-6) and sum(ranks.values()) == pytest.approx(1)
    (first, _), *_ = seeded = graph.pagerank({"Psi": 1.0})
    assert first.name == "Psi" and {e.name for e, rank in seeded if rank > 0} == {"Psi", "Chi", "Phi"}
    with pytest.raises(NotFound):
        graph.pagerank({"nothing": 1.0})


def test_communities_are_what_hangs_together(graph: Graph) -> None:
    found = [{entity.name for entity in group} for group in graph.communities()]
    assert {"Psi", "Chi", "Phi"} in found and sum(map(len, found)) == 8


def test_subgraph_has_all_triples_among_its_entities(graph: Graph) -> None:
    entities, triples = graph.subgraph(["Omega"])
    assert {e.name for e in entities} == {"Omega", "Delta"} and [t.predicate for t in triples] == ["MET"]
    entities, triples = graph.subgraph(["Omega", "Psi"], hops=2)
    assert len(entities) == 7 and len(triples) == 7


def test_contradictions_are_kept_side_by_side(graph: Graph) -> None:
    add(graph.store, "Alpha bornin Ulm. Beta bornin Ulm.", "b.txt")
    assert graph.contradictions(["BORNIN"]) == []
    add(graph.store, "Alpha bornin Bern. Beta bornin Ulm City.", "c.txt")
    (found,) = graph.contradictions(["BORNIN"])
    assert {(t.subject_name, t.object_name) for t in found} == {("Alpha", "Ulm"), ("Alpha", "Bern")}
    assert all(graph.evidence(t.id) for t in found)
    graph.store.delete(next(d.id for d in graph.store.documents() if d.uri == "c.txt"))
    assert graph.contradictions(["BORNIN"]) == []


def test_an_empty_graph_has_none_of_it(store: GraphStore) -> None:
    graph = Graph(store)
    for nothing in (graph.pagerank(), graph.communities(), graph.contradictions(), graph.review()):
        assert len(nothing) == 0
