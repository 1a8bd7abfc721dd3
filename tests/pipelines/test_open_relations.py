"""Open facts are drawn for reading, and what was judged is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

import kgqa
from kgqa.errors import DataError
from kgqa.pipelines.evaluation.open_relations import COLUMNS, drawn, shares


def test_facts_are_drawn_and_what_is_judged_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Angela Merkel met Barack Obama.", encoding="utf-8")
    (tmp_path / "b.txt").write_text("王小明会见了李大为。微软没有收购甲骨文公司。", encoding="utf-8")
    with kgqa.open(tmp_path / "ws", settings={"extraction": {"open_relations": True}}) as kb:
        kb.ingest([tmp_path / "a.txt", tmp_path / "b.txt"])
        rows = list(drawn(kb.graph, 5, seed=1))
    assert [(row[1], row[3]) for row in rows] == [("en", "~met"), ("zh", "~会见")]
    assert all(len(row) == len(COLUMNS) and row[0] == "" for row in rows)
    found = shares([("1", *row[1:]) for row in rows] + [("0", *rows[0][1:])])
    assert {language: (share.right, share.of) for language, share in found.items()} == {"en": (1, 2), "zh": (1, 1)}
    with pytest.raises(DataError, match="Line 1 is not judged"):
        shares(rows)
