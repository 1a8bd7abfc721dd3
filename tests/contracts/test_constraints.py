"""What facts may join: domain, range and number of objects, and what they keep out, on every store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import kgqa
from kgqa.cli import app
from kgqa.errors import ConfigError
from kgqa.graph import Constraint, Graph, GraphStore, read_constraints
from tests.contracts.test_graph_store import facts, store
from tests.graph.content import add, dump, make

__all__ = ["store"]

TEXT = "Ada Byron hired Byte Labs. Byte Labs hired Ada Byron. He met Byte Labs."
ORGANISATIONS_HIRE = {"HIRED": Constraint(domain=("Organization",), range=("Person",))}


def test_facts_with_ends_of_other_types_are_kept_out_and_reported(store: GraphStore) -> None:
    add(store, TEXT)
    graph, before = Graph(store), dump(store)
    assert graph.constrain(ORGANISATIONS_HIRE) == 1 and graph.constraints() == ORGANISATIONS_HIRE
    assert facts(store) == {("Byte Labs", "HIRED", "Ada Byron"), ("Ada Byron", "MET", "Byte Labs")}
    (out,) = graph.rejected()
    assert (out.subject, out.predicate, out.object) == ("Ada Byron", "HIRED", "Byte Labs")
    assert out.reason == "domain: Person is not Organization"
    assert out.quote == TEXT[out.start : out.end] == "Ada Byron hired Byte Labs"
    assert store.statistics().rejected == 1 and store.entity(graph.entity("Ada Byron").id).degree == 2
    assert graph.constrain({}) == 0 and dump(store) == before and graph.rejected() == []


def test_it_does_not_matter_what_came_first(store: GraphStore) -> None:
    store.constrain(ORGANISATIONS_HIRE)
    add(store, TEXT)
    assert ("Ada Byron", "HIRED", "Byte Labs") not in facts(store) and len(store.rejected()) == 1
    store.constrain({"HIRED": Constraint(range=("Place", "Organization"))})
    assert {f for f in facts(store) if f[1] == "HIRED"} == {("Ada Byron", "HIRED", "Byte Labs")}
    assert store.rejected()[0].reason == "range: Person is not Place or Organization"
    store.delete(make(TEXT).id)
    assert store.rejected() == [] and store.statistics().rejected == 0


def test_a_type_allows_its_kinds_and_decisions_still_hold(store: GraphStore) -> None:
    add(store, TEXT)
    add(store, "Ada Byron hired Countess Lovelace.", "b.txt")
    graph = Graph(store)
    decision = graph.merge("Ada Byron", "Countess Lovelace")
    graph.constrain(ORGANISATIONS_HIRE)
    assert [out.object for out in graph.rejected()] == ["Byte Labs", "Countess Lovelace"]
    split = graph.split("Ada Byron", [make(TEXT).id])
    assert len(graph.rejected()) == 2 and len(facts(store)) == 2
    graph.undo(split.id)
    graph.undo(decision.id)
    graph.constrain({})
    assert ("Ada Byron", "HIRED", "Countess Lovelace") in facts(store)


def test_too_many_objects_are_contradictions(store: GraphStore) -> None:
    add(store, "Ada Byron led Byte Labs. Ada Byron led Loom Labs. Ada Byron led Turing Labs.")
    graph = Graph(store)
    assert graph.contradictions() == []
    graph.constrain({"LED": Constraint(most=2)})
    (found,) = graph.contradictions()
    assert len(found) == 3 and len(facts(store)) == 3, "all are kept, side by side"
    graph.constrain({"LED": Constraint(most=3)})
    assert graph.contradictions() == []


@pytest.mark.parametrize(
    "text",
    [
        "[HIRED",
        "HIRED = 1",
        "[HIRED]\nof = ['X']",
        "[HIRED]\ndomain = 'X'",
        "[HIRED]\nrange = [1]",
        "[HIRED]\nmost = 0",
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "constraints.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"constraints\.toml"):
        read_constraints(file)
    with pytest.raises(ConfigError):
        read_constraints(tmp_path / "missing.toml")


def test_from_the_command_line(tmp_path: Path) -> None:
    workspace, file = tmp_path / "ws", tmp_path / "c.toml"
    with kgqa.open(workspace) as kb:
        add(kb.store, TEXT)
    file.write_text('[HIRED]\ndomain = ["Organization"]\nmost = 1\n')

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["graph", *arguments, "--workspace", str(workspace)])
        assert result.exit_code == 0, result.output
        return result.stdout

    made = json.loads(run("constrain", str(file), "--json"))
    assert made == {"constraints": {"HIRED": {"domain": ["Organization"], "range": [], "most": 1}}, "rejected": 1}
    assert json.loads(run("rejected", "--json"))[0]["subject"] == "Ada Byron"
    assert "domain: Person is not Organization" in run("rejected")
    file.write_text("")
    assert "0 constraints" in run("constrain", str(file))
