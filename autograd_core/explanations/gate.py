"""An operation that hands on nothing, or not everything, to one of its operands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import Node
from .findings import Finding, positions_of
from .places import Places, line_of, operation_of


@dataclass(frozen=True)
class Gate:
    """An operation that hands nothing, or not everything, to one of its operands.

    Attributes
    ----------
    node : Node
    operand : int
    g : array
        What arrives.
    lost : array of bool, or None
        Of the output's shape: where something arrives and nothing is handed on. None if the
        operation does not work element by element; then nothing at all is handed on.
    y, xs : array, list of array
        The value and the operands; None where they cannot be had.
    places : Places
    """

    node: Node
    operand: int
    g: Any
    lost: Any
    y: Any
    xs: list[Any]
    places: Places

    @property
    def x(self) -> Any:
        """The operand, in the shape of the output if it works element by element."""
        x = self.xs[self.operand]
        if x is None or self.lost is None:
            return x
        return np.broadcast_to(np.asarray(x), np.shape(self.lost))

    @property
    def total(self) -> bool:
        """Whether nothing at all is handed on."""
        if self.lost is None:
            return True
        return bool(np.array_equal(self.lost, np.asarray(self.g) != 0))

    def found(self, kind: str, text: str, cure: str = "", **more: Any) -> Finding:
        lost = self.lost
        count = None if lost is None else int(np.count_nonzero(lost))
        total = None if lost is None else int(np.size(lost))
        return Finding(
            kind,
            f"{text} ({self.places.long(self.node)}).",
            cure,
            operation=operation_of(self.node),
            line=line_of(self.node),
            count=count,
            total=total,
            positions=() if lost is None else positions_of(lost),
            **more,
        )


def dead_units(closed: Any) -> tuple[int, ...]:
    """The units, along the last axis, that are closed for the whole batch."""
    closed = np.asarray(closed)
    if closed.ndim < 2:
        return ()
    return tuple(int(i) for i in np.flatnonzero(closed.all(axis=tuple(range(closed.ndim - 1)))))
