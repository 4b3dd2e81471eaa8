"""Data as arrays, and in mini-batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor
from autograd_core import generator as as_generator

from . import _checks as check

Array = NDArray[Any]
Rng = np.random.Generator | int | None


def as_array(data: ArrayLike | Tensor) -> Array:
    """The values of an array, a list or a tensor (which keeps its graph for itself)."""
    if isinstance(data, Tensor):
        return data.numpy()
    if is_masked(data) or (isinstance(data, (list, tuple)) and any(map(is_masked, data))):
        raise DTypeError("data: a masked array would lose its mask; use array.filled(value)")
    try:
        return np.asarray(data)
    except ValueError as error:
        raise ShapeError(
            f"data: the rows are ragged ({error}); give rows of equal length"
        ) from None


def is_masked(data: Any) -> bool:
    """Whether `data` is an array with a mask, which plain arrays do not have."""
    return isinstance(data, np.ma.MaskedArray)


class MiniBatches:
    """The data in mini-batches, each point exactly once in a pass.

    Each ``for`` over it is a pass (an epoch), shuffled anew: the loop of the chapter's
    MINI-BATCH-SGD (section 7.1). Batches are copies: to change one leaves the data as they are.

    Parameters
    ----------
    X : array_like of shape (n, …)
        A row for each point.
    y : array_like of shape (n, …)
    batch_size : int, default 32
        k; at most n points come together.
    shuffle : bool, default True
    rng : numpy.random.Generator or int, optional
        The source of the shuffles: a generator, which is advanced, or a seed.
    drop_last : bool, default False
        Leave out the points of a last batch that is shorter than `batch_size` (the chapter's
        n/k batches).

    Raises
    ------
    ArgumentError
        For an empty data set, X and y of different lengths, a batch size below 1, or no batch
        at all because ``drop_last=True`` with ``batch_size > n``.

    Examples
    --------
    >>> import numpy as np
    >>> from optim import MiniBatches
    >>> batches = MiniBatches(np.arange(5.0), np.arange(5), batch_size=2, shuffle=False)
    >>> [y.tolist() for X, y in batches]
    [[0, 1], [2, 3], [4]]
    >>> len(batches)
    3
    """

    def __init__(
        self,
        X: ArrayLike | Tensor,
        y: ArrayLike | Tensor,
        batch_size: int = 32,
        *,
        shuffle: bool = True,
        rng: Rng = None,
        drop_last: bool = False,
    ) -> None:
        self.X, self.y = as_array(X), as_array(y)
        self.n = check.points("MiniBatches", self.X, self.y)
        self.batch_size = check.whole("MiniBatches", "batch_size", batch_size)
        self.shuffle = check.flag("MiniBatches", "shuffle", shuffle)
        self.drop_last = check.flag("MiniBatches", "drop_last", drop_last)
        if self.drop_last and self.batch_size > self.n:
            raise ArgumentError(
                f"MiniBatches: batch_size {self.batch_size} is above the number of points "
                f"{self.n}, so that drop_last=True leaves no batch"
            )
        self.rng = as_generator(rng)

    def __len__(self) -> int:
        return self.n // self.batch_size if self.drop_last else -(-self.n // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        k = self.batch_size
        order = self.rng.permutation(self.n) if self.shuffle else None
        for i in range(len(self)):
            cut = slice(i * k, (i + 1) * k)
            if order is None:
                yield self.X[cut].copy(), self.y[cut].copy()
            else:
                yield self.X[order[cut]], self.y[order[cut]]
