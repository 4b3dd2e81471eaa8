"""Reductions and what belongs to them: sums, means, spreads, extremes, log-sum-exp, norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..broadcasting import Axis, count, normalize_axis, reduced_shape, row_sums
from ..errors import ArgumentError, AxisError, ShapeError, UnsupportedError
from ..primitive import Function, Sample, as_scalar, public
from ..rules import Linear, Partial, custom, linear, reduction
from ..tensor import Tensor, wrap
from .arithmetic import absolute
from .selection import equal, isnan, logical_or, where
from .shape import broadcast_to, concatenate, flip, moveaxis, reshape, shape_of, transpose
from .transcendental import exp


def _samples(rng: np.random.Generator) -> list[Sample]:
    x = rng.normal(size=(2, 3, 4))
    return [
        Sample((x,), {"axis": None, "keepdims": False}),
        Sample((x,), {"axis": 1, "keepdims": False}),
        Sample((x,), {"axis": (0, -1), "keepdims": True}),
        Sample((rng.normal(size=(5,)),), {"axis": 0, "keepdims": False}),
    ]


def _spread(g: Any, x: Any, axis: Axis, keepdims: bool, name: str) -> Any:
    """Put a cotangent of a reduction back on every element that was reduced."""
    if axis is not None and not keepdims:
        g = reshape(g, reduced_shape(x.shape, axis, name))
    if x.size < _SMALL and not isinstance(g, Tensor):
        out = np.empty(x.shape, x.dtype)  # cheaper than a view with strides of 0, if small
        out[...] = g
        return out
    return broadcast_to(g, x.shape)


_SMALL = 4096


_total: Function = np.add.reduce  # what np.sum is, without its checks

_sum = linear(
    lambda x, axis=None, keepdims=False: _total(x, axis=axis, keepdims=keepdims),
    lambda g, x, axis=None, keepdims=False: _spread(g, x, axis, keepdims, "sum"),
    name="sum",
    symbol="Σ",
    latex=r"\sum {0}",
    samples=_samples,
)


def _plain(x: Any, axis: Any, name: str) -> Any:
    """`axis` as NumPy takes it, refused by name where it is absent or repeated."""
    if axis is None:
        return None
    ndim = x.ndim if isinstance(x, Tensor) else np.ndim(x)
    if type(axis) is int and -ndim <= axis < ndim:
        return axis
    axes = normalize_axis(axis, ndim, name)
    return axes if isinstance(axis, Sequence) else axes[0]


def _single(x: Any, axis: Any, name: str) -> int:
    """`axis` as one integer."""
    axes = normalize_axis(axis, x.ndim if isinstance(x, Tensor) else np.ndim(x), name)
    if isinstance(axis, Sequence) or axis is None:
        raise AxisError(f"{name}: axis {axis!r} is not a single axis; give one integer")
    return axes[0]


def _flag(keepdims: Any, name: str) -> bool:
    """`keepdims`, refused if it is what NumPy's function has at that place."""
    if not isinstance(keepdims, (bool, np.bool)):
        raise ArgumentError(
            f"{name}: keepdims {keepdims!r} is not True or False; NumPy's dtype and out are not "
            f"supported, use astype(dtype) on the operand"
        )
    return bool(keepdims)


def _filled(a: Any, axis: Any, name: str) -> None:
    """Refuse to take a mean or an extreme of nothing."""
    shape = shape_of(a)
    if 0 in shape and not count(shape, axis, name):
        along = "" if axis is None else f" along axis {axis}"
        raise ShapeError(
            f"{name}: shape {shape} has no elements{along}; there is no {name} of nothing"
        )


