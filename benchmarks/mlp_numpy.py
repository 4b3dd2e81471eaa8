"""The yardstick: the training step as a NumPy expert writes it out by hand.

Parameters and gradients are views of two flat vectors, so that the update is one pass over
them; every array that a step needs is allocated once. Works for any number of ReLU layers.
"""

from __future__ import annotations

import numpy as np

from benchmarks.work_mlp import BETA1, BETA2, EPS, Array, Problem

#: Floats in a block of Adam's update: its five arrays together stay in a cache of about 1 MB.
BLOCK = 2**16


class NumpyMlp:
    """Hand-written NumPy."""

    def __init__(self, problem: Problem) -> None:
        sizes, batch = problem.sizes, problem.batch
        self.params, self.arrays = flat(problem.start)
        self.grads, gradients = flat(problem.start)
        weights, offsets = self.arrays[::2], self.arrays[1::2]

        # For the way forward: (W, W0, output) of each hidden layer; for the way back:
        # (inputs transposed, ∂W, ∂W0, then W transposed, inputs, mask, ∂inputs or None).
        outputs = [np.empty((batch, n), np.float32) for n in sizes[1:]]
        inputs = [problem.x, *outputs[:-1]]
        self.x, self.logits = problem.x, outputs[-1]
        self.hidden = list(zip(weights[:-1], offsets[:-1], outputs[:-1], strict=True))
        self.last = weights[-1], offsets[-1]
        self.back = [
            (
                a.T,
                gradients[2 * i],
                gradients[2 * i + 1],
                (weights[i].T, a, np.empty(a.shape, bool), np.empty_like(a)) if i else None,
            )
            for i, a in reversed(list(enumerate(inputs)))
        ]
        self.row = np.empty((batch, 1), np.float32)
        self.entries = self.logits.reshape(-1)
        self.right = np.arange(batch) * sizes[-1] + problem.labels
        self.share = np.float32(1 / batch)
        self.update = UPDATES[problem.optimizer](self.params, problem.rate)

    def __call__(self) -> np.float32:
        logits, row, entries, right = self.logits, self.row, self.entries, self.right
        a = self.x
        for W, W0, z in self.hidden:
            np.matmul(a, W, out=z)
            np.add(z, W0, out=z)
            np.maximum(z, ZERO, out=z)
            a = z
        W, W0 = self.last
        np.matmul(a, W, out=logits)
        np.add(logits, W0, out=logits)

        np.maximum.reduce(logits, axis=1, keepdims=True, out=row)
        np.subtract(logits, row, out=logits)
        score = np.add.reduce(entries[right])
        np.exp(logits, out=logits)
        np.add.reduce(logits, axis=1, keepdims=True, out=row)
        loss = (np.add.reduce(np.log(row), axis=None) - score) * self.share

        np.divide(logits, row, out=logits)
        entries[right] -= ONE
        np.multiply(logits, self.share, out=logits)
        g = logits
        for aT, dW, dW0, below in self.back:
            np.matmul(aT, g, out=dW)
            np.add.reduce(g, axis=0, out=dW0)
            if below is not None:
                WT, a, mask, da = below
                np.matmul(g, WT, out=da)
                np.greater(a, ZERO, out=mask)
                g = np.multiply(da, mask, out=da)
        self.update(self.grads)
        return loss

    def weights(self) -> list[Array]:
        return [array.copy() for array in self.arrays]


ZERO, ONE = np.float32(0), np.float32(1)


def flat(arrays: tuple[Array, ...]) -> tuple[Array, list[Array]]:
    """The arrays one behind the other in a new vector, and views of it in their shapes."""
    vector = np.concatenate([array.reshape(-1) for array in arrays])
    parts = np.split(vector, np.cumsum([array.size for array in arrays])[:-1])
    return vector, [p.reshape(a.shape) for p, a in zip(parts, arrays, strict=True)]


class Sgd:
    """``p -= rate · g`` in place, for a flat p."""

    def __init__(self, p: Array, rate: float) -> None:
        self.p, self.rate, self.work = p, np.float32(rate), np.empty_like(p)

    def __call__(self, g: Array) -> None:
        np.multiply(g, self.rate, out=self.work)
        np.subtract(self.p, self.work, out=self.p)


class Adam:
    """Adam in place, block by block, for a flat p.

    ``p -= rate · m̂ / (√v̂ + ε)``, with both corrections of the start folded into the scalars.
    """

    def __init__(self, p: Array, rate: float) -> None:
        self.rate, self.step = rate, 0
        m, v, work = np.zeros_like(p), np.zeros_like(p), np.empty(min(BLOCK, p.size), p.dtype)
        cuts = [slice(i, i + BLOCK) for i in range(0, p.size, BLOCK)]
        self.blocks = [(c, p[c], m[c], v[c], work[: p[c].size]) for c in cuts]

    def __call__(self, gradient: Array) -> None:
        self.step += 1
        root = (1 - BETA2**self.step) ** 0.5
        rate = np.float32(self.rate * root / (1 - BETA1**self.step))
        eps = np.float32(EPS * root)
        for cut, p, m, v, work in self.blocks:
            g = gradient[cut]
            np.subtract(g, m, out=work)
            np.multiply(work, _REST1, out=work)
            np.add(m, work, out=m)
            np.multiply(g, g, out=work)
            np.multiply(work, _REST2, out=work)
            np.multiply(v, _KEEP2, out=v)
            np.add(v, work, out=v)
            np.sqrt(v, out=work)
            np.add(work, eps, out=work)
            np.divide(m, work, out=work)
            np.multiply(work, rate, out=work)
            np.subtract(p, work, out=p)


UPDATES: dict[str, type[Sgd] | type[Adam]] = {"sgd": Sgd, "adam": Adam}

_REST1, _REST2, _KEEP2 = np.float32(1 - BETA1), np.float32(1 - BETA2), np.float32(BETA2)
