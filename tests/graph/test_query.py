"""The graph as users ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kgqa.errors import NotFound
from kgqa.graph import EmbeddedStore, Graph
from tests.graph.content import add


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        add(store, "Ada Byron founded Byte Labs. Byte Labs hired Charles Babbage. Mercury met Mercury Labs.", "a.txt")
        add(store, "MERCURY met Ada Byron. MERCURY left Byte Labs.", "b.txt")
        yield Graph(store)


def test_names_and_ids_do_alike(graph: Graph) -> None:
    ada = graph.entity("ada byron")
    assert graph.entity(ada.id) == ada
    assert graph.triples(subject="Ada Byron") == graph.triples(subject=ada.id) != []
    assert graph.neighbours("Ada Byron") == graph.neighbours(ada.id) != []
    path = graph.path("Ada Byron", "Charles Babbage")
    assert path is not None and [triple.predicate for triple in path.triples] == ["FOUNDED", "HIRED"]


def test_of_homonyms_the_most_mentioned_is_meant(graph: Graph) -> None:
    assert graph.entity("mercury").type == "Organization"
    assert {entity.type for entity in graph.find("mercury")} == {"Organization", "Person"}


def test_a_name_that_is_not_there_brings_near_ones(graph: Graph) -> None:
    with pytest.raises(NotFound, match="Did you mean: Byte Labs"):
        graph.entity("Byte")
    with pytest.raises(NotFound, match="'Zorro'"):
        graph.triples(subject="Zorro")


def test_networkx_has_every_node_and_edge(graph: Graph) -> None:
    view = graph.to_networkx()
    statistics = graph.statistics()
    assert (view.number_of_nodes(), view.number_of_edges()) == (statistics.entities, statistics.triples)
    for subject, object, id, edge in view.edges(keys=True, data=True):
        (triple,) = graph.store.triples(ids=[id])
        assert (triple.subject, triple.object, triple.predicate) == (subject, object, edge["predicate"])
