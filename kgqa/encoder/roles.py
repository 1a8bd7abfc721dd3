"""What each token of a window is to the parts of the window: models read it beside the token itself.

That a question's words tell a reader where to look is from Chen et al., 2017 (https://arxiv.org/abs/1704.00051),
section 3.2.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["PATH_ROLES", "ROLES", "path_roles", "token_roles"]

ROLES = 6
PATH_ROLES = 10
NEAR = 10
"""Tokens on each side of a pair that question and passage share."""

Numbers = npt.NDArray[np.int64]


def token_roles(ids: Sequence[int] | Numbers, first: int) -> Numbers:
    """Of a window ``[CLS] question [SEP] passage [SEP]``, ``(tokens,)``; ``first`` is the first passage token.

    0 question, 5 question and also in the passage; 1 passage, 2 passage and also in the question, 3 the same with a
    neighbour that follows it in the question too, 4 passage within ``NEAR`` tokens of such a pair.
    """
    every = np.asarray(ids, dtype=np.int64)
    roles = np.zeros(len(every), dtype=np.int64)
    question, passage = every[1 : first - 1], every[first:-1]
    paired = np.zeros(len(passage), dtype=bool)
    together = _in(_pairs(passage), _pairs(question))
    paired[: len(together)] |= together
    paired[1 : len(together) + 1] |= together
    near = np.convolve(np.append(paired, False), np.ones(2 * NEAR + 1))[NEAR : NEAR + len(passage)] > 0
    roles[1 : first - 1] = np.where(_in(question, passage), 5, 0)
    roles[first:-1] = np.select([paired, _in(passage, question), near], [3, 2, 4], 1)
    roles[-1] = 1
    return roles


def path_roles(ids: Sequence[int] | Numbers, path: int, first: int) -> Numbers:
    """Of a window ``[CLS] question [SEP] path [SEP] passage [SEP]``, ``(tokens,)``.

    ``path`` is the first token of the path, ``first`` the first of the passage. Question and passage are as in
    ``token_roles``, but a passage token that only the path has is 9; 6 path, 7 path and also in the question, 8 path
    and also in the passage.
    """
    every = np.asarray(ids, dtype=np.int64)
    between, passage = every[path : first - 1], every[first:-1]
    beside = token_roles(np.concatenate([every[:path], every[first:]]), path)
    roles = np.concatenate([beside[:path], np.full(first - path, 6), beside[path:]])
    roles[path : first - 1] = np.select([_in(between, every[1 : path - 1]), _in(between, passage)], [7, 8], 6)
    own = roles[first:-1]
    own[_in(passage, between) & _in(own, np.array([1, 4]))] = 9
    return roles


def _pairs(ids: Numbers) -> Numbers:
    """One number for each token and its successor."""
    return ids[:-1] * (1 << 32) + ids[1:]


def _in(ids: Numbers, others: Numbers) -> npt.NDArray[np.bool_]:
    """Which of the ids are among the others; of so few, numpy's ``isin`` takes ten times as long."""
    return np.asarray((ids[:, None] == others).any(1))
