"""Shapes: reshape, transpose, broadcast, join, split, pad, flip, repeat. All linear."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from operator import index as _integer
from typing import TYPE_CHECKING, Any

import numpy as np

from ..broadcasting import Axis, normalize_axis, sum_to
from ..errors import DTypeError, ShapeError, UnsupportedError
from ..primitive import Sample, operand, public
from ..rules import Linear, linear
from ..tensor import Tensor, as_dtype, wrap


def raw(x: Any) -> Any:
    """The array or scalar inside."""
    return x._value if isinstance(x, Tensor) else x


def ndim_of(x: Any) -> int:
    return np.ndim(raw(x))


def shape_of(x: Any) -> tuple[int, ...]:
    return np.shape(raw(x))


def _indexable(x: Any) -> Any:
    """A Tensor, or an array of what is none."""
    return x if isinstance(x, Tensor) else np.asarray(x)


def _like(g: Any, x: Any, **_: Any) -> Any:
    return _reshape(g, shape=x.shape)


_reshape: Linear = linear(
    lambda x, shape: np.asarray(x).reshape(shape),
    _like,
    name="reshape",
    latex=r"\operatorname{{reshape}} {0}",
    samples=lambda rng: [
        Sample((rng.normal(size=(2, 6)),), {"shape": (3, 4)}),
        Sample((rng.normal(size=(2, 6)),), {"shape": (-1,)}),
    ],
)

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


def as_integers(sizes: tuple[Any, ...], name: str) -> tuple[int, ...]:
    """Integers that were given one by one or as one sequence."""
    first = raw(sizes[0]) if len(sizes) == 1 else sizes
    several = first if isinstance(first, (tuple, list)) or np.ndim(first) else (first,)
    try:
        return tuple([_integer(n) for n in several])
    except TypeError:
        raise DTypeError(f"{name}: {first!r} is not an integer or a tuple of integers") from None


@public(np.reshape)
def reshape(a: Any, *shape: Any, order: str = "C") -> Any:
    """The same elements in another shape.

    Parameters
    ----------
    a : Tensor or array_like
    *shape : int or tuple of int
        One size may be -1 and follows from the rest.

    Returns
    -------
    Tensor
        Shares memory with `a` where it can.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(-1)
    Tensor([1., 2., 3., 4.])
    """
    if order != "C":
        raise UnsupportedError(f"reshape: order={order!r} is not supported; transpose first")
    sizes = as_integers(shape, "reshape")
    if isinstance(a, Tensor):
        size = a.size
        fixed = int(np.prod([n for n in sizes if n != -1], dtype=np.int64))
        unknown = sizes.count(-1)
        if any([n < -1 for n in sizes]):
            raise ShapeError(f"reshape: {sizes} has a negative size; only -1 has a meaning")
        if unknown > 1:
            raise ShapeError(f"reshape: {sizes} leaves more than one size open; use -1 once")
        if (fixed != size) if not unknown else (not fixed or size % fixed):
            raise ShapeError(
                f"reshape: shape {a.shape} has {size} elements, which do not fit {sizes}"
            )
    return _reshape(a, shape=sizes)


@public(np.ravel)
def ravel(a: Any) -> Any:
    """The elements in one row."""
    return reshape(a, (-1,))


@public(methods="flatten")
def flatten(a: Any) -> Any:
    """The elements in one row."""
    return reshape(a, (-1,))


_transpose: Linear = linear(
    lambda x, axes: np.asarray(x).transpose(axes),
    lambda g, x, axes: _transpose(
        g, axes=None if axes is None else tuple(np.argsort(axes).tolist())
    ),
    name="transpose",
    symbol="ᵀ",
    latex=r"{{{0}}}^T",
    samples=lambda rng: [
        Sample((rng.normal(size=(2, 3)),), {"axes": None}),
        Sample((rng.normal(size=(2, 3, 4)),), {"axes": (1, 2, 0)}),
    ],
)


@public(np.transpose, np.permute_dims)
def transpose(a: Any, *axes: Any) -> Any:
    """Permute the axes; reverse them by default.

    Parameters
    ----------
    a : Tensor or array_like
    *axes : int or tuple of int
        Each axis once.

    Returns
    -------
    Tensor
        Shares memory with `a`.
    """
    if not axes or (len(axes) == 1 and axes[0] is None):
        return _transpose(a, axes=None)
    order = as_integers(axes, "transpose")
    plain = normalize_axis(order, ndim_of(a), "transpose")
    if len(plain) != ndim_of(a):
        raise ShapeError(
            f"transpose: {order} does not name each of the {ndim_of(a)} axes of shape "
            f"{shape_of(a)} once"
        )
    return _transpose(a, axes=plain)


@public(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Exchange two axes."""
    (i,) = normalize_axis(axis1, ndim_of(a), "swapaxes")
    (j,) = normalize_axis(axis2, ndim_of(a), "swapaxes")
    axes = list(range(ndim_of(a)))
    axes[i], axes[j] = j, i
    return _transpose(a, axes=tuple(axes))


