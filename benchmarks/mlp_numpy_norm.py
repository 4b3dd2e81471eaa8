"""The yardstick with batch normalization and dropout: the textbook's formulas, in buffers."""

from __future__ import annotations

import numpy as np

from benchmarks.mlp_numpy import ZERO, Head
from benchmarks.mlp_numpy_tuned import flat
from benchmarks.updates import PlainAdam
from benchmarks.work_mlp import MOMENTUM, NORM_EPS, Array, Engine, Labels, Problem


class NumpyNorm(Engine):
    """Hand-written NumPy: layers of Linear, BatchNorm, ReLU and Dropout, with Adam."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        *hidden, last = problem.layers
        trained = [array for layer in hidden for array in layer[:3]] + list(last)
        self.params, params = flat(trained)
        self.grads, grads = flat(trained)
        self.hidden = [
            Hidden(params[3 * i : 3 * i + 3], grads[3 * i : 3 * i + 3], layer[3:], problem)
            for i, layer in enumerate(hidden)
        ]
        (self.W, self.W0), (self.dW, self.dW0) = params[-2:], grads[-2:]
        self.logits = np.empty((problem.batch, problem.sizes[-1]), np.float32)
        self.head = Head(problem)
        self.update = PlainAdam(self.params, self.grads, problem.rate)

    def step(self, x: Array, labels: Labels) -> np.float32:
        dot, a = np.dot, x
        for layer in self.hidden:
            a = layer.forward(a)
        dot(a, self.W, self.logits)
        np.add(self.logits, self.W0, self.logits)
        loss, g = self.head(self.logits, labels)
        dot(a.T, g, self.dW)
        np.add.reduce(g, 0, None, self.dW0)
        W = self.W
        for i, layer in reversed(list(enumerate(self.hidden))):
            dot(g, W.T, layer.da)
            g = layer.backward(self.hidden[i - 1].a if i else x)
            W = layer.W
        self.update(self.grads)
        return loss

    def weights(self) -> list[Array]:
        arrays = [a for h in self.hidden for a in (h.W, h.scale, h.shift, h.mean, h.variance)]
        return [array.copy() for array in (*arrays, self.W, self.W0)]


class Hidden:
    """One layer: ``a = dropout(relu(scale · ẑ + shift))``; `da` becomes the gradient by z."""

    def __init__(
        self, params: list[Array], grads: list[Array], running: tuple[Array, ...], problem: Problem
    ) -> None:
        self.W, self.scale, self.shift = params
        self.dW, self.dscale, self.dshift = grads
        self.mean, self.variance = running
        shape = problem.batch, self.W.shape[1]
        self.z, self.a, self.da, self.work, self.mask = np.empty((5, *shape), np.float32)
        self.positive, self.stays = np.empty((2, *shape), bool)
        self.mu, self.sigma, self.spare = np.empty((3, shape[1]), np.float32)
        self.share = np.array(1 / problem.batch, np.float32)
        self.unbiased = np.float32(problem.batch / (problem.batch - 1))
        self.rate, self.kept = problem.dropout, np.float32(1 / (1 - problem.dropout))
        self.rng = np.random.default_rng(0)

    def forward(self, x: Array) -> Array:
        """The outputs for the outputs of the layer below."""
        z, a, work = self.z, self.a, self.work
        np.dot(x, self.W, z)
        np.add.reduce(z, 0, None, self.mu)
        np.multiply(self.mu, self.share, self.mu)
        np.subtract(z, self.mu, z)
        np.multiply(z, z, work)
        np.add.reduce(work, 0, None, self.sigma)
        np.multiply(self.sigma, self.share, self.sigma)
        self.mean += np.float32(MOMENTUM) * (self.mu - self.mean)
        self.variance += np.float32(MOMENTUM) * (self.sigma * self.unbiased - self.variance)
        np.add(self.sigma, np.float32(NORM_EPS), self.sigma)
        np.sqrt(self.sigma, self.sigma)
        np.divide(z, self.sigma, z)
        np.multiply(z, self.scale, a)
        np.add(a, self.shift, a)
        np.maximum(a, ZERO, out=a)
        np.greater(a, ZERO, self.positive)
        if self.rate:
            self.rng.random(out=self.mask, dtype=np.float32)
            np.greater_equal(self.mask, self.rate, self.stays)
            np.multiply(self.stays, self.kept, self.mask)
            np.multiply(a, self.mask, a)
        return a

    def backward(self, x: Array) -> Array:
        """The gradient by z, and those of the parameters; `x` is what `forward` was given."""
        g, z, work = self.da, self.z, self.work
        if self.rate:
            np.multiply(g, self.mask, g)
        np.multiply(g, self.positive, g)
        np.add.reduce(g, 0, None, self.dshift)
        np.multiply(g, z, work)
        np.add.reduce(work, 0, None, self.dscale)
        # dz = scale/σ · (g − mean(g) − ẑ · mean(g·ẑ))
        np.multiply(self.dscale, self.share, self.spare)
        np.multiply(z, self.spare, work)
        np.subtract(g, work, g)
        np.multiply(self.dshift, self.share, self.spare)
        np.subtract(g, self.spare, g)
        np.divide(self.scale, self.sigma, self.spare)
        np.multiply(g, self.spare, g)
        np.dot(x.T, g, self.dW)
        return g
