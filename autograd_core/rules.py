"""The kinds of primitive: what the structure of a derivative is, so that both modes follow.

=================  ==========================================  ===============================
kind               declared                                    reverse and forward
=================  ==========================================  ===============================
elementwise        one partial an argument, as its action      p(g); Σ p(t)
linear             the transpose                               transpose(g); f(t)
multilinear        the transpose in each argument              transpose(g); Σ f(…, t, …)
reduction          one partial, as its action                  p(broadcast g); Σ p(t)
nondifferentiable  nothing                                     a constant of the graph
custom             the vjp                                     vjp(g); its transpose in g
=================  ==========================================  ===============================

A partial is declared by its *action* ``t ↦ ∂y/∂x · t``. The matrix of an elementwise operation
is diagonal, its own transpose, so that one action serves cotangents and tangents alike; and
``t / b`` or plain ``t`` costs less than a partial multiplied out.

Rules are written in the library's own functions and in operators. They must not branch on
values. What they do not declare to read arrives as a stand-in without a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from . import versions
from .broadcasting import normalize_axis
from .errors import GraphError
from .graph import ArrayNode, ScalarNode, Spec
from .modes import MODE
from .primitive import NO_PARAMS, Function, Primitive, apply, as_scalar, operand, public
from .tensor import Tensor, wrap

if TYPE_CHECKING:
    from typing import Protocol

    from numpy.typing import ArrayLike, NDArray

    class Unary(Protocol):
        """The type of a function of one array."""

        __name__: str

        @overload
        def __call__(self, x: Tensor, /) -> Tensor: ...
        @overload
        def __call__(self, x: ArrayLike, /) -> NDArray[Any]: ...

    class Binary(Protocol):
        """The type of a function of two arrays."""

        __name__: str

        @overload
        def __call__(self, a: Tensor, b: Tensor | ArrayLike, /) -> Tensor: ...
        @overload
        def __call__(self, a: ArrayLike, b: Tensor, /) -> Tensor: ...
        @overload
        def __call__(self, a: ArrayLike, b: ArrayLike, /) -> NDArray[Any]: ...


class Partial(NamedTuple):
    """One partial derivative, by its action on a vector.

    Attributes
    ----------
    formula : str
        LaTeX of the partial, in y, x (or a, b).
    action : callable
        ``action(t, y, *xs, **params)``: the partial times t; linear in t.
    saves : str
        The letters of what it reads, separated by blanks: of "y", and "x" or "a", "b", "c".
    """

    formula: str
    action: Function
    saves: str = ""


# -- elementwise --------------------------------------------------------------------------------


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


def total(terms: Any) -> Any:
    """The sum of at least one term."""
    first, *rest = terms
    for term in rest:
        first = first + term
    return first


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


# The two functions below are the hot path. They repeat `apply` and `record` for one and two
# operands without loops, dictionaries or keyword arguments; a graph of Python floats never
# leaves them.


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
        y, x = node.saved
        (p,) = node.parents
        try:
            c = action(g, y, x)
        except (ZeroDivisionError, OverflowError):
            c = as_numpy(action, g, y, x)
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
            node.saved = (y, value)
            node.extra = None
            out._node = node
            return out
        if type(value) is not np.ndarray:
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
    keeps = {
        (p, q): primitive.keeps[p, q] for p in (False, True) for q in (False, True) if p or q
    }

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
        y, a, b = node.saved
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
            node.saved = (y, x, z)
            node.extra = None
            out._node = node
            return out
        if kind_x is not np.ndarray or kind_z is not np.ndarray:
            return apply(primitive, (a, b), {})
        if p is None and q is None or (p is None and a is x) or (q is None and b is z):
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


# -- linear -------------------------------------------------------------------------------------


def _stand_ins(values: Any, parents: Any) -> tuple[Any, ...]:
    return tuple([Spec(v) if p is None else p for v, p in zip(values, parents, strict=True)])


class Linear(Primitive):
    """Linear in its arguments together; the jvp is the operation itself.

    ``transposes`` holds one rule an argument, ``transpose(g, *stand_ins, **params)``, and None
    for an argument that is a constant of the operation, such as a condition; or, for any number
    of arguments, one rule that is also told which: ``transpose(i, g, *stand_ins, **params)``.
    """

    def __init__(
        self, *, transposes: tuple[Function | None, ...] | Function, **row: Any
    ) -> None:
        super().__init__(**row)
        self.transposes = transposes
        if not callable(self.transposes) and len(self.transposes) == 1:
            (rule,) = self.transposes
            assert rule is not None

            def vjp(g: Any, saved: Any, parents: Any, params: Any) -> tuple[Any, ...]:
                return (rule(g, *saved, **params),)

            self.vjp = vjp  # type: ignore[method-assign]

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        if not callable(self.transposes) and None in self.transposes:
            kept = zip(values, parents, self.transposes, strict=True)
            return tuple([v if r is None else Spec(v) if p is None else p for v, p, r in kept])
        return parents if None not in parents else _stand_ins(values, parents)

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        rules = self.transposes
        if callable(rules):
            return tuple(
                [
                    None if p is None else rules(i, g, *saved, **params)
                    for i, p in enumerate(parents)
                ]
            )
        return tuple(
            [
                None if p is None or rule is None else rule(g, *saved, **params)
                for p, rule in zip(parents, rules, strict=True)
            ]
        )

    def jvp(self, tangents: Any, y: Any, values: Any, params: dict[str, Any]) -> Any:
        rules = self.transposes
        moved = [
            v if not callable(rules) and rules[i] is None else still(v) if t is None else t
            for i, (t, v) in enumerate(zip(tangents, values, strict=True))
        ]
        return self(*moved, **params)


def still(value: Any) -> Any:
    """The tangent of what does not move; of a Python number it is one, which keeps dtypes."""
    return 0 if type(value) in (int, float, bool) else np.zeros_like(value)


def linear(
    forward: Function,
    transpose: Function | tuple[Function | None, ...],
    *,
    name: str,
    latex: str,
    variadic: bool = False,
    **row: Any,
) -> Linear:
    """Declare a linear primitive.

    Parameters
    ----------
    forward : callable
    transpose : callable or tuple of (callable or None)
        See `Linear`. A single callable is the rule of the only argument, or with `variadic` that
        of every argument.
    name, latex : str
    variadic : bool
        Whether it takes any number of arrays.
    **row
        Further fields of `Primitive`.
    """
    rules = (transpose,) if callable(transpose) and not variadic else transpose
    return Linear(name=name, forward=forward, transposes=rules, latex=latex, **row)


# -- multilinear --------------------------------------------------------------------------------


class Multilinear(Primitive):
    """Linear in each argument separately, as a product is.

    ``transposes`` holds one rule an argument, ``transpose(g, *args, **params)``, or, for any
    number of arguments, one that is told which: ``transpose(i, g, *args, **params)``. The rule
    of an argument may read all arguments but that one.
    """

    def __init__(self, *, transposes: tuple[Function, ...] | Function, **row: Any) -> None:
        super().__init__(**row)
        self.transposes = transposes
        if not callable(self.transposes) and len(self.transposes) == 2:
            first, second = self.transposes

            def vjp(g: Any, saved: Any, parents: Any, params: Any) -> tuple[Any, ...]:
                a, b = saved
                p, q = parents
                return (
                    None if p is None else first(g, a, b, **params),
                    None if q is None else second(g, a, b, **params),
                )

            self.vjp = vjp  # type: ignore[method-assign]

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        if len(parents) == 2:
            (a, b), (p, q) = values, parents
            if p is not None and q is not None:
                return (a, b)
            return (a, q) if p is None else (p, b)
        tracked = sum([p is not None for p in parents])
        return tuple(
            [
                v if tracked > (p is not None) else p if p is not None else Spec(v)
                for v, p in zip(values, parents, strict=True)
            ]
        )

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        rules = self.transposes
        if callable(rules):
            return tuple(
                [
                    None if p is None else rules(i, g, *saved, **params)
                    for i, p in enumerate(parents)
                ]
            )
        return tuple(
            [
                None if p is None else rule(g, *saved, **params)
                for p, rule in zip(parents, rules, strict=True)
            ]
        )

    def jvp(self, tangents: Any, y: Any, values: Any, params: dict[str, Any]) -> Any:
        return total(
            self(*values[:i], t, *values[i + 1 :], **params)
            for i, t in enumerate(tangents)
            if t is not None
        )


def multilinear(
    forward: Function,
    transposes: tuple[Function, ...] | Function,
    *,
    name: str,
    latex: str,
    **row: Any,
) -> Multilinear:
    """Declare a multilinear primitive; see `Multilinear`."""
    return Multilinear(name=name, forward=forward, transposes=transposes, latex=latex, **row)


# -- reduction ----------------------------------------------------------------------------------


class Reduction(Primitive):
    """Not linear, over the parameters ``axis`` and ``keepdims``.

    The partial acts on arrays of the operand's shape; the output reaches it with the reduced
    axes kept. The reverse mode broadcasts g first, the forward mode sums afterwards. A partial
    that needs to know the reduced axes receives them as ``axis``.
    """

    def __init__(self, *, partial: Partial, **row: Any) -> None:
        super().__init__(**row)
        self.partial = partial
        self.saves_y = "y" in self.partial.saves.split()
        self.saves_x = "x" in self.partial.saves.split()

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        return (y if self.saves_y else None, values[0] if self.saves_x else parents[0])

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        y, x = saved
        axes, rest = self._axes(params, x.ndim)
        g = _keepdims(g, axes, x.ndim)
        if y is not None:
            y = _keepdims(y, axes, x.ndim)
        return (self.partial.action(_expand(g, x.shape), y, x, axis=axes, **rest),)

    def jvp(self, tangents: Any, y: Any, values: Any, params: dict[str, Any]) -> Any:
        from .ops.reduction import sum as sum_

        (t,), (x,) = tangents, values
        axes, rest = self._axes(params, x.ndim)
        moved = self.partial.action(t, _keepdims(y, axes, x.ndim), x, axis=axes, **rest)
        return sum_(moved, axis=axes, keepdims=params.get("keepdims", False))

    def _axes(self, params: dict[str, Any], ndim: int) -> tuple[tuple[int, ...], dict[str, Any]]:
        rest = {k: v for k, v in params.items() if k not in ("axis", "keepdims")}
        return normalize_axis(params.get("axis"), ndim, self.name), rest


def _keepdims(y: Any, axes: tuple[int, ...], ndim: int) -> Any:
    """`y` with the reduced axes back at size 1."""
    if np.ndim(y) == ndim if not isinstance(y, Tensor) else y.ndim == ndim:
        return y
    from .ops.shape import expand_dims

    return expand_dims(y, axes)


def _expand(g: Any, shape: tuple[int, ...]) -> Any:
    from .ops.shape import broadcast_to

    return broadcast_to(g, shape)


def reduction(
    forward: Function, partial: Partial, *, name: str, latex: str, **row: Any
) -> Reduction:
    """Declare a reduction; see `Reduction`."""
    return Reduction(name=name, forward=forward, partial=partial, latex=latex, **row)


# -- nondifferentiable --------------------------------------------------------------------------


class Nondifferentiable(Primitive):
    """Its output is a constant of the graph: comparisons, indices."""

    def __init__(self, **row: Any) -> None:
        super().__init__(smooth=False, **row)

    def __call__(self, *args: Any, **params: Any) -> Any:
        if not any([isinstance(arg, Tensor) for arg in args]):
            return self.forward(*args, **params)
        return apply(self, tuple([a.detach() if isinstance(a, Tensor) else a for a in args]), params)


def nondifferentiable(
    forward: Function,
    *,
    latex: str,
    name: str | None = None,
    numpy: tuple[Any, ...] | None = None,
    methods: tuple[str, ...] = (),
    doc: str = "",
    **row: Any,
) -> Function:
    """Declare an operation without a derivative and return its function."""
    name = name or forward.__name__
    primitive = Nondifferentiable(name=name, forward=forward, latex=latex, **row)

    def function(*args: Any, **params: Any) -> Any:
        return primitive(*args, **params)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{doc or name + ', elementwise.'}\n\nHas no derivative: the result is a constant of the "
        f"graph. Takes and returns what ``numpy.{name}`` does."
    )
    function.primitive = primitive  # type: ignore[attr-defined]
    answers = ((forward,) if numpy is None else numpy)
    public(*answers, methods=methods, name=name)(function)
    return function


# -- custom -------------------------------------------------------------------------------------


class Custom(Primitive):
    """What fits no kind: declared by its vjp, ``pullback(g, y, *args, **params)``.

    The pullback returns a tuple, one cotangent an argument (or a single one for a single
    argument). The jvp is the transpose of the pullback in g. ``saves`` names what it reads, in
    the letters of `Partial`; all of it by default.
    """

    def __init__(self, *, pullback: Function, saves: str | None = None, **row: Any) -> None:
        super().__init__(**row)
        self.pullback = pullback
        self.saves = saves

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        if self.saves is None:
            return (y, *values)
        letters = ("x",) if len(values) == 1 else tuple("abcdefgh"[: len(values)])
        saves = self.saves.split()
        return (
            y if "y" in saves else None,
            *[
                v if letter in saves else Spec(v) if p is None else p
                for v, letter, p in zip(values, letters, parents, strict=True)
            ],
        )

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        cotangents = self.pullback(g, *saved, **params)
        if not isinstance(cotangents, tuple):
            cotangents = (cotangents,)
        if len(cotangents) != len(parents):
            raise GraphError(
                f"{self.name}: its backward returned {len(cotangents)} gradients for "
                f"{len(parents)} inputs; return one an input, None for those without"
            )
        return tuple([None if p is None else c for p, c in zip(parents, cotangents, strict=True)])

    def jvp(self, tangents: Any, y: Any, values: Any, params: dict[str, Any]) -> Any:
        from .walks import transpose_in_cotangent

        return transpose_in_cotangent(self, tangents, y, values, params)


def custom(
    forward: Function, pullback: Function, *, name: str, latex: str, **row: Any
) -> Custom:
    """Declare a primitive that fits no kind; see `Custom`."""
    return Custom(name=name, forward=forward, pullback=pullback, latex=latex, **row)


__all__ = [
    "Partial",
    "as_scalar",
    "custom",
    "elementwise",
    "linear",
    "multilinear",
    "nondifferentiable",
    "operand",
    "reduction",
    "wrap",
]
