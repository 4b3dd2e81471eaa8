"""Section 3, the activation functions and their derivatives."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import AutogradError, Tensor

from .by_hand import (
    FUNCTIONS,
    MODULES,
    TRAINABLE,
    Array,
    agrees,
    column,
    dA_dZ,
    relu,
    sigmoid,
    slope,
    softmax,
    tanh,
)

Z = np.array([-3.0, -1.0, -0.25, 0.0, 0.5, 2.0, 4.0]).reshape(-1, 1)


def _engine_value(f: str) -> Any:
    return MODULES[f]()(Tensor(Z.T))


def _engine_slope(f: str, z: Array = Z) -> Array:
    """f' through the module interface, with a gradient of ones."""
    module, u = MODULES[f](), z.T.copy()
    return module.backward(u, module.forward(u), np.ones_like(u))


def test_identity_as_the_activation() -> None:
    """f(z) = z has the slope 1 everywhere."""
    agrees(_engine_value("linear"), Z.T)
    agrees(_engine_slope("linear"), np.ones_like(Z.T))


def test_step() -> None:
    """Step is 0 for negative z and 1 otherwise, also at 0."""
    agrees(_engine_value("step"), np.array([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]]))
    agrees(_engine_value("step"), FUNCTIONS["step"](Z).T)


def test_relu() -> None:
    """ReLU is 0 for negative z and z otherwise, which is the maximum of 0 and z."""
    agrees(_engine_value("relu"), relu(Z).T)
    agrees(_engine_value("relu"), np.maximum(0, Z).T)


def test_sigmoid() -> None:
    """σ(z) = 1 / (1 + e⁻ᶻ), between 0 and 1."""
    agrees(_engine_value("sigmoid"), sigmoid(Z).T)
    far = nn.Sigmoid()(Tensor([-1e3, -30.0, 30.0, 1e3])).data
    assert np.all((far >= 0) & (far <= 1))


def test_tanh() -> None:
    """tanh(z) is (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ), between −1 and 1."""
    agrees(_engine_value("tanh"), tanh(Z).T)
    assert np.all(np.abs(nn.Tanh()(Tensor([-1e3, 1e3])).data) <= 1)


def test_softmax() -> None:
    """Softmax divides each exponential by their sum; it is a probability distribution."""
    agrees(_engine_value("softmax"), softmax(Z).T)
    a = nn.Softmax()(Tensor(Z.T)).data
    assert np.all((a >= 0) & (a <= 1))
    agrees(np.sum(a), 1.0)


@pytest.mark.parametrize("f", ["linear", "step", "relu", "sigmoid", "tanh"])
def test_derivative(f: str) -> None:
    """The engine's slope is f' by hand; of ReLU and step at the kink it is 0."""
    agrees(_engine_slope(f), slope(f, Z).T)


def test_derivative_of_softmax() -> None:
    """∂aᵢ/∂zⱼ = aᵢ(δᵢⱼ − aⱼ): each output depends on all of z."""
    agrees(ag.jacobian(nn.Softmax())(Tensor(Z[:, 0])), dA_dZ("softmax", Z))


@pytest.mark.parametrize("f", TRAINABLE)
def test_derivative_by_difference_quotient(f: str) -> None:
    """The derivatives written by hand are themselves those of the functions."""
    z, h = Z[Z != 0].reshape(-1, 1), 1e-6
    for j in range(z.size):
        e = np.zeros_like(z)
        e[j] = h
        quotient = (FUNCTIONS[f](z + e) - FUNCTIONS[f](z - e)) / (2 * h)
        np.testing.assert_allclose(quotient[:, 0], dA_dZ(f, z)[j], rtol=1e-7, atol=1e-9)


def test_step_in_evaluation(rng: np.random.Generator) -> None:
    """A network with step units can be evaluated."""
    first, last = nn.Linear(3, 4, rng=rng), nn.Linear(4, 1, rng=rng)
    net = nn.Sequential(first, nn.Step(), last)
    net.eval()
    x = rng.normal(size=(3, 1))
    hidden = np.where(first.W.data.T @ x + column(first.W0) < 0, 0.0, 1.0)
    with ag.no_grad():
        output = net(Tensor(x.T))
    agrees(output, (last.W.data.T @ hidden + column(last.W0)).T)


