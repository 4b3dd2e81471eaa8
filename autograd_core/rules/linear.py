"""Linear and multilinear primitives: declared by their transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Spec
from ..primitive import Function, Primitive
from .partial import total


def _stand_ins(values: Any, parents: Any) -> tuple[Any, ...]:
    return tuple([Spec(v) if p is None else p for v, p in zip(values, parents, strict=True)])


class Transposed(Primitive):
    """Declared by ``transposes``: a rule an argument, or one rule that is told which."""

    def __init__(self, *, transposes: tuple[Function | None, ...] | Function, **row: Any) -> None:
        super().__init__(**row)
        self.transposes = transposes

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


class Linear(Transposed):
    """Linear in its arguments together; the jvp is the operation itself.

    ``transposes`` holds one rule an argument, ``transpose(g, *stand_ins, **params)``, and None
    for an argument that is a constant of the operation, such as a condition; or, for any number
    of arguments, one rule that is also told which: ``transpose(i, g, *stand_ins, **params)``.
    """

    def __init__(self, *, transposes: tuple[Function | None, ...] | Function, **row: Any) -> None:
        super().__init__(transposes=transposes, **row)
        self.has_constants = not callable(transposes) and None in transposes
        if not callable(transposes) and len(transposes) == 1:
            (rule,) = transposes
            assert rule is not None

            def vjp(g: Any, saved: Any, parents: Any, params: Any) -> tuple[Any, ...]:
                return (rule(g, *saved, **params),)

            self.vjp = vjp  # type: ignore[method-assign]

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        if self.has_constants:
            kept = zip(values, parents, self.transposes, strict=True)  # type: ignore[arg-type]
            return tuple([v if r is None else Spec(v) if p is None else p for v, p, r in kept])
        return parents if None not in parents else _stand_ins(values, parents)

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


class Multilinear(Transposed):
    """Linear in each argument separately, as a product is.

    ``transposes`` holds one rule an argument, ``transpose(g, *args, **params)``, or, for any
    number of arguments, one that is told which: ``transpose(i, g, *args, **params)``. The rule
    of an argument may read all arguments but that one.
    """

    def __init__(self, *, transposes: tuple[Function, ...] | Function, **row: Any) -> None:
        super().__init__(transposes=transposes, **row)
        if not callable(transposes) and len(transposes) == 2:
            first, second = transposes

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
