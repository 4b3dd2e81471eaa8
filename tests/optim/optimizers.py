"""What the tests of optimizers share: one of each kind, parameters of every shape, a few steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import optim
from autograd_core import Tensor

Make = Callable[[Any], optim.Optimizer]

ALL: dict[str, Make] = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.01),
    "momentum, chapter": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "momentum, average": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, momentum_form="average"),
    "momentum, torch": lambda p: optim.SGD(
        p, lr=0.1, momentum=0.9, momentum_form="torch", dampening=0.5
    ),
    "Adagrad": lambda p: optim.Adagrad(p, lr_decay=0.1, initial_accumulator_value=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, momentum=0.5, centered=True),
    "Adadelta": lambda p: optim.Adadelta(p),
    "Adadelta, Zeiler": lambda p: optim.Adadelta(p, variant="zeiler"),
    "Adam": lambda p: optim.Adam(p, weight_decay=0.1),
    "AdamW": lambda p: optim.AdamW(p),
}
every = pytest.mark.parametrize("make", ALL.values(), ids=ALL)


def params(rng: np.random.Generator, dtype: Any = np.float64) -> list[Tensor]:
    shapes = [(3, 4), (4,), (1, 2, 2), ()]
    return [
        Tensor(rng.standard_normal(s), dtype=dtype, requires_grad=True, name=f"p{i}")
        for i, s in enumerate(shapes)
    ]


def train(optimizer: optim.Optimizer, tensors: list[Tensor], seed: int, steps: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        for p in tensors:
            p.grad = Tensor(rng.standard_normal(p.shape), dtype=p.dtype)
        optimizer.step()


def values(tensors: list[Tensor]) -> list[Any]:
    return [p.numpy().copy() for p in tensors]


def same(a: list[Any], b: list[Any]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
