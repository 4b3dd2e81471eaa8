"""sum(tanh(x) · exp(−x²)) and its gradient, as a fresh array at every call; float32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Engine(Protocol):
    """The function with its gradient."""

    def __call__(self) -> tuple[Any, Any]:
        """The sum and the gradient by x, which later calls leave as it is."""

    def array(self, gradient: Any) -> Array:
        """A gradient as a NumPy array."""


@dataclass(frozen=True)
class Numbers:
    """Where the function is evaluated."""

    x: Array


def make_numbers(n: int) -> Numbers:
    """Normal numbers; the same at every call."""
    return Numbers(np.random.default_rng(0).normal(size=n).astype(np.float32))


def disagreement(
    make: Callable[[Numbers], Engine],
    reference: Callable[[Numbers], Engine],
    problem: Numbers,
    steps: int = 3,
) -> str | None:
    """What is wrong after some calls, or None; in float64, whichever the reference."""
    x = problem.x.astype(np.float64)
    t, e = np.tanh(x), np.exp(-x * x)
    total, slope = float((t * e).sum()), e * (1 - t * (t + 2 * x))
    engine = make(problem)
    first: Any = None
    for step in range(steps):
        loss, gradient = engine()
        if not np.isclose(float(loss), total, rtol=1e-4, atol=1e-5 * len(x) ** 0.5):
            return f"sum {float(loss):.7g} at call {step + 1}, in float64 it is {total:.7g}"
        if first is None:
            first = gradient, engine.array(gradient).copy()
    if not np.array_equal(engine.array(first[0]), first[1]):
        return "a later call changed the gradient that the first one returned"
    got = engine.array(gradient)
    if got.dtype != np.float32:
        return f"the gradient is {got.dtype}"
    worst = float(np.max(np.abs(got - slope)))
    return None if worst < 2e-6 else f"the gradient is up to {worst:.2g} off"
