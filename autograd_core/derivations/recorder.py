"""What the rules of derivatives do, written down as expression trees.

No derivative is known here. The rules of the primitives are written in the library's own
operators; they are run on tensors inside a trace that gives each result its tree. So the equation
that is printed is the code that computes the gradient, comparisons and masks included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np

from ..modes import MODE, Modes
from ..ops.indexing import getitem_primitive
from ..primitive import Primitive, as_scalar, operand
from ..tensor import Tensor, wrap
from ..tracing import Onlooker
from . import expression as ex
from .expression import Array, Call, Expr, Number, Symbol


class Recorder(Onlooker):
    """A trace of primitives: `apply` is what the core asks of one.

    Attributes
    ----------
    constants : dict of int to Expr
        Named constants, by the identity of their arrays.
    """

    def __init__(self) -> None:
        self.constants: dict[int, Expr] = {}
        self._trees: dict[int, Expr] = {}
        self._by_value: dict[int, Expr] = {}
        self._alive: list[Any] = []

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Inside, all operations on tensors are written down."""
        token = MODE.set(Modes(trace=self))
        try:
            yield
        finally:
            MODE.reset(token)

    # -- what the core asks of a trace --------------------------------------------------------

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Tensor:
        """Compute, and remember the tree of the result."""
        trees = [self.tree(arg) for arg in args]
        values = [
            (np.float64(a._value) if type(a._value) is float else a._value)
            if isinstance(a, Tensor)
            else operand(a, primitive.name)
            for a in args
        ]
        token = MODE.set(None)
        try:
            y = as_scalar(primitive.forward(*values, **params))
        finally:
            MODE.reset(token)
        shapes = [np.shape(v) for v in values]
        return self.tensor(y, of(primitive, trees, params, np.shape(y), shapes, y))

    # -- trees of values ------------------------------------------------------------------------

    def tensor(self, value: Any, tree: Expr) -> Tensor:
        """A tensor off the graph that is known to be `tree`."""
        if type(value) is float:
            value = float(np.float64(value) * np.float64(1.0))  # a number object of its own
        out: Tensor = wrap(value, None)
        self._trees[id(out)] = tree
        self._by_value[id(value)] = tree
        self._alive.append(out)
        return out

    def know(self, value: Any, tree: Expr) -> None:
        """Say what an array is, wherever it comes up."""
        self._by_value[id(value)] = tree
        self._alive.append(value)

    def tree(self, arg: Any) -> Expr:
        """What a tensor, array or number is known to be."""
        if isinstance(arg, Tensor):
            known = self._trees.get(id(arg)) or self._by_value.get(id(arg._value))
            known = known or self.constants.get(id(arg._value))
            if known is not None:
                return known
            arg = arg._value
        if id(arg) in self.constants:
            return self.constants[id(arg)]
        if np.ndim(arg) == 0:
            return Number(arg)
        array = np.asarray(arg)
        if not array.any():
            return ex.fitted_exactly(ex.ZERO, array.shape)
        self._alive.append(arg)
        return Array(arg)


#: Primitives for which axes of size 1 in front make no difference.
_LOOSE = ("add", "subtract", "negative", "positive", "astype", "clone", "alias", "multiply",
          "divide", "reciprocal", "square", "sqrt", "power", "reshape", "flatten", "expand_dims",
          "broadcast_to")  # fmt: skip


def of(
    primitive: Primitive,
    args: Sequence[Expr],
    params: dict[str, Any],
    shape: Any,
    shapes: Sequence[Any],
    y: Any = None,
) -> Expr:
    """The tree of one primitive on trees, in the normal form.

    Parameters
    ----------
    primitive : Primitive
    args : sequence of Expr
    params : dict
    shape : tuple of int
        Of the result.
    shapes : sequence of tuple of int
        Of the operands.
    y : array, optional
        The result, with which what is computed from nameless constants is folded.
    """
    constant = all(isinstance(a, (Number, Array)) for a in args)
    if constant and any(isinstance(a, Array) for a in args) and y is not None and np.ndim(y):
        return Array(y)
    rule = _NORMAL.get(primitive.name)
    if primitive.name not in _LOOSE:
        args = [ex.fitted_exactly(a, s) for a, s in zip(args, shapes, strict=True)]
    if rule is not None:
        found = rule(list(args), params, shape)
        if found is not None:
            return found
    head = f"{primitive.name}_nd" if primitive.name in _OF_MATRICES else primitive.name
    return Call(head, args, shape, params, primitive)


