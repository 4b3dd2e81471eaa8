"""Dropout (chapter, section 8.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd_core import ArgumentError, Tensor


def test_training_zeroes_with_probability_p() -> None:
    """The share of zeros is p, to five standard deviations; the rest is scaled by 1/(1 − p)."""
    y = nn.Dropout(0.3, rng=0)(np.ones((100, 1000))).numpy()
    assert set(np.unique(y)) == {0.0, 1 / 0.7}
    assert abs((y == 0).mean() - 0.3) < 5 * (0.3 * 0.7 / y.size) ** 0.5
    assert abs(y.mean() - 1) < 0.01


def test_every_unit_of_every_example_is_drawn_by_itself() -> None:
    """No two examples, and no two passes, have the same mask."""
    drop = nn.Dropout(0.5, rng=0)
    masks = [drop(np.ones((3, 100))).numpy() for _ in range(2)]
    rows = [row.tobytes() for mask in masks for row in mask]
    assert len(set(rows)) == 6


def test_evaluation_changes_nothing() -> None:
    """With the inverted scaling evaluation is the identity, and draws nothing."""
    drop = nn.Dropout(0.5, rng=0).eval()
    state = drop.rng.bit_generator.state
    x = Tensor([1.0, 2.0])
    assert drop(x) is x
    assert drop.rng.bit_generator.state == state


def test_chapters_scaling() -> None:
    """scaling="test": zeros and ones in training, times 1 − p in evaluation."""
    drop = nn.Dropout(0.25, rng=0, scaling="test")
    x = np.full((4, 100), 2.0)
    assert set(np.unique(drop(x).numpy())) == {0.0, 2.0}
    assert (drop.eval()(x).numpy() == 1.5).all()


def test_chapters_scaling_is_that_of_the_next_layers_weights(rng: np.random.Generator) -> None:
    """In evaluation the next layer computes as if its W were multiplied by the share kept."""
    layer = nn.Linear(4, 3, rng=rng)
    net = nn.Sequential(nn.Dropout(0.4, scaling="test"), layer).eval()
    x = rng.normal(size=(5, 4))
    wanted = x @ (0.6 * layer.W.numpy()) + layer.W0.numpy()
    np.testing.assert_allclose(net(x).numpy(), wanted, rtol=1e-13)


@pytest.mark.parametrize("scaling", ["train", "test"])
def test_gradient_is_the_mask(scaling: str) -> None:
    """Where a unit was dropped the gradient is 0, elsewhere the factor of the forward pass."""
    x = Tensor(np.ones((5, 8)), requires_grad=True)
    y = nn.Dropout(0.5, rng=0, scaling=scaling)(x)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.numpy())


def test_dropped_unit_gets_no_update(rng: np.random.Generator) -> None:
    """The study question of 8.2: the weights of a unit whose activation is 0 do not move."""
    layer = nn.Linear(3, 50, rng=rng)
    drop = nn.Dropout(0.5, rng=1)
    a = drop(layer(rng.normal(size=(1, 3))))
    (a * a).sum().backward()
    dropped = a.numpy()[0] == 0
    assert dropped.any()
    assert (layer.W.grad.numpy()[:, dropped] == 0).all()
    assert (layer.W.grad.numpy()[:, ~dropped] != 0).all()


def test_edges() -> None:
    """p = 0 keeps everything and draws nothing; p = 1 drops everything, without a NaN."""
    drop = nn.Dropout(0, rng=0)
    state = drop.rng.bit_generator.state
    assert drop([1.0, 2.0]).tolist() == [1, 2]
    assert drop.rng.bit_generator.state == state
    for scaling in ("train", "test"):
        assert nn.Dropout(1, rng=0, scaling=scaling)([1.0, 2.0]).tolist() == [0, 0]


def test_seed_and_generator() -> None:
    """A seed repeats the masks; one generator in two layers is shared."""
    ones = np.ones(50)
    assert nn.Dropout(rng=3)(ones).tolist() == nn.Dropout(rng=3)(ones).tolist()
    rng = np.random.default_rng(3)
    first, second = nn.Dropout(rng=rng), nn.Dropout(rng=rng)
    assert first(ones).tolist() != second(ones).tolist()


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan"), float("inf"), "half", None])
def test_p_out_of_range_is_refused(p: Any) -> None:
    """p is a probability."""
    with pytest.raises(ArgumentError, match=r"Dropout: p, .* is .*\[0, 1\]"):
        nn.Dropout(p)


def test_unknown_scaling_is_refused() -> None:
    """There are two scalings."""
    with pytest.raises(ArgumentError, match=r"scaling='inverted' is not one of"):
        nn.Dropout(0.5, scaling="inverted")


def test_float32_stays() -> None:
    """The mask has the dtype of the input."""
    x = Tensor(np.ones(9, np.float32), requires_grad=True)
    for drop in (nn.Dropout(0.3, rng=0), nn.Dropout(0.3, scaling="test").eval()):
        y = drop(x)
        assert y.dtype == np.float32
        y.sum().backward()
        assert x.grad.dtype == np.float32
