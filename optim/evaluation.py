"""Running a model without training it: predictions, losses, accuracies."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor, no_grad

from . import _checks as check
from .data import as_array
from .labels import is_one_hot, refuse_words
from .metrics import accuracy as share_right

Array = NDArray[Any]
Measure = Callable[[Array, Array], float]


@contextmanager
def mode(model: Any, training: bool) -> Iterator[None]:
    """Put every module of `model` in training or evaluation mode for a while.

    Meanwhile all have the same mode, as with ``model.train()`` and ``model.eval()``: a module that
    was in evaluation mode is trained like the others. Afterwards each gets its own mode back.
    """
    modules = list(model.modules()) if hasattr(model, "modules") else []
    before = [module.training for module in modules]
    for module in modules:
        module.training = training
    try:
        yield
    finally:
        for module, was in zip(modules, before, strict=True):
            module.training = was


def dtype_of(model: Any) -> np.dtype[Any] | None:
    """The dtype of a model's first parameter; None where it is no module or has none."""
    parameters = getattr(model, "parameters", tuple)
    first = next(iter(parameters()), None)
    return None if first is None else first.dtype


def converted(
    owner: str, X: ArrayLike | Tensor, y: ArrayLike | Tensor, dtype: Any
) -> tuple[Array, Array]:
    """X, and y if it holds floats, in a dtype; with None as they are. Both hold numbers."""
    inputs, labels = as_array(X), as_array(y)
    if inputs.dtype.kind not in "fiub":
        raise DTypeError(
            f"{owner}: X is of dtype {inputs.dtype}; it must hold numbers: X.astype(float)"
        )
    refuse_words(owner, labels)
    if dtype is None:
        return inputs, labels
    if labels.dtype.kind == "f":
        labels = labels.astype(dtype, copy=False)
    return inputs.astype(dtype, copy=False), labels


def per_point(loss: Any, value: float, n: int) -> float:
    """The mean loss of a point, from the loss of n points."""
    return value / n if getattr(loss, "reduction", "mean") == "sum" else value


def check_functions(owner: str, model: Any, loss: Any) -> None:
    """Refuse a model or a loss that cannot be called on data."""
    check.function(owner, "model", model, "a Module or a function of a Tensor")
    check.function(owner, "loss", loss, "a function of outputs and labels")


def loss_value(owner: str, loss: Any) -> float:
    """The number in what a loss gave, after it was found to be a scalar Tensor."""
    if not isinstance(loss, Tensor):
        raise DTypeError(
            f"{owner}: the loss is of type {type(loss).__name__}; loss(model(x), y) must give a "
            f"Tensor, on which backward() can be called"
        )
    if loss.size != 1:
        raise ShapeError(
            f"{owner}: the loss has shape {loss.shape}; it must be one number for the mini-batch: "
            f"reduction='mean' or 'sum', or loss.mean()"
        )
    return float(loss.item())


def asked_measure(
    owner: str, accuracy: bool | Measure | None, threshold: float | None
) -> bool | Measure | None:
    """The measure of accuracy that was asked for, checked."""
    if accuracy is not None and not callable(accuracy):
        check.flag(owner, "accuracy", accuracy)
    if threshold is None:
        return accuracy
    bound = check.real(owner, "threshold", threshold, low=-np.inf, open_low=True)
    if callable(accuracy) or accuracy is False:
        raise ArgumentError(f"{owner}: give a threshold, or accuracy={accuracy!r}, not both")
    return functools.partial(share_right, threshold=bound)


def chosen_measure(accuracy: bool | Measure | None, y: Array, outputs: tuple[int, ...]) -> Measure:
    """The measure of accuracy: as asked, or by the look of the labels and the outputs' shape."""
    if callable(accuracy):
        return accuracy
    if accuracy is not None:
        return share_right if accuracy else no_accuracy
    scores = len(outputs) == 1 and outputs[0] > 1
    if scores and y.ndim == 1 and y.dtype.kind in "iu":
        return share_of_classes
    if scores and y.shape[1:] == outputs and is_one_hot(y):
        return share_of_one_hot
    return no_accuracy


