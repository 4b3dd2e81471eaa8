"""A run of `fit`: the loop, and the best weights so far."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import ArgumentError, DTypeError, Tensor

from . import _checks as check
from .callbacks import Callback, EarlyStopping
from .clipping import clip_grad_norm_, clip_grad_value_
from .data import MiniBatches
from .evaluation import (
    Measure,
    check_measure,
    chosen_measure,
    converted,
    dtype_of,
    evaluate,
    mode,
    per_point,
)
from .history import History
from .optimizer import Optimizer
from .weights import Snapshot, blame, check_validation, check_weights

Array = NDArray[Any]
Data = tuple[ArrayLike | Tensor, ArrayLike | Tensor]
Hook = Callback | Callable[["Training"], object]


class Training:
    """A run of `fit`, as callbacks see it.

    Attributes
    ----------
    model, loss, optimizer
        As given to `fit`.
    history : History
    epochs, steps_per_epoch : int
    epoch, step : int
        The present ones, counted from 1 over this run.
    batch_loss : float
        The loss of the last mini-batch.
    """

    batches: MiniBatches
    epochs: int
    validation: Data | None = None
    noise: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None

    def __init__(
        self,
        model: Any,
        loss: Any,
        optimizer: Optimizer,
        early_stopping: EarlyStopping | None,
        callbacks: Iterable[Hook],
        history: History | None,
        accuracy: bool | Measure | None,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.history = History() if history is None else history
        self.epoch = self.step = 0
        self.batch_loss = math.nan
        self._early = early_stopping
        self._hooks = [_as_callback(hook) for hook in callbacks]
        self._accuracy = accuracy
        check_measure("fit", accuracy)
        self._stop = False
        self._measure: Measure | None = None
        self._check_parts()
        first = optimizer.param_groups[0].params[0]
        self.dtype = dtype_of(model) or first.dtype

    def _check_parts(self) -> None:
        if not isinstance(self.optimizer, Optimizer):
            raise ArgumentError(f"fit: the optimizer is a {type(self.optimizer).__name__}")
        if self._early is not None and not isinstance(self._early, EarlyStopping):
            raise ArgumentError(
                f"fit: early_stopping is {self._early!r}; give EarlyStopping(patience=…)"
            )
        if hasattr(self.model, "parameters"):
            trained = {id(p) for p in self._trained()}
            if not any(id(p) in trained for p in self.model.parameters()):
                raise ArgumentError(
                    "fit: the optimizer updates no parameter of the model; make it with "
                    "model.parameters()"
                )

    def checked_validation(self, validation: Any) -> Data | None:
        """The validation data in the model's dtype."""
        if validation is None:
            if self._early is not None and self._early.monitor.startswith("validation"):
                raise ArgumentError(
                    f"fit: early stopping watches the {self._early.monitor}; give validation data, "
                    f"or EarlyStopping(monitor='train_loss')"
                )
            return None
        if not isinstance(validation, Sequence) or len(validation) != 2:
            raise ArgumentError("fit: validation must be a pair (X, y)")
        X, y = validation
        X, y = converted(X, y, self.dtype)
        check.points("fit: validation", X, y)
        return X, y

    @property
    def steps_per_epoch(self) -> int:
        return len(self.batches)

    def stop(self) -> None:
        """End the training after the present epoch."""
        self._stop = True

    # -- the loop ----------------------------------------------------------------------------

    def run(self) -> History:
        """Train; give back the best weights where that was asked for or is needed."""
        best = Best(self)
        with ExitStack() as ends:
            for hook in self._hooks:
                hook.on_fit_start(self)
                ends.callback(hook.on_fit_end, self)
            try:
                self._epochs(best)
            except FloatingPointError as error:
                error.add_note(f"in fit, at step {self.step} (epoch {self.epoch})")
                best.restore()
                raise
            finally:
                if self._early is not None and best.epoch:
                    best.restore()
        return self.history

    def _epochs(self, best: Best) -> None:
        for epoch in range(1, self.epochs + 1):
            self.epoch = epoch
            begun = time.perf_counter()
            for hook in self._hooks:
                hook.on_epoch_start(self)
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                losses = self._train()
                self._record(losses, begun)
            best.look()
            for hook in self._hooks:
                hook.on_epoch_end(self)
            if self._stop or best.patience_is_over():
                self.history.stopped_early = self.epoch < self.epochs
                break

    def _train(self) -> tuple[float, float]:
        """One pass over the data; the mean loss and accuracy of a point."""
        total = right = 0.0
        seen = 0
        with mode(self.model, training=True):
            for x, y in self.batches:
                self.step += 1
                loss, share = self._step(x, y)
                self.batch_loss = loss
                total += per_point(self.loss, loss, len(x)) * len(x)
                right += share * len(x)
                seen += len(x)
                for hook in self._hooks:
                    hook.on_batch_end(self)
        check_weights(self.model, self.optimizer, f"after step {self.step}")
        return total / seen, right / seen

    def _step(self, x: Array, y: Array) -> tuple[float, float]:
        """One mini-batch: forward, backward, update."""
        if self.noise:
            x = x + self.noise * self.batches.rng.standard_normal(x.shape, self.dtype)
        inputs = Tensor(x, copy=False)
        output = self.model(inputs)
        loss = self.loss(output, y)
        if not isinstance(loss, Tensor):
            raise DTypeError(
                f"fit: the loss is of type {type(loss).__name__}; loss(model(x), y) must give a "
                f"Tensor, on which backward() can be called"
            )
        value = loss.item()
        if not math.isfinite(value):
            when = f"at step {self.step} (epoch {self.epoch})"
            raise blame(self.model, self.optimizer, loss, inputs, y, when)
        optimizer = self.optimizer
        optimizer.zero_grad()
        loss.backward()
        self._clip()
        optimizer.step()
        if self._measure is None:
            self._measure = chosen_measure(self._accuracy, self.batches.y, output.shape[1:])
        return value, self._measure(output.numpy(), y)

    def _clip(self) -> None:
        if self.clip_value is not None:
            clip_grad_value_(self._trained(), self.clip_value)
        if self.clip_norm is not None:
            clip_grad_norm_(self._trained(), self.clip_norm)

    def _trained(self) -> list[Tensor]:
        return [p for group in self.optimizer.param_groups for p in group.params]

    def _record(self, losses: tuple[float, float], begun: float) -> None:
        history = self.history
        if self.validation is not None:
            X, y = self.validation
            measured = evaluate(self.model, self.loss, X, y, accuracy=self._accuracy)
            check_validation(measured[0], X, f"after step {self.step} (epoch {self.epoch})")
            history.validation_loss.append(measured[0])
            history.validation_accuracy.append(measured[1])
        history.train_loss.append(losses[0])
        history.train_accuracy.append(losses[1])
        history.lr.append(self.optimizer.rates()[0])
        history.seconds.append(time.perf_counter() - begun)


