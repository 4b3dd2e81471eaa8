"""Arrays that share memory."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import TraceError

#: How much work the search for common elements may be; NumPy's stubs know only its two extremes.
WORK: Any = 1000


def owner(array: Any) -> Any:
    """What owns the memory of an array."""
    while getattr(array, "base", None) is not None:
        array = array.base
    return array


class _Counting:
    """Counts who refers to an array that it is added to in place."""

    count = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        self.count = references(inputs)
        return inputs[0]


def references(inputs: tuple[Any, ...]) -> int:
    """How often the first operand of a ufunc is referred to, while it is called."""
    return sys.getrefcount(inputs[0])


@functools.cache
def usual_references() -> int:
    """How often it is in ``array += x``, where only one variable or item holds the array."""
    counting = _Counting()
    held: list[Any] = [np.zeros(1)]
    held[0] += counting
    return counting.count


def has_other_views(array: Any) -> bool:
    """Whether others than this array may show its memory."""
    return array.base is not None and sys.getrefcount(array.base) > 2


def shares(a: Any, b: Any) -> bool:
    """Whether two arrays have elements in common, or may have."""
    try:
        return bool(np.shares_memory(a, b, max_work=WORK))
    except np.exceptions.TooHardError:
        return True


def refuse_overlap(changed: Any, others: Iterable[Any]) -> None:
    """Raise if an array that is changed shares memory with another."""
    for other in others:
        if shares(changed, other):
            raise TraceError(
                f"compile: an array of shape {np.shape(changed)} that is changed in place shares "
                f"memory with another one, of shape {np.shape(other)}, that the function also "
                f"looks at; give one of them memory of its own: array.copy()"
            )
