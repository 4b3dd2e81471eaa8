"""Operations in place, as functions that return the new array, and others that a trace adds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import TraceError
from .calls import empty


def with_item(array: Any, index: Any, value: Any) -> Any:
    """The array after ``array[index] = value``."""
    new = np.array(array)
    new[index] = value
    return new


def filled(array: Any, value: Any, **options: Any) -> Any:
    """The array after ``np.copyto(array, value)``."""
    new = np.array(array)
    np.copyto(new, value, **options)
    return new


def laid_out(array: Any, order: tuple[int, ...]) -> Any:
    """A copy that lies in memory in another order of its axes."""
    new = empty(array.shape, array.dtype, order)
    new[...] = array
    return new


def at(array: Any, ufunc: np.ufunc, *operands: Any) -> Any:
    """The array after ``ufunc.at(array, *operands)``."""
    new = np.array(array)
    ufunc.at(new, *operands)
    return new


def put_into(array: Any, function: Any, *args: Any, **options: Any) -> Any:
    """The array after ``function(*args, out=array, **options)``."""
    new = np.array(array)
    function(*args, out=new, **options)
    return new


def changed_by(array: Any, function: Any, *args: Any, **options: Any) -> Any:
    """The array after ``function(array, *args, **options)``, which changes it."""
    new = np.array(array)
    function(new, *args, **options)
    return new


def picked(array: Any, mask: Any, shape: tuple[int, ...]) -> Any:
    """``array[mask]``, which has to have the shape that it had when the program was written."""
    made = array[mask]
    if made.shape != shape:
        raise TraceError(
            f"compile: a mask that the function found now picks shape {made.shape}, and when the "
            f"program was written {shape}; compile the function again, or choose with where()"
        )
    return made


def astype(array: Any, dtype: Any) -> Any:
    """The array in another dtype."""
    return np.asarray(array).astype(dtype)[()]
