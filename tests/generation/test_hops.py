"""Questions in several steps: each description is answered first, and every step is quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from kgqa.generation import Answerer, Name
from kgqa.types import Answer, Entity
from tests.generation.fakes import AskedReader, ListRetriever, ListStore, document, passage

TEAM = document("Fission", "Otto Hahn worked on fission in Berlin. His colleague was Lise Meitner.")
MEITNER = document("Meitner", "Lise Meitner was born in Vienna. Her brother is Walter Meitner.")
WALTER = document("Walter", "Walter Meitner lived in London.")
LAB = document("核能实验室", "核能实验室的主任是何丽，她住在北京。", "zh")
HE = document("何丽", "何丽毕业于浙江大学。", "zh")
ENTITIES = [Entity("h", "Otto Hahn", "Person"), Entity("m", "Lise Meitner", "Person", aliases=("she", "Meitner")),
            Entity("w", "Walter Meitner", "Person"), Entity("l", "核能实验室", "Organization"),
            Entity("e", "何丽", "Person")]  # fmt: skip
PASSAGES = [
    passage(TEAM, entities=["h", "m"]),
    passage(MEITNER, entities=["m", "w"]),
    passage(WALTER, entities=["w"]),
    passage(LAB, entities=["l", "e"]),
    passage(HE, entities=["e"]),
]
DESCRIBED = "In which city was the colleague of Otto Hahn born?"
COLLEAGUE = "Who is the colleague of Otto Hahn?"


def names(question: str) -> Sequence[Name]:
    return [Name(entity.name, frozenset({entity.id})) for entity in ENTITIES if entity.name in question]


def answer(question: str, answers: Mapping[str, Mapping[str, float]]) -> Answer:
    store = ListStore([TEAM, MEITNER, WALTER, LAB, HE], ENTITIES)
    return Answerer(store, ListRetriever(PASSAGES), AskedReader(answers), names=names).answer(question)


def test_a_description_is_answered_first_and_both_steps_are_quoted() -> None:
    found = answer(
        DESCRIBED,
        {
            DESCRIBED: {"Berlin": 0.7},
            COLLEAGUE: {"Lise Meitner": 0.9},
            "In which city was Lise Meitner born?": {"Vienna": 0.8},
        },
    )
    assert (found.short, found.confidence) == ("Vienna", 0.8)
    assert [citation.quote for citation in found.citations] == [
        "His colleague was Lise Meitner.",
        "Lise Meitner was born in Vienna.",
    ]


def test_a_chinese_description_is_answered_first_too() -> None:
    question = "核能实验室的主任毕业于哪所大学？"
    found = answer(
        question,
        {
            question: {"北京": 0.6},
            "核能实验室的主任是谁？": {"何丽": 0.9},
            "何丽毕业于哪所大学？": {"浙江大学": 0.8},
        },
    )
    assert found.short == "浙江大学"
    assert [citation.quote for citation in found.citations] == [LAB.text, HE.text]


def test_descriptions_are_answered_one_in_the_other() -> None:
    question = "In which city did the brother of the colleague of Otto Hahn live?"
    found = answer(
        question,
        {
            COLLEAGUE: {"Lise Meitner": 0.9},
            "Who is the brother of Lise Meitner?": {"Walter Meitner": 0.6},
            "In which city did Walter Meitner live?": {"London": 0.8},
        },
    )
    assert (found.short, found.confidence, len(found.citations)) == ("London", 0.6, 3)


@pytest.mark.parametrize("bridge", [0.2, 0.0])
def test_an_unsure_step_is_not_taken(bridge: float) -> None:
    found = answer(DESCRIBED, {DESCRIBED: {"Berlin": 0.7}, COLLEAGUE: {"Lise Meitner": bridge}})
    assert (found.short, len(found.citations)) == ("Berlin", 1)


def test_a_chain_is_as_sure_as_its_least_sure_step() -> None:
    found = answer(
        DESCRIBED, {COLLEAGUE: {"Lise Meitner": 0.4}, "In which city was Lise Meitner born?": {"Vienna": 0.9}}
    )
    assert found.abstained
    found = answer(
        DESCRIBED, {COLLEAGUE: {"Lise Meitner": 0.6}, "In which city was Lise Meitner born?": {"Vienna": 0.9}}
    )
    assert (found.short, found.confidence) == ("Vienna", 0.6)


def test_a_question_for_what_the_description_stands_for_is_answered_at_once() -> None:
    question = "Which Austrian was the colleague of Otto Hahn?"
    found = answer(
        question,
        {
            question: {"Lise Meitner": 0.7},
            COLLEAGUE: {"Lise Meitner": 0.9},
            "Which Austrian was Lise Meitner?": {"Walter Meitner": 0.9},
        },
    )
    assert (found.short, len(found.citations)) == ("Lise Meitner", 1)


def test_a_step_leads_to_an_entity_that_the_question_does_not_name() -> None:
    found = answer(DESCRIBED, {DESCRIBED: {"Berlin": 0.7}, COLLEAGUE: {"Otto Hahn": 0.9, "Berlin": 0.9}})
    assert found.short == "Berlin"


def test_a_plain_question_is_read_once() -> None:
    store = ListStore([MEITNER], ENTITIES)
    reader = AskedReader({"Where was Lise Meitner born?": {"Vienna": 0.9}})
    Answerer(store, ListRetriever(PASSAGES), reader, names=names).answer("Where was Lise Meitner born?")
    assert reader.questions == ["Where was Lise Meitner born?"]
