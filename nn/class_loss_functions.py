"""Losses over K classes as functions (chapter, section 6.2), and the 0-1 loss."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError

from . import labels as check
from .loss_functions import reduced


def nllm(guess: Any, actual: Any, reduction: str = "mean") -> Any:
    """Negative log likelihood of K classes, −Σₖ yₖ log aₖ (chapter, section 6.2).

    For the probabilities a = softmax(z). `cross_entropy` takes z itself, and is exact where a
    probability is rounded to 0.

    Parameters
    ----------
    guess : Tensor or array_like
        Probabilities of shape (N, K), or (K,) for a single example.
    actual : array_like
        Class numbers 0 … K − 1 of shape (N,), or one-hot rows of shape (N, K).
    reduction : {"mean", "sum", "none"}
        Over examples, of the sum over classes.

    Returns
    -------
    Tensor
        Of shape (N,) with ``"none"``.

    Raises
    ------
    ShapeError, DTypeError, IndexingError, ArgumentError
        For guesses outside of [0, 1], and for labels of another shape, out of range, not integer
        or not one-hot.

    Notes
    -----
    Probabilities of 0 for classes that are not the true one cost nothing.

    Examples
    --------
    >>> import nn
    >>> from autograd_core import Tensor
    >>> a = Tensor([[0.25, 0.75, 0.0], [0.5, 0.25, 0.25]])
    >>> nn.functional.nllm(a, [1, 0], reduction="none")
    Tensor([0.28768207, 0.69314718], shape=(2,), dtype=float64)
    """
    a = check.probabilities(guess, "nllm")
    index = check.class_index(actual, a.shape, "nllm")
    return reduced(ag.negative(ag.log(ag.getitem(a, index, unique=True))), reduction, "nllm")


def cross_entropy(logits: Any, actual: Any, reduction: str = "mean") -> Any:
    """`nllm` of the softmax of `logits`, in one stable step.

    −log softmax(z)ᵧ, exact for logits of any size. Its derivative by z, which the engine finds,
    is softmax(z) − y.

    Parameters
    ----------
    logits : Tensor or array_like
        The pre-activations z, of shape (N, K), or (K,) for a single example.
    actual : array_like
        Class numbers 0 … K − 1 of shape (N,), or one-hot rows of shape (N, K).
    reduction : {"mean", "sum", "none"}
        Over examples.

    Returns
    -------
    Tensor
        Of shape (N,) with ``"none"``.

    Raises
    ------
    ShapeError, DTypeError, IndexingError, ArgumentError
        For logits that are not floats, and for labels of another shape, out of range, not integer
        or not one-hot.

    Examples
    --------
    >>> import nn
    >>> from autograd_core import Tensor
    >>> nn.functional.cross_entropy(Tensor([[0.0, 0.0], [1e4, 0.0]]), [0, 1], reduction="none")
    Tensor([6.93147181e-01, 1.00000000e+04], shape=(2,), dtype=float64)
    """
    logits = check.floating(logits, "cross_entropy", "logits")
    index = check.class_index(actual, logits.shape, "cross_entropy")
    scores = ag.log_softmax(logits)
    n = index[-1].size
    if n and reduction == "mean":
        return ag.sum_at(scores, index, over=-n)
    picked = ag.getitem(scores, index, unique=True)
    return reduced(ag.negative(picked), reduction, "cross_entropy")


def zero_one(
    guess: Any, actual: Any, reduction: str = "mean", threshold: float | None = None
) -> Any:
    """0-1 loss: 1 for a wrong guess, 0 for a right one (chapter, section 6.1).

    For reporting only: a constant of the graph, as its derivative is 0 wherever it exists.

    Parameters
    ----------
    guess : Tensor or array_like
        Scores or probabilities of shape (N, K), where the largest is the guess; or with
        `threshold` one score each; or guessed labels, one each.
    actual : array_like
        Class numbers or one-hot rows, as in `nllm`; with `threshold` labels 0 and 1, or −1 and 1,
        of the shape of `guess`; else labels of the shape of `guess`.
    reduction : {"mean", "sum", "none"}
        ``"mean"`` is the rate of errors, one minus the accuracy.
    threshold : float, optional
        A score above it is a guess of label 1: 0.5 for a sigmoid, 0 for a hinge or a logit.

    Returns
    -------
    Tensor
        Of the dtype of `guess`. A guess with a NaN is wrong.

    Raises
    ------
    ShapeError, DTypeError, IndexingError, ArgumentError
        For labels that do not fit the guess.

    Examples
    --------
    >>> import nn
    >>> from autograd_core import Tensor
    >>> nn.functional.zero_one(Tensor([[0.9, 0.1], [0.7, 0.3]]), [0, 1])
    Tensor(0.5, shape=(), dtype=float64)
    >>> nn.functional.zero_one(Tensor([2.0, -1.0, 0.5]), [1, -1, -1], "none", threshold=0)
    Tensor([0., 0., 1.], shape=(3,), dtype=float64)
    """
    array, truth = check.values(guess), check.constants(actual, "zero_one")
    if threshold is not None:
        check.same_shape(array, truth, "zero_one")
        allowed = (-1, 1) if truth.size and truth.min() < 0 else (0, 1)
        labels = check.labels_among(truth, array, allowed, "zero_one")
        wrong = ((array > threshold) != (labels > 0)) | np.isnan(array)
    elif array.shape[-1:] > (1,) and (array.ndim > 1 or not truth.ndim):
        wrong = array.argmax(-1) != check.class_index(truth, array.shape, "zero_one")[-1]
        wrong = wrong | np.isnan(array).any(-1)
    else:
        check.same_shape(array, truth, "zero_one")
        if array.dtype.kind == "f" and ((array != np.rint(array)) & ~np.isnan(array)).any():
            raise ArgumentError(
                f"zero_one: guesses of shape {array.shape} are scores, one each, and not labels; "
                f"give a threshold: 0.5 for a sigmoid, 0 for a hinge or a logit"
            )
        wrong = array != truth
    dtype = array.dtype if array.dtype.kind == "f" else ag.get_default_dtype()
    losses = ag.astype(wrong, dtype)
    if isinstance(guess, ag.Tensor):
        losses = ag.Tensor(losses)
    return reduced(losses, reduction, "zero_one")
