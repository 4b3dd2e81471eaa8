"""What modules ask of their settings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_core import ArgumentError


def number(value: Any, what: str, low: float = -math.inf, high: float = math.inf) -> float:
    """`value` as a float if it is a finite number in [low, high]; texts and bools are none.

    Raises
    ------
    ArgumentError
        Otherwise; `what` begins the message.
    """
    try:
        x = math.nan if isinstance(value, (str, bytes, bool, np.bool_)) else float(value)
    except (TypeError, ValueError):
        x = math.nan
    if math.isfinite(x) and low <= x <= high:
        return x
    range_ = f" in [{low:g}, {high:g}]" if high < math.inf else ""
    range_ = range_ or (f", at least {low:g}" if low > -math.inf else "")
    raise ArgumentError(f"{what} is {value!r}; it must be a finite number{range_}")


def flag(value: Any, what: str) -> bool:
    """`value` if it is True or False.

    Raises
    ------
    ArgumentError
        Otherwise; `what` begins the message.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{what} is {value!r}; it must be True or False")
    return bool(value)


def positive(value: int, what: str) -> int:
    """`value` if it is a positive integer.

    Raises
    ------
    ArgumentError
        Otherwise; `what` begins the message.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise ArgumentError(f"{what} is {value!r}; it must be an integer of at least 1")
    return int(value)
