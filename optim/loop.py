"""A run of `fit`: the loop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import ArgumentError, ShapeError, Tensor, no_grad

from . import _checks as check
from .best import Best
from .callbacks import EarlyStopping, Hook, as_callbacks
from .clipping import clip_grad_norm_, clip_grad_value_
from .data import MiniBatches
from .evaluation import (
    Measure,
    check_functions,
    chosen_measure,
    converted,
    dtype_of,
    evaluate,
    loss_value,
    mode,
    per_point,
)
from .history import History
from .optimizer import Optimizer
from .weights import blame, check_validation, check_weights, kept

Array = NDArray[Any]
Data = tuple[ArrayLike | Tensor, ArrayLike | Tensor]


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
    batch : (ndarray, ndarray)
        Inputs and labels of the last mini-batch, the inputs without noise.
    early_stopping : EarlyStopping or None
    accuracy : bool or callable or None
        The measure of accuracy, as given to `fit`.
    """

    batches: MiniBatches
    batch: tuple[Array, Array]
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
        self.early_stopping = early_stopping
        self.accuracy = accuracy
        self._hooks = as_callbacks(callbacks)
        self._stop = False
        self._measure: Measure | None = None
        self._check_parts()
        first = optimizer.param_groups[0].params[0]
        self.dtype = dtype_of(model) or first.dtype

    def _check_parts(self) -> None:
        check_functions("fit", self.model, self.loss)
        check.refuse_class("fit", "the optimizer", self.optimizer)
        if not isinstance(self.optimizer, Optimizer):
            raise ArgumentError(
                f"fit: the optimizer is a {type(self.optimizer).__name__}; make one, such as "
                f"optim.Adam(model.parameters())"
            )
        early = self.early_stopping
        if early is not None and not isinstance(early, EarlyStopping):
            raise ArgumentError(f"fit: early_stopping is {early!r}; give EarlyStopping(patience=…)")
        if not isinstance(self.history, History):
            raise ArgumentError(f"fit: the history is {self.history!r}; give a History")
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
            early = self.early_stopping
            if early is not None and early.monitor.startswith("validation"):
                raise ArgumentError(
                    f"fit: early stopping watches the {early.monitor}; give validation data, "
                    f"or EarlyStopping(monitor='train_loss')"
                )
            return None
        if not isinstance(validation, Sequence) or len(validation) != 2:
            raise ArgumentError("fit: validation must be a pair (X, y)")
        X, y = validation
        X, y = converted("fit: validation", X, y, self.dtype)
        check.points("fit: validation", X, y)
        return X, y

    def check_last_batch(self) -> None:
        """Refuse a model that takes two points and not one, if the last batch would have one.

        Batch normalization is of that kind. It is tried out, and the model put back.
        """
        batches = self.batches
        n, k = batches.n, batches.batch_size
        if batches.drop_last or n < k or k == 1 or n % k != 1 or not hasattr(self.model, "modules"):
            return
        error = self._refusal(batches.X[:1])
        if error is not None and self._refusal(batches.X[:2]) is None:
            raise ShapeError(
                f"fit: the last mini-batch would have one point ({n} points, batch_size {k}); "
                f"drop_last=True leaves it out. {error}"
            )

    def _refusal(self, x: Array) -> ShapeError | None:
        """The error of the model for these inputs in training mode."""
        with kept(self.model, self.optimizer), mode(self.model, training=True), no_grad():
            try:
                self.model(Tensor(x, copy=False))
            except ShapeError as error:
                return error
        return None

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
                best.restore_after_anomaly()
                raise
            except BaseException:
                self._give_back(best)
                raise
            self._give_back(best)
        return self.history

    def _give_back(self, best: Best) -> None:
        if self.early_stopping is not None:
            best.restore()

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
                self.batch, self.batch_loss = (x, y), loss
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
        value = loss_value("fit", loss)
        if not math.isfinite(value):
            when = f"at step {self.step} (epoch {self.epoch})"
            raise blame(self.model, self.optimizer, loss, inputs, y, when)
        optimizer = self.optimizer
        optimizer.zero_grad()
        loss.backward()
        self._clip()
        optimizer.step()
        if self._measure is None:
            self._measure = chosen_measure(self.accuracy, self.batches.y, output.shape[1:])
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
            measured = evaluate(self.model, self.loss, X, y, accuracy=self.accuracy)
            when = f"after step {self.step} (epoch {self.epoch})"
            check_validation(self.model, self.optimizer, measured[0], X, when)
            history.validation_loss.append(measured[0])
            history.validation_accuracy.append(measured[1])
        history.train_loss.append(losses[0])
        history.train_accuracy.append(losses[1])
        history.lr.append(self.optimizer.rates()[0])
        history.seconds.append(time.perf_counter() - begun)
