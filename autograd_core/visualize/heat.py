"""Tiny heat maps: an array as a small grid of colours, from most negative to most positive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .wording import IN_FULL

#: No heat map has more rows or columns; a larger array is drawn by the means of its parts.
MAX_CELLS = 16
#: Levels of colour on each side of zero.
LEVELS = 6
#: The level of a cell that holds a NaN or an infinity.
NOT_FINITE = LEVELS + 1


@dataclass(frozen=True, slots=True)
class Heat:
    """A grid of levels.

    Attributes
    ----------
    rows : tuple of tuple of int
        From -`LEVELS`, where the largest magnitude is negative, by 0 to `LEVELS`; or `NOT_FINITE`.
    words : str
        The same for those who do not see it.
    """

    rows: tuple[tuple[int, ...], ...]
    words: str

    def smaller(self, limit: int) -> Heat:
        """With at most so many rows and columns."""
        if len(self.rows) <= limit and len(self.rows[0]) <= limit:
            return self
        cells = np.array(self.rows, dtype=float)
        bad = _blocks((cells == NOT_FINITE).astype(float), limit) > 0
        levels = np.rint(_blocks(np.where(cells == NOT_FINITE, 0.0, cells), limit)).astype(int)
        return Heat(_rows(np.where(bad, NOT_FINITE, levels)), self.words)


def heat_of(value: Any) -> Heat | None:
    """The heat map of an array; None for one that is written in full, or is all the same.

    The last axis runs to the right, all others downward. Zero has its own colour; the scale is
    the largest magnitude of a cell.

    Examples
    --------
    >>> heat_of([[3.0, -3.0, 0.0, 1.5], [0.0, 0.0, 0.0, 0.0]]).rows
    ((6, -6, 0, 3), (0, 0, 0, 0))
    """
    array = np.asarray(value)
    if array.size <= IN_FULL or array.dtype.kind not in "fiub" or array.min() == array.max():
        return None
    grid = array.reshape(-1, array.shape[-1]).astype(np.float64)
    good = np.isfinite(grid)
    fine = bool(good.all())
    with np.errstate(all="ignore"):
        cells = _blocks(grid if fine else np.where(good, grid, 0.0), MAX_CELLS)
        scale = float(np.abs(cells).max())
        levels = cells / scale * LEVELS if 0 < scale < np.inf else np.sign(cells)
    # What is not zero is not drawn as zero.
    levels = np.sign(levels) * np.ceil(np.abs(levels) - 0.5).clip(1, LEVELS) * (levels != 0)
    levels = np.nan_to_num(levels).astype(int)
    if not fine:
        levels = np.where(_blocks(~good * 1.0, MAX_CELLS) > 0, NOT_FINITE, levels)
    return Heat(_rows(levels), _words(array, good.reshape(array.shape)))


def _rows(levels: np.ndarray[Any, Any]) -> tuple[tuple[int, ...], ...]:
    return tuple([tuple(row) for row in levels.tolist()])


def _blocks(grid: np.ndarray[Any, Any], limit: int) -> np.ndarray[Any, Any]:
    """The means of at most `limit` times `limit` parts of a grid, nearly equal in size."""
    for axis in (0, 1):
        length = grid.shape[axis]
        if length > limit:
            starts = np.arange(limit) * length // limit
            counts = np.diff(np.append(starts, length))
            sums = np.add.reduceat(grid, starts, axis=axis)
            grid = sums / (counts[:, None] if axis == 0 else counts)
    return grid


def _words(array: np.ndarray[Any, Any], good: np.ndarray[Any, Any]) -> str:
    """Signs, and where the largest magnitude is; what is negative is the rest."""
    numbers = array[good]
    if not numbers.size:
        return "no finite number"
    shares = [
        f"{round(100 * int(count) / array.size)} % {what}"
        for count, what in (
            ((numbers > 0).sum(), "positive"),
            ((numbers == 0).sum(), "zero"),
            (array.size - numbers.size, "not finite"),
        )
        if count
    ]
    size = np.where(good, np.abs(array.astype(np.float64)), -1.0)
    place = np.unravel_index(int(size.argmax()), array.shape)
    where = ", ".join([str(int(i)) for i in place])
    return f"{', '.join(shares) or 'all negative'}, largest at [{where}]"
