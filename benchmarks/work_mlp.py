"""The problem that the multi-layer works share, and the check that an engine solves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


class Engine(Protocol):
    """A network with its data and optimizer."""

    def __call__(self) -> Any:
        """One training step on the batch: forward, backward, update; returns the loss."""

    def weights(self) -> list[Array]:
        """W of shape (inputs, outputs) and offsets W0 of each layer, in turn."""


@dataclass(frozen=True)
class Problem:
    """One batch for a network of ReLU layers with softmax cross-entropy (mean), all float32."""

    sizes: tuple[int, ...]
    batch: int
    optimizer: Literal["sgd", "adam"]
    rate: float
    x: Array
    labels: NDArray[np.int64]
    start: tuple[Array, ...]

    @property
    def layers(self) -> list[tuple[Array, Array]]:
        """(W, W0) of each layer at the start, as fresh copies."""
        copies = [array.copy() for array in self.start]
        return list(zip(copies[::2], copies[1::2], strict=True))


def make_problem(
    sizes: Sequence[int], batch: int, optimizer: Literal["sgd", "adam"], rate: float
) -> Problem:
    """Random data and weights; the same at every call."""
    rng = np.random.default_rng(0)
    start: list[Array] = []
    for m, n in pairwise(sizes):
        start.append((rng.normal(size=(m, n)) / np.sqrt(m)).astype(np.float32))
        start.append((rng.normal(size=n) * 0.01).astype(np.float32))
    x = rng.uniform(size=(batch, sizes[0])).astype(np.float32)
    labels = rng.integers(0, sizes[-1], batch)
    return Problem(tuple(sizes), batch, optimizer, rate, x, labels, tuple(start))


def disagreement(
    make: Callable[[Problem], Engine],
    reference: Callable[[Problem], Engine],
    problem: Problem,
    steps: int = 3,
) -> str | None:
    """What differs between two engines after some steps, or None.

    Losses are compared at each step. Weights are compared by the way that they went: the error
    relative to the movement, for each array. Adam divides by the size of the gradient, so that
    where a gradient is nothing but rounding error the step is one of full length in a direction
    of chance; hence its wider tolerance.
    """
    tolerance = {"sgd": 1e-3, "adam": 3e-2}[problem.optimizer]
    mine, other = make(problem), reference(problem)
    for step in range(steps):
        loss, expected = item(mine()), item(other())
        if not np.isclose(loss, expected, rtol=1e-4, atol=1e-6):
            return f"loss {loss:.7g} at step {step + 1}, hand-written NumPy has {expected:.7g}"
    arrays = zip(mine.weights(), other.weights(), problem.start, strict=True)
    for i, (got, wanted, start) in enumerate(arrays):
        if got.dtype != np.float32:
            return f"weights became {got.dtype}"
        moved = float(np.sqrt(np.mean((wanted - start) ** 2)))
        error = float(np.sqrt(np.mean((got - wanted) ** 2)))
        if not error <= tolerance * moved:
            return f"parameter {i} is {error / moved:.2g} of its way off after {steps} steps"
    return None


def item(loss: Any) -> float:
    """The number in any engine's loss."""
    return float(loss.item() if hasattr(loss, "item") else loss)
