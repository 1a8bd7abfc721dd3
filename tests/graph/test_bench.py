"""The benchmark of the graph: a small run of it."""

from __future__ import annotations

import pytest

from kgqa.pipelines.evaluation.graph import documents, growth, measure


def test_documents_hold_the_facts_asked_for() -> None:
    made = list(documents(25, 4, people=10))
    assert len(made) == 4 and sum(len(extraction.relations) for *_, extraction in made) == 25
    for document, chunk, extraction in made:
        assert chunk.text == document.text
        assert all(document.text[m.start : m.end] == m.text for m in extraction.mentions)
    assert made == list(documents(25, 4, people=10))


def test_growth_is_measured_among_as_many_entities_as_asked_for() -> None:
    figures = list(growth([100, 300], inserted=4))
    assert [what.partition(" among ")[2] for _, what, *_ in figures[::2]] == [
        "100 entities, median",
        "300 entities, median",
    ]
    assert all(value > 0 and unit == "ms" for *_, value, unit in figures)


def test_a_small_run_prints_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEO4J_URI", raising=False)
    figures = {(engine, what): value for engine, what, value, _ in measure(60, 30, 80, 500)}
    assert figures["embedded", "record"] > 0 and figures["embedded", "changed by the second pass"] == 0
    assert figures["embedded", "80 facts at once"] > 0 and figures["embedded", "20 facts at once"] > 0
    assert {"two hops, p95", "two hops among 80 facts, p95", "PageRank over 500 edges"} <= {what for _, what in figures}
