"""What losses ask of guesses and labels; each check costs microseconds and keeps nothing."""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, GraphError, IndexingError, ShapeError, Tensor


class Pass:
    """The inputs of a pass on arrays, and those among them that a loss took as labels."""

    def __init__(self, inputs: list[Any]) -> None:
        self.inputs = inputs
        self.labels: list[Tensor] = []


#: The pass on arrays that is being recorded: its inputs require a gradient by our doing.
recorded: ContextVar[Pass | None] = ContextVar("recorded", default=None)


def values(x: Any) -> NDArray[Any]:
    """The plain values of a guess or of labels.

    Raises
    ------
    DTypeError
        For a masked array, which would lose its mask, and for what holds no numbers.
    """
    if isinstance(x, Tensor):
        return x.numpy()
    return x if type(x) is np.ndarray or isinstance(x, ag.Symbol) else _converted(x)  # type: ignore[return-value]


def _converted(x: Any) -> NDArray[Any]:
    if x is None:
        raise DTypeError("the labels are None; a loss compares each guess with a label")
    if isinstance(x, (list, tuple)):
        try:
            array = np.asarray(x)
        except (ValueError, TypeError):
            array = np.empty(0, object)
        if array.dtype.kind in "US":
            return array  # refused where the kind of label that is wanted is known
    return Tensor(x, copy=False).numpy()


def constants(x: Any, what: str) -> NDArray[Any]:
    """The plain values of labels, by which the loss `what` does not differentiate.

    Raises
    ------
    GraphError
        For a tensor that requires a gradient, as none would reach it.
    """
    if isinstance(x, Tensor) and x.requires_grad:
        now = recorded.get()
        if now is None or all(x is not given for given in now.inputs):
            raise GraphError(
                f"{what}: the labels, of shape {x.shape}, require a gradient, but this loss "
                f"takes labels as constants, and no gradient would reach them; give "
                f"labels.detach(). The squared loss does differentiate by them"
            )
        now.labels.append(x)
    return values(x)


def floating(x: Any, what: str, name: str) -> Any:
    """`x` as a tensor or array of floats.

    Raises
    ------
    DTypeError
        For integers and anything else.
    """
    if not isinstance(x, Tensor):
        x = values(x)
    if x.dtype.kind != "f":
        raise DTypeError(
            f"{what}: {name} of dtype {x.dtype} and shape {x.shape}; a loss needs floats: "
            f"np.asarray({name.removeprefix('a ')}, float). Are guess and labels the wrong way "
            f"round?"
        )
    return x


def same_shape(guess: Any, actual: Any, what: str) -> None:
    """Raise a ShapeError unless the shapes are equal: nothing is broadcast in a loss."""
    if guess.shape == actual.shape:
        return
    if guess.size == actual.size:
        advice = f"reshape one of them: labels.reshape{guess.shape}"
    else:
        advice = "give one label for each guess"
    raise ShapeError(
        f"{what}: the guess has shape {guess.shape} and the labels have shape {actual.shape}; "
        f"they must be equal, as broadcasting would pair every guess with every label. "
        f"So {advice}"
    )


def target(actual: Any, guess: Any, what: str) -> Any:
    """The true values, of the shape and dtype of the guess and without NaN."""
    if isinstance(actual, Tensor) and actual.requires_grad:
        same_shape(guess, actual, what)
        return actual if actual.dtype == guess.dtype else ag.astype(actual, guess.dtype)
    array = values(actual)
    same_shape(guess, array, what)
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{what}: true values of dtype {array.dtype}; give numbers")
    if array.dtype.kind == "f" and array.size:
        ag.as_one(_refuse_nan, array, what)
    return array.astype(guess.dtype, copy=False)


def _refuse_nan(array: NDArray[Any], what: str) -> None:
    low = array.min()
    if low != low:
        raise ArgumentError(
            f"{what}: {np.isnan(array).sum()} of the {array.size} true values are NaN; "
            f"leave these examples out"
        )


def labels_among(actual: Any, guess: Any, allowed: tuple[int, int], what: str) -> NDArray[Any]:
    """Labels of the shape of the guess, each one of two allowed numbers."""
    array = constants(actual, what)
    same_shape(guess, array, what)
    ag.as_one(_refuse_others, array, *allowed, what)
    return array


