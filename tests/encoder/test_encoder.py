"""The encoder that ships: states and embeddings of both languages, whatever the length of a text."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.encoder import Encoder, Session, model_path, padded
from kgqa.errors import ModelError
from kgqa.index import Embedder

SHIPPED = model_path("encoder")
LONG = "知识图谱由实体和关系组成。Graphs hold facts with evidence. " * 40


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.open(threads=1)


def test_encoder_is_an_embedder(encoder: Encoder) -> None:
    assert isinstance(encoder, Embedder)
    assert encoder.dimensions == 384
    assert encoder.name.startswith("kgqa-bilingual-minilm-")


def test_embeddings_are_unit_vectors_in_order(encoder: Encoder) -> None:
    texts = ["A cat.", "一只猫。", LONG, "x"]
    vectors = encoder.embed(texts)
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.embed([text]) for text in texts])
    assert ((vectors * alone).sum(axis=1) > 0.97).all()


def test_same_batch_gives_same_vectors(encoder: Encoder) -> None:
    np.testing.assert_array_equal(encoder.embed(["a", "北京", LONG]), encoder.embed(["a", "北京", LONG]))


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.embed([]).shape == (0, 384)
    assert encoder.encode([]) == []


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_any_text_has_a_vector(encoder: Encoder, texts: list[str]) -> None:
    vectors = encoder.embed(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_every_token_of_a_long_text_gets_a_state(encoder: Encoder) -> None:
    [text] = encoder.encode([LONG])
    assert len(text.windows) > 2
    assert [n for cut in text.windows for n in range(cut.first, cut.last)] == list(range(len(text.ids)))
    assert [states.shape for states in text.states] == [(2 + cut.end - cut.start, 384) for cut in text.windows]
    assert len(text.ids) == len(text.offsets)


def test_states_computed_once_give_the_same_embedding(encoder: Encoder) -> None:
    texts = ["Marie Curie won two Nobel Prizes.", LONG]
    np.testing.assert_array_equal(encoder.embed_encoded(encoder.encode(texts)), encoder.embed(texts))


def test_end_of_a_long_text_matters(encoder: Encoder) -> None:
    beginning = "The weather was fine that day and nothing happened. " * 60
    first, second = encoder.embed([beginning, beginning + "Suddenly the bank was robbed by three men. " * 20])
    assert first @ second < 0.97


def test_sentences_find_their_neighbours_within_and_across_languages(encoder: Encoder) -> None:
    english = ["Please install the package first.", "The court dismissed the appeal.", "How do I read a file?"]
    chinese = ["请先安装软件包。", "法院驳回上诉。", "如何读取文件？"]
    other = ["You have to install this package before.", "The judge rejected the appeal.", "Reading files"]
    vectors = encoder.embed(english)
    assert (vectors @ encoder.embed(chinese).T).argmax(axis=1).tolist() == [0, 1, 2]
    assert (vectors @ encoder.embed(other).T).argmax(axis=1).tolist() == [0, 1, 2]


def test_padding_holds_states_and_marks_what_counts() -> None:
    parts = [np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)]
    hidden, mask = padded(parts)
    assert hidden.shape == (2, 4, 3)
    assert mask.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert hidden[0, 2:].sum() == 0


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("config.json", "tokenizer.json", "trunk.onnx", "embedder.onnx"):
        shutil.copyfile(SHIPPED / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "trunk.onnx", "embedder.onnx"])
def test_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match=name):
        Encoder.open(copy)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "trunk.onnx", "embedder.onnx"])
def test_torn_file_is_named(copy: Path, name: str) -> None:
    (copy / name).write_bytes((copy / name).read_bytes()[:100])
    with pytest.raises(ModelError, match=name):
        Encoder.open(copy)


def test_other_kind_of_model_is_refused(copy: Path) -> None:
    (copy / "config.json").write_text(json.dumps({"kind": "reader"}))
    with pytest.raises(ModelError, match="'reader', not an encoder"):
        Encoder.open(copy)


def test_tokenizer_of_another_model_is_refused(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "vocab_size": 7}))
    with pytest.raises(ModelError, match="the network 7"):
        Encoder.open(copy)


def test_wrong_inputs_are_named() -> None:
    session = Session.open(SHIPPED / "trunk.onnx", threads=1)
    with pytest.raises(ModelError, match="takes the inputs input_ids, attention_mask, not ids"):
        session.run({"ids": np.zeros((1, 2), np.int64)})
    with pytest.raises(ModelError, match="failed on inputs of shapes"):
        session.run({"input_ids": np.zeros(3, np.int64), "attention_mask": np.zeros((1, 3), np.int64)})
