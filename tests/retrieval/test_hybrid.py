from __future__ import annotations

from pathlib import Path

import pytest

from kgqa.errors import ConfigError
from kgqa.index import Indexes
from kgqa.retrieval import HybridRetriever, Mode
from tests.index.memory_store import MemoryStore
from tests.small_models import HashingEmbedder

EMBEDDER = HashingEmbedder()
MODES: tuple[Mode, ...] = ("auto", "text", "graph", "hybrid")


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(EMBEDDER)
    for n in range(30):
        store.put(
            f"Unrelated note number {n} on the weather. 第{n}条无关的天气记录。", title=f"Note {n}", names=["weather"]
        )
    store.put(
        "The film Nightfall was directed by Ada Marsh.",
        title="Nightfall",
        names=["Nightfall", "Ada Marsh"],
        triple=("Nightfall", "DIRECTED_BY", "Ada Marsh"),
    )
    store.put("Ada Marsh studied in Graz.", title="Ada Marsh", names=["Ada Marsh", "Graz"])
    store.put("电影《夜幕》由玛莎执导。", title="夜幕", names=["夜幕", "玛莎"])
    store.put("玛莎毕业于格拉茨大学。", title="玛莎", names=["玛莎", "格拉茨大学"])
    return store


def retriever(store: MemoryStore, folder: Path | None = None) -> HybridRetriever:
    return HybridRetriever(store, Indexes.open(folder, EMBEDDER.name, EMBEDDER.dimensions), EMBEDDER)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("question", "title"), [("Who directed Nightfall?", "Nightfall"), ("谁执导了电影《夜幕》？", "夜幕")]
)
def test_retrieve_puts_the_passage_with_the_answer_first(
    store: MemoryStore, mode: Mode, question: str, title: str
) -> None:
    passages = retriever(store).retrieve(question, 5, mode)
    assert passages[0].chunk.title == title and len(passages) == 5
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)


def test_links_say_where_a_text_names_entities(store: MemoryStore) -> None:
    text = "Did ada marsh know 玛莎 of Graz?"
    found = [(text[place.start : place.end], entity.name) for place, entity in retriever(store).links(text)]
    assert found == [("ada marsh", "Ada Marsh"), ("玛莎", "玛莎"), ("Graz", "Graz")]


@pytest.mark.parametrize("question", ["Where is Kestrel Works?", "茶隼工厂在哪里？"])
def test_retrieve_finds_what_only_the_other_language_tells(store: MemoryStore, question: str) -> None:
    english = store.put("Kestrel Works lies near Graz.", title="K", names=["茶隼工厂"], aliases=["Kestrel Works"])
    chinese = store.put(
        "茶隼工厂位于格拉茨附近。", title="茶", names=["茶隼工厂"], aliases=["Kestrel Works"], language="zh"
    )
    passages = retriever(store).retrieve(question, 8)
    assert {english, chinese} <= {passage.chunk.id for passage in passages} and len(passages) == 8
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
    found = [passage.chunk.id for passage in passages if "translated" in passage.sources]
    assert found == [chinese if question.isascii() else english]


def test_retrieve_says_why_a_passage_is_there(store: MemoryStore) -> None:
    best = retriever(store).retrieve("Who directed Nightfall?", 1, "hybrid")[0]
    assert set(best.sources) == {"lexical", "dense", "graph"}
    assert len(best.entities) == 2 and best.triples == tuple(store.facts)


@pytest.mark.parametrize(
    ("question", "bridge"),
    [("Where did the director of Nightfall learn?", "Ada Marsh"), ("《夜幕》的导演上过哪里？", "玛莎")],
)
def test_graph_reaches_the_passage_behind_the_bridge(store: MemoryStore, question: str, bridge: str) -> None:
    passages = retriever(store).retrieve(question, 2, "graph")
    assert bridge in [passage.chunk.title for passage in passages]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("question", ["", "  ", "?", "x", "它", "\0", "\ud800", "word " * 10_000, "字" * 17_000])
def test_retrieve_takes_any_question(store: MemoryStore, mode: Mode, question: str) -> None:
    assert len(retriever(store).retrieve(question, 3, mode)) <= 3


@pytest.mark.parametrize("mode", MODES)
def test_retrieve_from_an_empty_workspace_finds_nothing(mode: Mode) -> None:
    assert retriever(MemoryStore(EMBEDDER)).retrieve("Who?", 3, mode) == []


@pytest.mark.parametrize("mode", MODES)
def test_retrieve_works_without_any_entity(mode: Mode) -> None:
    store = MemoryStore(EMBEDDER)
    store.put("Plain text.")
    assert len(retriever(store).retrieve("plain", 3, mode)) == 1


def test_retrieve_follows_the_store(store: MemoryStore, tmp_path: Path) -> None:
    asking = retriever(store, tmp_path)
    gone = asking.retrieve("Who directed Nightfall?", 1)[0].chunk.id
    store.drop(gone)
    assert gone not in {passage.chunk.id for passage in asking.retrieve("Who directed Nightfall?", 50, "hybrid")}
    new = store.put("Nightfall was directed again by Bo Lind.", names=["Nightfall"])
    assert new in {passage.chunk.id for passage in asking.retrieve("Who directed Nightfall?", 2)}


def test_retrieve_refuses_an_unknown_mode(store: MemoryStore) -> None:
    with pytest.raises(ConfigError, match=r"'magic' is not known. Choose one of: auto, text, graph, hybrid"):
        retriever(store).retrieve("Who?", mode="magic")  # type: ignore[arg-type]
