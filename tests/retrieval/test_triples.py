"""The index over facts: what it says, and that it follows the store whatever happens to its files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgqa.extraction.schema import Schema
from kgqa.retrieval import TripleIndex, verbalised
from kgqa.types import Triple
from tests.index.memory_store import MemoryStore
from tests.small_models import HashingEmbedder

EMBEDDER, SCHEMA = HashingEmbedder(), Schema.load()


def opened(folder: Path | None) -> TripleIndex:
    return TripleIndex.open(folder, EMBEDDER, SCHEMA)


def store_of(*facts: tuple[str, str, str]) -> MemoryStore:
    store = MemoryStore(EMBEDDER)
    for fact in facts:
        store.put(" ".join(fact), triple=fact, names=[fact[0], fact[2]])
    return store


def found(index: TripleIndex, store: MemoryStore, question: str) -> list[tuple[str, str, str]]:
    hits = index.search(question, EMBEDDER.embed([question]), 5)
    return [(f.subject_name, f.predicate, f.object_name) for f in store.triples(ids=[hit.id for hit in hits[:1]])]


FACTS = [("Nightfall", "DIRECTED_BY", "Ada Marsh"), ("夜幕", "DIRECTED_BY", "玛莎"), ("Ardent", "ACQUIRED", "Brio")]


def test_a_fact_is_said_in_the_language_of_its_names() -> None:
    said = [
        verbalised(Triple("", "", predicate, "", subject, object), SCHEMA)
        for subject, predicate, object in [*FACTS, ("A", "OWN_RELATION", "B")]
    ]
    assert said == ["Nightfall directed by Ada Marsh", "夜幕 导演 玛莎", "Ardent acquired Brio", "A own relation B"]


def test_an_open_fact_is_said_in_the_words_of_its_text() -> None:
    facts = [("Ardent", "~was sued by", "Brio"), ("玛莎", "~任…主席", "森林公司"), ("A", "~owns", "B")]
    said = [verbalised(Triple("", "", predicate, "", a, b), SCHEMA) for a, predicate, b in facts]
    assert said == ["Ardent was sued by Brio", "玛莎 任森林公司主席", "A owns B"]


@pytest.mark.parametrize(
    ("question", "fact"),
    [("Who directed Nightfall?", FACTS[0]), ("夜幕的导演是谁？", FACTS[1]), ("Who acquired Brio?", FACTS[2])],
)
def test_search_finds_the_fact_that_answers(question: str, fact: tuple[str, str, str]) -> None:
    store, index = store_of(*FACTS), opened(None)
    index.refresh(store)
    assert found(index, store, question) == [fact]


def test_the_index_follows_the_store(tmp_path: Path) -> None:
    store, index = store_of(*FACTS), opened(tmp_path)
    assert index.sync(store).added == 3
    store.drop(store.chunk_ids()[0])
    assert index.sync(store).removed == 1
    assert len(index) == 2 and found(index, store, "Who directed Nightfall?") != [FACTS[0]]


def test_a_fact_whose_end_gets_another_name_is_said_anew(tmp_path: Path) -> None:
    store, index = store_of(FACTS[0]), opened(tmp_path)
    index.sync(store)
    (fact,) = store.facts.values()
    store.facts[fact.id] = Triple(fact.id, fact.subject, fact.predicate, fact.object, "Dusk", "Ada Marsh", 1, 0.9)
    store.writes += 1
    index.sync(store)
    hits = index.search("Dusk", EMBEDDER.embed(["Dusk"]), 5)
    assert [hit.id for hit in hits] == [fact.id] and len(index) == 1


@pytest.mark.parametrize("part", ["dense-1.faiss", "dense-1.ids", "dense.json", "index.json", "lexical/meta.json"])
def test_a_torn_index_is_built_again(tmp_path: Path, part: str) -> None:
    store = store_of(*FACTS)
    opened(tmp_path).sync(store)
    path = tmp_path / part
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    index = opened(tmp_path)
    index.refresh(store)
    assert len(index) == 3 and found(index, store, "夜幕的导演是谁？") == [FACTS[1]]
    assert len(opened(tmp_path)) == 3


def test_an_index_of_another_embedder_is_built_again(tmp_path: Path) -> None:
    store = store_of(*FACTS)
    opened(tmp_path).sync(store)
    other = HashingEmbedder(64, "other@1")
    index = TripleIndex.open(tmp_path, other, SCHEMA)
    index.refresh(store)
    assert len(index.search("Nightfall", other.embed(["Nightfall"]), 9)) == 3


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=6))
def test_any_history_leaves_the_index_of_a_fresh_build(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[bool, int]]
) -> None:
    store, index = MemoryStore(EMBEDDER), opened(tmp_path_factory.mktemp("triples"))
    ids: dict[int, str] = {}
    for adding, number in history:
        if adding:
            ids[number] = store.put(f"Text {number}", triple=(f"Thing {number}", "OWNED_BY", "Ada Marsh"))
        elif number in ids:
            store.drop(ids.pop(number))
        index.sync(store)
    fresh = opened(None)
    fresh.sync(store)
    question = ("Who owns Thing 3?", EMBEDDER.embed(["Who owns Thing 3?"]))
    assert index.search(*question, 9) == fresh.search(*question, 9)
