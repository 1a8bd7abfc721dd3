"""Facts that answer by themselves: linked by name, predicate, type and date, out of a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kgqa.extraction.schema import Schema
from kgqa.graph import EmbeddedStore
from kgqa.retrieval import FactFinder, Finding, Named, PassageGraph, PredicateLinker, Route, Router, Thresholds
from kgqa.retrieval.predicates import without
from kgqa.types import Chunk, Document, Extraction, Mention, Relation, Span, content_id
from tests.small_models import HashingEmbedder

EMBEDDER = HashingEmbedder()
FACTS = {
    "en": [
        ("Ardent", "Organization", "FOUNDED_BY", "Bo Lind", "Person", "Ardent was founded by Bo Lind."),
        ("Brio", "Organization", "FOUNDED_BY", "Bo Lind", "Person", "Bo Lind founded Brio in 2021."),
        ("Ardent", "Organization", "FOUNDED_ON", "1999", "Date", "Ardent came into being in 1999."),
        ("Brio", "Organization", "FOUNDED_ON", "May 2021", "Date", "Brio was founded in May 2021."),
        ("Ardent", "Organization", "ACQUIRED", "Cadenza", "Organization", "Ardent acquired Cadenza."),
        ("Dolce", "Organization", "ACQUIRED", "Ardent", "Organization", "Dolce acquired Ardent in 2005."),
        ("Bo Lind", "Person", "BORN_IN", "Graz", "Place", "Bo Lind was born in Graz."),
        ("Eve Hart", "Person", "BORN_IN", "Graz", "Place", "Eve Hart was born in Graz."),
        ("Eve Hart", "Person", "EMPLOYER", "Brio", "Organization", "Eve Hart works for Brio."),
    ],
    "zh": [
        ("玛莎", "Person", "EDUCATED_AT", "格拉茨大学", "Organization", "玛莎毕业于格拉茨大学。"),
        ("林森", "Person", "EDUCATED_AT", "格拉茨大学", "Organization", "林森毕业于格拉茨大学。"),
        ("森林公司", "Organization", "ACQUIRED", "夜幕公司", "Organization", "森林公司收购了夜幕公司。"),
    ],
}


def commit(store: EmbeddedStore, fact: tuple[str, ...], language: str) -> None:
    subject, subject_type, predicate, object, object_type, text = fact
    document = Document.create(uri=f"{text}.txt", title="", text=text, language=language)
    chunk = Chunk(content_id(document.id), document.id, 0, len(text), text, language=language)
    ends = [(subject, subject_type), (object, object_type)]
    mentions = tuple(Mention(at := text.index(n), at + len(n), n, type) for n, type in ends)
    relation = Relation(0, 1, predicate, 0, len(text), 0.9)
    read = Extraction(chunk.id, mentions, (relation,), extractor="by hand")
    store.commit(document, [chunk], [read], EMBEDDER.embed([text]), EMBEDDER.name)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore.open(tmp_path / "store.sqlite") as opened:
        for language, facts in FACTS.items():
            for fact in facts:
                commit(opened, fact, language)
        yield opened


def router(store: EmbeddedStore) -> Router:
    return Router(FactFinder(store, PredicateLinker(Schema.load(), EMBEDDER)), Thresholds(text_from=0.5))


def named(store: EmbeddedStore, question: str) -> list[Named]:
    graph = PassageGraph.build(store)
    return [Named(span, tuple(graph.ids[node] for node in nodes)) for span, nodes in graph.places_in(question)]


def planned(store: EmbeddedStore, question: str, coverage: float = 0.0) -> tuple[Route, set[str], list[Finding]]:
    plan = router(store).plan(question, named(store, question), lambda: coverage)
    return plan.route, {finding.entity.name for finding in plan.findings}, list(plan.findings)


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("Which companies were founded by Bo Lind?", {"Ardent", "Brio"}),
        ("How many companies were founded by Bo Lind?", {"Ardent", "Brio"}),
        ("Which people were born in Graz?", {"Bo Lind", "Eve Hart"}),
        ("Which companies were founded after 2020?", {"Brio"}),
        ("Which companies were founded before 2020?", {"Ardent"}),
        ("Which companies acquired Ardent?", {"Dolce"}),
        ("Which companies did Ardent acquire?", {"Cadenza"}),
        ("Which companies were acquired by Ardent?", {"Cadenza"}),
        ("哪些人毕业于格拉茨大学？", {"玛莎", "林森"}),
        ("毕业于格拉茨大学的有多少人？", {"玛莎", "林森"}),
        ("森林公司收购了哪些公司？", {"夜幕公司"}),
        ("哪些公司收购了夜幕公司？", {"森林公司"}),
    ],
)
def test_an_aggregation_finds_all_facts_that_fit(store: EmbeddedStore, question: str, answers: set[str]) -> None:
    assert planned(store, question)[:2] == (Route.AGGREGATION, answers)


def test_each_finding_carries_the_facts_that_make_it_one(store: EmbeddedStore) -> None:
    _, _, findings = planned(store, "Which companies were founded by Bo Lind?")
    assert all({t.predicate for t in f.triples} == {"FOUNDED_BY"} and f.triples[0].support == 1 for f in findings)
    assert all(finding.entity.id in (finding.triples[0].subject, finding.triples[0].object) for finding in findings)


def test_names_that_lead_to_different_things_find_what_they_share(store: EmbeddedStore) -> None:
    commit(store, ("Ardent", "Organization", "FOUNDED_BY", "Eve Hart", "Person", "Ardent: founded by Eve Hart."), "en")
    _, answers, findings = planned(store, "Which companies were founded by Bo Lind and Eve Hart?")
    assert answers == {"Ardent"} and len(findings[0].triples) == 2


def test_a_fact_counts_within_a_period_when_its_evidence_says_such_a_date(store: EmbeddedStore) -> None:
    assert planned(store, "Which companies acquired Ardent after 2000?")[1] == {"Dolce"}
    assert planned(store, "Which companies acquired Ardent after 2010?")[1] == set()


def test_one_fact_that_is_asked_for_is_looked_up(store: EmbeddedStore) -> None:
    assert planned(store, "Where was Eve Hart born?")[:2] == (Route.LOOKUP, {"Graz"})


@pytest.mark.parametrize(
    "question",
    ["How many parameters does Ardent have?", "How many people live in Graz?", "Which companies are there?", "", "它"],
)
def test_nothing_is_found_where_name_or_predicate_are_not_sure(store: EmbeddedStore, question: str) -> None:
    assert planned(store, question)[1] == set()


def test_the_coverage_of_the_best_passage_tells_one_hop_from_more(store: EmbeddedStore) -> None:
    assert planned(store, "Why does it rain?", 0.6)[0] is Route.ONE_HOP
    assert planned(store, "Why does it rain?", 0.4)[0] is Route.MULTI_HOP
    assert planned(store, "What are these documents about?", 0.6)[0] is Route.OVERVIEW


def test_thresholds_are_kept_in_the_workspace(tmp_path: Path) -> None:
    assert Thresholds.load(tmp_path) == Thresholds()
    Thresholds(0.25).save(tmp_path)
    assert Thresholds.load(tmp_path) == Thresholds(0.25)


def test_without_leaves_out_spans() -> None:
    assert without("Who founded Ardent in 1999?", [Span(12, 18), Span(22, 26)]) == "Who founded in ?"


def test_an_open_fact_answers_where_no_typed_one_does(store: EmbeddedStore) -> None:
    commit(store, ("Brio", "Organization", "~sued", "Cadenza", "Organization", "Brio sued Cadenza."), "en")
    assert planned(store, "Which companies were sued by Brio?")[1] == {"Cadenza"}
    commit(store, ("Coda", "Organization", "~founded by", "Bo Lind", "Person", "Coda founded by Bo Lind."), "en")
    assert planned(store, "Which companies were founded by Bo Lind?")[1] == {"Ardent", "Brio"}
