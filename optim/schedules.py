"""Schedules η(t): the learning rate of step t = 1, 2, …

A schedule is given to an optimizer in the place of a number: ``SGD(params, lr=Cosine(0.1, 500))``.
Any function of t is a schedule as well: ``lr=lambda t: 0.1 / t**0.5``. Schedules have no memory;
t is the optimizer's count of its steps, which its ``state_dict`` holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from . import _checks as check


@dataclass(frozen=True)
class Schedule:
    """Base of the schedules: a function of t that can be printed and compared."""

    def __call__(self, t: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no formula")

    def _real(self, name: str) -> None:
        value = check.real(type(self).__name__, name, getattr(self, name))
        object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Constant(Schedule):
    """``η(t) = lr``.

    Examples
    --------
    >>> from optim import Constant
    >>> Constant(0.1)(7)
    0.1
    """

    lr: float

    def __post_init__(self) -> None:
        self._real("lr")

    def __call__(self, t: int) -> float:
        return self.lr


@dataclass(frozen=True)
class StepDecay(Schedule):
    """``η(t) = lr · factor^⌊(t − 1)/every⌋``: multiplied by `factor` after each `every` steps.

    Examples
    --------
    >>> from optim import StepDecay
    >>> [StepDecay(1.0, every=2, factor=0.5)(t) for t in (1, 2, 3, 4, 5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    lr: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        self._real("lr")
        self._real("factor")
        check.whole("StepDecay", "every", self.every)

    def __call__(self, t: int) -> float:
        return self.lr * self.factor ** ((t - 1) // self.every)


@dataclass(frozen=True)
class InverseTime(Schedule):
    """``η(t) = lr / (1 + decay · (t − 1))``; with the default ``decay=1`` it is ``lr / t``.

    It decreases at a rate for which stochastic gradient descent converges (chapter, section 7.1):
    Σ η(t) diverges and Σ η(t)² does not.

    Examples
    --------
    >>> from optim import InverseTime
    >>> [InverseTime(1.0)(t) for t in (1, 2, 4)]
    [1.0, 0.5, 0.25]
    """

    lr: float
    decay: float = 1.0

    def __post_init__(self) -> None:
        self._real("lr")
        self._real("decay")

    def __call__(self, t: int) -> float:
        return self.lr / (1 + self.decay * (t - 1))


@dataclass(frozen=True)
class Cosine(Schedule):
    """``η(t) = final + (lr − final) · (1 + cos(π (t − 1)/steps))/2``, and `final` after `steps`.

    Half a period of a cosine, from `lr` at t = 1 down to `final` at t = steps + 1 (PyTorch's
    ``CosineAnnealingLR`` with ``T_max=steps``).

    Examples
    --------
    >>> from optim import Cosine
    >>> [round(Cosine(1.0, steps=4)(t), 3) for t in (1, 3, 5, 6)]
    [1.0, 0.5, 0.0, 0.0]
    """

    lr: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        self._real("lr")
        self._real("final")
        check.whole("Cosine", "steps", self.steps)

    def __call__(self, t: int) -> float:
        share = min((t - 1) / self.steps, 1.0)
        return self.final + (self.lr - self.final) * (1 + math.cos(math.pi * share)) / 2


@dataclass(frozen=True)
class WarmUp(Schedule):
    """A linear rise before another schedule.

    ``η(t) = after(1) · t/steps`` for t <= steps, and ``after(t − steps + 1)`` from there on, so
    that the top is reached at t = steps.

    Parameters
    ----------
    after : float or callable
        A constant rate, a schedule, or any function of t.
    steps : int

    Examples
    --------
    >>> from optim import InverseTime, WarmUp
    >>> [WarmUp(InverseTime(1.0), steps=4)(t) for t in (1, 2, 4, 5)]
    [0.25, 0.5, 1.0, 0.5]
    """

    after: float | Callable[[int], float]
    steps: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "after", check.rate("WarmUp", self.after, "after"))
        check.whole("WarmUp", "steps", self.steps)

    def __call__(self, t: int) -> float:
        if t < self.steps:
            return check.rate_at("WarmUp", self.after, 1) * t / self.steps
        return check.rate_at("WarmUp", self.after, t - self.steps + 1)
