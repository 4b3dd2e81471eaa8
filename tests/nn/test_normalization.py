"""Batch normalization by the chapter's section 8.3, and layer normalization."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd_core import ArgumentError, ShapeError, Tensor

K, UNITS = 6, 3


@pytest.fixture
def z(rng: np.random.Generator) -> np.ndarray[Any, Any]:
    return rng.normal(size=(K, UNITS)) * 3 + 1


def chapters_gradient(Z: Any, dL: Any, G: Any) -> Any:
    """The last equation of section 8.3, term by term, for one unit a row (and σ for σ + ε)."""
    mu, sigma = Z.mean(1), Z.std(1)
    out = np.zeros_like(Z)
    for i in range(Z.shape[0]):
        for j in range(K):
            for k in range(K):
                delta = K * (j == k) - 1
                pair = (Z[i, k] - mu[i]) * (Z[i, j] - mu[i]) / sigma[i] ** 2
                out[i, j] += dL[i, k] * G[i] / (K * sigma[i]) * (delta - pair)
    return out


def test_forward_and_backward_are_the_chapters(z: Any, rng: np.random.Generator) -> None:
    """Ẑ = G (Z − μ)/σ + B, and the three gradients that the chapter derives by hand."""
    norm = nn.BatchNorm(UNITS, eps=0)
    norm.G.assign(rng.normal(size=UNITS))
    norm.B.assign(rng.normal(size=UNITS))
    G, B = norm.G.numpy().copy(), norm.B.numpy().copy()
    v = norm.forward(z)
    bar = (z - z.mean(0)) / z.std(0)
    np.testing.assert_allclose(v, G * bar + B, rtol=1e-12)
    g = rng.normal(size=v.shape)
    got = norm.backward(z, v, g)
    np.testing.assert_allclose(got, chapters_gradient(z.T, g.T, G).T, rtol=1e-10, atol=1e-12)
    grads = norm.weight_grad(z, g)
    np.testing.assert_allclose(grads["B"], g.sum(0), rtol=1e-12)
    np.testing.assert_allclose(grads["G"], (g * bar).sum(0), rtol=1e-12)


def test_epsilon_is_added_to_sigma_or_inside_the_root(z: Any) -> None:
    """The chapter's σ + ε by default, √(σ² + ε) on request."""
    centered = z - z.mean(0)
    outside, inside = nn.BatchNorm(UNITS, eps=0.5), nn.BatchNorm(UNITS, 0.5, eps_inside_sqrt=True)
    np.testing.assert_allclose(outside(z).numpy(), centered / (z.std(0) + 0.5), rtol=1e-12)
    np.testing.assert_allclose(inside(z).numpy(), centered / np.sqrt(z.var(0) + 0.5), rtol=1e-12)


