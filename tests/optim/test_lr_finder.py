"""The search for a learning rate."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd_core import AnomalyError, ArgumentError
from optim import find_learning_rate


def setting(lr: Any = 0.1) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 5))
    model = nn.Linear(5, 1, rng=0)
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.5)
    return model, nn.SquaredLoss(), optimizer, X, X @ np.ones((5, 1))


def test_the_suggestion_trains_and_a_hundred_times_more_does_not() -> None:
    """For a quadratic it lies below the edge of stability 2/L and not far from it."""
    arguments = setting()
    found = find_learning_rate(*arguments, rng=0, low=1e-5, high=100.0)
    X = arguments[3]
    edge = 2 / np.linalg.eigvalsh(2 * X.T @ X / len(X)).max()
    assert edge / 300 < found.suggestion < edge
    assert found.lr[-1] < 100.0
    assert found.loss[-1] > 4 * found.loss.min()
    np.testing.assert_allclose(np.diff(np.log(found.lr)), np.log(1e7) / 99)
    assert len(found.lr) == len(found.loss)


def test_model_and_optimizer_are_put_back() -> None:
    """Weights, state, count of steps and the schedule."""
    schedule = optim.Cosine(0.1, 50)
    model, loss, optimizer, X, y = setting(schedule)
    optim.fit(model, loss, optimizer, X, y, epochs=1, progress=False, rng=0)
    weights, state = model.state_dict(), optimizer.state_dict()
    model.eval()
    with contextlib.suppress(ArgumentError):  # put back also if no rate lowers the loss any more
        find_learning_rate(model, loss, optimizer, X, y, rng=0)
    assert all(np.array_equal(v, weights[k]) for k, v in model.state_dict().items())
    after = optimizer.state_dict()
    assert after["t"] == state["t"]
    assert after["param_groups"] == state["param_groups"]
    assert np.array_equal(after["state"]["0"]["V"], state["state"]["0"]["V"])
    assert optimizer.lr is schedule
    assert not model.training
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"low": 0.0}, "low is 0"),
        ({"low": 1.0, "high": 0.1}, "low must be the lower"),
        ({"steps": 1}, "steps is 1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"smoothing": 1.0}, "gamma is 1"),
        ({"high": float("nan")}, "high is nan"),
    ],
)
def test_arguments_out_of_range_are_refused(settings: dict[str, Any], words: str) -> None:
    """The error names the argument."""
    with pytest.raises(ArgumentError, match=words):
        find_learning_rate(*setting(), **settings)


def test_a_first_rate_that_is_too_large_is_said() -> None:
    """And the model is put back."""
    model, loss, optimizer, X, y = setting()
    before = model.state_dict()
    with pytest.raises(AnomalyError, match="begin with a smaller rate"):
        find_learning_rate(model, loss, optimizer, X, y, low=1e200, high=1e201)
    assert np.array_equal(model.state_dict()["W"], before["W"])


def test_generators_of_dropout_are_put_back() -> None:
    """The search draws numbers, and later draws are as without it."""
    _, loss, _, X, y = setting()
    model = nn.Sequential(nn.Linear(5, 4, rng=0), nn.Dropout(0.5, rng=1), nn.Linear(4, 1, rng=2))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    before = model[1].rng.bit_generator.state
    find_learning_rate(model, loss, optimizer, X, y, rng=0)
    assert model[1].rng.bit_generator.state == before


def test_a_setting_that_was_changed_does_not_keep_it_from_putting_back() -> None:
    """The memory of the momentum that was switched off is still there afterwards."""
    model, loss, optimizer, X, y = setting()
    optim.fit(model, loss, optimizer, X, y, epochs=1, progress=False, rng=0)
    optimizer.param_groups[0]["momentum"] = 0.0
    before = optimizer.state[model.W]["V"].copy()
    with contextlib.suppress(ArgumentError):
        find_learning_rate(model, loss, optimizer, X, y, rng=0)
    assert np.array_equal(optimizer.state[model.W]["V"], before)


def test_few_steps() -> None:
    """Three are enough to tell a loss that falls; two are not."""
    found = find_learning_rate(*setting(), low=0.01, high=0.1, steps=3, batch_size=100, rng=0)
    assert len(found.lr) == 3
    with pytest.raises(ArgumentError, match="steps is 2"):
        find_learning_rate(*setting(), steps=2)


def test_a_loss_that_only_rises_gives_no_suggestion() -> None:
    """A rate that was never tried is not suggested."""
    with pytest.raises(ArgumentError, match=r"begin with a smaller one, low=0\.05"):
        find_learning_rate(*setting(), low=50.0, high=5000.0, rng=0)


def test_the_suggestion_is_within_the_rates_that_were_tried() -> None:
    """Also where a tenth of the best would be below them."""
    found = find_learning_rate(*setting(), low=0.02, high=0.1, rng=0)
    assert found.suggestion >= 0.02
