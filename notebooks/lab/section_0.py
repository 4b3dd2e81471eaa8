"""The exercise of the start page."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag

from .exercises import Exercise


def _line(rng: np.random.Generator) -> dict[str, Any]:
    return {"w": rng.normal(), "x": rng.normal(size=5), "y": rng.normal(size=5)}


def _J(w: Any, x: Any, y: Any) -> Any:
    return ag.sum((w * x - y) ** 2)


def _by_hand(w: Any, x: Any, y: Any) -> Any:
    return np.sum(2 * (w * x - y) * x)


slope_of_J = Exercise(
    r"A line through the origin guesses $w\,x$. Its objective over the points is "
    r"$J(w) = \sum_i (w\,x^{(i)} - y^{(i)})^2$. Write $\mathrm{d}J/\mathrm{d}w$.",
    inputs=_line,
    correct=lambda w, x, y: ag.grad(_J)(w, x, y),
    per_example=lambda w, x, y: 2 * (w * x - y) * x,
    solution=_by_hand,
    slips={
        "the inner derivative is missing: $w\\,x - y$ changes by $x$ when $w$ changes by 1": (
            lambda w, x, y: np.sum(2 * (w * x - y))
        ),
        "the 2 of the square's derivative is missing": lambda w, x, y: np.sum((w * x - y) * x),
        "this is $J$ itself, and its derivative was asked for": _J,
    },
    hint="A square, and inside it a product. Two links of a chain, then the sum over the points.",
)
