"""A check beside every gradient: the loss, computed again with one entry moved a little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...graph import Node
from ...tensor import Tensor

#: How many operations, and how many elements, may be computed for all checks of a page together.
MAX_OPERATIONS = 40_000
MAX_ELEMENTS = 20_000_000

#: The cube root of the precision: it balances what is cut off with what is rounded off.
STEP = float(np.cbrt(np.finfo(np.float64).eps))


@dataclass(frozen=True, slots=True)
class Check:
    """One central difference, and the engine's derivative beside it; or why there is none.

    Attributes
    ----------
    verdict : str
        "agrees", "kink" or "differs"; "large" if it was left out, "none" if it cannot be had.
    entry : tuple of int
        Which entry was moved.
    difference, derivative : float
    why : str
        There is none.
    """

    verdict: str
    entry: tuple[int, ...] = ()
    difference: float = 0.0
    derivative: float = 0.0
    why: str = ""


class Differences:
    """Central differences of the loss with respect to any value of a graph.

    Only what depends on the value is computed again, on plain arrays, in float64. The cost of all
    checks together is bounded: beyond it they are left out, the later ones first.
    """

    def __init__(
        self,
        order: Sequence[Node],
        values: Mapping[Node, Any],
        seeds: Sequence[tuple[Node, Any]],
    ) -> None:
        self.order = order
        self.place = {node: i for i, node in enumerate(order)}
        self.values = {node: _wide(value) for node, value in values.items()}
        self.seeds = seeds
        self.operations = 0
        self.elements = 0

    def check(self, node: Node, blame: Any) -> Check:
        """Compare the largest entry of `blame`, or the only one, with a central difference."""
        g = np.asarray(blame, np.float64)
        if not g.size:
            return Check("none", why="it has no elements")
        if not np.isfinite(g).all():
            return Check("none", why="the blame is not finite")
        later = self._later(node)
        if later is None:
            return Check("large")
        entry = tuple(int(i) for i in np.unravel_index(np.argmax(np.abs(g)), g.shape))
        value = np.asarray(self.values[node])
        step = STEP * max(1.0, abs(float(value[entry])))
        try:
            with np.errstate(all="ignore"):
                low, here, high = [self._loss(node, entry, d, later) for d in (-step, 0.0, step)]
        except Exception as error:  # a user's operation may raise anything
            return Check("none", why=f"the loss could not be computed again: {error}")
        slope = (high - low) / (2 * step)
        found = float(g[entry])
        exact = all([other.dtype == np.float64 for other in (node, *later)])
        verdict = _verdict(found, low, here, high, step, 1e-5 if exact else 2e-3)
        return Check(verdict, entry, slope, found)

    def _later(self, node: Node) -> list[Node] | None:
        """The operations that have to be computed again; None if that is too much."""
        moved = {node}
        later = []
        for other in self.order[self.place[node] + 1 :]:
            if not moved.isdisjoint(other.parents):
                moved.add(other)
                later.append(other)
        self.operations += 3 * len(later)
        self.elements += 3 * sum([other.size for other in later])
        if self.operations > MAX_OPERATIONS or self.elements > MAX_ELEMENTS:
            return None
        return later

    def _loss(self, node: Node, entry: tuple[int, ...], d: float, later: Sequence[Node]) -> float:
        value = np.array(self.values[node], np.float64)
        value[entry] += d
        moved = {node: value[()]}
        for other in later:
            constants = other.constants or (None,) * len(other.parents)
            operands = [
                _wide(c) if p is None else moved.get(p, self.values[p])
                for p, c in zip(other.parents, constants, strict=True)
            ]
            assert other.primitive is not None
            moved[other] = y = other.primitive.forward(*operands, **other.params)
            if np.asarray(y).dtype != np.float64:
                raise TypeError(f"{other.primitive.name} gives {np.asarray(y).dtype}, too coarse")
        total = 0.0
        for root, seed in self.seeds:
            total += float(np.sum(moved.get(root, self.values[root]) * _wide(seed)))
        return total


def _wide(value: Any) -> Any:
    """A value as the rules take it, floats in float64."""
    raw = value.data if isinstance(value, Tensor) else value
    if isinstance(raw, (bool, int)):
        return raw
    array = np.asarray(raw)
    return array.astype(np.float64)[()] if array.dtype.kind == "f" else array[()]


def _verdict(g: float, low: float, here: float, high: float, step: float, relative: float) -> str:
    """``agrees``; ``kink`` where the slopes on the two sides differ; or ``differs``."""
    slope = (high - low) / (2 * step)
    if not np.isfinite(slope):
        return "kink"
    rounded = 8 * np.finfo(np.float64).eps * max(abs(low), abs(here), abs(high)) / step
    near = relative * max(abs(g), abs(slope)) + rounded + 1e-9
    if abs(slope - g) <= near:
        return "agrees"
    left, right = (here - low) / step, (high - here) / step
    return "kink" if abs(right - left) > 1e-2 * max(abs(left), abs(right)) else "differs"
