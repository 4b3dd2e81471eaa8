"""Elementwise primitives: one partial an argument. The hot path of recording is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from .. import versions
from ..graph import ArrayNode, ScalarNode
from ..modes import MODE
from ..primitive import NO_PARAMS, Function, Primitive, apply, public
from ..tensor import Tensor
from .partial import Partial, total

if TYPE_CHECKING:
    from ._types import Binary, Unary


class Elementwise(Primitive):
    """Each output element depends on the elements at its own place."""

    def __init__(
        self, *, partials: tuple[Partial, ...], scalar: Function | None = None, **row: Any
    ) -> None:
        super().__init__(**row)
        self.partials = partials
        #: The same on Python floats; may raise where NumPy would warn, and NumPy is asked then.
        self.scalar = scalar
        letters = "x" if len(self.partials) == 1 else "abc"
        reads = [partial.saves.split() for partial in self.partials]
        # For every set of operands on the graph: which of (y, *xs) the node has to keep.
        self.keeps: dict[tuple[bool, ...], tuple[bool, ...]] = {}
        for bits in np.ndindex(*(2,) * len(self.partials)):
            need = {letter for bit, read in zip(bits, reads, strict=True) if bit for letter in read}
            mask = tuple(bool(bit) for bit in bits)
            self.keeps[mask] = tuple(
                letter in need for letter in ("y", *letters[: len(self.partials)])
            )

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        keeps = self.keeps[tuple([p is not None for p in parents])]
        return (
            y if keeps[0] else None,
            *[v if k else p for v, k, p in zip(values, keeps[1:], parents, strict=True)],
        )

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(
            [
                None if parent is None else partial.action(g, *saved, **params)
                for partial, parent in zip(self.partials, parents, strict=True)
            ]
        )

    def jvp(self, tangents: Any, y: Any, values: Any, params: dict[str, Any]) -> Any:
        return total(
            partial.action(t, y, *values, **params)
            for partial, t in zip(self.partials, tangents, strict=True)
            if t is not None
        )


def as_numpy(action: Function, *values: Any) -> Any:
    """`action` in NumPy's arithmetic, which has infinities where Python's has exceptions."""
    return action(*[np.float64(v) if isinstance(v, (int, float)) else v for v in values])


@overload
def elementwise(
    forward: Function, partials: tuple[Partial], *, latex: str, **row: Any
) -> Unary: ...
@overload
def elementwise(
    forward: Function, partials: tuple[Partial, Partial], *, latex: str, **row: Any
) -> Binary: ...
@overload
def elementwise(
    forward: Function, partials: tuple[Partial, ...], *, latex: str, **row: Any
) -> Function: ...
def elementwise(
    forward: Function,
    partials: tuple[Partial, ...],
    *,
    latex: str,
    name: str | None = None,
    numpy: tuple[Any, ...] | None = None,
    methods: tuple[str, ...] | None = None,
    doc: str = "",
    **row: Any,
) -> Any:
    """Declare an elementwise primitive and return its function.

    Parameters
    ----------
    forward : callable
        A NumPy ufunc, or a function of arrays.
    partials : tuple of Partial
        One an argument.
    latex : str
    name : str, optional
        By default the name of `forward`.
    numpy : tuple of callables, optional
        By default `forward` itself if it is a ufunc.
    methods : tuple of str, optional
        Names as a method; by default the name.
    doc : str
        First line of the docstring.
    **row
        Further fields of `Elementwise`.
    """
    name = name or forward.__name__
    primitive = Elementwise(name=name, forward=forward, partials=partials, latex=latex, **row)
    if numpy is None:
        numpy = (forward,) if isinstance(forward, np.ufunc) else ()
    make = {1: _unary, 2: _binary}.get(len(partials), _nary)
    function = make(primitive)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = _document(primitive, doc)
    function.primitive = primitive  # type: ignore[attr-defined]
    public(*numpy, methods=(name,) if methods is None else methods, name=name)(function)
    return function


def _document(primitive: Elementwise, doc: str) -> str:
    letters = "x" if len(primitive.partials) == 1 else "abc"
    names = letters[: len(primitive.partials)]
    lines = [doc or f"{primitive.name}, elementwise.", "", "Parameters", "----------"]
    lines += [f"{', '.join(names)} : Tensor or array_like", "    Broadcast against each other."]
    lines += ["", "Returns", "-------", "Tensor", "    An ndarray if no argument is a Tensor."]
    lines += ["", "Notes", "-----"]
    shown = primitive.latex.format(*names)
    lines += [f".. math:: y = {shown}"]
    for letter, partial in zip(names, primitive.partials, strict=True):
        lines += [f".. math:: \\partial y / \\partial {letter} = {partial.formula}"]
    if primitive.convention:
        lines += ["", primitive.convention]
    return "\n".join(lines)


def _nary(primitive: Elementwise) -> Function:
    def function(*args: Any) -> Any:
        return primitive(*args)

    return function


def _unary(primitive: Elementwise) -> Function:
    forward = primitive.forward
    scalar = primitive.scalar
    (action,) = (partial.action for partial in primitive.partials)
    keep_y, keep_x = primitive.keeps[True,]

    def vjp(g: Any, saved: Any, parents: Any, params: Any) -> tuple[Any, ...]:
        y, x = saved
        try:
            return (action(g, y, x),)
        except (ZeroDivisionError, OverflowError):
            return (as_numpy(action, g, y, x),)

    def pull_scalars(node: Any, g: Any, grads: Any) -> None:
        (p,) = node.parents
        try:
            c = action(g, node.y, node.a)
        except (ZeroDivisionError, OverflowError):
            c = as_numpy(action, g, node.y, node.a)
        grads[p] = grads[p] + c if p in grads else c

    primitive.vjp = vjp  # type: ignore[method-assign]
    primitive.pull_scalars = pull_scalars  # type: ignore[method-assign]

    def function(x: Any, /) -> Any:
        if not isinstance(x, Tensor):
            return forward(x)
        if MODE.get() is not None:
            return apply(primitive, (x,), {})
        value = x._value
        parent = x._node
        if type(value) is float and scalar is not None:
            try:
                y = scalar(value)
            except (ValueError, OverflowError, ZeroDivisionError):
                return apply(primitive, (x,), {})
            out = Tensor.__new__(Tensor)
            out._value = y
            if parent is None:
                out._node = None
                return out
            node = ScalarNode.__new__(ScalarNode)
            node.primitive = primitive
            node.parents = (parent,)
            node.y = y
            node.a = value
            node.extra = None
            out._node = node
            return out
        if type(value) is not np.ndarray and type(value) is not np.float32:
            return apply(primitive, (x,), {})
        try:
            y = forward(value)
        except TypeError:
            return apply(primitive, (x,), {})
        out = Tensor.__new__(Tensor)
        out._value = y
        if parent is None:
            out._node = None
            return out
        array_node = ArrayNode.__new__(ArrayNode)
        array_node.primitive = primitive
        array_node.parents = (parent,)
        array_node.saved = (y if keep_y else None, value if keep_x else parent)
        array_node.extra = None
        array_node.params = NO_PARAMS
        array_node.shape = y.shape
        array_node.dtype = y.dtype
        array_node.constants = ()
        array_node.clock = versions.now
        out._node = array_node
        return out

    return function


def _binary(primitive: Elementwise) -> Function:
    forward = primitive.forward
    scalar = primitive.scalar
    action_a, action_b = (partial.action for partial in primitive.partials)
    keeps = {(p, q): primitive.keeps[p, q] for p in (False, True) for q in (False, True) if p or q}

    def vjp(g: Any, saved: Any, parents: Any, params: Any) -> tuple[Any, ...]:
        y, a, b = saved
        p, q = parents
        try:
            if q is None:
                return (action_a(g, y, a, b), None)
            if p is None:
                return (None, action_b(g, y, a, b))
            return (action_a(g, y, a, b), action_b(g, y, a, b))
        except (ZeroDivisionError, OverflowError):
            return (
                None if p is None else as_numpy(action_a, g, y, a, b),
                None if q is None else as_numpy(action_b, g, y, a, b),
            )

    def pull_scalars(node: Any, g: Any, grads: Any) -> None:
        y = node.y
        a = node.a
        b = node.b
        p, q = node.parents
        if p is not None:
            try:
                c = action_a(g, y, a, b)
            except (ZeroDivisionError, OverflowError):
                c = as_numpy(action_a, g, y, a, b)
            grads[p] = grads[p] + c if p in grads else c
        if q is not None:
            try:
                c = action_b(g, y, a, b)
            except (ZeroDivisionError, OverflowError):
                c = as_numpy(action_b, g, y, a, b)
            grads[q] = grads[q] + c if q in grads else c

    primitive.vjp = vjp  # type: ignore[method-assign]
    primitive.pull_scalars = pull_scalars  # type: ignore[method-assign]

    def function(a: Any, b: Any, /) -> Any:
        if isinstance(a, Tensor):
            x = a._value
            p = a._node
            if isinstance(b, Tensor):
                z = b._value
                q = b._node
            else:
                z = b
                q = None
        elif isinstance(b, Tensor):
            x = a
            p = None
            z = b._value
            q = b._node
        else:
            return forward(a, b)
        if MODE.get() is not None:
            return apply(primitive, (a, b), {})
        kind_x = type(x)
        kind_z = type(z)
        if (
            scalar is not None
            and (kind_x is float or kind_x is int)
            and (kind_z is float or kind_z is int)
        ):
            try:
                y = scalar(x, z)
            except (ValueError, OverflowError, ZeroDivisionError):
                return apply(primitive, (a, b), {})
            out = Tensor.__new__(Tensor)
            out._value = y
            if p is None and q is None:
                out._node = None
                return out
            node = ScalarNode.__new__(ScalarNode)
            node.primitive = primitive
            node.parents = (p, q)
            node.y = y
            node.a = x
            node.b = z
            node.extra = None
            out._node = node
            return out
        if kind_x is not np.ndarray or kind_z is not np.ndarray:
            return apply(primitive, (a, b), {})
        if (p is None and q is None) or (p is None and a is x) or (q is None and b is z):
            return apply(primitive, (a, b), {})
        try:
            y = forward(x, z)
        except ValueError:
            return apply(primitive, (a, b), {})
        out = Tensor.__new__(Tensor)
        out._value = y
        keep_y, keep_a, keep_b = keeps[p is not None, q is not None]
        array_node = ArrayNode.__new__(ArrayNode)
        array_node.primitive = primitive
        array_node.parents = (p, q)
        array_node.saved = (
            y if keep_y else None,
            x if keep_a else p,
            z if keep_b else q,
        )
        array_node.extra = None
        array_node.params = NO_PARAMS
        array_node.shape = y.shape
        array_node.dtype = y.dtype
        array_node.constants = (
            () if p is not None and q is not None else (a, None) if p is None else (None, b)
        )
        array_node.clock = versions.now
        out._node = array_node
        return out

    return function
