"""The reranker: what it reads, and what it makes of passages and the ways to them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from kgqa.encoder import Encoder, model_path
from kgqa.errors import ModelError
from kgqa.retrieval.rerank import Candidate, OnnxReranker, lay_out, path_text
from kgqa.types import Chunk, Entity


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.open()


@pytest.fixture(scope="module")
def reranker(encoder: Encoder) -> OnnxReranker:
    return OnnxReranker.open(encoder)


def test_a_window_is_question_path_and_passage() -> None:
    ids, path, first = lay_out([10, 11], [20], [30, 31], cls=1, sep=2)
    assert ids == [1, 10, 11, 2, 20, 2, 30, 31, 2]
    assert (ids[path], ids[first]) == (20, 30)
    assert lay_out([], [], [], cls=1, sep=2) == ([1, 2, 2, 2], 2, 3)


@pytest.mark.parametrize(
    ("text", "language", "aliases", "said"),
    [
        ("It rained. Nightfall is by Ada Marsh. She left.", "en", (), "Nightfall is by Ada Marsh."),
        ("下雨了。《夜幕》由玛莎执导。她走了。", "zh", ("玛莎",), "《夜幕》由玛莎执导。"),
        ("Nobody is named here.", "en", (), ""),
    ],
)
def test_a_way_says_the_sentence_that_names_its_next_stage(
    text: str, language: str, aliases: tuple[str, ...], said: str
) -> None:
    chunk = Chunk("c", "d", 0, len(text), text, language=language, title="Nightfall")
    way = path_text([chunk, Entity("e", "Ada Marsh", "Person", aliases)])
    assert way == (f"Nightfall: {said}" if said and "Nightfall" not in said else said)


def test_a_way_without_a_passage_says_nothing() -> None:
    assert path_text([]) == path_text([Entity("e", "Ada Marsh", "Person")]) == ""


BRIDGES = [
    (
        "Where was the director of the film Nightfall born?",
        Candidate("Nightfall is a film directed by Ada Marsh.", "Ada Marsh\nAda Marsh was born in Graz in 1950."),
        [
            Candidate("", "Graz\nGraz is a city on the river Mur."),
            Candidate("", "The weather in May was rainy and the harvest was late."),
        ],
    ),
    (
        "电影《夜幕》的导演出生在哪里？",
        Candidate("《夜幕》是玛莎执导的一部电影。", "玛莎\n玛莎，1950年出生于格拉茨，电影导演。"),
        [
            Candidate("", "格拉茨\n格拉茨是穆尔河畔的一座城市。"),
            Candidate("", "五月多雨，收成很晚。"),
        ],
    ),
]


@pytest.mark.parametrize(("question", "right", "wrong"), BRIDGES, ids=["en", "zh"])
def test_the_shipped_model_follows_the_way(
    reranker: OnnxReranker, question: str, right: Candidate, wrong: list[Candidate]
) -> None:
    """A second step helps behind the sentence that leads to it, and neither without it nor behind another one."""
    without = [Candidate("", right.text), Candidate(wrong[1].text, right.text)]
    best, *others = reranker.scores(question, [right, *without, *wrong])
    assert best > max(others)


def test_scores_do_not_depend_on_the_company(reranker: OnnxReranker) -> None:
    question, right, wrong = BRIDGES[0]
    together = reranker.scores(question, [right, *wrong])
    alone = [reranker.scores(question, [one])[0] for one in (right, *wrong)]
    np.testing.assert_allclose(together, alone, atol=1e-3)


def test_only_the_first_passages_are_read_of_so_many_tokens(reranker: OnnxReranker) -> None:
    question, right, wrong = BRIDGES[0]
    every = reranker.scores(question, [right, *wrong])
    first, second = (len(ids) for ids, _, _ in reranker._windows(question, [right, wrong[0]]))
    for tokens, read in ((0, 1), (first + second - 1, 1), (first + second, 2), (1_000, 3)):
        some = reranker.scores(question, [right, *wrong], tokens)
        assert len(some) == read
        np.testing.assert_allclose(some, every[:read], atol=1e-3)


def test_of_a_long_passage_the_part_about_the_question_is_read(reranker: OnnxReranker) -> None:
    question, right, wrong = BRIDGES[0]
    filler = wrong[1].text * 40
    hidden = Candidate(right.path, f"{filler}\n{right.text}")
    assert reranker.scores(question, [hidden])[0] > reranker.scores(question, [Candidate(right.path, filler)])[0]


@pytest.mark.parametrize("question", ["", "?", "x" * 50_000, "\ud800"])
def test_odd_questions_and_empty_passages_get_numbers(reranker: OnnxReranker, question: str) -> None:
    scores = reranker.scores(question, [Candidate("", ""), Candidate("a", "b")])
    assert scores.shape == (2,) and np.isfinite(scores).all()
    empty: npt.NDArray[np.float32] = reranker.scores(question, [])
    assert empty.shape == (0,)


def test_a_reranker_of_another_encoder_is_refused(encoder: Encoder, tmp_path: Path) -> None:
    folder = shutil.copytree(model_path("reranker"), tmp_path / "reranker")
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**settings, "trunk_id": "another"}), encoding="utf-8")
    with pytest.raises(ModelError, match="another encoder"):
        OnnxReranker.open(encoder, folder)
    (folder / "top.onnx").unlink()
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(ModelError, match=r"top\.onnx is missing"):
        OnnxReranker.open(encoder, folder)