def _refuse_others(array: NDArray[Any], low: int, high: int, what: str) -> None:
    right = (array == low) | (array == high)
    if not right.all():
        wrong = array[~right].flat[0]
        advice = "labels ±1 become these by (y + 1) / 2"
        if low == -1:
            advice = "labels 0 and 1 become these by 2 * y - 1"
        raise ArgumentError(
            f"{what}: labels must be {low} or {high}, and {wrong} is among those of shape "
            f"{array.shape}; {advice}"
        )


def probabilities(a: Any, what: str) -> Any:
    """A guess of floats in [0, 1]; NaN passes, so that the loss shows it."""
    a = floating(a, what, "a guess")
    ag.as_one(_refuse_improbable, values(a), what)
    return a


def _refuse_improbable(array: NDArray[Any], what: str) -> None:
    if array.size and (array.min() < 0 or array.max() > 1):
        raise ArgumentError(
            f"{what}: guesses must be probabilities in [0, 1], and these of shape {array.shape} "
            f"reach from {array.min():.6g} to {array.max():.6g}; apply sigmoid or softmax first, "
            f"or use the loss from logits (BCEWithLogitsLoss, CrossEntropyLoss)"
        )


@lru_cache(maxsize=64)
def _rows(n: int) -> NDArray[Any]:
    return np.arange(n)


def class_index(labels: Any, shape: tuple[int, ...], what: str) -> Any:
    """The index that picks the entry of the true class from scores of a shape (…, K).

    Parameters
    ----------
    labels : array_like or Tensor
        Class numbers 0 … K − 1, of shape (…), or one-hot rows of shape (…, K).
    shape : tuple of int
    what : str
        The loss, for messages.

    Raises
    ------
    ShapeError, DTypeError, IndexingError, ArgumentError
        For labels of another shape, class numbers that are not integers or are out of range, and
        rows that are not one-hot.
    """
    if not shape:
        raise ShapeError(f"{what}: a guess of shape () has no axis of classes; give (batch, K)")
    array = constants(labels, what)
    if array.shape == shape:
        array = ag.as_one(_hot, array, what)
    elif array.shape != shape[:-1]:
        hint = ""
        if array.size == int(np.prod(shape[:-1])):
            hint = f": labels.reshape{shape[:-1]}" if len(shape) != 2 else ": labels.reshape(-1)"
        raise ShapeError(
            f"{what}: the guess has shape {shape}, so labels must be class numbers of shape "
            f"{shape[:-1]} or one-hot rows of shape {shape}, not of shape {array.shape}{hint}"
        )
    else:
        array = ag.as_one(_labels, array, shape[-1], what)
    if array.ndim == 1:
        return _rows(len(array)), array
    return (*np.indices(array.shape, sparse=True), array)


@ag.gives_places
def _labels(array: NDArray[Any], classes: int, what: str) -> NDArray[Any]:
    if array.dtype.kind not in "iu":
        advice = "use np.asarray(labels).astype(int)"
        if array.dtype.kind not in "fb":
            advice = "number them: names, labels = np.unique(labels, return_inverse=True)"
        raise DTypeError(f"{what}: class numbers must be integers, not {array.dtype}; {advice}")
    index = array.astype(np.intp)
    # Seen as unsigned, a negative number is a large one.
    if index.size and np.maximum.reduce(index.view(np.uintp), axis=None) >= classes:
        wrong = array[(array < 0) | (array >= classes)].flat[0]
        raise IndexingError(
            f"{what}: label {wrong} is out of range for {classes} classes, which are numbered 0 to "
            f"{classes - 1}; negative numbers do not count from the end here"
        )
    return index


def _hot(rows: NDArray[Any], what: str) -> NDArray[Any]:
    if rows.dtype.kind not in "fiub":
        raise DTypeError(f"{what}: one-hot rows must be numbers, not {rows.dtype}")
    index = rows.argmax(axis=-1)
    if np.count_nonzero(rows) == index.size and (rows.max(axis=-1) == 1).all():
        return np.asarray(index)
    bad = ((rows != 0).sum(-1) != 1) | (rows.max(-1) != 1)
    row = rows[bad][0] if rows.ndim > 1 else rows
    raise ArgumentError(
        f"{what}: labels of the guess's shape {rows.shape} must be one-hot, one 1 and else 0 in "
        f"each row, and this row is not: {row}"
    )
