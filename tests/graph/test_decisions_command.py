"""Find, merge, split, undo and delete from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import kgqa
from kgqa.cli import app
from tests.graph.content import add


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    with kgqa.open(tmp_path / "ws") as kb:
        add(kb.store, "Ada Byron founded Byte Labs.", "files/a.txt")
        add(kb.store, "Countess Lovelace met Dorothy.", "files/b.txt")
        add(kb.store, "Ada Byron left Kansas.", "files/c.txt")
    return tmp_path / "ws"


def run(workspace: Path, *arguments: str) -> Any:
    result = CliRunner().invoke(app, ["graph", *arguments, "--workspace", str(workspace), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_person_can_merge_split_and_undo(workspace: Path) -> None:
    merge = run(workspace, "merge", "Ada Byron", "Countess Lovelace", "--reason", "her title")
    assert (merge["kind"], merge["reason"]) == ("merge", "her title")
    assert {t["predicate"] for t in run(workspace, "entity", "Countess Lovelace")["triples"]} == {
        "FOUNDED",
        "LEFT",
        "MET",
    }
    split = run(workspace, "split", "Ada Byron", "c.txt")
    assert {t["predicate"] for t in run(workspace, "entity", split["other"])["triples"]} == {"LEFT"}
    assert [d["kind"] for d in run(workspace, "decisions")] == ["split", "merge"]
    for decision in (merge, split):
        assert run(workspace, "undo", decision["id"])["undone_at"]
    assert len(run(workspace, "find", "Ada Byron")) == 1 and len(run(workspace, "find", "Lovelace")) == 1


def test_the_other_decisions_are_commands_too(workspace: Path) -> None:
    with kgqa.open(workspace) as kb:
        add(kb.store, "Difference Institute (DI) slept.", "d.txt")
        add(kb.store, "DI met Dorothy. Ada Bryon left Kansas.", "e.txt")
    assert run(workspace, "separate", "Difference Institute", "DI")["kind"] == "separate"
    (pair,) = run(workspace, "review")
    assert {pair["keep"]["name"], pair["other"]["name"]} == {"Ada Byron", "Ada Bryon"} and pair["shared"] == ["Kansas"]
    run(workspace, "apart", pair["keep"]["id"], pair["other"]["id"])
    assert run(workspace, "review") == []


def test_people_are_told_what_was_decided_and_how_to_take_it_back(workspace: Path) -> None:
    arguments = ["graph", "merge", "Ada Byron", "Countess Lovelace", "--workspace", str(workspace)]
    result = CliRunner().invoke(app, arguments)
    assert "'Countess Lovelace' is 'Ada Byron'" in result.stdout
    assert f"kgqa graph undo {result.stdout.split()[0]}" in result.stderr
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 1 and "one entity already" in again.stderr
    listed = CliRunner().invoke(app, ["graph", "decisions", "--workspace", str(workspace)])
    assert "'Countess Lovelace' is 'Ada Byron'" in listed.stdout


def test_a_name_that_is_misspelt_is_found_and_said_to_be(workspace: Path) -> None:
    (near,) = run(workspace, "find", "Countes Lovelace")
    assert (near["name"], near["matched"], near["score"] < 1) == ("Countess Lovelace", "Countess Lovelace", True)
    assert "score" not in run(workspace, "find", "Lovelace")[0]
    result = CliRunner().invoke(app, ["graph", "find", "Countes Lovelace", "--workspace", str(workspace)])
    assert "Spelt nearly so" in result.stderr and "Countess Lovelace" in result.stdout
    nothing = CliRunner().invoke(app, ["graph", "find", "Zzyzx", "--workspace", str(workspace)])
    assert nothing.exit_code == 0 and nothing.stderr.strip() == "No entity is called 'Zzyzx'."


def test_no_path_is_a_failure_that_says_so(workspace: Path) -> None:
    arguments = ["graph", "path", "Ada Byron", "Dorothy", "--workspace", str(workspace)]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 1 and json.loads(result.stdout) is None and "No path joins" in result.stderr
    found = run(workspace, "path", "Ada Byron", "Kansas")
    assert [entity["name"] for entity in found["entities"]] == ["Ada Byron", "Kansas"]


def test_a_wrong_fact_and_a_wrong_type_are_put_right_and_exported(workspace: Path, tmp_path: Path) -> None:
    rejected = run(workspace, "reject", "Ada Byron", "FOUNDED", "Byte Labs", "--reason", "her mother did")
    assert (rejected["kind"], rejected["value"], rejected["reason"]) == ("reject", "FOUNDED", "her mother did")
    assert [r["reason"] for r in run(workspace, "rejected")] == [f"decision {rejected['id']}"]
    typed = run(workspace, "retype", "Kansas", "Place")
    assert run(workspace, "entity", "Kansas")["type"] == "Place"
    path = tmp_path / "corrections.jsonl"
    given = ["export", str(path), "--format", "examples", "--workspace", str(workspace)]
    assert CliRunner().invoke(app, given).exit_code == 0
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted(line["labels"] for line in lines) == [["FOUNDED"], ["Place"]]
    shown = CliRunner().invoke(app, ["graph", "decisions", "--workspace", str(workspace)]).output
    assert "—FOUNDED→" in shown and "'Kansas' is a Place" in shown
    for decision in (rejected, typed):
        run(workspace, "undo", decision["id"])
    assert {t["predicate"] for t in run(workspace, "entity", "Ada Byron")["triples"]} == {"FOUNDED", "LEFT"}


def test_an_unclear_fact_is_not_rejected(workspace: Path) -> None:
    given = ["graph", "reject", "Ada Byron", "MET", "--workspace", str(workspace)]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 1 and "0 facts" in result.output
