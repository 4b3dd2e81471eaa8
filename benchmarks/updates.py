"""SGD and Adam by hand in NumPy: for the yardstick, and for engines that have none in place."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.work_mlp import BETA1, BETA2, EPS, Array, Problem

#: Floats in a block of Adam's update: its five arrays together stay in a cache of about 1 MB.
BLOCK = 2**15


class Sgd:
    """``p -= rate · g`` in place, for flat p and g."""

    def __init__(self, p: Array, g: Array | None, rate: float) -> None:
        self.p, self.rate, self.work = p, np.array(rate, np.float32), np.empty_like(p)

    def __call__(self, g: Array) -> None:
        np.multiply(g, self.rate, self.work)
        np.subtract(self.p, self.work, self.p)


class Adam:
    """Adam in place, block by block, for flat p and g.

    ``p -= rate · m̂ / (√v̂ + ε)``. Kept are m/(1 − β1) and v/(1 − β2), which saves two passes, and
    all scalars are gathered in two. Without `g` it is given at each call.
    """

    def __init__(self, p: Array, g: Array | None, rate: float) -> None:
        self.rate, self.step = rate, 0
        m, v, work = np.zeros_like(p), np.zeros_like(p), np.empty(min(BLOCK, p.size), p.dtype)
        cuts = [slice(i, i + BLOCK) for i in range(0, p.size, BLOCK)]
        self.blocks = [(c, p[c], m[c], v[c], work[: p[c].size]) for c in cuts]
        self.gradients = None if g is None else [g[c] for c in cuts]
        self.keep1, self.keep2 = np.array(BETA1, np.float32), np.array(BETA2, np.float32)
        self.eps, self.length = np.empty((), np.float32), np.empty((), np.float32)

    def __call__(self, g: Array | None = None) -> None:
        self.step += 1
        rest1, rest2 = 1 - BETA1**self.step, 1 - BETA2**self.step
        root = ((1 - BETA2) / rest2) ** 0.5
        self.eps[()] = EPS / root
        self.length[()] = self.rate * (1 - BETA1) / (rest1 * root)
        keep1, keep2, eps, length = self.keep1, self.keep2, self.eps, self.length
        gradients = self.gradients or [g[cut] for cut, *_ in self.blocks]
        for (_, p, m, v, work), g in zip(self.blocks, gradients, strict=True):
            np.multiply(m, keep1, m)
            np.add(m, g, m)
            np.multiply(v, keep2, v)
            np.multiply(g, g, work)
            np.add(v, work, v)
            np.sqrt(v, work)
            np.add(work, eps, work)
            np.divide(m, work, work)
            np.multiply(work, length, work)
            np.subtract(p, work, p)


class PlainAdam:
    """Adam as it stands in the book, in place and block by block, for flat p and g."""

    def __init__(self, p: Array, g: Array | None, rate: float) -> None:
        self.rate, self.step = rate, 0
        m, v = np.zeros_like(p), np.zeros_like(p)
        works = np.empty((2, min(BLOCK, p.size)), p.dtype)
        cuts = [slice(i, i + BLOCK) for i in range(0, p.size, BLOCK)]
        self.blocks = [(c, p[c], m[c], v[c], *works[:, : p[c].size]) for c in cuts]
        self.numbers = [np.array(x, np.float32) for x in (BETA1, 1 - BETA1, BETA2, 1 - BETA2)]

    def __call__(self, gradient: Array) -> None:
        self.step += 1
        root = (1 - BETA2**self.step) ** 0.5
        rate = np.array(self.rate * root / (1 - BETA1**self.step), np.float32)
        eps = np.array(EPS * root, np.float32)
        keep1, rest1, keep2, rest2 = self.numbers
        for cut, p, m, v, work, other in self.blocks:
            g = gradient[cut]
            np.multiply(m, keep1, m)
            np.multiply(g, rest1, work)
            np.add(m, work, m)
            np.multiply(v, keep2, v)
            np.multiply(g, g, work)
            np.multiply(work, rest2, work)
            np.add(v, work, v)
            np.sqrt(v, work)
            np.add(work, eps, work)
            np.multiply(m, rate, other)
            np.divide(other, work, work)
            np.subtract(p, work, p)


UPDATES: dict[str, Any] = {"sgd": Sgd, "adam": Adam}


class Updates:
    """The hand-written update, for each of several parameters."""

    def __init__(self, params: list[Array], problem: Problem) -> None:
        kind = UPDATES[problem.optimizer]
        self.steps = [kind(p.reshape(-1), None, problem.rate) for p in params]

    def __call__(self, grads: list[Array]) -> None:
        for step, g in zip(self.steps, grads, strict=True):
            step(g.reshape(-1))