@public(np.sum)
def sum(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Sum over axes.

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

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.sum(ag.Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    Tensor([4., 6.])
    """
    if keepdims is not False:
        keepdims = _flag(keepdims, "sum")
    if not isinstance(a, Tensor):
        return _total(a, axis=axis, keepdims=keepdims)
    if axis is not None:
        axis = _plain(a, axis, "sum")
    return _sum(a, axis=axis, keepdims=keepdims)


def _mean_forward(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    n = np.size(x) if axis is None else count(np.shape(x), axis, "mean")
    return _total(x, axis=axis, keepdims=keepdims) / n


_mean = linear(
    _mean_forward,
    lambda g, x, axis=None, keepdims=False: _spread(
        g / (x.size if axis is None else count(x.shape, axis, "mean")), x, axis, keepdims, "mean"
    ),
    name="mean",
    latex=r"\operatorname{{mean}} {0}",
    samples=_samples,
)


@public(np.mean)
def mean(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Mean over axes.

    Parameters
    ----------
    a : Tensor or array_like
        Not empty along the axes.
    axis : int or tuple of int, optional
        All axes by default.
    keepdims : bool
        Keep the reduced axes at size 1.

    Returns
    -------
    Tensor
    """
    if keepdims is not False:
        keepdims = _flag(keepdims, "mean")
    if axis is not None:
        axis = _plain(a, axis, "mean")
    _filled(a, axis, "mean")
    return _mean(a, axis=axis, keepdims=keepdims)


@public(np.average, methods=())
def average(a: Any, axis: Axis = None, weights: Any = None) -> Any:
    """Weighted mean, ``Σ w·a / Σ w``; `weights` has the shape of `a`, or of its axis."""
    if weights is None:
        return mean(a, axis=axis)
    shape = shape_of(a)
    if shape_of(weights) != shape:
        if axis is None:
            raise ShapeError(
                f"average: weights of shape {shape_of(weights)} for shape {shape}; name the axis "
                f"that they belong to"
            )
        weights = _along(weights, axis, shape)
    return sum(a * weights, axis=axis) / sum(weights, axis=axis)


def _along(weights: Any, axis: Axis, shape: tuple[int, ...]) -> Any:
    """Weights of the given axes, in that order, repeated along the others."""
    axes = normalize_axis(axis, len(shape), "average")
    if shape_of(weights) != tuple(shape[i] for i in axes):
        raise ShapeError(
            f"average: weights of shape {shape_of(weights)} do not fit axis {axis} of shape {shape}"
        )
    ordered = transpose(weights, tuple(np.argsort(axes).tolist()))
    return broadcast_to(
        reshape(ordered, tuple(n if i in axes else 1 for i, n in enumerate(shape))), shape
    )


def _spread_samples(rng: np.random.Generator) -> list[Sample]:
    pairs = zip((0, 1, 1, 0), _samples(rng), strict=True)
    return [Sample(args, {**params, "ddof": ddof}) for ddof, (args, params) in pairs]


_var = reduction(
    lambda x, axis=None, keepdims=False, ddof=0: np.var(x, axis, keepdims=keepdims, ddof=ddof),
    Partial(
        r"\frac{2 (x - \bar x)}{n - d}",
        lambda t, y, x, axis, ddof=0: (
            t * ((x - mean(x, axis=axis, keepdims=True)) * (2 / (count(x.shape, axis, "var") - ddof)))
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
            / (where(equal(y, 0), 1, y) * (count(x.shape, axis, "std") - ddof))
        ),
        saves="y x",
    ),
    name="std",
    latex=r"\operatorname{{std}} {0}",
    samples=_spread_samples,
    convention="At σ = 0 the derivative is 0, where √var would give NaN.",
)


def _degrees(a: Any, axis: Any, ddof: int, name: str) -> None:
    n = count(shape_of(a), axis, name)
    if n <= ddof:
        raise ShapeError(
            f"{name}: {n} elements with ddof={ddof} leave no degree of freedom; "
            f"use ddof=0 or more elements"
        )


@public(np.var)
def var(
    a: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, *, correction: int | None = None
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
    axis = _plain(a, axis, "var")
    _degrees(a, axis, ddof, "var")
    return _var(a, axis=axis, keepdims=_flag(keepdims, "var"), ddof=ddof)


@public(np.std)
def std(
    a: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, *, correction: int | None = None
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
    axis = _plain(a, axis, "std")
    _degrees(a, axis, ddof, "std")
    return _std(a, axis=axis, keepdims=_flag(keepdims, "std"), ddof=ddof)


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
    samples=_samples,
    convention="Tied elements share the derivative equally.",
)

_min = reduction(
    lambda x, axis=None, keepdims=False: np.minimum.reduce(x, axis=axis, keepdims=keepdims),
    Partial(r"[x = y] / \#", _attained, saves="y x"),
    name="min",
    latex=r"\min {0}",
    samples=_samples,
    convention="Tied elements share the derivative equally.",
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
    axis = _plain(a, axis, "max")
    _filled(a, axis, "max")
    return _max(a, axis=axis, keepdims=_flag(keepdims, "max"))


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
    axis = _plain(a, axis, "min")
    _filled(a, axis, "min")
    return _min(a, axis=axis, keepdims=_flag(keepdims, "min"))


@public(np.ptp, methods=())
def ptp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Range: the largest minus the smallest element."""
    return max(a, axis, keepdims) - min(a, axis, keepdims)


@public(np.prod)
def prod(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Product over axes, with exact derivatives of every order also where elements are 0.

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

    Notes
    -----
    A balanced tree of products, so that nothing is ever divided.
    """
    keepdims = _flag(keepdims, "prod")
    axis = _plain(a, axis, "prod")
    if not isinstance(a, Tensor):
        return np.prod(a, axis=axis, keepdims=keepdims)
    if a.dtype.kind != "f":
        return wrap(as_scalar(np.prod(a.data, axis=axis, keepdims=keepdims)), None)
    axes = normalize_axis(axis, a.ndim, "prod")
    kept = reduced_shape(a.shape, axis, "prod")
    shape = tuple(n for i, n in enumerate(a.shape) if i not in axes)
    flat = reshape(moveaxis(a, axes, range(len(axes))), (count(a.shape, axis, "prod"), *shape))
    while flat.shape[0] > 1:
        half, odd = divmod(flat.shape[0], 2)
        pairs = flat[:half] * flat[half : 2 * half]
        if odd:
            pairs = concatenate([pairs[:1] * flat[-1:], pairs[1:]])
        flat = pairs
    if not flat.shape[0]:
        flat = Tensor(np.ones((1, *shape), a.dtype)) + sum(flat)
    return reshape(flat, kept if keepdims else shape)


_cumsum: Linear = linear(
    lambda x, axis: np.cumsum(x, axis=axis),
    lambda g, x, axis: flip(_cumsum(flip(g, axis), axis=axis), axis),
    name="cumsum",
    latex=r"\operatorname{{cumsum}} {0}",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)),), {"axis": 1})],
)


