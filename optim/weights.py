"""Snapshots of a model's weights, and the search for a value that is not finite."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_core import AnomalyError, Tensor

from .optimizer import Optimizer


class Snapshot:
    """The weights of a model (buffers too) and the optimizer's memory, copied, to be given back."""

    def __init__(self, model: Any, optimizer: Optimizer) -> None:
        self._model = model
        self._optimizer = optimizer
        self._t = optimizer.t
        self._memory = _copied(optimizer.state)
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

    def restore_optimizer(self) -> None:
        """Put the optimizer's memory and its count of steps back; settings stay as they are."""
        self._optimizer.state = _copied(self._memory)
        self._optimizer.t = self._t
        self._optimizer.zero_grad()


def _copied(memory: dict[Tensor, dict[str, Any]]) -> dict[Tensor, dict[str, Any]]:
    return {p: copy.deepcopy(entries) for p, entries in memory.items()}


@contextmanager
def kept(model: Any, optimizer: Optimizer) -> Iterator[None]:
    """Put weights, buffers, the optimizer, and the modules' random generators back at the end."""
    snapshot = Snapshot(model, optimizer)
    rates = [group["lr"] for group in optimizer.param_groups]
    modules = model.modules() if hasattr(model, "modules") else ()
    found = [v for module in modules for v in vars(module).values()]
    generators = [v.bit_generator for v in found if isinstance(v, np.random.Generator)]
    states = [copy.deepcopy(generator.state) for generator in generators]
    try:
        yield
    finally:
        snapshot.restore()
        snapshot.restore_optimizer()
        for group, lr in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = lr
        for generator, state in zip(generators, states, strict=True):
            generator.state = state


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


def largest(model: Any, optimizer: Optimizer) -> str:
    """Words for the largest weight and its parameter, the likely cause of an overflow."""
    sizes = [(float(np.max(np.abs(p.data), initial=0.0)), n) for n, p in named(model, optimizer)]
    size, name = max(sizes, default=(0.0, ""))
    return f"the largest weight is {size:.3g}, in the parameter {name!r}"


def check_validation(model: Any, optimizer: Optimizer, loss: float, X: Any, when: str) -> None:
    """Raise an `AnomalyError` for a validation loss that is not finite, with finite weights."""
    if not math.isfinite(loss):
        bad = first_bad(X)
        cause = f"its inputs hold {bad}" if bad else largest(model, optimizer)
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
    words = [receiver or "every gradient is finite", largest(model, optimizer)]
    for what, data in (("inputs", x.data), ("labels", y)):
        bad = first_bad(data)
        if bad is not None:
            words.insert(0, f"the {what} of this batch hold {bad}")
    return AnomalyError(f"{head}{', and '.join(words)}; {ADVICE}")


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
