"""Any object as an array of numbers, or the words for why it is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import Tensor

Array = NDArray[Any]
#: What is wrong, and what to do: two sentences.
Words = tuple[str, str]


def close(a: Array, b: Array, tolerance: float) -> bool:
    """Whether no entry differs by more than the tolerance, relative to the largest one of `b`."""
    finite = np.abs(b[np.isfinite(b)])
    scale = float(finite.max()) if finite.size else 1.0
    return bool(np.allclose(a, b, rtol=0.0, atol=tolerance * (scale or 1.0), equal_nan=True))


def number(x: float) -> str:
    """A number as people write it."""
    return f"{x + 0.0:.4g}".replace("-", "−")


def place(index: Iterable[Any]) -> str:
    """An index, as one writes it: ``[1, 2]``."""
    return f"[{', '.join(str(int(i)) for i in index)}]"


def described(some: int, of: int) -> str:
    """A number of entries among all."""
    return f"{some} of {of} entries"


def shown(given: Any) -> str:
    """A short text for any object; its own repr may fail."""
    try:
        text = repr(given)
    except Exception:
        text = f"an object of class {type(given).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def parsed(given: Any, name: str) -> Array | Words:
    """`given` as an array of numbers; or what it is instead, and what to do."""
    try:
        trouble = _no_array(given, name)
        if trouble is not None:
            return trouble
        array = np.asarray(given.numpy() if isinstance(given, Tensor) else given)
        return _no_numbers(array, name) or array
    except Exception as error:  # whatever a strange object does when it is looked at
        return (
            f"{name} is a {type(given).__name__}, which cannot be read as an array "
            f"({type(error).__name__}).",
            "Give a NumPy array of floats.",
        )


def _no_array(given: Any, name: str) -> Words | None:
    if given is None:
        return f"{name} is None.", "Is a return missing, or the value not computed yet?"
    if given is Ellipsis or given is NotImplemented:
        return f"{name} is {given!r}: nothing is filled in yet.", "Put the formula there."
    if isinstance(given, (bool, np.bool_)):
        return f"{name} is {given}, and must be a number.", "Return what was computed."
    if isinstance(given, np.ma.MaskedArray):
        return f"{name} is a masked array.", "Give an ordinary one: .filled(0)."
    if isinstance(given, (np.ndarray, np.generic, Tensor, int, float)):
        return None
    if isinstance(given, (list, tuple)):
        inner = "several arrays" if any(isinstance(x, np.ndarray) for x in given) else "numbers"
        return (
            f"{name} is a {type(given).__name__} of {inner}, and must be a single NumPy array.",
            "Return one array; np.array(…) makes one of a list of numbers.",
        )
    if isinstance(given, type):
        return f"{name} is the class {given.__name__}, not an array.", "Give an array of floats."
    if callable(given):
        return (
            f"{name} is a function, not an array.",
            "Call it, with parentheses and its arguments.",
        )
    return (
        f"{name} is a {type(given).__name__} ({shown(given)}), and must be a NumPy array.",
        "Give an array of floats.",
    )


def _no_numbers(array: Array, name: str) -> Words | None:
    if array.dtype.kind in "fiub":
        return None
    if array.dtype.kind == "O":
        return (
            f"{name} is an array of Python objects (dtype object), not of numbers.",
            "That comes of rows of unequal length, of None among the entries, or of arrays put "
            "into an array; make sure that every entry is a number.",
        )
    if array.dtype.kind == "c":
        return f"{name} holds complex numbers.", "Give real ones."
    return f"{name} holds {array.dtype}, not numbers.", "Give an array of floats."
