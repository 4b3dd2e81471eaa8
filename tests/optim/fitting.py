"""What the tests of `fit` share: data, a small network, short calls."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
import optim
from optim import Callback, History, fit


def blobs(n: int = 60, seed: int = 0) -> tuple[Any, Any]:
    """Points around three centres, and the number of each one's centre."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return rng.standard_normal((n, 2)) * 0.5 + np.array([[0, 2], [2, 0], [-2, -2]])[y], y


def network(seed: int = 0, *, dtype: str = "float64") -> nn.Sequential:
    rng = np.random.default_rng(seed)
    layers = (nn.Linear(2, 8, rng=rng), nn.ReLU(), nn.Linear(8, 3, rng=rng))
    return nn.Sequential(*layers).astype(dtype)


def run(
    model: Any,
    data: tuple[Any, Any] | None = None,
    *,
    loss: Any = None,
    optimizer: Any = None,
    lr: float = 0.01,
    **settings: Any,
) -> History:
    """`fit` with defaults: blobs, cross-entropy, Adam, three epochs, seed 0, no bar."""
    X, y = blobs() if data is None else data
    optimizer = optim.Adam(model.parameters(), lr=lr) if optimizer is None else optimizer
    settings = {"epochs": 3, "rng": 0, "progress": False, **settings}
    return fit(model, loss or nn.CrossEntropyLoss(), optimizer, X, y, **settings)


def state(model: nn.Module) -> dict[str, Any]:
    return {name: np.array(value) for name, value in model.state_dict().items()}


def equal(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return all(np.array_equal(a[name], b[name], equal_nan=True) for name in a)


class Keep(Callback):
    """Keeps the weights that each epoch ended with."""

    def __init__(self) -> None:
        self.states: list[dict[str, Any]] = []

    def on_epoch_end(self, training: optim.Training) -> None:
        self.states.append(state(training.model))
