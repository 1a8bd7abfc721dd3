"""Answers that count, list or sum up: every fact cited, every quote true to its document, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kgqa.generation import Answerer, WholeAnswers
from kgqa.graph import EmbeddedStore
from kgqa.index import Indexes
from kgqa.retrieval import HybridRetriever
from kgqa.types import Answer
from tests.generation.fakes import HeartReader
from tests.retrieval.test_facts import EMBEDDER, FACTS, commit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as opened:
        for language, facts in FACTS.items():
            for fact in facts:
                commit(opened, fact, language)
        yield opened


def answerer(store: EmbeddedStore) -> Answerer:
    retriever = HybridRetriever(store, Indexes.open(None, EMBEDDER.name, EMBEDDER.dimensions), EMBEDDER)
    return Answerer(store, retriever, HeartReader({"Graz": 0.9}), whole=WholeAnswers(store, retriever))


def checked(store: EmbeddedStore, answer: Answer) -> Answer:
    for citation in answer.citations:
        assert store.document(citation.document_id).text[citation.start : citation.end] == citation.quote
        assert f"[{citation.n}]" in answer.text and citation.uri
    return answer


@pytest.mark.parametrize(
    ("question", "short", "opening", "cited"),
    [
        ("How many companies were founded by Bo Lind?", "2", "The documents name 2: ", 2),
        ("Which companies were founded by Bo Lind?", "Brio, Ardent", "The documents name 2: ", 2),
        ("毕业于格拉茨大学的有多少人？", "2", "文档中提到2个：", 2),
        ("森林公司收购了哪些公司？", "夜幕公司", "文档中提到1个：夜幕公司", 1),
    ],
)
def test_a_count_names_and_cites_every_fact(
    store: EmbeddedStore, question: str, short: str, opening: str, cited: int
) -> None:
    answer = checked(store, answerer(store).answer(question))
    assert answer.text.startswith(opening) and len(answer.citations) == len(answer.triples) == cited
    assert sorted(answer.short) == sorted(short) and not answer.abstained
    assert answer.question == question and len(answer.passages) == cited and answer.seconds > 0


def test_another_question_is_read_for(store: EmbeddedStore) -> None:
    answer = checked(store, answerer(store).answer("Where was Bo Lind born?"))
    assert answer.short == "Graz"


def test_a_mode_that_is_given_is_kept_to(store: EmbeddedStore) -> None:
    answer = answerer(store).answer("How many companies were founded by Bo Lind?", mode="text")
    assert answer.short == "Graz"  # all that the reader of these tests knows


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("What are these documents about?", "The documents are about:\n- "),
        ("这些文档讲什么？", "这些文档的主要内容：\n- "),
    ],
)
def test_an_overview_quotes_a_sentence_for_each_topic(store: EmbeddedStore, question: str, opening: str) -> None:
    answer = checked(store, answerer(store).answer(question))
    assert answer.text.startswith(opening)
    assert 2 <= len(answer.citations) == answer.text.count("\n- ") <= 5
    assert {entity.name for entity in answer.entities} & {"Bo Lind", "Ardent", "格拉茨大学"}


def test_an_empty_workspace_has_no_overview(tmp_path: Path) -> None:
    with EmbeddedStore.open(tmp_path / "empty.sqlite") as store:
        answer = answerer(store).answer("What are these documents about?")
        assert answer.abstained and answer.reason == "no_documents"