def no_accuracy(output: Array, y: Array) -> float:
    """What stands for the accuracy where there is none."""
    return np.nan


def share_of_classes(output: Array, y: Array) -> float:
    """Accuracy without checks; the loss has made them."""
    return np.count_nonzero(output.argmax(axis=1) == y) / len(y)


def share_of_one_hot(output: Array, y: Array) -> float:
    return share_of_classes(output, y.argmax(axis=1))


def predict(model: Any, X: ArrayLike | Tensor, *, batch_size: int = 1024) -> Array:
    """The model's outputs, in evaluation mode and without a graph.

    Parameters
    ----------
    model : Module, or any function of a Tensor
    X : array_like of n rows
    batch_size : int, default 1024
        How many points go through at once; bounds the memory.

    Returns
    -------
    ndarray of n rows

    Raises
    ------
    ArgumentError
        For an empty data set, or a batch size below 1.
    ShapeError
        If the model does not give a row for each point.

    Examples
    --------
    >>> import nn
    >>> from optim import predict
    >>> predict(nn.Linear(3, 2, rng=0), [[1.0, 2.0, 3.0]]).shape
    (1, 2)
    """
    check.function("predict", "model", model, "a Module or a function of a Tensor")
    array, _ = converted("predict", X, (), dtype_of(model))
    n = check.points("predict", array, array)
    size = check.whole("predict", "batch_size", batch_size)
    with mode(model, training=False), no_grad():
        parts = [
            as_array(model(Tensor(array[i : i + size], copy=False))) for i in range(0, n, size)
        ]
    rows = [part.shape[0] if part.ndim else 0 for part in parts]
    if rows != [len(array[i : i + size]) for i in range(0, n, size)]:
        raise ShapeError(
            f"predict: the model gives shape {parts[0].shape} for {min(n, size)} points; it must "
            f"give a row for each"
        )
    return np.concatenate(parts)


def evaluate(
    model: Any,
    loss: Any,
    X: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    *,
    accuracy: bool | Measure | None = None,
    threshold: float | None = None,
    batch_size: int = 1024,
) -> tuple[float, float]:
    """Mean loss of a point, and accuracy, in evaluation mode and without a graph.

    Parameters
    ----------
    model : Module, or any function of a Tensor
    loss : callable
        ``loss(model(X), y)``, a mean over the points; with ``reduction="sum"`` it is divided.
    X, y : array_like of n rows
    accuracy : bool or callable, optional
        ``accuracy(outputs, y)``. By default the share of points whose largest output is at their
        class, where y holds classes; False for none.
    threshold : float, optional
        For outputs that are one score of two classes: see `accuracy`.
    batch_size : int, default 1024

    Returns
    -------
    loss, accuracy : float
        The accuracy is NaN where there is none.

    Raises
    ------
    ArgumentError
        For an empty data set, lengths that differ, or a batch size below 1.
    DTypeError, ShapeError
        For data that holds no numbers, or a loss that is no scalar Tensor.

    Examples
    --------
    >>> import nn, numpy as np
    >>> from optim import evaluate
    >>> model = nn.Linear(2, 2, rng=0)
    >>> loss, share = evaluate(model, nn.CrossEntropyLoss(), np.eye(2), np.array([0, 1]))
    """
    check_functions("evaluate", model, loss)
    X, y = converted("evaluate", X, y, dtype_of(model))
    n = check.points("evaluate", X, y)
    asked = asked_measure("evaluate", accuracy, threshold)
    size = check.whole("evaluate", "batch_size", batch_size)
    total = right = 0.0
    with mode(model, training=False), no_grad():
        for i in range(0, n, size):
            rows = slice(i, i + size)
            output = model(Tensor(X[rows], copy=False))
            k = len(y[rows])
            total += per_point(loss, loss_value("evaluate", loss(output, y[rows])), k) * k
            measure = chosen_measure(asked, y, output.shape[1:])
            right += measure(as_array(output), y[rows]) * k
    return total / n, float(right / n)
