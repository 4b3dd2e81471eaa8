"""Labels: class indices and one-hot rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor

from . import _checks as check
from .data import Array, as_array


def class_labels(owner: str, y: ArrayLike | Tensor, n_classes: int | None = None) -> Array:
    """Class indices from class indices or one-hot rows, checked.

    Raises
    ------
    DTypeError, ShapeError, ArgumentError
        For labels that are no integers, of a wrong shape, negative, too large, or not one-hot.
    """
    labels = as_array(y)
    refuse_words(owner, labels)
    if labels.ndim == 2:
        if labels.shape[1] == 1:
            raise ShapeError(
                f"{owner}: labels of shape {labels.shape}; class indices have shape (n,): "
                f"labels.reshape(-1)"
            )
        if labels.dtype.kind not in "iufb" or not is_one_hot(labels):
            raise ArgumentError(
                f"{owner}: the rows of labels of shape {labels.shape} are not one-hot (one 1, "
                f"else 0); class indices have shape (n,)"
            )
        if n_classes is not None and labels.shape[1] != n_classes:
            raise ShapeError(
                f"{owner}: one-hot labels of {labels.shape[1]} classes for {n_classes} classes"
            )
        indices: Array = np.argmax(labels, axis=1)
        return indices
    if labels.ndim != 1:
        raise ShapeError(f"{owner}: labels of shape {labels.shape}; class indices have shape (n,)")
    if labels.size and labels.dtype.kind not in "iub":
        raise DTypeError(
            f"{owner}: labels are of dtype {labels.dtype}; class indices are integers: "
            f"labels.astype(int)"
        )
    labels = labels.astype(np.int64)
    for bad, words in ((labels < 0, "below 0"), (labels >= (n_classes or np.inf), "too large")):
        if bad.any():
            i = int(np.argmax(bad))
            raise ArgumentError(
                f"{owner}: label {labels[i]} at place {i} is {words}; labels are 0 to "
                f"{'K − 1' if n_classes is None else n_classes - 1}"
            )
    return labels


def refuse_words(owner: str, labels: Array) -> None:
    """Raise a `DTypeError` for labels that are words or objects."""
    if labels.dtype.kind not in "fciub":
        raise DTypeError(
            f"{owner}: labels are of dtype {labels.dtype}; number the classes: "
            f"names, y = np.unique(labels, return_inverse=True)"
        )


def is_one_hot(y: Array) -> bool:
    """Whether each row of a matrix has one 1 and else 0."""
    return y.ndim == 2 and bool(np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1))


def one_hot(
    labels: ArrayLike | Tensor, n_classes: int | None = None, *, dtype: DTypeLike = np.float64
) -> Array:
    """One-hot rows for class indices (chapter, section 6.2).

    Parameters
    ----------
    labels : array_like of int, shape (n,)
    n_classes : int, optional
        K; by default one more than the largest label.
    dtype : dtype_like, default float64

    Returns
    -------
    ndarray of shape (n, K)

    Raises
    ------
    DTypeError, ShapeError, ArgumentError
        For labels that are no integers, not of shape (n,), below 0 or too large.

    Examples
    --------
    >>> from optim import one_hot
    >>> one_hot([2, 0])
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    if n_classes is not None:
        n_classes = check.whole("one_hot", "n_classes", n_classes)
    if np.ndim(as_array(labels)) != 1:
        raise ShapeError(f"one_hot: labels have shape {np.shape(as_array(labels))}, not (n,)")
    indices = class_labels("one_hot", labels, n_classes)
    if n_classes is None:
        if not indices.size:
            raise ArgumentError("one_hot: there are no labels; give n_classes")
        n_classes = int(indices.max()) + 1
    rows = np.zeros((indices.size, n_classes), dtype)
    rows[np.arange(indices.size), indices] = 1
    return rows
