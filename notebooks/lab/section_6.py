"""Exercises of section 6, losses; its runs and pictures are beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
import nn

from .exercises import Exercise
from .section_6_pictures import by_guess as by_guess
from .section_6_pictures import by_margin as by_margin
from .section_6_pictures import pairs_by_z as pairs_by_z
from .section_6_pictures import separators as separators
from .section_6_pictures import simplex as simplex
from .section_6_pictures import sums as sums
from .section_6_pictures import templates as templates
from .section_6_runs import Pair as Pair
from .section_6_runs import descent as descent
from .section_6_runs import digits as digits
from .section_6_runs import iris as iris
from .section_6_runs import learning as learning
from .section_6_runs import margin as margin
from .section_6_runs import relearn as relearn
from .section_6_runs import slopes as slopes
from .section_6_runs import steps_to_learn as steps_to_learn
from .section_6_runs import table as table
from .section_6_runs import two_species as two_species

Array = np.ndarray[Any, Any]


def _softmax(Z: Any, axis: int = 1) -> Any:
    e = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


# -- the gradient of the hinge loss ----------------------------------------------------------


def _labelled(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "X": rng.normal(size=(8, 3)),
        "y": rng.permutation([1.0, -1.0] * 4)[:, None],
        "W": rng.normal(size=(3, 1)),
    }


def _hinge(X: Array, y: Array, W: Array) -> Any:
    return ag.grad(lambda W: nn.HingeLoss("sum")(X @ W, y))(W).data


def _hinge_by_hand(X: Any, y: Any, W: Any) -> Any:
    inside = y * (X @ W) < 1
    return -X.T @ (y * inside)


def _hinge_slip(bound: float, labels: bool = True) -> Callable[..., Any]:
    def wrong(X: Any, y: Any, W: Any) -> Any:
        inside = y * (X @ W) < bound
        return -X.T @ ((y if labels else 1.0) * inside)

    return wrong


hinge_gradient = Exercise(
    r"One linear unit without offset guesses $X W$ for 8 points (the rows of `X`, 8 × 3); `y` "
    r"(8 × 1) holds their labels, +1 and −1. Return $\partial/\partial W$ of the *summed* hinge "
    r"loss, of shape 3 × 1.",
    inputs=_labelled,
    correct=_hinge,
    solution=_hinge_by_hand,
    per_example=lambda X, y, W: -(X * y * (y * (X @ W) < 1))[:, :, None],
    slips={
        "all points are counted; those with guess · actual above 1 have no loss and no slope": (
            _hinge_slip(np.inf)
        ),
        "only the wrong guesses are counted; the hinge also counts right ones with a margin "
        "below 1": _hinge_slip(0.0),
        "the labels are missing: the slope of −guess · actual is −actual": _hinge_slip(1.0, False),
        "the points inside the margin and those beyond it are mixed up": (
            lambda X, y, W: -X.T @ (y * (y * (X @ W) > 1))
        ),
    },
    hint="Which points have a loss that is not 0? Each of them adds −actual times its row.",
)

# -- the gradient of softmax and NLLM --------------------------------------------------------


def _classes(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "X": rng.normal(size=(6, 3)),
        "Y": np.eye(4)[rng.integers(0, 4, 6)],
        "W": rng.normal(size=(3, 4)),
    }


def _nllm(X: Array, Y: Array, W: Array) -> Any:
    return ag.grad(lambda W: nn.NLLM("sum")(ag.softmax(X @ W), Y))(W).data


def _nllm_by_hand(X: Any, Y: Any, W: Any) -> Any:
    Z = X @ W
    A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    return X.T @ (A - Y)


def _nllm_slip(blame: Callable[[Any, Any], Any], axis: int = 1) -> Callable[..., Any]:
    return lambda X, Y, W: X.T @ blame(_softmax(X @ W, axis), Y)


nllm_gradient = Exercise(
    r"Softmax and NLLM. `X` (6 × 3) holds 6 points in rows, `Y` (6 × 4) their one-hot labels, and "
    r"$Z = XW$ with `W` of shape 3 × 4. Return $\partial/\partial W$ of the *summed* loss "
    r"$-\sum y_k \log a_k$, with $a = \text{softmax}(z)$ in each row.",
    inputs=_classes,
    correct=_nllm,
    solution=_nllm_by_hand,
    per_example=lambda X, Y, W: X[:, :, None] * (_softmax(X @ W) - Y)[:, None, :],
    slips={
        "softmax was treated element by element; each output depends on all of z": (
            _nllm_slip(lambda A, Y: -Y * (1 - A))
        ),
        "the softmax ran down the columns; each row is a point and sums to 1": (
            _nllm_slip(lambda A, Y: A - Y, axis=0)
        ),
        "the slope of softmax is missing: that is ∂loss/∂A in the place of ∂loss/∂Z": (
            _nllm_slip(lambda A, Y: -Y / A)
        ),
        "a factor a(1 − a) too much: the 1/a of the logarithm has cancelled it": (
            _nllm_slip(lambda A, Y: (A - Y) * A * (1 - A))
        ),
        "the softmax is missing: Z stands where A belongs": lambda X, Y, W: X.T @ (X @ W - Y),
    },
    hint=r"$\partial\text{loss}/\partial Z$ has the same short form as for the squared loss, but "
    r"for a factor; then it is line 17 of section 5.",
)

# -- two outputs are one ---------------------------------------------------------------------


def _one_of_two_by_hand(Z: Any) -> Any:
    return 1 / (1 + np.exp(Z[:, 1] - Z[:, 0]))


one_of_two = Exercise(
    r"A network has two outputs and a softmax. `Z` (7 × 2) holds the pre-activations of 7 points. "
    r"Return the probabilities of the *first* class, 7 numbers, with a single sigmoid and no "
    r"softmax.",
    inputs=lambda rng: {"Z": rng.normal(size=(7, 2)) * 2},
    correct=lambda Z: ag.softmax(Z)[:, 0],
    solution=_one_of_two_by_hand,
    slips={
        "that is the probability of the second class": (
            lambda Z: 1 / (1 + np.exp(Z[:, 0] - Z[:, 1]))
        ),
        "the second output counts too: only their difference matters": (
            lambda Z: 1 / (1 + np.exp(-Z[:, 0]))
        ),
        "the two are to be subtracted, not added": lambda Z: 1 / (1 + np.exp(-Z.sum(1))),
        "that is the pre-activation; the sigmoid is missing": lambda Z: Z[:, 0] - Z[:, 1],
    },
    hint="Divide numerator and denominator of the softmax by the numerator.",
)

# -- the margin ------------------------------------------------------------------------------


def _separated(rng: np.random.Generator) -> dict[str, Any]:
    w, w0 = rng.normal(size=2) * 3, rng.normal()
    X = rng.normal(size=(9, 2)) * 2
    return {"X": X, "y": np.where(X @ w + w0 > 0, 1.0, -1.0), "w": w, "w0": w0}


def _margin(X: Array, y: Array, w: Array, w0: float) -> Any:
    return ag.min(y * (X @ w + w0)) / ag.norm(w)


def _margin_by_hand(X: Any, y: Any, w: Any, w0: Any) -> Any:
    return np.min(y * (X @ w + w0)) / np.sqrt(np.sum(w**2))


margin_of = Exercise(
    r"The line $w^T x + w_0 = 0$ separates the rows of `X` (9 × 2) by their labels `y` (9 numbers, "
    r"±1). Return its margin: the distance of the nearest point.",
    inputs=_separated,
    correct=_margin,
    solution=_margin_by_hand,
    slips={
        "a distance does not change when w and w0 are doubled: divide by ‖w‖": (
            lambda X, y, w, w0: np.min(y * (X @ w + w0))
        ),
        "‖w‖ is wanted, and ‖w‖² was taken": (
            lambda X, y, w, w0: np.min(y * (X @ w + w0)) / np.sum(w**2)
        ),
        "the offset w0 is missing": lambda X, y, w, w0: np.min(y * (X @ w)) / np.linalg.norm(w),
        "w0 is no part of the direction: leave it out of the norm": (
            lambda X, y, w, w0: np.min(y * (X @ w + w0)) / np.sqrt(np.sum(w**2) + w0**2)
        ),
        "the nearest point counts, not the mean": (
            lambda X, y, w, w0: np.mean(y * (X @ w + w0)) / np.linalg.norm(w)
        ),
        "the labels are missing; on one side w·x + w0 is negative": (
            lambda X, y, w, w0: np.min(X @ w + w0) / np.linalg.norm(w)
        ),
    },
    hint="How far is a point from a line? The length of w must not matter.",
)
