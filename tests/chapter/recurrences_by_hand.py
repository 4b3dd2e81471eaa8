"""The chapter's algorithms of sections 5 to 8 in plain NumPy, points and units in columns.

Nothing here is shared with the engine: W has shape (m, n), a point is an (m, 1) column, and a
batch has its points in columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Rate = Callable[[int], float]
Layers = list[tuple[Array, Array]]


def same(engine: Any, by_hand: Any, tolerance: float = 1e-12) -> None:
    """‖a − b‖∞ ≤ 1e-12·‖b‖∞, and equal shapes and float64."""
    a, b = np.asarray(getattr(engine, "data", engine)), np.asarray(by_hand)
    assert a.shape == b.shape
    assert a.dtype == np.float64
    assert np.abs(a - b).max() <= tolerance * np.abs(b).max()


# Section 5 ----------------------------------------------------------------------------------


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max())
    return e / e.sum()


#: f and the matrix ∂A/∂Z with entry (i, j) = ∂Aⱼ/∂Zᵢ.
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "linear": (lambda z: z, lambda z: np.eye(len(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: np.diag((z[:, 0] > 0).astype(float))),
    "tanh": (np.tanh, lambda z: np.diag(1 - np.tanh(z[:, 0]) ** 2)),
    "sigmoid": (sigmoid, lambda z: np.diag(sigmoid(z[:, 0]) * (1 - sigmoid(z[:, 0])))),
    "softmax": (softmax, lambda z: np.diag(softmax(z)[:, 0]) - softmax(z) @ softmax(z).T),
}


def drawn_weights(sizes: Sequence[int], rng: np.random.Generator) -> Layers:
    """Lines 1 to 3, with 1/m as a variance."""
    layers = []
    for m, n in itertools.pairwise(sizes):
        W = rng.standard_normal((m, n)) * (1 / m) ** 0.5
        layers.append((W, rng.standard_normal(n)[:, None]))
    return layers


def sgd_neural_net(
    X: Array,
    Y: Array,
    T: int,
    sizes: Sequence[int],
    f: Sequence[str],
    dloss: Callable[[Array, Array], Array],
    eta: Rate,
    seed: int,
    literal: bool = False,
) -> Layers:
    """Lines 1 to 21, for points in columns of X and Y.

    ∂Z^{l+1}/∂A^l is W^{l+1}. `literal` takes it as it stands when line 14 is reached, by then
    updated in line 20; otherwise it is that of the forward pass.
    """
    rng = np.random.default_rng(seed)
    layers = drawn_weights(sizes, rng)
    L = len(layers)
    for t in range(1, T + 1):
        i = int(rng.integers(X.shape[1]))
        A, Zs, before = [X[:, [i]]], [], list(layers)
        for (W, W0), name in zip(layers, f, strict=True):
            Zs.append(W.T @ A[-1] + W0)
            A.append(ACTIVATIONS[name][0](Zs[-1]))
        dZ = np.empty(0)
        for k in reversed(range(L)):
            if k == L - 1:
                dA = dloss(A[L], Y[:, [i]])
            else:
                dA = (layers if literal else before)[k + 1][0] @ dZ
            dZ = ACTIVATIONS[f[k]][1](Zs[k]) @ dA
            W, W0 = layers[k]
            layers[k] = (W - eta(t) * (A[k] @ dZ.T), W0 - eta(t) * dZ)
    return layers


# Section 7 ----------------------------------------------------------------------------------


def descent(W: Array, gradients: Iterable[Array], eta: Rate, decay: float = 0.0) -> Array:
    """Decay by (1 − λη), then step: sections 7.1 and 8.1."""
    for t, g in enumerate(gradients, 1):
        W = W * (1 - decay * eta(t)) - eta(t) * g
    return W


def momentum_V(W: Array, gradients: Iterable[Array], eta: Rate, gamma: float) -> Array:
    """The first form of section 7.2.2."""
    V = np.zeros_like(W)
    for t, g in enumerate(gradients, 1):
        V = gamma * V + eta(t) * g
        W = W - V
    return W


def momentum_M(W: Array, gradients: Iterable[Array], eta: Rate, gamma: float) -> Array:
    """The second form of section 7.2.2."""
    M = np.zeros_like(W)
    for t, g in enumerate(gradients, 1):
        M = gamma * M + (1 - gamma) * g
        W = W - eta(t) * M
    return W


def adadelta(W: Array, gradients: Iterable[Array], eta: float, gamma: float, eps: float) -> Array:
    """Section 7.2.3."""
    G = np.zeros_like(W)
    for g in gradients:
        G = gamma * G + (1 - gamma) * g**2
        W = W - eta / np.sqrt(G + eps) * g
    return W


def adam(
    W: Array, gradients: Iterable[Array], eta: float, B1: float, B2: float, eps: float
) -> Array:
    """Section 7.2.4."""
    m, v = np.zeros_like(W), np.zeros_like(W)
    for t, g in enumerate(gradients, 1):
        m = B1 * m + (1 - B1) * g
        v = B2 * v + (1 - B2) * g**2
        m_hat, v_hat = m / (1 - B1**t), v / (1 - B2**t)
        W = W - eta / np.sqrt(v_hat + eps) * m_hat
    return W


# Section 8 ----------------------------------------------------------------------------------


def batch_norm(Z: Array, G: Array, B: Array, eps: float) -> tuple[Array, Array, Array, Array]:
    """Ẑ, Z̄, μ and σ of Z with shape (n, K); G and B have shape (n, 1)."""
    K = Z.shape[1]
    mu = Z.sum(1, keepdims=True) / K
    sigma = np.sqrt(((Z - mu) ** 2).sum(1, keepdims=True) / K)
    Z_bar = (Z - mu) / (sigma + eps)
    return G * Z_bar + B, Z_bar, mu, sigma


def batch_norm_dZ(Z: Array, g: Array, G: Array, eps: float) -> Array:
    """∂L/∂Z entry by entry; with ε = 0 the last equation of section 8.3.

    Where σ = 0 all deviations are 0, and their product over σ is taken as its limit, 0.
    """
    n, K = Z.shape
    _, _, mu, sigma = batch_norm(Z, G, np.zeros_like(G), eps)
    dZ = np.zeros_like(Z)
    for i in range(n):
        s = sigma[i, 0]
        for j in range(K):
            for k in range(K):
                both = (Z[i, k] - mu[i, 0]) * (Z[i, j] - mu[i, 0])
                last = both / (s * (s + eps)) if s else 0.0
                dZ[i, j] += g[i, k] * G[i, 0] / (K * (s + eps)) * (K * (j == k) - 1 - last)
    return dZ
