"""Rules for one-hot labels: what an index picks is a product with Y."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import expression as ex
from .expression import Array, Call, Expr, Number, Symbol
from .rewriting import Knowledge, rule


@rule("getitem")
def picked(e: Call, known: Knowledge) -> Expr | None:
    """One element of each row is the sum of the row times one-hot labels Y."""
    (x,) = e.args
    hot = known.labels(e.params["index"], x.shape)
    return None if hot is None else ex.total(ex.mul([hot, x]), (-1,), False)


@rule("log")
def log_of_picked(e: Call, known: Knowledge) -> Expr | None:
    """ln Σₖ yₖ aₖ = Σₖ yₖ ln aₖ, for one-hot Y."""
    (x,) = e.args
    if not isinstance(x, Call) or x.head != "sum" or x.params["axes"] != (-1,):
        return None
    hot, rest = _picked_from(x.args[0])
    if hot is None:
        return None
    logs = Call("log", (rest,), rest.shape, e.params, e.primitive)
    return ex.total(ex.mul([hot, logs]), (-1,), False)


def _picked_from(e: Expr) -> tuple[Symbol | None, Expr]:
    for f in ex.split(e)[1]:
        if isinstance(f, Symbol) and f.kind == "constant" and is_one_hot(f.value):
            return f, ex.mul([e, ex.power(f, -1)])
    return None, e


def is_one_hot(value: Any) -> bool:
    """Whether each row of an array has a single 1, and 0 elsewhere."""
    value = np.asarray(value)
    return bool(
        value.ndim
        and value.shape[-1] > 1
        and np.isin(value, (0, 1)).all()
        and (value.sum(axis=-1) == 1).all()
    )


@rule("scatter")
def put_back(e: Call, known: Knowledge) -> Expr | None:
    """What was picked with one-hot labels Y is put back by Y: f(ΣYA) becomes Y ⊙ f(A)."""
    hot = known.labels(e.params["index"], e.params["shape"])
    if hot is None:
        return None
    inner = _spread_over(e.args[0], hot)
    return None if inner is None else ex.fitted(ex.mul([hot, inner]), e.shape)


def _spread_over(e: Expr, hot: Symbol) -> Expr | None:
    """`e`, of one element a row, with each picked element replaced by its whole row."""
    if not e.shape:
        return e
    if ex.is_call(e, "broadcast"):
        inner = e.args[0]  # type: ignore[attr-defined]
        return inner if not inner.shape else None
    if not isinstance(e, Call):
        return ex.reshape(e, (*e.shape, 1)) if not isinstance(e, Array) else None
    if e.head == "sum" and e.params["axes"] == (-1,) and not e.params["keepdims"]:
        _, factors = ex.split(e.args[0])
        if hot in factors:
            return ex.mul([e.args[0], ex.power(hot, -1)])
        return ex.total(e.args[0], (-1,), True)
    if e.head in ("add", "mul", "pow", "log", "exp", "sqrt"):
        parts = [_spread_over(a, hot) for a in e.args]
        if any(p is None for p in parts):
            return None
        whole: list[Expr] = [p for p in parts if p is not None]
        if e.head in ("add", "mul", "pow"):
            return ex.rebuilt(Call(e.head, e.args, hot.shape, e.params), whole)
        return Call(e.head, whole, ex.together(whole), e.params, e.primitive)
    return None


@rule("sum")
def of_labels(e: Call, known: Knowledge) -> Expr | None:
    """The sum of one-hot labels over the classes is 1, which is said."""
    (x,) = e.args
    if not isinstance(x, Symbol) or x.kind != "constant" or e.params["axes"] != (-1,):
        return None
    if not is_one_hot(x.value):
        return None
    known.assume(rf"\sum_k {x.latex}_{{k}} = 1", f"Σₖ {x.text}ₖ = 1")
    return ex.fitted(ex.ONE, e.shape)


@rule("mul")
def of_signs(e: Call, known: Knowledge) -> Expr | None:
    """σ((1 − 2y) z) (1 − 2y) = σ(z) − y for labels y of 0 and 1."""
    number, factors = ex.split(e)
    for f in factors:
        labels = _labels_of(f)
        raised = [g for g in factors if labels is not None and _is_sigmoid_of(g, f)]
        if labels is None or not raised:
            continue
        inner: Expr = raised[0].args[0]  # type: ignore[attr-defined]
        z = ex.mul([g for g in ex.split(inner)[1] if g != f] + [Number(ex.split(inner)[0])])
        z = ex.fitted(z, inner.shape)
        activation = Call("sigmoid", (z,), z.shape, raised[0].params, raised[0].primitive)  # type: ignore[attr-defined]
        rest = [g for g in factors if g is not f and g is not raised[0]]
        return ex.mul([Number(number), *rest, ex.add([activation, ex.scale(-1, labels)])])
    return None


def _labels_of(e: Expr) -> Symbol | None:
    """Y of 1 − 2Y, where it holds labels of 0 and 1."""
    if not ex.is_call(e, "add") or len(e.args) != 2:  # type: ignore[attr-defined]
        return None
    parts = [ex.split(a) for a in e.args]  # type: ignore[attr-defined]
    found = [rest[0] for number, rest in parts if number == -2 and len(rest) == 1]
    if not found or all(number != 1 or rest for number, rest in parts):
        return None
    (y,) = found
    binary = isinstance(y, Symbol) and y.kind == "constant" and np.isin(y.value, (0, 1)).all()
    return y if binary and isinstance(y, Symbol) else None


def _is_sigmoid_of(e: Expr, factor: Expr) -> bool:
    return ex.is_call(e, "sigmoid") and factor in ex.split(e.args[0])[1]  # type: ignore[attr-defined]
