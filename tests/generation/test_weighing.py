"""What the features of a candidate are computed from."""

import re

import numpy as np
import pytest

from kgqa.generation.calibration import Coverage
from kgqa.generation.expected import Expected
from kgqa.generation.weighing import Candidate, Weigher
from kgqa.types import Chunk, Passage

ROWS = "acquirer: Microsoft; acquired company: Nuance\nacquirer: Databricks; acquired company: MosaicML"
VOCABULARY: dict[str, int] = {}


class Words:
    """Each word is a token."""

    trunk_id, cls_id, sep_id = "words", 0, 1

    def tokenize(self, texts: object) -> list[tuple[list[int], list[tuple[int, int]]]]:
        return [self._tokens(text) for text in texts]  # type: ignore[attr-defined]

    def trunk(self, ids: object, mask: object) -> np.ndarray:
        raise AssertionError("features need no network")

    def _tokens(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        found = list(re.finditer(r"\w+", text.lower()))
        return [VOCABULARY.setdefault(m.group(), len(VOCABULARY)) for m in found], [m.span() for m in found]


QUESTION = "Which company bought MosaicML"


def features(text: str, *answers: str, question: str = QUESTION, names: tuple[str, ...] = (), language: str = "en"):  # type: ignore[no-untyped-def]
    words = Words()
    ((pieces, _),) = words.tokenize([question])
    read = words.tokenize([text])
    candidates = [Candidate(0, text.index(a), text.index(a) + len(a), 1.0, 2.0) for a in answers]
    passage = Passage(Chunk("c", "d", 0, len(text), text, language=language, title="Purchases"), 1.0)
    return Weigher(words, Coverage(np.ones(1000, np.float32))).features(
        question,
        pieces,
        [passage],
        read,
        candidates,
        names,
        Expected(frozenset({"Organization"})),
        {"databricks": frozenset({"Organization"})},
    )


def test_a_row_of_a_table_is_weighed_by_itself() -> None:
    other, right = features(ROWS, "Microsoft", "Databricks", names=("MosaicML",))
    assert (other.named, right.named) == (0.0, 1.0)
    assert right.coverage == 2 / 4 and other.coverage == 1 / 4  # "company" stands in both


def test_running_text_is_weighed_as_a_whole_and_by_the_sentence() -> None:
    text = "The company was small. Databricks bought it. MosaicML made models."
    (found,) = features(text, "Databricks", names=("MosaicML",))
    assert found.fitting == 1.0
    assert (found.named, found.coverage, found.nearby, found.agreement) == (1.0, 3 / 4, 1 / 4, 1.0)


@pytest.mark.parametrize(
    ("text", "language", "question"),
    [("Databricks收购了MosaicML。", "zh", QUESTION), ("Databricks bought MosaicML.", "en", "哪家公司收购了MosaicML？")],
)
def test_of_a_passage_in_another_language_the_names_are_compared(text: str, language: str, question: str) -> None:
    (about,) = features(text, "Databricks", question=question, names=("MosaicML",), language=language)
    (other,) = features(text, "Databricks", question=question, names=("Kestrel",), language=language)
    assert (about.coverage, about.nearby, about.missing) == (1.0, 1.0, 0.0)
    assert (other.coverage, other.nearby) == (0.0, 0.0) and other.missing > 0.0
