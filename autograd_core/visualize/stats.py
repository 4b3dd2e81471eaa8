"""What is known of an array of numbers, small enough to be kept in a picture and to be added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

import numpy as np

from .wording import number


@dataclass(frozen=True, slots=True)
class Stats:
    """Extremes, sum and Euclidean norm of the finite numbers, and how many are none.

    Attributes
    ----------
    size : int
        Of the array.
    low, high, total, norm : float
        Of its finite elements; `low` is inf and `high` is -inf if there is none.
    nan, infinite : int
        How many elements are NaN, and how many are infinite.

    Examples
    --------
    >>> stats_of([3.0, -4.0, float("nan")])
    Stats(size=3, low=-4.0, high=3.0, total=-1.0, norm=5.0, nan=1, infinite=0)
    """

    size: int
    low: float = inf
    high: float = -inf
    total: float = 0.0
    norm: float = 0.0
    nan: int = 0
    infinite: int = 0

    @property
    def finite(self) -> int:
        return self.size - self.nan - self.infinite

    def words(self) -> str:
        """Minimum, mean and maximum, and what is not finite."""
        parts = []
        if self.finite:
            low, high = number(self.low), number(self.high)
            mean = number(self.total / self.finite)
            parts.append(f"all {low}" if low == high else f"min {low}  mean {mean}  max {high}")
        parts += [f"{n:,} {what}" for n, what in ((self.nan, "NaN"), (self.infinite, "inf")) if n]
        return "  ".join(parts) or "no elements"


def stats_of(value: Any) -> Stats | None:
    """The statistics of an array; None where elements are no real numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        return None
    numbers = array.astype(np.float64, copy=False).ravel()
    finite = numbers
    total = float(numbers.sum()) if numbers.size else 0.0
    nan = infinite = 0
    if not np.isfinite(total):  # a sum may also overflow
        mask = np.isfinite(numbers)
        finite = numbers[mask]
        nan = int(np.isnan(numbers).sum())
        infinite = numbers.size - finite.size - nan
    if not finite.size:
        return Stats(numbers.size, nan=nan, infinite=infinite)
    low, high = float(finite.min()), float(finite.max())
    scale = max(abs(low), abs(high))
    with np.errstate(all="ignore"):
        total = float(finite.sum())
        norm = scale * sqrt(float(np.square(finite / scale).sum())) if 0 < scale < inf else 0.0
    return Stats(numbers.size, low, high, total, norm, nan, infinite)


def together(parts: Iterable[Stats]) -> Stats | None:
    """The statistics of several arrays as if they were one."""
    known = list(parts)
    if not known:
        return None
    scale = max(part.norm for part in known)
    squares = sum([(part.norm / scale) ** 2 for part in known]) if scale else 0.0
    return Stats(
        sum(part.size for part in known),
        min(part.low for part in known),
        max(part.high for part in known),
        sum(part.total for part in known),
        scale * sqrt(squares) if scale else 0.0,
        sum(part.nan for part in known),
        sum(part.infinite for part in known),
    )
