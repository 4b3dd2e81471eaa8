"""Section 1, the neuron: a single unit, its objective, and how it is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

from .by_hand import FUNCTIONS, MODULES, Array, agrees, column, engine_linear, sigmoid, slope

UNITS = ["linear", "step", "relu", "sigmoid", "tanh"]


def _unit(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """w (3, 1), w0 (1, 1) and an input x (3, 1)."""
    return rng.normal(size=(3, 1)), rng.normal(size=(1, 1)), rng.normal(size=(3, 1))


def _points(rng: np.random.Generator) -> tuple[list[Array], list[float]]:
    """Seven inputs as columns and labels 0 and 1."""
    xs = [rng.normal(size=(3, 1)) for _ in range(7)]
    return xs, [float(i % 2) for i in range(7)]


def _rows(xs: list[Array]) -> Array:
    return np.concatenate([x.T for x in xs])


@pytest.mark.parametrize("f", UNITS)
def test_a_is_f_of_wT_x_plus_w0(f: str, rng: np.random.Generator) -> None:
    """The unit's output is f of the weighted sum of its inputs plus its offset."""
    w, w0, x = _unit(rng)
    as_sum = sum(x[j, 0] * w[j, 0] for j in range(3)) + w0[0, 0]
    by_hand = FUNCTIONS[f](w.T @ x + w0)
    agrees(FUNCTIONS[f](np.array([[as_sum]])), by_hand)
    agrees(MODULES[f]()(engine_linear(w, w0)(Tensor(x.T))), by_hand.T)


@pytest.mark.parametrize("f", UNITS)
def test_J_is_the_sum_of_the_losses(f: str, rng: np.random.Generator) -> None:
    """The objective is the sum over the data set of the loss of the unit's output."""
    w, w0, _ = _unit(rng)
    xs, ys = _points(rng)
    outputs = [FUNCTIONS[f](w.T @ x + w0)[0, 0] for x in xs]
    by_hand = sum((a - y) ** 2 for a, y in zip(outputs, ys, strict=True))
    unit = nn.Sequential(engine_linear(w, w0), MODULES[f]())
    agrees(nn.SquaredLoss("sum")(unit(_rows(xs)), column(ys)), by_hand)


@pytest.mark.parametrize("f", ["linear", "relu", "sigmoid", "tanh"])
def test_gradient_of_J(f: str, rng: np.random.Generator) -> None:
    """∇J sums, over the points, the loss's derivative times f' times the input (or times 1)."""
    w, w0, _ = _unit(rng)
    xs, ys = _points(rng)
    dw, dw0 = np.zeros_like(w), np.zeros_like(w0)
    for x, y in zip(xs, ys, strict=True):
        z = w.T @ x + w0
        dz = 2 * (FUNCTIONS[f](z) - y) * slope(f, z)
        dw += x @ dz
        dw0 += dz
    unit = engine_linear(w, w0)
    nn.SquaredLoss("sum")(MODULES[f]()(unit(_rows(xs))), column(ys)).backward()
    assert dw.any()
    agrees(unit.W.grad, dw)
    agrees(unit.W0.grad, dw0[:, 0])


def test_linear_logistic_classifier_with_nll(rng: np.random.Generator) -> None:
    """A sigmoid unit with NLL is the linear logistic classifier: its gradient is Σ (σ − y) x."""
    w, w0, _ = _unit(rng)
    xs, ys = _points(rng)
    J, dw, dw0 = 0.0, np.zeros_like(w), np.zeros_like(w0)
    for x, y in zip(xs, ys, strict=True):
        a = sigmoid(w.T @ x + w0)
        J -= float((y * np.log(a) + (1 - y) * np.log(1 - a))[0, 0])
        dw += x * (a - y)
        dw0 += a - y
    unit = engine_linear(w, w0)
    loss = nn.NLL("sum")(nn.Sigmoid()(unit(_rows(xs))), column(ys))
    loss.backward()
    agrees(loss, J)
    assert dw.any()
    agrees(unit.W.grad, dw)
    agrees(unit.W0.grad, dw0[:, 0])


def test_linear_regressor_with_squared_loss(rng: np.random.Generator) -> None:
    """A linear unit with squared loss is the regressor: zero gradient at the normal equations."""
    w, w0, _ = _unit(rng)
    xs, _ = _points(rng)
    ys = rng.normal(size=(7, 1))
    X = np.concatenate(xs, axis=1)  # m × n, a point a column
    residual = w.T @ X + w0 - ys.T
    unit = engine_linear(w, w0)
    loss = nn.SquaredLoss("sum")(unit(X.T), ys)
    loss.backward()
    agrees(loss, float(np.sum(residual**2)))
    agrees(unit.W.grad, 2 * X @ residual.T)
    agrees(unit.W0.grad, 2 * np.sum(residual, axis=1))

    extended = np.concatenate([X, np.ones((1, 7))])
    theta = np.linalg.solve(extended @ extended.T, extended @ ys)
    best = engine_linear(theta[:3], theta[3:])
    nn.SquaredLoss("sum")(best(X.T), ys).backward()
    size = float(np.max(np.abs(2 * extended @ np.abs(ys))))
    assert np.max(np.abs(best.W.grad.data)) <= 1e-12 * size
    assert np.max(np.abs(best.W0.grad.data)) <= 1e-12 * size


def test_study_question_exponential_unit(rng: np.random.Generator) -> None:
    """With f = eᶻ and squared loss: w − 2η(eᶻ − y)eᶻ x, and the same without x for w0."""
    w, w0, x = _unit(rng)
    y, eta = 0.7, 0.05
    by_hand = {}
    a = np.exp(w.T @ x + w0)
    by_hand["w"] = w - eta * 2 * (a - y) * a * x
    by_hand["w0"] = w0 - eta * 2 * (a - y) * a

    unit = engine_linear(w, w0)
    stepper = optim.SGD(unit.parameters(), lr=eta)

    def loss() -> Any:
        return nn.SquaredLoss("sum")(ag.exp(unit(Tensor(x.T))), [[y]])

    loss().backward()
    stepper.step()
    agrees(unit.W, by_hand["w"])
    agrees(unit.W0, by_hand["w0"][:, 0])


def test_the_threshold_is_minus_the_offset(rng: np.random.Generator) -> None:
    """A step unit gives 1 exactly where wᵀx is −w₀ or more."""
    w = np.array([[1.0], [-2.0], [0.5]])
    xs = [*(rng.normal(size=(3, 1)) for _ in range(30)), np.array([[2.0], [0.0], [0.0]])]
    sums = np.concatenate([w.T @ x for x in xs])
    assert 0 < np.sum(sums < 2) < 30
    unit = nn.Sequential(engine_linear(w, np.array([[-2.0]])), nn.Step()).eval()
    agrees(unit(Tensor(_rows(xs))), np.where(sums >= 2, 1.0, 0.0))
    assert sums[-1, 0] == 2
