"""The constructors that keep trees in their normal form: n-ary sums and products.

A difference is a sum with a factor −1, a quotient a product with a power −1, so that few rules
simplify all. Numbers stand in front, equal factors and like terms are joined.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from ..graph import Shape
from .trees import (
    ONE,
    ZERO,
    Call,
    Expr,
    Key,
    Number,
    exact,
    is_call,
    together,
    trimmed,
)


def fitted(e: Expr, shape: Shape) -> Expr:
    """`e`, told to fill `shape`."""
    if trimmed(e.shape) == trimmed(shape):
        return e
    inner = e.args[0] if isinstance(e, Call) and e.head == "broadcast" else e
    return Call("broadcast", (inner,), shape)


def loose(parts: Iterable[Expr]) -> list[Expr]:
    """The parts of an elementwise operation without broadcasts that it does by itself."""
    parts = list(parts)
    whole = together(parts)
    for i, part in enumerate(parts):
        if isinstance(part, Call) and part.head == "broadcast":
            others = [*parts[:i], part.args[0], *parts[i + 1 :]]
            if trimmed(together(others)) == trimmed(whole):
                parts[i] = part.args[0]
    return parts


def scale(number: Any, e: Expr) -> Expr:
    return mul([Number(number), e])


def split(e: Expr) -> tuple[Any, list[Expr]]:
    """A term as its coefficient and its other factors."""
    if isinstance(e, Number):
        return e.value, []
    if isinstance(e, Call) and e.head == "mul":
        first, *rest = e.args
        return (first.value, rest) if isinstance(first, Number) else (Fraction(1), list(e.args))
    return Fraction(1), [e]


def base(e: Expr) -> tuple[Expr, Any]:
    """A factor as a base and an exponent."""
    if isinstance(e, Call) and e.head == "pow":
        exponent = e.args[1]
        assert isinstance(exponent, Number)
        return e.args[0], exponent.value
    return e, Fraction(1)


def mul(factors: Iterable[Expr]) -> Expr:
    """The elementwise product, equal factors joined, the number in front."""
    factors = loose(factors)
    shape = together(factors)
    number: Any = Fraction(1)
    powers: dict[Expr, Any] = {}
    stack = list(reversed(factors))
    while stack:
        e = stack.pop()
        if isinstance(e, Number):
            number = exact(number * e.value)
        elif is_call(e, "mul"):
            stack.extend(reversed(e.args))  # type: ignore[attr-defined]
        else:
            b, n = base(e)
            powers[b] = exact(powers.get(b, Fraction(0)) + n)
    if number == 0:
        return fitted(ZERO, shape)
    rest = [power(b, n) for b, n in powers.items() if n != 0]
    if any(isinstance(r, Number) or is_call(r, "mul") for r in rest):
        return fitted(mul([Number(number), *rest]), shape)
    parts = ([Number(number)] if number != 1 or not rest else []) + rest
    e = parts[0] if len(parts) == 1 else Call("mul", parts, together(parts))
    return fitted(e, shape)


def power(e: Expr, n: Any) -> Expr:
    """A power with a number as exponent."""
    n = exact(n)
    if n == 1:
        return e
    if n == 0:
        return fitted(ONE, e.shape)
    whole = isinstance(n, Fraction) and n.denominator == 1
    if isinstance(e, Number):
        if whole and (e.value != 0 or n > 0):
            return Number(e.value ** int(n))
        if e.value > 0:
            return Number(float(e.value) ** float(n))
    if isinstance(e, Call):
        if e.head == "broadcast":
            return fitted(power(e.args[0], n), e.shape)
        if e.head == "pow" and whole:
            b, m = base(e)
            return power(b, exact(m * n))
        if e.head == "mul" and whole:
            return mul([power(f, n) for f in e.args])
    return Call("pow", (e, Number(n)), e.shape)


def add(terms: Iterable[Expr]) -> Expr:
    """The elementwise sum, like terms joined, a number last."""
    terms = loose(terms)
    shape = together(terms)
    found: dict[Key, list[Any]] = {}
    stack = list(reversed(terms))
    while stack:
        e = stack.pop()
        if is_call(e, "add"):
            stack.extend(reversed(e.args))  # type: ignore[attr-defined]
            continue
        inner = e.args[0] if isinstance(e, Call) and e.head == "broadcast" else e
        number, rest = split(inner if isinstance(inner, Number) else e)
        body = mul(rest) if rest else ONE
        entry = found.setdefault(body.key, [Fraction(0), body])
        entry[0] = exact(entry[0] + number)
    parts = [scale(n, body) for n, body in found.values() if n != 0]
    parts.sort(key=lambda p: isinstance(p, Number))
    if not parts:
        return fitted(ZERO, shape)
    e = parts[0] if len(parts) == 1 else Call("add", parts, together(parts))
    return fitted(e, shape)


def matmul(parts: Iterable[Expr]) -> Expr:
    """The product of matrices, flat; their numbers in front."""
    number: Any = Fraction(1)
    flat: list[Expr] = []
    for e in parts:
        if isinstance(e, Call) and e.head == "mul" and isinstance(e.args[0], Number):
            number = exact(number * e.args[0].value)
            e = mul(e.args[1:])
        flat.extend(e.args if isinstance(e, Call) and e.head == "matmul" else (e,))
    product = Call("matmul", flat, (*flat[0].shape[:-1], flat[-1].shape[-1]))
    return scale(number, product) if number != 1 else product


def transpose(e: Expr) -> Expr:
    """The transpose of a matrix, pushed to where it is written."""
    if len(e.shape) != 2:
        return e
    if isinstance(e, Call):
        if e.head == "transpose":
            return e.args[0]
        if e.head == "matmul":
            return matmul([transpose(a) for a in reversed(e.args)])
    return Call("transpose", (e,), e.shape[::-1])


def total(e: Expr, axes: Iterable[int], keepdims: bool) -> Expr:
    """The sum over axes, counted from the last; what does not depend on them in front of it."""
    ndim = len(e.shape)
    axes = tuple(sorted({a - ndim if a >= 0 else a for a in axes}))
    leading = axes == tuple(range(-ndim, -ndim + len(axes)))
    kept = tuple([1 if i - ndim in axes else n for i, n in enumerate(e.shape)])
    less = tuple([n for i, n in enumerate(e.shape) if i - ndim not in axes])
    keepdims = keepdims and not leading
    shape = kept if keepdims else less
    count = int(np.prod([e.shape[a] for a in axes], dtype=np.int64))
    inner, filled = (e.args[0], e.shape) if is_call(e, "broadcast") else (e, e.shape)  # type: ignore[attr-defined]
    number, factors = split(inner)
    free = [f for f in factors if is_free(f, axes) and (keepdims or leading or not f.shape)]
    bound = [f for f in factors if f not in free]
    if not bound:
        return fitted(mul([Number(exact(number * count)), *free]), shape)
    body = mul(bound)
    if tuple(body.shape) != tuple(filled):
        body = Call("broadcast", (body,), filled)
    summed: Expr = Call("sum", (body,), shape, {"axes": axes, "keepdims": keepdims})
    sums = isinstance(body, Call) and body.head == "sum" and not body.params["keepdims"]
    if sums and not shape:  # of sums: one over all
        (whole,) = body.args  # type: ignore[attr-defined]
        every = tuple(range(-len(whole.shape), 0))
        summed = Call("sum", (whole,), (), {"axes": every, "keepdims": False})
    return fitted(mul([Number(number), *free, summed]), shape)


def is_free(e: Expr, axes: tuple[int, ...]) -> bool:
    return all(-a > len(e.shape) or e.shape[a] == 1 for a in axes)


def reshape(e: Expr, shape: Shape) -> Expr:
    """The same elements in another shape; axes of size 1 in front make none."""
    shape = tuple(shape)
    if tuple(e.shape) == shape or trimmed(e.shape) == trimmed(shape):
        return e
    if isinstance(e, Number):
        return e
    if isinstance(e, Call) and e.head == "broadcast" and isinstance(e.args[0], Number):
        return Call("broadcast", e.args, shape)
    if isinstance(e, Call) and e.head == "sum" and not e.params["keepdims"]:
        (inner,) = e.args
        kept = [1 if i - len(inner.shape) in e.params["axes"] else n
                for i, n in enumerate(inner.shape)]  # fmt: skip
        if tuple(kept) == shape:
            return total(inner, e.params["axes"], True)
    if isinstance(e, Call) and e.head == "mul":
        number, rest = split(e)
        scalars = [f for f in rest if not f.shape]
        others = [f for f in rest if f.shape]
        if (number != 1 or scalars) and len(others) == 1:
            return mul([Number(number), *scalars, reshape(others[0], shape)])
    if isinstance(e, Call) and e.head == "reshape":
        return reshape(e.args[0], shape)
    return Call("reshape", (e,), shape)


def call(head: str, args: Iterable[Expr], shape: Shape, params: Any = None, op: Any = None) -> Expr:
    return Call(head, args, shape, params, op)


def fitted_exactly(e: Expr, shape: Shape) -> Expr:
    """`e` in `shape`, its axes in front too."""
    if tuple(e.shape) == tuple(shape):
        return e
    inner = e.args[0] if isinstance(e, Call) and e.head == "broadcast" else e
    return Call("broadcast", (inner,), shape)
