"""The same step in HIPS autograd and MyGrad, each as its own users write it for speed."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.updates import Updates
from benchmarks.work_mlp import MOMENTUM, NORM_EPS, Array, Engine, Problem


class AutogradMlp(Engine):
    """HIPS autograd; the update is written by hand in NumPy, as it has none in place."""

    def __init__(self, problem: Problem) -> None:
        import autograd.numpy as anp
        from autograd import value_and_grad

        super().__init__(problem)
        self.rows = np.eye(problem.sizes[-1], dtype=np.float32) / np.float32(-problem.batch)
        self.layers = Layers(problem)

        def loss_of(params: list[Any], x: Array, labels: Any) -> Any:
            a = x
            for i, layer in enumerate(self.layers.of(params)[:-1]):
                z = anp.dot(a, layer[0])
                if problem.norm:
                    c = z - anp.mean(z, axis=0)
                    v = anp.mean(c * c, axis=0)
                    self.layers.run(i, getattr(z, "_value", z))
                    z = c * (layer[1] / anp.sqrt(v + np.float32(NORM_EPS))) + layer[2]
                else:
                    z = z + layer[1]
                a = z * (z > 0)  # its rule for maximum is slower
                if problem.dropout:
                    a = a * self.layers.mask(z.shape)
            *_, W, W0 = params
            z = anp.dot(a, W) + W0
            z = z - z.max(axis=1, keepdims=True)
            scores = z - anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True))
            return anp.sum(scores * self.rows[labels])

        self.params = self.layers.trained
        self.gradients = value_and_grad(loss_of)
        self.update = Updates(self.params, problem)

    def step(self, x: Any, labels: Any) -> Any:
        loss, gradients = self.gradients(self.params, x, labels)
        self.update(gradients)
        return loss

    def weights(self) -> list[Array]:
        return self.layers.stored()


class MygradMlp(Engine):
    """MyGrad with its own loss and its memory guard off; the update by hand in NumPy."""

    def __init__(self, problem: Problem) -> None:
        import mygrad
        from mygrad.nnet.activations import relu
        from mygrad.nnet.layers import batchnorm
        from mygrad.nnet.losses import softmax_crossentropy

        super().__init__(problem)
        mygrad.turn_memory_guarding_off()
        self.relu, self.loss, self.matmul = relu, softmax_crossentropy, mygrad.matmul
        self.batchnorm, self.problem, self.layers = batchnorm, problem, Layers(problem)
        self.params = [mygrad.tensor(array, copy=False) for array in self.layers.trained]
        self.update = Updates(self.layers.trained, problem)

    def step(self, x: Any, labels: Any) -> Any:
        params = self.params
        a = x
        for i, layer in enumerate(self.layers.of(params)[:-1]):
            z = self.matmul(a, layer[0])
            if self.problem.norm:
                self.layers.run(i, z.data)
                z = self.batchnorm(z, gamma=layer[1], beta=layer[2], eps=np.float32(NORM_EPS))
            else:
                z = z + layer[1]
            a = self.relu(z)
            if self.problem.dropout:
                a = a * self.layers.mask(a.shape)
        loss = self.loss(self.matmul(a, params[-2]) + params[-1], labels)
        loss.backward()
        self.update([p.grad for p in params])
        for p in params:
            p.null_grad()
        return loss

    def weights(self) -> list[Array]:
        return self.layers.stored()


class Layers:
    """Which array belongs where; the running statistics and the masks of dropout by hand."""

    def __init__(self, problem: Problem) -> None:
        self.width = 3 if problem.norm else 2
        self.arrays = problem.layers
        self.trained = [a for layer in self.arrays for a in layer[:3]]
        self.dropout, self.rng = problem.dropout, np.random.Generator(np.random.SFC64(0))
        self.share = np.float32(MOMENTUM * problem.batch / (problem.batch - 1 or 1))

    def of(self, params: list[Any]) -> list[list[Any]]:
        """The parameters by layer."""
        return [params[i : i + self.width] for i in range(0, len(params), self.width)]

    def run(self, i: int, z: Array) -> None:
        """Move the running statistics of layer i."""
        mean, variance = self.arrays[i][3:]
        mean += np.float32(MOMENTUM) * (z.mean(axis=0) - mean)
        variance *= np.float32(1 - MOMENTUM)
        variance += self.share * z.var(axis=0)

    def mask(self, shape: tuple[int, ...]) -> Array:
        """1/(1 − p) where a unit stays, 0 where it is dropped."""
        stays = self.rng.random(shape, np.float32) >= self.dropout
        return stays * np.float32(1 / (1 - self.dropout))

    def stored(self) -> list[Array]:
        """All arrays in the order of `Problem.start`."""
        return [a.copy() for layer in self.arrays for a in layer]
