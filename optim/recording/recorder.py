"""The measuring half of `TrainingRecord`: what it does at each step and epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import Tensor, TraceError, is_tracing

from .. import _checks as check
from ..callbacks import Callback
from ..data import as_array
from ..evaluation import per_point
from ..optimizer import Optimizer
from .activity import activities
from .live import Live
from .measures import (
    Activity,
    EpochRow,
    Layers,
    StepRow,
    copies,
    gradient_norms,
    layers_of,
    update_ratios,
    weight_norms,
)
from .rows import EPOCH_METRICS, Thinned
from .series import number_of
from .weight_path import WeightPath

if TYPE_CHECKING:
    from ..loop import Training

Array = NDArray[Any]
Point = float | Tensor | np.floating[Any] | None

#: Points of a batch that are run through the model to see its activations.
MAX_POINTS = 1024


class Recorder(Callback):
    """Measures; see `TrainingRecord`. A row is complete before any of it is kept."""

    def __init__(
        self,
        *,
        every: int = 10,
        limit: int = 500,
        activations: bool = True,
        probe: ArrayLike | Tensor | None = None,
        keep_weights: bool = False,
        live: bool | None = None,
    ) -> None:
        owner = "TrainingRecord"
        every = check.whole(owner, "every", every)
        limit = check.whole(owner, "limit", limit, low=2)
        self.activations = check.flag(owner, "activations", activations)
        self.probe = None if probe is None else np.array(as_array(probe))
        if self.probe is not None:
            check.points(f"{owner}: probe", self.probe, self.probe)
        self.epochs = self.steps = 0
        self.best_epoch: int | None = None
        self.notes: list[str] = []
        self.kinds: dict[str, str] = {}
        self._steps: Thinned[StepRow] = Thinned(limit, every)
        self._epochs: Thinned[EpochRow] = Thinned(limit)
        self._path = WeightPath(limit, every) if check.flag(owner, "keep_weights",
                                                            keep_weights) else None  # fmt: skip
        self._before: list[Array] | None = None
        self._sum = (0.0, 0)
        self._blind = False
        self._earlier = 0, 0
        self._live = Live(self, None if live is None else check.flag(owner, "live", live))

    # -- in a loop of one's own --------------------------------------------------------------

    def begin(self, model: Any, optimizer: Optimizer | None = None) -> None:
        """Note the weights before the first step, which its update is compared with.

        Without it all else is recorded, and the update of the first step is not.
        """
        layers = layers_of("TrainingRecord.begin", model, optimizer)
        self._before = copies(layers) if self._steps.wants(self.steps + 1) else None
        if self._path is not None:
            self._path.begin(model)

    def step(
        self,
        loss: float | Tensor | np.floating[Any],
        model: Any = None,
        optimizer: Optimizer | None = None,
        x: ArrayLike | Tensor | None = None,
    ) -> None:
        """Record a step; call it after the update and before the gradients are cleared.

        Parameters
        ----------
        loss : float or scalar Tensor
            NaN and infinities are recorded as they are.
        model : Module, optional
            Without it only the loss is recorded, and the learning rate.
        optimizer : Optimizer, optional
            For the learning rate.
        x : array_like of n rows, optional
            The inputs of the mini-batch, for the activations.

        Raises
        ------
        DTypeError, ShapeError
            For a loss that is not one number; nothing is recorded then.
        TraceError
            Inside of a compiled function: call it after that.
        """
        if is_tracing():
            raise TraceError(
                "TrainingRecord.step: called inside of a compiled function, where there are no "
                "numbers yet; call it outside, with the loss that the function returns"
            )
        value = number_of("TrainingRecord.step", "loss", loss)
        now = self.steps + 1
        looked, next_one = self._steps.wants(now), self._steps.wants(now + 1)
        layers: Layers = {}
        if looked or next_one:
            layers = layers_of("TrainingRecord.step", model, optimizer)
        row = None
        if looked:
            self._name(model)
            seen = self._activity(model, x)
            row = StepRow(
                now,
                value,
                optimizer.rates()[0] if isinstance(optimizer, Optimizer) else math.nan,
                gradient_norms(layers),
                weight_norms(layers),
                update_ratios(layers, self._before),
                seen,
            )
        before = copies(layers) if next_one else None
        if self._path is not None and model is not None:
            self._path.add(now, model)
        total, count = self._sum
        self._sum, self._before, self.steps = (total + value, count + 1), before, now
        if row is not None:
            self._steps.add(now, row)
            self._live.renew()

    def epoch(
        self,
        train_loss: Point = None,
        train_accuracy: Point = None,
        validation_loss: Point = None,
        validation_accuracy: Point = None,
    ) -> None:
        """Record the end of an epoch.

        Parameters
        ----------
        train_loss : float, optional
            By default the mean of the losses given to `step` since the last epoch.
        train_accuracy, validation_loss, validation_accuracy : float, optional
        """
        given = (train_loss, train_accuracy, validation_loss, validation_accuracy)
        values = {
            name: math.nan if value is None else number_of("TrainingRecord.epoch", name, value)
            for name, value in zip(EPOCH_METRICS, given, strict=True)
        }
        total, count = self._sum
        if train_loss is None and count:
            values["train_loss"] = total / count
        latest = self._steps.rows[-1].lr if self._steps.rows else math.nan
        row = EpochRow(self.epochs + 1, self.steps, **values, lr=latest)
        self._sum, self.epochs = (0.0, 0), row.epoch
        self._epochs.add(row.epoch, row)
        self._live.renew()

    def end(self) -> None:
        """Show the final state, where the charts are shown while the training runs."""
        self._live.end()

    def _name(self, model: Any) -> None:
        """Note the kinds of the modules, for the names in pictures."""
        if hasattr(model, "named_modules"):
            self.kinds.update((p, type(m).__name__) for p, m in model.named_modules() if p)

    def _activity(self, model: Any, x: Any) -> dict[str, Activity]:
        """What the layers give; a model that cannot be run once more is noted and left alone."""
        data = self.probe if self.probe is not None else x
        watchable = hasattr(model, "observed") and hasattr(model, "named_modules")
        if not self.activations or self._blind or data is None or not watchable:
            return {}
        try:
            return activities(model, as_array(data)[:MAX_POINTS])
        except Exception as error:
            self._blind = True
            self.notes.append(
                f"activations are not seen from step {self.steps + 1} on: a run of the model for "
                f"them raised {type(error).__name__}: {error}"
            )
            return {}

    @property
    def every(self) -> int:
        """Which steps are looked at now: every so many."""
        return self._steps.every

    @property
    def limit(self) -> int:
        return self._steps.limit

    @property
    def step_rows(self) -> list[StepRow]:
        """The steps that were looked at."""
        return self._steps.rows

    @property
    def epoch_rows(self) -> list[EpochRow]:
        """The epochs that are kept, the latest among them."""
        return self._epochs.all()

    def take(self, epochs: int, steps: int, ends: list[EpochRow], rows: list[StepRow]) -> None:
        """Be a record of these, for `from_dict`."""
        self.epochs, self.steps = check.whole("record", "epochs", epochs, low=0), steps
        self._steps.rows, self._epochs.rows = rows, ends

    # -- in fit ------------------------------------------------------------------------------

    def on_fit_start(self, training: Training) -> None:
        self._live.begin()
        self.begin(training.model, training.optimizer)
        self._earlier = self.epochs, len(training.history)

    def on_batch_end(self, training: Training) -> None:
        x, _ = training.batch
        loss = per_point(training.loss, training.batch_loss, len(x))
        self.step(loss, training.model, training.optimizer, x)

    def on_epoch_end(self, training: Training) -> None:
        history = training.history
        self._take_best(training)
        self.epoch(
            *[
                values[-1] if values else None
                for values in (
                    history.train_loss,
                    history.train_accuracy,
                    history.validation_loss,
                    history.validation_accuracy,
                )
            ]
        )

    def on_fit_end(self, training: Training) -> None:
        if self._path is not None:
            self._path.end(training.model)
        self._take_best(training)
        self.end()

    def _take_best(self, training: Training) -> None:
        """The best epoch of the history, counted as the epochs are here."""
        best = training.history.best_epoch
        own, theirs = self._earlier
        self.best_epoch = None if best is None or best + own < theirs else best + own - theirs
