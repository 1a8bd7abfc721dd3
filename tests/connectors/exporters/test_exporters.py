"""Exports hold the whole graph with its provenance, and are there whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

from kgqa.errors import WorkspaceError
from kgqa.graph import EmbeddedStore, Graph
from kgqa.pipelines.training.formats import read_examples
from kgqa.registry import EXPORTERS, load
from kgqa.text import chunk
from kgqa.types import Extraction, Mention, Relation
from tests.contracts.test_values import told
from tests.graph.content import add, make
from tests.small_models import SmallEmbedder


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        add(store, 'Ada Byron founded Byte Labs.\n\n=Ada, "the" <first>\x01& 北京 met Byte Labs.', "docs/a.txt")
        add(store, "Ada Byron founded Byte Labs. It hired Charles Babbage.", "docs/b.txt")
        yield Graph(store)


def test_json_lines_carry_every_evidence(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    load(EXPORTERS, "json")(graph, path)
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    statistics = graph.statistics()
    kinds = [record["kind"] for record in records]
    assert kinds.count("entity") == statistics.entities and kinds.count("triple") == statistics.triples
    texts = {document.uri: graph.store.document(document.id).text for document in graph.store.documents()}
    evidence = [e for record in records if record["kind"] == "triple" for e in record["evidence"]]
    assert len(evidence) == statistics.evidences
    for e in [e for record in records for e in record["evidence"]]:
        assert e["quote"] == texts[e["uri"]][e["start"] : e["end"]]


def test_csv_has_a_row_for_each_evidence_and_no_formulas(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "graph.csv"
    load(EXPORTERS, "csv")(graph, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == graph.statistics().evidences
    founded = [row for row in rows if row["predicate"] == "FOUNDED"]
    assert {row["uri"] for row in founded} == {"docs/a.txt", "docs/b.txt"}
    assert {(row["subject"], row["object"], row["support"]) for row in founded} == {("Ada Byron", "Byte Labs", "2")}
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())


def test_exports_give_dates_their_values(graph: Graph, tmp_path: Path) -> None:
    told(graph.store, "c.txt", "Byte Labs, 2022年11月30日", ("Byte Labs", "Organization"), ("2022年11月30日", "Date"))
    for name in ("json", "csv", "graphml"):
        load(EXPORTERS, name)(graph, tmp_path / name)
    records = [json.loads(line) for line in (tmp_path / "json").read_text(encoding="utf-8").splitlines()]
    assert [r["value"] for r in records if r.get("name") == "2022年11月30日"] == ["2022-11-30"]
    with (tmp_path / "csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["object"]: row for row in csv.DictReader(file)}
    assert [rows[name]["object_value"] for name in ("2022年11月30日", "Byte Labs")] == ["2022-11-30", ""]
    view = networkx.read_graphml(tmp_path / "graphml", force_multigraph=True)
    assert "2022-11-30" in {value for _, value in view.nodes(data="value")}


def test_graphml_can_be_read_by_others(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "graph.graphml"
    load(EXPORTERS, "graphml")(graph, path)
    view = networkx.read_graphml(path, force_multigraph=True)
    statistics = graph.statistics()
    assert (view.number_of_nodes(), view.number_of_edges()) == (statistics.entities, statistics.triples)
    assert {edge["predicate"] for _, _, edge in view.edges(data=True)} == set(statistics.predicates)
    assert all(edge["quote"] and edge["uri"] for _, _, edge in view.edges(data=True))
    assert "Ada Byron" in {node["name"] for _, node in view.nodes(data=True)}


@pytest.mark.parametrize("format", sorted(EXPORTERS))
def test_an_export_of_nothing_is_valid(format: str, tmp_path: Path) -> None:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        load(EXPORTERS, format)(Graph(store), tmp_path / "graph")
    assert (tmp_path / "graph").is_file()


@pytest.mark.parametrize("format", sorted(EXPORTERS))
def test_a_file_that_cannot_be_written_is_one_clear_error(graph: Graph, format: str, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be written"):
        load(EXPORTERS, format)(graph, tmp_path / "missing" / "graph")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    with pytest.raises(WorkspaceError, match="cannot be written"):
        load(EXPORTERS, format)(graph, tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_corrections_are_examples_that_can_be_trained_on(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "corrections.jsonl"
    load(EXPORTERS, "examples")(graph, path)
    assert path.read_text(encoding="utf-8") == "", "nothing was corrected"
    wrong = graph.triples(subject=graph.entity("Ada Byron").id, predicate="FOUNDED")[0]
    graph.reject(wrong.id)
    undone = graph.retype("Byte Labs", "Product")
    graph.undo(undone.id)
    graph.retype("Charles Babbage", "Engineer")
    load(EXPORTERS, "examples")(graph, path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    said = {
        line["text"].strip(" ."): (
            [(line["text"][s["start"] : s["end"]], s["label"]) for s in line["spans"]],
            line["relations"],
            line["labels"],
        )
        for line in lines
    }
    ada = [("Ada Byron", "Person"), ("Byte Labs", "Organization")]
    assert said["Ada Byron founded Byte Labs"] == (ada, [], ["FOUNDED"])
    assert said["It hired Charles Babbage"] == ([("Charles Babbage", "Engineer")], [], ["Engineer"])
    assert len(said) == 2


def test_a_rejected_open_fact_is_no_example(tmp_path: Path) -> None:
    text = "Byte Labs sued Loom Works."
    mentions = (Mention(0, 9, "Byte Labs", "Organization"), Mention(15, 25, "Loom Works", "Organization"))
    document = make(text)
    (piece,) = chunk(document)
    read = Extraction(piece.id, mentions, (Relation(0, 1, "~sued", 0, 26),), extractor="by hand")
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        store.commit(document, [piece], [read], SmallEmbedder().embed([text]), "letters@1")
        graph = Graph(store)
        graph.reject(graph.triples(predicate="~sued")[0].id)
        assert [one.predicate for one in graph.rejected()] == ["~sued"] and not graph.triples()
        load(EXPORTERS, "examples")(graph, tmp_path / "corrections.jsonl")
    assert (tmp_path / "corrections.jsonl").read_text(encoding="utf-8") == ""


def test_corrections_are_read_by_the_training(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "corrections.jsonl"
    graph.retype("Byte Labs", "Product")
    load(EXPORTERS, "examples")(graph, path)
    examples = read_examples(path)
    assert examples and all(example.annotated_types == {"Product"} for example in examples)
    assert {m.text for e in examples for m in e.mentions if m.type == "Product"} == {"Byte Labs"}
