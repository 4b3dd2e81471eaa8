"""The problem that the multi-layer works share, and the check that an engine solves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
#: Of batch normalization.
MOMENTUM, NORM_EPS = 0.1, 1e-5


Labels = NDArray[np.int64]

#: They come in turn, so that nothing of a batch can be worked out before its step.
BATCHES = 4


class Engine:
    """A network with its optimizer, and batches in the engine's own kind of array."""

    def __init__(self, problem: Problem) -> None:
        self.batches = cycle([self.own(*batch) for batch in problem.batches])

    def own(self, x: Array, labels: Labels) -> tuple[Any, Any]:
        """A batch as the engine's users would hold it."""
        return x, labels

    def step(self, x: Any, labels: Any) -> Any:
        """One training step: forward, backward, update; returns the loss."""
        raise NotImplementedError

    def __call__(self) -> Any:
        return self.step(*next(self.batches))

    def weights(self) -> list[Array]:
        """The arrays of `Problem.start`, in its order, as they are now."""
        raise NotImplementedError


@dataclass(frozen=True)
class Problem:
    """Batches for a network of ReLU layers with softmax cross-entropy (mean), all float32.

    With `norm` the hidden layers are Linear without offsets, BatchNorm, ReLU and Dropout, and
    `start` holds W, scale, shift, running mean and running variance of each; otherwise, and for
    the last layer, W and W0.
    """

    sizes: tuple[int, ...]
    batch: int
    optimizer: Literal["sgd", "adam"]
    rate: float
    batches: tuple[tuple[Array, Labels], ...]
    start: tuple[Array, ...]
    norm: bool = False
    dropout: float = 0.0

    @property
    def layers(self) -> list[tuple[Array, ...]]:
        """The arrays of each layer at the start, as fresh copies."""
        copies = [array.copy() for array in self.start]
        step = 5 if self.norm else 2
        return [tuple(copies[i : i + step]) for i in range(0, len(copies), step)]

    @property
    def without_chance(self) -> Problem:
        """The same without dropout: every engine draws in its own way."""
        return replace(self, dropout=0.0)


def make_problem(
    sizes: Sequence[int],
    batch: int,
    optimizer: Literal["sgd", "adam"],
    rate: float,
    norm: bool = False,
    dropout: float = 0.0,
) -> Problem:
    """Random data and weights; the same at every call."""
    rng = np.random.default_rng(0)
    start: list[Array] = []
    for i, (m, n) in enumerate(pairwise(sizes)):
        start.append((rng.normal(size=(m, n)) / np.sqrt(m)).astype(np.float32))
        if norm and i < len(sizes) - 2:
            one, zero = np.ones(n, np.float32), np.zeros(n, np.float32)
            start += [one, zero, zero, one]
        else:
            start.append((rng.normal(size=n) * 0.01).astype(np.float32))
    batches = [
        (rng.uniform(size=(batch, sizes[0])).astype(np.float32), rng.integers(0, sizes[-1], batch))
        for _ in range(BATCHES)
    ]
    return Problem(
        tuple(sizes), batch, optimizer, rate, tuple(batches), tuple(start), norm, dropout
    )


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
    of chance; hence its wider tolerance. Dropout is left out of the comparison; that it takes
    place is seen in the loss.
    """
    if problem.dropout:
        with_it = item(make(problem)())
        problem = problem.without_chance
        if with_it == item(make(problem)()):
            return "dropout changes nothing"
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
