"""Names linked to a catalogue: joined across scripts, homonyms apart, undone for good, no trace of what has gone."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import kgqa
from kgqa.cli import app
from kgqa.errors import ConfigError, DataError
from kgqa.graph import Catalogue, EmbeddedStore, GraphStore
from kgqa.types import Chunk, Document, Entity, Extraction, Mention, Relation
from tests.graph.content import dump, rows
from tests.graph.test_catalogue import HEADER

ROWS = (
    "Q16952\torganisation\tPeking University\t北京大学\t北大|PKU|北京大學\tuniversity in Beijing, China\tWD\n"
    "Q956\tcity\tBeijing\t北京\tPeking|BJS\tcapital of China\tWD\n"
    "Q1\tcity\tSpringfield\t斯普林菲尔德\t\tcity in Illinois\tWD\n"
    "Q2\tcity\tSpringfield\t春田\tSGF\tcity in Missouri\tWD\n"
    "Q3\tperson\tLi Na\t李娜\t\ttennis player\tWD\n"
    "Q4\tperson\tLi Na\t李娜\t\tsinger, of the album Qingzang Gaoyuan\tWD\n"
)
TYPES = {
    "Peking University": "University", "北京大学": "University", "北大": "University", "PKU": "University",
    "Beijing": "City", "北京": "City", "BJS": "City", "Illinois": "Location", "Missouri": "Location",
    "Springfield": "City", "春田": "City", "SGF": "City", "Li Na": "Person", "李娜": "Person",
    "Qingzang Gaoyuan": "Work", "Ada Byron": "Person", "Peking": "City",
}  # fmt: skip


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    path = tmp_path / "small.tsv"
    path.write_text(HEADER + ROWS, encoding="utf-8")
    return Catalogue.open(path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as store:
        yield store


def tell(store: GraphStore, text: str, uri: str = "") -> str:
    """A document in which the names of ``TYPES`` are read, each in a relation to the next; its id."""
    document = Document.create(uri=uri or text, title="", text=text, language="en")
    taken: dict[int, Mention] = {}
    for name in sorted(TYPES, key=len, reverse=True):
        start = text.find(name)
        if start >= 0 and not any(m.start <= start < m.end for m in taken.values()):
            taken[start] = Mention(start, start + len(name), name, TYPES[name])
    mentions = tuple(taken[start] for start in sorted(taken))
    relations = tuple(Relation(a, b, "KNOWS", 0, len(text)) for a, b in itertools.pairwise(range(len(mentions))))
    chunk = Chunk(f"{document.id}:0", document.id, 0, len(text), text)
    read = Extraction(chunk.id, mentions, relations, extractor="small@1")
    store.commit(document, [chunk], [read], np.ones((1, 1), np.float32), "ones@1")
    return document.id


def called(store: GraphStore, name: str) -> Entity:
    (found,) = (entity for entity in store.entities() if name in (entity.name, *entity.aliases))
    return found


def test_names_of_one_entry_become_one_entity(store: EmbeddedStore, catalogue: Catalogue) -> None:
    for text in ("Ada Byron left Peking University", "Ada Byron met 北京大学", "Ada Byron saw PKU", "北大"):
        tell(store, text)
    made = store.link(catalogue)
    university = called(store, "北京大学")
    assert {university.name, *university.aliases} == {"Peking University", "北京大学", "PKU", "北大"}
    assert university.name == "Peking University" and university.mentions == 4
    assert {(d.name, d.value, d.score) for d in made} == {
        ("Peking University", "Q16952", 0.95),
        ("北京大学", "Q16952", 0.95),
        ("北大", "Q16952", 0.85),
        ("PKU", "Q16952", 0.7),
    }
    assert {d.decided_by for d in made} == {"catalogue small.tsv"}
    assert all(d.reason.startswith("Q16952: Peking University, 北京大学 (") for d in made)
    assert [d.value for d in store.links(university.id)] == ["Q16952"] * 4
    assert store.links(called(store, "Ada Byron").id) == []
    assert store.triples(subject=called(store, "Ada Byron").id)[0].support == 3
    assert store.link(catalogue) == [], "what is linked is not linked again"


def test_homonyms_stay_apart_and_a_document_says_which_it_means(store: EmbeddedStore, catalogue: Catalogue) -> None:
    illinois = tell(store, "Springfield in Illinois")
    missouri = tell(store, "Springfield in Missouri")
    other = tell(store, "Springfield is far")
    tell(store, "春田")
    made = store.link(catalogue)
    assert {(d.name, d.value, d.documents) for d in made} == {
        ("Springfield", "Q1", (illinois,)),
        ("Springfield", "Q2", (missouri,)),
        ("春田", "Q2", ()),
    }
    there = {e.id: {one.document_id for one in store.evidence(e.id)} for e in store.find("springfield")}
    assert sorted(map(len, there.values())) == [1, 1, 2] and {other} in there.values()
    assert called(store, "春田").mentions == 2
    (unlinked,) = store.linkable(catalogue).unlinked
    assert (unlinked.name, unlinked.documents) == ("Springfield", (other,))
    assert {entry.id for entry in unlinked.candidates} == {"Q1", "Q2"}


def test_two_people_of_one_name_are_not_linked_without_a_sign(store: EmbeddedStore, catalogue: Catalogue) -> None:
    tell(store, "李娜")
    tell(store, "Li Na")
    sang = tell(store, "Li Na sang Qingzang Gaoyuan")
    (made,) = store.link(catalogue)
    assert (made.value, made.documents) == ("Q4", (sang,))
    assert len([e for e in store.entities() if e.type == "Person"]) == 3


def test_a_short_alias_needs_another_name_beside_it(store: EmbeddedStore, catalogue: Catalogue) -> None:
    tell(store, "BJS")
    beside = tell(store, "BJS is 北京")
    made = {(d.name, d.documents) for d in store.link(catalogue)}
    assert made == {("北京", ()), ("BJS", (beside,))}


def test_a_link_that_was_undone_is_not_made_again(store: EmbeddedStore, catalogue: Catalogue) -> None:
    for text in ("Peking University", "北京大学", "Springfield in Illinois"):
        tell(store, text)
    before = dump(store)
    made = store.link(catalogue)
    assert len(made) == 3
    for decision in made:
        assert store.undo(decision.id).undone_at
    assert dump(store) == before and store.link(catalogue) == [] and dump(store) == before
    tell(store, "Springfield of Illinois")
    assert [d.name for d in store.link(catalogue)] == ["Springfield"], "of another document nobody has said so"


TEXTS = (
    "Peking University",
    "北京大学 in 北京",
    "PKU",
    "Springfield in Illinois",
    "SGF is 春田",
    "Springfield",
    "Peking",
)


@pytest.mark.parametrize("gone", range(len(TEXTS)))
@pytest.mark.parametrize("is_linked_before", [False, True])
def test_a_document_that_has_gone_leaves_no_trace(
    tmp_path: Path, catalogue: Catalogue, gone: int, is_linked_before: bool
) -> None:
    with (
        EmbeddedStore.open(tmp_path / "used.sqlite") as used,
        EmbeddedStore.open(tmp_path / "fresh.sqlite") as fresh,
    ):
        ids = {}
        for text in TEXTS if is_linked_before else reversed(TEXTS):
            ids[text] = tell(used, text)
            if is_linked_before:
                used.link(catalogue)
        used.link(catalogue)
        used.delete(ids[TEXTS[gone]])
        for text in TEXTS:
            if text != TEXTS[gone]:
                tell(fresh, text)
        fresh.link(catalogue)
        used.link(catalogue)
        assert dump(used) == dump(fresh) and rows(used) == rows(fresh)


def test_what_a_person_decided_goes_before(store: EmbeddedStore, catalogue: Catalogue) -> None:
    for text in ("Peking University", "北京大学", "北大", "PKU", "Ada Byron"):
        tell(store, text)
    store.keep_apart(called(store, "Peking University").id, called(store, "北京大学").id)
    store.merge(called(store, "Ada Byron").id, called(store, "北大").id)
    assert {d.name for d in store.link(catalogue)} == {"PKU"}, "neither of the two is what the other is"
    assert called(store, "北京大学") != called(store, "PKU") and called(store, "北大") == called(store, "Ada Byron")


def test_a_split_and_a_separation_hold_against_links(store: EmbeddedStore, catalogue: Catalogue) -> None:
    first = tell(store, "Peking University")
    tell(store, "Peking University met Ada Byron")
    tell(store, "北大")
    split = store.split(called(store, "Peking University").id, [first])
    store.link(catalogue)
    assert store.entity(split.other).aliases == () and called(store, "北大").mentions == 2
    store.separate(called(store, "北大").id, "北大")
    assert called(store, "北大").mentions == 1
    tell(store, "北大 met Ada Byron")
    assert store.link(catalogue) == [] and called(store, "北大").mentions == 2


def test_a_rejected_fact_stays_out_when_its_ends_are_linked(store: EmbeddedStore, catalogue: Catalogue) -> None:
    tell(store, "Springfield in Illinois")
    (wrong,) = store.triples()
    rejected = store.reject(wrong.id)
    store.link(catalogue)
    assert store.triples() == [] and len(store.rejected()) == 1
    store.undo(rejected.id)
    assert len(store.triples()) == 1 and store.rejected() == []


def test_a_rejected_fact_stays_out_when_a_link_of_its_end_is_undone(store: EmbeddedStore, catalogue: Catalogue) -> None:
    tell(store, "Springfield in Illinois")
    tell(store, "Springfield")
    (made,) = store.link(catalogue)
    (wrong,) = store.triples()
    rejected = store.reject(wrong.id)
    store.undo(made.id)
    assert store.triples() == [] and [r.reason for r in store.rejected()] == [f"decision {rejected.id}"]
    tell(store, "Springfield is in Illinois")
    assert len(store.triples()) == 1, "another document says so of a Springfield that nobody has linked"
    store.undo(rejected.id)
    assert [triple.support for triple in store.triples()] == [2] and store.rejected() == []


# --- From the command line, and by each ingest ------------------------------------------------------------------------


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["graph", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_command_links_and_says_what_it_cannot_tell(tmp_path: Path, catalogue: Catalogue) -> None:
    workspace = ("--workspace", str(tmp_path / "ws"))
    with kgqa.open(tmp_path / "ws") as kb:
        for text in ("Peking University", "北京大学", "Springfield"):
            tell(kb.store, text)
    file = str(tmp_path / "small.tsv")
    planned = run("link", file, "--dry-run", *workspace)
    assert [one["entry"]["id"] for one in planned["links"]] == ["Q16952"] * 2 and planned["decisions"] == []
    assert [one["id"] for one in planned["unlinked"][0]["candidates"]] == ["Q1", "Q2"]
    assert run("decisions", *workspace) == []
    shown = CliRunner().invoke(app, ["graph", "link", file, *workspace])
    assert "0.95  北京大学 → Q16952, Peking University" in shown.stdout
    assert "2 names were linked; 1 stay as they are" in " ".join(shown.stderr.split())
    assert run("entity", "北京大学", *workspace)["catalogue_ids"] == ["Q16952"]
    assert "In the catalogue: Q16952" in CliRunner().invoke(app, ["graph", "entity", "北京大学", *workspace]).stdout
    listed = CliRunner().invoke(app, ["graph", "decisions", *workspace]).stdout
    assert "'北京大学' is Q16952, 'Peking University'" in " ".join(listed.split())
    bad = tmp_path / "bad.tsv"
    bad.write_text(HEADER + "Q1\n", encoding="utf-8")
    refused = CliRunner().invoke(app, ["graph", "link", str(bad), *workspace])
    assert refused.exit_code == 1 and "bad.tsv:2: 1 columns" in " ".join(refused.stderr.split())


def test_a_catalogue_that_is_not_there_stops_an_ingest_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Peking University", encoding="utf-8")
    with kgqa.open(tmp_path / "ws", settings={"graph": {"catalogue": "small.tsv"}}) as kb:
        with pytest.raises(ConfigError, match="There is no catalogue"):
            kb.ingest(tmp_path / "a.txt")
        (tmp_path / "ws" / "small.tsv").write_text("qid\n", encoding="utf-8")
        with pytest.raises(DataError, match=r"small\.tsv:1"):
            kb.ingest(tmp_path / "a.txt")
        assert kb.documents() == []
