"""Section 8: early stopping, weight decay, input noise, dropout, batch normalization."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

from . import recurrences_by_hand as hand
from .recurrences_by_hand import same

Array = np.ndarray[Any, Any]


def test_early_stopping() -> None:
    """Training ends once validation gets no better, with the weights of the lowest loss."""
    rng = np.random.default_rng(1)
    X, V = rng.standard_normal((12, 10)), rng.standard_normal((12, 200))
    true = rng.standard_normal((12, 1)) * 0.3
    Y, U = true.T @ X + 1.5 * rng.standard_normal((1, 10)), true.T @ V

    W, W0, losses, kept = np.zeros((12, 1)), np.zeros((1, 1)), [], []
    for _ in range(200):
        d = 2 * (W.T @ X + W0 - Y) / 10
        W, W0 = W - 0.05 * X @ d.T, W0 - 0.05 * d.sum(1, keepdims=True)
        losses.append(((W.T @ V + W0 - U) ** 2).mean())
        kept.append((W, W0))
    best = int(np.argmin(losses))
    assert 0 < best < 150
    assert losses[-1] > 1.2 * losses[best]

    model = nn.Linear(12, 1, init="zeros")
    history = optim.fit(
        model,
        nn.SquaredLoss(),
        optim.SGD(model.parameters(), lr=0.05),
        X.T,
        Y.T,
        epochs=200,
        mode="batch",
        shuffle=False,
        validation=(V.T, U.T),
        early_stopping=optim.EarlyStopping(patience=5),
        progress=False,
    )
    assert len(history) == best + 1 + 5
    same(np.array(history.validation_loss), np.array(losses[: best + 6]))
    same(model.W, kept[best][0])
    same(model.W0, kept[best][1][:, 0])
    assert all(a > b for a, b in zip(history.train_loss, history.train_loss[1:], strict=False))


def test_weight_decay_is_decay_then_step() -> None:
    """W(1 − λη) − η∇Loss, over 1,000 recorded gradients."""
    rng = np.random.default_rng(2)
    g, start = list(rng.standard_normal((1000, 3, 2))), rng.standard_normal((3, 2))

    def eta(t: int) -> float:
        return 0.1 / (1 + 0.001 * t)

    W = Tensor(start, requires_grad=True)
    update = optim.SGD([W], lr=eta, weight_decay=0.3)
    for each in g:
        W.grad = Tensor(each)
        update.step()
    same(W, hand.descent(start, g, eta, decay=0.3))


def test_weight_decay_is_the_gradient_of_half_the_penalty() -> None:
    """λ‖W‖² contributes 2λW to the gradient, so the printed update has λ/2·‖W‖² for penalty."""
    rng = np.random.default_rng(3)
    X, Y, start = rng.standard_normal((3, 6)), rng.standard_normal((2, 6)), np.ones((3, 2))
    g = 2 * X @ (start.T @ X - Y).T
    for factor in (1.0, 0.5):
        W = Tensor(start, requires_grad=True)
        J = nn.SquaredLoss("sum")(X.T @ W, Y.T) + factor * 0.3 * ag.sum(ag.square(W))
        J.backward()
        same(W.grad, g + 2 * factor * 0.3 * start)
        optim.SGD([W], lr=0.01).step()
        same(W, start * (1 - 2 * factor * 0.3 * 0.01) - 0.01 * g)


def noisy_data() -> tuple[Array, Array]:
    rng = np.random.default_rng(4)
    X = rng.standard_normal((2, 40))
    return X, np.array([[2.0, -1.0]]) @ X + 0.2 * rng.standard_normal((1, 40))


def test_input_noise_step_by_step() -> None:
    """x + ε with new normal ε before each gradient, from the given generator."""
    X, Y = noisy_data()
    model = nn.Linear(2, 1, bias=False, rng=0)
    W, rng = np.array(model.W.data), np.random.default_rng(5)
    optim.fit(
        model,
        nn.SquaredLoss("sum"),
        optim.SGD(model.parameters(), lr=0.005),
        X.T,
        Y.T,
        epochs=30,
        mode="batch",
        shuffle=False,
        input_noise=0.4,
        rng=5,
        progress=False,
    )
    for _ in range(30):
        noisy = X + 0.4 * rng.standard_normal((40, 2)).T
        W = W - 0.005 * 2 * noisy @ (W.T @ noisy - Y).T
    same(model.W, W)


def test_input_noise_acts_as_ridge_regression() -> None:
    """On a linear unit noise of variance s² leads to the ridge solution with λ = n s²."""
    X, Y = noisy_data()
    s, n = 0.7, 40
    model = nn.Linear(2, 1, bias=False, init="zeros")
    path: list[Array] = []
    optim.fit(
        model,
        nn.SquaredLoss("sum"),
        optim.SGD(model.parameters(), lr=0.001),
        X.T,
        Y.T,
        epochs=3000,
        mode="batch",
        input_noise=s,
        rng=6,
        progress=False,
        accuracy=False,
        callbacks=[lambda run: path.append(np.array(model.W.data))],
    )
    ridge = np.linalg.solve(X @ X.T + n * s**2 * np.eye(2), X @ Y.T)
    plain = np.linalg.solve(X @ X.T, X @ Y.T)
    mean = np.mean(path[200:], axis=0)
    np.testing.assert_allclose(mean, ridge, rtol=0.03)
    assert np.abs(plain - ridge).max() > 0.4


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_dropout_in_training(p: float) -> None:
    """a = f(z) * d with d of the generator, one mask an example; today also divided by 1 − p."""
    Z = np.random.default_rng(7).standard_normal((6, 5))
    D = (np.random.default_rng(8).random((5, 6)) >= p).astype(float).T
    assert 0 < D.sum() < D.size
    assert len({tuple(column) for column in D.T}) > 1
    for scaling, factor in (("test", 1.0), ("train", 1 / (1 - p))):
        drop = nn.Dropout(p, rng=8, scaling=scaling)
        z = Tensor(Z.T, requires_grad=True)
        a = drop(ag.tanh(z))
        a.sum().backward()
        same(a, (np.tanh(Z) * D * factor).T)
        same(z.grad, ((1 - np.tanh(Z) ** 2) * D * factor).T)


def test_dropout_in_evaluation() -> None:
    """Activations times the share that is kept equal the next weights times it."""
    rng = np.random.default_rng(9)
    A, W, W0 = rng.standard_normal((6, 5)), rng.standard_normal((6, 3)), rng.standard_normal((3, 1))
    layer = nn.Linear(6, 3)
    layer.W.assign(W, "a test")
    layer.W0.assign(W0[:, 0], "a test")
    kept = 0.7
    chapter = nn.Sequential(nn.Dropout(1 - kept, rng=0, scaling="test"), layer).eval()
    usual = nn.Sequential(nn.Dropout(1 - kept, rng=0), layer).eval()
    same(chapter(A.T), ((kept * W).T @ A + W0).T)
    same(usual(A.T), (W.T @ A + W0).T)


@pytest.mark.parametrize("scaling", ["test", "train"])
def test_dropout_keeps_the_average_activation(scaling: str) -> None:
    """The mean over masks is what evaluation gives."""
    drop = nn.Dropout(0.3, rng=10, scaling=scaling)
    a = np.array([0.5, -1.0, 2.0])
    mean = drop(np.tile(a, (20000, 1))).numpy().mean(0)
    np.testing.assert_allclose(mean, drop.eval()(a).numpy(), rtol=0.03)


@pytest.mark.parametrize("scaling", ["test", "train"])
def test_study_question_a_dropped_unit_gets_no_update(scaling: str) -> None:
    """On one point: the weights into and out of a dropped unit stay, bit for bit."""
    net = nn.Sequential(
        nn.Linear(3, 8, rng=1),
        nn.Tanh(),
        nn.Dropout(0.5, rng=2, scaling=scaling),
        nn.Linear(8, 2, rng=3),
    )
    dropped = np.random.default_rng(2).random((1, 8))[0] < 0.5
    assert 0 < dropped.sum() < 8
    before = [np.array(p.data) for p in net.parameters()]
    update = optim.SGD(net.parameters(), lr=0.1)
    nn.SquaredLoss("sum")(net([[1.0, -0.5, 2.0]]), [[3.0, -3.0]]).backward()
    update.step()
    moved = [np.asarray(p.data) != old for p, old in zip(net.parameters(), before, strict=True)]
    expected = ~dropped
    np.testing.assert_array_equal(moved[0], np.tile(expected, (3, 1)))
    np.testing.assert_array_equal(moved[1], expected)
    np.testing.assert_array_equal(moved[2], np.tile(expected[:, None], (1, 2)))
    assert moved[3].all()


def normalized(eps: float, constant: bool = False) -> tuple[Any, ...]:
    """Z, ∂L/∂Ẑ, G, B in columns, the layer after a backward pass, z and Ẑ."""
    rng = np.random.default_rng(11)
    Z = rng.standard_normal((3, 7)) * [[1.0], [5.0], [0.2]] + [[0.0], [4.0], [-1.0]]
    if constant:
        Z[1] = 0.5
    g, G, B = rng.standard_normal((3, 7)), rng.standard_normal((3, 1)), rng.standard_normal((3, 1))
    layer = nn.BatchNorm(3, eps=eps)
    layer.G.assign(G[:, 0], "a test")
    layer.B.assign(B[:, 0], "a test")
    z = Tensor(Z.T, requires_grad=True)
    Z_hat = layer(z)
    Z_hat.backward(g.T)
    return Z, g, G, B, layer, z, Z_hat


EPS = pytest.mark.parametrize("eps", [0.0, 1e-5, 0.1])


@EPS
def test_batch_normalization_forward(eps: float) -> None:
    """μ, σ, Z̄ and Ẑ over the points of a mini-batch; the variance is that of K, not K − 1."""
    Z, _, G, B, layer, _, Z_hat = normalized(eps)
    by_hand, _, mu, sigma = hand.batch_norm(Z, G, B, eps)
    same(Z_hat, by_hand.T)
    same(layer.running_mean, 0.1 * mu[:, 0])
    same(layer.running_var, 0.9 + 0.1 * sigma[:, 0] ** 2 * 7 / 6)
    if not eps:
        bar = (np.asarray(Z_hat.data).T - B) / G
        assert np.abs(bar.mean(1)).max() < 1e-12
        same(bar.std(1), np.ones(3))


@EPS
def test_batch_normalization_dL_dB(eps: float) -> None:
    """∂L/∂B is the sum of ∂L/∂Ẑ over the batch."""
    _, g, _, _, layer, _, _ = normalized(eps)
    same(layer.B.grad, g.sum(1))


@EPS
def test_batch_normalization_dL_dG(eps: float) -> None:
    """∂L/∂G is the sum of ∂L/∂Ẑ·Z̄ over the batch."""
    Z, g, G, B, layer, _, _ = normalized(eps)
    same(layer.G.grad, (g * hand.batch_norm(Z, G, B, eps)[1]).sum(1))


@EPS
def test_batch_normalization_dL_dZ(eps: float) -> None:
    """With ε = 0 the printed formula, with ε > 0 the one that keeps ε."""
    Z, g, G, _, _, z, _ = normalized(eps)
    same(z.grad, hand.batch_norm_dZ(Z, g, G, eps).T)


def test_batch_normalization_small_parts() -> None:
    """∂μ/∂Z = 1/K and ∂σ/∂Z = (Z − μ)/(Kσ)."""
    Z = normalized(0.0)[0]
    _, _, mu, sigma = hand.batch_norm(Z, np.ones((3, 1)), np.zeros((3, 1)), 0.0)
    for function, expected in ((ag.mean, np.full((3, 7), 1 / 7)), (ag.std, (Z - mu) / (7 * sigma))):
        z = Tensor(Z.T, requires_grad=True)
        function(z, axis=0).sum().backward()
        same(z.grad, expected.T)


@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_batch_normalization_of_a_constant_unit(eps: float) -> None:
    """σ = 0: the output is B, and ∂L/∂Z is finite and that of the formula."""
    Z, g, G, B, _, z, Z_hat = normalized(eps, constant=True)
    same(Z_hat, hand.batch_norm(Z, G, B, eps)[0].T)
    same(np.asarray(Z_hat.data)[:, 1], np.full(7, B[1, 0]))
    assert np.isfinite(z.grad.data).all()
    same(z.grad, hand.batch_norm_dZ(Z, g, G, eps).T)
    same(z.grad.data[:, 1], G[1, 0] / eps * (g[1] - g[1].mean()))


def test_batch_normalization_of_inputs_of_growing_scale() -> None:
    """With it the activations stay as they are; without it they saturate, and slopes vanish."""
    rng = np.random.default_rng(12)
    X, W = rng.standard_normal((4, 30)), rng.standard_normal((4, 5))
    first = np.tanh(hand.batch_norm(W.T @ X, np.ones((5, 1)), np.zeros((5, 1)), 0.0)[0])
    slopes = []
    for scale in (1.0, 10.0, 1e3, 1e5):
        w = Tensor(W, requires_grad=True)
        same(ag.tanh(nn.BatchNorm(5, eps=0.0)((scale * X).T @ w)), first.T)
        z = (scale * X).T @ w
        z.retain_grad()
        a = ag.tanh(z)
        a.sum().backward()
        same(a, np.tanh(W.T @ (scale * X)).T)
        slopes.append(float(np.median(z.grad.data)))
    assert slopes[0] > 0.05
    assert slopes == sorted(slopes, reverse=True)
    assert slopes[-1] < 1e-12
