"""Dates and quantities are one entity if they come to the same value: what every store must do with them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from kgqa.graph import Graph, GraphStore
from kgqa.text import document_date, normalise_value
from kgqa.types import Chunk, Document, Extraction, Mention, Relation, content_id
from tests.contracts.test_graph_store import store
from tests.graph.content import dump

__all__ = ["store"]


def told(store: GraphStore, uri: str, text: str, *spans: tuple[str, str], metadata: Mapping[str, str] = {}) -> str:
    """Store a text in which the first of the spans is in relation to each of the others; the document's id."""
    document = Document.create(uri=uri, title=uri, text=text, language="en", metadata=metadata)
    chunk = Chunk(content_id("chunk", document.id), document.id, 0, len(text), text)
    mentions = []
    for name, type in spans:
        value, start = normalise_value(name, type, document_date(metadata)), text.index(name)
        mentions.append(Mention(start, start + len(name), name, type, value=value))
    relations = tuple(Relation(0, n, "ON", 0, len(text)) for n in range(1, len(mentions)))
    extraction = Extraction(chunk.id, tuple(mentions), relations, extractor="values@1")
    store.commit(document, [chunk], [extraction], np.ones((1, 4), np.float32), "ones@1")
    return document.id


CHATGPT = ("ChatGPT", "Product")


def test_value_in_other_words_or_another_language_is_one_entity(store: GraphStore) -> None:
    told(store, "a", "ChatGPT came on 30 November 2022.", CHATGPT, ("30 November 2022", "Date"))
    told(store, "b", "ChatGPT came on Nov. 30, 2022.", CHATGPT, ("Nov. 30, 2022", "Date"))
    told(store, "c", "ChatGPT于2022年11月30日发布。", CHATGPT, ("2022年11月30日", "Date"))
    (day,) = [entity for entity in store.entities() if entity.type == "Date"]
    assert (day.value, day.mentions) == ("2022-11-30", 3)
    assert {day.name, *day.aliases} == {"30 November 2022", "Nov. 30, 2022", "2022年11月30日"}
    (triple,) = store.triples(limit=None)
    assert (triple.object, triple.support) == (day.id, 3)


def test_value_of_another_precision_unit_or_type_is_another_entity(store: GraphStore) -> None:
    spans = [
        ("2022", "Date"),
        ("May 2022", "Date"),
        ("5 km", "Quantity"),
        ("about 5 km", "Quantity"),
        ("5 m", "Quantity"),
    ]
    for number, span in enumerate(spans):
        told(store, str(number), f"ChatGPT {span[0]}", CHATGPT, span)
    told(store, "n", "ChatGPT: 2022", CHATGPT, ("2022", "Quantity"))
    values = sorted((entity.value, entity.type) for entity in store.entities() if entity.value)
    assert values == [
        ("2022", "Date"), ("2022", "Quantity"), ("2022-05", "Date"), ("5 km", "Quantity"), ("5 m", "Quantity"),
        ("~5 km", "Quantity"),
    ]  # fmt: skip


def test_value_that_is_open_leaves_the_name(store: GraphStore) -> None:
    told(store, "a", "ChatGPT early 2022", CHATGPT, ("early 2022", "Date"))
    told(store, "b", "ChatGPT Early 2022", CHATGPT, ("Early 2022", "Date"))
    (date,) = [entity for entity in store.entities() if entity.type == "Date"]
    assert (date.value, date.mentions) == ("", 2)


@pytest.mark.parametrize("wanted", ["2022-11-30", "30 Nov 2022", "二〇二二年十一月三十日", "2022年11月30日"])
def test_value_is_found_in_any_words(store: GraphStore, wanted: str) -> None:
    told(store, "c", "ChatGPT于2022年11月30日发布。", CHATGPT, ("2022年11月30日", "Date"))
    assert [entity.value for entity in store.find(wanted)] == ["2022-11-30"]
    assert Graph(store).entity(wanted).value == "2022-11-30"


def test_value_of_a_relative_date_is_that_of_its_document(store: GraphStore) -> None:
    told(store, "a", "ChatGPT came last year.", CHATGPT, ("last year", "Date"), metadata={"date": "2023-05-01"})
    (date,) = [entity for entity in store.entities() if entity.type == "Date"]
    assert (date.name, date.value) == ("last year", "2022")
    told(store, "b", "ChatGPT came last year!", CHATGPT, ("last year", "Date"), metadata={"date": "2030-05-01"})
    told(store, "c", "ChatGPT于2022年发布。", CHATGPT, ("2022年", "Date"))
    told(store, "d", "ChatGPT came last year?", CHATGPT, ("last year", "Date"))
    dates = {entity.value: (entity.name, entity.mentions) for entity in store.entities() if entity.type == "Date"}
    assert dates == {"2022": ("2022年", 2), "2029": ("last year", 1), "": ("last year", 1)}


def test_value_leaves_no_trace_when_its_document_goes(store: GraphStore) -> None:
    told(store, "a", "ChatGPT came on 30 November 2022.", CHATGPT, ("30 November 2022", "Date"))
    before = dump(store)
    added = [
        told(store, "b", "ChatGPT came on Nov. 30, 2022.", CHATGPT, ("Nov. 30, 2022", "Date")),
        told(store, "c", "ChatGPT came last year.", CHATGPT, ("last year", "Date"), metadata={"date": "2023-05-01"}),
        told(store, "d", "3.4亿, 340 million", ("3.4亿", "Quantity"), ("340 million", "Quantity")),
    ]
    for id in added:
        store.delete(id)
    assert dump(store) == before
