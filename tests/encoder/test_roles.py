"""Roles of tokens: what question, path and passage share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.encoder import PATH_ROLES, ROLES, path_roles, token_roles


def test_token_roles_tell_what_question_and_passage_share() -> None:
    question, passage = [10, 11, 12], [*range(100, 130), 10, 11, 50, 12, *range(200, 230)]
    roles = token_roles([1, *question, 2, *passage, 2], 5).tolist()
    assert roles[:5] == [0, 5, 5, 5, 0]
    assert roles[5 + 30 : 5 + 34] == [3, 3, 4, 2]
    assert roles[5 + 19 : 5 + 21] == [1, 4] and roles[5 + 34 : 5 + 43] == [4] * 8 + [1] and roles[-1] == 1


@pytest.mark.parametrize(("ids", "first"), [([1, 2, 3, 2], 2), ([1, 7, 2, 7, 2], 3), ([1, 7, 2, 2], 3)])
def test_token_roles_of_the_shortest_windows(ids: list[int], first: int) -> None:
    roles = token_roles(ids, first)
    assert len(roles) == len(ids) and roles.max() < ROLES


def test_path_roles_tell_what_leads_from_the_question_to_the_passage() -> None:
    question, path, passage = [10, 11], [11, 40, 41], [41, 50, 10, 51]
    roles = path_roles([1, *question, 2, *path, 2, *passage, 2], 4, 8).tolist()
    assert roles == [0, 5, 0, 0, 7, 6, 8, 6, 9, 1, 2, 1, 1]


@given(*[st.lists(st.integers(5, 9), max_size=12)] * 3)
def test_path_roles_without_a_path_are_those_of_question_and_passage(
    question: list[int], path: list[int], passage: list[int]
) -> None:
    head = [1, *question, 2]
    ids = [*head, *path, 2, *passage, 2]
    roles = path_roles(ids, len(head), len(head) + len(path) + 1).tolist()
    beside = token_roles([*head, *passage, 2], len(head)).tolist()
    assert len(roles) == len(ids) and max(roles) < PATH_ROLES
    assert roles[: len(head)] == beside[: len(head)]
    own = [(role, other) for role, other in zip(roles[len(head) + len(path) + 1 :], beside[len(head) :], strict=True)]
    assert all(role in (other, 9) for role, other in own)
    if not path:
        assert all(role == other for role, other in own)
