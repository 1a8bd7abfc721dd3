"""What every embedder must do: the specification is the docstring of ``kgqa.index.Embedder``."""

from __future__ import annotations

import numpy as np
import pytest

from kgqa.encoder import Encoder
from kgqa.index import Embedder
from tests.small_models import HashingEmbedder, SmallEmbedder

TEXTS = ["Ada Marsh studied in Graz.", "玛莎毕业于格拉茨大学。", "", "x", "word " * 2_000, "字" * 1_500, "\ud800"]


@pytest.fixture(params=["hashing", "small", "encoder"], scope="module")
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "encoder":
        return Encoder.open(None, threads=1)
    return HashingEmbedder() if request.param == "hashing" else SmallEmbedder()


def test_embed_gives_a_unit_vector_for_each_text_whatever_the_text(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-3)


def test_embed_of_nothing_is_empty(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_embed_keeps_the_order_and_repeats_itself(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS[:2])
    assert (vectors @ embedder.embed(TEXTS[1::-1]).T).argmax(axis=1).tolist() == [1, 0]
    assert embedder.embed(TEXTS[:2]) == pytest.approx(vectors)


def test_embedder_names_its_weights(embedder: Embedder) -> None:
    assert isinstance(embedder, Embedder) and embedder.name
