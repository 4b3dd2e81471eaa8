"""Primitives: the rows of the table of derivatives, and how a call of one is recorded.

A `Primitive` is declared once, in ``ops``, by one of the kinds in `rules`. Its call computes the
value with NumPy and, if an operand is on the graph, records a node. Without a Tensor among its
arguments it returns what NumPy returns, which is why the rules of derivatives, written in the
same functions, run at NumPy's speed on arrays and record themselves on tensors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from . import versions
from .dtypes import check_dtype, check_mask
from .errors import (
    AnomalyError,
    ArgumentError,
    AutogradError,
    AxisError,
    DTypeError,
    IndexingError,
    ShapeError,
)
from .graph import ArrayNode, Leaf, Node
from .modes import MODE, Modes
from .tensor import Tensor, wrap
from .tracing import Symbol

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


class Sample(NamedTuple):
    """Arguments with which the tests call a primitive: arrays, and static parameters."""

    args: tuple[Any, ...]
    params: dict[str, Any] = {}  # noqa: RUF012  (never written to)


class Primitive:
    """One row of the table: an operation and its derivative.

    Attributes
    ----------
    name : str
        NumPy's name where NumPy has the operation.
    forward : callable
        The value, on raw arrays: ``forward(*arrays, **params)``.
    latex : str
        The formula of the operation, with ``{0}``, ``{1}`` … for the operands.
    symbol : str
        The label in a drawing.
    domain : tuple of float
        Interval of arguments on which the tests may sample.
    samples : callable or None
        ``samples(rng)`` gives further `Sample`s for the tests.
    convention : str
        What the derivative is at kinks and ties.
    smooth : bool
        Whether finite differences hold (false for piecewise constant operations).
    registered : bool
        Whether it belongs to the table; a user's own operations do not.
    """

    def __init__(
        self,
        *,
        name: str,
        forward: Function,
        latex: str,
        symbol: str = "",
        domain: tuple[float, float] = (-2.0, 2.0),
        samples: Callable[[np.random.Generator], Iterable[Sample]] | None = None,
        convention: str = "",
        smooth: bool = True,
        registered: bool = True,
    ) -> None:
        self.name = name
        self.forward = forward
        self.latex = latex
        self.symbol = symbol or name
        self.domain = domain
        self.samples = samples
        self.convention = convention
        self.smooth = smooth
        if registered:
            if name in PRIMITIVES:
                raise ValueError(f"the primitive {name!r} is declared twice")
            PRIMITIVES[name] = self

    # Each kind in `rules` gives these three.

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        """What a node keeps of its operands and output, given which operands have nodes."""
        raise NotImplementedError

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        """The cotangents of the operands; None where an operand has no node."""
        raise NotImplementedError

    def jvp(self, tangents: Any, y: Any, values: Any, params: dict[str, Any]) -> Any:
        """The tangent of the output; `tangents` holds None for an operand that does not move."""
        raise NotImplementedError

    def pull_scalars(self, node: Node, g: Any, grads: dict[Node, Any]) -> None:
        """`vjp` of a node of Python floats, added to `grads`."""
        cotangents = self.vjp(g, node.saved, node.parents, node.params)
        for parent, c in zip(node.parents, cotangents, strict=True):
            if parent is not None and c is not None:
                grads[parent] = grads[parent] + c if parent in grads else c

    def __call__(self, *args: Any, **params: Any) -> Any:
        if len(args) == 1:
            return apply_one(self, args[0], params)
        for arg in args:
            if isinstance(arg, Tensor):
                return apply(self, args, params)
        return self.forward(*args, **params)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Primitive:
        return self


#: Every primitive by name: the table from which bindings, docs and tests are generated.
PRIMITIVES: dict[str, Primitive] = {}


class Public(NamedTuple):
    """A function that users see: a primitive, or a composition of primitives.

    Attributes
    ----------
    name : str
    function : callable
    numpy : tuple of callables
        NumPy's functions that it answers for when a Tensor is among their arguments.
    methods : tuple of str
        Names under which it is a method of Tensor.
    """

    name: str
    function: Function
    numpy: tuple[Any, ...] = ()
    methods: tuple[str, ...] = ()


#: Every public function by name.
FUNCTIONS: dict[str, Public] = {}


def public(
    *numpy: Any, methods: tuple[str, ...] | str | None = None, name: str | None = None
) -> Callable[[F], F]:
    """Register a function for users; used as a decorator.

    Parameters
    ----------
    *numpy : callables
        NumPy's functions that it answers for.
    methods : str or tuple of str, optional
        Its names as a method; by default its own name if ``numpy.ndarray`` has such a method.
    name : str, optional
        Its public name; by default the function's own.
    """

    def register(function: F) -> F:
        label = name or function.__name__.rstrip("_")
        names = (label,) if methods is None and hasattr(np.ndarray, label) else methods or ()
        names = (names,) if isinstance(names, str) else names
        FUNCTIONS[label] = Public(label, function, numpy, names)
        return function

    return register


def operand(arg: Any, where: str) -> Any:
    """A constant operand as NumPy takes it, or a clear refusal."""
    kind = type(arg)
    if kind is float or kind is int or kind is bool:
        return arg
    if kind is not np.ndarray and not isinstance(arg, (np.generic, Symbol)):
        check_mask(arg, where)
        if isinstance(arg, np.matrix):
            raise DTypeError(
                f"{where}: a numpy.matrix multiplies as no array does; use np.asarray(matrix)"
            )
        if arg is None or isinstance(arg, (str, bytes, dict, set)):
            raise DTypeError(
                f"{where}: an operand of type {kind.__name__} is not a number, an array or a Tensor"
            )
        try:
            arg = np.asarray(arg)
        except ValueError as error:
            raise ShapeError(
                f"{where}: an operand is ragged ({error}); give rows of equal length"
            ) from None
    check_dtype(arg, where)
    return arg


def as_scalar(y: Any) -> Any:
    """The invariant of Tensor data: no arrays of no dimension, no float64 scalars."""
    if type(y) is np.ndarray:
        if y.ndim:
            return y
        y = y[()]
    return float(y) if type(y) is np.float64 else y


def apply(primitive: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Tensor:
    """Compute, and record if an operand is on the graph."""
    mode = MODE.get()
    if mode is not None and mode.trace is not None:
        return mode.trace.apply(primitive, args, params)  # type: ignore[no-any-return]
    values = []
    parents = []
    tracked = False
    for arg in args:
        if isinstance(arg, Tensor):
            value = arg._value
            node = arg._node
            values.append(np.float64(value) if type(value) is float else value)
            parents.append(node)
            if node is not None:
                tracked = True
        else:
            values.append(operand(arg, primitive.name))
            parents.append(None)
    if mode is not None and mode.anomaly:
        return _watched(primitive, args, values, parents if mode.grad else None, params, mode)
    try:
        y = primitive.forward(*values, **params)
    except AutogradError:
        raise
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise explain(primitive.name, values, params, error) from None
    if type(y) is not np.ndarray or not y.ndim:
        y = as_scalar(y)
    if not tracked or (mode is not None and not mode.grad):
        return wrap(y, None)
    node = record(primitive, y, values, tuple(parents), args, params)
    if mode is not None and mode.keep:
        keep(node, y, values)
    return wrap(y, node)


def apply_one(primitive: Primitive, x: Any, params: dict[str, Any]) -> Any:
    """`apply` for one operand, without its loops."""
    if not isinstance(x, Tensor):
        return primitive.forward(x, **params)
    value = x._value
    parent = x._node
    if type(value) is not np.ndarray or MODE.get() is not None:
        return apply(primitive, (x,), params)
    try:
        y = primitive.forward(value, **params)
    except (ValueError, TypeError, IndexError):
        return apply(primitive, (x,), params)  # which explains
    if type(y) is not np.ndarray or not y.ndim:
        y = as_scalar(y)
    out = Tensor.__new__(Tensor)
    out._value = y
    if parent is None:
        out._node = None
        return out
    out._node = node = ArrayNode.__new__(ArrayNode)
    node.primitive = primitive
    node.parents = parents = (parent,)
    node.extra = None
    node.params = params
    if type(y) is np.ndarray:
        node.shape = y.shape
        node.dtype = y.dtype
    else:
        node.shape = ()
        node.dtype = _FLOAT64 if type(y) is float else y.dtype
    node.clock = versions.now
    node.constants = ()
    node.saved = primitive.save(y, (value,), parents, params)
    return out


def apply_two(primitive: Primitive, a: Any, b: Any, x: Any, z: Any) -> Tensor:
    """`apply` for two operands that are arrays `x` and `z` inside, without its loops."""
    p = a._node if isinstance(a, Tensor) else None
    q = b._node if isinstance(b, Tensor) else None
    if MODE.get() is not None or (p is None and q is None):
        return apply(primitive, (a, b), {})
    if a is x:
        x = operand(x, primitive.name)
    elif b is z:
        z = operand(z, primitive.name)
    y = primitive.forward(x, z)
    out = Tensor.__new__(Tensor)
    out._value = y
    out._node = node = ArrayNode.__new__(ArrayNode)
    node.primitive = primitive
    node.parents = parents = (p, q)
    node.extra = None
    node.params = NO_PARAMS
    node.shape = y.shape
    node.dtype = y.dtype
    node.clock = versions.now
    node.constants = (
        () if p is not None and q is not None else ((a, None) if p is None else (None, b))
    )
    node.saved = primitive.save(y, (x, z), parents, NO_PARAMS)
    return out


NO_PARAMS: dict[str, Any] = {}


def record(
    primitive: Primitive,
    y: Any,
    values: Any,
    parents: tuple[Node | None, ...],
    args: tuple[Any, ...],
    params: dict[str, Any],
) -> Node:
    """The node of one call."""
    node = ArrayNode.__new__(ArrayNode)
    node.primitive = primitive
    node.parents = parents
    node.extra = None
    node.params = params
    if type(y) is float:
        node.shape = ()
        node.dtype = _FLOAT64
    else:
        node.shape = y.shape
        node.dtype = y.dtype
    node.clock = versions.now
    node.constants = (
        tuple([a if p is None else None for a, p in zip(args, parents, strict=True)])
        if None in parents
        else ()
    )
    node.saved = primitive.save(y, values, parents, params)
    return node


_FLOAT64 = np.dtype(np.float64)


def keep(node: Node, y: Any, values: Any) -> None:
    """Keep values, operands and the user's line with the node; for `keep_values`.

    A leaf's value is kept too: its tensor may die before the graph does.
    """
    extra = node.extras()
    extra.value = y
    extra.operands = tuple([as_scalar(v) for v in values])
    extra.line = users_line()
    for parent, value in zip(node.parents, values, strict=True):
        if type(parent) is Leaf and parent.extras().value is None:
            parent.extras().value = as_scalar(value)


def users_line() -> str | None:
    """``file:line`` of the innermost frame outside of this library."""
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "").partition(".")[0]
        if module not in ("autograd_core", "nn", "optim", "numpy"):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _watched(
    primitive: Primitive,
    args: tuple[Any, ...],
    values: list[Any],
    parents: list[Node | None] | None,
    params: dict[str, Any],
    mode: Modes,
) -> Tensor:
    """`apply` under `detect_anomaly`."""
    try:
        with np.errstate(all="ignore"):
            y = as_scalar(primitive.forward(*values, **params))
    except AutogradError:
        raise
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise explain(primitive.name, values, params, error) from None
    bad = first_nonfinite(y)
    if bad is not None and all(first_nonfinite(v) is None for v in values):
        raise AnomalyError(
            f"{primitive.name} made {bad} in its output of shape {np.shape(y)}, from "
            f"{describe(values)}, at {users_line()}"
        )
    if parents is None or not any(p is not None for p in parents):
        return wrap(y, None)
    node = record(primitive, y, values, tuple(parents), args, params)
    keep(node, y, values)
    node.extras().checksum = checksum(node.saved)
    return wrap(y, node)


def first_nonfinite(value: Any) -> str | None:
    """``nan``, ``inf`` or ``-inf`` if `value` holds one, else None."""
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return None
    bad = array[~np.isfinite(array)]
    return str(bad[0]) if bad.size else None


def checksum(saved: Any) -> list[int]:
    """Fingerprints of what was saved; finds writes through raw aliases."""
    return [
        hash(np.ascontiguousarray(v).tobytes()) if isinstance(v, np.ndarray) else 0
        for v in (saved or ())
    ]


def describe(values: Iterable[Any]) -> str:
    """Shapes and dtypes of operands, for messages; small finite ones with their values."""
    words = []
    for value in values:
        if isinstance(value, int) and abs(value) > 2**63:
            words.append(f"an integer of {value.bit_length()} bits")
        elif isinstance(value, (int, float)) and not isinstance(value, np.generic):
            words.append(repr(value))
        else:
            array = np.asarray(value)
            words.append(f"shape {array.shape} {array.dtype}")
    return " and ".join(words)


def explain(
    name: str, values: Iterable[Any], params: dict[str, Any], error: Exception
) -> AutogradError:
    """NumPy's refusal in terms of the operation, the shapes and dtypes, and what to do."""
    values = list(values)
    shown = {k: v for k, v in params.items() if v is not None and not callable(v)}
    settings = "".join(f", {k}={v!r}" for k, v in shown.items())
    given = f"{name}({describe(values)}{settings})"
    text = str(error).strip().rstrip(".")
    shapes = [np.shape(v) for v in values]
    if isinstance(error, np.exceptions.AxisError):
        return AxisError(
            f"{given}: {text}; an axis counts from {-len(shapes[0])} to {len(shapes[0]) - 1} here"
            if shapes[0]
            else f"{given}: {text}; a scalar has no axes"
        )
    if isinstance(error, IndexError):
        return IndexingError(f"{given}: {text}")
    if "not supported for the input types" in text:
        return DTypeError(f"{given}: it is not defined for these dtypes; convert with astype")
    if isinstance(error, TypeError):
        return DTypeError(f"{given}: {text}")
    if isinstance(error, OverflowError):
        return ArgumentError(f"{given}: {text}")
    if "negative integer powers" in text:
        return ArgumentError(
            f"{given}: an integer to a negative power is a fraction; use floats: x.astype(float)"
        )
    if "broadcast" in text:
        return ShapeError(
            f"{given}: these shapes do not broadcast; sizes must be equal or 1, counted from the "
            f"last axis. Use reshape or expand_dims to line them up"
        )
    return ShapeError(f"{given}: {text}")
