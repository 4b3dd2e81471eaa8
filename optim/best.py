"""The best weights of a run of `fit`, those before training among them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from autograd_core import ArgumentError

from .evaluation import evaluate
from .weights import Snapshot

if TYPE_CHECKING:
    from .loop import Data, Training


class Best:
    """The best weights so far; at first those before training.

    With early stopping these compete by the value that is watched, measured before the first
    epoch in evaluation mode: on the validation data, or else on the training data. Without it
    weights are given back only after values that are not finite, and are compared then.
    """

    def __init__(self, training: Training) -> None:
        early = training.early_stopping
        self._training = training
        watched = "validation_loss" if training.validation is not None else "train_loss"
        self._monitor = watched if early is None else early.monitor
        self._sign = -1.0 if self._monitor.endswith("accuracy") else 1.0
        self._start = self._snapshot = Snapshot(training.model, training.optimizer)
        self._epoch = 0
        self._mark = math.inf
        self._waited = 0
        self._best = math.inf if early is None else self._value_at_start()
        self._best_of_history = self._earlier()

    def _value_at_start(self) -> float:
        loss, share = self._measured()
        if self._sign > 0:
            return math.inf if math.isnan(loss) else loss
        if math.isnan(share):
            raise ArgumentError(
                f"fit: early stopping watches the {self._monitor}, which is NaN; there is no "
                f"accuracy for these labels, so give accuracy= or threshold=, or watch a loss"
            )
        return -share

    def _measured(self) -> tuple[float, float]:
        """Loss and accuracy of the present weights, on the data that is watched."""
        training = self._training
        data: Data = training.batches.X, training.batches.y
        if self._monitor.startswith("validation"):
            assert training.validation is not None
            data = training.validation
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return evaluate(training.model, training.loss, *data, accuracy=training.accuracy)

    def _earlier(self) -> float:
        """The best value of a history that goes on, or that of the weights at the start."""
        history = self._training.history
        values = [self._sign * value for value in getattr(history, self._monitor)]
        if values and len(values) == len(history) and not math.isnan(min(values)):
            history.best_epoch = values.index(min(values)) + 1
            return float(min(values))
        history.best_epoch = 0 if math.isfinite(self._best) else None
        return self._best

    def look(self) -> None:
        """Compare the epoch that just ended; keep its weights if it is the best."""
        training, early = self._training, self._training.early_stopping
        value = self._sign * getattr(training.history, self._monitor)[-1]
        if value < self._best:
            self._best = value
            self._epoch = training.epoch
            self._snapshot = Snapshot(training.model, training.optimizer)
        if value < self._best_of_history:
            self._best_of_history = value
            training.history.best_epoch = len(training.history)
        if value < self._mark - (early.min_delta if early is not None else 0.0):
            self._mark = value
            self._waited = 0
        else:
            self._waited += 1

    def patience_is_over(self) -> bool:
        early = self._training.early_stopping
        return early is not None and self._waited >= early.patience

    def restore(self) -> None:
        """Give the best weights back to the model."""
        self._snapshot.restore()

    def restore_after_anomaly(self) -> None:
        """Give the best weights back, none worse than at the start, with the optimizer's memory.

        A training loss is that before the last steps of its epoch, which may be the ones that
        went astray; so the weights are measured.
        """
        early = self._training.early_stopping
        measured = early is not None and self._monitor.startswith("validation")
        if self._epoch and not measured:
            losses = []
            for snapshot in (self._start, self._snapshot):
                snapshot.restore()
                losses.append(self._measured()[0])
            if not losses[1] < losses[0]:
                self._snapshot = self._start
        self._snapshot.restore()
        self._snapshot.restore_optimizer()
