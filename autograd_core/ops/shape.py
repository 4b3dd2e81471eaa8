"""Shapes: reshape, transpose, squeeze, broadcast; copies and conversions. All linear."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index as _integer
from typing import TYPE_CHECKING, Any

import numpy as np

from ..broadcasting import Axis, normalize_axis, sum_to
from ..dtypes import as_dtype
from ..errors import DTypeError, ShapeError, UnsupportedError
from ..primitive import Sample, public
from ..rules import Linear, linear
from ..tensor import Tensor, wrap
from ..tracing import Symbol, as_array


def raw(x: Any) -> Any:
    """The array or scalar inside."""
    return x._value if isinstance(x, Tensor) else x


def ndim_of(x: Any) -> int:
    return np.ndim(raw(x))


def shape_of(x: Any) -> tuple[int, ...]:
    return np.shape(raw(x))


def indexable(x: Any) -> Any:
    """A Tensor, or an array of what is none."""
    return x if isinstance(x, Tensor) else as_array(x)


def _like(g: Any, x: Any, **_: Any) -> Any:
    return _reshape(g, shape=x.shape)


_reshape: Linear = linear(
    lambda x, shape: as_array(x).reshape(shape),
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
    Tensor([1., 2., 3., 4.], shape=(4,), dtype=float64)
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
def ravel(a: Any, order: str = "C") -> Any:
    """The elements in one row; shares memory with `a` where it can."""
    return reshape(a, (-1,), order=order)


_flatten = linear(
    lambda x: as_array(x).flatten(),
    _like,
    name="flatten",
    latex=r"\operatorname{{flatten}} {0}",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)),))],
)


@public(methods="flatten")
def flatten(a: Any, order: str = "C") -> Any:
    """The elements in one row, with memory of their own."""
    if order != "C":
        raise UnsupportedError(f"flatten: order={order!r} is not supported; transpose first")
    return _flatten(a)


_transpose: Linear = linear(
    lambda x, axes: as_array(x).transpose(axes),
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
    sources = normalize_axis(listed(source), ndim_of(a), "moveaxis")
    places = normalize_axis(listed(destination), ndim_of(a), "moveaxis")
    if len(sources) != len(places):
        raise ShapeError(f"moveaxis: {source} and {destination} name different numbers of axes")
    order = [i for i in range(ndim_of(a)) if i not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return _transpose(a, axes=tuple(order))


def listed(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, Iterable) else axis


@public(np.squeeze)
def squeeze(a: Any, axis: Axis = None) -> Any:
    """Drop axes of size 1; all of them by default."""
    shape = shape_of(a)
    if axis is None:
        return reshape(a, tuple(n for n in shape if n != 1))
    axes = normalize_axis(listed(axis), len(shape), "squeeze")
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
    axes = listed(axis)
    if axes is None:
        raise DTypeError("expand_dims: axis None is not an integer or a tuple of integers")
    ndim = ndim_of(a) + (len(axes) if isinstance(axes, tuple) else 1)
    return _expand_dims(a, axis=normalize_axis(axes, ndim, "expand_dims"))


@public(np.atleast_1d, methods=())
def atleast_1d(*arys: Any) -> Any:
    """The array with at least one axis; a tuple for several arrays."""
    made = [indexable(a) if ndim_of(a) else reshape(a, (1,)) for a in arys]
    return made[0] if len(made) == 1 else tuple(made)


@public(np.atleast_2d, methods=())
def atleast_2d(*arys: Any) -> Any:
    """The array with at least two axes, new ones in front; a tuple for several arrays."""
    made = [indexable(a) if ndim_of(a) > 1 else reshape(a, (1, -1)) for a in arys]
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
    array: Any = x if isinstance(x, Symbol) else np.asanyarray(x)
    return array.astype(dtype)[()]


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
        return wrap(as_array(x._value).astype(wanted)[()], None)
    if not copy and isinstance(x, Tensor) and x.dtype == wanted:
        return x
    return _astype(x, dtype=wanted)


clone_primitive = linear(
    lambda x: as_array(x).copy()[()],
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
