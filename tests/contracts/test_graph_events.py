"""Events of the graph: what they are, which of them happened when, and that they go with their document."""

from __future__ import annotations

import pytest

from kgqa.errors import NotFound, QueryError
from kgqa.graph import Graph, GraphStore
from kgqa.text import chunk
from kgqa.types import Argument, Event, Extraction, Mention, Modality, StoredEvent
from tests.contracts.test_graph_store import store
from tests.graph.content import add, dump, make
from tests.small_models import SmallEmbedder

__all__ = ["store"]

TEXT = (
    "Ada Byron founded Byte Labs in 1998. Charles Babbage joined Byte Labs in 2003. "
    "Ada Byron did not praise Charles Babbage. Byte Labs hired Dora Dot."
)


def told(events: list[StoredEvent]) -> list[tuple[str, ...]]:
    return [(event.type, *(p.entity_name for p in event.participants)) for event in events]


@pytest.fixture
def graph(store: GraphStore) -> Graph:
    add(store, TEXT)
    return Graph(store)


def test_events_have_trigger_roles_time_and_evidence(graph: Graph) -> None:
    founded, *others = graph.events()
    assert (founded.type, founded.trigger, founded.time) == ("Founded", "founded", "in 1998")
    assert (founded.valid_from, founded.valid_to) == ("1998-01-01", "1998-12-31")
    assert [(p.role, p.text, p.entity_id) for p in founded.participants] == [
        ("AGENT", "Ada Byron", graph.entity("Ada Byron").id),
        ("PATIENT", "Byte Labs", graph.entity("Byte Labs").id),
    ]
    assert [event.type for event in others] == ["Joined", "Hired"], "undated ones last, denied ones not"
    for event in graph.all_events():
        (evidence,) = graph.evidence(event.id)
        assert evidence.quote == TEXT[evidence.start : evidence.end] and evidence.target_id == event.id
        assert all(p.text == TEXT[p.start : p.end] and p.text in evidence.quote for p in event.participants)
        assert event.trigger in evidence.quote and evidence.chunk_id == event.chunk_id
    assert graph.evidence(founded.id)[0].quote == "Ada Byron founded Byte Labs"
    assert graph.statistics().events == 4


def test_events_are_found_by_period_type_and_participant(graph: Graph) -> None:
    assert told(graph.events(during="1998")) == [("Founded", "Ada Byron", "Byte Labs")]
    assert told(graph.events(during="1998-07-14")) == told(graph.events(during="/2000"))
    assert [e.type for e in graph.events(during="1998/2003")] == ["Founded", "Joined"]
    assert [e.type for e in graph.events(during="2003/")] == ["Joined"] and graph.events(during="2000") == []
    assert [e.type for e in graph.events(type="Hired")] == ["Hired"]
    assert [e.type for e in graph.events("Charles Babbage")] == ["Joined"]
    (denied,) = graph.events("Charles Babbage", modality=Modality.NEGATED)
    assert denied.type == "Praise" and denied.modality is Modality.NEGATED
    assert len(graph.events(modality=None)) == 4 and len(graph.events(limit=1)) == 1
    assert {event.id for event in graph.all_events()} == {event.id for event in graph.events(modality=None)}
    with pytest.raises(NotFound):
        graph.events("nobody")
    for wrong in ("soon", "2003/1998", "2003-13", "/", ""):
        with pytest.raises(QueryError, match="date or period"):
            graph.events(during=wrong)


def test_events_follow_merges_and_splits_and_go_without_a_trace(graph: Graph) -> None:
    store = graph.store
    before = dump(store)
    add(store, "Babbage Senior met Ada Byron in 1999.", "b.txt")
    decision = graph.merge("Charles Babbage", "Babbage Senior")
    assert [e.type for e in graph.events("Charles Babbage")] == ["Met", "Joined"]
    split = graph.split("Charles Babbage", [make("Babbage Senior met Ada Byron in 1999.").id])
    assert [e.type for e in graph.events(graph.entity("Charles Babbage").id)] == ["Joined"]
    graph.undo(split.id)
    graph.undo(decision.id)
    assert [e.type for e in graph.events("Babbage Senior")] == ["Met"]
    store.delete(make("Babbage Senior met Ada Byron in 1999.").id)
    assert dump(store) == before
    store.delete(make(TEXT).id)
    assert list(graph.all_events()) == [] and graph.statistics().events == 0


def test_what_takes_part_need_not_be_an_entity(store: GraphStore) -> None:
    document = make("梁文锋2023年以1亿元创立了深度求索。")
    (piece,) = chunk(document)
    mentions = (Mention(0, 3, "梁文锋", "Person"), Mention(15, 19, "深度求索", "Organization"))
    agent = Argument(0, 3, "梁文锋", "AGENT", 0)
    arguments = (Argument(15, 19, "深度求索", "OBJECT", 1), Argument(9, 12, "1亿元", "PRICE"), agent, agent)
    event = Event(12, 14, "创立", "Start", arguments, "2023年")
    twice = (event, Event(12, 14, "创立", "Start", (), "", Modality.UNCERTAIN, 0.1))
    extraction = Extraction(piece.id, mentions, events=twice, extractor="x@1")
    store.commit(document, [piece], [extraction], SmallEmbedder().embed([piece.text]), "letters@1")
    (found,) = store.events(modality=None)
    assert [(p.role, p.text, p.entity_name) for p in found.participants] == [
        ("AGENT", "梁文锋", "梁文锋"),
        ("PRICE", "1亿元", ""),
        ("OBJECT", "深度求索", "深度求索"),
    ]
    assert found.valid_from == "2023-01-01" and store.evidence(found.id)[0].quote == "梁文锋2023年以1亿元创立了深度求索"
    outside = Extraction(piece.id, events=(Event(12, 99, "x", "Start"),), extractor="x@2")
    with pytest.raises(ValueError, match="outside"):
        store.commit(document, [piece], [outside], SmallEmbedder().embed([piece.text]), "letters@1")
