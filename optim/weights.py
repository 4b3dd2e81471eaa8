"""Snapshots of a model's weights, and the search for a value that is not finite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_core import AnomalyError, Tensor

from .optimizer import Optimizer


class Snapshot:
    """The weights of a model (buffers too), copied, to be given back later."""

    def __init__(self, model: Any, optimizer: Optimizer) -> None:
        self._model = model
        if hasattr(model, "load_state_dict"):
            self._state = model.state_dict()
        else:
            self._weights = [(p, np.array(p.data)) for _, p in named(model, optimizer)]

    def restore(self) -> None:
        """Put the weights back."""
        if hasattr(self._model, "load_state_dict"):
            self._model.load_state_dict(self._state)
        else:
            for p, value in self._weights:
                p.assign(value, "fit")


def named(model: Any, optimizer: Optimizer) -> Iterator[tuple[str, Tensor]]:
    """The parameters with names for messages: the model's, or else the optimizer's."""
    if hasattr(model, "named_parameters"):
        yield from model.named_parameters()
        return
    params = [p for group in optimizer.param_groups for p in group.params]
    for i, p in enumerate(params):
        yield p.name or f"parameter {i} of shape {p.shape}", p


def first_bad(value: Any) -> str | None:
    """``nan`` or ``inf`` if an array holds one."""
    array = np.asarray(value)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return None
    return "nan" if np.isnan(array).any() else "inf"


def check_weights(model: Any, optimizer: Optimizer, when: str) -> None:
    """Raise an `AnomalyError` that names the first weight with a NaN or an infinity."""
    for name, p in named(model, optimizer):
        bad = first_bad(p.data)
        if bad is not None:
            raise AnomalyError(f"fit: {when} the parameter {name!r} holds {bad}; {ADVICE}")


def check_validation(loss: float, X: Any, when: str) -> None:
    """Raise an `AnomalyError` for a validation loss that is not finite, with finite weights."""
    if not math.isfinite(loss):
        bad = first_bad(X)
        cause = f"its inputs hold {bad}" if bad else "every parameter is finite"
        raise AnomalyError(f"fit: the validation loss is {loss:g} {when}: {cause}; {ADVICE}")


def blame(
    model: Any, optimizer: Optimizer, loss: Tensor, x: Tensor, y: Any, when: str
) -> AnomalyError:
    """The error for a loss that is not finite, naming the parameter that holds or receives it."""
    head = f"fit: the loss is {loss.item():g} {when}: "
    for name, p in named(model, optimizer):
        bad = first_bad(p.data)
        if bad is not None:
            return AnomalyError(f"{head}the parameter {name!r} holds {bad}; {ADVICE}")
    receiver = _receiver(model, optimizer, loss)
    words = [] if receiver is None else [receiver]
    for what, data in (("inputs", x.data), ("labels", y)):
        bad = first_bad(data)
        if bad is not None:
            words.insert(0, f"the {what} of this batch hold {bad}")
    return AnomalyError(
        f"{head}{', and '.join(words) or 'every parameter and its gradient is finite'}; {ADVICE}"
    )


def _receiver(model: Any, optimizer: Optimizer, loss: Tensor) -> str | None:
    """Words for the first parameter whose gradient is not finite."""
    optimizer.zero_grad()
    if not loss.requires_grad:
        return None
    with np.errstate(all="ignore"):
        loss.backward()
    try:
        for name, p in named(model, optimizer):
            bad = None if p.grad is None else first_bad(p.grad.data)
            if bad is not None:
                return f"the parameter {name!r} receives {bad}"
    finally:
        optimizer.zero_grad()
    return None


ADVICE = (
    "try a smaller learning rate or gradient clipping; autograd_core.detect_anomaly() finds the "
    "operation"
)
