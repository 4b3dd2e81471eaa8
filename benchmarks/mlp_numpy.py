"""The yardstick: the training step as a NumPy expert writes it out by hand.

The formulas are those of a textbook. Every array that a step needs is allocated once, results go
where they belong by ``out``, and parameters and gradients are views of two flat vectors, so that
the update is one pass over them. `mlp_numpy_tuned` goes further.
"""

from __future__ import annotations

import numpy as np

from benchmarks.mlp_numpy_tuned import flat
from benchmarks.updates import PlainAdam, Sgd
from benchmarks.work_mlp import Array, Engine, Labels, Problem

ZERO, ONE = np.array(0, np.float32), np.array(1, np.float32)


class NumpyMlp(Engine):
    """Hand-written NumPy, for any number of ReLU layers."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.params, self.arrays = flat(problem.start)
        self.grads, gradients = flat(problem.start)
        self.W, self.W0 = self.arrays[::2], self.arrays[1::2]
        self.dW, self.dW0 = gradients[::2], gradients[1::2]
        shapes = [(problem.batch, n) for n in problem.sizes[1:]]
        self.z = [np.empty(shape, np.float32) for shape in shapes]
        self.da = [np.empty(shape, np.float32) for shape in shapes[:-1]]
        self.masks = [np.empty(shape, bool) for shape in shapes[:-1]]
        self.head = Head(problem)
        kind = {"sgd": Sgd, "adam": PlainAdam}[problem.optimizer]
        self.update = kind(self.params, self.grads, problem.rate)

    def step(self, x: Array, labels: Labels) -> np.float32:
        dot, z, last = np.dot, self.z, len(self.z) - 1
        a = x
        for i, (W, W0) in enumerate(zip(self.W, self.W0, strict=True)):
            dot(a, W, z[i])
            np.add(z[i], W0, z[i])
            if i < last:
                np.maximum(z[i], ZERO, out=z[i])
            a = z[i]
        loss, g = self.head(a, labels)
        for i in range(last, -1, -1):
            below = z[i - 1] if i else x
            dot(below.T, g, self.dW[i])
            np.add.reduce(g, 0, None, self.dW0[i])
            if i:
                da, mask = self.da[i - 1], self.masks[i - 1]
                dot(g, self.W[i].T, da)
                np.greater(below, ZERO, mask)
                g = np.multiply(da, mask, da)
        self.update(self.grads)
        return loss

    def weights(self) -> list[Array]:
        return [array.copy() for array in self.arrays]


class Head:
    """Softmax and cross-entropy (mean), and the gradient by the logits, in their place."""

    def __init__(self, problem: Problem) -> None:
        self.row, self.logs = np.empty((2, problem.batch, 1), np.float32)
        self.places = np.arange(problem.batch)
        self.share = np.array(1 / problem.batch, np.float32)

    def __call__(self, logits: Array, labels: Labels) -> tuple[np.float32, Array]:
        row, places = self.row, self.places
        np.maximum.reduce(logits, 1, None, row, True)
        np.subtract(logits, row, logits)
        score = np.add.reduce(logits[places, labels])
        np.exp(logits, logits)
        np.add.reduce(logits, 1, None, row, True)
        np.log(row, self.logs)
        loss = (np.add.reduce(self.logs, None) - score) * self.share
        np.divide(logits, row, logits)
        logits[places, labels] -= ONE
        return loss, np.multiply(logits, self.share, logits)
