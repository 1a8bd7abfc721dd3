"""Early stopping: what it keeps, when it stops, and that it goes on after a stop."""

import pytest

pytest.importorskip("torch", reason='the extra "train" is not installed')

import torch
from torch import nn

from kgqa.pipelines.training.early_stopping import PATIENCE, EarlyStopping


def run(losses: list[float], stopping: EarlyStopping | None = None) -> tuple[EarlyStopping, nn.Linear, int]:
    """Training whose weight is the number of the step; gives where it stopped."""
    model, at = nn.Linear(1, 1, bias=False), 0

    def loss() -> float:
        return losses[round(float(model.weight.detach()))]

    stopping = stopping or EarlyStopping()
    stopping.loss = loss
    for at in range(len(losses)):
        nn.init.constant_(model.weight, float(at))
        if stopping.look(at * 0.05, model):
            break
    return stopping, model, at


def test_the_best_weights_stay() -> None:
    stopping, model, _ = run([3.0, 1.0, 2.0, 2.5])
    stopping.restore(model)
    assert float(model.weight.detach()) == 1.0


def test_the_last_weights_stay_where_they_are_the_best() -> None:
    stopping, model, _ = run([3.0, 2.0, 1.0, 0.5])
    nn.init.constant_(model.weight, 3.0)
    stopping.restore(model)
    assert float(model.weight.detach()) == 3.0


def test_training_ends_when_the_held_back_texts_fit_no_better() -> None:
    _, _, at = run([3.0, 1.0, *[2.0] * 30])
    assert at == 1 + PATIENCE


def test_it_looks_only_when_it_is_time() -> None:
    stopping, model, _ = run([3.0])
    assert not stopping.look(0.01, model) and len(stopping.curve) == 1


def test_it_goes_on_from_a_checkpoint() -> None:
    before, _, _ = run([3.0, 1.0, 2.0])
    after = EarlyStopping()
    after.resume(before.state())
    assert after.curve == before.curve and torch.equal(after.best["weight"], before.best["weight"])


def test_without_held_back_texts_nothing_happens() -> None:
    stopping, model = EarlyStopping(), nn.Linear(1, 1)
    assert not stopping.look(0.5, model)
    stopping.restore(model)
    assert stopping.state() == {"curve": [], "best": {}}