class Best:
    """The best epoch so far, and its weights; at first those before training."""

    def __init__(self, training: Training) -> None:
        early = training._early
        self._training = training
        watched = "validation_loss" if training.validation is not None else "train_loss"
        self._monitor = watched if early is None else early.monitor
        self._sign = -1.0 if self._monitor.endswith("accuracy") else 1.0
        self._snapshot = Snapshot(training.model, training.optimizer)
        self.epoch = 0
        self._best = self._mark = math.inf
        self._waited = 0

    def look(self) -> None:
        """Compare the epoch that just ended; keep its weights if it is the best."""
        training, early = self._training, self._training._early
        value = self._sign * getattr(training.history, self._monitor)[-1]
        if math.isnan(value):
            raise ArgumentError(
                f"fit: early stopping watches the {self._monitor}, which is NaN; there is no "
                f"accuracy for these labels, so give accuracy= or watch a loss"
            )
        if value < self._best:
            self._best = value
            self.epoch = training.epoch
            training.history.best_epoch = len(training.history)
            self._snapshot = Snapshot(training.model, training.optimizer)
        if value < self._mark - (early.min_delta if early is not None else 0.0):
            self._mark = value
            self._waited = 0
        else:
            self._waited += 1

    def patience_is_over(self) -> bool:
        early = self._training._early
        return early is not None and self._waited >= early.patience

    def restore(self) -> None:
        self._snapshot.restore()


def _as_callback(hook: Hook) -> Callback:
    if isinstance(hook, Callback):
        return hook
    if not callable(hook):
        raise ArgumentError(
            f"fit: a callback is {hook!r}; it must be a Callback, or a function of the Training"
        )
    return _AtEpochEnd(hook)


class _AtEpochEnd(Callback):
    """A function as a callback."""

    def __init__(self, function: Callable[[Training], object]) -> None:
        self._function = function

    def on_epoch_end(self, training: Training) -> None:
        self._function(training)
