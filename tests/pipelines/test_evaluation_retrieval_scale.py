from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kgqa.pipelines.evaluation import retrieval_scale
from kgqa.pipelines.evaluation.retrieval_scale import Scale, measure, plot, table
from kgqa.pipelines.evaluation.synthetic_passages import DIMENSIONS, SyntheticStore
from kgqa.text import detect_language

PARTS = ["lexical", "dense", "walk", "retrieve"]


@pytest.fixture(scope="module")
def scales() -> list[Scale]:
    return [measure(size, questions=8) for size in (200, 400)]


def test_every_part_is_measured_at_every_size(scales: list[Scale]) -> None:
    assert [scale.passages for scale in scales] == [200, 400]
    for scale in scales:
        assert list(scale.questions) == PARTS and sorted(scale.build) == ["dense", "graph", "lexical"]
        assert all(0 < q.median.wall <= q.p95.wall for q in scale.questions.values())
        assert all(spent.wall > 0 for spent in (*scale.build.values(), *scale.changes.values()))
        assert scale.recall > 0.99  # every vector is compared
        for what in ("add", "delete"):
            assert scale.changes[what].wall < scale.changes[f"{what}, saved"].wall


def test_twice_the_passages_have_twice_the_edges_and_vectors(scales: list[Scale]) -> None:
    small, large = scales
    assert large.edges == pytest.approx(2 * small.edges, rel=0.1)
    assert large.megabytes["dense"] == pytest.approx(2 * small.megabytes["dense"], rel=0.1)


def test_the_table_has_a_column_for_each_size_and_the_plot_is_a_picture(scales: list[Scale], tmp_path: Path) -> None:
    lines = table(scales).splitlines()
    assert lines[0] == "|  | 200 passages | 400 passages |"
    assert all(line.count("|") == 4 for line in lines)
    assert all(f"| {part}, p95, ms |" in table(scales) for part in PARTS)
    plot(scales, tmp_path / "scale.png")
    assert (tmp_path / "scale.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "scale.png").stat().st_size < 100_000


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    retrieval_scale.main(["--sizes", "60", "--questions", "3"])
    assert capsys.readouterr().out.startswith("|  | 60 passages |")


def test_passages_are_the_same_for_the_same_seed_and_of_both_languages() -> None:
    store, other = SyntheticStore(60, spare=5), SyntheticStore(60, spare=5)
    assert store.texts == other.texts and np.array_equal(store.rows, other.rows)
    assert store.questions(5).keys() == other.questions(5).keys()
    languages = [chunk.language for chunk in store.chunks(store.chunk_ids())]
    assert languages == [detect_language(text) for text in store.texts[:60]] and languages.count("zh") == 30
    assert np.linalg.norm(store.rows, axis=1) == pytest.approx(1, abs=1e-5) and store.rows.shape == (65, DIMENSIONS)


def test_passages_name_their_entities_and_facts_join_them() -> None:
    store = SyntheticStore(60, spare=5)
    names = {id: names for id, _, names in store.entity_names()}
    chunks = {chunk.id: chunk for chunk in store.chunks(store.chunk_ids())}
    for id, entities in store.entities_of_chunks(list(chunks)).items():
        assert all(names[entity][0] in chunks[id].text for entity in entities)
    told = store.triples_of_chunks(list(chunks))
    facts = {triple.id: triple for triple in store.triples(limit=None)}
    assert sorted(facts) == sorted(id for ids in told.values() for id in ids) and len(facts) > 20
    for triple in facts.values():
        assert triple in store.triples(subject=triple.subject, predicate=triple.predicate, object=triple.object)
        assert triple in store.triples(object=triple.object, limit=None) and [triple] == store.triples(ids=[triple.id])
        assert triple.object_name in store.evidence(triple.id)[0].quote


def test_passages_come_and_go_with_their_facts() -> None:
    store = SyntheticStore(60, spare=5)
    before, generation = store.chunk_ids(), store.generation()
    store.grow(5)
    store.shrink(10)
    assert store.chunk_ids()[:50] == before[10:] and len(store.chunk_ids()) == 55 and store.generation() != generation
    assert store.chunks(before[:10]) == []
    assert not any(store.triples(ids=ids) for ids in store.triples_of_chunks(before[:10]).values())
