"""Products: matmul, dot, outer, tensordot, einsum."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..broadcasting import normalize_axis, sum_to
from ..errors import ShapeError
from ..primitive import Sample, apply_two, operand, public
from ..rules import multilinear
from ..tensor import Tensor
from .arithmetic import multiply
from .indexing import getitem
from .shape import (
    as_integers,
    broadcast_to,
    expand_dims,
    moveaxis,
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
    return a @ b


matmul_primitive = multilinear(
    _product,
    (lambda g, a, b: _product(g, _t(b)), lambda g, a, b: _product(_t(a), g)),
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
    if type(x) is np.ndarray and type(z) is np.ndarray and x.ndim == 2 == z.ndim:
        if x.shape[1] == z.shape[0] and (a is not x or b is not z):
            return apply_two(matmul_primitive, a, b, x, z)
    a = a if isinstance(a, Tensor) else np.asarray(operand(a, "matmul"))
    b = b if isinstance(b, Tensor) else np.asarray(operand(b, "matmul"))
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


# -- einsum -------------------------------------------------------------------------------------


def _einsum_transpose(i: int, g: Any, *xs: Any, inputs: tuple[str, ...], output: str) -> Any:
    """Swap the output with operand i; labels that only operand i has are broadcast back."""
    others = [x for j, x in enumerate(xs) if j != i]
    labels = [s for j, s in enumerate(inputs) if j != i]
    known = set(output).union(*labels)
    target = "".join([c for c in inputs[i] if c in known])
    back = einsum_primitive(g, *others, inputs=(output, *labels), output=target)
    back = sum_to(back, tuple([n for c, n in zip(inputs[i], xs[i].shape, strict=True) if c in known]))
    if target == inputs[i]:
        return back
    missing = tuple([k for k, c in enumerate(inputs[i]) if c not in known])
    return broadcast_to(expand_dims(back, missing), xs[i].shape)


einsum_primitive = multilinear(
    lambda *xs, inputs, output: np.einsum(f"{','.join(inputs)}->{output}", *xs, optimize=len(xs) > 2),
    _einsum_transpose,
    name="einsum",
    latex=r"\operatorname{{einsum}}({0}, \dots)",
    samples=lambda rng: [
        Sample(
            (rng.normal(size=(2, 3)), rng.normal(size=(3, 4))),
            {"inputs": ("ij", "jk"), "output": "ki"},
        ),
        Sample(
            (rng.normal(size=(2, 3)), rng.normal(size=(3,)), rng.normal(size=(2,))),
            {"inputs": ("ij", "j", "i"), "output": ""},
        ),
        Sample((rng.normal(size=(2, 3)),), {"inputs": ("ij",), "output": "j"}),
    ],
)


@public(np.einsum, methods=())
def einsum(subscripts: str, *operands: Any, optimize: Any = None) -> Any:
    """Einstein's summation convention, as ``numpy.einsum`` with a string of subscripts.

    Parameters
    ----------
    subscripts : str
        Such as ``"ij,jk->ik"``; with an ellipsis for axes that broadcast, repeated labels in an
        operand for diagonals, and without ``->`` for the implied output.
    *operands : Tensor or array_like
    optimize : any
        Accepted as NumPy does; three operands and more are always put in a good order.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import autograd_core as ag
    >>> x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> ag.einsum("ij,ij->", x, x)
    Tensor(30.0)
    """
    inputs, output = _parse(subscripts, [ndim_of(x) for x in operands])
    arrays = list(operands)
    for i, labels in enumerate(inputs):
        while len(set(labels)) < len(labels):  # a repeated label reads a diagonal
            label = next(c for c, n in Counter(labels).items() if n > 1)
            p, q = [k for k, c in enumerate(labels) if c == label][:2]
            arrays[i] = _diagonal_of(arrays[i], p, q)
            labels = labels[:p] + labels[p + 1 : q] + labels[q + 1 :] + label
        inputs[i] = labels
    return einsum_primitive(*arrays, inputs=tuple(inputs), output=output)


def _diagonal_of(x: Any, p: int, q: int) -> Any:
    n, m = shape_of(x)[p], shape_of(x)[q]
    if n != m:
        raise ShapeError(f"einsum: a repeated label needs equal sizes, not {n} and {m}")
    steps = np.arange(n)
    return getitem(moveaxis(x, (p, q), (-2, -1)), (Ellipsis, steps, steps))


def _parse(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """Explicit labels for every axis of every operand and of the output."""
    if not isinstance(subscripts, str):
        raise ShapeError(f"einsum: the subscripts are {subscripts!r}; give a string: 'ij,jk->ik'")
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ShapeError(
            f"einsum: {subscripts!r} names {len(terms)} operands, {len(ndims)} were given"
        )
    used = set(text)
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in used]
    rests = [n - len(t.replace("...", "")) for t, n in zip(terms, ndims, strict=True)]
    for term, ndim, rest in zip(terms, ndims, rests, strict=True):
        if rest < 0 or (rest and "..." not in term):
            raise ShapeError(f"einsum: {term!r} does not name the {ndim} axes of its operand")
    width = max([r for t, r in zip(terms, rests, strict=True) if "..." in t], default=0)
    if width and arrow and "..." not in right:
        raise ShapeError(
            f"einsum: the output of {subscripts!r} leaves out the axes of the ellipsis; write "
            f"'...' in it too, or name the axes to sum over"
        )
    dots = "".join(spare[:width])
    terms = [t.replace("...", dots[width - r :]) for t, r in zip(terms, rests, strict=True)]
    if arrow:
        output = right.replace("...", dots)
    else:
        counts = Counter("".join(t for t in terms))
        output = dots + "".join(sorted(c for c, n in counts.items() if n == 1 and c not in dots))
    unknown = set(output) - set("".join(terms))
    if unknown or len(set(output)) < len(output):
        raise ShapeError(f"einsum: the output of {subscripts!r} has unknown or repeated labels")
    return terms, output


__all__ = [
    "dot",
    "einsum",
    "inner",
    "matmul",
    "outer",
    "tensordot",
    "vdot",
]
