"""Decoding of events: triggers of several types, and what becomes of them with their arguments."""

import numpy as np

from kgqa.extraction.assembly import ExtractionConfig, WindowRead, assemble
from kgqa.extraction.events import EventRead, choose_triggers
from kgqa.extraction.schema import Schema
from kgqa.extraction.windows import Window
from kgqa.types import Chunk, Extraction


def banded(*cells: tuple[int, int, int, float], kinds: int = 2) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    scores = np.full((8, 4, kinds), -5.0, dtype=np.float32)
    for first, last, kind, score in cells:
        scores[first, last - first, kind] = score
    return scores


def test_a_word_may_trigger_events_of_two_types() -> None:
    found = choose_triggers(banded((1, 1, 0, 2.0), (1, 1, 1, 1.0), (4, 4, 1, -1.0)), 0.0, begin=10)
    assert [(read.first, read.last, read.kind, read.score) for read in found] == [(1, 1, 10, 2.0), (1, 1, 11, 1.0)]


def test_a_type_of_event_may_have_to_be_surer() -> None:
    found = choose_triggers(banded((1, 1, 0, 2.0), (1, 1, 1, 1.0)), np.array([2.5, 0.5], np.float32), begin=10)
    assert [(read.kind, read.score) for read in found] == [(11, 1.0)]


def test_of_overlapping_triggers_of_a_type_the_better_stays() -> None:
    found = choose_triggers(banded((1, 1, 0, 1.0), (1, 2, 0, 2.0), (3, 3, 0, 0.5)), 0.0, begin=0)
    assert [(read.first, read.last) for read in found] == [(1, 2), (3, 3)]


TEXT = "Rebels attacked Acme in May."


def read(start: int, *events: EventRead, mentions: bool = True) -> Extraction:
    offsets = [(0, 0), (0, 6), (7, 15), (16, 20), (21, 23), (24, 27), (27, 28), (0, 0)]
    window = Window(0, [0] * 8, [0] * 8, [True] * 8, [True] * 8, offsets)
    config = ExtractionConfig("1", ("Organization", "Attack"), (), ("TIME", "VICTIM"), 0.0, 0.0, {})
    reads = [WindowRead(window, [(3, 3, 0, 4.0)] if mentions else [], None, [event]) for event in events]
    return assemble(Chunk("c", "d", start, start + len(TEXT), TEXT), reads, config, Schema(), "x@1")


def test_events_have_the_documents_offsets_and_a_time() -> None:
    attack = EventRead(2, 2, 1, 2.0, ((3, 3, 1, 1.0), (5, 5, 0, 1.0)))
    (event,) = read(100, attack).events
    assert (event.start, event.end, event.text, event.type, event.time) == (107, 115, "attacked", "Attack", "May")
    assert [(a.text, a.role, a.mention, a.start) for a in event.arguments] == [
        ("Acme", "VICTIM", 0, 116),
        ("May", "TIME", None, 124),
    ]
    assert 0.5 < event.confidence < 1


def test_an_argument_that_holds_one_mention_is_about_it() -> None:
    (event,) = read(0, EventRead(2, 2, 1, 2.0, ((3, 5, 1, 1.0),))).events
    assert (event.arguments[0].text, event.arguments[0].mention) == ("Acme in May", 0)
    (event,) = read(0, EventRead(2, 2, 1, 2.0, ((3, 5, 1, 1.0),)), mentions=False).events
    assert event.arguments[0].mention is None


def test_of_two_windows_the_surer_one_is_believed() -> None:
    unsure, sure = EventRead(2, 2, 1, 1.0), EventRead(2, 2, 1, 3.0, ((3, 3, 1, 1.0),))
    for order in ((unsure, sure), (sure, unsure)):
        (event,) = read(0, *order).events
        assert [argument.text for argument in event.arguments] == ["Acme"]


def test_a_schema_defines_the_roles_of_its_events() -> None:
    schema = Schema.load()
    assert {role for event in schema.events.values() for role in event.roles} == {*schema.roles}
    assert all(kind.labels["en"] and kind.labels["zh"] and kind.description for kind in schema.events.values())
    assert all(role.labels["en"] and role.labels["zh"] for role in schema.roles.values())
