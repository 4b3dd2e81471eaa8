"""Values of the live page as text: small ones in full, large ones as statistics with a norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..wording import IN_FULL, number, value_text

#: Characters beyond which a value has its norm beside it, which can stand for it in little room.
SHORT = 24


def shown(value: Any) -> str:
    """A value; a large one, or one that takes much room, with its Euclidean norm."""
    array = np.asarray(value)
    text = value_text(array)
    short = array.size <= IN_FULL and len(text) <= SHORT
    if short or not array.size or array.dtype.kind != "f" or not np.isfinite(array).all():
        return text
    return f"{text}  ‖·‖ {norm(array)}"


def norm(value: Any) -> str:
    """The Euclidean norm."""
    return number(np.linalg.norm(np.asarray(value, np.float64).ravel()))


def signed(value: float) -> str:
    """A factor of a product: a negative one in brackets."""
    text = number(value).replace("-", "−")
    return f"({text})" if text.startswith("−") else text


def precise(value: float) -> str:
    """A number with eight digits, for a comparison."""
    return f"{value + 0.0:.8g}"


def entry_text(entry: tuple[int, ...]) -> str:
    """An index: ``[0, 1]``; nothing for that of a number."""
    return f"[{', '.join(map(str, entry))}]" if entry else ""
