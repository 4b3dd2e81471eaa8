"""Spreads and extremes: variance, standard deviation, max, min, range."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..broadcasting import Axis, count
from ..errors import DTypeError, ShapeError
from ..primitive import Sample, public
from ..rules import Partial, reduction
from .comparison import equal, isnan, logical_or
from .reduction import as_flag, filled, mean, plain_axis, samples_of_axes, sum
from .selection import where
from .shape import shape_of


def _spread_samples(rng: np.random.Generator) -> list[Sample]:
    pairs = zip((0, 1, 1, 0), samples_of_axes(rng), strict=True)
    return [Sample(args, {**params, "ddof": ddof}) for ddof, (args, params) in pairs]


_var = reduction(
    lambda x, axis=None, keepdims=False, ddof=0: np.var(x, axis, keepdims=keepdims, ddof=ddof),
    Partial(
        r"\frac{2 (x - \bar x)}{n - d}",
        lambda t, y, x, axis, ddof=0: (
            t
            * ((x - mean(x, axis=axis, keepdims=True)) * (2 / (count(x.shape, axis, "var") - ddof)))
        ),
        saves="x",
    ),
    name="var",
    latex=r"\operatorname{{var}} {0}",
    samples=_spread_samples,
)

_std = reduction(
    lambda x, axis=None, keepdims=False, ddof=0: np.std(x, axis, keepdims=keepdims, ddof=ddof),
    Partial(
        r"\frac{x - \bar x}{(n - d) y}",
        lambda t, y, x, axis, ddof=0: (
            t
            * (x - mean(x, axis=axis, keepdims=True))
            / (where(equal(y, 0), np.inf, y) * (count(x.shape, axis, "std") - ddof))
        ),
        saves="y x",
    ),
    name="std",
    latex=r"\operatorname{{std}} {0}",
    samples=_spread_samples,
    convention="At σ = 0 the derivatives of every order are 0, where √var would give NaN.",
)


def _degrees(a: Any, axis: Any, ddof: int, name: str) -> None:
    n = count(shape_of(a), axis, name)
    if not isinstance(ddof, (int, float, np.number)):
        raise DTypeError(f"{name}: ddof {ddof!r} is not a number")
    if n <= ddof:
        raise ShapeError(
            f"{name}: {n} elements with ddof={ddof} leave no degree of freedom; "
            f"use ddof=0 or more elements"
        )


@public(np.var)
def var(
    a: Any,
    axis: Axis = None,
    ddof: int = 0,
    keepdims: bool = False,
    *,
    correction: int | None = None,
) -> Any:
    """Variance over axes, ``Σ (x − x̄)² / (n − ddof)``.

    Parameters
    ----------
    a : Tensor or array_like
    axis : int or tuple of int, optional
        All axes by default.
    ddof : int
        Subtracted from the count: 1 for the unbiased estimate. Also ``correction``.
    keepdims : bool
        Keep the reduced axes at size 1.

    Returns
    -------
    Tensor
    """
    ddof = ddof if correction is None else correction
    axis = plain_axis(a, axis, "var")
    _degrees(a, axis, ddof, "var")
    return _var(a, axis=axis, keepdims=as_flag(keepdims, "var"), ddof=ddof)


@public(np.std)
def std(
    a: Any,
    axis: Axis = None,
    ddof: int = 0,
    keepdims: bool = False,
    *,
    correction: int | None = None,
) -> Any:
    """Standard deviation over axes; its derivative where it is 0 is 0.

    Parameters
    ----------
    a : Tensor or array_like
    axis : int or tuple of int, optional
        All axes by default.
    ddof : int
        Subtracted from the count: 1 for the unbiased estimate. Also ``correction``.
    keepdims : bool
        Keep the reduced axes at size 1.

    Returns
    -------
    Tensor
    """
    ddof = ddof if correction is None else correction
    axis = plain_axis(a, axis, "std")
    _degrees(a, axis, ddof, "std")
    return _std(a, axis=axis, keepdims=as_flag(keepdims, "std"), ddof=ddof)


def _attained(t: Any, y: Any, x: Any, axis: Any) -> Any:
    """t on the elements where the extreme is attained, in equal shares; NaN is extreme."""
    hit = logical_or(equal(x, y), isnan(x))
    shares = hit / sum(hit, axis=axis, keepdims=True)
    return t * shares.astype(x.dtype)


_max = reduction(
    lambda x, axis=None, keepdims=False: np.maximum.reduce(x, axis=axis, keepdims=keepdims),
    Partial(r"[x = y] / \#", _attained, saves="y x"),
    name="max",
    latex=r"\max {0}",
    samples=samples_of_axes,
    convention="Tied elements share the derivative equally; of NaNs, each is an extreme.",
)

_min = reduction(
    lambda x, axis=None, keepdims=False: np.minimum.reduce(x, axis=axis, keepdims=keepdims),
    Partial(r"[x = y] / \#", _attained, saves="y x"),
    name="min",
    latex=r"\min {0}",
    samples=samples_of_axes,
    convention="Tied elements share the derivative equally; of NaNs, each is an extreme.",
)


@public(np.max, np.amax)
def max(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Largest element over axes; tied elements share the derivative equally.

    Parameters
    ----------
    a : Tensor or array_like
    axis : int or tuple of int, optional
        All axes by default.
    keepdims : bool
        Keep the reduced axes at size 1.

    Returns
    -------
    Tensor
    """
    axis = plain_axis(a, axis, "max")
    filled(a, axis, "max")
    return _max(a, axis=axis, keepdims=as_flag(keepdims, "max"))


@public(np.min, np.amin)
def min(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Smallest element over axes; tied elements share the derivative equally.

    Parameters
    ----------
    a : Tensor or array_like
    axis : int or tuple of int, optional
        All axes by default.
    keepdims : bool
        Keep the reduced axes at size 1.

    Returns
    -------
    Tensor
    """
    axis = plain_axis(a, axis, "min")
    filled(a, axis, "min")
    return _min(a, axis=axis, keepdims=as_flag(keepdims, "min"))


@public(np.ptp, methods=())
def ptp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Range: the largest minus the smallest element."""
    return max(a, axis, keepdims) - min(a, axis, keepdims)
