"""Labels, types and names from text: whatever they are made of, they stay names."""

from __future__ import annotations

from pathlib import Path

import neo4j
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.connectors.neo4j import open_store
from kgqa.connectors.neo4j.names import MOST_CHARACTERS, label, quoted, relationship_type
from kgqa.graph import EmbeddedStore
from kgqa.text import chunk
from kgqa.types import Extraction, Mention, Relation
from tests.connectors.neo4j.content import held, wanted
from tests.graph.content import add, make
from tests.small_models import SmallEmbedder

STRANGE = (
    "WORKS_FOR",
    "创立者",
    "a`b",
    "a``b``",
    "x`]->(n) DETACH DELETE n //",
    "x\\u0060]->(n) DETACH DELETE n //",
    "back\\slash",
    "new\nline",
    "null\x00",
    "MENTIONS",
    "FROM_DOCUMENT",
    "R" * 500,
    "R" * 501,
    " ",
    "OPEN",
    "~acquired",
    "~任…主席",
)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_every_text_becomes_a_name_that_cannot_end_itself(text: str) -> None:
    for name in (label(text), relationship_type(text)):
        assert 0 < len(name) <= MOST_CHARACTERS and "\\" not in name
        assert "`" not in quoted(name)[1:-1].replace("``", "")
    assert label(text) not in {"Entity", "Chunk", "Document", "Workspace"}


def test_open_predicates_share_one_type() -> None:
    assert {relationship_type(name) for name in ("~acquired", "~was sued by", "~收购")} == {"OPEN"}
    assert relationship_type("ACQUIRED") == "ACQUIRED"


def test_names_that_read_as_escapes_are_refused() -> None:
    for name in ("a\\u0060", ""):
        with pytest.raises(ValueError, match="cannot be a name"):
            quoted(name)


def test_strange_types_and_predicates_come_back_as_they_were(tmp_path: Path, neo4j_session: neo4j.Session) -> None:
    text = ". ".join(f"A{n} B{n}" for n in range(len(STRANGE)))
    document = make(text)
    mentions, relations = [], []
    for n, name in enumerate(STRANGE):
        start = text.index(f"A{n} ")
        middle = start + len(f"A{n} ")
        end = middle + len(f"B{n}")
        mentions += [Mention(start, middle - 1, f"A{n}", name), Mention(middle, end, f"B{n}", "Document")]
        relations.append(Relation(2 * n, 2 * n + 1, name, start, end))
    (piece,) = chunk(document)
    extraction = Extraction(piece.id, tuple(mentions), tuple(relations), extractor="x@1")
    with open_store(tmp_path / "store.sqlite", "neo4j://") as store:
        store.commit(document, [piece], [extraction], SmallEmbedder().embed([piece.text]), "letters@1")
        assert {t.predicate for t in store.triples()} == set(STRANGE)
        assert {e.type for e in store.entities()} == {*STRANGE, "Document"}
        for name in STRANGE:
            (triple,) = store.triples(predicate=name)
            assert store.triples(ids=[triple.id], predicate=name) == [triple]
            assert store.neighbours(triple.subject)[0].triples == (triple,)
        assert held(neo4j_session) == wanted(store)
        store.delete(document.id)
        store.projection.catch_up()
        assert held(neo4j_session)["entities"] == []


def test_very_long_and_odd_names_are_kept_and_found(tmp_path: Path, neo4j_session: neo4j.Session) -> None:
    long = "A" + "b" * 100_000
    with open_store(tmp_path / "store.sqlite", "neo4j://") as store:
        add(store, f"Ada' OR 1=1 met Byte\x00Labs. {long} met Ada`Byron\u202e. Ada Byron met {long}.", size=10**6)
        store.projection.catch_up()
        assert held(neo4j_session) == wanted(store)
        for part in ("ada", "Ada Byron", "labs", "b" * 60, "ada` byron"):
            assert store.find(part) == EmbeddedStore(store.database).find(part)
        (found,) = [e for e in store.entities() if e.name == long]
        assert store.evidence(found.id)
