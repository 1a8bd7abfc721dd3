"""Labelled pairs out of a catalogue, and what is counted on them."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kgqa.cli import app
from kgqa.errors import DataError
from kgqa.graph.likeness import ALPHABETIC, CHINESE, features
from kgqa.pipelines.evaluation.entity_resolution import (
    BESIDE,
    DECIDABLE,
    Pair,
    Thing,
    fit,
    make_pairs,
    read_catalogue,
    score_pairs,
)
from kgqa.text.variants import folded
from kgqa.types import Entity

ROWS = (
    ("qid", "type", "en", "zh", "aliases", "description", "source"),
    ("Q1", "city", "Mogilyov", "莫吉廖夫", "Mogilyow|莫吉廖夫市|MVQ", "populated place", "NE"),
    ("Q2", "city", "Mogilyova", "莫吉廖娃", "", "", "NE"),
    ("Q3", "brand", "Mogilyov", "", "", "", "NSI"),
    ("Q4", "city", "Mogilyov", "", "", "", "NE"),
    ("", "person", "Wang Yangming", "王阳明", "Wang Yangming 王陽明|王陽明", "", "CEDICT"),
    ("Q5", "nature", "Apus", "天燕座", "", "", "CEDICT"),
)


@pytest.fixture
def things(tmp_path: Path) -> list[Thing]:
    path = tmp_path / "entities.tsv.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines("\t".join(row) + "\n" for row in ROWS)
    return read_catalogue(path)


def test_the_catalogue_is_read_without_glosses_and_other_types(things: list[Thing]) -> None:
    assert [thing.id for thing in things] == ["Q1", "Q2", "Q3", "Q4", "CEDICT:4"]
    assert things[-1].names == ("Wang Yangming", "王阳明", "王陽明")


def test_a_missing_catalogue_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"entities\.tsv\.xz cannot be read"):
        read_catalogue(tmp_path / "entities.tsv.xz")


def test_pairs_are_of_every_kind_and_labelled_by_the_catalogue(things: list[Thing]) -> None:
    pairs = make_pairs(things)
    found = {(pair.a.name, pair.b.name, pair.kind, pair.language, pair.is_one) for pair in pairs}
    assert {
        ("Mogilyov", "Mogilyow", DECIDABLE[0], "en", True),
        ("王阳明", "王陽明", DECIDABLE[0], "zh", True),
        ("Mogilyov", "MVQ", BESIDE[0], "en", True),
        ("Wang Yangming", "王阳明", BESIDE[0], "zh", True),
    } <= found
    ends = {(frozenset((pair.a.id[:2], pair.b.id[:2])), pair.kind) for pair in pairs if not pair.is_one}
    assert (frozenset(("Q1", "Q2")), DECIDABLE[1]) in ends
    assert {kind for ids, kind in ends if "Q3" in ids} == {DECIDABLE[2]}
    assert (frozenset(("Q1", "Q4")), BESIDE[1]) in ends or (frozenset(("Q3", "Q4")), DECIDABLE[2]) in ends
    assert make_pairs(things) == pairs and make_pairs(things, seed=1) != pairs


def test_scores_count_what_is_said_to_be_one() -> None:
    pairs = [
        Pair(Entity("1", str(number), "City"), Entity("2", "x", "City"), is_one, DECIDABLE[0], "en")
        for number, is_one in enumerate((True, True, True, False))
    ]
    every, *_ = score_pairs(pairs, lambda a, b: 1.0 if a.name in "013" else 0.0)
    assert (every.n, every.right, every.precision, every.recall) == (4, 2, 2 / 3, 2 / 3)
    low, high = every.interval
    assert 0 <= low < every.f1 < high <= 1


def test_fitted_weights_tell_the_pairs_apart_that_they_are_fitted_on(things: list[Thing]) -> None:
    pairs = make_pairs(things)
    weights = fit([pair for pair in pairs if pair.language == "en"] * 2 + [p for p in pairs if p.language == "zh"])
    assert {len(found) for found in weights.values()} == {len(features("a", "b"))}
    assert len(ALPHABETIC) == len(CHINESE) == len(features("a", "b"))
    same, other = (
        sum(w * f for w, f in zip(weights["ALPHABETIC"], features("mogilyov", name), strict=True))
        for name in ("mogilyow", "mogilyova")
    )
    assert same > 0 > other


@pytest.mark.parametrize(
    ("name", "plain"), [("科洛尼亞", "科洛尼亚"), ("Škoda", "Skoda"), ("が", "か"), ("Ada", "Ada")]
)
def test_folding_leaves_one_script_without_marks(name: str, plain: str) -> None:
    assert folded(name) == plain == folded(plain)


def test_the_command_scores_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    letters = "abcdefghijklmnopqrstuvwx"
    rows = [(f"Q{n}", "city", f"Mogily{a}v", "", f"Mogily{a}w", "", "NE") for n, a in enumerate(letters)]
    with lzma.open(tmp_path / "text" / "entities.tsv.xz", "wt", encoding="utf-8") as file:
        file.writelines("\t".join(row) + "\n" for row in (ROWS[0], *rows))
    result = CliRunner().invoke(app, ["evaluate", "identity", "--data", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert sum(one["n"] for one in found if not one["name"].startswith(("by", "all"))) > 0
    shown = CliRunner().invoke(app, ["evaluate", "identity", "--data", str(tmp_path)])
    assert shown.exit_code == 0 and "Precision" in shown.stdout and found[0]["name"][:8] in shown.stdout
    missing = CliRunner().invoke(app, ["evaluate", "identity", "--data", str(tmp_path / "none")])
    assert missing.exit_code == 1 and "cannot be read" in missing.output
