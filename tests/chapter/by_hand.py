"""The chapter's formulas in plain NumPy and the chapter's layout: an example is a column.

W is (m, n), W0 is (n, 1), x is (m, 1), and Z = Wᵀ x + W0. Nothing here uses the engine, except
the functions that lay a network or a column out as the engine has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn

Array = NDArray[np.float64]


def agrees(a: Any, b: Any) -> None:
    """Assert the shape of b, float64, and ‖a − b‖∞ ≤ 1e-12·‖b‖∞."""
    found, wanted = (np.asarray(getattr(x, "data", x)) for x in (a, b))
    assert found.dtype == np.float64
    assert found.shape == wanted.shape, f"shape {found.shape}, by hand {wanted.shape}"
    distance = np.max(np.abs(found - wanted), initial=0.0)
    assert distance <= 1e-12 * np.max(np.abs(wanted), initial=0.0), f"off by {distance}"


def column(values: Any) -> Array:
    """Numbers, or a row of the engine, as the chapter's column."""
    return np.asarray(getattr(values, "data", values), dtype=np.float64).reshape(-1, 1)


# Activations of a column, and ∂A/∂Z: n × n, where row i has the derivatives by z_i.


def linear(z: Array) -> Array:
    return z


def step(z: Array) -> Array:
    return np.where(z < 0, 0.0, 1.0)


def relu(z: Array) -> Array:
    return np.where(z < 0, 0.0, z)


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def tanh(z: Array) -> Array:
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def softmax(z: Array) -> Array:
    return np.exp(z) / np.sum(np.exp(z))


def slope(name: str, z: Array) -> Array:
    """f'(z), element by element, of the activations that work element by element."""
    slopes = {
        "linear": lambda: np.ones_like(z),
        "step": lambda: np.zeros_like(z),
        "relu": lambda: np.where(z > 0, 1.0, 0.0),
        "sigmoid": lambda: sigmoid(z) * (1 - sigmoid(z)),
        "tanh": lambda: 1 - tanh(z) ** 2,
    }
    return slopes[name]()


def dA_dZ(name: str, z: Array) -> Array:
    """The n × n factor: diagonal, but full for softmax, whose outputs depend on all of Z."""
    if name == "softmax":
        a = softmax(z)
        return np.diagflat(a) - a @ a.T
    return np.diagflat(slope(name, z))


FUNCTIONS = {
    "linear": linear,
    "step": step,
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softmax": softmax,
}
MODULES: dict[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "step": lambda: nn.Step().eval(),  # for evaluation only
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softmax": nn.Softmax,
}
TRAINABLE = [name for name in FUNCTIONS if name != "step"]


# Losses of one example, and ∂loss/∂A: n × 1.


def squared(a: Array, y: Array) -> float:
    return float(np.sum((a - y) ** 2))


def nll(a: Array, y: Array) -> float:
    return float(-np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)))


def nllm(a: Array, y: Array) -> float:
    return float(-np.sum(y * np.log(a)))


def hinge(a: Array, y: Array) -> float:
    return float(np.sum(np.maximum(1 - a * y, 0)))


def dloss_dA(loss: str, a: Array, y: Array) -> Array:
    if loss == "squared":
        return 2 * (a - y)
    if loss == "hinge":
        return np.where(a * y < 1, -y, 0.0)
    if loss == "nll":
        return (1 - y) / (1 - a) - y / a
    return -y / a


LOSSES = {"squared": squared, "hinge": hinge, "nll": nll, "nllm": nllm}
LOSS_MODULES: dict[str, Callable[[], nn.Module]] = {
    "squared": nn.SquaredLoss,
    "hinge": nn.HingeLoss,
    "nll": nn.NLL,
    "nllm": nn.NLLM,
}


# Networks.


@dataclass
class Layer:
    """W^l of shape (m, n), W0^l of shape (n, 1) and the name of f^l."""

    W: Array
    W0: Array
    f: str


def random_layers(rng: np.random.Generator, sizes: list[int], fs: list[str]) -> list[Layer]:
    """Layers with positive offsets, so that few of their ReLU units are dead."""
    return [
        Layer(rng.normal(size=(m, n)) / np.sqrt(m), rng.uniform(0.1, 1.0, size=(n, 1)), f)
        for m, n, f in zip(sizes[:-1], sizes[1:], fs, strict=True)
    ]


def forward(layers: list[Layer], x: Array) -> tuple[list[Any], list[Array]]:
    """Z (Z[0] is none) and A (A[0] is x) of all layers, numbered as in the chapter."""
    Z: list[Any] = [None]
    A = [x]
    for layer in layers:
        Z.append(layer.W.T @ A[-1] + layer.W0)
        A.append(FUNCTIONS[layer.f](Z[-1]))
    return Z, A


def dloss_dZ(layers: list[Layer], Z: list[Any], A: list[Array], loss: str, y: Array) -> list[Any]:
    """Equation (8.3) for each l, every product written out anew; [0] is none."""
    found: list[Any] = [None]
    L = len(layers)
    for start in range(1, L + 1):
        product = dA_dZ(layers[start - 1].f, Z[start])
        for l in range(start + 1, L + 1):  # noqa: E741 - the chapter's letter
            product = product @ layers[l - 1].W @ dA_dZ(layers[l - 1].f, Z[l])
        found.append(product @ dloss_dA(loss, A[L], y))
    return found


# The same things laid out for the engine.


def engine_linear(W: Array, W0: Array) -> nn.Linear:
    """A Linear with the chapter's W, untransposed, and its W0 as a row."""
    m, n = W.shape
    module = nn.Linear(m, n, rng=0)
    module.W.assign(W, "copied")
    assert module.W0 is not None
    module.W0.assign(W0[:, 0], "copied")
    return module


def engine_network(layers: list[Layer]) -> list[tuple[nn.Linear, nn.Module]]:
    return [(engine_linear(layer.W, layer.W0), MODULES[layer.f]()) for layer in layers]


def engine_forward(
    network: list[tuple[nn.Linear, nn.Module]], x: Any, retain: bool = True
) -> tuple[list[Any], list[Any]]:
    """Z and A as tensors, rows, that keep their gradients."""
    Z: list[Any] = [None]
    A = [x]
    for affine, f in network:
        Z.append(affine(A[-1]))
        A.append(f(Z[-1]))
        if retain:
            Z[-1].retain_grad()
            A[-1].retain_grad()
    return Z, A
