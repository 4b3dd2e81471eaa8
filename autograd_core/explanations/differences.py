"""Slopes by differences, with an estimate of their error, and kinks told from mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Slope:
    """A derivative of a function of one number, by differences.

    Attributes
    ----------
    value : float
        NaN where the function is not finite nearby.
    error : float
        What the value may be off by.
    left, right : float
        The slopes to both sides.
    kind : str
        ``"smooth"``, ``"kink"``, ``"jump"`` or ``"edge"`` (of where the function is defined).
    """

    value: float
    error: float
    left: float
    right: float
    kind: str

    def agrees(self, got: float, rtol: float, scale: float = 0.0) -> bool:
        """Whether `got` is the derivative, as far as can be told; `scale` is the usual size."""
        if self.kind in ("edge", "jump"):
            return True
        if self.kind == "kink":
            low, high = sorted((self.left, self.right))
            room = self.error + rtol * max(abs(low), abs(high), scale)
            return low - room <= got <= high + room
        return abs(got - self.value) <= self.error + rtol * max(abs(self.value), scale)


def step_for(size: float, dtype: Any) -> float:
    """The step for a number of this size: ∛ε of the dtype, relative above 1."""
    eps = float(np.finfo(dtype).eps)
    return math.cbrt(eps) * max(1.0, abs(size))


def slope(phi: Callable[[float], float], h: float, eps: float) -> Slope:
    """The slope of `phi` at 0.

    Parameters
    ----------
    phi : callable
        Of the distance moved.
    h : float
        The first step; smaller ones are tried near a kink and at the edge of the domain.
    eps : float
        The relative rounding error of the values.
    """
    best = None
    for shrink in (1.0, 0.1, 0.01):
        found = _at(phi, h * shrink, eps)
        if found.kind == "smooth":
            return found
        if best is None or best.kind == "edge":
            best = found
    assert best is not None
    return best


def _at(phi: Callable[[float], float], h: float, eps: float) -> Slope:
    here, right, left = phi(0.0), phi(h), phi(-h)
    right_half, left_half = phi(h / 2), phi(-h / 2)
    values = (here, right, left, right_half, left_half)
    if not all(math.isfinite(v) for v in values):
        return Slope(math.nan, math.inf, math.nan, math.nan, "edge")
    noise = 20 * eps * max(abs(v) for v in values) / h
    wide, narrow = (right - left) / (2 * h), (right_half - left_half) / h
    after, before = (right - here) / h, (here - left) / h
    after_half, before_half = 2 * (right_half - here) / h, 2 * (here - left_half) / h
    gap, gap_half = abs(after - before), abs(after_half - before_half)
    size = max(abs(after_half), abs(before_half))
    if gap_half > 1e-4 * size + 20 * noise and gap_half > 0.75 * gap:
        kind = "jump" if gap_half > 1.5 * gap else "kink"
        return Slope(narrow, noise, before_half, after_half, kind)
    value = (4 * narrow - wide) / 3
    error = noise + abs(narrow - wide)
    return Slope(value, error, before_half, after_half, "smooth")
