"""Rows in bounded memory, and as arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from .measures import Activity, EpochRow, StepRow

Array = NDArray[Any]
R = TypeVar("R")

#: What is noted of each epoch, and of each step that is looked at; the last six by layer.
EPOCH_METRICS = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
STEP_METRICS = ("loss", "lr")
LAYER_METRICS = ("gradient_norm", "weight_norm", "update_ratio")
ACTIVITY_METRICS = tuple(f.name for f in fields(Activity))
METRICS = (*EPOCH_METRICS, *STEP_METRICS, *LAYER_METRICS, *ACTIVITY_METRICS)


class Thinned(Generic[R]):
    """Rows 1, 1 + k, 1 + 2k, … of a long run; k doubles when they get more than a limit.

    Attributes
    ----------
    every : int
        k.
    rows : list
    """

    def __init__(self, limit: int, every: int = 1) -> None:
        self.limit = limit
        self.every = every
        self.rows: list[R] = []
        self.latest: R | None = None

    def wants(self, number: int) -> bool:
        return (number - 1) % self.every == 0

    def add(self, number: int, row: R) -> None:
        """Keep the row if its turn has come; as the latest in any case."""
        self.latest = row
        if self.wants(number):
            rows = [*self.rows, row]
            if len(rows) > self.limit:
                rows = rows[::2]
                self.every *= 2
            self.rows = rows

    def all(self) -> list[R]:
        """The kept rows, and the latest."""
        if self.latest is None or (self.rows and self.rows[-1] is self.latest):
            return self.rows
        return [*self.rows, self.latest]


def names_of(rows: Iterable[StepRow], metric: str) -> list[str]:
    """The layers that a metric was measured of, in the order of the model."""
    found: dict[str, None] = {}
    for row in rows:
        of = row.activity if metric in ACTIVITY_METRICS else getattr(row, metric)
        found.update(dict.fromkeys(of))
    return list(found)


def values_of(rows: Sequence[StepRow], metric: str, layer: str) -> Array:
    """A metric of a layer, NaN in rows that do not have it."""
    if metric in ACTIVITY_METRICS:
        seen = [row.activity.get(layer) for row in rows]
        return np.array([math.nan if a is None else getattr(a, metric) for a in seen])
    return np.array([getattr(row, metric).get(layer, math.nan) for row in rows])


def history_of(epochs: Sequence[EpochRow], steps: Sequence[StepRow]) -> dict[str, Array]:
    """Everything as arrays of one dimension; ``"metric/layer"`` where there are layers."""
    found: dict[str, Array] = {
        "epoch": np.array([row.epoch for row in epochs], int),
        "epoch_step": np.array([row.step for row in epochs], int),
    }
    for name in EPOCH_METRICS:
        found[name] = np.array([getattr(row, name) for row in epochs], float)
    found["step"] = np.array([row.step for row in steps], int)
    for name in STEP_METRICS:
        found[name] = np.array([getattr(row, name) for row in steps], float)
    for name in (*LAYER_METRICS, *ACTIVITY_METRICS):
        for layer in names_of(steps, name):
            values = values_of(steps, name, layer)
            if name not in ("dead", "saturated") or not np.isnan(values).all():
                found[f"{name}/{layer}"] = values
    return found
