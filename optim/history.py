"""What happened in training, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class History:
    """What `fit` measured; each list has an entry for each epoch.

    Attributes
    ----------
    train_loss, train_accuracy : list of float
        Means over the mini-batches of the epoch, as they were when they were trained on: in
        training mode, and before the epoch's later steps.
    validation_loss, validation_accuracy : list of float
        At the end of the epoch, in evaluation mode; empty without validation data.
    lr : list of float
        The learning rate of the epoch's last step.
    seconds : list of float
        How long the epoch took, validation included.
    best_epoch : int or None
        The epoch, counted from 1 over the whole history, with the best value of what was watched:
        the validation loss, or the training loss without validation data, or what `EarlyStopping`
        watches. With `EarlyStopping` it is 0 while the weights before the first epoch are better
        than those of every epoch.
    stopped_early : bool
        Whether early stopping or a callback ended the training.

    Notes
    -----
    Accuracies are NaN where there is none (regression).
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    stopped_early: bool = False

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The lists as arrays, and ``"epoch"`` = 1, 2, … for the axis of a plot.

        Examples
        --------
        >>> from optim import History
        >>> History(train_loss=[0.5, 0.25]).arrays()["epoch"]
        array([1, 2])
        """
        lists = {f.name: np.array(getattr(self, f.name)) for f in fields(self) if _is_list(self, f)}
        return {"epoch": np.arange(1, len(self) + 1), **lists}

    def __len__(self) -> int:
        return len(self.train_loss)

    def __repr__(self) -> str:
        last = ", ".join(
            f"{f.name}={getattr(self, f.name)[-1]:.4g}"
            for f in fields(self)
            if _is_list(self, f) and getattr(self, f.name)
        )
        return f"History(epochs={len(self)}, best_epoch={self.best_epoch}; last: {last})"


def _is_list(history: History, entry: Any) -> bool:
    return isinstance(getattr(history, entry.name), list)
