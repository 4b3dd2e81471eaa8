"""Preparing data: a validation set, and columns of mean 0 and standard deviation 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor
from autograd_core import generator as as_generator

from . import _checks as check
from .data import Array, Rng, as_array
from .labels import class_labels


def train_validation_split(
    X: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    fraction: float = 0.2,
    *,
    rng: Rng = None,
    stratify: bool = False,
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Split data at random into a training set and a validation set.

    Parameters
    ----------
    X, y : array_like of n rows
    fraction : float, default 0.2
        Of the points that go to the validation set, rounded; at least one point is in each.
    rng : numpy.random.Generator or int, optional
    stratify : bool, default False
        Give each class its share in both sets; y then holds class indices or one-hot rows.

    Returns
    -------
    (X_train, y_train), (X_validation, y_validation)
        Each in random order.

    Raises
    ------
    ArgumentError
        For fewer than two points, different lengths, or a fraction out of (0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from optim import train_validation_split
    >>> X, y = np.arange(10.0), np.arange(10) % 2
    >>> train, validation = train_validation_split(X, y, 0.4, rng=0, stratify=True)
    >>> len(train[0]), sorted(validation[1].tolist())
    (6, [0, 0, 1, 1])
    """
    where = "train_validation_split"
    X, y = as_array(X), as_array(y)
    n = check.points(where, X, y)
    share = check.real(where, "fraction", fraction, high=1.0, open_low=True, open_high=True)
    if n < 2:
        raise ArgumentError(f"{where}: one point cannot be split")
    wanted = min(max(round(share * n), 1), n - 1)
    order = as_generator(rng).permutation(n)
    first = np.arange(n) < wanted
    if check.flag(where, "stratify", stratify):
        first = _turns(class_labels(where, y)[order]) < wanted
    held, kept = order[first], order[~first]
    return (X[kept], y[kept]), (X[held], y[held])


def _turns(labels: Array) -> Array:
    """The turn of each point, such that the points up to any turn have each class's share."""
    place = np.empty(labels.size)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        place[rows] = (np.arange(rows.size) + 0.5) / rows.size
    turns = np.empty(labels.size, int)
    turns[np.argsort(place, kind="stable")] = np.arange(labels.size)
    return turns


class Standardizer:
    """``x ↦ (x − mean) / std`` by column, with the mean and std of the training data.

    Made by `standardize`. A column that is constant in the training data is only centred.

    Attributes
    ----------
    mean, std : ndarray
        Of each column; std is 1 where the column is constant.
    """

    def __init__(self, mean: Array, std: Array) -> None:
        self.mean = mean
        self.std = std

    def __call__(self, X: ArrayLike | Tensor) -> Array:
        """X with the training data's mean taken away, in units of its std."""
        array = self._fitting(X)
        scaled: Array = (array - self.mean.astype(array.dtype)) / self.std.astype(array.dtype)
        return scaled

    def inverse(self, X: ArrayLike | Tensor) -> Array:
        """The data from its standardized form."""
        scaled = self._fitting(X)
        array: Array = scaled * self.std.astype(scaled.dtype) + self.mean.astype(scaled.dtype)
        return array

    def _fitting(self, X: ArrayLike | Tensor) -> Array:
        array = _numbers("Standardizer", X)
        array = array if array.dtype.kind == "f" else array.astype(np.float64)
        if array.shape[array.ndim - self.mean.ndim :] != self.mean.shape:
            raise ShapeError(
                f"Standardizer: data of shape {array.shape} does not have the columns of the "
                f"training data, {self.mean.shape}"
            )
        return array

    def __repr__(self) -> str:
        return f"Standardizer(columns={self.mean.shape})"


def _numbers(owner: str, X: ArrayLike | Tensor) -> Array:
    array = as_array(X)
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{owner}: the data is of dtype {array.dtype}; columns must hold numbers")
    return array


def standardize(X: ArrayLike | Tensor) -> Standardizer:
    """The transform that gives each column of the training data mean 0 and standard deviation 1.

    Parameters
    ----------
    X : array_like of shape (n, …)
        The training data, and nothing else.

    Returns
    -------
    Standardizer
        Call it with training, validation and test data alike. float32 data stays float32.

    Raises
    ------
    ArgumentError
        For an empty data set, or one with a NaN or an infinity.
    DTypeError
        For data that holds no numbers.

    Examples
    --------
    >>> from optim import standardize
    >>> scale = standardize([[1.0, 5.0], [3.0, 5.0]])
    >>> scale([[1.0, 5.0], [5.0, 6.0]])
    array([[-1.,  0.],
           [ 3.,  1.]])
    """
    array = _numbers("standardize", X)
    check.points("standardize", array, array)
    if not np.isfinite(array).all():
        raise ArgumentError("standardize: the data holds a NaN or an infinity")
    # Squares of large numbers leave the range; a power of two scales without rounding.
    top = np.abs(array.astype(np.float64, copy=False)).max(axis=0)
    scale = np.where(top > 1e100, 2.0**900, 1.0)
    scaled = array / scale
    mean = scaled.mean(axis=0, dtype=np.float64) * scale
    std = scaled.std(axis=0, dtype=np.float64) * scale
    # The mean and deviation of equal numbers come with rounding errors.
    constant = std <= 1e-12 * np.abs(mean)
    return Standardizer(np.where(constant, array[0], mean), np.where(constant, 1.0, std))
