"""A conversation remembers, and asks for the completed question."""

from __future__ import annotations

import pytest

from kgqa.dialogue import Conversation
from kgqa.dialogue.conversation import REMEMBERED
from kgqa.generation import Answerer, Names
from kgqa.types import Done, Entity
from tests.dialogue.fakes import ListExtractor
from tests.generation.fakes import HeartReader, ListRetriever, ListStore, document, passage

MEITNER = document("Meitner", "Lise Meitner explained fission. She was born in Vienna.")
TU = document("屠呦呦", "屠呦呦发现了青蒿素。她出生于宁波。", "zh")
EXTRACTOR = ListExtractor({"Lise Meitner": "Person", "屠呦呦": "Person", "Vienna": "Place", "宁波": "Place"})


def conversation(retriever: ListRetriever, answers: dict[str, float]) -> Conversation:
    entities = [Entity("m", "Lise Meitner", "Person"), Entity("t", "屠呦呦", "Person")]
    return Conversation(Answerer(ListStore([MEITNER, TU], entities), retriever, HeartReader(answers)), Names(EXTRACTOR))


@pytest.mark.parametrize(
    ("source", "first", "answer", "follow_up", "completed"),
    [
        (MEITNER, "Who explained fission?", "Lise Meitner", "Where was she born?", "Where was Lise Meitner born?"),
        (TU, "谁发现了青蒿素？", "屠呦呦", "她出生在哪里？", "屠呦呦出生在哪里？"),
    ],
)
def test_conversation_completes_a_follow_up(source, first, answer, follow_up, completed) -> None:  # type: ignore[no-untyped-def]
    retriever = ListRetriever([passage(source)])
    chat = conversation(retriever, {answer: 0.9})
    assert chat.ask(first).short == answer
    found = chat.ask(follow_up)
    assert (found.question, found.rewritten) == (follow_up, completed)
    assert retriever.questions == [first, completed]
    assert [turn.question for turn in chat.turns] == [first, follow_up]


def test_conversation_remembers_a_bounded_number_of_turns() -> None:
    chat = conversation(ListRetriever([]), {})
    for number in range(REMEMBERED + 5):
        chat.ask(f"Question {number} about Lise Meitner?")
    assert len(chat.turns) == REMEMBERED
    assert chat.turns[-1].question == f"Question {REMEMBERED + 4} about Lise Meitner?"


def test_conversation_does_not_remember_an_answer_that_was_broken_off() -> None:
    chat = conversation(ListRetriever([passage(MEITNER)]), {"Vienna": 0.9})
    events = chat.stream("Where was Lise Meitner born?")
    next(events)
    events.close()  # type: ignore[attr-defined]  # it is a generator
    assert chat.turns == ()
    assert isinstance(list(chat.stream("Where was Lise Meitner born?"))[-1], Done)
    assert len(chat.turns) == 1
