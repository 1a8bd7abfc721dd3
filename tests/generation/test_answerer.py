"""The whole way from passages to an answer, in both languages."""

from __future__ import annotations

import pytest

from kgqa.generation import Answerer, Name, answer_stream
from kgqa.generation.answerer import pieces
from kgqa.types import (
    Answer,
    Cited,
    Done,
    Entity,
    FoundCitations,
    FoundEntities,
    FoundTriples,
    Passage,
    Status,
    Token,
    Triple,
)
from tests.generation.fakes import HeartReader, ListRetriever, ListStore, document, passage

ENGLISH = document("Meitner", "Lise Meitner was born in Vienna. She worked in Berlin with Otto Hahn for thirty years.")
CHINESE = document("屠呦呦", "屠呦呦出生于宁波。她在2015年获得诺贝尔生理学或医学奖。", "zh")


def answer(question: str, passages: list[Passage], reader: HeartReader, store: ListStore) -> Answer:
    return Answerer(store, ListRetriever(passages), reader).answer(question)


def test_answer_quotes_the_sentence_that_holds_the_span() -> None:
    found = answer("Where was Meitner born?", [passage(ENGLISH)], HeartReader({"Vienna": 0.9}), ListStore([ENGLISH]))
    (citation,) = found.citations
    assert found.text == "Vienna: “Lise Meitner was born in Vienna.” [1]"
    assert citation.quote == ENGLISH.text[citation.start : citation.end] == "Lise Meitner was born in Vienna."
    assert (citation.title, citation.uri, found.short) == ("Meitner", "docs/Meitner.txt", "Vienna")
    assert not found.abstained and found.confidence == 0.9


def test_answer_speaks_the_language_of_the_question() -> None:
    found = answer("屠呦呦哪一年获奖？", [passage(CHINESE)], HeartReader({"2015年": 0.8}), ListStore([CHINESE]))
    assert found.text == "2015年：“她在2015年获得诺贝尔生理学或医学奖。”[1]"
    assert found.language == "zh"
    start = found.citations[0].start
    assert CHINESE.text[start:].startswith("她在2015年")


@pytest.mark.parametrize(
    ("question", "text"),
    [("Where did Curie die?", "The documents do not say."), ("居里夫人在哪里去世？", "文档中没有相关内容。")],
)
def test_answer_abstains_below_the_threshold(question: str, text: str) -> None:
    found = answer(question, [passage(ENGLISH)], HeartReader({"Vienna": 0.49}), ListStore([ENGLISH]))
    assert (found.text, found.abstained, found.reason) == (text, True, "low_confidence")
    assert found.citations == () and found.short == "" and len(found.passages) == 1


def test_answer_says_why_nothing_was_found() -> None:
    reader = HeartReader({})
    assert answer("Who?", [], reader, ListStore()).reason == "no_documents"
    assert answer("Who?", [], reader, ListStore([ENGLISH])).reason == "nothing_found"


def test_answer_tells_what_another_document_says() -> None:
    one = document("A", "The firm was founded in 2011 in Paris.")
    two = document("B", "The firm was founded in 2013, say others.")
    reader = HeartReader({"2011": 0.9, "2013": 0.85})
    found = answer("When was it founded?", [passage(one), passage(two)], reader, ListStore([one, two]))
    assert found.text.startswith("The sources differ. 2011: ")
    assert [citation.document_id for citation in found.citations] == [one.id, two.id]


def test_answer_keeps_to_one_document_when_the_other_agrees_or_is_unsure() -> None:
    one = document("A", "The firm was founded in May 2011 in Paris.")
    two = document("B", "In 2011 it began. Some say 1999.")
    reader = HeartReader({"May 2011": 0.9, "2011": 0.85, "1999": 0.55})
    found = answer("When was it founded?", [passage(one), passage(two)], reader, ListStore([one, two]))
    assert len(found.citations) == 1 and found.short == "May 2011"


def test_reader_is_told_the_names_in_the_completed_question() -> None:
    reader = HeartReader({"Berlin": 0.9})
    asked = Answerer(
        ListStore([ENGLISH]),
        ListRetriever([passage(ENGLISH)]),
        reader,
        names=lambda question: [Name(question.split()[0])],
    )
    asked.answer("Where did she work?", completed="Meitner worked where?")
    assert reader.names == [("Meitner",)]


def test_answer_is_never_a_pronoun() -> None:
    reader = HeartReader({"She": 0.9, "Lise Meitner": 0.7})
    found = answer("Who worked in Berlin?", [passage(ENGLISH)], reader, ListStore([ENGLISH]))
    assert found.short == "Lise Meitner"
    found = answer("谁获奖了？", [passage(CHINESE)], HeartReader({"她": 0.9}), ListStore([CHINESE]))
    assert found.abstained


