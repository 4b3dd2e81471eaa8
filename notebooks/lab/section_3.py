"""Exercises of section 3, the activation functions; its data, networks and pictures beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
import nn

from .exercises import Exercise
from .section_3_networks import descended as descended
from .section_3_networks import stack as stack
from .section_3_networks import table as table
from .section_3_networks import trained as trained
from .section_3_networks import versicolor as versicolor
from .section_3_pictures import activations as activations
from .section_3_pictures import active_units as active_units
from .section_3_pictures import boundaries as boundaries
from .section_3_pictures import jacobians as jacobians
from .section_3_pictures import one_weight as one_weight
from .section_3_pictures import steep_sigmoids as steep_sigmoids
from .section_3_pictures import step_fits as step_fits


def _three_layers(rng: np.random.Generator) -> dict[str, Any]:
    weights = {f"W_{ell}": rng.normal(size=(3, 3)) for ell in (1, 2, 3)}
    return weights | {f"W0_{ell}": rng.normal(size=3) for ell in (1, 2, 3)}


def _at_zero(**w: Any) -> Any:
    """What the engine's network of linear layers makes of an input of zeros."""
    layers: Any = [nn.Linear(3, 3, rng=0) for _ in range(3)]
    for ell, layer in enumerate(layers, 1):
        layer.W.data, layer.W0.data = w[f"W_{ell}"], w[f"W0_{ell}"]
    return nn.Sequential(*layers)(np.zeros((1, 3))).data[0]


def _offset_total(W_1: Any, W_2: Any, W_3: Any, W0_1: Any, W0_2: Any, W0_3: Any) -> Any:
    return (W0_1 @ W_2 + W0_2) @ W_3 + W0_3


def _transposed(**w: Any) -> Any:
    return _offset_total(**{k: v.T for k, v in w.items()})


offset_total = Exercise(
    r"Three linear layers with offsets, in rows: $Z^l = A^{l-1} W^l + W_0^l$ and $A^l = Z^l$. "
    r"The one layer that replaces them has the weights $W^1 W^2 W^3$. Which offset does it have? "
    r"All matrices are (3, 3) here, all offsets (3,), and so is the answer.",
    inputs=_three_layers,
    correct=_at_zero,
    solution=_offset_total,
    slips={
        "the offsets were just added; those of layers 1 and 2 still go through the weights of the "
        "layers behind them": lambda W0_1, W0_2, W0_3, **w: W0_1 + W0_2 + W0_3,
        "the weights are transposed: with rows it is `a @ W`, without a `.T`": _transposed,
        "each offset went through the weights of its own layer as well; it is added after them": (
            lambda W_1, W_2, W_3, W0_1, W0_2, W0_3: ((W0_1 @ W_1 + W0_2) @ W_2 + W0_3) @ W_3
        ),
        "the offset of the last layer is missing": (
            lambda W_2, W_3, W0_1, W0_2, **w: (W0_1 @ W_2 + W0_2) @ W_3
        ),
        "$W^2$ and $W^3$ are the wrong way round: the signal meets $W^2$ first": (
            lambda W_2, W_3, W0_1, W0_2, W0_3, **w: W0_1 @ W_3 @ W_2 + W0_2 @ W_3 + W0_3
        ),
    },
    hint="Send an input of zeros through the three layers and write down what comes out.",
)


def _sloped(rng: np.random.Generator) -> dict[str, Any]:
    return {"z": rng.normal(size=6), "y": rng.random(6).round(), "beta": 1.5 + rng.random()}


def _J(beta: Any, z: Any, y: Any) -> Any:
    return ag.sum((ag.sigmoid(beta * z) - y) ** 2)


def _beta_terms(z: Any, y: Any, beta: Any) -> Any:
    a = 1 / (1 + np.exp(-beta * z))
    return 2 * (a - y) * a * (1 - a) * z


def _beta_gradient(z: Any, y: Any, beta: Any) -> Any:
    a = 1 / (1 + np.exp(-beta * z))
    return np.sum(2 * (a - y) * a * (1 - a) * z)


def _without_slope(z: Any, y: Any, beta: Any) -> Any:
    return np.sum(2 * (1 / (1 + np.exp(-beta * z)) - y) * z)


