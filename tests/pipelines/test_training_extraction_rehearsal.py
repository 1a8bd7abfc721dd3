"""What a model reads in a user's texts stands for what their examples say nothing about."""

from collections.abc import Sequence

import pytest

pytest.importorskip("torch", reason='the extra "train" is not installed')

from kgqa.extraction.schema import EntityType, Schema
from kgqa.pipelines.training import extraction_rehearsal
from kgqa.pipelines.training.extraction_rehearsal import with_own_reading
from kgqa.types import Chunk, Example, Extraction, Mention

TEXT = "Ada Lee plays funk in Graz. She sings."
SCHEMA = Schema({name: EntityType(name, {"en": name, "zh": name}) for name in ("Person", "Place", "Concept")})


class Known:
    """Finds what it is given."""

    name = "test@1"

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self.mentions = tuple(mentions)

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        found = ([m for m in self.mentions if m.text in chunk.text] for chunk in chunks)
        return [Extraction(chunk.id, tuple(own), extractor=self.name) for chunk, own in zip(chunks, found, strict=True)]


def mention(text: str, type: str, confidence: float = 0.9, *, nominal: bool = False) -> Mention:
    start = TEXT.index(text)
    return Mention(start, start + len(text), text, type, confidence, nominal)


READ = [
    mention("Ada Lee", "Person"),
    mention("funk", "Concept"),
    mention("Graz", "Place", 0.3),
    mention("She", "Person", nominal=True),
]


def test_what_nobody_looked_for_is_as_the_model_reads_it() -> None:
    own = Mention(TEXT.index("funk"), TEXT.index("funk") + 4, "funk", "Genre")
    (example,) = with_own_reading([Example(TEXT, (own,), annotated_types=frozenset({"Genre"}))], Known(READ), SCHEMA)
    assert [(m.text, m.type) for m in example.mentions] == [("funk", "Genre"), ("Ada Lee", "Person"), ("She", "Person")]
    assert example.annotated_types == {"Genre", "Person", "Place", "Concept"}


def test_what_was_looked_for_stays_as_it_was_annotated() -> None:
    given = Example(TEXT, annotated_types=frozenset({"Person"}))
    (example,) = with_own_reading([given], Known(READ), SCHEMA)
    assert [(m.text, m.type) for m in example.mentions] == [("funk", "Concept")]


def test_of_many_texts_some_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction_rehearsal, "MOST_REHEARSED", 2)
    given = Example(TEXT, annotated_types=frozenset({"Place"}))
    found = with_own_reading([given] * 5, Known(READ), SCHEMA)
    assert ["Person" in example.annotated_types for example in found] == [True, False, False, True, False]
    assert [len(example.mentions) for example in found] == [3, 0, 0, 3, 0]


def test_pairs_alone_stay_as_they_are() -> None:
    given = Example(TEXT, (mention("Ada Lee", ""), mention("Graz", "")))
    assert list(with_own_reading([given], Known(READ), SCHEMA)) == [given]