def test_step_has_no_gradient() -> None:
    """Where a step is all there is between weights and loss, backward is refused."""
    z = Tensor(Z.T, requires_grad=True)
    with pytest.raises(AutogradError):
        nn.SquaredLoss("sum")(nn.Step()(z), Z.T).backward()
    agrees(_engine_slope("step"), np.zeros_like(Z.T))


def test_step_is_refused_as_a_hidden_unit_for_training(rng: np.random.Generator) -> None:
    """The weights in front of it would silently learn nothing; evaluation is allowed."""
    net = nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Step(), nn.Linear(4, 1, rng=rng))
    x = Tensor(rng.normal(size=(2, 3)))
    with pytest.raises(AutogradError, match="cannot be trained through"):
        net(x)
    assert net.eval()(x).shape == (2, 1)
    with ag.no_grad():
        assert net.train()(x).shape == (2, 1)


def test_study_question_most_like_a_step() -> None:
    """Of the three, sigmoid has the step's limits, and a factor k on z brings it nearer."""
    far = Tensor([-50.0, 50.0])
    limits = nn.Step()(far).data
    near = {
        name: float(np.max(np.abs(MODULES[name]()(far).data - limits)))
        for name in ("sigmoid", "relu", "tanh")
    }
    assert min(near, key=near.__getitem__) == "sigmoid"

    z = Z[Z != 0]
    distances = []
    for k in (1.0, 4.0, 16.0, 64.0):
        a = nn.Sigmoid()(Tensor(z) * k)
        agrees(a, sigmoid(k * z))
        distances.append(np.max(np.abs(a.data - nn.Step()(Tensor(z)).data)))
    assert all(b < a for a, b in pairwise(distances))
    assert distances[-1] < 1e-6


def test_study_question_derivative_of_relu() -> None:
    """ReLU's derivative is 1 for positive z and vanishes for all others."""
    found = _engine_slope("relu")[0]
    assert found[Z[:, 0] > 0].tolist() == [1.0, 1.0, 1.0]
    assert found[Z[:, 0] <= 0].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_ranges_are_open_but_for_rounding() -> None:
    """In float64 σ is below 1 at z = 36.7, and 1 at 36.8; log σ(z) is known all the same."""
    a = nn.Sigmoid()(Tensor([-746.0, -745.0, 36.7, 36.8])).data
    assert a[0] == 0 < a[1]
    assert a[2] < 1 == a[3]
    assert np.all(np.abs(nn.Tanh()(Tensor([-18.0, 18.0])).data) < 1)
    agrees(nn.BCEWithLogitsLoss("sum")(Tensor([40.0]), [1]), float(np.log1p(np.exp(-40.0))))


def test_printed_quotients_overflow() -> None:
    """tanh and softmax as written give NaN for large z; the engine gives their values."""
    far = np.array([[-800.0], [800.0]])
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.isnan(tanh(far)).all()
        assert np.isnan(softmax(far)).any()
    agrees(nn.Tanh()(Tensor(far.T)), np.array([[-1.0, 1.0]]))
    agrees(nn.Softmax()(Tensor(far.T)), np.array([[0.0, 1.0]]))


def test_slope_of_step_is_zero_on_both_sides_and_relus_jumps() -> None:
    """What keeps step from being trained is a slope of 0, and no jump of it, as ReLU has."""
    h = 1e-3
    for z in (-1.0, -0.01, 0.01, 1.0):
        assert FUNCTIONS["step"](np.array(z + h)) == FUNCTIONS["step"](np.array(z - h))
    sides = np.array([[-h], [h]])
    agrees(_engine_slope("step", sides), np.array([[0.0, 0.0]]))
    agrees(_engine_slope("relu", sides), np.array([[0.0, 1.0]]))


def test_derivative_at_the_kink() -> None:
    """Of ReLU it is 0 at 0; of the maximum of two that are equal each gets a half."""
    zero = Tensor(0.0)
    assert ag.grad(nn.ReLU())(zero).item() == 0.0
    assert ag.grad(lambda z: ag.maximum(0.0, z))(zero).item() == 0.5
