"""The reader that ships, on the encoder that ships."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kgqa.encoder import Encoder
from kgqa.errors import ModelError
from kgqa.generation import OnnxReader, open_reader
from kgqa.generation.reader import FOLDER
from kgqa.types import Passage
from tests.generation.fakes import document, passage

ENGLISH = document(
    "Curie",
    "Marie Curie was born in Warsaw in 1867. She moved to Paris in 1891 and studied at the Sorbonne. "
    "In 1903 she shared the Nobel Prize in Physics with Pierre Curie and Henri Becquerel.",
)
CHINESE = document(
    "屠呦呦", "屠呦呦1930年出生于浙江宁波。她毕业于北京大学医学院。2015年，她获得诺贝尔生理学或医学奖。", "zh"
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.open(threads=1)


@pytest.fixture(scope="module")
def reader(encoder: Encoder) -> OnnxReader:
    return OnnxReader.open(encoder, threads=1)


@pytest.mark.parametrize(
    ("source", "question", "answer"),
    [
        (ENGLISH, "Where was Marie Curie born?", "Warsaw"),
        (ENGLISH, "When did she move to Paris?", "1891"),
        (CHINESE, "屠呦呦出生在哪里？", "宁波"),
        (CHINESE, "屠呦呦哪一年获得诺贝尔奖？", "2015"),
    ],
)
def test_reader_finds_the_answer(reader: OnnxReader, source, question: str, answer: str) -> None:  # type: ignore[no-untyped-def]
    best = reader.read(question, [passage(source)])[0]
    assert answer in best.text
    assert best.text == source.text[best.start : best.end]


def test_reader_is_surer_of_the_passage_that_says_it(reader: OnnxReader) -> None:
    other = document("Frogs", "Frogs live near ponds. They eat insects and sing at night from April to June.")
    found = reader.read("In which city was Marie Curie born?", [passage(other), passage(ENGLISH)])
    assert found[0].passage == 1
    worst = max(reading.confidence for reading in found if reading.passage == 0)
    assert found[0].confidence > 2 * worst


def test_reader_gives_offsets_of_the_document(reader: OnnxReader) -> None:
    start = ENGLISH.text.index("She moved")
    for reading in reader.read("When did she move to Paris?", [passage(ENGLISH, start)]):
        assert reading.start >= start
        assert reading.text == ENGLISH.text[reading.start : reading.end]


def test_reader_reads_a_long_passage_to_its_end(reader: OnnxReader) -> None:
    filler = "The weather was fine and nothing of note took place. " * 60
    long = document("Long", filler + ENGLISH.text)
    best = reader.read("Where was Marie Curie born?", [passage(long)])[0]
    assert "Warsaw" in best.text and best.start > len(filler)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "🙂", "a"])
def test_reader_takes_any_passage_and_any_question(reader: OnnxReader, text: str) -> None:
    source = document("Odd", f"{text}")
    for question in ("", "?", "为什么？" * 200):
        for reading in reader.read(question, [passage(source)]):
            assert reading.text == source.text[reading.start : reading.end]


def test_reader_without_passages_has_nothing_to_say(reader: OnnxReader) -> None:
    nothing: list[Passage] = []
    assert reader.read("Where?", nothing) == []


def test_reader_of_another_encoder_is_refused(encoder: Encoder, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "reader")
    path = tmp_path / "reader" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"trunk_id": "other"}))
    with pytest.raises(ModelError, match="trained on another encoder"):
        open_reader(tmp_path / "reader", encoder=encoder)


@pytest.mark.parametrize("name", ["config.json", "top.onnx", "idf.npy"])
def test_reader_names_the_file_that_is_torn(encoder: Encoder, tmp_path: Path, name: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "reader")
    (tmp_path / "reader" / name).write_bytes(b"torn")
    with pytest.raises(ModelError, match=name):
        open_reader(tmp_path / "reader", encoder=encoder)