@public(np.cumsum)
def cumsum(a: Any, axis: int | None = None) -> Any:
    """Cumulative sum along an axis; of the flattened array by default."""
    if axis is None:
        a, axis = reshape(a, (-1,)), 0
    return _cumsum(a, axis=_single(a, axis, "cumsum"))


def _logsumexp_forward(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    infinite = not np.isfinite(top).all()
    shift = np.where(np.isfinite(top), top, 0).astype(top.dtype) if infinite else top
    with np.errstate(divide="ignore", over="ignore"):
        y = np.log(np.add.reduce(np.exp(x - shift), axis=axis, keepdims=True)) + shift
    return y if keepdims else np.squeeze(y, axis=axis)


_logsumexp = reduction(
    _logsumexp_forward,
    Partial(
        "e^{x - y}",
        lambda t, y, x, axis: t * exp(x - where(equal(y, -np.inf), 0, y)),
        saves="y x",
    ),
    name="logsumexp",
    latex=r"\ln \sum e^{{{0}}}",
    samples=_samples,
)


@public(methods="logsumexp")
def logsumexp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log Σ exp(a), without overflow.

    A primitive, because the composition overflows above 709.

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

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.logsumexp(ag.Tensor([1e4, 1e4]))
    Tensor(10000.69314718056)
    """
    axis = _plain(a, axis, "logsumexp")
    _filled(a, axis, "logsumexp")
    return _logsumexp(a, axis=axis, keepdims=_flag(keepdims, "logsumexp"))


def _kept_sum(x: Any, axis: int) -> Any:
    """``sum(x, axis, keepdims=True)``."""
    if type(x) is np.ndarray and axis in (-1, x.ndim - 1):
        return row_sums(x)
    return sum(x, axis=axis, keepdims=True)


def _log_softmax_forward(x: Any, axis: Any) -> Any:
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    z = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    z -= np.log(_kept_sum(np.exp(z), axis))
    return z


_log_softmax = custom(
    _log_softmax_forward,
    lambda g, y, x, axis: g - exp(y) * _kept_sum(g, axis),
    name="log_softmax",
    latex=r"\ln \operatorname{{softmax}} {0}",
    saves="y",
    samples=lambda rng: [
        Sample((rng.normal(size=(3, 4)),), {"axis": -1}),
        Sample((rng.normal(size=(3, 4)),), {"axis": 0}),
    ],
)


@public(methods="log_softmax")
def log_softmax(a: Any, axis: int = -1) -> Any:
    """The logarithm of `softmax`, exact where the softmax underflows.

    A primitive, because composed it would take twice the passes over the array.

    Parameters
    ----------
    a : Tensor or array_like
    axis : int
        The axis of the classes.

    Returns
    -------
    Tensor
        Of the shape of `a`.
    """
    if not isinstance(a, Tensor):
        a = np.asarray(a)
    axis = _plain(a, axis, "log_softmax")
    _filled(a, axis, "log_softmax")
    return _log_softmax(a, axis=axis)


@public(methods="softmax")
def softmax(a: Any, axis: int = -1) -> Any:
    """exp(aᵢ) / Σ exp(aⱼ) along an axis, without overflow (chapter, section 3).

    Parameters
    ----------
    a : Tensor or array_like
    axis : int
        The axis that sums to 1.

    Returns
    -------
    Tensor
        Of the shape of `a`, in [0, 1].
    """
    if not isinstance(a, Tensor):
        a = np.asarray(a)
    axis = _plain(a, axis, "softmax")
    _filled(a, axis, "softmax")
    value = a.detach() if isinstance(a, Tensor) else a
    e = exp(a - max(value, axis=axis, keepdims=True))  # a shift changes nothing, so: a constant
    return e / sum(e, axis=axis, keepdims=True)


_norm = reduction(
    lambda x, axis=None, keepdims=False: np.sqrt(
        np.add.reduce(x * x, axis=axis, keepdims=keepdims)
    ),
    Partial(
        r"\frac{x}{y}",
        lambda t, y, x, axis: t * (x / where(equal(y, 0), 1, y)),
        saves="y x",
    ),
    name="norm",
    symbol="‖·‖",
    latex=r"\left\|{0}\right\|",
    samples=_samples,
    convention="At 0 the derivative is 0.",
)


@public(np.linalg.norm, methods="norm")
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Vector norm over axes; of a matrix the Frobenius norm.

    Parameters
    ----------
    x : Tensor or array_like
    ord : None, 'fro', or number
        None, 2 and 'fro' are the square root of the sum of squares, whose derivative at 0 is 0
        here; p is (Σ|x|ᵖ)^(1/p); inf and -inf are the largest and smallest absolute value.
        Over two axes only None and 'fro' are supported.
    axis : int or tuple of int, optional
        All axes by default.
    keepdims : bool
        Keep the reduced axes at size 1.

    Returns
    -------
    Tensor
    """
    if not isinstance(x, Tensor):
        x = np.asarray(x)
    axis = _plain(x, axis, "norm")
    keepdims = _flag(keepdims, "norm")
    axes = len(normalize_axis(axis, x.ndim, "norm"))
    if ord in (None, "fro") or (ord == 2 and axes < 2):
        return _norm(x, axis=axis, keepdims=keepdims)
    if isinstance(ord, str) or axes > 1:
        raise UnsupportedError(
            f"norm: ord={ord!r} of a matrix is not supported; use ord=None for the Frobenius "
            f"norm, or name a single axis"
        )
    size = absolute(x)
    if ord == np.inf:
        return max(size, axis, keepdims)
    if ord == -np.inf:
        return min(size, axis, keepdims)
    if ord == 1:
        return sum(size, axis, keepdims)
    if ord == 0:
        return sum(size > 0, axis, keepdims).astype(size.dtype)
    total = sum(size**ord, axis, keepdims)
    zero = equal(total, 0)  # where the root has an infinite slope and the norm, here, slope 0
    return where(zero, 0, where(zero, 1, total) ** (1 / ord))
