"""The gradient of a whole function against central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..primitive import as_scalar
from ..tensor import Tensor
from .bisection import Whole
from .differences import slope, step_for
from .functions import Asked, moved
from .operations import RTOL

_ELEMENTS = 30


@dataclass
class Comparison:
    """What is compared: a function that was run, by which leaves, and the weights of its output.

    Attributes
    ----------
    asked : Asked
    leaves : sequence of Tensor
    weights : array
    seed : int
    kinks : list of str
        Gains what is found.
    """

    asked: Asked
    leaves: Sequence[Tensor]
    weights: Any
    seed: int
    kinks: list[str]

    def _phi(self, leaf: Tensor, direction: Any) -> Callable[[float], float]:
        base = leaf._value

        def phi(t: float) -> float:
            value = as_scalar(np.asarray(base + t * direction, leaf.dtype))
            with moved(leaf, value), np.errstate(all="ignore"):
                y = self.asked.call()
            return float(np.sum(self.weights * np.asarray(plain(y), np.float64)))

        return phi

    def with_differences(self, gradients: Sequence[Any]) -> Whole:
        """Compare these gradients, one a leaf, with differences of the function."""
        rng = np.random.default_rng(self.seed + 1)
        checked, worst = 0, None
        right = True
        largest = 0.0
        for k, (leaf, g) in enumerate(zip(self.leaves, gradients, strict=True)):
            eps = float(np.finfo(leaf.dtype).eps)
            y_eps = float(np.finfo(self.asked.result.dtype).eps)
            rtol = RTOL if max(eps, y_eps) < 1e-12 else 2e-2
            scale = float(np.abs(g[np.isfinite(g)]).max(initial=0.0))
            tries = [*_elements(g, rng), *([None] if g.size > _ELEMENTS else [])]
            for index in tries:
                direction = np.zeros(g.shape) if index is not None else rng.normal(size=g.shape)
                if index is not None:
                    direction[index] = 1.0
                size = (
                    float(np.abs(leaf._value).max())
                    if index is None
                    else float(np.asarray(leaf._value)[index])
                )
                found = slope(
                    self._phi(leaf, direction), step_for(size, leaf.dtype), max(eps, y_eps)
                )
                got = float(np.sum(g * direction)) if index is None else float(g[index])
                checked += 1
                if found.kind != "smooth" and len(self.kinks) < 5:
                    at = "" if not index else f" at {list(index)}"
                    what = (
                        "an edge, and is not finite on both sides,"
                        if np.isnan(found.value)
                        else f"a {found.kind}"
                    )
                    self.kinks.append(f"f has {what}{at}".rstrip(","))
                error = abs(got - found.value)
                agrees = found.agrees(got, rtol, 1e-2 * scale)
                right = right and agrees
                if found.kind == "smooth":
                    largest = max(largest, error)
                if not agrees and (worst is None or not error <= worst[0]):
                    worst = (error, k, index, got, found.value)
        if worst is None:
            return Whole(right, checked, largest)
        error, k, index, got, expected = worst
        return Whole(False, checked, error, k, index, got, expected)


def plain(y: Any) -> Any:
    """The value of a tensor, or what is none."""
    return y._value if isinstance(y, Tensor) else y


def _elements(g: Any, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """All elements of a small gradient; of a large one the largest, and some by chance."""
    if g.size <= _ELEMENTS:
        return list(np.ndindex(*g.shape))
    flat = np.abs(np.nan_to_num(g.ravel(), nan=np.inf))
    chosen = {int(np.argmax(flat)), *[int(k) for k in rng.choice(g.size, 12, replace=False)]}
    return [tuple(int(n) for n in np.unravel_index(k, g.shape)) for k in sorted(chosen)]
