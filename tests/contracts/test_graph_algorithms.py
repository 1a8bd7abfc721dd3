"""Ranks, communities, paths and contradictions: the same on every store."""

from __future__ import annotations

import itertools
import math
from typing import Literal

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


def test_all_paths_within_some_steps_come_in_the_order_of_their_cost(graph: Graph) -> None:
    view = networkx.Graph(graph.to_networkx())
    ends = (graph.entity("Alpha").id, graph.entity("Gamma").id)
    for hops in range(6):
        found = graph.paths("Alpha", "Gamma", None, hops)
        expected = {tuple(path) for path in networkx.all_simple_paths(view, *ends, cutoff=hops)}
        assert {tuple(entity.id for entity in path.entities) for path in found} == expected
        assert [len(path.triples) for path in found] == sorted(len(path.triples) for path in found)
    assert [len(path.triples) for path in graph.paths("Alpha", "Alpha", None)] == [0]


@pytest.mark.parametrize("weight", ["support", "confidence"])
def test_weighted_paths_are_the_best_first(graph: Graph, weight: Literal["support", "confidence"]) -> None:
    for number in range(3):
        text = f"Alpha met Beta. Beta met Gamma. Gamma at last and after all hugged Omega {number}. Psi left Omega."
        add(graph.store, text, f"{number}.txt")
    view = networkx.Graph()
    for t in graph.all_triples():
        known = view.get_edge_data(t.subject, t.object, {"support": 0, "confidence": 0.0})
        sums = {"support": known["support"] + t.support, "confidence": max(known["confidence"], t.confidence)}
        view.add_edge(t.subject, t.object, **sums)
    for *_, data in view.edges(data=True):
        data["cost"] = 1 / data["support"] if weight == "support" else -math.log(data["confidence"])
    ends = (graph.entity("Alpha").id, graph.entity("Omega").id)
    expected = list(networkx.shortest_simple_paths(view, *ends, "cost"))
    found = [[entity.id for entity in path.entities] for path in graph.paths("Alpha", "Omega", None, weight=weight)]
    costs = [[networkx.path_weight(view, path, "cost") for path in paths] for paths in (expected, found)]
    assert costs[0] == pytest.approx(costs[1]) and sorted(found) == sorted(expected)
    (best,) = graph.paths("Alpha", "Gamma", 1, weight="support")
    assert [entity.name for entity in best.entities] == ["Alpha", "Beta", "Gamma"], "longer, but better supported"


def test_all_of_a_large_graph_comes_piece_by_piece(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("kgqa.graph.embedded", "kgqa.connectors.neo4j.store"):
        monkeypatch.setattr(f"{module}._PAGE", 3)
    expected = sorted(graph.triples(limit=None), key=lambda triple: triple.id)
    assert sorted(graph.all_triples(), key=lambda triple: triple.id) == expected and len(expected) == 9
    assert {t.id for t in graph.all_triples("MET")} == {t.id for t in graph.triples(predicate="MET", limit=None)}
    assert list(graph.all_triples("NEVER")) == []
    assert len({event.id for event in graph.all_events()}) == len(list(graph.all_events())) == 9
    stream = graph.all_triples()
    next(stream)
    add(graph.store, "Zeta met Eta.", "b.txt")  # a caller may take its time, and write meanwhile
    assert len(list(stream)) >= 8


def test_frames_hold_the_whole_graph(graph: Graph) -> None:
    frames = graph.to_pandas()
    assert list(frames.entities["name"]) == [entity.name for entity in graph.entities()]
    joined = frames.triples.join(frames.entities[["name"]], on="object")
    assert set(joined["name"]) == {t.object_name for t in graph.triples(limit=None)} and len(frames.triples) == 9
    assert set(frames.events["trigger"]) == {"met", "hired", "left"}
    assert len(frames.participants) == 2 * len(frames.events)
    assert set(frames.participants["event_id"]) == set(frames.events.index)


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
    for nothing in (graph.pagerank(), graph.communities(), graph.contradictions(), graph.review(), graph.events()):
        assert len(nothing) == 0
    assert not list(graph.all_triples()) and not list(graph.all_events())
    for frame in graph.to_pandas():
        assert len(frame) == 0 and len(frame.columns) > 3
