"""Batch normalization and dropout by hand, tuned.

As `mlp_numpy_tuned`, and beside it:

- dropout's mask is drawn as 16 random bits a unit, and is 0 or 1; its factor 1/(1 − p) is
  multiplied into scale and shift of the normalization, which ReLU lets pass;
- on the way back dropout and ReLU are one mask, as a unit is positive only if both let it pass;
- the standardized z is not formed: 1/σ is gathered with the scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.mlp_numpy_tuned import SIGN, Head, flat
from benchmarks.updates import Adam
from benchmarks.work_mlp import MOMENTUM, NORM_EPS, Array, Engine, Labels, Problem


class NumpyNormTuned(Engine):
    """Tuned NumPy: layers of Linear, BatchNorm, ReLU and Dropout, with Adam."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        *hidden, last = problem.layers
        trained = [array for layer in hidden for array in layer[:3]] + list(last)
        self.params, params = flat(trained)
        self.grads, grads = flat(trained)
        self.head = Head(problem)
        self.hidden: list[Hidden] = []
        for i, layer in enumerate(hidden):
            part = slice(3 * i, 3 * i + 3)
            self.hidden.append(Hidden(params[part], grads[part], layer[3:], problem))
        a = self.hidden[-1].z
        W, W0 = params[-2:]
        self.last = W.T, a.T, W0[:, None], W0
        self.last_back = W.T, self.hidden[-1].da, a.T, grads[-2], grads[-1]
        self.ones = np.ones(problem.batch, np.float32)
        self.update = Adam(self.params, self.grads, problem.rate)

    def step(self, x: Array, labels: Labels) -> np.float32:
        a = x
        for layer in self.hidden:
            a = layer.forward(a)
        head = self.head
        WT, aT, column, _ = self.last
        np.dot(WT, aT, head.logits)
        np.add(head.logits, column, head.logits)
        loss = head(labels)
        WT, da, aT, dW, dW0 = self.last_back
        np.dot(aT, head.gradient, dW)
        np.dot(self.ones, head.gradient, dW0)
        np.dot(head.gradient, WT, da)
        for layer, below in zip(self.hidden[:0:-1], self.hidden[-2::-1], strict=True):
            layer.backward(below.z)
            np.dot(layer.da, layer.W.T, below.da)
        self.hidden[0].backward(x)
        self.update()
        return loss

    def weights(self) -> list[Array]:
        arrays = [a for h in self.hidden for a in (h.W, h.scale, h.shift, h.mean, h.variance)]
        return [array.copy() for array in (*arrays, self.last[0].T, self.last[3])]


@dataclass
class Work:
    """A layer's vectors of one number a unit, overwritten at each step."""

    mean: Array
    variance: Array
    inverse: Array
    factor: Array
    shift: Array
    spare: Array


class Hidden:
    """One layer. `z` holds its output, `da` the gradient by it, and then that by its sums."""

    def __init__(
        self,
        params: list[Array],
        grads: list[Array],
        running: tuple[Array, ...],
        problem: Problem,
    ) -> None:
        self.W, self.scale, self.shift = params
        self.dW, self.dscale, self.dshift = grads
        self.mean, self.variance = running
        batch, n = problem.batch, self.W.shape[1]
        self.z, self.centered, self.da, self.work = np.empty((4, batch, n), np.float32)
        self.zeros = np.zeros_like(self.z)
        self.vectors = Work(*np.empty((6, n), np.float32))
        self.ones, self.shares = np.ones(batch, np.float32), np.full(batch, 1 / batch, np.float32)
        self.unbiased = np.float32(MOMENTUM * batch / (batch - 1))
        self.kept = np.float32(1 / (1 - problem.dropout))
        self.limit = np.uint16(round(problem.dropout * 2**16))
        self.draw = np.random.SFC64(0).random_raw if problem.dropout else None
        self.stays = np.empty((batch, n), bool)

    def forward(self, x: Array) -> Array:
        """The outputs for the outputs of the layer below."""
        dot, c, z, v = np.dot, self.centered, self.z, self.vectors
        dot(x, self.W, z)
        dot(self.shares, z, v.mean)
        np.subtract(z, v.mean, c)
        np.multiply(c, c, z)
        dot(self.shares, z, v.variance)
        for running, new, share in (
            (self.mean, v.mean, np.float32(MOMENTUM)),
            (self.variance, v.variance, self.unbiased),
        ):
            np.multiply(running, np.float32(1 - MOMENTUM), running)
            np.multiply(new, share, v.spare)
            np.add(running, v.spare, running)
        np.add(v.variance, np.float32(NORM_EPS), v.variance)
        np.sqrt(v.variance, v.variance)
        np.reciprocal(v.variance, v.inverse)
        np.multiply(self.scale, v.inverse, v.factor)
        np.multiply(v.factor, self.kept, v.factor)
        np.multiply(self.shift, self.kept, v.shift)
        np.multiply(c, v.factor, z)
        np.add(z, v.shift, z)
        np.maximum(z, self.zeros, out=z)
        if self.draw is not None:
            bits = self.draw(z.size // 4).view(np.uint16).reshape(z.shape)
            np.greater_equal(bits, self.limit, self.stays)
            np.multiply(z, self.stays, z)
        return z

    def backward(self, x: Array) -> None:
        """The gradients of the parameters; `x` is what `forward` was given."""
        dot, c, g, w, v = np.dot, self.centered, self.da, self.work, self.vectors
        bits, g_bits = self.z.view(np.int32), g.view(np.int32)
        np.negative(bits, bits)
        np.right_shift(bits, SIGN, bits)
        np.bitwise_and(g_bits, bits, g_bits)
        dot(self.ones, g, self.dshift)
        np.multiply(g, c, w)
        dot(self.ones, w, self.dscale)
        np.multiply(self.dscale, v.inverse, self.dscale)
        # dz = factor · (g − mean(g) − c · mean(g·c) / σ²)
        np.multiply(self.dscale, v.inverse, v.spare)
        np.multiply(v.spare, self.shares[0], v.spare)
        np.multiply(self.dshift, self.shares[0], v.mean)
        np.multiply(c, v.spare, w)
        np.add(w, v.mean, w)
        np.subtract(g, w, g)
        np.multiply(g, v.factor, g)
        np.multiply(self.dscale, self.kept, self.dscale)
        np.multiply(self.dshift, self.kept, self.dshift)
        dot(x.T, g, self.dW)
