"""Wrong gradients that come of usual slips, each computed from the module that is checked.

They are made with the engine's pullback at other places and of other cotangents; the formulas of
derivatives do not stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..slips import Mistaken
from .student import Array


@dataclass
class Point:
    """Where a module is checked.

    Attributes
    ----------
    u, v, g : ndarray
        The input, the output, and ∂L/∂v.
    weights : dict of str to ndarray
    pull : callable
        From a cotangent to the gradients of `u` and of each weight.
    pull_at : callable
        The same at another input, and for a cotangent.
    forward : callable
        From an input to the output.
    """

    u: Array
    v: Array
    g: Array
    weights: Mapping[str, Array]
    pull: Callable[[Array], list[Array]]
    pull_at: Callable[[Array, Array], list[Array]]
    forward: Callable[[Array], Array]


def usable(found: Iterator[tuple[Any, str, str]]) -> list[Mistaken]:
    """Those that have numbers, and not only zeros; a formula may not fit the shapes."""
    made = []
    with np.errstate(all="ignore"):
        for value, what, hint in found:
            array = np.asarray(value)
            if array.size and array.dtype.kind == "f" and np.isfinite(array).all() and array.any():
                made.append(Mistaken(array, what, hint))
    return made


def _product(a: Array, b: Array) -> Any:
    try:
        return a @ b
    except ValueError:
        return None


def _elementwise(a: Array, b: Array) -> Any:
    try:
        return a * b
    except ValueError:
        return None


def of_backward(at: Point, given: Array) -> Iterator[tuple[Any, str, str]]:
    """Slips in ``backward``."""
    u, v, g, name = at.u, at.v, at.g, "dL_du"
    yield (
        g,
        f"{name} is dL_dv unchanged.",
        "Multiply dL_dv by the derivative of v with respect to u.",
    )
    slope = at.pull(np.ones_like(g))[0]
    yield (
        slope,
        f"{name} is the derivative alone: dL_dv is not in it.",
        "By the chain rule the derivative is multiplied by dL_dv.",
    )
    if u.shape == v.shape:
        yield from _of_functions(at, given)
    matrices = {w: weight for w, weight in at.weights.items() if weight.ndim == 2}
    for w, weight in matrices.items():
        for wrong in (_product(g, weight), _product(weight, g)):
            yield (
                wrong,
                f"{name} is the product of dL_dv and {w}, but {w} must be transposed here.",
                f"Use {w}.T in this product.",
            )
        for wrong in (_product(g, weight.T), _product(weight.T, g)):
            yield (
                wrong,
                f"{name} is the product of dL_dv and {w}.T, but {w} must not be transposed here.",
                f"Use {w} in this product.",
            )
        for wrong in (_elementwise(g, weight), _elementwise(g, weight.T)):
            yield (
                wrong,
                f"{name} is dL_dv times {w} entry by entry (*), where a matrix product is due.",
                "Use @ in place of *.",
            )
    if slope.ndim == 2 and u.shape == v.shape:
        for a, b in ((slope, g), (g, slope), (slope.T, g), (g, slope.T), (slope, g.T)):
            yield (
                _product(a, b),
                f"{name} is a matrix product (@) of dL_dv and the derivative.",
                "Each entry of u moves only its own entry of v: use * in place of @.",
            )


def _of_functions(at: Point, given: Array) -> Iterator[tuple[Any, str, str]]:
    """Slips in modules whose output has the shape of the input."""
    u, v, g, name = at.u, at.v, at.g, "dL_du"
    yield (
        at.pull_at(v, g)[0],
        f"{name} holds the derivative at v, the output, in place of u, the input.",
        "Use u where the formula has the input. Or are the parameters u and v exchanged?",
    )
    right = at.pull(g)[0]
    yield (
        g - right,
        f"{name} is zero where it must be dL_dv, and the other way round.",
        "Is the comparison the wrong way round?",
    )
    yield (
        right - g,
        f"{name} lacks dL_dv itself: u reaches v directly too, as in u + …, and that share is "
        f"missing.",
        "Add dL_dv to what comes through the rest: where u is used twice, two gradients are added.",
    )
    yield (
        at.forward(g),
        f"{name} is forward applied to dL_dv.",
        "Multiply dL_dv by the derivative of v with respect to u.",
    )
    if u.size <= 200:
        jacobian = np.stack([at.pull(e.reshape(v.shape))[0].ravel() for e in np.eye(v.size)])
        diagonal = jacobian.diagonal().reshape(u.shape)
        own = np.count_nonzero(jacobian - np.diag(jacobian.diagonal())) == 0
        if own:
            yield (
                _formula_in_v(diagonal, v, u) * g,
                f"{name} has u in a formula that is meant for v, the output.",
                "This derivative is written in terms of the output: use v. Or are the parameters "
                "u and v exchanged?",
            )
        else:
            yield (
                diagonal * g,
                f"{name} uses only the diagonal of the Jacobian: how each output depends on the "
                f"input at its own place, but not on the others.",
                "Every input moves several outputs; sum over all of them.",
            )
            if all(w.ndim < 2 or min(w.shape) == 1 for w in at.weights.values()):
                yield from _statistics(given, g)
    for factor, letter in ((v, "v"), (u, "u")):
        yield (
            factor * g,
            f"{name} is dL_dv times {letter}, not times the derivative.",
            "Work out the derivative of v with respect to u.",
        )


def _statistics(given: Array, g: Array) -> Iterator[tuple[Any, str, str]]:
    """An answer that scales each unit (or example) as if the mean and variance were constants."""
    if given.shape == g.shape and g.ndim == 2:
        for axis in (i for i in (0, 1) if g.shape[i] > 1):
            factor = (given / g).mean(axis=axis, keepdims=True)
            yield (
                g * factor,
                "dL_du is dL_dv times a constant: the sums over the others (a mean, a variance, a "
                "total) are treated as constants, but they depend on u too.",
                "Add the terms that go through them.",
            )


def _formula_in_v(slope: Array, v: Array, u: Array) -> Array:
    """If the slope is a polynomial of v, of degree 2 at most, that polynomial at u; else zeros.

    So it is for tanh, the logistic function and exp, whose formulas use the output.
    """
    if len(np.unique(v)) < 5 or np.ptp(slope) == 0:
        return np.zeros_like(u)
    powers = np.stack([np.ones(v.size), v.ravel(), v.ravel() ** 2], axis=1)
    coefficients, *_ = np.linalg.lstsq(powers, slope.ravel(), rcond=None)
    if np.abs(powers @ coefficients - slope.ravel()).max() > 1e-6 * np.abs(slope).max():
        return np.zeros_like(u)
    a, b, c = coefficients
    return np.asarray(a + b * u + c * u * u)


def of_weight(at: Point, name: str, index: int, given: Array) -> Iterator[tuple[Any, str, str]]:
    """Slips in what ``weight_grad`` gives for one weight; `index` is its place in `Point.pull`."""
    u, v, g, weight = at.u, at.v, at.g, at.weights[name]
    shown = f"dL_d{name}"
    right = at.pull(g)
    yield weight, f"{shown} is {name} itself.", "Give its gradient."
    if given.shape == weight.shape and weight.size > 1:
        step = _step(weight - given, right[index])
        yield (
            weight - step * right[index],
            f"{shown} is the updated weight, {name} minus {abs(step):.3g} times the gradient."
            if step > 0
            else f"{shown} is the weight plus a multiple of the gradient.",
            "weight_grad gives the gradient alone; the optimizer makes the step.",
        )
    yield (
        at.pull(np.ones_like(g))[index],
        f"{shown} is the derivative alone: dL_dv is not in it.",
        "By the chain rule the derivative is multiplied by dL_dv.",
    )
    for other, value in zip(at.weights, right[1:], strict=True):
        if other != name:
            yield (
                value,
                f"{shown} is the gradient of {other}.",
                f"Are the entries {name!r} and {other!r} exchanged?",
            )
    for wrong in (_product(v.T, g), _product(g.T, v), _product(g, v.T), _product(v, g.T)):
        yield wrong, f"{shown} is computed from v, the output.", "Use u, the input."
    yield (
        np.outer(u, g),
        f"{shown} is np.outer of the whole batch, which pairs every example with every other.",
        "np.outer is for a single example; for a batch use a matrix product such as u.T @ dL_dv.",
    )
    product = _elementwise(u, g) if weight.ndim == 2 and min(weight.shape) > 1 else None
    for wrong in (product, None if product is None else product.sum(axis=0)):
        yield (
            wrong,
            f"{shown} is made with u * dL_dv, entry by entry, where a matrix product is due.",
            "Use @ in place of *, as in u.T @ dL_dv.",
        )


def _step(difference: Array, gradient: Array) -> float:
    norm = float((gradient * gradient).sum())
    return float((difference * gradient).sum()) / norm if norm else 0.0