@public(np.matrix_transpose, np.linalg.matrix_transpose, methods=())
def matrix_transpose(x: Any) -> Any:
    """Exchange the last two axes."""
    if ndim_of(x) < 2:
        raise ShapeError(f"matrix_transpose: shape {shape_of(x)} has fewer than two axes")
    return swapaxes(x, -1, -2)


@public(np.moveaxis, methods=())
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Move axes to new places; the others keep their order."""
    sources = normalize_axis(_listed(source), ndim_of(a), "moveaxis")
    places = normalize_axis(_listed(destination), ndim_of(a), "moveaxis")
    if len(sources) != len(places):
        raise ShapeError(f"moveaxis: {source} and {destination} name different numbers of axes")
    order = [i for i in range(ndim_of(a)) if i not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return _transpose(a, axes=tuple(order))


def _listed(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, Iterable) else axis


@public(np.squeeze)
def squeeze(a: Any, axis: Axis = None) -> Any:
    """Drop axes of size 1; all of them by default."""
    shape = shape_of(a)
    if axis is None:
        return reshape(a, tuple(n for n in shape if n != 1))
    axes = normalize_axis(_listed(axis), len(shape), "squeeze")
    for i in axes:
        if shape[i] != 1:
            raise ShapeError(f"squeeze: axis {i} of shape {shape} has size {shape[i]}, not 1")
    return reshape(a, tuple(n for i, n in enumerate(shape) if i not in axes))


_expand_dims = linear(
    lambda x, axis: np.expand_dims(x, axis),
    _like,
    name="expand_dims",
    latex=r"\operatorname{{expand}} {0}",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)),), {"axis": (0, 2)})],
)


@public(np.expand_dims, methods="expand_dims")
def expand_dims(a: Any, axis: Any) -> Any:
    """Insert axes of size 1 at the places `axis` of the result."""
    axes = _listed(axis)
    if axes is None:
        raise DTypeError("expand_dims: axis None is not an integer or a tuple of integers")
    ndim = ndim_of(a) + (len(axes) if isinstance(axes, tuple) else 1)
    return _expand_dims(a, axis=normalize_axis(axes, ndim, "expand_dims"))


@public(np.atleast_1d, methods=())
def atleast_1d(*arys: Any) -> Any:
    """The array with at least one axis; a tuple for several arrays."""
    made = [_indexable(a) if ndim_of(a) else reshape(a, (1,)) for a in arys]
    return made[0] if len(made) == 1 else tuple(made)


@public(np.atleast_2d, methods=())
def atleast_2d(*arys: Any) -> Any:
    """The array with at least two axes, new ones in front; a tuple for several arrays."""
    made = [_indexable(a) if ndim_of(a) > 1 else reshape(a, (1, -1)) for a in arys]
    return made[0] if len(made) == 1 else tuple(made)


_broadcast_to = linear(
    lambda x, shape: np.broadcast_to(x, shape),
    lambda g, x, shape: sum_to(g, x.shape) if shape else g,
    name="broadcast_to",
    latex=r"\operatorname{{broadcast}} {0}",
    samples=lambda rng: [
        Sample((rng.normal(size=(3,)),), {"shape": (2, 3)}),
        Sample((rng.normal(size=(2, 1)),), {"shape": (4, 2, 3)}),
        Sample((np.float64(0.7),), {"shape": (2, 3)}),
    ],
)


@public(np.broadcast_to, methods="broadcast_to")
def broadcast_to(array: Any, shape: Any) -> Any:
    """Repeat an array along new axes and axes of size 1 to a shape, as arithmetic does."""
    sizes = as_integers((shape,), "broadcast_to")
    if isinstance(array, Tensor) and array.shape == sizes:
        return array
    if any([n < 0 for n in sizes]):
        raise ShapeError(f"broadcast_to: {sizes} has a negative size")
    return _broadcast_to(array, shape=sizes)


def _cast(x: Any, dtype: Any) -> Any:
    return np.asarray(x).astype(dtype)[()]


_astype: Linear = linear(
    _cast,
    lambda g, x, dtype: _astype(g, dtype=x.dtype),
    name="astype",
    latex=r"{0}",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)),), {"dtype": np.dtype(np.float64)})],
)


@public(np.astype, methods="astype")
def astype(x: Any, dtype: DTypeLike, copy: bool = True) -> Any:
    """Convert to another dtype; to integers and bools it leaves the graph."""
    wanted = as_dtype(dtype, "astype")
    if isinstance(x, Tensor) and wanted.kind != "f":
        return wrap(np.asarray(x._value).astype(wanted)[()], None)
    if not copy and isinstance(x, Tensor) and x.dtype == wanted:
        return x
    return _astype(x, dtype=wanted)


clone_primitive = linear(
    lambda x: np.array(x)[()],
    lambda g, x: g,
    name="clone",
    latex=r"{0}",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)),))],
)


@public(np.copy, methods=("clone", "copy"))
def clone(a: Any) -> Any:
    """A copy with memory of its own that stays on the graph."""
    return clone_primitive(a)


alias_primitive = linear(
    lambda x: x,
    lambda g, x: g,
    name="alias",
    latex=r"{0}",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)),))],
)

# -- joining and splitting ----------------------------------------------------------------------


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
    return [x if isinstance(x, Tensor) else np.asarray(operand(x, name)) for x in items]


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
    return _concatenate(*items, axis=axis)


@public(np.stack, methods=())
def stack(arrays: Any, axis: int = 0) -> Any:
    """Join along a new axis; the arrays have equal shapes.

    Examples
    --------
    >>> import autograd_core as ag
    >>> a, b = ag.Tensor(1.0, requires_grad=True), ag.Tensor(2.0, requires_grad=True)
    >>> ag.stack([a, b])
    Tensor([1., 2.], op=concatenate)
    """
    items = _several(arrays, "stack")
    shapes = {shape_of(x) for x in items}
    if len(shapes) > 1:
        raise ShapeError(f"stack: the arrays have different shapes {sorted(shapes)}; all must agree")
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
    ary = _indexable(ary)
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


# -- padding and repeating ----------------------------------------------------------------------

_pad = linear(
    lambda x, pad_width: np.pad(x, pad_width),
    lambda g, x, pad_width: g[
        tuple([slice(before, before + n) for (before, _), n in zip(pad_width, x.shape, strict=True)])
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
    array = _indexable(array)
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
        if np.any(np.asarray(constant_values)):
            from .selection import where

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
    given = _listed(axis) if np.ndim(axis) else (axis,)
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
    return reshape(broadcast_to(mixed, full), tuple(c * n for c, n in zip(counts, shape, strict=True)))


@public(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Repeat each element along an axis; of the flattened array by default."""
    if axis is None:
        a, axis = ravel(a), 0
    a = _indexable(a)
    (axis,) = normalize_axis(axis, ndim_of(a), "repeat")
    try:
        index = np.repeat(np.arange(shape_of(a)[axis]), repeats)
    except (ValueError, TypeError) as error:
        raise ShapeError(
            f"repeat: repeats {repeats!r} does not fit axis {axis} of shape {shape_of(a)} ({error})"
        ) from None
    return a[(slice(None),) * axis + (index,)]
