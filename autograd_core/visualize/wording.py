"""Numbers, shapes and names as a person reads them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np

#: Arrays of up to so many elements are written in full.
IN_FULL = 6
#: A setting with arrays is written in a box if it takes so many letters.
BRIEF = 12

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def visible(text: str) -> str:
    """`text` without what XML forbids or what would act on the text around it.

    Control characters become their pictures (U+2400 and on); lone surrogates, noncharacters and
    marks of direction become U+FFFD.

    Examples
    --------
    >>> visible("a\\nb")
    'a␊b'
    """
    return "".join([c if c.isprintable() else _visible(c) for c in text])


def _visible(c: str) -> str:
    code = ord(c)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    unsafe = unicodedata.category(c) in ("Cc", "Cs", "Cn", "Zl", "Zp") or c in _BIDI
    return "\N{REPLACEMENT CHARACTER}" if unsafe else c


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis if something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def number(value: Any) -> str:
    """A number with four significant digits; integers and truth values in full."""
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return str(value)
    return f"{float(value) + 0.0:.4g}"  # + 0.0 makes -0.0 a plain 0


def value_text(value: Any) -> str:
    """A small array in full, a large one by its extremes and mean.

    Examples
    --------
    >>> value_text([[1.0, 0.25]])
    '[[1, 0.25]]'
    >>> value_text([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, float("nan")])
    'min 1  mean 3.5  max 6  1 NaN'
    """
    array = np.asarray(value)
    if not array.size:
        return "no elements"
    if array.size <= IN_FULL:
        return _nested(array)
    if array.dtype.kind == "b":
        return f"{np.count_nonzero(array):,} of {array.size:,} true"
    finite = array
    words: list[str] = []
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        finite = array[np.isfinite(array)]
        counts = {
            "NaN": np.isnan(array).sum(),
            "inf": (array == np.inf).sum(),
            "-inf": (array == -np.inf).sum(),
        }
        words = [f"{count:,} {what}" for what, count in counts.items() if count]
    if finite.size:
        words.insert(0, _spread(finite))
    return "  ".join(words)


def _spread(array: np.ndarray[Any, Any]) -> str:
    low, high = array.min(), array.max()
    if low == high:
        return f"all {number(low)}"
    with np.errstate(over="ignore"):
        mean = array.mean(dtype=np.float64)
    noise = 4 * np.finfo(np.float64).eps * max(abs(float(low)), abs(float(high)))
    middle = "≈0" if 0 < abs(mean) < noise else number(mean)
    return f"min {number(low)}  mean {middle}  max {number(high)}"


def _nested(array: np.ndarray[Any, Any]) -> str:
    if array.ndim == 0:
        return number(array[()])
    return f"[{', '.join([_nested(part) for part in array])}]"


def shape_text(shape: tuple[int, ...], dtype: Any) -> str:
    """The shape; the dtype too, where it is not float64."""
    text = str(tuple(shape))
    return text if dtype == np.float64 else f"{text} {dtype}"


def parameter_text(value: Any) -> str:
    """A static parameter of an operation, such as an axis or an index, in a few characters."""
    if isinstance(value, np.ndarray):
        return _nested(value) if value.size <= IN_FULL else f"array{value.shape}"
    if isinstance(value, slice):
        parts = ["" if v is None else str(v) for v in (value.start, value.stop)]
        step = "" if value.step is None else f":{value.step}"
        return ":".join(parts) + step
    if value is Ellipsis:
        return "..."
    if isinstance(value, (tuple, list)):
        return _sequence(value, "()" if isinstance(value, tuple) else "[]")
    if isinstance(value, (float, np.generic)):
        return number(value)
    if callable(value):
        return str(getattr(value, "__name__", type(value).__name__))
    return shorten(repr(value), 60)


def brief_setting(key: str, value: Any) -> str:
    """A static parameter as it stands in a box: arrays that would fill it by their length.

    Examples
    --------
    >>> brief_setting("axis", 1)
    'axis=1'
    >>> brief_setting("index", (np.arange(32), np.zeros(32, int)))
    'index of 32'
    """
    text = parameter_text(value)
    parts = value if isinstance(value, (tuple, list)) else (value,)
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    if not arrays or len(text) <= BRIEF:
        return f"{key}={text}"
    try:
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
    except ValueError:  # masks, or no index at all
        return f"{key}=…"
    return f"{key} of {'×'.join([f'{n:,}' for n in shape])}"


def _sequence(values: Iterable[Any], brackets: str) -> str:
    values = list(values)
    shown = [parameter_text(v) for v in values[: 2 * IN_FULL]]
    if len(values) > len(shown):
        shown.append(f"… {len(values):,} in all")
    comma = "," if brackets == "()" and len(values) == 1 else ""
    return brackets[0] + ", ".join(shown) + comma + brackets[1]
