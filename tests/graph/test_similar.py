"""Names that are spelt nearly as asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kgqa.errors import NotFound
from kgqa.graph import EmbeddedStore, Graph
from kgqa.text.variants import spellings
from kgqa.types import Extraction, Mention
from tests.graph.content import add, read

NAMES = ("Geoffrey Hinton", "Škoda Auto", "邓小平", "歐陽修", "邓亚萍", "Ada", "Massachusetts Institute of Technology")


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        for number, name in enumerate(NAMES):
            new = read(f"{name} {number}.", f"{number}.txt")
            extraction = Extraction(new.chunks[0].id, (Mention(0, len(name), name, "Person"),), extractor="small@1")
            store.commit(new.document, new.chunks, [extraction], new.vectors, "letters@1")
        yield Graph(store)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Geofrey Hinton", "Geoffrey Hinton"),
        ("Hitnon", "Geoffrey Hinton"),
        ("GEOFFRY", "Geoffrey Hinton"),
        ("Skoda Auto", "Škoda Auto"),
        ("鄧小平", "邓小平"),
        ("邓小苹", "邓小平"),
        ("欧阳修", "歐陽修"),
        ("欧阳脩", "歐陽修"),
        ("Massachusets Institute of Tecnology", "Massachusetts Institute of Technology"),
    ],
)
def test_errors_marks_and_scripts_are_forgiven(graph: Graph, asked: str, found: str) -> None:
    first, *others = graph.similar(asked)
    assert first.entity.name == first.name == found and 0.5 < first.score <= 1.0
    assert all(other.score <= first.score for other in others)


def test_equal_but_for_script_is_surest(graph: Graph) -> None:
    assert [match.score for match in graph.similar("鄧小平", limit=1)] == [1.0]
    assert {match.entity.name: match.score < 1 for match in graph.similar("邓小苹")} == {"邓小平": True}


@pytest.mark.parametrize("asked", ["Zorro", "Ad", "Hxnxxn", "李白", "", "?!"])
def test_what_is_too_far_is_not_found(graph: Graph, asked: str) -> None:
    assert graph.similar(asked) == []


def test_most_mentioned_comes_first_among_equals(graph: Graph) -> None:
    add(graph.store, "Byrom met Byrod. Byrod left Kansas.", "c.txt")
    assert [match.entity.name for match in graph.similar("Byron")] == ["Byrod", "Byrom"]
    assert len(graph.similar("Byron", limit=1)) == 1 and graph.similar("Byron", limit=0) == []


def test_an_entity_that_is_not_there_brings_near_spellings(graph: Graph) -> None:
    with pytest.raises(NotFound, match="Did you mean: Geoffrey Hinton"):
        graph.entity("Jeoffrey Hintn")


def test_a_match_is_plain_json(graph: Graph) -> None:
    (match,) = graph.similar("Adaa")
    assert match.to_dict()["entity"]["name"] == "Ada" and match.to_dict()["score"] == 0.75


def test_spellings_are_both_scripts() -> None:
    assert spellings("欧阳") == {"欧阳", "歐陽"} and spellings("Ada") == {"Ada"}
