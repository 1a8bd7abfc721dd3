"""What every ``GraphStore`` must do. A new store joins ``STORES`` and passes, or does not ship."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from kgqa.connectors.neo4j import open_store
from kgqa.errors import NotFound
from kgqa.graph import EmbeddedStore, GraphStore, Outcome, SourceState
from kgqa.text import chunk
from kgqa.types import Entity, Extraction, Mention, Relation
from tests.graph.content import add, dump, make
from tests.small_models import SmallEmbedder

STORES: Mapping[str, Callable[[Path], GraphStore]] = {
    "embedded": lambda folder: EmbeddedStore.open(folder / "store.sqlite"),
    "neo4j": lambda folder: open_store(folder / "store.sqlite", "neo4j://"),
}
NEEDS: Mapping[str, str] = {"neo4j": "neo4j_session"}
"""The fixture that a store needs."""

TEXT = (
    "Ada Byron founded Byte Labs.\n\nByte Labs hired Charles Babbage. He praised Ada Byron.\n\n"
    "Babbage did not praise Difference Institute. Difference Institute bought Byte Labs."
)


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    if request.param in NEEDS:
        request.getfixturevalue(NEEDS[request.param])
    store = STORES[request.param](tmp_path)
    yield store
    store.close()


def by_name(store: GraphStore, name: str) -> Entity:
    return next(entity for entity in store.entities() if entity.name == name)


def facts(store: GraphStore) -> set[tuple[str, str, str]]:
    return {(t.subject_name, t.predicate, t.object_name) for t in store.triples(limit=None)}


# --- Documents and chunks ---------------------------------------------------------------------------------------------


def test_document_comes_back_as_it_was(store: GraphStore) -> None:
    document = make(TEXT)
    assert add(store, TEXT) is Outcome.ADDED
    assert store.document(document.id) == document
    (listed,) = store.documents()
    assert (listed.id, listed.uri, listed.characters) == (document.id, "a.txt", len(TEXT))
    assert (listed.chunks, listed.entities, listed.triples) == (1, 4, 4)
    assert listed.added_at.endswith("+00:00")


def test_chunks_are_slices_of_the_text_in_the_order_asked_for(store: GraphStore) -> None:
    add(store, TEXT, size=120)
    document = make(TEXT)
    whole = chunk(document, 120)
    assert store.chunks_of(document.id) == whole and len(whole) > 1
    assert store.chunk_ids() == [c.id for c in whole]
    assert store.titles() == {c.id: c.title for c in whole} and list(store.titles()) == store.chunk_ids()
    backwards = [c.id for c in reversed(whole)]
    assert [c.id for c in store.chunks([*backwards, "missing"])] == backwards
    assert all(c.text == TEXT[c.start : c.end] for c in store.chunks(backwards))


def test_vectors_come_back_in_the_order_asked_for(store: GraphStore) -> None:
    add(store, TEXT, size=120)
    ids = store.chunk_ids()[::-1]
    expected = SmallEmbedder().embed([store.chunk(id).text for id in ids])
    found = store.vectors(ids)
    assert found.dtype == np.float32 and found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert store.embedders() == ["letters@1"]


def test_what_is_not_there_is_not_found(store: GraphStore) -> None:
    for ask in (store.document, store.chunk, store.chunks_of, store.entity, store.delete, store.neighbours):
        with pytest.raises(NotFound, match="nothing"):
            ask("nothing")
    with pytest.raises(NotFound):
        store.vectors(["nothing"])
    assert store.evidence("nothing") == []
    assert store.source("nothing") is None


def test_an_empty_store_answers(store: GraphStore) -> None:
    for nothing in (store.documents(), store.chunk_ids(), store.embedders(), store.find("Ada"), store.triples()):
        assert len(nothing) == 0
    assert list(store.entities()) == [] and store.entities_of_chunks([]) == {}
    assert store.vectors([]).shape[0] == 0
    assert store.statistics().entities == 0


def test_a_document_without_text_is_kept(store: GraphStore) -> None:
    assert add(store, "", "empty.txt") is Outcome.ADDED
    assert add(store, "", "empty.txt") is Outcome.UNCHANGED
    assert store.documents()[0].chunks == 0


# --- Commit -----------------------------------------------------------------------------------------------------------


def test_commit_twice_changes_nothing(store: GraphStore) -> None:
    add(store, TEXT)
    before, generation = dump(store), store.generation()
    assert add(store, TEXT) is Outcome.UNCHANGED
    assert dump(store) == before and store.generation() == generation


def test_every_change_changes_the_generation(store: GraphStore) -> None:
    seen = [store.generation()]
    add(store, TEXT)
    seen.append(store.generation())
    add(store, "Ada Byron left Byte Labs.")
    seen.append(store.generation())
    store.delete(store.documents()[0].id)
    seen.append(store.generation())
    assert len(set(seen)) == len(seen)


def test_new_content_at_an_address_takes_the_place_of_the_old(store: GraphStore) -> None:
    add(store, TEXT)
    assert add(store, "Ada Byron left Byte Labs.") is Outcome.REPLACED
    assert facts(store) == {("Ada Byron", "LEFT", "Byte Labs")}
    assert len(store.documents()) == 1


def test_another_extractor_replaces_what_the_first_read(store: GraphStore) -> None:
    add(store, TEXT)
    before = facts(store)
    assert add(store, TEXT, extractor="small@2") is Outcome.REPLACED
    assert facts(store) == before
    assert {e.extractor for t in store.triples() for e in store.evidence(t.id)} == {"small@2"}


def test_content_at_two_addresses_stays_until_both_have_gone(store: GraphStore) -> None:
    add(store, TEXT, "a.txt")
    assert add(store, TEXT, "b.txt") is Outcome.UNCHANGED
    assert store.statistics().documents == 1
    add(store, "Nothing.", "a.txt")
    assert {document.uri for document in store.documents()} == {"a.txt", "b.txt"}
    assert store.document(make(TEXT).id).uri == "b.txt"
    add(store, "Nothing at all.", "b.txt")
    assert facts(store) == set()


def test_keep_knows_what_is_there_as_these_models_read_it(store: GraphStore) -> None:
    document = make(TEXT)
    assert not store.keep(document, "small@1", "letters@1")
    add(store, TEXT)
    assert store.keep(document, "small@1", "letters@1")
    assert not store.keep(document, "small@2", "letters@1")
    assert not store.keep(document, "small@1", "letters@2")


def test_a_commit_that_fails_leaves_nothing(store: GraphStore) -> None:
    add(store, TEXT)
    before, generation = dump(store), store.generation()
    document = make("Other text about Ada Byron.", "a.txt")
    (piece,) = chunk(document)
    vectors = SmallEmbedder().embed([piece.text])
    outside = Extraction(piece.id, (Mention(5, 500, "x", "Person"),), extractor="small@1")
    dangling = Extraction(piece.id, (), (Relation(0, 1, "MET", 0, 5),), extractor="small@1")
    for extractions in ([outside], [dangling], []):
        with pytest.raises(ValueError):
            store.commit(document, [piece], extractions, vectors, "letters@1")
    assert dump(store) == before and store.generation() == generation


# --- The graph --------------------------------------------------------------------------------------------------------


def test_triples_follow_from_what_was_read(store: GraphStore) -> None:
    add(store, TEXT)
    assert facts(store) == {
        ("Ada Byron", "FOUNDED", "Byte Labs"),
        ("Byte Labs", "HIRED", "Charles Babbage"),
        ("Charles Babbage", "PRAISED", "Ada Byron"),
        ("Difference Institute", "BOUGHT", "Byte Labs"),
    }
    babbage = by_name(store, "Charles Babbage")
    assert babbage.aliases == ("Babbage",) and babbage.type == "Person" and babbage.degree == 2


def test_quotes_equal_the_source(store: GraphStore) -> None:
    add(store, TEXT, size=120)
    targets = [t.id for t in store.triples()] + [e.id for e in store.entities()]
    found = [e for id in targets for e in store.evidence(id)]
    assert len(found) > 10 and len({e.id for e in found}) == len(found)
    for evidence in found:
        assert evidence.quote == store.document(evidence.document_id).text[evidence.start : evidence.end]
        piece = store.chunk(evidence.chunk_id)
        assert piece.start <= evidence.start and evidence.end <= piece.end
        assert evidence.title == "A" and evidence.extractor == "small@1"


def test_support_counts_documents_and_confidence_is_the_best(store: GraphStore) -> None:
    add(store, "Ada Byron met Byte Labs.", "a.txt")
    add(store, "In summer Ada Byron warmly and often met Byte Labs.", "b.txt")
    (triple,) = store.triples(predicate="MET")
    assert (triple.support, triple.confidence) == (2, 0.5)
    assert [e.confidence for e in store.evidence(triple.id)] == [0.5, 0.2]
    store.delete(make("Ada Byron met Byte Labs.").id)
    (triple,) = store.triples(predicate="MET")
    assert (triple.support, triple.confidence) == (1, 0.2)


def test_homonyms_of_different_types_stay_apart(store: GraphStore) -> None:
    add(store, "Mercury met Ada Byron.")
    add(store, "MERCURY hired Ada Byron.", "b.txt")
    found = {(entity.name, entity.type) for entity in store.find("mercury")}
    assert found == {("MERCURY", "Organization"), ("Mercury", "Person")}


def test_an_abbreviation_that_a_document_defines_holds_in_all(store: GraphStore) -> None:
    add(store, "DI met Ada Byron.", "a.txt")
    alone = by_name(store, "DI").id
    add(store, "Difference Institute (DI) met Charles Babbage.", "b.txt")
    institute = by_name(store, "Difference Institute")
    assert institute.aliases == ("DI",) and institute.degree == 2
    with pytest.raises(NotFound):
        store.entity(alone)
    store.delete(next(d.id for d in store.documents() if d.uri == "b.txt"))
    assert by_name(store, "DI").id == alone
    assert facts(store) == {("DI", "MET", "Ada Byron")}


def test_delete_says_what_went_and_leaves_no_trace(store: GraphStore) -> None:
    add(store, "Ada Byron met Byte Labs.", "a.txt")
    before = dump(store)
    add(store, "Ada Byron met Byte Labs. Charles Babbage praised Ada Byron.", "b.txt")
    gone = next(d.id for d in store.documents() if d.uri == "b.txt")
    deleted = store.delete(gone)
    assert (deleted.document_id, deleted.chunks, deleted.entities) == (gone, 1, 1)
    assert (deleted.triples, deleted.evidences) == (1, 2)
    assert dump(store) == before


# --- Questions to the graph -------------------------------------------------------------------------------------------


def test_find_ranks_equal_names_before_beginnings_before_parts(store: GraphStore) -> None:
    add(store, "Labs Alpha met Labs. Byte Labs met Labs Alpha. Byte Labs met Labs Alpha.")
    assert [e.name for e in store.find("labs")] == ["Labs", "Labs Alpha", "Byte Labs"]
    assert [e.name for e in store.find("  LABS ", limit=1)] == ["Labs"]
    assert store.find("100%") == store.find("") == store.find("?") == store.find("labs", limit=0) == []


def test_find_knows_aliases_and_either_script(store: GraphStore) -> None:
    document = make("梁文锋创立了深度求索。文锋很忙。")
    (piece,) = chunk(document)
    spans = [(0, 3, "Person"), (6, 10, "Organization"), (11, 13, "Person")]
    mentions = tuple(Mention(a, b, document.text[a:b], kind) for a, b, kind in spans)
    extraction = Extraction(piece.id, mentions, (Relation(1, 0, "FOUNDED_BY", 0, 11),), extractor="x@1")
    store.commit(document, [piece], [extraction], SmallEmbedder().embed([piece.text]), "letters@1")
    (liang,) = store.find("文锋")
    assert (liang.name, liang.aliases, liang.mentions) == ("梁文锋", ("文锋",), 2)
    assert [e.name for e in store.find("求索")] == ["深度求索"]
    assert store.evidence(store.triples()[0].id)[0].quote == "梁文锋创立了深度求索。"


def test_triples_match_every_part_of_a_pattern(store: GraphStore) -> None:
    add(store, TEXT)
    add(store, "Ada Byron founded Byte Labs.", "b.txt")
    ada, byte = by_name(store, "Ada Byron").id, by_name(store, "Byte Labs").id
    assert [t.predicate for t in store.triples(subject=ada)] == ["FOUNDED"]
    assert {t.predicate for t in store.triples(object=byte)} == {"FOUNDED", "BOUGHT"}
    assert store.triples(subject=ada, predicate="BOUGHT") == []
    assert [t.support for t in store.triples(limit=2)] == [2, 1]
    ids = [t.id for t in store.triples()]
    assert {t.id for t in store.triples(ids=ids[1:3])} == set(ids[1:3])
    assert store.triples(ids=[]) == []


def test_neighbours_come_nearest_first_within_their_limit(store: GraphStore) -> None:
    add(store, "Alpha met Beta. Beta met Gamma. Gamma met Delta. Alpha hired Beta. Epsilon met Alpha.")
    alpha = by_name(store, "Alpha").id
    assert [(n.entity.name, n.distance, len(n.triples)) for n in store.neighbours(alpha)] == [
        ("Beta", 1, 2),
        ("Epsilon", 1, 1),
    ]
    assert [(n.entity.name, n.distance) for n in store.neighbours(alpha, hops=3)][2:] == [("Gamma", 2), ("Delta", 3)]
    assert [n.entity.name for n in store.neighbours(alpha, hops=3, limit=1)] == ["Beta"]


def test_neighbours_of_a_hub_cost_no_more_than_their_limit(store: GraphStore) -> None:
    for number in range(4):
        add(store, " ".join(f"Hub met Leaf{number}x{n}." for n in range(200)), f"{number}.txt")
    hub = by_name(store, "Hub")
    assert hub.degree == 800
    assert len(store.neighbours(hub.id, hops=2, limit=7)) == 7
    assert len(store.neighbours(hub.id, hops=2, limit=1000)) == 800


def test_path_is_a_shortest_one_in_either_direction(store: GraphStore) -> None:
    add(store, "Alpha met Beta. Gamma met Beta. Gamma met Delta. Delta met Epsilon. Alpha met Zeta. Zeta met Eta.")
    add(store, "Omega met Psi.", "b.txt")
    start, end = by_name(store, "Alpha").id, by_name(store, "Epsilon").id
    path = store.path(start, end)
    assert path is not None
    assert [e.name for e in path.entities] == ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]
    for triple, ends in zip(path.triples, zip(path.entities, path.entities[1:], strict=False), strict=True):
        assert {triple.subject, triple.object} == {entity.id for entity in ends}
    assert store.path(start, end, max_hops=3) is None
    assert store.path(start, by_name(store, "Omega").id) is None
    alone = store.path(start, start)
    assert alone is not None and len(alone.entities) == 1 and alone.triples == ()
    with pytest.raises(NotFound):
        store.path(start, "nothing")


def test_chunks_know_their_entities_and_triples(store: GraphStore) -> None:
    add(store, TEXT, size=120)
    ids = store.chunk_ids()
    entities, triples = store.entities_of_chunks(ids), store.triples_of_chunks(ids)
    assert len(ids) > 1
    for id in ids:
        assert set(entities[id]) == {e.id for e in store.entities() if id in (v.chunk_id for v in store.evidence(e.id))}
        assert set(triples[id]) == {t.id for t in store.triples() if id in (v.chunk_id for v in store.evidence(t.id))}
    assert store.entity(entities[ids[0]][0]).name == "Ada Byron", "in the order of the text"
    assert store.entities_of_chunks(["nothing"]) == store.triples_of_chunks(["nothing"]) == {}


def test_entities_by_id_keep_their_order(store: GraphStore) -> None:
    add(store, TEXT)
    ids = [entity.id for entity in store.entities()]
    assert ids == sorted(ids)
    assert [entity.id for entity in store.entities([ids[2], "nothing", ids[0]])] == [ids[2], ids[0]]


def test_statistics_count_everything(store: GraphStore) -> None:
    add(store, TEXT)
    statistics = store.statistics()
    assert (statistics.documents, statistics.chunks, statistics.entities, statistics.triples) == (1, 1, 4, 4)
    assert statistics.evidences == 4 and statistics.mentions == 10
    assert statistics.entity_types == {"Organization": 2, "Person": 2}
    assert statistics.predicates == {"BOUGHT": 1, "FOUNDED": 1, "HIRED": 1, "PRAISED": 1}


# --- The ledger and threads -------------------------------------------------------------------------------------------


def test_the_ledger_remembers_files_and_forgets_deleted_ones(store: GraphStore) -> None:
    state = SourceState("many.jsonl", "f00", "small@1", "letters@1", 12.5, 99, 2)
    for number in (1, 2, 3):
        document = make(f"Ada Byron met Person{number}.", f"many.jsonl#{number}")
        store.commit(document, (), (), np.zeros((0, 16), np.float32), "letters@1", source="many.jsonl")
    assert store.complete(state, ["many.jsonl#1", "many.jsonl#2"]) == 1
    assert store.source("many.jsonl") == state
    assert [document.uri for document in store.documents()] == ["many.jsonl#1", "many.jsonl#2"]
    store.delete(store.documents()[0].id)
    assert store.source("many.jsonl") is None


def test_threads_read_while_one_writes(store: GraphStore) -> None:
    stop, failures, seen = threading.Event(), list[BaseException](), set[int]()

    def read() -> None:
        try:
            while not stop.is_set():
                for triple in store.triples(limit=20):
                    for evidence in store.evidence(triple.id):
                        assert evidence.quote
                statistics = store.statistics()
                assert statistics.evidences == 3 * statistics.documents
                seen.add(statistics.documents)
        except BaseException as error:
            failures.append(error)

    def wait_until_seen(counts: int) -> None:
        end = time.monotonic() + 120
        while len(seen) < counts and not failures and time.monotonic() < end:
            time.sleep(0.01)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(30):
        add(store, f"Ada Byron met Byte Labs. Byte Labs hired Person{number}. It met Ada Byron.", f"{number}.txt")
        if number == 9:  # so that the readers see the store before the end, on a slow machine too
            wait_until_seen(1)
    wait_until_seen(2)
    stop.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert len(seen) > 1


def test_writers_in_several_threads_take_turns(store: GraphStore) -> None:
    def write(first: int) -> None:
        for number in range(first, 24, 3):
            add(store, f"Ada Byron met Person{number}.", f"{number}.txt")

    writers = [threading.Thread(target=write, args=(first,)) for first in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert store.statistics().documents == 24
    assert by_name(store, "Ada Byron").degree == 24


def test_entity_names_are_those_of_all_entities_with_their_types_their_own_first(store: GraphStore) -> None:
    assert list(store.entity_names()) == []
    add(store, TEXT)
    names = list(store.entity_names())
    assert ("Person", ("Charles Babbage", "Babbage")) in [(type, called) for _, type, called in names]
    assert names == [(entity.id, entity.type, (entity.name, *entity.aliases)) for entity in store.entities()]
