"""Data and networks of section 4, and modules written by hand."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
import nn
import optim
from autograd_core import ShapeError, Tensor

from .page import Page
from .section_3_networks import table

Array = NDArray[Any]
#: An array in columns for each layer.
Columns = Mapping[int, Array]


def wines() -> tuple[Array, Array]:
    """Thirteen measurements of 178 wines, standardized, and which of three growers made each.

    Returns
    -------
    X : ndarray of shape (178, 13)
    Y : ndarray of shape (178, 3)
        One-hot.
    """
    from sklearn.datasets import load_wine

    data = load_wine()
    return optim.standardize(data.data)(data.data), np.eye(3)[data.target]


def digits() -> tuple[Array, Array]:
    """The 1,797 digits, each pixel standardized, and their labels."""
    X, y = optim.load_digits()
    return optim.standardize(X)(X), y


def recorded(net: Iterable[nn.Module], x: Any) -> tuple[dict[int, Tensor], dict[int, Tensor]]:
    """Z and A of the layers of linear blocks and activations, numbered from 1; they keep ``grad``.

    A has the input too, as A[0].
    """
    Z: dict[int, Tensor] = {}
    A: dict[int, Tensor] = {0: Tensor(x, requires_grad=True, name="X")}
    for i, block in enumerate(net):
        ell = i // 2 + 1
        if i % 2 == 0:
            Z[ell] = block(A[ell - 1])
            Z[ell].retain_grad()
        else:
            A[ell] = block(Z[ell])
            A[ell].retain_grad()
    return Z, A


def factor_table(net: Any, Z: Columns, A: Columns, dA_dZ: Columns, W: Columns) -> Page:
    """The factors of the chain rule: their shapes, and how far they are from the engine's.

    Z, A, dA_dZ and W are by hand, in columns, by the number of the layer.
    """
    up = "⁰¹²³⁴⁵⁶⁷⁸⁹"
    rows = []
    for ell in sorted(Z, reverse=True):
        linear, f = net[2 * ell - 2], net[2 * ell - 1]
        for name, book, factor, block, at in (
            (f"∂A{up[ell]}/∂Z{up[ell]}", "n × n", dA_dZ[ell], f, Z[ell]),
            (f"∂Z{up[ell]}/∂A{up[ell - 1]} = W{up[ell]}", "m × n", W[ell], linear, A[ell - 1]),
        ):
            engine = ag.jacobian(block)(Tensor(at[:, 0])).data.T
            rows.append((name, book, factor.shape, far(factor, engine)))
    return table(["factor", "in the book", "here", "largest difference from the engine"], rows)


def passed_back(
    net: Iterable[nn.Module], loss: nn.Module, x: Array, y: Array
) -> tuple[dict[str, Array], Array]:
    """The blame of one point, module by module: for each Z and A inside, and for the input."""
    blocks: Any = list(net)
    u = [x]
    for block in blocks:
        u.append(block.forward(u[-1]))
    g, _ = loss.backward((u[-1], y), loss.forward(u[-1], y), 1.0)
    inside = {}
    for i in reversed(range(len(blocks))):
        inside[f"$Z^{i // 2 + 1}$" if i % 2 == 0 else f"$A^{i // 2 + 1}$"] = g[0]
        g = blocks[i].backward(u[i], u[i + 1], g)
    return inside, g[0]


def deep(f: type[nn.Module], scale: float, L: int = 20, width: int = 64) -> nn.Sequential:
    """L hidden layers of `width` units for the digits, with weights of variance scale²/m."""
    rng = np.random.default_rng(0)

    def init(shape: tuple[int, ...], rng: Any, dtype: Any) -> Array:
        return scale * nn.init.chapter(shape, rng, dtype)

    parts: list[nn.Module] = []
    for m in (64, *[width] * (L - 1)):
        parts += [nn.Linear(m, width, init=init, rng=rng), f()]
    return nn.Sequential(*parts, nn.Linear(width, 10, rng=rng), nn.Identity())


def gradients(net: nn.Sequential, X: Array, y: Array) -> tuple[Array, Array, Array]:
    """Sizes along the layers: of ∂J/∂W^l, of ∂J/∂Z^l, and the root mean square of f'(Z^l).

    J is the sum over the batch of the cross-entropy.
    """
    Z, A = recorded(net, X)
    net.zero_grad()
    nn.CrossEntropyLoss("sum")(A[len(Z)], y).backward()
    W = [np.linalg.norm(block.W.grad.data) for block in net[::2]]
    slopes = []
    for ell, f in enumerate(net[1::2], 1):
        z = Z[ell].numpy()
        slopes.append(np.sqrt(np.mean(f.backward(z, f.forward(z), np.ones_like(z)) ** 2)))
    return np.array(W), np.array([norm(z.grad) for z in Z.values()]), np.array(slopes)


def norm(x: Any) -> float:
    """The Euclidean norm of all entries."""
    return float(np.linalg.norm(np.asarray(x.data if isinstance(x, Tensor) else x)))


def multiplications(sizes: Sequence[int]) -> tuple[int, int]:
    """How many multiplications (8.3) takes for layer 1: from the left, and from the right.

    Without the diagonal factors ∂A/∂Z, which scale rows or columns.
    """
    widths = list(sizes[1:])  # of Z^1 … Z^L
    left = sum(widths[0] * m * n for m, n in pairwise(widths[1:]))
    right = sum(m * n for m, n in pairwise(widths))
    return left + widths[0] * widths[-1], right


class WrittenReLU:
    """ReLU in plain NumPy, a row for each example."""

    def forward(self, u: Any) -> Any:
        return np.maximum(u, 0.0)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * (u > 0)


class WrittenLinear:
    """A linear layer in plain NumPy, a row for each example."""

    def __init__(self, m: int, n: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.W = rng.standard_normal((m, n)) / np.sqrt(m)
        self.W0 = np.zeros(n)

    def forward(self, u: Any) -> Any:
        return u @ self.W + self.W0

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv @ self.W.T

    def weight_grad(self, u: Any, dL_dv: Any) -> dict[str, Any]:
        return {"W": u.T @ dL_dv, "W0": dL_dv.sum(axis=0)}


def far(a: Any, b: Any) -> str:
    """The largest difference between two arrays of one shape, as text."""
    x, y = (np.asarray(t.data if isinstance(t, Tensor) else t) for t in (a, b))
    if x.shape != y.shape:
        raise ShapeError(f"far: shapes {x.shape} and {y.shape} differ")
    return f"{np.max(np.abs(x - y)):.1e}"


def source(*classes: type) -> Page:
    """The source of classes, as code."""
    text = "\n\n".join(inspect.getsource(cls).strip() for cls in classes)
    return Page(text, f"```python\n{text}\n```")


def predicted_right(net: Any, X: Array, y: Array) -> float:
    """The share of points whose largest output is at their class."""
    with ag.no_grad():
        return float(np.mean(net(X).numpy().argmax(1) == y))
