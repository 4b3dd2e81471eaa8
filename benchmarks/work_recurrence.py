"""A recurrence in scalars, h ← relu(w·h + b), three nodes a step, and its gradient by w and b."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

START, W, B = 0.1, 0.9999, 0.0003


class Engine(Protocol):
    """The recurrence."""

    def __call__(self) -> tuple[float, float, float]:
        """The last h, and its derivatives by w and b."""


@dataclass(frozen=True)
class Recurrence:
    """How many steps."""

    steps: int


def make_recurrence(nodes: int) -> Recurrence:
    """A recurrence of so many recorded nodes."""
    return Recurrence(max(1, nodes // 3))


def disagreement(
    make: Callable[[Recurrence], Engine],
    reference: Callable[[Recurrence], Engine],
    problem: Recurrence,
    steps: int = 3,
) -> str | None:
    """What differs after some calls from the derivatives that are carried forward, or None."""
    h, by_w, by_b = START, 0.0, 0.0
    for _ in range(problem.steps):
        by_w, by_b, h = W * by_w + h, W * by_b + 1, W * h + B
    engine = make(problem)
    for _ in range(min(steps, 2)):
        got = engine()
        if not np.allclose([float(v) for v in got], (h, by_w, by_b), rtol=1e-9):
            return f"{got} instead of {(h, by_w, by_b)}"
    return None
