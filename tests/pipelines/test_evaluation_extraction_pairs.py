"""Given pairs: the relation and its direction must be right; pairs without one count where one is read."""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from kgqa.errors import DataError
from kgqa.extraction import Schema
from kgqa.pipelines.evaluation.extraction import score_given_pairs
from kgqa.pipelines.evaluation.extraction_pairs import score_antecedents
from kgqa.types import Example, Mention, Relation

RELATIONS = ("ACQUIRED", "MERGED_WITH")
MENTIONS = (Mention(0, 1, "A", ""), Mention(2, 3, "B", ""))


class _Scripted:
    """Says of each text what the test says."""

    config = SimpleNamespace(relations=RELATIONS, relation_thresholds={"ACQUIRED": 1.0})
    schema = Schema.load()
    name = "scripted@1"

    def __init__(self, *tables: dict[tuple[int, int, str], float]) -> None:
        self._tables = tables

    def compare(self, texts: Sequence[str], spans: Sequence[object]) -> list[NDArray[np.float32]]:
        made = []
        for table in self._tables:
            scores = np.full((2, 2, 3), -5.0, dtype=np.float32)
            for (head, tail, name), score in table.items():
                scores[head, tail, RELATIONS.index(name)] = score
            made.append(scores)
        return made


def judged(head: int, tail: int, type: str) -> Example:
    return Example("A B", MENTIONS, (Relation(head, tail, type, 0, 3),))


def test_direction_threshold_and_absence_count() -> None:
    texts = [judged(0, 1, "ACQUIRED")] * 3 + [judged(0, 1, ""), judged(0, 1, "MERGED_WITH")]
    says = _Scripted(
        {(0, 1, "ACQUIRED"): 2.0},  # right
        {(1, 0, "ACQUIRED"): 2.0},  # the wrong way
        {(0, 1, "ACQUIRED"): 0.5},  # below its threshold
        {(0, 1, "ACQUIRED"): 2.0},  # has none
        {(0, 1, "MERGED_WITH"): 3.0, (1, 0, "MERGED_WITH"): -1.0, (0, 1, "ACQUIRED"): 1.5},  # symmetric: their mean
    )
    report = score_given_pairs(texts, says)  # type: ignore[arg-type]  # a small one
    assert (report.precision, report.recall, report.n) == (0.5, 0.5, 4)
    assert report.per_type["MERGED_WITH"].f1 == 1.0 and report.per_type["ACQUIRED"].precision == pytest.approx(0.3333)
    macro = score_given_pairs(texts, says, macro=True)  # type: ignore[arg-type]  # a small one
    assert macro.f1 == pytest.approx((1.0 + report.per_type["ACQUIRED"].f1) / 2, abs=1e-3)


def test_labels_that_the_model_lacks_are_told_apart() -> None:
    texts = [judged(0, 1, "Eater-Eaten"), judged(0, 1, "ACQUIRED")]
    report = score_given_pairs(texts, _Scripted({}, {(0, 1, "ACQUIRED"): 2.0}))  # type: ignore[arg-type]  # a small one
    assert report.unknown_types == {"Eater-Eaten": 1} and (report.n, report.f1) == (1, 1.0)
    with pytest.raises(DataError, match="no annotated relations"):
        score_given_pairs([judged(0, 1, "")], _Scripted({}))  # type: ignore[arg-type]  # a small one


def test_a_reference_gets_the_best_of_the_names_or_none() -> None:
    mentions = (Mention(0, 2, "He", "", nominal=True), Mention(3, 4, "A", "Person"), Mention(5, 6, "B", "Person"))

    class Antecedents:
        """Scores of the pronoun with each of the names, text by text."""

        config = SimpleNamespace(link_threshold=0.0)

        def compare(self, texts: Sequence[str], spans: Sequence[object]) -> list[NDArray[np.float32]]:
            tables = [np.full((3, 3, 1), -9.0, dtype=np.float32) for _ in texts]
            for table, row in zip(tables, ((2.0, 1.0), (2.0, 1.0), (-1.0, -2.0), (-1.0, 3.0)), strict=True):
                table[0, 1:, 0] = row
            return tables

    right = (((0, 1),), ((0, 2),), (), ())  # found, the other one, rightly none, wrongly one
    examples = [Example("He A B", mentions, (), clusters) for clusters in right]
    found = score_antecedents(examples, Antecedents())  # type: ignore[arg-type]  # a small one
    assert found.precision == pytest.approx(1 / 3, abs=1e-3) and (found.recall, found.n) == (0.5, 2)
