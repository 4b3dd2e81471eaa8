"""What a derivation is made of before it is written: equations, and what was found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..errors import GraphError
from ..graph import Node
from .expression import Expr, Symbol
from .rules import Knowledge


class DerivationError(GraphError):
    """An equation whose value is not that of the engine: a fault of the derivation."""


class Reason(NamedTuple):
    """The declared local derivative of an operation, and what its letters stand for."""

    y: Expr
    x: Expr
    formula: str
    letters: dict[str, Expr]


@dataclass(slots=True)
class Equation:
    """A symbol and what it is equal to, in one or more forms, each shorter than the one before."""

    symbol: Symbol
    forms: list[Expr]
    node: Node | None = None
    because: list[Reason] = field(default_factory=list)


@dataclass(slots=True)
class Worked:
    """A derivation before it is written.

    Attributes
    ----------
    forward, backward : list of Equation
    path : list of Symbol
        The values from the loss to w, along one path.
    paths : int
        How many paths there are.
    known : Knowledge
    gradient : array
        As the engine has it.
    notes : list of str
    constants : list of Symbol
        What the equations start from: weights, data, labels.
    root : Node or None
        The loss.
    """

    forward: list[Equation] = field(default_factory=list)
    backward: list[Equation] = field(default_factory=list)
    path: list[Symbol] = field(default_factory=list)
    paths: int = 0
    known: Knowledge = field(default_factory=Knowledge)
    gradient: Any = None
    notes: list[str] = field(default_factory=list)
    constants: list[Symbol] = field(default_factory=list)
    root: Node | None = None


def leading_to(target: Node, order: Sequence[Node]) -> set[Node]:
    """The nodes through which `target` reaches the end of `order`."""
    wanted = {target}
    for node in order:
        if node not in wanted and any([p in wanted for p in node.parents]):
            wanted.add(node)
    return wanted


def close(a: Any, b: Any) -> bool:
    """Equal up to rounding, in units of the largest element."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    eps = 2e-4 if b.dtype == np.float32 else 1e-8
    finite = b[np.isfinite(b)]
    top = float(np.abs(finite).max()) if finite.size else 0.0
    return bool(np.allclose(a, b, rtol=eps, atol=eps * top, equal_nan=True))
