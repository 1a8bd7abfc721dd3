from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from kgqa.errors import ConfigError
from kgqa.extraction.schema import Schema
from kgqa.index import Indexes
from kgqa.retrieval import HybridRetriever, Mode, Route, TripleIndex
from kgqa.retrieval.rerank import Candidate
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
    indexes = Indexes.open(folder, EMBEDDER.name, EMBEDDER.dimensions)
    triples = TripleIndex.open(folder and folder / "triples", EMBEDDER, Schema.load())
    return HybridRetriever(store, indexes, EMBEDDER, triples=triples)


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


@pytest.mark.parametrize(("kind", "question"), [("film", "Which film is Nightfall?"), ("电影", "《夜幕》是什么电影？")])
def test_no_walk_starts_at_a_kind_of_thing(store: MemoryStore, kind: str, question: str) -> None:
    elsewhere = store.put("A kiosk. 一个亭子。", names=[kind])
    shares = []
    for type in ("Work", "Concept"):
        store.named = {id: replace(e, type=type if e.name == kind else e.type) for id, e in store.named.items()}
        found = retriever(store).retrieve(question, 40, "graph")
        shares.append({p.chunk.id: p.sources.get("graph", 0.0) for p in found}.get(elsewhere, 0.0))
    assert shares[0] > 2 * shares[1]


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
    assert set(best.sources) == {"lexical", "dense", "triples", "graph"}
    assert len(best.entities) == 2 and best.triples == tuple(store.facts)


@pytest.mark.parametrize(
    ("question", "bridge"),
    [("Where did the director of Nightfall learn?", "Ada Marsh"), ("《夜幕》的导演上过哪里？", "玛莎")],
)
def test_graph_reaches_the_passage_behind_the_bridge(store: MemoryStore, question: str, bridge: str) -> None:
    passages = retriever(store).retrieve(question, 2, "graph")
    assert bridge in [passage.chunk.title for passage in passages]


def test_retrieve_says_over_what_a_passage_was_reached(store: MemoryStore) -> None:
    asking = retriever(store)
    passages = asking.retrieve("Where did the director of Nightfall learn?", 5, "graph")
    reached = next(passage for passage in passages if passage.chunk.title == "Ada Marsh")
    (start, bridge) = reached.path
    assert store.held[start].title == "Nightfall" and store.named[bridge].name == "Ada Marsh"


def test_a_path_names_the_triple_between_two_entities(store: MemoryStore) -> None:
    beyond = store.put("Of rain.", names=["Bo Lind"])
    store.put("Ada Marsh.", names=["Ada Marsh", "Bo Lind"], triple=("Ada Marsh", "SPOUSE", "Bo Lind"))
    (fact,) = store.triples(predicate="SPOUSE")
    passages = retriever(store).retrieve("Nightfall", 40, "graph")
    path = next(passage.path for passage in passages if passage.chunk.id == beyond)
    assert fact.id not in path or path[path.index(fact.id) - 1] == fact.subject


def test_auto_puts_the_passages_of_counted_facts_first(store: MemoryStore) -> None:
    store.put("雾", title="雾", names=["雾", "玛莎"], triple=("雾", "DIRECTED_BY", "玛莎"))
    store.put("露", title="露", names=["露", "玛莎"], triple=("露", "DIRECTED_BY", "玛莎"))
    asking = retriever(store)
    assert asking.plan("玛莎导演的有几部？").route is Route.AGGREGATION
    first = asking.retrieve("玛莎导演的有几部？", 5)[:2]
    assert {passage.chunk.title for passage in first} == {"雾", "露"}
    assert all(set(passage.sources) == {"facts"} and passage.path == passage.triples for passage in first)


def test_auto_gives_a_passage_for_each_topic_of_an_overview(store: MemoryStore) -> None:
    asking = retriever(store)
    passages = asking.retrieve("What are these documents about?", 3)
    assert len(passages) == 3 and all(set(passage.sources) == {"topic"} for passage in passages)
    assert {store.named[id].name for id in passages[0].path} == {"weather"}


def test_an_entity_with_many_neighbours_is_walked_over(store: MemoryStore) -> None:
    for n in range(2_000):
        store.put(f"雨{n}", names=["Hub", f"Spoke {n}"], triple=("Hub", "OWNED_BY", f"Spoke {n}"))
    asking = retriever(store)
    assert len(asking.retrieve("Who owns Hub?", 8)) == 8
    assert len(asking.plan("How many things does Hub own by OWNED_BY?").findings) in (0, 2_000)


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


class PathReranker:
    """Scores a passage by whether a way led to it that says who directed, and keeps what it was asked."""

    def __init__(self, most: int = 30) -> None:
        self.read: list[Candidate] = []
        self.most = most

    def scores(
        self, question: str, candidates: Sequence[Candidate], tokens: int | None = None
    ) -> npt.NDArray[np.float32]:
        self.read = list(candidates)[: self.most]
        return np.array(["directed" in c.path or "执导" in c.path for c in self.read], np.float32)


@pytest.mark.parametrize(
    ("question", "text", "way"),
    [
        ("What about Nightfall?", "Ada Marsh studied in Graz.", "The film Nightfall was directed by Ada Marsh."),
        ("《夜幕》呢？", "玛莎毕业于格拉茨大学。", "电影《夜幕》由玛莎执导。"),
    ],
)
def test_the_reranker_reads_each_passage_behind_the_way_to_it(
    store: MemoryStore, question: str, text: str, way: str
) -> None:
    asking, reranker = retriever(store), PathReranker()
    asking.reranker = reranker
    passages = asking.retrieve(question, 5, "graph")
    assert len(reranker.read) == 5 and way in {candidate.text: candidate.path for candidate in reranker.read}[text]
    assert {p.chunk.text: p.sources["reranker"] for p in passages}[text] == 1
    assert text in [p.chunk.text for p in passages[:3]]
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
    assert len({p.chunk.id for p in asking.retrieve(question, 30, "graph")}) == 30


def test_what_the_reranker_does_not_read_keeps_its_place(store: MemoryStore) -> None:
    asking = retriever(store)
    before = [p.chunk.id for p in asking.retrieve("What about Nightfall?", 9, "graph")]
    asking.reranker = PathReranker(most=2)
    after = asking.retrieve("What about Nightfall?", 9, "graph")
    assert {p.chunk.id for p in after[:2]} == set(before[:2]) and [p.chunk.id for p in after[2:]] == before[2:]
    assert ["reranker" in p.sources for p in after] == [True] * 2 + [False] * 7


def test_the_reranker_is_asked_nothing_where_nothing_is_found() -> None:
    asking, reranker = retriever(MemoryStore(EMBEDDER)), PathReranker()
    asking.reranker = reranker
    assert asking.retrieve("Who directed Nightfall?") == [] and not reranker.read
