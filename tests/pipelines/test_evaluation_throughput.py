"""The rival has GLiNER's shape, and both read the same text."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from kgqa.pipelines.evaluation.throughput import (  # noqa: E402
    WIDTH,
    Rival,
    ThroughputReport,
    flops_per_token,
    measure,
    table,
)
from kgqa.types import Chunk  # noqa: E402
from tests.small_models import SmallExtractor  # noqa: E402


def test_the_rival_scores_every_span_of_words_for_every_label() -> None:
    rival = Rival(layers=1, hidden=64, width=16).eval()
    ids, mask = torch.ones(2, 20, dtype=torch.long), torch.ones(2, 20, dtype=torch.long)
    words = torch.tensor([[6, 8, 9], [6, 7, 0]])
    scores = rival(ids, mask, words, 3)
    assert scores.shape == (2, 3, WIDTH, 3)
    mask[1, 12:] = 0
    assert torch.allclose(rival(ids, mask, words, 3)[0], scores[0], atol=1e-5)


def test_gliner_small_has_the_published_size() -> None:
    with torch.device("meta"):
        rival = Rival()
    backbone = sum(weight.numel() for weight in rival.encoder.parameters())
    assert 140e6 < backbone < 143e6  # 141 million, DeBERTa-v3-small's model card: 44 M and 98 M of embeddings


def test_both_read_the_same_chunks_and_the_table_says_how_fast() -> None:
    chunks = [Chunk(f"c{n}", "d", 0, 33, "Ada Marsh founded Acme in Graz 。") for n in range(5)]
    report = measure(chunks, SmallExtractor(), Rival(layers=1, hidden=64, width=16).eval(), labels=3, repeats=1)
    assert report.characters == 5 * len(chunks[0].text) and report.ours > 0 and report.rival > 0
    assert report.ratio == pytest.approx(report.ours / report.rival)
    said = table(ThroughputReport(1000, 500.0, 50.0, 100.0, 0.25))
    assert "| kgqa, all heads | 500 | 10.0 |" in said and "25%" in said


def test_operations_are_counted_for_each_token() -> None:
    assert flops_per_token(0) == 2 * 6 * (4 * 384 * 384 + 2 * 384 * 1536)
