"""Rules for constants Y of 0 and 1, which choose: Y a + (1 − Y) b."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from . import expression as ex
from .expression import Call, Expr, Number, Symbol
from .rewriting import Knowledge, rule


@rule("where")
def masked(e: Call, known: Knowledge) -> Expr | None:
    """where(Y, a, b) with constants Y of 0 and 1 is Y a + (1 − Y) b."""
    condition, first, second = e.args
    if not isinstance(condition, Symbol) or condition.kind != "constant":
        return None
    if not np.isin(condition.value, (0, 1)).all():
        return None
    other = ex.add([ex.ONE, ex.scale(-1, condition)])
    both = ex.add([ex.mul([condition, first]), ex.mul([other, second])])
    return ex.fitted(both, e.shape)


@rule("pow", "log")
def of_a_choice(e: Call, known: Knowledge) -> Expr | None:
    """f(Y a + (1 − Y) b) = Y f(a) + (1 − Y) f(b), for Y of 0 and 1."""
    choice = _choice(e.args[0])
    if choice is None:
        return None
    y, first, second = choice
    parts = []
    for mask, branch in ((y, first), (ex.add([ex.ONE, ex.scale(-1, y)]), second)):
        applied = (
            ex.power(branch, e.args[1].value)  # type: ignore[attr-defined]
            if e.head == "pow"
            else Call(e.head, (branch,), branch.shape, e.params, e.primitive)
        )
        parts.append(ex.mul([mask, applied]))
    return ex.fitted(ex.add(parts), e.shape)


def _choice(e: Expr) -> tuple[Symbol, Expr, Expr] | None:
    """The Y, a, b of Y a + (1 − Y) b."""
    if not isinstance(e, Call) or e.head != "add" or len(e.args) != 2:
        return None
    for first, second in (e.args, e.args[::-1]):
        for f in ex.split(first)[1]:
            if not _is_mask(f):
                continue
            rest = ex.mul([first, ex.power(f, -1)])
            other = ex.add([ex.ONE, ex.scale(-1, f)])
            if isinstance(second, Call) and other in ex.split(second)[1]:
                return f, rest, ex.mul([second, ex.power(other, -1)])  # type: ignore[return-value]
    return None


def _is_mask(e: Expr) -> bool:
    return isinstance(e, Symbol) and e.kind == "constant" and bool(np.isin(e.value, (0, 1)).all())


@rule("mul")
def two_choices(e: Call, known: Knowledge) -> Expr | None:
    """(Y a + (1 − Y) b) (Y c + (1 − Y) d) = Y a c + (1 − Y) b d, for Y of 0 and 1."""
    found = [(f, choice) for f in e.args if (choice := _choice(f)) is not None]
    for f in e.args if found else ():
        mask = found[0][1][0]
        if (at := _affine(f, mask)) is not None and all(f is not g for g, _ in found):
            found.append((f, (mask, Number(at[1]), Number(at[0]))))
    for i, (first, (mask, a, b)) in enumerate(found):
        for second, (other, c, d) in found[i + 1 :]:
            if mask is other:
                rest = [f for f in e.args if f is not first and f is not second]
                opposite = ex.add([ex.ONE, ex.scale(-1, mask)])
                both = ex.add([ex.mul([mask, a, c]), ex.mul([opposite, b, d])])
                return ex.fitted(ex.mul([*rest, both]), e.shape)
    return None


def _affine(e: Expr, mask: Symbol) -> tuple[Any, Any] | None:
    """The values at Y = 0 and Y = 1 of a number plus a number times Y."""
    if e is mask:
        return Fraction(0), Fraction(1)
    if not isinstance(e, Call) or e.head != "add":
        return None
    at: Any = Fraction(0)
    slope: Any = Fraction(0)
    for term in e.args:
        number, factors = ex.split(term)
        if not factors:
            at += number
        elif factors == [mask]:
            slope += number
        else:
            return None
    return at, ex.exact(at + slope)


@rule("pow")
def of_a_mask(e: Call, known: Knowledge) -> Expr | None:
    """Y² = Y for Y of 0 and 1."""
    n = e.args[1]
    return e.args[0] if _is_mask(e.args[0]) and isinstance(n, Number) and n.value > 0 else None


@rule("mul")
def opposite_masks(e: Call, known: Knowledge) -> Expr | None:
    """Y (1 − Y) = 0 for Y of 0 and 1."""
    _, factors = ex.split(e)
    for f in factors:
        if _is_mask(f) and ex.add([ex.ONE, ex.scale(-1, f)]) in factors:
            return ex.fitted(ex.ZERO, e.shape)
    return None
