from __future__ import annotations

import numpy as np
import pytest

from kgqa.retrieval import PassageGraph
from kgqa.types import Hit
from tests.index.memory_store import MemoryStore
from tests.small_models import HashingEmbedder


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(HashingEmbedder())


def names_of(graph: PassageGraph, store: MemoryStore, question: str) -> set[str]:
    by_number = {graph.numbers[entity.id]: entity.name for entity in store.entities()}
    return {by_number[node] for node in graph.named_in(question)}


def test_named_in_prefers_the_longer_name_in_both_scripts(store: MemoryStore) -> None:
    store.put("x", names=["York", "New York Times", "New York", "北京", "北京大学", "OpenAI"])
    graph = PassageGraph.build(store)
    assert names_of(graph, store, "Who owns the new york  times, in York?") == {"New York Times", "York"}
    assert names_of(graph, store, "OpenAI和北京大学有什么关系？") == {"OpenAI", "北京大学"}
    assert names_of(graph, store, "nothing here, 没有") == set()


def test_places_in_are_those_of_the_names_alone(store: MemoryStore) -> None:
    store.put("x", names=["Argus clock", "茶隼"])
    text = "Who built the Argus clock, 茶隼?"
    places = [text[place.start : place.end] for place, _ in PassageGraph.build(store).places_in(text)]
    assert places == ["Argus clock", "茶隼"]


def test_named_in_takes_a_short_name_only_as_it_is_written(store: MemoryStore) -> None:
    store.put("x", names=["WHO", "US", "IBM", "OpenAI"])
    graph = PassageGraph.build(store)
    assert names_of(graph, store, "who tells us what openai did?") == {"OpenAI"}
    assert names_of(graph, store, "Did the WHO ask IBM's US office?") == {"WHO", "IBM", "US"}


def test_rank_reaches_a_passage_that_shares_a_rare_entity_before_one_that_shares_a_frequent_one(
    store: MemoryStore,
) -> None:
    seed = store.put("seed", names=["rare", "frequent"])
    over_rare = store.put("over rare", names=["rare"])
    others = [store.put(f"other {n}", names=["frequent"]) for n in range(10)]
    ranked = [hit.id for hit in PassageGraph.build(store).walk([Hit(seed, 1.0)], []).best(20)]
    assert ranked[:2] == [seed, over_rare] and set(ranked[2:]) == set(others)


@pytest.mark.parametrize("title", ["Graz", "graz (city)", "《Graz》（城市）"])
def test_a_passage_belongs_most_to_what_its_title_names(store: MemoryStore, title: str) -> None:
    seed = store.put("seed", names=["Graz"])
    naming = [store.put(f"naming {n}", names=["Graz"]) for n in range(3)]
    about, mute = store.put("about", title=title, names=["Graz"]), store.put("mute", title=title)
    other = store.put("other", title="Grazing", names=["Linz"])
    ranked = [hit.id for hit in PassageGraph.build(store).walk([Hit(seed, 1.0)], []).best(9)]
    assert ranked[:3] == [seed, about, mute] and set(ranked[3:]) == set(naming) and other not in ranked


def test_a_passage_belongs_to_what_it_names_though_nobody_read_it(store: MemoryStore) -> None:
    english, chinese = store.put("seed", names=["Elbe Bridge"]), store.put("种子", names=["易北河大桥"])
    overlooked = store.put("Who opened the Elbe Bridge?"), store.put("谁为易北河大桥剪彩？")
    store.put("the elbe bridge"), store.put("Elbe"), store.put("易北河")
    words = [store.put(type, names=[name], type=type) for type, name in (("Date", "1877"), ("Concept", "Bridges"))]
    store.put("1877 and more"), store.put("Bridges and more")
    graph = PassageGraph.build(store)
    for seed, other in zip((english, chinese), overlooked, strict=True):
        assert [hit.id for hit in graph.walk([Hit(seed, 1.0)], []).best(9)] == [seed, other]
    for word in words:
        assert [hit.id for hit in graph.walk([Hit(word, 1.0)], []).best(9)] == [word]


def test_facts_join_less_than_passages(store: MemoryStore) -> None:
    seed = store.put("seed", names=["a", "b"], triple=("a", "KNOWS", "c"))
    beyond, named = store.put("beyond", names=["c"]), store.put("named", names=["b"])
    assert [hit.id for hit in PassageGraph.build(store).walk([Hit(seed, 1.0)], []).best(9)] == [seed, named, beyond]


def test_rank_walks_over_triples(store: MemoryStore) -> None:
    seed = store.put("seed", names=["a"], triple=("a", "KNOWS", "b"))
    beyond = store.put("beyond", names=["b"])
    store.put("unconnected", names=["c"])
    assert [hit.id for hit in PassageGraph.build(store).walk([Hit(seed, 1.0)], []).best(9)] == [seed, beyond]


def test_rank_starts_at_the_entities_of_the_question_too(store: MemoryStore) -> None:
    seed, named = store.put("seed"), store.put("named", names=["Graz"])
    graph = PassageGraph.build(store)
    assert [hit.id for hit in graph.walk([Hit(seed, 1.0)], graph.named_in("Graz?")).best(9)] == [seed, named]


def test_rank_without_a_seed_finds_nothing(store: MemoryStore) -> None:
    assert PassageGraph.build(store).walk([], []).best(5) == []
    store.put("text", names=["a"])
    assert PassageGraph.build(store).walk([Hit("absent", 1.0)], []).best(5) == []


def test_path_tells_over_what_a_passage_was_reached(store: MemoryStore) -> None:
    seed = store.put("seed", names=["a"], triple=("a", "KNOWS", "b"))
    beyond = store.put("beyond", names=["b"])
    graph = PassageGraph.build(store)
    walk = graph.walk([Hit(seed, 1.0)], [])
    names = {entity.id: entity.name for entity in store.entities()}
    assert [names.get(id, id) for id in walk.path(beyond)] == [seed, "a", "b"]
    assert walk.path(seed) == ()


def test_joined_are_the_passages_that_name_one_of_the_entities(store: MemoryStore) -> None:
    graz, linz = store.put("one", names=["Graz", "Enns"]), store.put("two", names=["Linz"])
    other, mute = store.put("three", names=["Wels"]), store.put("four")
    graph, ids = PassageGraph.build(store), {entity.name: entity.id for entity in store.entities()}
    chunks = [mute, linz, other, "unknown", graz]
    assert graph.joined(chunks, [ids["Graz"], ids["Linz"], "unknown"]) == [linz, graz]
    assert graph.joined(chunks, []) == []


def test_words_that_every_question_has_name_nothing(store: MemoryStore) -> None:
    store.put("x", names=["What!", "Who", "The One", "哪里"])
    graph = PassageGraph.build(store)
    assert names_of(graph, store, "Who is it, and what did The One do? 在哪里？") == {"The One"}


def test_a_large_graph_is_walked_as_a_small_one(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6_000):
        store.put(f"text {n}", names=[f"thing {n}", f"thing {n // 3}"])
    graph = PassageGraph.build(store)
    found, named = [Hit(id, 1.0 - place / 10) for place, id in enumerate(store.chunk_ids()[:9:3])], [6_001]
    whole = graph.walk(found, named)
    monkeypatch.setattr("kgqa.retrieval.graph.FAR", 0)
    near = graph.walk(found, named)
    assert 0 < np.abs(near.share - whole.share).max() < 1e-4  # what 20 rounds leave out
    assert [hit.id for hit in near.best(12)] == [hit.id for hit in whole.best(12)]
    assert near.path(near.best(12)[-1].id) == whole.path(near.best(12)[-1].id)
