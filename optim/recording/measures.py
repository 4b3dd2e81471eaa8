"""Numbers of a step, layer by layer: the sizes of gradients, weights and updates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import ArgumentError, Tensor

from ..optimizer import Optimizer

Array = NDArray[Any]
Layers = dict[str, list[Tensor]]


@dataclass(frozen=True, slots=True)
class Activity:
    """What a layer gives for a batch.

    Attributes
    ----------
    mean, spread : float
        Mean and standard deviation of all its values.
    dead : float
        The share of units that are 0 for every point, after a ReLU; else NaN.
    saturated : float
        The share of values where the slope is below 4 % of its maximum, after a sigmoid or a
        tanh; else NaN.
    """

    mean: float
    spread: float
    dead: float
    saturated: float


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step that was looked at."""

    step: int
    loss: float
    lr: float
    gradient_norm: dict[str, float]
    weight_norm: dict[str, float]
    update_ratio: dict[str, float]
    activity: dict[str, Activity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One epoch; NaN stands for what was not measured."""

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    lr: float


def layers_of(owner: str, model: Any, optimizer: Any) -> Layers:
    """The parameters by the layer that holds them: ``"0"`` for ``0.W`` and ``0.W0``.

    Without a module those of the optimizer, by their names. A parameter that several layers share
    belongs to the first.
    """
    if model is not None and hasattr(model, "named_parameters"):
        named: Iterable[tuple[str, Tensor]] = model.named_parameters()
        pairs = [(name.rpartition(".")[0] or type(model).__name__, p) for name, p in named]
    elif isinstance(optimizer, Optimizer):
        params = [p for group in optimizer.param_groups for p in group.params]
        pairs = [(p.name or f"parameter {i}", p) for i, p in enumerate(params)]
    elif model is None:
        return {}
    else:
        raise ArgumentError(
            f"{owner}: the model is of type {type(model).__name__}, which has no named_parameters; "
            f"give a Module, or the optimizer too"
        )
    found: Layers = {}
    seen: set[int] = set()
    for layer, p in pairs:
        if id(p) not in seen:
            seen.add(id(p))
            found.setdefault(layer, []).append(p)
    return found


def norm(arrays: Iterable[Any]) -> float:
    """The root of the sum of all squares, in double precision; NaN without any array."""
    total, some = 0.0, False
    with np.errstate(all="ignore"):
        for array in arrays:
            flat = np.asarray(array, np.float64).ravel()
            total += float(flat @ flat)
            some = True
    return float(np.sqrt(total)) if some else float("nan")


def gradient_norms(layers: Layers) -> dict[str, float]:
    """‖∂loss/∂W‖ of each layer; NaN where no gradient arrived."""
    return {
        name: norm(p.grad.data for p in params if p.grad is not None)
        for name, params in layers.items()
    }


def weight_norms(layers: Layers) -> dict[str, float]:
    return {name: norm(p.data for p in params) for name, params in layers.items()}


def copies(layers: Layers) -> list[Array]:
    """The weights now."""
    return [np.array(p.data) for p in _all(layers)]


def update_ratios(layers: Layers, before: list[Array] | None) -> dict[str, float]:
    """‖ΔW‖/‖W‖ of each layer, W as it was before the step.

    NaN where it was all zero, or where the weights before the step were not noted.
    """
    if before is None or [b.shape for b in before] != [p.shape for p in _all(layers)]:
        return dict.fromkeys(layers, float("nan"))
    earlier = iter(before)
    found = {}
    with np.errstate(all="ignore"):
        for name, params in layers.items():
            old = [next(earlier) for _ in params]
            pairs = zip(params, old, strict=True)
            moved = norm([np.asarray(p.data, np.float64) - b for p, b in pairs])
            size = norm(old)
            found[name] = moved / size if size else float("nan")
    return found


def _all(layers: Layers) -> Iterator[Tensor]:
    for params in layers.values():
        yield from params
