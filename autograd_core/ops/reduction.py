"""Sums, means and products over axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..broadcasting import Axis, count, normalize_axis, reduced_shape
from ..errors import ArgumentError, AxisError, ShapeError
from ..primitive import Function, Sample, as_scalar, public
from ..rules import Linear, linear
from ..tensor import Tensor, wrap
from ..tracing import Symbol
from .joining import concatenate
from .repeating import flip
from .shape import broadcast_to, moveaxis, reshape, shape_of, transpose


def samples_of_axes(rng: np.random.Generator) -> list[Sample]:
    """Samples for a reduction: all axes, one, several, with and without keepdims."""
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
    if x.size < _SMALL and not isinstance(g, (Tensor, Symbol)):
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
    samples=samples_of_axes,
)


def plain_axis(x: Any, axis: Any, name: str) -> Any:
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


def as_flag(keepdims: Any, name: str) -> bool:
    """`keepdims`, refused if it is what NumPy's function has at that place."""
    if not isinstance(keepdims, (bool, np.bool)):
        raise ArgumentError(
            f"{name}: keepdims {keepdims!r} is not True or False; NumPy's dtype and out are not "
            f"supported, use astype(dtype) on the operand"
        )
    return bool(keepdims)


def filled(a: Any, axis: Any, name: str) -> None:
    """Refuse to take a mean or an extreme of nothing."""
    if isinstance(a, Tensor) and a.size:
        return
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
    Tensor([4., 6.], shape=(2,), dtype=float64)
    """
    if keepdims is not False:
        keepdims = as_flag(keepdims, "sum")
    if not isinstance(a, Tensor):
        return _total(a, axis=axis, keepdims=keepdims)
    if axis is not None:
        axis = plain_axis(a, axis, "sum")
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
    samples=samples_of_axes,
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
        keepdims = as_flag(keepdims, "mean")
    if axis is not None:
        axis = plain_axis(a, axis, "mean")
    filled(a, axis, "mean")
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
    keepdims = as_flag(keepdims, "prod")
    axis = plain_axis(a, axis, "prod")
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
