"""What was found out about a gradient: sentences, with the data they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..visualize.wording import number as number


@dataclass(frozen=True)
class Finding:
    """One reason.

    Attributes
    ----------
    kind : str
        ``"dead"``, ``"saturated"``, ``"step"``, ``"cancels"``, ``"times zero"``, ``"dropped"``,
        ``"not taken"``, ``"stationary"``, ``"no path"``, ``"compiled"``, ``"detached"``,
        ``"requires_grad"``, ``"vanishing"``, ``"exploding"``, ``"not finite"``, …
    text : str
        The reason in a sentence or two.
    cure : str
        What to do, if something is to be done.
    rewrite : str
        The code that cures it, if it can be told.
    operation : str or None
    line : str or None
        ``file.py:12``, if lines were kept.
    count, total : int or None
        How many of how many elements.
    units : tuple of int
        Dead units, by their places along the last axis.
    positions : tuple of tuple of int
        The first offending elements.
    data : anything
        Numbers behind the sentence, such as the factors of the layers.
    """

    kind: str
    text: str
    cure: str = ""
    rewrite: str = ""
    operation: str | None = None
    line: str | None = None
    count: int | None = None
    total: int | None = None
    units: tuple[int, ...] = ()
    positions: tuple[tuple[int, ...], ...] = ()
    data: Any = None

    def __str__(self) -> str:
        text = self.text if self.text[-1:] in ".?!" else f"{self.text}."
        parts = [text, self.cure]
        if self.rewrite:
            parts.append(f"Cure: {self.rewrite}")
        return " ".join([part for part in parts if part])


def listing(items: Sequence[Any], most: int = 8) -> str:
    """``1, 4 and 7``, or the first few and how many there are.

    Examples
    --------
    >>> listing([1, 4, 7])
    '1, 4 and 7'
    >>> listing(range(100), 3)
    '0, 1, 2 and 97 more'
    """
    words = [str(item) for item in items[:most]]
    if not words:
        return "none"
    if len(items) > most:
        return f"{', '.join(words)} and {len(items) - most:,} more"
    return " and ".join([part for part in (", ".join(words[:-1]), words[-1]) if part])


def count_words(count: int, total: int, what: str) -> str:
    """``all 8 units``, ``3 of 8 units``, ``the only unit``."""
    if count == total:
        return f"the only {what}" if total == 1 else f"all {total:,} {what}s"
    return f"{count:,} of {total:,} {what}s"


def range_words(value: Any) -> str:
    """``−3.1``, or ``between −3.1 and 0.2``."""
    array = np.asarray(value, np.float64)
    if not array.size:
        return "nothing"
    low, high = float(array.min()), float(array.max())
    if low == high or low != low:
        return number(low)
    return f"between {number(low)} and {number(high)}"


def positions_of(mask: Any, most: int = 5) -> tuple[tuple[int, ...], ...]:
    """The places of the first true elements."""
    array = np.asarray(mask)
    if not array.ndim:
        return ((),) if array else ()
    return tuple([tuple(int(i) for i in place) for place in np.argwhere(array)[:most]])
