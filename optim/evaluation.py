"""Running a model without training it: predictions, losses, accuracies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import Tensor, no_grad

from . import _checks as check
from .data import as_array
from .labels import is_one_hot
from .metrics import accuracy as share_right

Array = NDArray[Any]
Measure = Callable[[Array, Array], float]


@contextmanager
def mode(model: Any, training: bool) -> Iterator[None]:
    """Put every module of `model` in training or evaluation mode for a while.

    Each gets its own mode back, so that a module that was frozen in evaluation mode stays so.
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


def converted(X: ArrayLike | Tensor, y: ArrayLike | Tensor, dtype: Any) -> tuple[Array, Array]:
    """X, and y if it holds floats, in a dtype; with None as they are."""
    inputs, labels = as_array(X), as_array(y)
    if dtype is None:
        return inputs, labels
    if labels.dtype.kind == "f":
        labels = labels.astype(dtype, copy=False)
    return inputs.astype(dtype, copy=False), labels


def per_point(loss: Any, value: float, n: int) -> float:
    """The mean loss of a point, from the loss of n points."""
    return value / n if getattr(loss, "reduction", "mean") == "sum" else value


def check_measure(owner: str, accuracy: Any) -> None:
    """Refuse what is no function, bool or None."""
    if accuracy is not None and not callable(accuracy):
        check.flag(owner, "accuracy", accuracy)


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

    Examples
    --------
    >>> import nn
    >>> from optim import predict
    >>> predict(nn.Linear(3, 2, rng=0), [[1.0, 2.0, 3.0]]).shape
    (1, 2)
    """
    array, _ = converted(X, (), dtype_of(model))
    n = check.points("predict", array, array)
    size = check.whole("predict", "batch_size", batch_size)
    with mode(model, training=False), no_grad():
        parts = [
            as_array(model(Tensor(array[i : i + size], copy=False))) for i in range(0, n, size)
        ]
    return np.concatenate(parts)


def evaluate(
    model: Any,
    loss: Any,
    X: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    *,
    accuracy: bool | Measure | None = None,
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
    batch_size : int, default 1024

    Returns
    -------
    loss, accuracy : float
        The accuracy is NaN where there is none.

    Raises
    ------
    ArgumentError
        For an empty data set, lengths that differ, or a batch size below 1.

    Examples
    --------
    >>> import nn, numpy as np
    >>> from optim import evaluate
    >>> model = nn.Linear(2, 2, rng=0)
    >>> loss, share = evaluate(model, nn.CrossEntropyLoss(), np.eye(2), np.array([0, 1]))
    """
    X, y = converted(X, y, dtype_of(model))
    n = check.points("evaluate", X, y)
    check_measure("evaluate", accuracy)
    size = check.whole("evaluate", "batch_size", batch_size)
    total = right = 0.0
    with mode(model, training=False), no_grad():
        for i in range(0, n, size):
            rows = slice(i, i + size)
            output = model(Tensor(X[rows], copy=False))
            k = len(y[rows])
            total += per_point(loss, loss(output, y[rows]).item(), k) * k
            measure = chosen_measure(accuracy, y, output.shape[1:])
            right += measure(as_array(output), y[rows]) * k
    return total / n, float(right / n)
