"""Shapes on raw arrays: what broadcasting did, undone; axes, made plain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from operator import index as _integer
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import AxisError, DTypeError, ShapeError
from .graph import Shape
from .tensor import Tensor
from .tracing import as_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

Axis = int | Sequence[int] | None


def summed_axes(shape: Shape, target: Shape) -> tuple[int, ...]:
    """The axes of `shape` along which an array of shape `target` was repeated to get there."""
    lead = len(shape) - len(target)
    return tuple(range(lead)) + tuple(
        axis + lead for axis, size in enumerate(target) if size == 1 and shape[axis + lead] != 1
    )


def sum_to(value: Any, target: Shape) -> Any:
    """Sum `value` (an array or Tensor) down to shape `target`: the transpose of broadcasting."""
    shape = value.shape
    if shape == target:
        return value
    lead = len(shape) - len(target)
    if lead == 1 and shape[1:] == target:  # the usual bias: one axis in front
        if isinstance(value, Tensor):
            return value.sum(axis=0)
        return column_sums(value)
    if lead < 0 or any([m not in (1, n) for m, n in zip(target, shape[lead:], strict=True)]):
        raise ShapeError(
            f"backward: a gradient of shape {shape} does not belong to a value of shape {target}; "
            f"the rule of an operation must return the shape of its operand"
        )
    value = value.sum(axis=summed_axes(shape, target), keepdims=True)
    return value.reshape(target)


@lru_cache(maxsize=64)
def _ones(n: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.ones(n, dtype)


_SHORT = 1024  # beyond, NumPy's pairwise sums are more exact


def column_sums(x: NDArray[Any]) -> Any:
    """``x.sum(axis=0)``; for a short matrix by BLAS, in a quarter of the time."""
    if x.ndim == 2 and x.shape[0] <= _SHORT and x.dtype.char in "fd":
        ones = _ones(x.shape[0], x.dtype)
        return ones.dot(x) if type(x) is np.ndarray else np.dot(ones, x)
    return as_array(np.add.reduce(x, axis=0))


def row_sums(x: NDArray[Any]) -> Any:
    """``x.sum(axis=-1, keepdims=True)``; for a narrow matrix by BLAS, likewise."""
    if x.ndim == 2 and x.shape[1] <= _SHORT and x.dtype.char in "fd":
        ones = _ones(x.shape[1], x.dtype)
        return (x.dot(ones) if type(x) is np.ndarray else np.dot(x, ones))[:, None]
    return np.add.reduce(x, axis=-1, keepdims=True)


_NARROW = 16


def row_max(x: NDArray[Any]) -> Any:
    """``x.max(axis=-1, keepdims=True)``; of many narrow rows by columns, in up to a sixth."""
    if x.ndim == 2 and x.shape[1] <= _NARROW <= x.shape[0]:
        return as_array(np.maximum.reduce(x.T.copy(), axis=0))[:, None]
    return as_array(np.maximum.reduce(x, axis=-1, keepdims=True))


def normalize_axis(axis: Axis, ndim: int, where: str) -> tuple[int, ...]:
    """`axis` as a tuple of distinct non-negative integers; None is all of them."""
    if axis is None:
        return tuple(range(ndim))
    try:
        axes = tuple(_integer(a) for a in axis) if isinstance(axis, Sequence) else (_integer(axis),)
    except TypeError:
        raise DTypeError(
            f"{where}: axis {axis!r} is not an integer or a tuple of integers"
        ) from None
    plain = tuple(a + ndim if a < 0 else a for a in axes)
    for given, a in zip(axes, plain, strict=True):
        if not 0 <= a < ndim:
            raise AxisError(
                f"{where}: axis {given} is absent; an array of {ndim} dimensions has the axes "
                f"{-ndim} to {ndim - 1}"
                if ndim
                else f"{where}: axis {given} is absent; a scalar has no axes"
            )
    if len(set(plain)) != len(plain):
        raise AxisError(f"{where}: axis {axis!r} names an axis twice")
    return plain


def reduced_shape(shape: Shape, axis: Axis, where: str) -> Shape:
    """`shape` with the reduced axes kept at size 1."""
    if axis is None:
        return (1,) * len(shape)
    axes = normalize_axis(axis, len(shape), where)
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def count(shape: Shape, axis: Axis, where: str) -> int:
    """How many elements each result of a reduction over `axis` comes from."""
    axes = normalize_axis(axis, len(shape), where)
    return prod([shape[i] for i in axes])
