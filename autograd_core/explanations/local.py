"""One recorded operation on its own: its forward and its rule, at the operands it had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import Node, Spec
from ..primitive import as_scalar
from ..walks.reverse import fit
from .numbers import quietly, raw


class Local:
    """The operation of a node that was recorded with its values kept, in float64.

    Attributes
    ----------
    node : Node
    values : list of array
        Of the operands; floats in float64.
    moving : list of int
        The operands that have a derivative.
    y : array
    eps : float
        The rounding error of its values: float32's, if it casts to that.
    """

    def __init__(self, node: Node) -> None:
        assert node.primitive is not None
        self.node = node
        self.primitive = node.primitive
        kept = node.extra.operands if node.extra is not None else ()
        self.values = [_wide(v) for v in kept]
        self.moving = [
            i
            for i, p in enumerate(node.parents)
            if p is not None and i < len(self.values) and self.values[i].dtype.kind == "f"
        ]
        self._stand_ins = tuple(
            [
                None if p is None else Spec(v)
                for p, v in zip(node.parents, self.values, strict=False)
            ]
        )
        self.y = self.forward(self.values)
        self.eps = float(np.finfo(self.y.dtype).eps) if self.y.dtype.kind == "f" else 1e-16

    def forward(self, values: Sequence[Any]) -> Any:
        """The value, as an array."""
        y, _ = self._run(values)
        return np.asarray(raw(y))

    def _run(self, values: Sequence[Any]) -> tuple[Any, Any]:
        with quietly():
            given = [v if v.ndim else v[()] for v in values]
            y = self.primitive.forward(*given, **self.node.params)
            # A user's Function leaves its run behind until it is saved.
            return y, self.primitive.save(
                np.asarray(raw(y))[()], given, self._stand_ins, self.node.params
            )

    def rule(self, g: Any) -> list[Any]:
        """The cotangents of the operands, of their shapes; None where the rule gives none."""
        _, saved = self._run(self.values)
        with quietly():
            answers = self.primitive.vjp(
                np.asarray(g)[()], saved, self._stand_ins, self.node.params
            )
            made: list[Any] = []
            for c, spec in zip(answers, self._stand_ins, strict=True):
                if c is None or spec is None:
                    made.append(None)
                else:
                    c = np.asarray(raw(c))[()] if np.ndim(raw(c)) == 0 else raw(c)
                    made.append(np.asarray(fit(as_scalar(c), spec)))  # type: ignore[arg-type]
            return made

    def along(self, i: int, direction: Any, g: Any) -> Any:
        """⟨g, forward⟩ as a function of the distance that operand `i` moved."""

        def phi(t: float) -> float:
            values = list(self.values)
            values[i] = values[i] + t * direction
            with np.errstate(all="ignore"):
                return float(np.sum(g * self.forward(values)))

        return phi


def _wide(value: Any) -> Any:
    array = np.asarray(raw(value))
    return array.astype(np.float64) if array.dtype.kind == "f" else array
