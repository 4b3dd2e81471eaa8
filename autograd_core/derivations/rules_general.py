"""The rewrite rules of any derivation: each from a tree to an equal one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from . import expression as ex
from .expression import Call, Expr, Number, Symbol
from .rewriting import Knowledge, rule


@rule("mul")
def softmax_written_out(e: Call, known: Knowledge) -> Expr | None:
    """e^(z − c) / Σ e^(z − c) = softmax z; a shift c of whole rows changes nothing."""
    number, factors = ex.split(e)
    powers = dict(map(ex.base, factors))
    for b, n in powers.items():
        if not (isinstance(b, Call) and b.head == "sum" and n < 0 and len(b.params["axes"]) == 1):
            continue
        (raised,) = b.args
        if not ex.is_call(raised, "exp") or powers.get(raised, 0) < 1:
            continue
        (axis,) = b.params["axes"]
        z = _unshifted(raised.args[0], axis)  # type: ignore[attr-defined]
        found: Expr = Call("softmax", (z,), raised.shape, {"axis": axis})
        rest = [ex.power(c, m - (c == raised) + (c == b)) for c, m in powers.items()]
        return ex.fitted(ex.mul([Number(number), known.named.get(found, found), *rest]), e.shape)
    return None


def _unshifted(z: Expr, axis: int) -> Expr:
    if not isinstance(z, Call) or z.head != "add":
        return z
    kept = [t for t in z.args if not ex.is_free(t, (axis,))]
    rest = ex.add(kept) if kept else z
    return rest if rest.shape == z.shape else z


@rule("mul")
def named_product(e: Call, known: Knowledge) -> Expr | None:
    """Factors that a name stands for: e · s⁻¹ is A where A was defined so."""
    number, factors = ex.split(e)
    powers = dict(map(ex.base, factors))
    for tree, symbol in known.products:
        own_number, own = ex.split(tree)
        wanted = dict(map(ex.base, own))
        if all(b in powers and _covers(powers[b], n) for b, n in wanted.items()):
            rest = [ex.power(b, n - wanted.get(b, 0)) for b, n in powers.items()]
            coefficient = Number(ex.exact(number / own_number))
            return ex.fitted(ex.mul([coefficient, symbol, *rest]), e.shape)
    return None


def _covers(n: Any, wanted: Any) -> bool:
    return bool(n * wanted > 0 and abs(n) >= abs(wanted))


@rule("add")
def common_factors(e: Call, known: Knowledge) -> Expr | None:
    """ab + ac = a (b + c); and a number that all, or most, of the terms share."""
    terms = [ex.split(t) for t in e.args]
    powers = [dict(map(ex.base, factors)) for _, factors in terms]
    shared: list[Expr] = []
    for b, n in powers[0].items():
        exponents = [p.get(b, Fraction(0)) for p in powers]
        if all(m > 0 for m in exponents) or all(m < 0 for m in exponents):
            least = min(exponents, key=abs)
            shared.append(ex.power(b, least))
        del n
    number = _shared_number([n for n, _ in terms])
    if not shared and number == 1:
        return None
    divisor = [Number(ex.exact(1 / number)), *[ex.power(f, -1) for f in shared]]
    rest = ex.add([ex.mul([*divisor, t]) for t in e.args])
    if isinstance(rest, Call) and rest.head == "add":
        return ex.fitted(
            Call("mul", [*_one(number), *shared, rest], ex.together([*shared, rest])), e.shape
        )
    return ex.fitted(ex.mul([Number(number), *shared, rest]), e.shape)


def _one(number: Any) -> list[Expr]:
    return [] if number == 1 else [Number(number)]


def _shared_number(numbers: list[Any]) -> Any:
    """The size that all coefficients have, or 1/n that at least two, and most, have."""
    sizes = [abs(n) for n in numbers]
    positive = sum([n > 0 for n in numbers])
    sign = 1 if positive else -1
    if len(set(sizes)) == 1:
        return ex.exact(sign * sizes[0])
    for size in sizes:
        unit = isinstance(size, Fraction) and size.numerator == 1 and size != 1
        if unit and sizes.count(size) >= 2 and 2 * sizes.count(size) > len(sizes):
            return size
    return Fraction(1)


@rule("exp")
def exp_of_log(e: Call, known: Knowledge) -> Expr | None:
    """e^(ln softmax z) = softmax z; e^(ln x) = x."""
    inner = _definition(e.args[0])
    if ex.is_call(inner, "log_softmax"):
        assert isinstance(inner, Call)
        found = Call("softmax", inner.args, e.shape, inner.params)
        if found not in known.named and known.activation is not None:
            return known.activation(found)
        return known.named.get(found, found)
    return inner.args[0] if isinstance(inner, Call) and inner.head == "log" else None


@rule("logaddexp")
def softplus(e: Call, known: Knowledge) -> Expr | None:
    """ln(e^x + e^0) = ln(1 + e^x)."""
    if not ex.is_number(e.args[1], 0):
        return None
    from ..primitive import PRIMITIVES

    raised = Call("exp", e.args[:1], e.shape, {}, PRIMITIVES["exp"])
    return Call("log", (ex.add([raised, ex.ONE]),), e.shape, {}, PRIMITIVES["log"])


def _definition(e: Expr) -> Expr:
    """The tree behind a name."""
    return e.definition if isinstance(e, Symbol) and e.definition is not None else e


@rule("not_equal", "equal")
def of_relu(e: Call, known: Knowledge) -> Expr | None:
    """max(0, z) ≠ 0 is z > 0, and = 0 is z ≤ 0."""
    inner = _definition(e.args[0])
    if isinstance(inner, Call) and inner.head == "relu" and ex.is_number(e.args[1], 0):
        from ..primitive import PRIMITIVES

        name = "greater" if e.head == "not_equal" else "less_equal"
        return Call(name, (inner.args[0], ex.ZERO), e.shape, {}, PRIMITIVES[name])
    return None


@rule("where")
def guarded(e: Call, known: Knowledge) -> Expr | None:
    """where(x = 0, c, x) guards a division by 0: elsewhere it is x."""
    condition, first, second = e.args
    if not isinstance(condition, Call):
        return None
    if condition.head == "equal" and condition.args[0] == second and isinstance(first, Number):
        return ex.fitted(second, e.shape)
    if condition.head == "equal" and isinstance(first, Number):
        b, number = condition.args[0], condition.args[1]
        if ex.is_number(number, 0) and second == ex.add([b, Number(-1)]):
            return ex.fitted(second, e.shape)
    return None


@rule("where")
def nested(e: Call, known: Knowledge) -> Expr | None:
    """Within the branches of a choice, the same choice has been made."""
    condition = e.args[0]
    branches = []
    for i, branch in enumerate(e.args[1:], start=1):
        inner = [t for t in ex.walk(branch) if isinstance(t, Call) and t.head == "where"]
        same = {t.key: t.args[i] for t in inner if t.args[0] == condition}
        branches.append(
            ex.mapped(branch, lambda t, same=same: same.get(t.key, t)) if same else branch  # type: ignore[misc]
        )
    if all(a is b for a, b in zip(branches, e.args[1:], strict=True)):
        return None
    return Call("where", (condition, *branches), e.shape, e.params, e.primitive)


@rule("sum")
def of_centered(e: Call, known: Knowledge) -> Expr | None:
    """Σ (… + c (z − μ)) has no part of z − μ, where μ is the mean of z over the same axes."""
    inner, axes = e.args[0], e.params["axes"]
    if not isinstance(inner, Call) or inner.head != "add":
        return None
    if _centered(inner, axes):
        return ex.fitted(ex.ZERO, e.shape)
    parts = []
    changed = False
    for term in inner.args:
        part = ex.total(ex.fitted_exactly(term, inner.shape), axes, e.params["keepdims"])
        factors = ex.split(part)[1]
        if any(ex.is_call(f, "sum") and _centered(f.args[0], axes) for f in factors):  # type: ignore[attr-defined]
            changed = True
        else:
            parts.append(part)
    if not changed:
        return None
    return ex.fitted(ex.add(parts), e.shape) if parts else ex.fitted(ex.ZERO, e.shape)


def _centered(e: Expr, axes: Any) -> bool:
    """Whether a tree is z − μ with μ the mean of z over `axes`."""
    if not isinstance(e, Call) or e.head != "add" or len(e.args) != 2:
        return False
    for z, minus in (e.args, e.args[::-1]):
        number, factors = ex.split(minus)
        if number == -1 and len(factors) == 1 and isinstance(factors[0], Symbol):
            mean = factors[0].definition
            n = int(np.prod([z.shape[a] for a in axes])) if len(z.shape) >= -min(axes) else 0
            if mean is not None and n and mean == ex.scale(Fraction(1, n), ex.total(z, axes, True)):
                return True
    return False
