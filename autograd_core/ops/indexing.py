"""Indexing: everything that NumPy's square brackets do, and what is built on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..broadcasting import normalize_axis
from ..dtypes import check_dtype
from ..errors import IndexingError, ShapeError, UnsupportedError
from ..inplace import plain_index
from ..primitive import Sample, public
from ..rules import Linear, linear
from ..tensor import Tensor
from ..tracing import as_array, whole
from .comparison import argsort
from .reduction import sum as sum_
from .selection import where
from .shape import as_integers, moveaxis, ndim_of, ravel, raw, shape_of


def _settled(index: Any, copy: bool) -> Any:
    """`index` with every sequence as an array; a copy, so that the caller may reuse theirs."""
    if type(index) is tuple:
        return tuple([_settled_part(part, copy) for part in index])
    return _settled_part(index, copy)


def _settled_part(part: Any, copy: bool) -> Any:
    kind = type(part)
    if kind is int or kind is slice or part is None or part is Ellipsis:
        return part
    if isinstance(part, Tensor):
        part = part._value
    if isinstance(part, np.ndarray):
        if isinstance(part, np.ma.MaskedArray):
            check_dtype(part, "index")
        return part.copy() if copy else part
    if np.ndim(part) == 0 and not isinstance(part, (list, tuple)):
        return part
    array = as_array(plain_index(part))
    return array if array.size else array.astype(np.intp)


def _is_advanced(index: Any) -> bool:
    """Whether an element may be read twice."""
    for part in index if type(index) is tuple else (index,):
        if isinstance(part, (np.ndarray, list)) and as_array(part).dtype != bool:
            return True
    return False


@whole
def _scatter_forward(g: Any, index: Any, shape: Any, unique: bool = False) -> Any:
    dtype = g.dtype if hasattr(g, "dtype") else np.float64
    out = np.zeros(shape, dtype)
    if not unique and _is_advanced(index):
        np.add.at(out, index, g)  # an element that was read twice is owed twice
    else:
        out[index] = g
    return out


#: The scatter itself, which programs know by name.
scatter_forward: Any = _scatter_forward.__wrapped__  # type: ignore[attr-defined]


def _index_samples(rng: np.random.Generator) -> list[Sample]:
    x = rng.normal(size=(4, 3))
    indices: list[Any] = [
        2,
        -1,
        slice(1, None, 2),
        (slice(None), 1),
        (slice(None, None, -1), None, Ellipsis),
        (np.array([0, 2, 2]),),
        (np.array([0, 1, 1]), np.array([2, 0, 0])),
        (slice(None), [0, 0, 1]),
        x > 0,
        (np.array([[0, 1], [3, 3]]), slice(1, 3)),
        (1, 2),
    ]
    samples = [Sample((x,), {"index": index}) for index in indices]
    return [*samples, Sample((x,), {"index": (np.arange(4), [0, 2, 1, 1]), "unique": True})]


getitem_primitive: Linear = linear(
    lambda x, index, unique=False: as_array(x)[index],
    lambda g, x, index, unique=False: scatter_primitive(
        g, index=index, shape=x.shape, unique=unique
    ),
    name="getitem",
    symbol="[ ]",
    latex=r"{0}_{{[\cdot]}}",
    samples=_index_samples,
)

scatter_primitive: Linear = linear(
    _scatter_forward,
    lambda g, x, index, shape, unique=False: getitem_primitive(g, index=index, unique=unique),
    name="scatter",
    latex=r"\operatorname{{scatter}} {0}",
    samples=lambda rng: [
        Sample((rng.normal(size=(3,)),), {"index": np.array([0, 2, 2]), "shape": (4,)}),
        Sample((rng.normal(size=(2,)),), {"index": slice(1, 3), "shape": (4,)}),
    ],
)


@public(methods="__getitem__")
def getitem(x: Any, index: Any, *, unique: bool = False) -> Any:
    """``x[index]`` with all of NumPy's basic and advanced indexing.

    Parameters
    ----------
    x : Tensor or array_like
    index : index
        Integers, slices, None, Ellipsis, arrays of integers or bools, and tuples of them.
    unique : bool
        The caller's word that `index` names no element twice and that its arrays will not be
        changed; backward then assigns where it would add, which is faster.

    Returns
    -------
    Tensor
    """
    if unique:
        return getitem_primitive(x, index=index, unique=True)
    try:
        settled = _settled(index, isinstance(x, Tensor) and x._node is not None)
    except ValueError as error:
        raise IndexingError(f"getitem: the index {index!r} is ragged ({error})") from None
    return getitem_primitive(x, index=settled)


@public()
def scatter(values: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of a shape into which `values` are added at `index`: the transpose of indexing.

    Parameters
    ----------
    values : Tensor or array_like
        Of the shape that ``zeros(shape)[index]`` has.
    index : index
        As in square brackets; elements named twice receive the sum.
    shape : tuple of int

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.scatter(ag.Tensor([1.0, 2.0, 3.0]), [0, 2, 2], (4,))
    Tensor([1., 0., 5., 0.], shape=(4,), dtype=float64)
    """
    sizes = as_integers((shape,), "scatter")
    if not isinstance(values, Tensor):
        values = as_array(values)
    return scatter_primitive(values, index=_settled(index, True), shape=sizes)


