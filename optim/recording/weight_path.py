"""The weights along the way of a training, in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import ArgumentError, Tensor

from .rows import Thinned

Array = NDArray[Any]

#: Numbers that are kept at most.
MAX_NUMBERS = 20_000_000


def parameters_of(owner: str, model: Any) -> list[tuple[str, Tensor]]:
    """The parameters with their names, each once."""
    if not hasattr(model, "named_parameters"):
        raise ArgumentError(
            f"{owner}: the model is of type {type(model).__name__}, which has no named_parameters; "
            f"give a Module"
        )
    found: list[tuple[str, Tensor]] = []
    seen: set[int] = set()
    for name, p in model.named_parameters():
        if id(p) not in seen:
            seen.add(id(p))
            found.append((name, p))
    if not found:
        raise ArgumentError(f"{owner}: the model has no parameters")
    return found


def flat_weights(owner: str, model: Any) -> Array:
    """All weights as one row, in the order of ``named_parameters``."""
    return np.concatenate([np.asarray(p.data).ravel() for _, p in parameters_of(owner, model)])


class WeightPath:
    """The first weights, those after steps that are looked at, and the latest."""

    def __init__(self, limit: int, every: int) -> None:
        self._limit = limit
        self._rows: Thinned[Array] = Thinned(limit, every)
        self._first: Array | None = None

    def begin(self, model: Any) -> None:
        """Note the weights before the first step, or of a training that goes on."""
        flat = flat_weights("TrainingRecord", model)
        if self._first is None:
            self._first = flat
            self._rows.limit = max(2, min(self._limit, MAX_NUMBERS // flat.size))
        self._check(flat)

    def add(self, step: int, model: Any) -> None:
        """Note the weights after a step."""
        if self._first is None or self._rows.wants(step):
            flat = flat_weights("TrainingRecord", model)
            if self._first is None:
                self._first = flat
            self._check(flat)
            self._rows.add(step, flat)

    def end(self, model: Any) -> None:
        """Note the weights that a training ended with."""
        self._rows.latest = flat_weights("TrainingRecord", model)

    def _check(self, flat: Array) -> None:
        if self._first is not None and flat.size != self._first.size:
            raise ArgumentError(
                f"TrainingRecord: the model has {flat.size:,} weights, and that of the steps "
                f"before had {self._first.size:,}; make a new record"
            )

    def array(self) -> Array:
        if self._first is None:
            raise ArgumentError("TrainingRecord.path: no weights were recorded yet")
        return np.stack([self._first, *self._rows.all()])
