"""Losses as functions of a guess and the truth (chapter, section 6).

`reduction` is ``"mean"``, ``"sum"`` (the chapter's J, section 7.1) or ``"none"``. Guesses that
are float32 give a loss that is float32, whatever the dtype of the labels.
"""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError

from . import labels as check

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(reduction: Any, what: str) -> str:
    """`reduction` if there is one of this name."""
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"{what}: reduction={reduction!r} is not one of {REDUCTIONS}")
    return str(reduction)


def reduced(losses: Any, reduction: str, what: str) -> Any:
    if reduction == "mean":
        if not losses.size:
            raise ShapeError(
                f"{what}: an empty batch has no mean loss (losses of shape {losses.shape}); "
                f"leave it out, or use reduction='sum'"
            )
        return ag.mean(losses)
    if reduction == "sum":
        return ag.sum(losses)
    check_reduction(reduction, what)
    return losses


def squared(guess: Any, actual: Any, reduction: str = "mean") -> Any:
    """Squared loss, (guess − actual)² (chapter, section 6; with a linear output).

    Parameters
    ----------
    guess : Tensor or array_like
        Of any shape.
    actual : Tensor or array_like
        Of the same shape; nothing is broadcast.
    reduction : {"mean", "sum", "none"}
        ``"mean"`` is over all elements, as PyTorch's ``MSELoss``: for outputs of shape (N, K) it
        is the chapter's sum over the K outputs, averaged over the N examples, divided by K.
        ``"sum"`` is the chapter's J.

    Returns
    -------
    Tensor

    Raises
    ------
    ShapeError
        If the shapes differ; (N, 1) and (N,) do.
    ArgumentError
        If `actual` holds NaN.

    Examples
    --------
    >>> import nn
    >>> from autograd_core import Tensor
    >>> nn.functional.squared(Tensor([1.0, 4.0]), [1.0, 2.0])
    Tensor(2.0, shape=(), dtype=float64)
    """
    guess = check.floating(guess, "squared", "a guess")
    actual = check.target(actual, guess, "squared")
    return reduced(ag.square(ag.subtract(guess, actual)), reduction, "squared")


def hinge(guess: Any, actual: Any, reduction: str = "mean") -> Any:
    """Hinge loss, max(1 − guess·actual, 0) (chapter, section 6.1).

    Parameters
    ----------
    guess : Tensor or array_like
    actual : array_like
        Labels +1 and −1, of the same shape.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor

    Raises
    ------
    ShapeError
        If the shapes differ.
    ArgumentError
        For other labels.

    Notes
    -----
    Where guess·actual is exactly 1 the loss is 0, and so is the derivative.

    Examples
    --------
    >>> import nn
    >>> from autograd_core import Tensor
    >>> nn.functional.hinge(Tensor([0.5, -3.0, 1.0]), [1, -1, -1], reduction="none")
    Tensor([0.5, 0. , 2. ], shape=(3,), dtype=float64)
    """
    guess = check.floating(guess, "hinge", "a guess")
    labels = check.labels_among(actual, guess, (-1, 1), "hinge").astype(guess.dtype)
    return reduced(ag.relu(ag.subtract(1.0, ag.multiply(guess, labels))), reduction, "hinge")


def nll(guess: Any, actual: Any, reduction: str = "mean") -> Any:
    """Negative log likelihood of two classes, −(y log a + (1 − y) log(1 − a)).

    For the probability a = σ(z) of class 1 (chapter, section 6). `bce_with_logits` takes z
    itself, and is exact where a is rounded to 0 or 1.

    Parameters
    ----------
    guess : Tensor or array_like
        Probabilities in [0, 1].
    actual : array_like
        Labels 0 and 1, of the same shape.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor

    Raises
    ------
    ShapeError
        If the shapes differ.
    ArgumentError
        For guesses outside of [0, 1] and for other labels.

    Notes
    -----
    A guess of exactly 0 for class 0, or 1 for class 1, costs 0. The opposite costs infinity.

    Examples
    --------
    >>> import nn
    >>> from autograd_core import Tensor
    >>> nn.functional.nll(Tensor([0.0, 0.5, 1.0]), [0, 1, 1], reduction="none")
    Tensor([-0.        ,  0.69314718, -0.        ], shape=(3,), dtype=float64)
    """
    a = check.probabilities(guess, "nll")
    y = check.labels_among(actual, a, (0, 1), "nll")
    # The probability of the label that is true; the other's logarithm is never taken.
    return reduced(ag.negative(ag.log(ag.where(y == 1, a, 1.0 - a))), reduction, "nll")


def bce_with_logits(logits: Any, actual: Any, reduction: str = "mean") -> Any:
    """`nll` of the sigmoid of `logits`, in one stable step.

    log(1 + exp(−z)) for label 1 and log(1 + exp(z)) for label 0, exact for logits of any size.

    Parameters
    ----------
    logits : Tensor or array_like
        The pre-activations z, of any shape.
    actual : array_like
        Labels 0 and 1, of the same shape.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor

    Raises
    ------
    ShapeError
        If the shapes differ.
    ArgumentError
        For other labels.

    Examples
    --------
    >>> import nn
    >>> from autograd_core import Tensor
    >>> nn.functional.bce_with_logits(Tensor([0.0, 1e4, 1e4]), [1, 1, 0], reduction="none")
    Tensor([6.93147181e-01, 0.00000000e+00, 1.00000000e+04], shape=(3,), dtype=float64)
    """
    logits = check.floating(logits, "bce_with_logits", "logits")
    labels = check.labels_among(actual, logits, (0, 1), "bce_with_logits")
    away = (1 - 2 * labels.astype(logits.dtype)) * logits
    return reduced(ag.logaddexp(away, 0.0), reduction, "bce_with_logits")
