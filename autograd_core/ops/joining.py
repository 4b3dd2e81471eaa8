"""Joining and splitting along axes. All linear."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..broadcasting import normalize_axis
from ..errors import DTypeError, ShapeError
from ..primitive import Sample, operand, public
from ..rules import linear
from ..tensor import Tensor
from ..tracing import as_array
from .shape import (
    as_integers,
    atleast_1d,
    atleast_2d,
    expand_dims,
    indexable,
    ndim_of,
    ravel,
    raw,
    reshape,
    shape_of,
)


def _part(i: int, g: Any, *xs: Any, axis: int) -> Any:
    start = 0
    for x in xs[:i]:
        start += x.shape[axis]
    index = (slice(None),) * axis + (slice(start, start + xs[i].shape[axis]),)
    return g[index]


_concatenate = linear(
    lambda *xs, axis: np.concatenate(xs, axis=axis),
    _part,
    variadic=True,
    name="concatenate",
    latex=r"[{0}, \dots]",
    samples=lambda rng: [
        Sample((rng.normal(size=(2, 3)), rng.normal(size=(1, 3))), {"axis": 0}),
        Sample((rng.normal(size=(2, 1)), rng.normal(size=(2, 2)), np.ones((2, 2))), {"axis": 1}),
    ],
)


def _several(arrays: Any, name: str) -> list[Any]:
    try:
        items = list(arrays)
    except TypeError:
        raise DTypeError(
            f"{name}: {type(arrays).__name__} is not a sequence of arrays; give a list: "
            f"{name}([a, b])"
        ) from None
    if not items:
        raise ShapeError(f"{name}: no arrays were given; it needs at least one")
    return [x if isinstance(x, Tensor) else as_array(operand(x, name)) for x in items]


@public(np.concatenate, methods=())
def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    """Join along an existing axis.

    Parameters
    ----------
    arrays : sequence of Tensor or array_like
        Of equal shapes but for `axis`.
    axis : int or None
        None joins the flattened arrays.

    Returns
    -------
    Tensor
    """
    items = _several(arrays, "concatenate")
    if axis is None:
        items, axis = [ravel(x) for x in items], 0
    (axis,) = normalize_axis(axis, ndim_of(items[0]), "concatenate")
    try:
        return _concatenate(*items, axis=axis)
    except ShapeError:
        shapes = ", ".join([str(shape_of(x)) for x in items])
        raise ShapeError(
            f"concatenate: shapes {shapes} do not join along axis {axis}; all other sizes and the "
            f"number of axes must agree. Use stack for a new axis"
        ) from None


@public(np.stack, methods=())
def stack(arrays: Any, axis: int = 0) -> Any:
    """Join along a new axis; the arrays have equal shapes.

    Examples
    --------
    >>> import autograd_core as ag
    >>> a, b = ag.Tensor(1.0, requires_grad=True), ag.Tensor(2.0, requires_grad=True)
    >>> ag.stack([a, b])
    Tensor([1., 2.], shape=(2,), dtype=float64, op=concatenate)
    """
    items = _several(arrays, "stack")
    shapes = {shape_of(x) for x in items}
    if len(shapes) > 1:
        raise ShapeError(
            f"stack: the arrays have different shapes {sorted(shapes)}; all must agree"
        )
    (axis,) = normalize_axis(axis, ndim_of(items[0]) + 1, "stack")
    return _concatenate(*[expand_dims(x, axis) for x in items], axis=axis)


@public(np.vstack, methods=())
def vstack(tup: Any) -> Any:
    """Join as rows."""
    return concatenate([atleast_2d(x) for x in _several(tup, "vstack")], 0)


@public(np.hstack, methods=())
def hstack(tup: Any) -> Any:
    """Join along the second axis, or the first of one-dimensional arrays."""
    items = [atleast_1d(x) for x in _several(tup, "hstack")]
    return concatenate(items, 0 if ndim_of(items[0]) == 1 else 1)


@public(np.column_stack, methods=())
def column_stack(tup: Any) -> Any:
    """Join one-dimensional arrays as columns."""
    items = _several(tup, "column_stack")
    return concatenate([reshape(x, (-1, 1)) if ndim_of(x) < 2 else x for x in items], 1)


@public(np.array_split, methods=())
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut into parts along an axis, of sizes that may differ by one."""
    ary = indexable(ary)
    (axis,) = normalize_axis(axis, ndim_of(ary), "array_split")
    n = shape_of(ary)[axis]
    numbers = as_integers((indices_or_sections,), "split")
    if np.ndim(raw(indices_or_sections)):
        cuts = [0, *numbers, n]
    else:
        (parts,) = numbers
        if parts < 1:
            raise ShapeError(f"split: {parts} parts; there must be at least one")
        cuts = [0, *np.cumsum([n // parts + (i < n % parts) for i in range(parts)]).tolist()]
    return [ary[(slice(None),) * axis + (slice(i, j),)] for i, j in pairwise(cuts)]


@public(np.split, methods="split")
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut into equal parts, or at indices, along an axis.

    Parameters
    ----------
    ary : Tensor
    indices_or_sections : int or sequence of int
        The number of equal parts, or where to cut.
    axis : int

    Returns
    -------
    list of Tensor
    """
    (axis,) = normalize_axis(axis, ndim_of(ary), "split")
    if not np.ndim(raw(indices_or_sections)):
        (parts,) = as_integers((indices_or_sections,), "split")
        if parts > 0 and shape_of(ary)[axis] % parts:
            raise ShapeError(
                f"split: axis {axis} of shape {shape_of(ary)} does not divide into "
                f"{indices_or_sections} equal parts; use array_split"
            )
    return array_split(ary, indices_or_sections, axis)
