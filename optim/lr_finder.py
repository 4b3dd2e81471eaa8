"""Finding a learning rate: train for a while with one that grows, and watch the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import AnomalyError, ArgumentError, Tensor
from autograd_core import generator as as_generator

from . import _checks as check
from .averages import MovingAverage
from .data import MiniBatches, Rng
from .evaluation import check_functions, converted, dtype_of, loss_value, mode
from .optimizer import Optimizer
from .weights import kept


@dataclass(frozen=True)
class LearningRates:
    """What `find_learning_rate` found.

    Attributes
    ----------
    lr : ndarray
        The learning rates that were tried, growing by a constant factor.
    loss : ndarray
        The loss at each, smoothed by a moving average without its bias.
    suggestion : float
        A tenth of the rate at which the smoothed loss was least: the loss still falls there, and
        is not at the edge of running away. It is at least the first rate.
    """

    lr: NDArray[np.float64]
    loss: NDArray[np.float64]
    suggestion: float


def find_learning_rate(
    model: Any,
    loss: Any,
    optimizer: Optimizer,
    X: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    smoothing: float = 0.9,
    rng: Rng = None,
) -> LearningRates:
    """Try learning rates from `low` to `high`, one a step, until the loss runs away.

    The model, the random generators of its modules, and the optimizer are put back as they were.

    Parameters
    ----------
    model, loss, optimizer, X, y
        As for `fit`.
    low, high : float
        The first and the last rate; in between they grow by a constant factor.
    steps : int, default 100
        How many rates, at least 3; the data are gone through as often as needed.
    batch_size : int, default 32
    smoothing : float, default 0.9
        γ of the moving average of the losses (chapter, section 7.2.1).
    rng : numpy.random.Generator or int, optional

    Returns
    -------
    LearningRates

    Raises
    ------
    ArgumentError
        For bounds out of order, fewer than 3 steps, or a loss that no rate lowered after the first,
        so that the rates to look at lie below `low`.
    AnomalyError
        If the loss is not finite within the first three steps.

    Notes
    -----
    It ends when the smoothed loss is above four times its least, or is not finite. To plot:
    ``plt.semilogx(found.lr, found.loss)``.

    Examples
    --------
    >>> import nn, numpy as np
    >>> from optim import SGD, find_learning_rate
    >>> X = np.linspace(-1, 1, 64).reshape(64, 1)
    >>> model = nn.Linear(1, 1, rng=0)
    >>> opt = SGD(model.parameters(), lr=0.1)
    >>> found = find_learning_rate(model, nn.SquaredLoss(), opt, X, 2 * X, rng=0)
    >>> 0.001 < found.suggestion < 1.0, opt.lr
    (True, 0.1)
    """
    where = "find_learning_rate"
    check_functions(where, model, loss)
    bounds = [check.real(where, n, v, open_low=True) for n, v in (("low", low), ("high", high))]
    if bounds[0] >= bounds[1]:
        raise ArgumentError(f"{where}: low is {low:g} and high is {high:g}; low must be the lower")
    rates = np.geomspace(bounds[0], bounds[1], check.whole(where, "steps", steps, low=3))
    smooth = MovingAverage(smoothing)
    X, y = converted(where, X, y, dtype_of(model))
    batches = MiniBatches(X, y, batch_size, rng=as_generator(rng))
    losses: list[float] = []
    with kept(model, optimizer), mode(model, training=True), np.errstate(all="ignore"):
        _climb(model, loss, optimizer, batches, rates, smooth, losses)
    if len(losses) < 3:
        raise AnomalyError(
            f"{where}: the loss is not finite after {len(losses)} steps, at lr = "
            f"{rates[len(losses)]:g}; begin with a smaller rate: low={low / 1000:g}"
        )
    tried, smoothed = rates[: len(losses)], np.array(losses)
    least = int(np.argmin(smoothed))
    if not least:
        raise ArgumentError(
            f"{where}: the loss was least at the first rate, low = {low:g}, and no larger one "
            f"lowered it; begin with a smaller one, low={low / 1000:g}, or take more steps"
        )
    return LearningRates(tried, smoothed, max(float(tried[least]) / 10, bounds[0]))


def _climb(
    model: Any,
    loss: Any,
    optimizer: Optimizer,
    batches: MiniBatches,
    rates: NDArray[np.float64],
    smooth: MovingAverage,
    losses: list[float],
) -> None:
    """Train, a step for each rate; `losses` takes the smoothed losses."""
    ahead = iter(batches)
    for rate in rates:
        batch = next(ahead, None)
        if batch is None:
            ahead = iter(batches)
            batch = next(ahead)
        optimizer.lr = float(rate)
        value = loss(model(Tensor(batch[0], copy=False)), batch[1])
        number = loss_value("find_learning_rate", value)
        if not math.isfinite(number):
            return
        smooth.update(number)
        losses.append(smooth.corrected)
        if losses[-1] > 4 * min(losses) and len(losses) > 3:
            return
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
