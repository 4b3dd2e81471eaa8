"""Running averages (chapter, section 7.2.1), of which momentum, adadelta and Adam are made."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core import DTypeError, ShapeError, Tensor

from . import _checks as check
from .data import is_masked


def average(A: Any, a: Any, gamma: Any) -> Any:
    """One step of a running average: ``γ A + (1 − γ) a``.

    Parameters
    ----------
    A : number, array or Tensor
        The average so far.
    a : number, array or Tensor
        The next of the sequence.
    gamma : number
        The share of the past.

    Examples
    --------
    >>> from optim import average
    >>> average(2.0, 4.0, 0.5)
    3.0
    """
    return gamma * A + (1 - gamma) * a


class RunningAverage:
    """The running average of a sequence, with a share of the past that may change.

    ``A₀ = 0,  A_t = γ_t A_{t−1} + (1 − γ_t) a_t`` (chapter, section 7.2.1).

    Parameters
    ----------
    gamma : callable, optional
        γ_t as a function of t = 1, 2, …, with values in [0, 1]. By default ``(t − 1)/t``, which
        gives the mean of all that came.

    Attributes
    ----------
    value : number, array or Tensor
        A_t; 0.0 before the first update.
    t : int
        How many numbers or arrays came.

    Examples
    --------
    >>> from optim import RunningAverage
    >>> mean = RunningAverage()
    >>> [mean.update(a) for a in (3.0, 5.0, 10.0)]
    [3.0, 4.0, 6.0]
    """

    def __init__(self, gamma: Callable[[int], float] | None = None) -> None:
        self._gamma = gamma
        self.value: Any = 0.0
        self.t = 0

    def gamma(self, t: int) -> float:
        """The share of the past at step t."""
        if self._gamma is None:
            return (t - 1) / t
        return check.real(type(self).__name__, f"gamma({t})", self._gamma(t), high=1.0)

    def update(self, a: Any) -> Any:
        """Take in the next of the sequence and return the average.

        Raises
        ------
        ShapeError
            If `a` has another shape than what came before.
        DTypeError
            If `a` is no number, array or Tensor.
        """
        numeric = isinstance(a, (numbers.Number, np.ndarray, np.generic, Tensor))
        if not numeric or is_masked(a):
            raise DTypeError(
                f"{type(self).__name__}.update: got {type(a).__name__}; give a number, an array "
                f"without mask or a Tensor: np.array(values)"
            )
        known, given = getattr(self.value, "shape", ()), getattr(a, "shape", ())
        if self.t and known != given:
            raise ShapeError(
                f"{type(self).__name__}.update: got shape {given}, the average has shape {known}"
            )
        value = average(self.value, a, self.gamma(self.t + 1))
        self.t += 1
        self.value = value
        return value

    def __repr__(self) -> str:
        return f"{type(self).__name__}(t={self.t}, value={self.value!r})"


class MovingAverage(RunningAverage):
    """The moving average: a running average of which γ is constant.

    ``A_T = γ A_{T−1} + (1 − γ) a_T = Σ_t γ^{T−t} (1 − γ) a_t`` (chapter, section 7.2.1).

    Parameters
    ----------
    gamma : float
        In [0, 1).

    Attributes
    ----------
    corrected : number, array or Tensor
        ``A_t / (1 − γ^t)``: the average without the bias of the start at 0, as in Adam (chapter,
        section 7.2.4).

    Examples
    --------
    >>> from optim import MovingAverage
    >>> smooth = MovingAverage(0.9)
    >>> round(smooth.update(10.0), 12), round(smooth.corrected, 12)
    (1.0, 10.0)
    """

    def __init__(self, gamma: float) -> None:
        share = check.real("MovingAverage", "gamma", gamma, high=1.0, open_high=True)
        super().__init__(lambda _: share)
        self._share = share

    @property
    def corrected(self) -> Any:
        return self.value / (1 - self._share**self.t) if self.t else self.value
