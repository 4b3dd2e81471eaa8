"""Padding, flipping, rolling and repeating. All linear."""

from __future__ import annotations

from operator import index as _integer
from typing import Any

import numpy as np

from ..broadcasting import Axis, normalize_axis
from ..errors import ShapeError, UnsupportedError
from ..primitive import Sample, public
from ..rules import Linear, linear
from ..tracing import as_array
from .selection import where
from .shape import (
    as_integers,
    broadcast_to,
    clone,
    indexable,
    listed,
    ndim_of,
    ravel,
    raw,
    reshape,
    shape_of,
)

_pad = linear(
    lambda x, pad_width: np.pad(x, pad_width),
    lambda g, x, pad_width: g[
        tuple(
            [slice(before, before + n) for (before, _), n in zip(pad_width, x.shape, strict=True)]
        )
    ],
    name="pad",
    latex=r"\operatorname{{pad}} {0}",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)),), {"pad_width": ((1, 0), (2, 1))})],
)


@public(np.pad, methods=())
def pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    """Add a border.

    Parameters
    ----------
    array : Tensor or array_like
    pad_width : int, pair, or pair for each axis
        How many to add before and after.
    mode : {'constant', 'edge', 'reflect', 'symmetric', 'wrap'}
    constant_values : number
        The value of a constant border; it has no derivative.

    Returns
    -------
    Tensor
    """
    array = indexable(array)
    ndim = ndim_of(array)
    try:
        widths = tuple(
            (_integer(before), _integer(after))
            for before, after in np.broadcast_to(pad_width, (ndim, 2))
        )
    except (ValueError, TypeError):
        raise ShapeError(
            f"pad: pad_width {pad_width!r} is not an integer, a pair of them, or a pair for each "
            f"of {ndim} axes"
        ) from None
    if any([n < 0 for pair in widths for n in pair]):
        raise ShapeError(f"pad: pad_width {pad_width!r} has a negative width")
    if mode == "constant":
        out = _pad(array, pad_width=widths)
        if np.any(as_array(constant_values)):
            empty = np.zeros(shape_of(array), array.dtype)
            inside = np.pad(np.ones(shape_of(array), bool), widths)
            out = where(inside, out, np.pad(empty, widths, constant_values=constant_values))
        return out
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise UnsupportedError(
            f"pad: mode={mode!r} is not supported; use constant, edge, reflect, symmetric or wrap"
        )
    for axis, width in enumerate(widths):
        n = shape_of(array)[axis]
        if not n and any(width):
            raise ShapeError(f"pad: axis {axis} has size 0, which mode={mode!r} cannot extend")
        index = np.pad(np.arange(n), width, mode=mode)  # type: ignore[call-overload]
        array = array[(slice(None),) * axis + (index,)]
    return array


_flip: Linear = linear(
    lambda x, axis: np.flip(x, axis),
    lambda g, x, axis: _flip(g, axis=axis),
    name="flip",
    latex=r"\operatorname{{flip}} {0}",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)),), {"axis": (1,)})],
)


@public(np.flip, methods=())
def flip(m: Any, axis: Axis = None) -> Any:
    """Reverse the order along axes; along all by default."""
    return _flip(m, axis=normalize_axis(axis, ndim_of(m), "flip"))


_roll: Linear = linear(
    lambda x, shift, axis: np.roll(x, shift, axis),
    lambda g, x, shift, axis: _roll(g, shift=tuple([-s for s in shift]), axis=axis),
    name="roll",
    latex=r"\operatorname{{roll}} {0}",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)),), {"shift": (1,), "axis": (1,)})],
)


@public(np.roll, methods=())
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Shift the elements along axes, those that leave come back in front."""
    if axis is None:
        return reshape(roll(ravel(a), shift, 0), shape_of(a))
    given = listed(axis) if np.ndim(axis) else (axis,)
    axes = [normalize_axis(i, ndim_of(a), "roll")[0] for i in given]  # one may come twice
    shifts = as_integers((shift,), "roll")
    if len(axes) != len(shifts) and 1 not in (len(axes), len(shifts)):
        raise ShapeError(f"roll: {len(shifts)} shifts do not fit {len(axes)} axes")
    n = max(len(axes), len(shifts)) if axes and shifts else 0
    axes, shifts = (axes * n)[:n], (shifts * n)[:n]
    return _roll(a, shift=shifts, axis=tuple(axes))


@public(np.tile, methods=())
def tile(a: Any, reps: Any) -> Any:
    """Repeat the whole array along axes."""
    counts = as_integers((reps,), "tile")
    if any([n < 0 for n in counts]):
        raise ShapeError(f"tile: {counts} has a negative count")
    shape = shape_of(a)
    ndim = max(len(shape), len(counts))
    shape = (1,) * (ndim - len(shape)) + shape
    counts = (1,) * (ndim - len(counts)) + counts
    mixed = reshape(a, tuple(n for size in shape for n in (1, size)))
    full = tuple(n for c, size in zip(counts, shape, strict=True) for n in (c, size))
    out = reshape(
        broadcast_to(mixed, full), tuple(c * n for c, n in zip(counts, shape, strict=True))
    )
    return clone(out) if np.may_share_memory(raw(out), raw(a)) else out


@public(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Repeat each element along an axis; of the flattened array by default."""
    if axis is None:
        a, axis = ravel(a), 0
    a = indexable(a)
    repeats = raw(repeats)
    (axis,) = normalize_axis(axis, ndim_of(a), "repeat")
    try:
        index = np.repeat(np.arange(shape_of(a)[axis]), repeats)
    except (ValueError, TypeError) as error:
        raise ShapeError(
            f"repeat: repeats {repeats!r} does not fit axis {axis} of shape {shape_of(a)} ({error})"
        ) from None
    return a[(slice(None),) * axis + (index,)]
