"""Running and moving averages of the chapter's section 7.2.1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_core import ArgumentError, ShapeError, Tensor
from optim import MovingAverage, RunningAverage, average


def test_the_default_running_average_is_the_mean(rng: np.random.Generator) -> None:
    """With γ_t = (t − 1)/t, A_t is the actual average: the chapter's study question."""
    sequence = rng.standard_normal(50)
    mean = RunningAverage()
    for t, a in enumerate(sequence, start=1):
        assert mean.update(a) == pytest.approx(sequence[:t].mean())
    assert mean.t == 50


def test_the_moving_average_weighs_by_powers(rng: np.random.Generator) -> None:
    """A_T = Σ γ^{T−t}(1 − γ) a_t."""
    sequence, gamma = rng.standard_normal(30), 0.8
    moving = MovingAverage(gamma)
    for a in sequence:
        moving.update(a)
    weights = gamma ** np.arange(29, -1, -1) * (1 - gamma)
    assert moving.value == pytest.approx(weights @ sequence)
    assert moving.corrected == pytest.approx(weights @ sequence / weights.sum())


def test_gamma_may_be_any_function_of_t() -> None:
    """A₀ = 0, A_t = γ_t A_{t−1} + (1 − γ_t) a_t."""
    running = RunningAverage(lambda t: 1 / (t + 1))
    assert [running.update(a) for a in (2.0, 3.0)] == pytest.approx([1.0, 1 / 3 + 2.0])


def test_arrays_and_tensors_are_averaged_too() -> None:
    """The value has the type and dtype of what comes in."""
    moving = MovingAverage(0.5)
    moving.update(np.array([2.0, 4.0], np.float32))
    assert moving.update(np.array([0.0, 0.0], np.float32)).dtype == np.float32
    tensor = Tensor([2.0], requires_grad=True)
    assert isinstance(MovingAverage(0.5).update(tensor), Tensor)
    assert average(tensor, 4.0, 0.25).tolist() == [3.5]


def test_another_shape_is_refused() -> None:
    """Broadcasting would average different things without a word."""
    moving = MovingAverage(0.5)
    moving.update(np.zeros(3))
    with pytest.raises(ShapeError, match=r"shape \(2, 3\).*shape \(3,\)"):
        moving.update(np.zeros((2, 3)))
    assert moving.t == 1


@pytest.mark.parametrize("gamma", [-0.1, 1.0, float("nan"), "0.5", None])
def test_gamma_out_of_range_is_refused(gamma: Any) -> None:
    """γ is in [0, 1)."""
    with pytest.raises(ArgumentError, match="gamma"):
        MovingAverage(gamma)
    with pytest.raises(ArgumentError, match="gamma"):
        RunningAverage(lambda t: 1.5).update(1.0)
