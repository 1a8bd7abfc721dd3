"""Topics of a corpus: what hangs together is one, and is told by what most of its passages share."""

from __future__ import annotations

from kgqa.retrieval import PassageGraph, topics
from tests.index.memory_store import MemoryStore
from tests.small_models import HashingEmbedder


def test_topics_are_what_hangs_together_with_what_is_central_to_it() -> None:
    store = MemoryStore(HashingEmbedder())
    space = [store.put(f"space {n}", names=["Moon", "Mars", "Venus", "Orbit"][: 4 if n else 3]) for n in range(4)]
    food = [store.put(f"食物 {n}", names=["水稻", "小麦"][: 1 + n % 2]) for n in range(3)]
    alone = store.put("alone", names=["Island"])
    store.put("nothing named")
    names = {entity.id: entity.name for entity in store.entities()}
    found = topics(PassageGraph.build(store))
    assert [set(topic.chunks) for topic in found] == [set(space), set(food), {alone}]
    assert {names[id] for id in found[0].entities} == {"Moon", "Mars", "Venus", "Orbit"}
    assert {names[id] for id in found[1].entities} == {"水稻"}
    assert found[1].chunks[0] in food and found[0].share == 4 / 9


def test_a_graph_without_entities_has_no_topics() -> None:
    store = MemoryStore(HashingEmbedder())
    assert topics(PassageGraph.build(store)) == []
    store.put("nothing named")
    assert topics(PassageGraph.build(store)) == []
