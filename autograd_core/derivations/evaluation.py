"""Walks over trees: their parts, their size, rewritten copies, and their value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .algebra import (
    add,
    fitted,
    fitted_exactly,
    matmul,
    mul,
    power,
    reshape,
    total,
    transpose,
)
from .trees import (
    Array,
    Call,
    Expr,
    Key,
    Number,
    Symbol,
    is_number,
    trimmed,
)


def walk(e: Expr) -> list[Expr]:
    """All subtrees, parts before wholes."""
    order: list[Expr] = []
    stack = [(e, False)]
    while stack:
        tree, done = stack.pop()
        if done or not isinstance(tree, Call):
            order.append(tree)
        else:
            stack.append((tree, True))
            stack.extend([(a, False) for a in reversed(tree.args)])
    return order


def size(e: Expr) -> int:
    """How much there is to read; a sign or a power counts little."""
    return sum([1 if isinstance(t, Call) and t.head in ("pow", "transpose", "broadcast")
                else 0 if is_number(t) else 2 for t in walk(e)])  # fmt: skip


def rebuilt(e: Call, args: list[Expr]) -> Expr:
    """The same operation on other arguments, by its constructor."""
    if e.head not in ("add", "mul", "pow", "broadcast", "reshape", "sum"):
        args = [fitted_exactly(a, old.shape) for a, old in zip(args, e.args, strict=True)]
    if e.head == "add":
        return fitted(add(args), e.shape)
    if e.head == "mul":
        return fitted(mul(args), e.shape)
    if e.head == "pow":
        assert isinstance(args[1], Number)
        return power(args[0], args[1].value)
    if e.head == "matmul":
        return matmul(args)
    if e.head == "transpose":
        return transpose(args[0])
    if e.head == "sum":
        body = args[0]
        if tuple(body.shape) != tuple(e.args[0].shape):
            body = fitted_exactly(body, e.args[0].shape)
        return total(body, e.params["axes"], e.params["keepdims"])
    if e.head == "reshape":
        return reshape(args[0], e.shape)
    if e.head == "broadcast":
        return fitted(args[0], e.shape)
    return Call(e.head, args, e.shape, e.params, e.primitive)


def mapped(e: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """`e` rebuilt from its leaves, each subtree changed by `change`."""
    done: dict[Key, Expr] = {}
    for tree in walk(e):
        if tree.key in done:
            continue
        new = tree
        if isinstance(tree, Call):
            args = [done[a.key] for a in tree.args]
            if any(a is not b for a, b in zip(args, tree.args, strict=True)):
                new = rebuilt(tree, args)
        done[tree.key] = change(new)
    return done[e.key]


def evaluate(e: Expr, values: Mapping[Key, Any] | None = None) -> Any:
    """The value of a tree, as NumPy computes it; `values` replaces those of symbols."""
    done: dict[Key, Any] = {}
    for tree in walk(e):
        if tree.key not in done:
            done[tree.key] = _value(tree, done, values or {})
    return done[e.key]


def _value(e: Expr, done: Mapping[Key, Any], values: Mapping[Key, Any]) -> Any:
    if isinstance(e, Number):
        return float(e.value)
    if isinstance(e, Symbol):
        known = values.get(e.key, e.value)
        # The engine holds a float64 of no axes as a Python float; next to a float32 NumPy takes
        # that for a number without a dtype, as a setting is.
        return np.float64(known) if type(known) is float and e.kind != "setting" else known
    if isinstance(e, Array):
        return e.value
    assert isinstance(e, Call)
    args = [done[a.key] for a in e.args]
    if e.head == "add":
        return _fold(np.add, args)
    if e.head == "mul":
        return _fold(np.multiply, args)
    if e.head == "pow":
        n = args[1]
        return 1.0 / np.asarray(args[0], float) ** -n if n < 0 else np.asarray(args[0], float) ** n
    if e.head == "matmul":
        return _fold(np.matmul, args)
    if e.head == "transpose":
        return np.transpose(args[0])
    if e.head == "sum":
        shaped = np.broadcast_to(args[0], e.args[0].shape)
        return np.sum(shaped, axis=e.params["axes"], keepdims=e.params["keepdims"])
    if e.head == "reshape":
        return np.reshape(args[0], e.shape)
    if e.head == "broadcast":
        return np.broadcast_to(np.reshape(args[0], trimmed(np.shape(args[0]))), e.shape)
    if e.head == "softmax":
        top = np.max(args[0], axis=e.params["axis"], keepdims=True)
        raised = np.exp(args[0] - top)
        return raised / np.sum(raised, axis=e.params["axis"], keepdims=True)
    return e.primitive.forward(*args, **e.params)


def _fold(operation: Any, args: list[Any]) -> Any:
    result = args[0]
    for arg in args[1:]:
        result = operation(result, arg)
    return result