beta_gradient = Exercise(
    r"The sigmoid with a slope of its own is $a = \sigma(\beta z)$. Let "
    r"$J = \sum_i (a^{(i)} - y^{(i)})^2$ over a batch. Write $\partial J/\partial\beta$, one "
    r"number. `z` and `y` have shape (batch,), `beta` is a number.",
    inputs=_sloped,
    correct=lambda z, y, beta: ag.grad(_J)(beta, z, y),
    per_example=_beta_terms,
    solution=_beta_gradient,
    slips={
        r"the inner derivative is $z$: it is $\beta$ that varies, and $\beta z$ changes by $z$ "
        r"with it. You have $\beta$ there": (
            lambda z, y, beta: np.sum(_beta_terms(z, y, beta) / z) * beta
        ),
        r"the inner derivative $\partial(\beta z)/\partial\beta = z$ is missing": (
            lambda z, y, beta: np.sum(_beta_terms(z, y, beta) / z)
        ),
        r"the slope of the sigmoid, $a(1 - a)$, is missing": _without_slope,
        "the 2 of the square's derivative is missing": (
            lambda z, y, beta: np.sum(_beta_terms(z, y, beta)) / 2
        ),
        r"$\beta$ is missing inside of the sigmoid": (
            lambda z, y, beta: np.sum(_beta_terms(z, y, 1.0))
        ),
    },
    hint=r"Three links: the square, the sigmoid, and $\beta z$, which varies with $\beta$ here.",
)


def _gated(rng: np.random.Generator) -> dict[str, Any]:
    z = rng.normal(size=(4, 3))
    z[1, 0] = z[3, 2] = 0.0  # the kink
    return {"z": z, "g": rng.normal(size=(4, 3))}


def _pulled(module: nn.Module, z: Any, g: Any) -> Any:
    return module.backward(z, module.forward(z), g)


def _relu_backward(z: Any, g: Any) -> Any:
    return g * (z > 0)


relu_backward = Exercise(
    r"ReLU, going backward: given $Z$ and the blame $\partial L/\partial A$ (`g`), both of shape "
    r"(batch, n), write $\partial L/\partial Z$. Some entries of `z` are exactly 0; take 0 as the "
    r"slope there, as the engine does.",
    inputs=_gated,
    correct=lambda z, g: _pulled(nn.ReLU(), z, g),
    solution=_relu_backward,
    slips={
        "all is right but at $z = 0$: the slope there is 0 by convention, so `z > 0`": (
            lambda z, g: g * (z >= 0)
        ),
        "all is right but at $z = 0$: one half is the slope of `maximum(0, z)` there, of ReLU it "
        "is 0": lambda z, g: g * np.where(z == 0, 0.5, z > 0),
        "this is the slope alone; multiply the blame that comes in": lambda z, g: 1.0 * (z > 0),
        "this multiplies by ReLU itself and not by its slope": lambda z, g: g * np.maximum(0, z),
        "this is ReLU of the blame; what decides is the sign of $z$": (
            lambda z, g: np.maximum(0, g)
        ),
        "the mask is the wrong way round": lambda z, g: g * (z < 0),
    },
    hint="Where the unit was on, blame goes through unchanged. Elsewhere nothing does.",
)


def _classes(rng: np.random.Generator) -> dict[str, Any]:
    return {"z": rng.normal(size=(4, 3)), "g": rng.normal(size=(4, 3))}


def _softmax(z: Any, axis: int = 1) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _softmax_backward(z: Any, g: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    a = e / e.sum(axis=1, keepdims=True)
    return a * (g - np.sum(a * g, axis=1, keepdims=True))


def _average(z: Any, g: Any, axis: Any, a_axis: int = 1) -> Any:
    a = _softmax(z, a_axis)
    return a * (g - np.sum(a * g, axis=axis, keepdims=True))


softmax_backward = Exercise(
    r"Softmax, going backward: given $Z$ and $\partial L/\partial A$ (`g`), both of shape "
    r"(batch, K) with an example a row, write $\partial L/\partial Z$. The Jacobian of a row is "
    r"$\mathrm{diag}(a) - a\,a^T$; you need not build it.",
    inputs=_classes,
    correct=lambda z, g: _pulled(nn.Softmax(), z, g),
    solution=_softmax_backward,
    slips={
        r"this takes the diagonal of the Jacobian only, $a_i(1 - a_i)$; every $z_j$ moves all "
        r"outputs": lambda z, g: g * _softmax(z) * (1 - _softmax(z)),
        r"the term $-a\,a^T$ is missing": lambda z, g: g * _softmax(z),
        "the sum runs over the whole batch; each example has its own": (
            lambda z, g: _average(z, g, None)
        ),
        "the sum runs over the examples; it belongs over the classes, `axis=1`": (
            lambda z, g: _average(z, g, 0)
        ),
        "softmax was taken over the examples and not over the classes": (
            lambda z, g: _average(z, g, 0, 0)
        ),
        "the factor $a$ in front is missing": (
            lambda z, g: g - np.sum(_softmax(z) * g, axis=1, keepdims=True)
        ),
    },
    hint=r"$(\mathrm{diag}(a) - a\,a^T)\,g = a \odot g - a\,(a^T g)$, and $a^T g$ is one number "
    "for each example.",
)
