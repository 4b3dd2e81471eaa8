"""The training step written out by hand, and tuned until no call could be saved.

Every array that a step needs is allocated once, and parameters and gradients are views of two flat
vectors, so that the update is one pass over them. What else was measured to pay:

- the offsets are a last row of the weights, and a layer's input has a last column of ones: one
  product does what takes two calls on the way forward and two on the way back;
- ``np.dot`` before ``np.matmul``, and ``out`` by position: less to do per call;
- the logits with the classes first, so that sums and maxima over them run along whole rows, and
  the labels as rows of a single number, from which the score and the gradient are one call each;
- ReLU against an array of zeros, for which NumPy has vector instructions (it has none for a
  number), and its backward pass on the bits, where 0 or −1 is made of the sign of −z;
- SGD's rate and the mean's 1/batch multiplied into those rows of the labels, and into the sums
  that the softmax divides by, which takes no call of its own.

The layout of the products' operands was measured too, and does not matter here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.updates import Adam
from benchmarks.work_mlp import Array, Engine, Labels, Problem

SIGN = np.array(31, np.int32)


class NumpyTuned(Engine):
    """Tuned NumPy, for any number of ReLU layers."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        start = [np.vstack([W, W0]) for W, W0 in problem.layers]
        self.params, self.arrays = flat(start)
        self.grads, grads = flat(start)
        sizes, batch = problem.sizes, problem.batch
        inputs = [np.ones((batch, n + 1), np.float32) for n in sizes[:-1]]
        self.x = inputs[0][:, :-1]
        self.forward, self.backward = [], []
        self.head = Head(problem)
        g = self.head.gradient
        for i, n in enumerate(sizes[1:-1]):
            z, zeros = np.empty((batch, n), np.float32), np.zeros((batch, n), np.float32)
            self.forward.append((inputs[i], self.arrays[i], z, zeros, inputs[i + 1][:, :-1]))
        self.last = self.arrays[-1].T, inputs[-1].T, self.head.logits
        self.last_back = inputs[-1].T, g, grads[-1]
        for i in range(len(sizes) - 3, -1, -1):
            z = self.forward[i][2]
            da, WT = np.empty_like(z), self.arrays[i + 1][:-1].T
            bits = z.view(np.int32), da.view(np.int32)
            self.backward.append((g, WT, da, *bits, inputs[i].T, grads[i]))
            g = da
        self.adam = None
        if problem.optimizer == "adam":
            self.adam = Adam(self.params, self.grads, problem.rate)

    def step(self, x: Array, labels: Labels) -> np.float32:
        dot = np.dot
        self.x[...] = x
        for a, W, z, zeros, inner in self.forward:
            dot(a, W, z)
            np.maximum(z, zeros, out=z)
            inner[...] = z
        dot(*self.last)
        loss = self.head(labels)
        dot(*self.last_back)
        for g, WT, da, z_bits, da_bits, aT, dW in self.backward:
            dot(g, WT, da)
            np.negative(z_bits, z_bits)
            np.right_shift(z_bits, SIGN, z_bits)
            np.bitwise_and(da_bits, z_bits, da_bits)
            dot(aT, da, dW)
        if self.adam is None:
            np.subtract(self.params, self.grads, self.params)  # the rate is in the gradients
        else:
            self.adam()
        return loss

    def weights(self) -> list[Array]:
        return [part.copy() for joined in self.arrays for part in (joined[:-1], joined[-1])]


class Head:
    """Softmax and cross-entropy (mean) of logits with the classes first, and their gradient."""

    def __init__(self, problem: Problem) -> None:
        classes, batch = problem.sizes[-1], problem.batch
        scale = np.float32((problem.rate if problem.optimizer == "sgd" else 1) / batch)
        self.logits, self.right = np.empty((2, classes, batch), np.float32)
        self.gradient = self.logits.T
        self.entries, self.wanted = self.logits.reshape(-1), self.right.reshape(-1)
        self.row, self.logs = np.empty((2, batch), np.float32)
        self.rows = np.eye(classes, dtype=np.float32) * scale
        self.ones = np.full(classes, 1 / scale)  # sums over them come out divided by the scale
        self.share, self.over = np.float32(1 / batch), np.float32(1 / (batch * scale))
        self.known = np.log(1 / scale)

    def __call__(self, labels: Labels) -> np.float32:
        """The loss of the logits, which then hold the scaled gradient."""
        logits, row, logs, right = self.logits, self.row, self.logs, self.right
        self.rows.take(labels, 1, right, "clip")
        np.maximum.reduce(logits, 0, None, row)
        np.subtract(logits, row, logits)
        score = np.dot(self.entries, self.wanted)
        np.exp(logits, logits)
        np.dot(self.ones, logits, row)
        np.divide(logits, row, logits)
        np.subtract(logits, right, logits)
        np.log(row, logs)
        return np.add.reduce(logs) * self.share - self.known - score * self.over


def flat(arrays: Sequence[Array]) -> tuple[Array, list[Array]]:
    """The arrays one behind the other in a new vector, and views of it in their shapes."""
    vector = np.concatenate([array.reshape(-1) for array in arrays])
    parts = np.split(vector, np.cumsum([array.size for array in arrays])[:-1])
    return vector, [p.reshape(a.shape) for p, a in zip(parts, arrays, strict=True)]
