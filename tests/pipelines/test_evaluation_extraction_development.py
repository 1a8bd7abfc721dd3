"""The table that a model is measured by."""

from kgqa.pipelines.evaluation.extraction import ExtractionReport
from kgqa.pipelines.evaluation.extraction_development import TARGETS, table
from kgqa.pipelines.evaluation.extraction_scores import Scores
from kgqa.pipelines.training.extraction_corpora import DEVELOPMENT


def test_every_target_has_a_development_set() -> None:
    assert {target.corpus for target in TARGETS} <= {corpus.name for corpus in DEVELOPMENT}
    assert all(target.reach < target.stretch for target in TARGETS)


def test_the_table_tells_what_is_reached_missed_and_unknown() -> None:
    numbers = {"model": "m", "texts": 9, "precision": 0.5, "recall": 0.5, "n": 7, "interval": (0.4, 0.6)}
    reports = [
        ExtractionReport("relations", "knowledgenet dev", f1=0.7, unknown_types={"X": 3}, **numbers),  # type: ignore[arg-type]
        ExtractionReport("entities", "uner_en all", f1=0.5, **numbers),  # type: ignore[arg-type]
        ExtractionReport(
            "events",
            "geneva all",
            f1=0.9,
            arguments_gold_trigger=Scores(0.1, 0.1, 0.1, 5, (0.0, 0.2)),
            **numbers,  # type: ignore[arg-type]
        ),
    ]
    rows = {row.split(" | ")[0].strip("| "): row for row in table(reports, 3.0, 27).splitlines()}
    assert rows["KnowledgeNet text F1, end to end"].endswith("reached, 3 of unknown types apart |")
    assert rows["entities: UNER-en dev"].endswith("0.500 | 0.400–0.600 | 7 | 0.80 | 0.84 | missed |")
    assert rows["GENEVA val: triggers"].endswith("stretch |")
    assert "0.100 | 0.000–0.200 | 5" in rows["GENEVA val: arguments of given triggers"]
    assert "the model has no such types" in rows["GAP dev"]
