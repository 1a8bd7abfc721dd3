"""Events, times, paths and contradictions from the command line."""

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
        add(kb.store, "Ada Byron led Byte Labs from 1998 to 2003. Ada Byron did not leave Byte Labs.", "a.txt")
        add(kb.store, "Byte Labs hired Charles Babbage in 2001. Charles Babbage met Ada Byron.", "b.txt")
    return tmp_path / "ws"


def run(workspace: Path, *arguments: str) -> Any:
    result = CliRunner().invoke(app, ["graph", *arguments, "--workspace", str(workspace), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def shown(workspace: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["graph", *arguments, "--workspace", str(workspace)])
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_events_are_listed_with_their_quotes(workspace: Path) -> None:
    (hired,) = run(workspace, "events", "--during", "2001")
    assert (hired["type"], hired["valid_from"]) == ("Hired", "2001-01-01")
    assert hired["evidence"][0]["quote"] == "Byte Labs hired Charles Babbage"
    assert len(run(workspace, "events", "--all")) == len(run(workspace, "events")) + 1
    assert [e["type"] for e in run(workspace, "events", "-e", "Charles Babbage", "-t", "Met")] == ["Met"]
    assert "2001-01-01 – 2001-12-31 Hired (hired) AGENT Byte Labs" in shown(workspace, "events")
    assert "negated" in shown(workspace, "events", "--all")


def test_triples_are_asked_for_by_both_times(workspace: Path) -> None:
    assert [t["predicate"] for t in run(workspace, "triples", "--during", "1999")] == ["LED"]
    assert run(workspace, "triples", "--as-of", "2000-01-01") == []
    assert "1998-01-01 – 2003-12-31" in shown(workspace, "triples", "-p", "LED")
    result = CliRunner().invoke(app, ["graph", "triples", "--during", "soon", "-w", str(workspace)])
    assert result.exit_code == 1 and "no date or period" in result.output


def test_paths_come_best_first(workspace: Path) -> None:
    found = run(workspace, "paths", "Ada Byron", "Byte Labs")
    assert [len(path["triples"]) for path in found] == [1, 2]
    assert len(run(workspace, "paths", "Ada Byron", "Byte Labs", "--hops", "1")) == 1
    assert len(run(workspace, "paths", "Ada Byron", "Byte Labs", "--best", "support", "-n", "1")) == 1
    assert "Byte Labs —HIRED→ Charles Babbage" in shown(workspace, "paths", "Ada Byron", "Byte Labs")
    assert run(workspace, "contradictions") == []
