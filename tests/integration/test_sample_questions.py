"""The whole way on the sample: 38 documents in, 40 questions out, every quote equal to its source."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import kgqa
from kgqa.pipelines.evaluation.answers import AnswersReport, evaluate_answers
from kgqa.sample import sample_documents, sample_questions

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kgqa.KnowledgeBase]:
    with kgqa.open(tmp_path_factory.mktemp("sample") / "ws") as opened:
        report = opened.ingest(sample_documents())
        assert not report.failures
        yield opened


@pytest.fixture(scope="module")
def report(kb: kgqa.KnowledgeBase) -> AnswersReport:
    return evaluate_answers(kb, sample_questions())


def test_every_quote_equals_its_source(report: AnswersReport) -> None:
    assert report.quotes.of > 0
    assert report.quotes.right == report.quotes.of


def test_every_evidence_of_the_graph_equals_its_source(kb: kgqa.KnowledgeBase) -> None:
    texts = {d.id: kb.document(d.id).text for d in kb.documents()}
    checked = 0
    for triple in kb.graph.triples(limit=10_000):
        for evidence in kb.graph.evidence(triple.id):
            assert texts[evidence.document_id][evidence.start : evidence.end] == evidence.quote
            checked += 1
    assert checked > 0


def test_documents_deleted_one_by_one_leave_nothing(tmp_path: Path) -> None:
    with kgqa.open(tmp_path / "ws") as kb:
        kb.ingest([sample_documents() / "en" / "deepmind.md", sample_documents() / "zh" / "deepseek.md"])
        kb.ask("Who founded DeepMind?", mode="graph")
        assert b"deepmind" in (graph := tmp_path / "ws" / "index" / "graph.npz").read_bytes()
        for document in kb.documents():
            kb.delete(document.id)
        assert not graph.exists()
        statistics = kb.graph.statistics()
        assert (statistics.documents, statistics.entities, statistics.triples, statistics.evidences) == (0, 0, 0, 0)
        assert kb.ask("Who founded DeepMind?").abstained and kb.ask("谁创立了深度求索?").abstained
