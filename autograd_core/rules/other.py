"""Primitives without a derivative, and those that fit no kind."""

from __future__ import annotations

from typing import Any

from ..errors import DTypeError, GraphError
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

    def function(*args: Any, **params: Any) -> Any:
        return primitive(*args, **params)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{doc or name + ', elementwise.'}\n\nHas no derivative: the result is a constant of the "
        f"graph. Takes and returns what ``numpy.{name}`` does."
    )
    function.primitive = primitive  # type: ignore[attr-defined]
    answers = (forward,) if numpy is None else numpy
    public(*answers, methods=methods, name=name)(function)
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
        letters = "x" if len(values) == 1 else "abcdefgh"[: len(values)]
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
