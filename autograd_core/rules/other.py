"""Primitives without a derivative, and those that fit no kind."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..errors import DTypeError, GraphError, UnsupportedError, unsupported
from ..graph import Spec
from ..primitive import Function, Primitive, apply, public
from ..tensor import Tensor


class Nondifferentiable(Primitive):
    """Its output is a constant of the graph: comparisons, indices."""

    def __init__(self, **row: Any) -> None:
        super().__init__(smooth=False, **row)

    def __call__(self, *args: Any, **params: Any) -> Any:
        if not any([isinstance(arg, Tensor) for arg in args]):
            return self.forward(*args, **params)
        return apply(
            self, tuple([a.detach() if isinstance(a, Tensor) else a for a in args]), params
        )


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
    answers = (forward,) if numpy is None else numpy
    if isinstance(answers[0], np.ufunc):
        function: Function = lambda *args, **params: primitive(*args, **params)  # noqa: E731
    else:
        function = _called_as(answers[0], primitive)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{doc or name + ', elementwise.'}\n\nHas no derivative: the result is a constant of the "
        f"graph. Takes and returns what ``numpy.{name}`` does."
    )
    function.primitive = primitive  # type: ignore[attr-defined]
    public(*answers, methods=methods, name=name)(function)
    return function


def _called_as(theirs: Function, primitive: Nondifferentiable) -> Function:
    """A function of NumPy's signature: what is no operand becomes a parameter by its name."""
    signature = inspect.signature(theirs)
    parameters = signature.parameters.values()
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    operands = sum([p.default is p.empty for p in parameters])
    name = primitive.name

    def function(*args: Any, **params: Any) -> Any:
        if len(args) > operands:
            if len(args) > len(names):
                raise UnsupportedError(f"{name}: {len(args)} arguments; it takes {names}")
            params |= zip(names[operands:], args[operands:], strict=False)
            args = args[:operands]
        args += tuple([params.pop(n) for n in names[len(args) : operands] if n in params])
        if "out" in params and params.pop("out") is not None:
            raise UnsupportedError(f"{name}: out= is not supported; assign the result")
        if params and not any([isinstance(arg, Tensor) for arg in args]):
            return theirs(*args, **params)
        unknown = params.keys() - signature.parameters.keys()
        if unknown:
            raise unsupported(name, unknown)
        return primitive(*args, **params)

    return function


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
        self.reads = None if saves is None else frozenset(saves.split())

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        if type(y) is not float and y.dtype.kind != "f":
            raise DTypeError(
                f"{self.name}: its output is of dtype {y.dtype}, and only floats have gradients"
            )
        if self.reads is None:
            return (y, *values)
        reads = self.reads
        if len(values) == 1:
            return (y if "y" in reads else None, values[0] if "x" in reads else parents[0])
        letters = "abcdefgh"[: len(values)]
        return (
            y if "y" in reads else None,
            *[
                v if letter in reads else Spec(v) if p is None else p
                for v, letter, p in zip(values, letters, parents, strict=True)
            ],
        )

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        answer = self.pullback(g, *saved, **params)
        cotangents: tuple[Any, ...] = answer if isinstance(answer, tuple) else (answer,)
        if len(cotangents) != len(parents):
            raise GraphError(
                f"{self.name}: its backward returned {len(cotangents)} gradients for "
                f"{len(parents)} inputs; return one an input, None for those without"
            )
        if len(parents) == 1:
            return cotangents
        return tuple([None if p is None else c for p, c in zip(parents, cotangents, strict=True)])

    def jvp(self, tangents: Any, y: Any, values: Any, params: dict[str, Any]) -> Any:
        from ..walks import transpose_in_cotangent

        return transpose_in_cotangent(self, tangents, y, values, params)


def custom(forward: Function, pullback: Function, *, name: str, latex: str, **row: Any) -> Custom:
    """Declare a primitive that fits no kind; see `Custom`."""
    return Custom(name=name, forward=forward, pullback=pullback, latex=latex, **row)