def test_answer_lists_entities_and_triples_of_the_quoted_sentence() -> None:
    entities = [Entity("m", "Lise Meitner", "Person"), Entity("v", "Vienna", "Place"), Entity("b", "Berlin", "Place")]
    triples = [Triple("t1", "m", "BORN_IN", "v"), Triple("t2", "m", "WORKED_IN", "b")]
    given = passage(ENGLISH, entities=["m", "v", "b"], triples=["t1", "t2"])
    found = answer(
        "Where was Meitner born?", [given], HeartReader({"Vienna": 0.9}), ListStore([ENGLISH], entities, triples)
    )
    assert [entity.name for entity in found.entities] == ["Vienna", "Lise Meitner"]
    assert [triple.id for triple in found.triples] == ["t1"]


@pytest.mark.parametrize(
    ("source", "said", "entity", "answered"),
    [
        ("Critics liked it. Cameron wrote it.", "Cameron", ("James Cameron", ("Cameron",)), "James Cameron"),
        ("凯明在北京工作。", "凯明", ("何恺明", ("何凯明", "凯明")), "凯明"),
        ("恺明在北京工作。", "恺明", ("何恺明", ("恺明",)), "何恺明"),
        ("MIT made it.", "MIT", ("Massachusetts Institute of Technology", ("MIT",)), "MIT"),
    ],
)
def test_a_part_of_a_name_is_told_whole(
    source: str, said: str, entity: tuple[str, tuple[str, ...]], answered: str
) -> None:
    text, known = document("A", source), Entity("e", entity[0], "Person", entity[1])
    found = answer("?", [passage(text, entities=["e"])], HeartReader({said: 0.9}), ListStore([text], [known]))
    assert found.short == answered and said in found.citations[0].quote


def test_a_part_of_two_names_is_told_as_it_stands() -> None:
    text = document("A", "Cameron wrote it.")
    people = [Entity(id, f"{name} Cameron", "Person", ("Cameron",)) for id, name in (("a", "James"), ("b", "Julia"))]
    given = passage(text, entities=["a", "b"])
    assert answer("?", [given], HeartReader({"Cameron": 0.9}), ListStore([text], people)).short == "Cameron"


def test_stream_has_its_events_in_order_and_its_tokens_are_the_text() -> None:
    events = list(
        answer_stream(
            "Where was Meitner born?",
            [passage(ENGLISH)],
            reader=HeartReader({"Vienna": 0.9}),
            store=ListStore([ENGLISH]),
        )
    )
    kinds = [type(event) for event in events if not isinstance(event, Token)]
    assert kinds == [Status, Status, FoundCitations, FoundEntities, FoundTriples, Cited, Done]
    done = events[-1]
    assert isinstance(done, Done)
    assert "".join(event.text for event in events if isinstance(event, Token)) == done.answer.text
    cited = events[-2]
    assert isinstance(cited, Cited) and cited.numbers == (1,)


@pytest.mark.parametrize("words", ["Berlin", "in Berlin", "berlin"])
def test_answer_is_never_the_words_of_the_question(words: str) -> None:
    reader = HeartReader({"Berlin": 0.9, "Otto Hahn": 0.7})
    assert answer(f"Who worked {words}?", [passage(ENGLISH)], reader, ListStore([ENGLISH])).short == "Otto Hahn"


def test_answer_may_be_one_of_those_that_the_question_lets_choose() -> None:
    found = answer(
        "Did she work in Berlin or Rome?", [passage(ENGLISH)], HeartReader({"Berlin": 0.9}), ListStore([ENGLISH])
    )
    assert found.short == "Berlin"
    found = answer("她出生于宁波还是北京？", [passage(CHINESE)], HeartReader({"宁波": 0.9}), ListStore([CHINESE]))
    assert found.short == "宁波"


def test_answer_survives_a_document_deleted_meanwhile() -> None:
    found = answer("Where was Meitner born?", [passage(ENGLISH)], HeartReader({"Vienna": 0.9}), ListStore([CHINESE]))
    assert found.abstained and found.citations == ()


def test_completed_question_is_what_is_read_for() -> None:
    reader = HeartReader({"Vienna": 0.9})
    retriever = ListRetriever([passage(ENGLISH)])
    found = Answerer(ListStore([ENGLISH]), retriever, reader).answer(
        "Where was she born?", completed="Where was Meitner born?"
    )
    assert retriever.questions == reader.questions == ["Where was Meitner born?"]
    assert (found.question, found.rewritten) == ("Where was she born?", "Where was Meitner born?")


@pytest.mark.parametrize("text", ["", "a [1] b", "成立于2015年[1]。 See [12]!\n\nEnd", "[x] [", "é—–… “q” 𠀀"])
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
