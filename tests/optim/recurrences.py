"""The chapter's and PyTorch's update rules, written out once more, each step in its plainest form.

Each function takes the weights at the start and a list of gradients, and gives the weights after
the last step. Nothing here is shared with `optim`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Recurrence = Callable[[Array, list[Array]], Array]


def sgd(eta: Callable[[int], float], decay: float = 0.0) -> Recurrence:
    """W_t = W_{t−1}(1 − λη) − η g: section 8.1."""

    def run(W: Array, gradients: list[Array]) -> Array:
        for t, g in enumerate(gradients, start=1):
            W = W * (1 - decay * eta(t)) - eta(t) * g
        return W

    return run


def momentum_chapter(
    eta: Callable[[int], float], gamma: float, nesterov: bool = False
) -> Recurrence:
    """V_t = γV_{t−1} + ηg, W_t = W_{t−1} − V_t: section 7.2.2."""

    def run(W: Array, gradients: list[Array]) -> Array:
        V = np.zeros_like(W)
        for t, g in enumerate(gradients, start=1):
            V = gamma * V + eta(t) * g
            W = W - (gamma * V + eta(t) * g) if nesterov else W - V
        return W

    return run


def momentum_average(
    eta: Callable[[int], float], gamma: float, nesterov: bool = False
) -> Recurrence:
    """M_t = γM_{t−1} + (1 − γ)g, W_t = W_{t−1} − η'M_t: section 7.2.2."""

    def run(W: Array, gradients: list[Array]) -> Array:
        M = np.zeros_like(W)
        for t, g in enumerate(gradients, start=1):
            M = gamma * M + (1 - gamma) * g
            step = gamma * M + (1 - gamma) * g if nesterov else M
            W = W - eta(t) * step
        return W

    return run


def momentum_torch(
    eta: Callable[[int], float], gamma: float, nesterov: bool = False, dampening: float = 0.0
) -> Recurrence:
    """PyTorch: b = g at first, then b = γb + (1 − δ)g; W −= ηb."""

    def run(W: Array, gradients: list[Array]) -> Array:
        b = None
        for t, g in enumerate(gradients, start=1):
            b = g.copy() if b is None else gamma * b + (1 - dampening) * g
            W = W - eta(t) * (g + gamma * b if nesterov else b)
        return W

    return run


def adagrad(eta: float, eps: float, inside: bool, lr_decay: float = 0.0) -> Recurrence:
    """The sum of the squares of all gradients so far."""

    def run(W: Array, gradients: list[Array]) -> Array:
        G = np.zeros_like(W)
        for t, g in enumerate(gradients, start=1):
            G = G + g**2
            root = np.sqrt(G + eps) if inside else np.sqrt(G) + eps
            W = W - eta / (1 + (t - 1) * lr_decay) * g / root
        return W

    return run


def adadelta_chapter(eta: float, gamma: float, eps: float) -> Recurrence:
    """G_t = γG_{t−1} + (1 − γ)g², W_t = W_{t−1} − η/√(G_t + ε) g: section 7.2.3."""

    def run(W: Array, gradients: list[Array]) -> Array:
        G = np.zeros_like(W)
        for g in gradients:
            G = gamma * G + (1 - gamma) * g**2
            W = W - eta / np.sqrt(G + eps) * g
        return W

    return run


def adadelta_zeiler(eta: float, rho: float, eps: float) -> Recurrence:
    """Zeiler: Δ = −RMS(Δ)_{t−1} / RMS(g)_t · g, with RMS(x) = √(E[x²] + ε)."""

    def run(W: Array, gradients: list[Array]) -> Array:
        Eg, Ed = np.zeros_like(W), np.zeros_like(W)
        for g in gradients:
            Eg = rho * Eg + (1 - rho) * g**2
            delta = -np.sqrt(Ed + eps) / np.sqrt(Eg + eps) * g
            Ed = rho * Ed + (1 - rho) * delta**2
            W = W + eta * delta
        return W

    return run


def rmsprop(
    eta: float, alpha: float, eps: float, inside: bool, centered: bool = False, gamma: float = 0.0
) -> Recurrence:
    """A moving average of g², or of the variance of g, with momentum."""

    def run(W: Array, gradients: list[Array]) -> Array:
        G, A, V = np.zeros_like(W), np.zeros_like(W), np.zeros_like(W)
        for g in gradients:
            G = alpha * G + (1 - alpha) * g**2
            A = alpha * A + (1 - alpha) * g
            spread = G - A**2 if centered else G
            V = gamma * V + g / (np.sqrt(spread + eps) if inside else np.sqrt(spread) + eps)
            W = W - eta * V
        return W

    return run


def adam(
    eta: Callable[[int], float],
    betas: tuple[float, float],
    eps: float,
    inside: bool,
    decoupled: float = 0.0,
) -> Recurrence:
    """m̂ and v̂ as in section 7.2.4; `decoupled` is AdamW's λ."""
    b1, b2 = betas

    def run(W: Array, gradients: list[Array]) -> Array:
        m, v = np.zeros_like(W), np.zeros_like(W)
        for t, g in enumerate(gradients, start=1):
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g**2
            m_hat = m / (1 - b1**t)
            v_hat = v / (1 - b2**t)
            root = np.sqrt(v_hat + eps) if inside else np.sqrt(v_hat) + eps
            W = W * (1 - eta(t) * decoupled) - eta(t) / root * m_hat
        return W

    return run
