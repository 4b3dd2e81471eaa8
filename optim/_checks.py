"""Checks of arguments, which give numbers back as plain Python numbers.

A Python number is weak in NumPy's promotion, so that float32 weights stay float32.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from autograd_core import ArgumentError, DTypeError

#: A learning rate: a number, or η(t) for t = 1, 2, …
Rate = float | Callable[[int], float]


def real(
    owner: str,
    name: str,
    value: Any,
    *,
    low: float = 0.0,
    high: float = math.inf,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """`value` as a finite Python float between `low` and `high`, or an `ArgumentError`."""
    number = value.item() if getattr(value, "shape", None) == () else value
    left, right = "(" if open_low else "[", ")" if open_high or high == math.inf else "]"
    wanted = f"a number in {left}{low:g}, {high:g}{right}"
    if isinstance(number, bool) or not isinstance(number, numbers.Real):
        raise ArgumentError(f"{owner}: {name} is {value!r}; it must be {wanted}")
    number = float(number)
    inside = (low < number if open_low else low <= number) and (
        number < high if open_high else number <= high
    )
    if not (inside and math.isfinite(number)):
        raise ArgumentError(f"{owner}: {name} is {number:g}; it must be {wanted}")
    return number


def whole(owner: str, name: str, value: Any, *, low: int = 1) -> int:
    """`value` as a Python int of at least `low`, or an `ArgumentError`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < low:
        raise ArgumentError(f"{owner}: {name} is {value!r}; it must be an integer >= {low}")
    return int(value)


def flag(owner: str, name: str, value: Any) -> bool:
    """`value` if it is a bool, or an `ArgumentError`."""
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{owner}: {name} is {value!r}; it must be True or False")
    return bool(value)


def choice(owner: str, name: str, value: Any, choices: Collection[str]) -> str:
    """`value` if it is one of `choices`, or an `ArgumentError`."""
    if not isinstance(value, str) or value not in choices:
        words = ", ".join(repr(c) for c in choices)
        raise ArgumentError(f"{owner}: {name} is {value!r}; it must be one of {words}")
    return value


def rate(owner: str, value: Any, name: str = "lr") -> Rate:
    """A learning rate: a number >= 0, or a function of the step, which is asked when used."""
    refuse_class(owner, name, value)
    if callable(value):
        return value  # type: ignore[no-any-return]
    return real(owner, name, value)


def refuse_class(owner: str, name: str, value: Any) -> None:
    """Raise an `ArgumentError` for a class where one of its objects is needed."""
    if isinstance(value, type):
        raise ArgumentError(
            f"{owner}: {name} is the class {value.__name__}; make an object of it: "
            f"{value.__name__}(…)"
        )


def function(owner: str, name: str, value: Any, wanted: str) -> None:
    """Raise an `ArgumentError` unless `value` can be called and is no class."""
    refuse_class(owner, name, value)
    if not callable(value):
        raise ArgumentError(f"{owner}: {name} is {value!r}; it must be {wanted}")


def rate_at(owner: str, value: Rate, t: int) -> float:
    """η(t), checked."""
    if not callable(value):
        return value
    return real(owner, f"lr at step {t}, given by {value!r},", value(t))


def betas(owner: str, value: Any) -> tuple[float, float]:
    """Adam's pair of decays, each in [0, 1)."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or len(value) != 2:
        raise ArgumentError(f"{owner}: betas is {value!r}; it must be two numbers in [0, 1)")
    first, second = (
        real(owner, f"betas[{i}]", beta, high=1.0, open_high=True) for i, beta in enumerate(value)
    )
    return first, second


def points(owner: str, X: Any, y: Any) -> int:
    """The number of data points in X and y, after both were found to have as many."""
    for name, data in (("X", X), ("y", y)):
        if not hasattr(data, "shape"):
            raise DTypeError(
                f"{owner}: {name} is of type {type(data).__name__}; it must be an array or a Tensor"
            )
        if not data.shape:
            raise ArgumentError(f"{owner}: {name} has shape (); it must have a row for each point")
    if X.shape[0] != y.shape[0]:
        raise ArgumentError(
            f"{owner}: X has {X.shape[0]} points (shape {X.shape}) and y has {y.shape[0]} "
            f"(shape {y.shape}); they must have as many"
        )
    if not X.shape[0]:
        raise ArgumentError(f"{owner}: the data set is empty (X has shape {X.shape})")
    return int(X.shape[0])