@pytest.mark.parametrize("inside", [False, True])
def test_running_statistics(z: Any, inside: bool) -> None:
    """(1 − momentum)·old + momentum·batch, the variance unbiased; evaluation uses them."""
    norm = nn.BatchNorm(UNITS, momentum=0.25, eps_inside_sqrt=inside)
    norm(z)
    norm(2 * z)
    mean = 0.25 * (0.75 * z.mean(0) + 2 * z.mean(0))
    var = 0.75 * (0.75 + 0.25 * z.var(0, ddof=1)) + 0.25 * 4 * z.var(0, ddof=1)
    np.testing.assert_allclose(norm.running_mean.numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(norm.running_var.numpy(), var, rtol=1e-12)
    y = norm.eval()(z[:1]).numpy()
    divisor = np.sqrt(var + 1e-5) if inside else np.sqrt(var) + 1e-5
    np.testing.assert_allclose(y, (z[:1] - mean) / divisor, rtol=1e-12)
    np.testing.assert_allclose(norm.running_mean.numpy(), mean, rtol=1e-12)


def test_momentum_none_is_the_chapters_running_average(rng: np.random.Generator) -> None:
    """With γₜ = (t − 1)/t (section 7.2.1) the statistics are the averages over all batches."""
    norm = nn.BatchNorm(UNITS, momentum=None)
    batches = rng.normal(size=(5, K, UNITS))
    for batch in batches:
        norm(batch)
    np.testing.assert_allclose(norm.running_mean.numpy(), batches.mean((0, 1)), rtol=1e-12)
    average = batches.var(1, ddof=1).mean(0)
    np.testing.assert_allclose(norm.running_var.numpy(), average, rtol=1e-12)
    assert norm.batches.item() == 5
    assert norm.state_dict()["batches"] == 5


@pytest.mark.parametrize("inside", [False, True])
def test_constant_unit_gives_b_and_finite_gradients(inside: bool) -> None:
    """At σ = 0 the output is B and nothing is NaN or infinite; its derivative by z is finite."""
    norm = nn.BatchNorm(2, eps_inside_sqrt=inside)
    z = Tensor(np.column_stack([np.full(4, 3.0), np.arange(4.0)]), requires_grad=True)
    y = norm(z)
    assert (y.numpy()[:, 0] == 0).all()
    (y**2 + y).sum().backward()
    for t in (z, norm.G, norm.B):
        assert np.isfinite(t.grad.numpy()).all()


@pytest.mark.parametrize("shape", [(1, UNITS), (UNITS,), (1, 1, UNITS), (0, UNITS)])
def test_batch_of_one_is_refused_in_training(shape: tuple[int, ...]) -> None:
    """Fewer than two examples have no spread; the buffers stay, and evaluation works."""
    norm = nn.BatchNorm(UNITS)
    with pytest.raises(ShapeError, match=r"BatchNorm\(3\): a batch of shape .* at least two"):
        norm(np.ones(shape))
    assert norm.running_mean.tolist() == [0] * UNITS
    assert norm.eval()(np.ones(shape)).shape == shape


def test_wrong_width_is_named() -> None:
    """The last axis must be the units."""
    for module, words in ((nn.BatchNorm(3), "3 units"), (nn.LayerNorm((2, 3)), r"\(2, 3\)")):
        for shape in ((), (4,), (3, 4)):
            with pytest.raises(ShapeError, match=words):
                module(np.zeros(shape))


@pytest.mark.parametrize("axes", [(), (4,)])
def test_statistics_are_over_all_axes_but_the_last(
    axes: tuple[int, ...], rng: np.random.Generator
) -> None:
    """An input of three axes is normalized like the flattened batch."""
    z = rng.normal(size=(K, *axes, UNITS))
    flat = nn.BatchNorm(UNITS)(z.reshape(-1, UNITS)).numpy()
    np.testing.assert_allclose(nn.BatchNorm(UNITS)(z).numpy().reshape(-1, UNITS), flat)


def test_without_affine_there_are_no_weights(z: Any) -> None:
    """affine=False leaves the standardized values."""
    norm = nn.BatchNorm(UNITS, affine=False, eps=0)
    assert not list(norm.parameters())
    y = norm(z).numpy()
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(0), 1)
    layer = nn.LayerNorm(UNITS, affine=False, eps=0)
    assert not list(layer.parameters())
    np.testing.assert_allclose(layer(z).numpy().std(1), 1)


def test_layer_norm_is_by_example(z: Any) -> None:
    """Each row has its own mean and variance; training and evaluation are the same."""
    norm = nn.LayerNorm(UNITS)
    wanted = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(norm(z).numpy(), wanted, rtol=1e-12)
    np.testing.assert_array_equal(norm(z).numpy(), norm.eval()(z).numpy())


@pytest.mark.parametrize("make", [nn.BatchNorm, nn.LayerNorm])
def test_float32_stays(make: Any, z: Any) -> None:
    """Output, gradients and running statistics of a float32 layer are float32."""
    norm = make(UNITS, dtype=np.float32)
    x = Tensor(z.astype(np.float32), requires_grad=True)
    y = norm(x)
    y.sum().backward()
    tensors = [y, x.grad, norm.G.grad, norm.B.grad, *norm.buffers()]
    assert {t.dtype for t in tensors} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.BatchNorm(0), "n, the number of units, is 0"),
        (lambda: nn.BatchNorm(3, eps=-1), "eps is -1"),
        (lambda: nn.BatchNorm(3, momentum=1.5), "momentum is 1.5"),
        (lambda: nn.BatchNorm(3, momentum=float("nan")), "momentum is nan"),
        (lambda: nn.LayerNorm((2, 0)), "is 0"),
        (lambda: nn.LayerNorm(3, eps=float("inf")), "eps is inf"),
    ],
)
def test_bad_settings_are_named(make: Any, words: str) -> None:
    """Sizes, ε and momentum out of range are refused with their value."""
    with pytest.raises(ArgumentError) as caught:
        make()
    assert words in str(caught.value)
