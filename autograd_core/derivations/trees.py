"""Expression trees: named values, numbers, arrays, and calls of operations on trees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from ..graph import Shape

Key = Any


class Expr:
    """A tree; equal trees have equal keys.

    Attributes
    ----------
    shape : tuple of int
    key : hashable
    """

    __slots__ = ("key", "shape")
    shape: Shape
    key: Key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expr) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class Symbol(Expr):
    """A named value.

    Attributes
    ----------
    latex, text : str
    value : array
        As the engine holds it.
    rows : bool
        Whether the engine holds a batch in rows, the transpose of the chapter's columns.
    kind : str
        "value", "weight", "cotangent", "constant", "seed" or "setting".
    definition : Expr or None
        What it was computed from.
    """

    __slots__ = ("definition", "kind", "latex", "rows", "text", "value")

    def __init__(
        self, latex: str, text: str, value: Any, *, rows: bool = False, kind: str = "value"
    ) -> None:
        self.latex = latex
        self.text = text
        self.value = value
        self.rows = rows
        self.kind = kind
        self.definition: Expr | None = None
        self.shape = np.shape(value)
        self.key = ("symbol", id(self))

    def __repr__(self) -> str:
        return self.text


class Number(Expr):
    """A number; integers and their quotients are exact."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value: float | Fraction = exact(value)
        self.shape = ()
        self.key = ("number", str(self.value))

    def __repr__(self) -> str:
        return str(self.value)


class Array(Expr):
    """A constant array without a name."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value
        self.shape = np.shape(value)
        self.key = ("array", id(value))

    def __repr__(self) -> str:
        return f"array{self.shape}"


class Call(Expr):
    """An operation: the head ``add``, ``mul``, ``pow``, ``matmul``, ``sum``, ``transpose``,
    ``reshape``, ``broadcast``, or the name of a primitive."""

    __slots__ = ("args", "head", "params", "primitive")

    def __init__(
        self,
        head: str,
        args: Iterable[Expr],
        shape: Shape,
        params: Mapping[str, Any] | None = None,
        primitive: Any = None,
    ) -> None:
        self.head = head
        self.args = tuple(args)
        self.params = dict(params or {})
        self.primitive = primitive
        self.shape = tuple(shape)
        marks = tuple([(k, frozen(v)) for k, v in sorted(self.params.items())])
        # A sum and a product do not depend on the order of their parts.
        parts: Any = tuple([a.key for a in self.args])
        if head in ("add", "mul"):
            parts = frozenset(_counted(parts))
        shape_matters = self.shape if head in ("broadcast", "reshape") else None
        self.key = (head, marks, parts, shape_matters)

    def __repr__(self) -> str:
        return f"{self.head}({', '.join(map(repr, self.args))})"


def _counted(parts: Iterable[Key]) -> Iterable[Key]:
    seen: dict[Key, int] = {}
    for part in parts:
        seen[part] = seen.get(part, 0) + 1
    return seen.items()


def frozen(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.shape, value.tobytes())
    if isinstance(value, (tuple, list)):
        return tuple([frozen(v) for v in value])
    return (type(value).__name__, repr(value))


def exact(value: Any) -> float | Fraction:
    """Integers as fractions, other numbers as floats."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, (bool, np.bool_)):
        return Fraction(int(value))
    value = float(value)
    return Fraction(int(value)) if value.is_integer() and abs(value) < 2**53 else value


ZERO, ONE, MINUS = Number(0), Number(1), Number(-1)


def is_number(e: Expr, value: Any = None) -> bool:
    return isinstance(e, Number) and (value is None or e.value == value)


def is_call(e: Expr, *heads: str) -> bool:
    return isinstance(e, Call) and e.head in heads


def together(parts: Iterable[Expr]) -> Shape:
    """The shape of an elementwise operation."""
    return np.broadcast_shapes(*[p.shape for p in parts])


def trimmed(shape: Shape) -> Shape:
    """`shape` without the axes of size 1 in front."""
    i = 0
    while i < len(shape) and shape[i] == 1:
        i += 1
    return tuple(shape[i:])
