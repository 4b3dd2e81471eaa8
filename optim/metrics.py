"""How good a classifier is: accuracy and the confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor

from . import _checks as check
from .data import as_array
from .labels import class_labels, refuse_words


def predicted_classes(owner: str, guess: ArrayLike | Tensor) -> NDArray[Any]:
    """Class indices from scores (the largest wins, the first of equals) or class indices."""
    scores = as_array(guess)
    if scores.ndim == 2:
        if not scores.shape[1]:
            raise ShapeError(f"{owner}: the guess has shape {scores.shape}, no classes")
        if scores.shape[1] == 1:
            raise ShapeError(
                f"{owner}: the guess has shape {scores.shape}, one number for each point and not "
                f"one for each class; for class indices guess.reshape(-1), and of two classes "
                f"(guess > 0.5).reshape(-1), or accuracy(guess, actual, threshold=0.5)"
            )
        if scores.dtype.kind == "f" and np.isnan(scores).any():
            raise ArgumentError(f"{owner}: the guess holds a NaN")
        classes: NDArray[Any] = np.argmax(scores, axis=1)
        return classes
    if scores.ndim == 1 and scores.size and scores.dtype.kind == "f":
        raise DTypeError(
            f"{owner}: the guess is one float for each point (shape {scores.shape}); say what "
            f"counts as class 1, as in (guess > 0.5), or accuracy(guess, actual, threshold=0.5)"
        )
    return class_labels(owner, scores)


def _pair(
    owner: str, guess: ArrayLike | Tensor, actual: ArrayLike | Tensor, n_classes: int | None
) -> tuple[NDArray[Any], NDArray[Any], int]:
    given = as_array(guess)
    if n_classes is None and given.ndim == 2:
        n_classes = given.shape[1]
    guesses = predicted_classes(owner, given)
    labels = class_labels(owner, actual, n_classes)
    if guesses.shape != labels.shape:
        raise ShapeError(
            f"{owner}: {guesses.shape[0]} guesses (shape {given.shape}) for {labels.shape[0]} "
            f"labels (shape {np.shape(as_array(actual))})"
        )
    if not labels.size:
        raise ArgumentError(f"{owner}: there are no points")
    if n_classes is None:
        n_classes = int(max(guesses.max(), labels.max())) + 1
    elif guesses.max() >= n_classes:
        raise ArgumentError(f"{owner}: guess {guesses.max()} is too large for {n_classes} classes")
    return guesses, labels, n_classes


def accuracy(
    guess: ArrayLike | Tensor, actual: ArrayLike | Tensor, threshold: float | None = None
) -> float:
    """The share of points whose class was guessed: 1 minus the mean 0-1 loss.

    Parameters
    ----------
    guess : array_like
        Scores of shape (n, K) (probabilities or logits), or class indices of shape (n,). With a
        threshold one score for each point, of shape (n,) or (n, 1).
    actual : array_like
        Class indices of shape (n,), or one-hot rows. With a threshold labels 0 and 1, or −1 and
        +1, of the shape of `guess`.
    threshold : float, optional
        For two classes: the positive one is guessed where the score is above it. 0.5 for
        probabilities (sigmoid with NLL), 0 for logits and for the sign of a score (hinge loss).

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ShapeError, DTypeError, ArgumentError
        For lengths that differ, labels out of range, floats in the place of class indices, and a
        guess or labels of shape (n, 1) without a threshold.

    Examples
    --------
    >>> from optim import accuracy
    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    >>> accuracy([0.9, 0.2, 0.6], [1, 0, 0], threshold=0.5) == 2 / 3
    True
    """
    if threshold is not None:
        return _share_of_two(guess, actual, threshold)
    guesses, labels, _ = _pair("accuracy", guess, actual, None)
    return float(np.mean(guesses == labels))


def _share_of_two(guess: ArrayLike | Tensor, actual: ArrayLike | Tensor, threshold: float) -> float:
    """The accuracy of one score for each point."""
    bound = check.real("accuracy", "threshold", threshold, low=-math.inf, open_low=True)
    scores, labels = as_array(guess), as_array(actual)
    refuse_words("accuracy", labels)
    if scores.shape != labels.shape or scores.ndim not in (1, 2) or scores.shape[1:] not in _ONE:
        raise ShapeError(
            f"accuracy: with a threshold the guess and the labels have the same shape, (n,) or "
            f"(n, 1), and not {scores.shape} and {labels.shape}; reshape(-1) makes (n,) of (n, 1)"
        )
    if not labels.size:
        raise ArgumentError("accuracy: there are no points")
    if scores.dtype.kind not in "fiub" or np.isnan(scores).any():
        raise ArgumentError(f"accuracy: the guess (dtype {scores.dtype}) holds no number or a NaN")
    if not any(np.isin(labels, pair).all() for pair in ((0, 1), (-1, 1))):
        raise ArgumentError(
            f"accuracy: labels of two classes are 0 and 1, or -1 and 1; these have "
            f"{np.unique(labels)[:5]}"
        )
    return float(np.mean((scores > bound) == (labels > 0)))


#: What follows the points' axis in the shape of one number for each point.
_ONE = ((), (1,))


def confusion_matrix(
    guess: ArrayLike | Tensor, actual: ArrayLike | Tensor, n_classes: int | None = None
) -> NDArray[np.int64]:
    """How often a point of class i (row) was guessed to be of class j (column).

    Parameters
    ----------
    guess, actual : array_like
        As for `accuracy`.
    n_classes : int, optional
        K; by default the columns of `guess`, or one more than the largest class.

    Returns
    -------
    ndarray of int, shape (K, K)

    Raises
    ------
    ShapeError, DTypeError, ArgumentError
        As `accuracy`.

    Examples
    --------
    >>> from optim import confusion_matrix
    >>> confusion_matrix([0, 1, 1], [0, 0, 1])
    array([[1, 1],
           [0, 1]])
    """
    guesses, labels, k = _pair("confusion_matrix", guess, actual, n_classes)
    matrix = np.zeros((k, k), np.int64)
    np.add.at(matrix, (labels, guesses), 1)
    return matrix


def confusion_table(matrix: ArrayLike, names: Sequence[str] | None = None) -> str:
    """A confusion matrix as text: actual classes downwards, guesses across, 0 as a dot.

    Parameters
    ----------
    matrix : array_like of int, shape (K, K)
        From `confusion_matrix`.
    names : sequence of str, optional
        Of the classes; by default 0, 1, …

    Returns
    -------
    str

    Raises
    ------
    ShapeError
        If `matrix` is not square, or there are not as many names.

    Examples
    --------
    >>> from optim import confusion_table
    >>> print(confusion_table([[9, 1], [0, 12]], names=["cat", "dog"]))
    actual   guess
             cat  dog
       cat     9    1   90.0 %
       dog     .   12  100.0 %
    """
    counts = as_array(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ShapeError(f"confusion_table: a matrix of shape {counts.shape} is not square")
    labels = [str(i) for i in range(len(counts))] if names is None else [str(n) for n in names]
    if len(labels) != len(counts):
        raise ShapeError(f"confusion_table: {len(labels)} names for {len(counts)} classes")
    words = [[str(count) if count else "." for count in row] for row in counts]
    width = max(3, *[len(word) for row in [labels, *words] for word in row])
    left = max(6, *[len(label) for label in labels])
    lines = [f"{'actual':<{left}}   guess", " " * left + "  " + _row(labels, width)]
    for i, (label, row) in enumerate(zip(labels, words, strict=True)):
        total = int(counts[i].sum())
        share = f"{100 * counts[i, i] / total:7.1f} %" if total else ""
        lines.append(f"{label:>{left}}  {_row(row, width)}{share}".rstrip())
    return "\n".join(lines)


def _row(words: Sequence[str], width: int) -> str:
    return "  ".join(f"{word:>{width}}" for word in words)
