"""Facts of the graph as evidence for and against what was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kgqa.encoder import Encoder
from kgqa.generation import Answerer, Facts, Name
from kgqa.generation.facts import Fact, weighed
from kgqa.generation.relations import RelationLinker
from kgqa.graph import EmbeddedStore
from kgqa.types import Entity, Extraction, Mention, Relation, Triple
from tests.generation.fakes import HeartReader, ListRetriever, ListStore, document, passage

ENGLISH = document("Kestrel", "Kestrel was founded by Ada Lee in 1999. Its office in Graz opened in 2003.")
CHINESE = document("茶隼", "何丽毕业于浙江大学，后来在茶隼公司工作。", "zh")
READ = [
    (
        ENGLISH,
        [("Kestrel", "Organization"), ("Ada Lee", "Person"), ("1999", "Date"), ("Graz", "Place")],
        [(0, 1, "FOUNDED_BY"), (0, 2, "FOUNDED_ON"), (0, 3, "HEADQUARTERS")],
    ),
    (
        CHINESE,
        [("何丽", "Person"), ("浙江大学", "Organization"), ("茶隼公司", "Organization")],
        [(0, 1, "EDUCATED_AT"), (0, 2, "EMPLOYER")],
    ),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.open(threads=1)


@pytest.fixture
def store(tmp_path: Path, encoder: Encoder) -> Iterator[EmbeddedStore]:
    store = EmbeddedStore.open(tmp_path / "store.sqlite")
    for source, names, facts in READ:
        chunk = passage(source).chunk
        places = [(source.text.index(name), name, type) for name, type in names]
        mentions = tuple(Mention(at, at + len(name), name, type) for at, name, type in places)
        end = len(source.text)
        relations = tuple(Relation(head, tail, type, 0, end, 0.9) for head, tail, type in facts)
        extraction = Extraction(chunk.id, mentions, relations, extractor="test@1")
        store.commit(source, [chunk], [extraction], encoder.embed([chunk.text]), encoder.name)
    yield store
    store.close()


def names(store: EmbeddedStore, question: str) -> Sequence[Name]:
    return [Name(e.name, frozenset({e.id})) for e in store.entities() if e.name in question]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was Kestrel established?", "1999"),
        ("In what year did Kestrel come into being?", "1999"),
        ("Who set up Kestrel?", "Ada Lee"),
        ("Which company was set up by Ada Lee?", "Kestrel"),
        ("何丽是在哪所大学读的书？", "浙江大学"),
    ],
)
def test_the_fact_in_the_relation_that_is_asked_for_comes_first(
    store: EmbeddedStore, encoder: Encoder, question: str, answer: str
) -> None:
    best = Facts(store, RelationLinker(encoder.embed)).of(question, names(store, question))[0]
    assert best.answer.name == answer
    chunk = best.passage.chunk
    assert chunk.text[best.start - chunk.start : best.end - chunk.start] == answer
    assert 0 < best.belief < 0.9


def test_a_relation_that_is_not_asked_for_is_hardly_believed(store: EmbeddedStore, encoder: Encoder) -> None:
    facts = Facts(store, RelationLinker(encoder.embed))
    asked, other = "Who founded Kestrel?", "Who advised Kestrel?"
    assert facts.of(asked, names(store, asked))[0].belief > 4 * facts.of(other, names(store, other))[0].belief
    assert facts.of("Who is Otto?", names(store, "Who is Otto?")) == []
    assert facts.of("How many people work at Kestrel?", names(store, "How many people work at Kestrel?")) == []


def fact(predicate: str, answer: str, belief: float) -> Fact:
    at = ENGLISH.text.index(answer)
    return Fact(
        Triple(f"{predicate}-{answer}", "k", predicate, "a"),
        Entity("a", answer, "Date"),
        belief,
        passage(ENGLISH),
        at,
        at + len(answer),
    )


def read(*facts: Fact, given: dict[str, float]) -> dict[str, float]:
    passages = [passage(ENGLISH)]
    readings, places = weighed(HeartReader(given).read("When?", passages), passages, facts)
    assert len(places) == 1
    assert [reading.confidence for reading in readings] == sorted((r.confidence for r in readings), reverse=True)
    return {reading.text: round(reading.confidence, 3) for reading in readings}


def test_agreement_raises_and_conflict_lowers() -> None:
    given = {"1999": 0.5, "2003": 0.6}
    assert read(fact("FOUNDED_ON", "1999", 0.8), given=given) == {"1999": 0.9, "2003": 0.12}
    assert read(given=given) == given


def test_a_relation_with_many_objects_tells_against_nothing() -> None:
    assert read(fact("EMPLOYER", "Graz", 0.8), given={"1999": 0.5, "Graz": 0.5}) == {"Graz": 0.9, "1999": 0.5}


def test_a_fact_that_nobody_read_answers_with_its_sentence() -> None:
    assert read(fact("FOUNDED_ON", "1999", 0.8), given={"2003": 0.6}) == {"1999": 0.8, "2003": 0.12}
    readings, places = weighed([], [], [fact("FOUNDED_ON", "1999", 0.8)])
    assert (readings[0].text, places[0].chunk.text) == ("1999", ENGLISH.text)


def test_the_answer_of_a_fact_is_cited() -> None:
    answerer = Answerer(
        ListStore([ENGLISH]), ListRetriever([passage(CHINESE)]), HeartReader({}),
        facts=lambda question, names: [fact("FOUNDED_ON", "1999", 0.8)],
    )  # fmt: skip
    found = answerer.answer("When was Kestrel founded?")
    assert (found.short, found.confidence) == ("1999", 0.8)
    assert found.citations[0].quote == "Kestrel was founded by Ada Lee in 1999."


def test_facts_about_a_name_do_not_answer_what_is_asked_of_something_described() -> None:
    answerer = Answerer(
        ListStore([ENGLISH]), ListRetriever([passage(ENGLISH)]), HeartReader({}),
        names=lambda question: [Name("Kestrel")], facts=lambda question, names: [fact("FOUNDED_ON", "1999", 0.8)],
    )  # fmt: skip
    assert answerer.answer("When was the company that bought Kestrel founded?").abstained
    assert not answerer.answer("When was Kestrel founded?").abstained
