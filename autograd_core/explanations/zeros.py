"""Why a gradient is zero, everywhere or in places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Node
from .findings import Finding, count_words, listing, number
from .gate import Gate, dead_units
from .gates import reason
from .numbers import Numbers, quietly, size_of
from .places import Places, line_of, operation_of

#: What is left of contributions that cancel but for rounding.
ROUNDING = 1e-12
#: Operations that may hand on a part; what they keep back has nowhere else to go.
_PARTIAL = frozenset(
    ("relu", "maximum", "minimum", "clip", "sigmoid", "tanh", "exp", "multiply", "where")
)
#: A part of a gradient is worth a word if this much of it is kept back.
_MUCH = 0.5
_MOST_PARTIAL = 20_000


def is_zero(value: Any) -> bool:
    return not np.any(value)


def remains(numbers: Numbers, node: Node) -> float:
    """‖Σ contributions‖ / Σ‖contributions‖ at a node: 1 where nothing cancels."""
    whole = numbers.contributions[node]
    return size_of(numbers.cotangents[node]) / whole if whole and np.isfinite(whole) else 1.0


def cancelled(numbers: Numbers, node: Node) -> bool:
    """Whether what meets at a node adds up to nothing but rounding."""
    scale = ROUNDING if node.dtype == np.float64 else 1e-6
    return numbers.contributions[node] > 0 and remains(numbers, node) < scale


def zero_reasons(numbers: Numbers, places: Places) -> list[Finding]:
    """Where the gradient of w came to nothing."""
    if is_zero(numbers.seed):
        return [
            Finding("seed", "The backward pass was started with a gradient of the loss that is 0.")
        ]
    found = [*_frontier(numbers, places)]
    if len(found) < 8:
        found += [
            f for f in partial_reasons(numbers, places) if f.text not in {g.text for g in found}
        ]
    return found


def _frontier(numbers: Numbers, places: Places) -> Iterator[Finding]:
    """The operations at which a gradient arrives and from which none leaves towards w."""
    gone = {n: is_zero(numbers.cotangents[n]) or cancelled(numbers, n) for n in numbers.between}
    joins: set[Node] = set()
    seen = 0
    for node in reversed(numbers.between):
        if gone[node] or seen >= 8:
            continue
        for i, parent, weight in numbers.edges.get(node, ()):
            if not gone[parent]:
                continue
            if weight and numbers.contributions[parent]:
                if parent not in joins:
                    joins.add(parent)
                    seen += 1
                    yield cancel_finding(numbers, places, parent)
            else:
                seen += 1
                yield _closed(numbers, places, node, i)


def cancel_finding(numbers: Numbers, places: Places, join: Node) -> Finding:
    """What meets at `join` adds up to (nearly) nothing."""
    consumers = [
        (node, weight)
        for node in numbers.between
        for _, parent, weight in numbers.edges.get(node, ())
        if parent is join and weight
    ]
    left = remains(numbers, join)
    exact = is_zero(numbers.cotangents[join])
    how = "exactly" if exact else "up to rounding" if cancelled(numbers, join) else "nearly"
    names = [operation_of(node) for node, _ in consumers]
    text = (
        f"Cancels {how}: {len(consumers)} contributions meet at {places.long(join)}, from "
        f"{listing(names, 4)}, and add up to "
        + ("0" if exact else f"{number(left)} of the sum of their sizes")
    )
    cure = ""
    shares = [numbers.values.get(node) for node, _ in consumers if operation_of(node) == "divide"]
    if operation_of(join) == "exp" and "sum" in names and exact and any(map(_is_certain, shares)):
        text = (
            f"Saturated: this softmax is certain to the last digit, 1 for one class and 0 for the "
            f"others ({places.long(join)})"
        )
        cure = (
            "Scale the logits down, or take the loss of the logits: nn.CrossEntropyLoss, "
            "log_softmax."
        )
        return Finding("saturated", text, cure, operation="softmax", line=line_of(join))
    if how != "nearly":
        cure = "The loss does not depend on this value, whatever it is: is a difference intended?"
    return Finding(
        "cancels", text, cure, operation=operation_of(join), line=line_of(join), data=left
    )


def _is_certain(shares: Any) -> bool:
    """Whether probabilities are 0 and 1 to the last digit."""
    if shares is None or not np.size(shares):
        return False
    p = np.asarray(shares)
    eps = np.finfo(p.dtype).eps
    return bool(((p <= eps) | (p >= 1 - eps)).all())


def _closed(numbers: Numbers, places: Places, node: Node, i: int) -> Finding:
    """Why `node` hands nothing to its operand `i`."""
    gate, c = _gate(numbers, places, node, i)
    if c is not None and np.any(c):
        return Finding(
            "cancels",
            f"Cancels exactly: what {places.long(node)} hands to its operand is summed over the "
            f"axes along which that was broadcast, and the sum is 0",
            operation=operation_of(node),
            line=line_of(node),
        )
    if not gate.node.shape or gate.lost is not None:
        with quietly():
            unit = numbers.pulled(node, np.sign(gate.g), only=i)[i]
        if unit is not None and np.any(unit):
            return Finding(
                "vanishing",
                f"Underflow: what arrives at {places.long(node)} is so small "
                f"({number(float(np.abs(gate.g).max()))}) that the next product is rounded to 0",
                "Scale the loss up, or compute with logarithms.",
                operation=operation_of(node),
                line=line_of(node),
            )
    return reason(gate)


def _gate(numbers: Numbers, places: Places, node: Node, i: int) -> tuple[Gate, Any]:
    g = numbers.cotangents[node]
    with quietly():
        c = numbers.pulled(node, g, only=i)[i]
    lost = None
    if c is None or np.shape(c) == node.shape:
        lost = (np.asarray(g) != 0) & (True if c is None else np.asarray(c) == 0)
    elementwise = operation_of(node) in _PARTIAL or hasattr(node.primitive, "partials")
    xs = numbers.operands(node) or [None] * len(node.parents)
    y = numbers.values.get(node)
    return Gate(node, i, g, lost if elementwise else None, y, xs, places), c


def partial_reasons(numbers: Numbers, places: Places) -> Iterator[Finding]:
    """Operations that keep much of a gradient back, the nearest to w first."""
    count = 0
    for node in numbers.between[1:] if len(numbers.between) < _MOST_PARTIAL else ():
        if operation_of(node) not in _PARTIAL or is_zero(numbers.cotangents[node]):
            continue
        edges = numbers.edges.get(node, ())
        if len(edges) != 1 or not node.shape:
            continue
        gate, _ = _gate(numbers, places, node, edges[0][0])
        arriving = np.count_nonzero(gate.g)
        lost = np.count_nonzero(gate.lost)
        if lost and (dead_units(gate.lost) or lost >= _MUCH * arriving) and count < 6:
            count += 1
            yield reason(gate)


def where_zero(gradient: Any) -> str:
    """Which entries of a gradient are zero: whole rows, whole columns, or how many."""
    array = np.asarray(gradient)
    zero = array == 0
    count = int(np.count_nonzero(zero))
    words = f"{count:,} of {array.size:,} entries {'is' if count == 1 else 'are'} exactly zero"
    parts = []
    if array.ndim == 2 and count < array.size:
        for axis, what in ((1, "row"), (0, "column")):
            lines = [int(i) for i in np.flatnonzero(zero.all(axis=axis))]
            if lines:
                many = "" if len(lines) == 1 else "s"
                parts.append(f"all of {what}{many} {listing(lines, 6)}")
    elif array.ndim == 1 and count < array.size:
        parts.append(f"at {listing([int(i) for i in np.flatnonzero(zero)], 8)}")
    return words + (f": {'; '.join(parts)}" if parts else "")


def zero_inputs(numbers: Numbers, places: Places) -> Iterator[Finding]:
    """Inputs of a layer that are 0 in all examples, whose weights get no gradient."""
    w = numbers.w
    for node in numbers.between[1:]:
        if operation_of(node) != "matmul" or node.parents[1] is not w:
            continue
        xs = numbers.operands(node)
        if xs is None or np.ndim(xs[0]) < 2:
            continue
        units = dead_units(np.asarray(xs[0]) == 0)
        if units and len(units) < np.shape(xs[0])[-1]:
            many = count_words(len(units), np.shape(xs[0])[-1], "input")
            yield Finding(
                "zero input",
                f"{many} ({listing(units)}) of {places.long(node)} "
                f"{'is' if len(units) == 1 else 'are'} 0 in all examples, so the weights from "
                f"there get no gradient",
                operation="matmul",
                line=line_of(node),
                units=units,
            )
