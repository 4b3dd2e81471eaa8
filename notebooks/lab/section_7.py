"""Exercises of section 7, optimizing the weights; its runs and pictures are beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import optim

from .exercises import Exercise
from .section_7_pictures import apart as apart
from .section_7_pictures import biased as biased
from .section_7_pictures import bouncing as bouncing
from .section_7_pictures import clouds as clouds
from .section_7_pictures import conditions as conditions
from .section_7_pictures import costs as costs
from .section_7_pictures import finish as finish
from .section_7_pictures import once_an_epoch as once_an_epoch
from .section_7_pictures import paths as paths
from .section_7_pictures import relief as relief
from .section_7_pictures import shares as shares
from .section_7_pictures import sizes as sizes
from .section_7_pictures import smoothed as smoothed
from .section_7_pictures import step_sizes as step_sizes
from .section_7_runs import START as START
from .section_7_runs import by_batch_size as by_batch_size
from .section_7_runs import deep as deep
from .section_7_runs import digits as digits
from .section_7_runs import estimates as estimates
from .section_7_runs import fastest as fastest
from .section_7_runs import fed as fed
from .section_7_runs import layer_by_layer as layer_by_layer
from .section_7_runs import lowest as lowest
from .section_7_runs import neuron as neuron
from .section_7_runs import objective as objective
from .section_7_runs import path as path
from .section_7_runs import race as race
from .section_7_runs import reader as reader
from .section_7_runs import recorded as recorded
from .section_7_runs import single as single
from .section_7_runs import slope as slope
from .section_7_runs import surface as surface
from .section_7_runs import tumours as tumours
from .section_7_runs import wandering as wandering

Array = np.ndarray[Any, Any]

# -- the gradient of a mini-batch ------------------------------------------------------------


def _batch(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "X": rng.normal(size=(5, 3)),
        "Y": rng.normal(size=(5, 2)),
        "W": rng.normal(size=(3, 2)) / 2,
    }


def _of_batch(X: Array, Y: Array, W: Array) -> Any:
    return ag.grad(lambda W: nn.SquaredLoss("sum")(ag.tanh(X @ W), Y))(W).data


def _of_batch_by_hand(X: Any, Y: Any, W: Any) -> Any:
    A = np.tanh(X @ W)
    dZ = 2 * (A - Y) * (1 - A**2)
    return X.T @ dZ


def _batch_slip(blame: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    return lambda X, Y, W: X.T @ blame(X @ W, np.tanh(X @ W), Y)


batch_gradient = Exercise(
    r"BATCH-GRADIENT-UPDATE needs a gradient. A layer of two tanh units without offsets guesses "
    r"$A = \tanh(XW)$ for a mini-batch of five points (the rows of `X`, 5 × 3), `Y` (5 × 2) holds "
    r"the actual values. Return $\sum_i \nabla_W \mathcal{L}$, of shape 3 × 2, with the squared "
    r"loss $\sum_j (a_j - y_j)^2$ of a point.",
    inputs=_batch,
    correct=_of_batch,
    solution=_of_batch_by_hand,
    per_example=lambda X, Y, W: (
        X[:, :, None] * (2 * (np.tanh(X @ W) - Y) * (1 - np.tanh(X @ W) ** 2))[:, None, :]
    ),
    slips={
        "the slope of tanh is missing: ∂loss/∂Z is ∂loss/∂A times 1 − A²": (
            _batch_slip(lambda Z, A, Y: 2 * (A - Y))
        ),
        "the slope of tanh is 1 − A², with A and not Z squared": (
            _batch_slip(lambda Z, A, Y: 2 * (A - Y) * (1 - Z**2))
        ),
        "the activation is missing: Z stands where the guess A belongs": (
            _batch_slip(lambda Z, A, Y: 2 * (Z - Y))
        ),
        "that is the gradient with the guess alone; the actual values are missing": (
            _batch_slip(lambda Z, A, Y: 2 * A * (1 - A**2))
        ),
    },
    hint="First ∂loss/∂Z for all points, 5 × 2. Then one product with `X`, which sums over them.",
)

# -- momentum --------------------------------------------------------------------------------


def _gradients(rng: np.random.Generator) -> dict[str, Any]:
    return {"gradients": rng.normal(size=(6, 3)), "eta": 0.2, "gamma": 0.7}


def _moved(gradients: Array, eta: float, gamma: float) -> Any:
    w = ag.zeros(3, requires_grad=True)
    update = optim.SGD([w], lr=eta, momentum=gamma)
    for g in gradients:
        w.grad = ag.tensor(g)
        update.step()
    return w.numpy()


def _moved_by_hand(gradients: Any, eta: Any, gamma: Any) -> Any:
    V = move = 0
    for g in gradients:
        V = gamma * V + eta * g
        move = move - V
    return move


def _momentum_slip(rule: Callable[..., Any], kept: bool = True) -> Callable[..., Any]:
    def wrong(gradients: Any, eta: Any, gamma: Any) -> Any:
        V = move = np.zeros(3)
        for g in gradients:
            V = rule(V, g, eta, gamma)
            move = move - V if kept else -V
        return move

    return wrong


momentum_move = Exercise(
    r"Momentum, the form with $V$. The rows of `gradients` (6 × 3) are the gradients of six steps, "
    r"in their order. With $V_0 = 0$, return how far the weights move in all six steps together, "
    r"$W_6 - W_0$: three numbers.",
    inputs=_gradients,
    correct=_moved,
    solution=_moved_by_hand,
    slips={
        "V forgets: it has to carry γ V of the step before": (
            _momentum_slip(lambda V, g, eta, gamma: eta * g)
        ),
        "only the last step is there; add the six up": (
            _momentum_slip(lambda V, g, eta, gamma: gamma * V + eta * g, kept=False)
        ),
        "the factor 1 − γ belongs to the form with M; here g has η alone": (
            _momentum_slip(lambda V, g, eta, gamma: gamma * V + (1 - gamma) * eta * g)
        ),
        "the step size is in V already, and is taken twice": (
            _momentum_slip(lambda V, g, eta, gamma: gamma * V + eta**2 * g)
        ),
        "the step size is missing": _momentum_slip(lambda V, g, eta, gamma: gamma * V + g),
        "γ belongs to V, and η to the gradient": (
            _momentum_slip(lambda V, g, eta, gamma: eta * V + gamma * g)
        ),
    },
    hint="A loop over the rows with two variables: V, and the sum of all steps so far.",
)

# -- one step of Adam ------------------------------------------------------------------------


def _for_adam(rng: np.random.Generator) -> dict[str, Any]:
    return {"gradients": rng.normal(size=(4, 3)), "eta": 0.1, "B1": 0.8, "B2": 0.6, "eps": 0.05}


def _adam(gradients: Array, eta: float, B1: float, B2: float, eps: float) -> Any:
    w = ag.zeros(3, requires_grad=True)
    update, before = optim.Adam([w], lr=eta, betas=(B1, B2), eps=eps), np.zeros(3)
    for g in gradients:
        before = np.array(w.data)
        w.grad = ag.tensor(g)
        update.step()
    return w.numpy() - before


def _adam_by_hand(gradients: Any, eta: Any, B1: Any, B2: Any, eps: Any) -> Any:
    m = v = 0
    for g in gradients:
        m = B1 * m + (1 - B1) * g
        v = B2 * v + (1 - B2) * g**2
    t = len(gradients)
    m_hat, v_hat = m / (1 - B1**t), v / (1 - B2**t)
    return -eta / np.sqrt(v_hat + eps) * m_hat


def _adam_slip(
    step: Callable[..., Any], power: Callable[[Any], Any] = np.square, swapped: bool = False
) -> Callable[..., Any]:
    def wrong(gradients: Any, eta: Any, B1: Any, B2: Any, eps: Any) -> Any:
        B1, B2 = (B2, B1) if swapped else (B1, B2)
        m = v = np.zeros(3)
        for g in gradients:
            m, v = B1 * m + (1 - B1) * g, B2 * v + (1 - B2) * power(g)
        t = len(gradients)
        return -eta * step(m, v, 1 - B1**t, 1 - B2**t, eps, gradients[-1])

    return wrong


def _right(m: Any, v: Any, c1: Any, c2: Any, eps: Any, g: Any) -> Any:
    return m / c1 / np.sqrt(v / c2 + eps)


adam_step = Exercise(
    r"Adam. The rows of `gradients` (4 × 3) are those of the first four steps. Return the *fourth* "
    r"step, $W_4 - W_3$, three numbers; ε stands inside the root, as in the textbook.",
    inputs=_for_adam,
    correct=_adam,
    solution=_adam_by_hand,
    slips={
        "the biases are not corrected: m and v stand where m̂ and v̂ belong": (
            _adam_slip(lambda m, v, c1, c2, eps, g: m / np.sqrt(v + eps))
        ),
        "the bias of v is not corrected": (
            _adam_slip(lambda m, v, c1, c2, eps, g: m / c1 / np.sqrt(v + eps))
        ),
        "the bias of m is not corrected": (
            _adam_slip(lambda m, v, c1, c2, eps, g: m / np.sqrt(v / c2 + eps))
        ),
        "ε stands outside of the root, as in the paper; the textbook has it inside": (
            _adam_slip(lambda m, v, c1, c2, eps, g: m / c1 / (np.sqrt(v / c2) + eps))
        ),
        "ε is missing": _adam_slip(lambda m, v, c1, c2, eps, g: m / c1 / np.sqrt(v / c2)),
        "the step goes along m̂, the average, not along the last gradient": (
            _adam_slip(lambda m, v, c1, c2, eps, g: g / np.sqrt(v / c2 + eps))
        ),
        "the root is missing": _adam_slip(lambda m, v, c1, c2, eps, g: m / c1 / (v / c2 + eps)),
        "v averages the squares of the gradients": _adam_slip(_right, np.abs),
        "B₁ and B₂ are exchanged": _adam_slip(_right, swapped=True),
    },
    hint=r"Run m and v through all four gradients; correct them once, with $t = 4$, at the end.",
)

# -- the weights of a moving average ---------------------------------------------------------


def _weights(gamma: float, T: int) -> Any:
    moving = optim.MovingAverage(gamma)
    for row in np.eye(T):
        moving.update(row)
    return moving.value


def _weights_by_hand(gamma: Any, T: Any) -> Any:
    t = np.arange(1, T + 1)
    return gamma ** (T - t) * (1 - gamma)


def _weights_slip(power: Callable[[Any, int], Any]) -> Callable[..., Any]:
    return lambda gamma, T: gamma ** power(np.arange(1, T + 1), T) * (1 - gamma)


average_weights = Exercise(
    r"The moving average $A_T$ with a constant γ is a weighted sum of $a_1, \dots, a_T$. Return "
    r"its $T$ weights as an array, that of $a_1$ first.",
    inputs=lambda rng: {"gamma": float(rng.uniform(0.5, 0.9)), "T": int(rng.integers(5, 9))},
    correct=_weights,
    solution=_weights_by_hand,
    slips={
        "each is too small by γ: the last a has the weight 1 − γ": (
            _weights_slip(lambda t, T: T - t + 1)
        ),
        "they are in reverse order: the last a counts most": _weights_slip(lambda t, T: t - 1),
        "the sum starts at t = 1, as there is no a₀: T weights, not T + 1": (
            lambda gamma, T: gamma ** (T - np.arange(T + 1)) * (1 - gamma)
        ),
        "they are made to add up to 1; those of the moving average add up to 1 − γ^T": (
            lambda gamma, T: gamma ** (T - np.arange(1, T + 1)) * (1 - gamma) / (1 - gamma**T)
        ),
        "the factor 1 − γ is missing": lambda gamma, T: gamma ** (T - np.arange(1, T + 1)),
    },
    hint=r"$a_t$ comes in with $1 - \gamma$ and is multiplied by γ in every later step.",
)
