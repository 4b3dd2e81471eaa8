"""The same step in other engines, each as its own users write it for speed."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.mlp_numpy import UPDATES
from benchmarks.work_mlp import BETA1, BETA2, EPS, Array, Problem


class TorchMlp:
    """PyTorch eager: ``torch.nn`` and ``torch.optim``; `options` go to the optimizer."""

    def __init__(self, problem: Problem, **options: Any) -> None:
        import torch
        from torch import nn

        torch.set_num_threads(1)
        modules: list[nn.Module] = []
        for W, W0 in problem.layers:
            linear = nn.Linear(*W.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(W.T))
                linear.bias.copy_(torch.from_numpy(W0))
            modules += [linear, nn.ReLU()]
        self.model = nn.Sequential(*modules[:-1])
        self.loss = nn.CrossEntropyLoss()
        self.x = torch.from_numpy(problem.x.copy())
        self.labels = torch.from_numpy(problem.labels.copy())
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[problem.optimizer]
        self.optimizer = kind(self.model.parameters(), lr=problem.rate, **options)

    def __call__(self) -> Any:
        self.optimizer.zero_grad()
        loss = self.loss(self.model(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss

    def weights(self) -> list[Array]:
        arrays = [p.detach().numpy() for p in self.model.parameters()]
        return [a.T.copy() if a.ndim == 2 else a.copy() for a in arrays]


def torch_foreach(problem: Problem) -> TorchMlp:
    """PyTorch eager, all parameters updated by one call an operation."""
    return TorchMlp(problem, foreach=True)


def torch_fused(problem: Problem) -> TorchMlp:
    """PyTorch eager, the whole update in one kernel."""
    return TorchMlp(problem, fused=True)


class JaxMlp:
    """JAX, the whole step compiled and its state donated."""

    def __init__(self, problem: Problem) -> None:
        import jax
        import jax.numpy as jnp

        rate = problem.rate

        def loss_of(layers: Any, x: Any, labels: Any) -> Any:
            a = x
            for W, W0 in layers[:-1]:
                a = jax.nn.relu(a @ W + W0)
            W, W0 = layers[-1]
            scores = jax.nn.log_softmax(a @ W + W0)
            return -jnp.mean(scores * jax.nn.one_hot(labels, scores.shape[1]), axis=0).sum()

        def sgd(state: Any, x: Any, labels: Any) -> Any:
            loss, grads = jax.value_and_grad(loss_of)(state, x, labels)
            return jax.tree.map(lambda p, g: p - rate * g, state, grads), loss

        def adam(state: Any, x: Any, labels: Any) -> Any:
            layers, m, v, t = state
            loss, grads = jax.value_and_grad(loss_of)(layers, x, labels)
            t = t + 1
            m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, grads)
            v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, grads)
            c1, c2 = 1 - BETA1**t, 1 - BETA2**t
            layers = jax.tree.map(
                lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + EPS), layers, m, v
            )
            return (layers, m, v, t), loss

        layers = [(jnp.array(W), jnp.array(W0)) for W, W0 in problem.layers]
        self.adam = problem.optimizer == "adam"
        self.state: Any = layers
        if self.adam:
            zeros = [jax.tree.map(jnp.zeros_like, layers) for _ in range(2)]
            self.state = (layers, *zeros, jnp.float32(0))
        self.step = jax.jit(adam if self.adam else sgd, donate_argnums=0)
        self.x, self.labels = jnp.array(problem.x), jnp.array(problem.labels)

    def __call__(self) -> Any:
        self.state, loss = self.step(self.state, self.x, self.labels)
        return loss.block_until_ready()

    def weights(self) -> list[Array]:
        layers = self.state[0] if self.adam else self.state
        return [np.array(p) for layer in layers for p in layer]


class AutogradMlp:
    """HIPS autograd; the update is written by hand in NumPy, as it has none in place."""

    def __init__(self, problem: Problem) -> None:
        import autograd.numpy as anp
        from autograd import value_and_grad

        x = problem.x
        wanted = one_hot(problem) / np.float32(-problem.batch)

        def loss_of(params: list[Any]) -> Any:
            a = x
            for W, W0 in zip(params[:-2:2], params[1:-2:2], strict=True):
                z = anp.dot(a, W) + W0
                a = z * (z > 0)  # its rule for maximum is slower
            z = anp.dot(a, params[-2]) + params[-1]
            z = z - z.max(axis=1, keepdims=True)
            scores = z - anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True))
            return anp.sum(scores * wanted)

        self.params = [array.copy() for array in problem.start]
        self.gradients = value_and_grad(loss_of)
        self.update = Updates(self.params, problem)

    def __call__(self) -> Any:
        loss, gradients = self.gradients(self.params)
        self.update(gradients)
        return loss

    def weights(self) -> list[Array]:
        return [p.copy() for p in self.params]


class MygradMlp:
    """MyGrad with its own loss and its memory guard off; the update by hand in NumPy."""

    def __init__(self, problem: Problem) -> None:
        import mygrad
        from mygrad.nnet.activations import relu
        from mygrad.nnet.losses import softmax_crossentropy

        mygrad.turn_memory_guarding_off()
        self.relu, self.loss, self.matmul = relu, softmax_crossentropy, mygrad.matmul
        self.x, self.labels = problem.x, problem.labels
        self.params = [mygrad.tensor(array) for array in problem.start]
        self.update = Updates([p.data for p in self.params], problem)

    def __call__(self) -> Any:
        params = self.params
        a: Any = self.x
        for W, W0 in zip(params[:-2:2], params[1:-2:2], strict=True):
            a = self.relu(self.matmul(a, W) + W0)
        loss = self.loss(self.matmul(a, params[-2]) + params[-1], self.labels)
        loss.backward()
        self.update([p.grad for p in params])
        for p in params:
            p.null_grad()
        return loss

    def weights(self) -> list[Array]:
        return [p.data.copy() for p in self.params]


class Updates:
    """The hand-written update, for each of several parameters."""

    def __init__(self, params: list[Array], problem: Problem) -> None:
        kind = UPDATES[problem.optimizer]
        self.steps = [kind(p.reshape(-1), problem.rate) for p in params]

    def __call__(self, grads: list[Array]) -> None:
        for step, g in zip(self.steps, grads, strict=True):
            step(g.reshape(-1))


def one_hot(problem: Problem) -> Array:
    """The labels as rows with a single 1."""
    return np.eye(problem.sizes[-1], dtype=np.float32)[problem.labels]
