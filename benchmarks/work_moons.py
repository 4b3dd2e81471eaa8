"""micrograd's moons demo as a problem: 100 points, MLP(2, [16, 16, 1]), every number a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

SIZES = (2, 16, 16, 1)
RATE, ALPHA = 1.0, 1e-4


class Engine(Protocol):
    """A network of scalars with its data."""

    def __call__(self) -> Any:
        """One training step on all points; returns the loss."""

    def weights(self) -> list[float]:
        """Neuron by neuron: the weights of its inputs, then its offset."""


@dataclass(frozen=True)
class Moons:
    """Points, labels ±1, and the network's weights at the start, neuron by neuron."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    start: tuple[tuple[float, ...], ...]


def make_moons(points: int = 100, noise: float = 0.1) -> Moons:
    """Two half circles that reach into each other, with Gaussian noise; the same at every call."""
    rng = np.random.default_rng(0)
    half = points // 2
    angle = np.linspace(0, np.pi, half)
    outer = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    inner = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    x = np.concatenate([outer, inner]) + rng.normal(scale=noise, size=(2 * half, 2))
    y = np.repeat([-1.0, 1.0], half)
    start = tuple(
        (*rng.uniform(-1, 1, size=m).tolist(), 0.0) for m, n in pairwise(SIZES) for _ in range(n)
    )
    return Moons(x, y, start)


def disagreement(
    make: Callable[[Moons], Engine],
    reference: Callable[[Moons], Engine],
    problem: Moons,
    steps: int = 3,
) -> str | None:
    """What differs between two engines after some steps, or None; to the precision of float64."""
    mine, other = make(problem), reference(problem)
    for step in range(steps):
        loss, expected = value(mine()), value(other())
        if not np.isclose(loss, expected, rtol=1e-9):
            return f"loss {loss:.12g} at step {step + 1}, hand-written NumPy has {expected:.12g}"
    got, wanted = np.array(mine.weights()), np.array(other.weights())
    if not np.allclose(got, wanted, rtol=1e-7, atol=1e-9):
        worst = float(np.max(np.abs(got - wanted)))
        return f"weights are up to {worst:.2g} off after {steps} steps"
    return None


def value(loss: Any) -> float:
    """The number in any engine's loss."""
    return float(getattr(loss, "data", loss))
