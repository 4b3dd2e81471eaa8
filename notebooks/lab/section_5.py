"""Exercises of section 5, training; its transcription, runs and pictures are beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag

from .exercises import Exercise
from .section_5_by_hand import farthest as farthest
from .section_5_by_hand import sgd_neural_net as sgd_by_hand  # noqa: F401
from .section_5_by_hand import source as source
from .section_5_pictures import SPECIES as SPECIES
from .section_5_pictures import boundaries as boundaries
from .section_5_pictures import learning_curve as learning_curve
from .section_5_pictures import literal_reading as literal_reading
from .section_5_pictures import misread as misread
from .section_5_pictures import ones_in as ones_in
from .section_5_pictures import saturation as saturation
from .section_5_pictures import scales as scales
from .section_5_pictures import symmetry as symmetry
from .section_5_pictures import three_indices as three_indices
from .section_5_runs import activations_and_slopes as activations_and_slopes
from .section_5_runs import dependence as dependence
from .section_5_runs import digits as digits
from .section_5_runs import iris as iris
from .section_5_runs import net_of as net_of
from .section_5_runs import one_pass as one_pass
from .section_5_runs import spread as spread
from .section_5_runs import twins as twins

Array = np.ndarray[Any, Any]


def _batch(rng: np.random.Generator) -> dict[str, Any]:
    return {"A": rng.normal(size=(6, 3)), "dZ": rng.normal(size=(6, 4))}


def _weight_gradient(A: Array, dZ: Array) -> Any:
    return ag.grad(lambda W: ((A @ W) * dZ).sum())(np.zeros((A.shape[1], dZ.shape[1]))).data


def _weight_gradient_by_hand(A: Any, dZ: Any) -> Any:
    return A.T @ dZ


weight_gradient = Exercise(
    r"Line 17 for a mini-batch. The rows of `A` are the inputs $A^{l-1}$ of 6 points (6 × 3), the "
    r"rows of `dZ` their $\partial\text{loss}/\partial Z^l$ (6 × 4). Return "
    r"$\partial\text{loss}/\partial W^l$ of the summed loss, in the shape of $W^l$, 3 × 4.",
    inputs=_batch,
    correct=_weight_gradient,
    solution=_weight_gradient_by_hand,
    per_example=lambda A, dZ: A[:, :, None] * dZ[:, None, :],
    hint="For one point it is the outer product of a column and a row. Add six of them.",
)


def _step(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "x": rng.normal(size=(1, 3)),
        "y": rng.normal(size=(1, 2)),
        "W1": rng.normal(size=(3, 4)),
        "W2": rng.normal(size=(4, 2)),
        "eta": 0.1,
    }


def _after_step(x: Array, y: Array, W1: Array, W2: Array, eta: float) -> Any:
    def loss(W1: Any) -> Any:
        return ((ag.tanh(x @ W1) @ W2 - y) ** 2).sum()

    return W1 - eta * ag.grad(loss)(W1).data


def _step_by_hand(x: Any, y: Any, W1: Any, W2: Any, eta: Any) -> Any:
    A1 = np.tanh(x @ W1)
    A2 = A1 @ W2
    dZ2 = 2 * (A2 - y)
    dZ1 = (dZ2 @ W2.T) * (1 - A1**2)  # W2 as it was in the forward pass
    return W1 - eta * x.T @ dZ1


def _slip(change: str) -> Callable[..., Any]:
    """A step with one thing done wrong."""

    def wrong(x: Any, y: Any, W1: Any, W2: Any, eta: Any) -> Any:
        Z1 = x @ W1
        A1 = np.tanh(Z1)
        dZ2 = (1 if change == "two" else 2) * (A1 @ W2 - y)
        if change == "order":
            W2 = W2 - eta * A1.T @ dZ2
        slope = {"slope": 1.0, "at A": 1 - np.tanh(A1) ** 2, "at Z": 1 - Z1**2}
        dZ1 = (dZ2 @ W2.T) * slope.get(change, 1 - A1**2)
        gradient = x.T @ dZ1
        if change == "gradient":
            return gradient
        step = gradient if change == "rate" else eta * gradient
        return W1 + step if change == "uphill" else W1 - step

    return wrong


one_update = Exercise(
    r"Lines 6 to 20, for $W^1$ of a network without offsets: one tanh layer, one linear layer, "
    r"squared loss $\sum_k (a_k - y_k)^2$. Everything comes in rows: `x` (1 × 3), `y` (1 × 2), "
    r"`W1` (3 × 4), `W2` (4 × 2) and the step size `eta`. Return the new $W^1$.",
    inputs=_step,
    correct=_after_step,
    solution=_step_by_hand,
    slips={
        "sign: the step goes uphill; subtract η times the gradient": _slip("uphill"),
        "that is the gradient; the weights after the step are asked for": _slip("gradient"),
        "the step size η is missing": _slip("rate"),
        "W² was updated before ∂loss/∂A¹ was computed; take the W² of the forward pass": (
            _slip("order")
        ),
        "the slope of tanh, line 15, is missing in layer 1": _slip("slope"),
        "the slope 1 − a² has a = tanh(z) in it, and you put z there": _slip("at Z"),
        "tanh is applied twice in the slope: 1 − A² is all there is, A being tanh(Z)": (
            _slip("at A")
        ),
        "the 2 of the squared loss's derivative is missing": _slip("two"),
    },
    hint=r"Four small steps: $A^1$ and $A^2$; then $2(A^2 - y)$; then back through $W^2$ and the "
    r"slope $1 - A^1 \cdot A^1$; then line 17 and line 20.",
)


def _unit(rng: np.random.Generator) -> dict[str, Any]:
    return {"x": rng.normal(size=5) * 2}


def _variance(x: Array) -> Any:
    """z is linear in its random weights: the sum of (∂z/∂w)² times the variance of each w."""
    dw, dw0 = ag.grad(lambda w, w0: x @ w + w0, argnums=(0, 1))(np.zeros(x.size), 0.0)
    return float((dw.data**2 / x.size).sum() + dw0.item() ** 2)


def _variance_by_hand(x: Any) -> Any:
    return np.sum(x**2) / x.size + 1


variance_of_z = Exercise(
    r"The weights and the offset of a unit are drawn as lines 2 and 3 say, with $1/m$ read as a "
    r"variance. The input `x` (m numbers) is fixed. Return the variance of $z = w^T x + w_0$.",
    inputs=_unit,
    correct=_variance,
    solution=_variance_by_hand,
    slips={
        "the offset is random too, and adds its variance": lambda x: np.sum(x**2) / x.size,
        "1/m is the variance here; you took it for the standard deviation": (
            lambda x: np.sum(x**2) / x.size**2 + 1
        ),
        "that is the standard deviation; its square is asked for": (
            lambda x: np.sqrt(np.sum(x**2) / x.size + 1)
        ),
        "a weight's variance is multiplied by x², not by x": lambda x: np.sum(x) / x.size + 1,
        "this would be right for an input of ones; here each x has its own size": lambda x: 2.0,
        "that is the mean of z; its variance is asked for": lambda x: 0.0,
    },
    hint="Variances of independent terms add up, and Var(c w) = c² Var(w).",
)
