"""What deserves a second look: dead units, saturation, gradients that vanish or explode, NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import Leaf, Node
from ..primitive import PRIMITIVES
from ..tensor import Tensor
from .stats import Stats, stats_of
from .wording import number

#: Each kind of mark, its sign, and how the legend explains it.
MARKS = {
    "dead": ("∅", "dead ReLU: 0 for every row of the batch, so no gradient passes"),
    "saturated": ("≈", "saturated: the slope is below 4 % of its maximum"),
    "vanishing": ("▾", "vanishing: the gradient here is under 1/10 of that in the next layer, or "
                  "under 1/1000 of that in the last"),
    "exploding": ("▴", "exploding: the gradient here is over 10 times that in the next layer, or "
                  "over 1000 times that in the last"),
    "nonfinite": ("!", "not finite: NaN or infinity in the value or the gradient"),
}  # fmt: skip

#: A mark of saturation needs this share of elements.
SATURATED_SHARE = 0.1
#: Of the largest slope; 4 % of that of σ is 0.01.
FLAT = 0.04
NEIGHBOUR, FARTHEST = 10.0, 1000.0

#: Between two limits, and told from its output alone how steep it is.
_SATURATING = frozenset(("sigmoid", "tanh"))
_MATRIX = frozenset(("matmul", "dot", "einsum", "tensordot", "inner"))
_VIEWS = frozenset(("transpose", "reshape", "flatten", "swapaxes", "astype", "alias", "clone"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of a box: one of `MARKS`, and what was found."""

    kind: str
    text: str


def marks_of(
    order: Sequence[Node], values: Mapping[Node, Any], gradients: Mapping[Node, Any]
) -> dict[Node, list[Mark]]:
    """The marks of each node that has some.

    Parameters
    ----------
    order : sequence of Node
        Inputs first.
    values, gradients : mapping of Node to array
        As far as they are known.
    """
    found: dict[Node, list[Mark]] = {}
    sick: dict[Node, bool] = {}
    for node in order:
        value, gradient = values.get(node), gradients.get(node)
        marks = [] if value is None else _of_value(node, value)
        stats = None if value is None else stats_of(value)
        bad = _not_finite(stats, None if gradient is None else stats_of(gradient))
        sick[node] = stats is not None and stats.finite < stats.size
        if bad:
            inputs = [sick.get(p, False) for p in node.parents if p is not None]
            first = sick[node] and not isinstance(node, Leaf) and not any(inputs)
            marks.append(Mark("nonfinite", bad + ("; it begins here" if first else "")))
        if marks:
            found[node] = marks
    for node, mark in _of_layers(order, gradients):
        found.setdefault(node, []).append(mark)
    return found


def _not_finite(value: Stats | None, gradient: Stats | None) -> str:
    parts = []
    for stats, where in ((value, "value"), (gradient, "gradient")):
        if stats is not None and stats.nan + stats.infinite:
            counts = [
                f"{n:,} {what}" for n, what in ((stats.nan, "NaN"), (stats.infinite, "inf")) if n
            ]
            parts.append(f"{' and '.join(counts)} in the {where}")
    return ", ".join(parts)


def _of_value(node: Node, value: Any) -> list[Mark]:
    name = None if node.primitive is None else node.primitive.name
    array = np.asarray(value)
    if name == "relu" or (name == "maximum" and _with_zero(node)):
        return _dead(array)
    known = name in _SATURATING and node.primitive is PRIMITIVES[name]  # not a user's namesake
    return _saturated(node, array) if known and array.size else []


def _with_zero(node: Node) -> bool:
    """Whether it is max(z, 0)."""
    constants = [c.data if isinstance(c, Tensor) else c for c in node.constants]
    return any(c is not None and np.ndim(c) == 0 and float(c) == 0.0 for c in constants)


def _dead(y: np.ndarray[Any, Any]) -> list[Mark]:
    """Units that are 0 in every row; a single example cannot tell."""
    if y.ndim < 2 or y.shape[0] < 2:
        return []
    dead = (y == 0).all(axis=0)
    count = int(dead.sum())
    return [Mark("dead", f"{count:,} of {dead.size:,} units dead")] if count else []


def _saturated(node: Node, y: np.ndarray[Any, Any]) -> list[Mark]:
    """Elements where the declared derivative is small; it is largest at 0."""
    primitive: Any = node.primitive
    (partial,) = primitive.partials
    steepest = partial.action(1.0, primitive.forward(np.float64(0.0)), 0.0)
    count = int((partial.action(1.0, y, None) < FLAT * steepest).sum())
    if count < SATURATED_SHARE * y.size:
        return []
    return [Mark("saturated", f"{count:,} of {y.size:,} saturated")]


# -- layers ---------------------------------------------------------------------------------------


def _of_layers(order: Sequence[Node], gradients: Mapping[Node, Any]) -> list[tuple[Node, Mark]]:
    """Compare the gradient of each layer's output with that of the next and of the last layer.

    A layer is a product with a matrix of weights. Next are the first layers on the ways to the
    result; of several, the one with the largest gradient counts.
    """
    norms = {node: _norm(gradients[node]) for node in order if _is_layer(node, gradients)}
    if len(norms) < 2:
        return []
    following: dict[Node, float] = {}
    last: dict[Node, float] = {}
    for node in reversed(order):
        own = norms.get(node)
        far = node in last
        near, end = (following.get(node), last.get(node)) if own is None else (own, last.get(node))
        if own is not None and not far:
            end = own
        if near is None or end is None:
            continue
        for parent in node.parents:
            if parent is not None:
                following[parent] = max(following.get(parent, 0.0), near)
                last[parent] = max(last.get(parent, 0.0), end)
    marks = []
    for node, own in norms.items():
        if node in following:
            mark = _compared(own, following[node], last[node])
            if mark is not None:
                marks.append((node, mark))
    return marks


def _compared(own: float, near: float, far: float) -> Mark | None:
    for other, where, limit in ((near, "next", NEIGHBOUR), (far, "last", FARTHEST)):
        if not other > 0 or not np.isfinite(own):
            continue
        if own * limit < other:
            return Mark("vanishing", f"gradient {number(own / other)} × that of the {where} layer")
        if own > limit * other:
            return Mark("exploding", f"gradient {number(own / other)} × that of the {where} layer")
    return None


def _is_layer(node: Node, gradients: Mapping[Node, Any]) -> bool:
    if node.primitive is None or node.primitive.name not in _MATRIX or node not in gradients:
        return False
    return any(_is_weight(parent) for parent in node.parents)


def _is_weight(node: Node | None) -> bool:
    while node is not None and node.primitive is not None and node.primitive.name in _VIEWS:
        node = node.parents[0]
    return isinstance(node, Leaf) and len(node.shape) >= 2


def _norm(value: Any) -> float:
    stats = stats_of(value)
    return 0.0 if stats is None else stats.norm
