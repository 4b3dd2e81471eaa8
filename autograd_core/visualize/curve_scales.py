"""Axes of the charts: from numbers to pixels, with ticks that a person would choose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight or a logarithmic axis of a length in pixels.

    Attributes
    ----------
    low, high : float
        The numbers at its ends.
    length : float
    log : bool
    """

    low: float
    high: float
    length: float
    log: bool = False

    def __call__(self, values: Array) -> Array:
        """Places in pixels from the low end; NaN for what has none."""
        with np.errstate(all="ignore"):
            if self.log:
                start, stop = math.log(self.low), math.log(self.high)
                places = np.log(np.where(values > 0, values, np.nan))
            else:
                start, stop, places = self.low, self.high, np.asarray(values, np.float64)
            found: Array = (places - start) / (stop - start) * self.length
        return np.where(np.isfinite(found), found, np.nan)

    def ticks(self, most: int = 5) -> list[float]:
        """Round numbers within the axis."""
        found = _log_ticks(self.low, self.high, most) if self.log else []
        return found if len(found) >= 2 else _ticks(self.low, self.high, most)


def scale_of(
    values: Sequence[Array], length: float, *, log: bool = False, also: Sequence[float] = ()
) -> Scale:
    """A scale that holds all finite numbers, and those of `also`, with a little air.

    Parameters
    ----------
    values : sequence of array
    length : float
        In pixels.
    log : bool
        Where there are no positive numbers the axis is straight all the same.
    also : sequence of float
    """
    parts = [np.asarray(v, np.float64).ravel() for v in (*values, np.asarray(also, np.float64))]
    numbers = np.concatenate(parts) if parts else np.zeros(0)
    numbers = numbers[np.isfinite(numbers) & (np.abs(numbers) < 1e300)]
    if log and (numbers > 0).any():
        numbers = np.log(numbers[numbers > 0])
        low, high = _aired(float(numbers.min()), float(numbers.max()), 0.35)
        return Scale(math.exp(max(low, -700.0)), math.exp(min(high, 700.0)), length, log=True)
    if not numbers.size:
        return Scale(0.0, 1.0, length)
    low, high = _aired(float(numbers.min()), float(numbers.max()), 0.0)
    floor = 0.0 if numbers.min() >= 0 else low
    return Scale(max(low, floor), high, length)


def _aired(low: float, high: float, least: float) -> tuple[float, float]:
    """A range with five hundredths of air at both ends; never empty."""
    air = max(0.05 * (high - low), least)
    if not least and high - low <= 1e-12 * max(abs(low), abs(high)):
        air = max(air, 0.1 * abs(high), 1e-9 if high else 0.5)
    return low - air, high + air


def _ticks(low: float, high: float, most: int) -> list[float]:
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step *= next(k for k in (1, 2, 5, 10) if (high - low) / (k * step) <= most)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12 - math.floor(math.log10(step))) for i in range(first, last + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten, or their multiples by 1, 2 and 5 where the axis is short."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first >= 2:
        stride = -(-(last - first + 1) // most)
        return [10.0**i for i in range(first, last + 1, stride)]
    return [
        k * 10.0**i
        for i in range(first - 1, last + 1)
        for k in (1, 2, 5)
        if low <= k * 10.0**i <= high
    ]


def tick_text(value: float, *, percent: bool = False) -> str:
    """``0.02``, ``10⁻⁴``, ``5 %``."""
    if percent:
        return f"{100 * value:g} %"
    if value and not 1e-3 <= abs(value) < 1e5:
        power = math.floor(math.log10(abs(value)) + 1e-9)
        factor = round(value / 10.0**power, 6)
        raised = "".join("⁻" if c == "-" else "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(c)] for c in str(power))
        return f"10{raised}" if factor == 1 else f"{factor:g}·10{raised}"
    return f"{value:,g}" if abs(value) >= 10_000 else f"{value:g}"
