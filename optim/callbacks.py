"""What can be hung into `fit`: callbacks, early stopping, the progress bar."""

from __future__ import annotations

import importlib.util
import math
import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograd_core import ArgumentError, MissingExtraError

from . import _checks as check

if TYPE_CHECKING:
    from .loop import Training

MONITORS = ("validation_loss", "validation_accuracy", "train_loss", "train_accuracy")


class Callback:
    """Base of the callbacks: methods that `fit` calls, which do nothing here.

    Each is given the `Training`: ``model``, ``optimizer``, ``history``, ``epoch``, ``step``,
    ``batch_loss``, and ``stop()``. A plain function of the `Training` will do as well; it is
    called at the end of each epoch.

    Examples
    --------
    >>> from optim import Callback
    >>> class StopAt(Callback):
    ...     def __init__(self, loss):
    ...         self.loss = loss
    ...
    ...     def on_epoch_end(self, training):
    ...         if training.history.train_loss[-1] < self.loss:
    ...             training.stop()
    """

    def on_fit_start(self, training: Training) -> None:
        """Before the first epoch."""

    def on_epoch_start(self, training: Training) -> None:
        """Before the first mini-batch of an epoch."""

    def on_batch_end(self, training: Training) -> None:
        """After each update."""

    def on_epoch_end(self, training: Training) -> None:
        """After validation; the history has the epoch's entries."""

    def on_fit_end(self, training: Training) -> None:
        """At the end, also after an error or an interrupt; the weights are the final ones."""


Hook = Callback | Callable[["Training"], object]


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the validation loss no longer gets better (chapter, section 8.1).

    `fit` then gives back the weights that were best, those before the first epoch included,
    however it ends: stopped early, after the last epoch, interrupted, or by an error.

    Parameters
    ----------
    patience : int, default 10
        How many epochs in a row may pass without getting better.
    min_delta : float, default 0
        By how much a value must be better to count. The best weights are those of the best
        value, even if it was better by less.
    monitor : str, default "validation_loss"
        Or ``"validation_accuracy"``, ``"train_loss"``, ``"train_accuracy"``.

    Raises
    ------
    ArgumentError
        For a patience below 1, a negative min_delta, or another monitor.
    """

    patience: int = 10
    min_delta: float = 0.0
    monitor: str = "validation_loss"

    def __post_init__(self) -> None:
        check.whole("EarlyStopping", "patience", self.patience)
        check.real("EarlyStopping", "min_delta", self.min_delta)
        check.choice("EarlyStopping", "monitor", self.monitor, MONITORS)


class ProgressBar(Callback):
    """A tqdm bar over the steps, with the last losses and accuracies beside it.

    Raises
    ------
    MissingExtraError
        If tqdm is not installed.
    """

    def __init__(self) -> None:
        if importlib.util.find_spec("tqdm") is None:
            raise MissingExtraError("tqdm", "progress", "the progress bar of fit")
        self._bar: Any = None

    def on_fit_start(self, training: Training) -> None:
        with warnings.catch_warnings():
            # Without widgets in a notebook tqdm warns, and draws its bar as text.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm

            self._bar = tqdm(total=training.epochs * training.steps_per_epoch, unit=" steps")

    def on_epoch_start(self, training: Training) -> None:
        self._bar.set_description(f"epoch {training.epoch}", refresh=False)

    def on_batch_end(self, training: Training) -> None:
        self._bar.update()

    def on_epoch_end(self, training: Training) -> None:
        history = training.history
        shown = []
        for part in ("train", "validation"):
            loss, share = getattr(history, f"{part}_loss"), getattr(history, f"{part}_accuracy")
            if loss:
                right = "" if math.isnan(share[-1]) else f" ({100 * share[-1]:.1f} %)"
                shown.append(f"{part} loss {loss[-1]:.3g}{right}")
        self._bar.set_postfix_str(", ".join(shown), refresh=False)

    def on_fit_end(self, training: Training) -> None:
        self._bar.close()


def wants_progress(progress: bool | None) -> bool:
    """Whether to show a bar: as asked, or else in a terminal or notebook that has tqdm."""
    if progress is not None:
        return check.flag("fit", "progress", progress)
    if importlib.util.find_spec("tqdm") is None:
        return False
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


def as_callbacks(hooks: Any) -> list[Callback]:
    """The callbacks of a run of `fit`, functions among them, checked."""
    if isinstance(hooks, Callback) or not isinstance(hooks, Iterable):
        raise ArgumentError(f"fit: callbacks is {hooks!r}; give a list: [callback]")
    return [_as_callback(hook) for hook in hooks]


def _as_callback(hook: Hook) -> Callback:
    check.refuse_class("fit", "a callback", hook)
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