def _along(indices: Any, axis: int, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The index with which ``take_along_axis`` reads."""
    ndim = len(shape)
    grid = [
        np.arange(n).reshape([-1 if j == i else 1 for j in range(ndim)])
        for i, n in enumerate(shape)
    ]
    grid[axis] = indices
    return tuple(grid)


def _read(a: Any, index: Any, indices: Any, axis: int, name: str) -> Any:
    """``getitem(a, index)``, whose refusal names the function that the user called."""
    try:
        return getitem(a, index)
    except IndexingError as error:
        n = shape_of(a)[axis]
        if indices.dtype.kind not in "iu":
            problem = f"the indices have dtype {indices.dtype}; give integers"
        elif indices.size and not -n <= indices.min() <= indices.max() < n:
            worst = indices.max() if indices.max() >= n else indices.min()
            problem = (
                f"index {worst} is out of bounds; axis {axis} of shape {shape_of(a)} takes "
                f"{-n} to {n - 1}"
            )
        else:
            problem = str(error)
        raise IndexingError(f"{name}: {problem}") from None


@public(np.take_along_axis, methods=())
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """Read along an axis at indices of the same number of dimensions."""
    indices = as_array(raw(indices))
    if axis is None:
        arr, axis = ravel(arr), 0
    (axis,) = normalize_axis(axis, ndim_of(arr), "take_along_axis")
    if indices.ndim != ndim_of(arr):
        raise ShapeError(
            f"take_along_axis: indices of shape {indices.shape} need {ndim_of(arr)} dimensions, "
            f"as many as the array of shape {shape_of(arr)}"
        )
    return _read(arr, _along(indices, axis, shape_of(arr)), indices, axis, "take_along_axis")


@public(np.take)
def take(a: Any, indices: Any, axis: int | None = None) -> Any:
    """Read along an axis at indices; of the flattened array by default."""
    if axis is None:
        a, axis = ravel(a), 0
    (axis,) = normalize_axis(axis, ndim_of(a), "take")
    index = as_array(raw(indices))
    if index.dtype == bool:  # here True is 1, it chooses nothing
        index = index.astype(np.intp)
    return _read(
        a, (slice(None),) * axis + (index if index.ndim else index[()],), index, axis, "take"
    )


@public(np.sort, methods="sort")
def sort(a: Any, axis: int | None = -1) -> Any:
    """The elements in ascending order along an axis; equal ones keep their order."""
    if axis is None:
        a, axis = ravel(a), 0
    (axis,) = normalize_axis(axis, ndim_of(a), "sort")
    return take_along_axis(a, argsort(raw(a), axis=axis, kind="stable"), axis)


def _diagonal_index(rows: int, columns: int, k: int) -> tuple[Any, Any]:
    n = max(0, min(rows, columns - k) if k >= 0 else min(rows + k, columns))
    steps = np.arange(n)
    return steps + max(-k, 0), steps + max(k, 0)


@public(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of two axes; it becomes the last axis."""
    if ndim_of(a) < 2:
        raise ShapeError(f"diagonal: shape {shape_of(a)} has fewer than two axes")
    moved = moveaxis(a, (axis1, axis2), (-2, -1))
    *_, n, m = shape_of(moved)
    return getitem(moved, (Ellipsis, *_diagonal_index(n, m, offset)))


@public(np.diag, methods=())
def diag(v: Any, k: int = 0) -> Any:
    """The k-th diagonal of a matrix, or the matrix with `v` on its k-th diagonal."""
    shape = shape_of(v)
    if len(shape) == 2:
        return diagonal(v, k)
    if len(shape) != 1:
        raise ShapeError(f"diag: shape {shape} is neither a vector nor a matrix")
    n = shape[0] + abs(k)
    return scatter(v, _diagonal_index(n, n, k), (n, n))


@public(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of the diagonal."""
    return sum_(diagonal(a, offset, axis1, axis2), axis=-1)


def _triangle(m: Any, k: int, lower: bool, name: str) -> Any:
    shape = shape_of(m)
    if len(shape) < 2:
        raise ShapeError(f"{name}: shape {shape} has fewer than two axes")
    *_, rows, columns = shape
    mask = np.tri(rows, columns, k=k if lower else k - 1, dtype=bool)
    zero = as_array(raw(m)).dtype.type(0)  # of the same dtype, also of truths
    return where(mask if lower else ~mask, m, zero)


@public(np.tril, methods=())
def tril(m: Any, k: int = 0) -> Any:
    """The lower triangle up to the k-th diagonal, zeros elsewhere."""
    return _triangle(m, k, True, "tril")


@public(np.triu, methods=())
def triu(m: Any, k: int = 0) -> Any:
    """The upper triangle from the k-th diagonal, zeros elsewhere."""
    return _triangle(m, k, False, "triu")


@public(np.diff, methods=())
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """The n-th difference of neighbours along an axis."""
    (axis,) = normalize_axis(axis, ndim_of(a), "diff")
    (n,) = as_integers((n,), "diff")
    if n < 0:
        raise UnsupportedError(f"diff: n={n} is negative")
    lead = (slice(None),) * axis
    for _ in range(n):
        a = getitem(a, (*lead, slice(1, None))) - getitem(a, (*lead, slice(None, -1)))
    return a
