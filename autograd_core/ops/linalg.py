"""Products: matmul, dot, outer, tensordot, einsum."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..broadcasting import normalize_axis
from ..errors import ShapeError
from ..primitive import Sample, apply_two, operand, public
from ..rules import multilinear
from ..tensor import Tensor
from ..tracing import Symbol, as_array
from .arithmetic import multiply
from .shape import (
    as_integers,
    expand_dims,
    ndim_of,
    ravel,
    reshape,
    shape_of,
    squeeze,
    swapaxes,
    transpose,
)


def _t(x: Any) -> Any:
    return x.T if x.ndim == 2 else swapaxes(x, -1, -2)


def _product(a: Any, b: Any) -> Any:
    """``a @ b``; the method `dot` has half the overhead for two plain matrices."""
    if type(a) is np.ndarray and type(b) is np.ndarray and a.ndim == 2 == b.ndim:
        return a.dot(b)
    return np.dot(a, b) if _are_symbols(a, b) else a @ b


def _are_symbols(a: Any, b: Any) -> bool:
    """Whether a program is to make of two matrices what is made of plain ones, bit for bit."""
    if not isinstance(a, Symbol) and not isinstance(b, Symbol):
        return False
    kinds = (np.ndarray, Symbol)
    return isinstance(a, kinds) and isinstance(b, kinds) and a.ndim == 2 == b.ndim


def _by_first(g: Any, a: Any, b: Any) -> Any:
    """``g bᵀ``."""
    if type(g) is np.ndarray and type(b) is np.ndarray and g.ndim == 2 == b.ndim:
        return g.dot(b.T)
    return np.dot(g, b.T) if _are_symbols(g, b) else g @ _t(b)


def _by_second(g: Any, a: Any, b: Any) -> Any:
    """``aᵀ g``."""
    if type(g) is np.ndarray and type(a) is np.ndarray and g.ndim == 2 == a.ndim:
        return a.T.dot(g)
    return np.dot(a.T, g) if _are_symbols(a, g) else _t(a) @ g


matmul_primitive = multilinear(
    _product,
    (_by_first, _by_second),
    name="matmul",
    symbol="@",
    latex=r"{0} {1}",
    samples=lambda rng: [
        Sample((rng.normal(size=(2, 3)), rng.normal(size=(3, 4)))),
        Sample((rng.normal(size=(5, 2, 3)), rng.normal(size=(3, 4)))),
        Sample((rng.normal(size=(2, 3)), rng.normal(size=(5, 3, 2)))),
        Sample((rng.normal(size=(1, 2, 3)), rng.normal(size=(4, 3, 2)))),
    ],
)


@public(np.matmul, methods=())
def matmul(a: Any, b: Any, /) -> Any:
    """Matrix product ``a @ b``; stacks of matrices broadcast, vectors are rows and columns.

    Parameters
    ----------
    a, b : Tensor or array_like
        Of shapes (…, n, k) and (…, k, m), or vectors.

    Returns
    -------
    Tensor
        Of shape (…, n, m).

    Raises
    ------
    ShapeError
        If the inner sizes differ, or an operand is a scalar.
    """
    x = a._value if isinstance(a, Tensor) else a
    z = b._value if isinstance(b, Tensor) else b
    plain = type(x) is np.ndarray and type(z) is np.ndarray and x.ndim == 2 == z.ndim
    if plain and x.shape[1] == z.shape[0] and (a is not x or b is not z):
        return apply_two(matmul_primitive, a, b, x, z)
    a = a if isinstance(a, Tensor) else as_array(operand(a, "matmul"))
    b = b if isinstance(b, Tensor) else as_array(operand(b, "matmul"))
    shapes = a.shape, b.shape
    if not all(shapes):
        raise ShapeError(
            f"matmul: shapes {shapes[0]} and {shapes[1]}; a scalar has no matrix product, use *"
        )
    inner = shapes[0][-1], shapes[1][-2 if len(shapes[1]) > 1 else 0]
    if inner[0] != inner[1]:
        raise ShapeError(
            f"matmul: shapes {shapes[0]} and {shapes[1]} do not multiply; the last size of the "
            f"first, {inner[0]}, must equal the size {inner[1]} of the second. A transpose (.T) "
            f"may be missing"
        )
    if len(shapes[0]) > 1 and len(shapes[1]) > 1:
        return matmul_primitive(a, b)
    left = expand_dims(a, 0) if len(shapes[0]) == 1 else a
    right = expand_dims(b, 1) if len(shapes[1]) == 1 else b
    out = matmul_primitive(left, right)
    if len(shapes[1]) == 1:
        out = squeeze(out, -1)
    return squeeze(out, -1 if len(shapes[1]) == 1 else -2) if len(shapes[0]) == 1 else out


@public(np.dot)
def dot(a: Any, b: Any) -> Any:
    """The sum of products over the last axis of `a` and the last but one of `b`.

    Inner product of vectors, product of matrices, plain product with a scalar.
    """
    if not ndim_of(a) or not ndim_of(b):
        return multiply(a, b)
    if ndim_of(b) <= 2:
        return matmul(a, b)
    return tensordot(a, b, axes=((-1,), (-2,)))


@public(np.vdot, methods=())
def vdot(a: Any, b: Any) -> Any:
    """Inner product of the flattened arrays."""
    return matmul(ravel(a), ravel(b))


@public(np.inner, methods=())
def inner(a: Any, b: Any) -> Any:
    """The sum of products over the last axes."""
    if not ndim_of(a) or not ndim_of(b):
        return multiply(a, b)
    return tensordot(a, b, axes=((-1,), (-1,)))


@public(np.outer, methods=())
def outer(a: Any, b: Any) -> Any:
    """``a[i] · b[j]`` of the flattened arrays, of shape (a.size, b.size)."""
    return reshape(a, (-1, 1)) * reshape(b, (1, -1))


@public(np.tensordot, methods=())
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over pairs of axes.

    Parameters
    ----------
    a, b : Tensor or array_like
    axes : int or pair of sequences of int
        How many last axes of `a` and first axes of `b` to sum over, or which.

    Returns
    -------
    Tensor
    """
    if isinstance(axes, (int, np.integer)):
        left = tuple(range(ndim_of(a) - int(axes), ndim_of(a)))
        right = tuple(range(int(axes)))
    else:
        left, right = (as_integers((i,), "tensordot") for i in axes)
    first = normalize_axis(left, ndim_of(a), "tensordot")
    second = normalize_axis(right, ndim_of(b), "tensordot")
    sizes = [shape_of(a)[i] for i in first], [shape_of(b)[i] for i in second]
    if sizes[0] != sizes[1]:
        raise ShapeError(
            f"tensordot: shapes {shape_of(a)} and {shape_of(b)} have sizes {sizes[0]} and "
            f"{sizes[1]} on the summed axes; they must agree"
        )
    rest_a = [i for i in range(ndim_of(a)) if i not in first]
    rest_b = [i for i in range(ndim_of(b)) if i not in second]
    summed = int(np.prod(sizes[0], dtype=np.int64))
    shape_a = [shape_of(a)[i] for i in rest_a]
    shape_b = [shape_of(b)[i] for i in rest_b]
    rows = reshape(transpose(a, (*rest_a, *first)), (int(np.prod(shape_a, dtype=np.int64)), summed))
    columns = reshape(
        transpose(b, (*second, *rest_b)), (summed, int(np.prod(shape_b, dtype=np.int64)))
    )
    return reshape(matmul_primitive(rows, columns), (*shape_a, *shape_b))


__all__ = [
    "dot",
    "inner",
    "matmul",
    "outer",
    "tensordot",
    "vdot",
]