#: Heads that mean an operation on matrices; what is left of these primitives is on more axes.
_OF_MATRICES = ("matmul", "transpose")

_NORMAL: dict[str, Callable[[list[Expr], dict[str, Any], Any], Expr | None]] = {
    "add": lambda a, p, s: ex.add(a),
    "subtract": lambda a, p, s: ex.add([a[0], ex.scale(-1, a[1])]),
    "negative": lambda a, p, s: ex.scale(-1, a[0]),
    "positive": lambda a, p, s: a[0],
    "astype": lambda a, p, s: a[0],
    "clone": lambda a, p, s: a[0],
    "alias": lambda a, p, s: a[0],
    "multiply": lambda a, p, s: ex.mul(a),
    "divide": lambda a, p, s: ex.mul([a[0], ex.power(a[1], -1)]),
    "reciprocal": lambda a, p, s: ex.power(a[0], -1),
    "square": lambda a, p, s: ex.power(a[0], 2),
    "sqrt": lambda a, p, s: ex.power(a[0], Fraction(1, 2)),
    "power": lambda a, p, s: ex.power(a[0], a[1].value) if isinstance(a[1], Number) else None,
    "sum": lambda a, p, s: _sum(a[0], p),
    "mean": lambda a, p, s: _mean(a[0], p, s),
    "sum_at": lambda a, p, s: _sum_at(a[0], p),
    "reshape": lambda a, p, s: ex.reshape(a[0], s),
    "flatten": lambda a, p, s: ex.reshape(a[0], s),
    "expand_dims": lambda a, p, s: ex.reshape(a[0], s),
    "broadcast_to": lambda a, p, s: ex.fitted(a[0], s),
    "transpose": lambda a, p, s: _transposed(a[0], p),
    "matmul": lambda a, p, s: _product(a),
}


def _axes(e: Expr, params: dict[str, Any]) -> tuple[int, ...]:
    axis = params.get("axis")
    if axis is None:
        return tuple(range(-len(e.shape), 0))
    several = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple([a - len(e.shape) if a >= 0 else a for a in several])


def _sum(e: Expr, params: dict[str, Any]) -> Expr:
    return ex.total(e, _axes(e, params), bool(params.get("keepdims")))


def _mean(e: Expr, params: dict[str, Any], shape: Any) -> Expr:
    axes = _axes(e, params)
    count = int(np.prod([e.shape[a] for a in axes], dtype=np.int64))
    return ex.scale(Fraction(1, count), _sum(e, params)) if count else ex.fitted(e, shape)


def _sum_at(e: Expr, params: dict[str, Any]) -> Expr:
    """As the index, the sum and the quotient that it stands for."""
    index = params["index"]
    shape = np.empty(e.shape, bool)[index].shape
    picked = Call("getitem", [e], shape, {"index": index}, getitem_primitive)
    over = float(params["over"])
    by = Fraction(1, int(over)) if over.is_integer() else 1 / over
    return ex.scale(by, ex.total(picked, tuple(range(-len(shape), 0)), False))


def _transposed(e: Expr, params: dict[str, Any]) -> Expr | None:
    axes = params.get("axes")
    if (len(e.shape) < 2 and axes is None) or axes == tuple(range(len(e.shape))):
        return e
    return ex.transpose(e) if len(e.shape) == 2 and axes in (None, (1, 0)) else None


def _product(args: list[Expr]) -> Expr | None:
    return ex.matmul(args) if all(len(a.shape) == 2 for a in args) else None


__all__ = ["Recorder", "Symbol", "of"]
