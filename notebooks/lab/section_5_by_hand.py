"""SGD-NEURAL-NET of section 5, transcribed line by line in plain NumPy.

Points, activations and offsets are columns here, as in the textbook, and nothing comes from the
engine. So it can be laid beside `optim.sgd_neural_net`, which has rows and lets the engine derive.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .page import Page

Array = np.ndarray[Any, Any]
Layers = list[tuple[Array, Array]]


def sigmoid(z: Array) -> Array:
    """1 / (1 + e⁻ᶻ)."""
    return np.asarray(1 / (1 + np.exp(-z)))


def softmax(z: Array) -> Array:
    """Of one column."""
    e = np.exp(z - z.max())
    return np.asarray(e / e.sum())


#: f, and the matrix ∂A/∂Z of a column Z.
F: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "linear": (lambda z: z, lambda z: np.eye(len(z))),
    "tanh": (np.tanh, lambda z: np.diag(1 - np.tanh(z[:, 0]) ** 2)),
    "sigmoid": (sigmoid, lambda z: np.diag(sigmoid(z[:, 0]) * (1 - sigmoid(z[:, 0])))),
    "softmax": (softmax, lambda z: np.diag(softmax(z)[:, 0]) - softmax(z) @ softmax(z).T),
}


def sgd_neural_net(
    X: Array,
    Y: Array,
    T: int,
    sizes: Sequence[int],
    f: Sequence[str],
    dloss: Callable[[Array, Array], Array],
    eta: Callable[[int], float],
    rng: np.random.Generator,
    literal: bool = False,
) -> Layers:
    """Train; the points are the columns of X and Y, and `dloss` is ∂loss/∂A^L."""
    W, W0, L = {}, {}, len(f)
    for ell in range(1, L + 1):  # 1
        m, n = sizes[ell - 1], sizes[ell]
        W[ell] = rng.standard_normal((m, n)) / np.sqrt(m)  # 2
        W0[ell] = rng.standard_normal((n, 1))  # 3
    for t in range(1, T + 1):  # 4
        i = int(rng.integers(X.shape[1]))  # 5
        A, Z = {0: X[:, [i]]}, {}  # 6
        for ell in range(1, L + 1):  # 8
            Z[ell] = W[ell].T @ A[ell - 1] + W0[ell]  # 9
            A[ell] = F[f[ell - 1]][0](Z[ell])  # 10
        W_used = W if literal else dict(W)  # a copy does not see line 20
        dZ: dict[int, Array] = {}
        dA = {L: dloss(A[L], Y[:, [i]])}  # 14, l = L
        for ell in range(L, 0, -1):  # 12
            if ell < L:
                dA[ell] = W_used[ell + 1] @ dZ[ell + 1]  # 14
            dZ[ell] = F[f[ell - 1]][1](Z[ell]) @ dA[ell]  # 15
            dW = A[ell - 1] @ dZ[ell].T  # 17
            dW0 = dZ[ell]  # 18
            W[ell] = W[ell] - eta(t) * dW  # 20
            W0[ell] = W0[ell] - eta(t) * dW0  # 21
    return [(W[ell], W0[ell]) for ell in W]


def source(function: Callable[..., Any]) -> Page:
    """The body of a function as code, without its signature's types and its docstring."""
    code = textwrap.dedent(inspect.getsource(function))
    _, _, body = code.split('"""', 2)
    body = textwrap.dedent(body).strip()
    return Page(body, f"```python\n{body}\n```")


def farthest(a: Iterable[tuple[Array, Array]], b: Iterable[tuple[Array, Array]]) -> float:
    """The largest difference of any weight of two networks; offsets may be rows or columns."""
    return max(
        float(np.abs(np.ravel(v) - np.ravel(w)).max())
        for ours, theirs in zip(a, b, strict=True)
        for v, w in zip(ours, theirs, strict=True)
    )
