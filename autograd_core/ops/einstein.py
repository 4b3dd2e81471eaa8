"""Einstein's summation convention."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..broadcasting import sum_to
from ..errors import ShapeError
from ..primitive import Sample, public
from ..rules import multilinear
from .indexing import getitem
from .shape import broadcast_to, expand_dims, moveaxis, ndim_of, shape_of


def _einsum_transpose(i: int, g: Any, *xs: Any, inputs: tuple[str, ...], output: str) -> Any:
    """Swap the output with operand i; labels that only operand i has are broadcast back."""
    others = [x for j, x in enumerate(xs) if j != i]
    labels = [s for j, s in enumerate(inputs) if j != i]
    known = set(output).union(*labels)
    target = "".join([c for c in inputs[i] if c in known])
    back = einsum_primitive(g, *others, inputs=(output, *labels), output=target)
    kept = tuple([n for c, n in zip(inputs[i], xs[i].shape, strict=True) if c in known])
    # An axis of size 1 broadcasts: summed where it is the operand's, repeated where the others'.
    back = sum_to(back, tuple([1 if n == 1 else m for n, m in zip(kept, back.shape, strict=True)]))
    back = broadcast_to(back, kept)
    if target == inputs[i]:
        return back
    missing = tuple([k for k, c in enumerate(inputs[i]) if c not in known])
    return broadcast_to(expand_dims(back, missing), xs[i].shape)


einsum_primitive = multilinear(
    lambda *xs, inputs, output: np.einsum(
        f"{','.join(inputs)}->{output}", *xs, optimize=len(xs) > 2
    ),
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
    Tensor(30.0, shape=(), dtype=float64)
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
    try:
        return einsum_primitive(*arrays, inputs=tuple(inputs), output=output)
    except ShapeError:
        _check_sizes(subscripts, inputs, [shape_of(x) for x in arrays])
        raise


def _check_sizes(subscripts: str, inputs: list[str], shapes: list[tuple[int, ...]]) -> None:
    """Refuse a label that has two sizes, of which neither is 1."""
    sizes: dict[str, int] = {}
    for labels, shape in zip(inputs, shapes, strict=True):
        for label, n in zip(labels, shape, strict=True):
            m = sizes.setdefault(label, n)
            if n != m and 1 not in (n, m):
                raise ShapeError(
                    f"einsum: the label {label!r} of {subscripts!r} has the sizes {m} and {n} in "
                    f"operands of shapes {', '.join(map(str, shapes))}; they must agree or be 1"
                ) from None
            sizes[label] = m if n == 1 else n


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
