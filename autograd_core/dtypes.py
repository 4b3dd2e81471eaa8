"""Which dtypes tensors hold, and which one Python's floats become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set, ValuesView
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import DTypeError
from .graph import FLOAT64

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

_SUPPORTED = "dfqlihbQLIHB?"

#: What a Python float becomes; read through the module, since it changes.
default: np.dtype[Any] = FLOAT64


def set_default_dtype(dtype: DTypeLike) -> None:
    """Set the dtype of tensors that are made from Python floats; float64 at the start.

    Arrays keep the dtype that they have.

    Parameters
    ----------
    dtype : dtype_like
        ``float32`` or ``float64``.

    Raises
    ------
    DTypeError
        For any other dtype.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.set_default_dtype("float32")
    >>> ag.Tensor([0.5]).dtype
    dtype('float32')
    >>> ag.set_default_dtype("float64")
    """
    global default
    chosen = _dtype(dtype, "set_default_dtype")
    if chosen.char not in "fd":
        raise DTypeError(f"set_default_dtype: {chosen} is not float32 or float64")
    default = chosen


def get_default_dtype() -> np.dtype[Any]:
    """The dtype of tensors that are made from Python floats."""
    return default


def check_dtype(array: Any, where: str) -> None:
    """Refuse by name what the engine does not hold: masks, objects, strings, complex, float16."""
    if isinstance(array, np.ma.MaskedArray):
        check_mask(array, where)
    dtype = array.dtype
    if dtype.char in _SUPPORTED and dtype.isnative:
        return
    if dtype.char == "O":
        raise DTypeError(f"{where}: {_about_objects(array)}")
    advice = {
        "e": "use float32: x.astype(np.float32)",
        "g": "use float64: x.astype(np.float64)",
        "c": "keep real and imaginary parts as two real tensors",
        "U": "convert to numbers first",
        "S": "convert to numbers first",
    }.get(
        dtype.char if dtype.char in "eg" else dtype.kind, "use float64, float32, integers or bool"
    )
    if not dtype.isnative:
        advice = "convert to this machine's byte order: x.astype(x.dtype.newbyteorder('='))"
    raise DTypeError(f"{where}: dtype {dtype} is not supported; {advice}")


def _about_objects(array: Any) -> str:
    """What an array of objects holds, by its first element that is no number; and what to do."""
    for item in array.flat:
        if not isinstance(item, (int, float, np.generic)):
            break
    else:
        return (
            "dtype object is not supported, and an integer of more than 64 bits becomes that; "
            "make it a float: float(n), array.astype(float)"
        )
    if item is None:
        advice = "leave it out, or use float('nan') for a missing number"
    elif isinstance(item, Mapping):
        advice = "give its values in order: list(d.values())"
    elif isinstance(item, (Iterator, Set, ValuesView)):
        advice = "make it a list first: list(values)"
    elif hasattr(item, "requires_grad"):
        advice = "join tensors with stack([...]) or concatenate([...])"
    elif isinstance(item, (list, tuple, np.ndarray)):
        advice = "give numbers in rows of equal length"
    elif hasattr(item, "__float__"):
        advice = "make it a float first: float(value)"
    else:
        advice = "give floats, integers or truths"
    return f"a value of type {type(item).__name__} (dtype object) is not a number; {advice}"


def holds(data: Any, kind: type[Any]) -> bool:
    """Whether `data`, or something in its lists and tuples, is of a type."""
    return isinstance(data, kind) or (
        isinstance(data, (list, tuple)) and any([holds(item, kind) for item in data])
    )


def check_mask(data: Any, where: str) -> None:
    """Refuse a masked array, also in a list: NumPy's conversions would drop the mask."""
    if holds(data, np.ma.MaskedArray):
        raise DTypeError(
            f"{where}: a masked array would lose its mask; use array.filled(value), or keep the "
            f"mask yourself with where(mask, 0, x)"
        )


def as_dtype(dtype: DTypeLike, where: str) -> np.dtype[Any]:
    """A dtype that the engine holds."""
    wanted = _dtype(dtype, where)
    check_dtype(np.empty(0, wanted), where)
    return wanted


def _dtype(dtype: DTypeLike, where: str) -> np.dtype[Any]:
    try:
        return np.dtype(dtype)
    except (TypeError, ValueError) as error:
        raise DTypeError(f"{where}: {dtype!r} is not a dtype ({error})") from None
