"""Links of KnowledgeNet's names, counted on a data set of four mentions."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from kgqa.errors import DataError
from kgqa.pipelines.evaluation.linking import evaluate_linking
from tests.graph.test_catalogue import HEADER

TEXT = "Ada Byron was born in London. She works for Byte Labs. Byte Labs is in Springfield."
WIKIDATA = "http://www.wikidata.org/entity/"
FACTS = (
    ("PLACE_OF_BIRTH", "Ada Byron", "", "London", "Q84"),
    ("EMPLOYEE_OR_MEMBER_OF", "She", "Q7259", "Byte Labs", "Q5"),
    ("HEADQUARTERS", "Byte Labs", "Q5", "Springfield", "Q9"),
)
ROWS = (
    "Q84\tcity\tLondon\t伦敦\t\t\tWD\n"
    "Q6\tcompany\tByte Labs\t\t\t\tWD\n"
    "\tplace\tSpringfield\t春田\t\t\tCE\n"
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "entities.tsv.xz").write_bytes(lzma.compress((HEADER + ROWS).encode()))
    names = [name for name, *_ in FACTS]
    facts = []
    for number, (name, subject, subject_id, object, object_id) in enumerate(FACTS):
        fact: dict[str, str | int] = {"factId": str(number), "propertyId": name}
        for end, text, id in (("subject", subject, subject_id), ("object", object, object_id)):
            start = TEXT.index(text)
            fact |= {f"{end}Start": start, f"{end}End": start + len(text), f"{end}Text": text}
            fact[f"{end}Uri"] = WIKIDATA + id if id else ""
        facts.append(fact)
    passage = {
        "passageId": "1", "passageStart": 0, "passageEnd": len(TEXT), "passageText": TEXT, "facts": facts,
        "exhaustivelyAnnotatedProperties": [{"propertyId": n, "propertyName": n} for n in names],
    }  # fmt: skip
    line = {"documentId": "1", "documentText": TEXT, "passages": [passage], "fold": 1}
    (tmp_path / "re" / "knowledgenet").mkdir(parents=True)
    (tmp_path / "re" / "knowledgenet" / "facts.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    return tmp_path


def test_right_wrong_and_other_links_are_counted(folder: Path) -> None:
    report = evaluate_linking(folder)
    assert {(one.text, one.gold, one.found) for one in report.mentions} == {
        ("London", "Q84", "Q84"),
        ("Byte Labs", "Q5", "Q6"),
        ("Springfield", "Q9", "CE:春田"),
    }, "pronouns and names without an id are left out"
    assert (report.recall.right, report.recall.of) == (1, 1)
    assert (report.precision.right, report.precision.of) == (1, 2)
    assert (report.false_links.right, report.false_links.of) == (1, 2)
    assert [one.text for one in report.wrong] == ["Byte Labs"] and [one.text for one in report.others] == [
        "Springfield"
    ]


def test_a_folder_without_the_texts_is_refused(folder: Path) -> None:
    (folder / "re" / "knowledgenet" / "facts.jsonl").unlink()
    with pytest.raises(DataError, match="It is KnowledgeNet"):
        evaluate_linking(folder)
