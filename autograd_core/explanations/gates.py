"""Why an operation hands on nothing: a reason for each kind of gate.

No derivative is written down here. What an operation hands on was asked of its own rule; these
functions look at the operands to tell why it is nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import PRIMITIVES
from .findings import Finding, count_words, listing, range_words
from .gate import Gate, dead_units
from .places import operation_of


def reason(gate: Gate) -> Finding:
    """Why the gate is closed."""
    words = _REASONS.get(operation_of(gate.node), _any)
    if any(x is None for x in gate.xs) or gate.y is None:
        return gate.found("closed", f"{operation_of(gate.node)} hands on no gradient here")
    return words(gate) or _any(gate)


def _closed_words(gate: Gate, closed: Any, what: str) -> tuple[str, tuple[int, ...]]:
    """Who is closed: units for the whole batch, or so many elements."""
    closed = np.asarray(closed)
    units = dead_units(closed)
    if closed.ndim < 2:
        if not closed.ndim:
            return f"{what} is closed", ()
        which = listing([int(i) for i in np.flatnonzero(closed)])
        return f"{what} is closed for {count_words(int(closed.sum()), closed.size, 'element')}" + (
            "" if closed.all() else f" ({which})"
        ), ()
    examples = closed.size // closed.shape[-1] if closed.shape[-1] else 0
    if units:
        which = "" if len(units) == closed.shape[-1] else f" ({listing(units)})"
        return (
            f"{count_words(len(units), closed.shape[-1], 'unit')}{which} of {what} "
            f"{'is' if len(units) == 1 else 'are'} closed for all {examples:,} examples",
            units,
        )
    many = count_words(int(closed.sum()), closed.size, "element")
    return f"{what} is closed in {many}, in no unit for all {examples:,} examples", ()


def _relu(gate: Gate) -> Finding:
    closed = np.asarray(gate.y) == 0
    who, units = _closed_words(gate, closed, "the ReLU")
    those = closed if not units else np.isin(np.arange(closed.shape[-1]), units) & closed
    inputs = range_words(np.asarray(gate.x)[those])
    text = f"Dead: {who}; what enters there is {inputs}, and max(0, z) has slope 0 below 0"
    everywhere = units or closed.all()
    cure = (
        "A unit that is closed for every example learns nothing: use a smaller step size, another "
        "initialization or nn.LeakyReLU."
        if everywhere
        else ""
    )
    return gate.found("dead" if everywhere else "partly dead", text, cure, units=units)


def _extreme(gate: Gate) -> Finding:
    name = operation_of(gate.node)
    other = gate.xs[1 - gate.operand]
    if name == "maximum" and np.ndim(other) == 0 and other == 0:
        return _relu(gate)
    word = "larger" if name == "maximum" else "smaller"
    text = f"Not taken: the other operand of {name} is {word} in {_many(gate)}"
    return gate.found("not taken", text)


def _many(gate: Gate) -> str:
    if not np.ndim(gate.lost):
        return "this place"
    return count_words(int(np.count_nonzero(gate.lost)), int(np.size(gate.lost)), "element")


def _clip(gate: Gate) -> Finding | None:
    if gate.operand:
        return None
    x = np.asarray(gate.x)[np.asarray(gate.lost)]
    low, high = (range_words(v) for v in gate.xs[1:])
    text = (
        f"Cut off: {_many(gate)} {range_words(x)}, outside of [{low}, {high}], where clip is flat"
    )
    return gate.found("clipped", text, "Widen the bounds, or clip the gradient instead.")


def _saturated(gate: Gate) -> Finding:
    name = operation_of(gate.node)
    lost = np.asarray(gate.lost)
    x, y = np.asarray(gate.x)[lost], np.asarray(gate.y)[lost]
    text = (
        f"Saturated: {name} is flat to the last digit in {_many(gate)}: its input is "
        f"{range_words(x)} there, its output {range_words(y)}"
    )
    return gate.found(
        "saturated",
        text,
        "Scale the inputs or the initial weights down"
        + (", or take the loss of the logits: nn.BCEWithLogitsLoss" if name == "sigmoid" else "")
        + ".",
        units=dead_units(lost),
    )


def _underflow(gate: Gate) -> Finding | None:
    lost = np.asarray(gate.lost)
    if np.asarray(gate.y)[lost].any():
        return None
    text = (
        f"Saturated: exp is rounded to 0 in {_many(gate)}, as its input is "
        f"{range_words(np.asarray(gate.x)[lost])} there"
    )
    return gate.found(
        "saturated",
        text,
        "In a softmax the other classes are certain by far: scale the logits down, or take the "
        "loss of the logits, as log_softmax and nn.CrossEntropyLoss do.",
    )


def _step(gate: Gate) -> Finding:
    text = f"A step: {operation_of(gate.node)} is constant between its jumps, so its slope is 0"
    return gate.found(
        "step", text, "Train with a smooth one in its place (sigmoid, tanh), and step afterwards."
    )


def _product(gate: Gate) -> Finding | None:
    other = gate.xs[1 - gate.operand]
    lost = np.asarray(gate.lost)
    if np.broadcast_to(np.asarray(other), lost.shape)[lost].any():
        return None
    module = gate.places.module(gate.node) or ""
    if gate.node.parents[1 - gate.operand] is None and "Dropout" in module:
        return gate.found("dropped", f"Dropped: dropout set {_many(gate)} to 0 in this pass")
    constant = gate.node.parents[1 - gate.operand] is None
    what = "a constant that is 0" if constant else "another value that is 0"
    who = _many(gate)
    return gate.found(
        "times zero", f"Multiplied by zero: the other factor is {what} in {who}", units=()
    )


def _divided(gate: Gate) -> Finding | None:
    if gate.operand == 1 and not np.asarray(gate.y)[np.asarray(gate.lost)].any():
        text = f"The numerator is 0 in {_many(gate)}, so the quotient does not depend on the rest"
        return gate.found("times zero", text)
    return None


def _matmul(gate: Gate) -> Finding | None:
    other = np.asarray(gate.xs[1 - gate.operand])
    if other.any():
        return gate.found(
            "cancels",
            "Cancels: the contributions to each entry of this product (of the examples of the "
            "batch, or of the units) add up to exactly 0"
            if np.all(np.isfinite(other))
            else "No gradient leaves this product",
        )
    side = "right" if gate.operand == 0 else "left"
    constant = gate.node.parents[1 - gate.operand] is None
    cure = (
        "The input is all zeros: look at the data and its preprocessing."
        if constant
        else "Weights that all start at 0 stop the gradient of what is in front of them: use "
        "random ones."
    )
    text = f"Multiplied by zero: the {side} factor of the matrix product is 0 everywhere"
    return gate.found("times zero", text, cure)


def _where(gate: Gate) -> Finding:
    return gate.found("not taken", f"Not taken: where chose the other branch in {_many(gate)}")


def _largest(gate: Gate) -> Finding:
    name = operation_of(gate.node)
    return gate.found("not taken", f"Not taken: {name} chose other elements")


def _indexed(gate: Gate) -> Finding:
    return gate.found("not taken", "Not taken: the index selects other elements")


def _elsewhere(gate: Gate) -> Finding | None:
    if not np.any(gate.g):
        return None
    name = operation_of(gate.node)
    return gate.found(
        "not taken",
        f"Not taken: what comes back to {name} belongs to other elements than this operand's; what "
        f"follows chose those",
    )


def _stationary(gate: Gate) -> Finding:
    name = operation_of(gate.node)
    where = "" if gate.lost is None else f" in {_many(gate)}"
    x = gate.x if gate.lost is None else np.asarray(gate.x)[np.asarray(gate.lost)]
    text = f"Stationary: {name} has slope 0 at {range_words(x)}{where}"
    if name in ("square", "absolute", "norm", "power"):
        return gate.found("stationary", text, "This is a minimum: there is nothing to learn here.")
    return gate.found("stationary", text)


def _any(gate: Gate) -> Finding:
    name = operation_of(gate.node)
    if PRIMITIVES.get(name) is not gate.node.primitive:
        text = f"The rule of {name}, which is not the library's, answers 0 or None"
        return gate.found("own rule", text, "Check it: ag.bisect_gradient(f, x).")
    if gate.lost is None:
        return gate.found("closed", f"{name} hands on no gradient")
    return _stationary(gate)


_REASONS: dict[str, Callable[[Gate], Finding | None]] = {
    "relu": _relu,
    "maximum": _extreme,
    "minimum": _extreme,
    "clip": _clip,
    "sigmoid": _saturated,
    "tanh": _saturated,
    "erf": _saturated,
    "exp": _underflow,
    "exp2": _underflow,
    "multiply": _product,
    "divide": _divided,
    "matmul": _matmul,
    "where": _where,
    "max": _largest,
    "min": _largest,
    "getitem": _indexed,
    "concatenate": _elsewhere,
    **dict.fromkeys(("sign", "floor", "ceil", "trunc", "rint", "floor_divide"), _step),
}
