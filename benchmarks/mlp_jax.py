"""The same step in JAX, the whole of it compiled and its state donated."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.work_mlp import BETA1, BETA2, EPS, MOMENTUM, NORM_EPS, Array, Engine, Problem


class JaxMlp(Engine):
    """JAX jit."""

    def __init__(self, problem: Problem) -> None:
        import jax
        import jax.numpy as jnp

        layers = [tuple(jnp.array(a) for a in layer) for layer in problem.layers]
        trained = [layer[:3] if len(layer) == 5 else layer for layer in layers]
        running = [layer[3:] for layer in layers if len(layer) == 5]
        moments: Any = ()
        if problem.optimizer == "adam":
            zeros = [jax.tree.map(jnp.zeros_like, trained) for _ in range(2)]
            moments = (*zeros, jnp.float32(0))
        loss_of = norm_loss(problem) if problem.norm else plain_loss
        update = adam if problem.optimizer == "adam" else sgd

        def step(state: Any, x: Any, labels: Any) -> Any:
            trained, moments, running, key = state
            key, now = jax.random.split(key) if problem.dropout else (key, key)
            value_and_grad = jax.value_and_grad(loss_of, has_aux=True)
            (loss, running), grads = value_and_grad(trained, running, now, x, labels)
            trained, moments = update(trained, moments, grads, problem.rate)
            return (trained, moments, running, key), loss

        self.state: Any = (trained, moments, running, jax.random.key(0))
        self.jitted = jax.jit(step, donate_argnums=0)
        super().__init__(problem)

    def own(self, x: Array, labels: Any) -> Any:
        import jax.numpy as jnp

        return jnp.array(x), jnp.array(labels)

    def step(self, x: Any, labels: Any) -> Any:
        self.state, loss = self.jitted(self.state, x, labels)
        return loss.block_until_ready()

    def weights(self) -> list[Array]:
        trained, _, running, _ = self.state
        pairs = zip(trained, [*running, *[()] * (len(trained) - len(running))], strict=True)
        return [np.array(p) for layer, rest in pairs for p in (*layer, *rest)]


def cross_entropy(z: Any, labels: Any) -> Any:
    """The mean over the batch, in the form that was fastest here."""
    import jax
    import jax.numpy as jnp

    scores = jax.nn.log_softmax(z)
    return -jnp.mean(scores * jax.nn.one_hot(labels, scores.shape[1]), axis=0).sum()


def plain_loss(layers: Any, running: Any, key: Any, x: Any, labels: Any) -> Any:
    """Of the network of ReLU layers; nothing runs along."""
    import jax

    a = x
    for W, W0 in layers[:-1]:
        a = jax.nn.relu(a @ W + W0)
    W, W0 = layers[-1]
    return cross_entropy(a @ W + W0, labels), running


def norm_loss(problem: Problem) -> Any:
    """Of the network with batch normalization, whose running statistics it returns, and dropout."""
    import jax
    import jax.numpy as jnp

    share = problem.batch / (problem.batch - 1)

    def loss_of(layers: Any, running: Any, key: Any, x: Any, labels: Any) -> Any:
        a, now = x, []
        for (W, scale, shift), (mean, variance) in zip(layers[:-1], running, strict=True):
            z = a @ W
            m, v = z.mean(axis=0), z.var(axis=0)
            a = jax.nn.relu((z - m) * (scale * jax.lax.rsqrt(v + NORM_EPS)) + shift)
            if problem.dropout:
                key, mine = jax.random.split(key)
                stays = jax.random.bernoulli(mine, 1 - problem.dropout, a.shape)
                a = jnp.where(stays, a / (1 - problem.dropout), 0)
            m, v = jax.lax.stop_gradient((m, v))
            now.append(
                (
                    (1 - MOMENTUM) * mean + MOMENTUM * m,
                    (1 - MOMENTUM) * variance + MOMENTUM * share * v,
                )
            )
        W, W0 = layers[-1]
        return cross_entropy(a @ W + W0, labels), now

    return loss_of


def sgd(params: Any, moments: Any, grads: Any, rate: float) -> Any:
    """Plain descent."""
    import jax

    return jax.tree.map(lambda p, g: p - rate * g, params, grads), moments


def adam(params: Any, moments: Any, grads: Any, rate: float) -> Any:
    """Adam."""
    import jax
    import jax.numpy as jnp

    m, v, t = moments
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, grads)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, grads)
    c1, c2 = 1 - BETA1**t, 1 - BETA2**t
    params = jax.tree.map(
        lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + EPS), params, m, v
    )
    return params, (m, v, t)
