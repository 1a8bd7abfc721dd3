"""Decoding of pairs: facts that the schema allows, antecedents, clusters."""

import numpy as np
import pytest

from kgqa.extraction import Schema
from kgqa.extraction.pairs import choose_facts, clusters, links, shared_names

SCHEMA = Schema.load()
RELATIONS = ("BORN_ON", "SPOUSE")


def scores(size: int, *cells: tuple[int, int, int, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    table = np.full((size, size, len(RELATIONS)), -4.0, dtype=np.float32)
    for head, tail, relation, score in cells:
        table[head, tail, relation] = score
    return table


def test_a_fact_needs_ends_of_the_right_types_and_a_score_above_its_threshold() -> None:
    types = ["Person", "Date", "Place"]
    table = scores(3, (0, 1, 0, 2.0), (0, 2, 0, 5.0), (1, 0, 0, 5.0))
    facts = choose_facts(table, types, RELATIONS, SCHEMA, {"BORN_ON": 1.0})
    assert [(fact.head, fact.tail, fact.type, fact.score) for fact in facts] == [(0, 1, "BORN_ON", 2.0)]
    assert choose_facts(table, types, RELATIONS, SCHEMA, {"BORN_ON": 3.0}) == []


def test_both_directions_of_a_symmetric_relation_give_one_fact() -> None:
    facts = choose_facts(scores(2, (0, 1, 1, 5.0), (1, 0, 1, 1.0)), ["Person", "Person"], RELATIONS, SCHEMA, {})
    assert [(fact.head, fact.tail, fact.score) for fact in facts] == [(0, 1, 3.0)]


def test_a_reference_takes_its_best_antecedent_and_a_name_only_an_earlier_one_written_alike() -> None:
    table = np.full((5, 5), -1.0, dtype=np.float32)
    table[1, 0], table[1, 3] = 1.0, 2.0
    table[3, 0], table[3, 2] = 3.0, 9.0
    table[4, 0], table[4, 3] = 1.0, 9.0
    names = ["Acme Robotics Corp", "it", "Ann Lee", "Acme", "ARC"]
    types = ["Organization", "Reference", "Person", "Organization", "Organization"]
    assert links(table, names, types) == [(1, 3), (3, 0), (4, 0)]
    assert links(table - 9, names, types) == []


def test_all_mentions_of_a_name_speak_for_it_together() -> None:
    table = np.full((4, 4), -9.0, dtype=np.float32)
    table[3, 0], table[3, 1], table[3, 2] = 1.0, 1.3, 0.9
    names, types = ["Ann Lee", "Bo Ray", "Lee", "she"], ["Person", "Person", "Person", "Reference"]
    assert links(table, names, types) == [(3, 0)]  # log(e^1 + e^.9) > 1.3
    table[3, 1] = 2.0
    assert links(table, names, types) == [(3, 1)]
    table[3] -= 1.5  # together they are sure enough where none is alone
    table[3, 1] = -9.0
    assert links(table, names, types) == [(3, 0)]


def test_a_reference_without_a_name_takes_an_earlier_reference() -> None:
    table = np.full((3, 3), -1.0, dtype=np.float32)
    table[2, 1] = 0.5
    assert links(table, ["Ann Lee", "she", "her"], ["Person", "Reference", "Reference"]) == [(2, 1)]
    table[1, 2] = 9.0  # a later one it cannot be
    assert links(table, ["Ann Lee", "she", "her"], ["Person", "Reference", "Reference"]) == [(2, 1)]


@pytest.mark.parametrize(("he", "she", "it"), [("he", "Her", "its"), ("他", "她", "它")])
def test_a_pronoun_refers_to_nothing_of_another_gender_or_kind(he: str, she: str, it: str) -> None:
    def best(name: str, type: str, pronoun: str) -> list[tuple[int, int]]:
        table = np.full((3, 3), 1.0, dtype=np.float32)
        table[2, 1] = 5.0
        return links(table, ["Ann Lee", name, pronoun], ["Person", type, "Reference"])

    assert (2, 0) in best(he, "Reference", she) and (2, 0) in best("Acme", "Organization", she)
    assert (2, 0) in best(she, "Reference", she) and (2, 1) in best("Bo Ray", "Person", he)  # a name comes first
    assert (2, 1) in best("Acme", "Organization", it) and (2, 1) in best("they", "Reference", it)
    assert (2, 0) not in best("Bo Ray", "Person", it) and (2, 1) not in best("Bo Ray", "Person", it)


def test_a_part_of_one_persons_name_is_that_person() -> None:
    names = ["Ann Lee", "Lee", "Bo Ray", "Cy Ray", "Ray", "Ann Lee", "Lee Corp"]
    people = ["Person"] * 6 + ["Organization"]
    assert shared_names(names, people) == [(1, 0), (5, 0)]  # which Ray is not known
    assert shared_names(["马云", "马云", "马"], ["Person"] * 3) == [(1, 0)]


def test_dates_refer_to_nothing() -> None:
    assert links(np.ones((2, 2), dtype=np.float32), ["1999", "1999"], ["Date", "Date"]) == []


def test_links_that_share_a_mention_make_one_cluster() -> None:
    assert clusters([(1, 0), (3, 1), (5, 4)]) == ((0, 1, 3), (4, 5))
    assert clusters([]) == ()
