"""The comparison with other writers: what its summary says, and a small run of ours on the real server."""

from __future__ import annotations

import neo4j

from kgqa.pipelines.evaluation.graph_rivals import SAME, Turn, facts_of, measure, summary


def test_a_ratio_is_taken_within_a_round() -> None:
    turns = [
        Turn(0, SAME, 2.0, 1.0, 60, 200, 60, 200),
        Turn(0, "other", 8.0, 1.0, 60, 199, 120, 398),
        Turn(0, "stopped", 10.0, 0.25, 15, 50, 15, 50),
        Turn(1, "other", 60.0, 1.0, 60, 199, 120, 398),
        Turn(1, SAME, 10.0, 1.0, 60, 200, 60, 200),
    ]
    ours, other, stopped = summary(turns, 200)
    assert " 1.00 times our seconds (1.00-1.00, n 2)" in ours and "again: +0 and +0" in ours
    assert " 5.00 times our seconds (4.00-6.00, n 2)" in other and "again: +60 and +199" in other
    assert "20.00 times our seconds" in stopped and "stopped after 25% of the documents" in stopped


def test_facts_are_those_of_the_documents() -> None:
    facts = facts_of(25, 4)
    assert len(facts) == 25 and {fact.document for fact in facts} == {0, 1, 2, 3}
    assert all(fact.subject != fact.object for fact in facts)


def test_our_writers_write_all_and_change_nothing_the_second_time(neo4j_session: neo4j.Session) -> None:
    turns = {turn.writer: turn for turn in measure(60, 6, 1, most=60)}
    same = turns[SAME]
    assert same.relationships == len({(f.subject, f.predicate, f.object) for f in facts_of(60, 6)})
    for turn in turns.values():
        if turn.writer.startswith("ours"):
            assert (turn.nodes, turn.relationships) == (turn.nodes_again, turn.relationships_again)
    assert neo4j_session.run("MATCH (n) RETURN count(n)").single(strict=True).value() == 0
