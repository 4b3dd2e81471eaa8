"""The optimizers that PyTorch has too: each in both libraries, fed with the same gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import optim
from autograd_core import Tensor

Array = np.ndarray[Any, Any]
STEPS = 1000
#: After which steps the weights are compared.
MARKS = (1, 2, 10, 1000)


class Case(NamedTuple):
    """An optimizer of each library with the same settings."""

    ours: Callable[[Any], optim.Optimizer]
    theirs: Callable[[Any, Any], Any]


def start() -> Array:
    """Six weights."""
    return np.cos(np.arange(6.0)) * 2


def gradient(t: int) -> Array:
    """The gradient of step t: of different sizes, and with changing signs."""
    i = np.arange(6.0)
    return np.sin(0.7 * i + 1.3 * t) * 10.0 ** (i - 3) + 0.3 * np.cos(0.01 * t)


def _torch_sgd(**settings: Any) -> Callable[[Any, Any], Any]:
    return lambda torch, params: torch.optim.SGD(params, **settings)


CASES: dict[str, Case] = {
    "SGD": Case(lambda p: optim.SGD(p, lr=0.05), _torch_sgd(lr=0.05)),
    "SGD, weight decay": Case(
        lambda p: optim.SGD(p, lr=0.05, weight_decay=0.1), _torch_sgd(lr=0.05, weight_decay=0.1)
    ),
    "SGD, torch momentum": Case(
        lambda p: optim.SGD(p, lr=0.05, momentum=0.9, momentum_form="torch", weight_decay=0.01),
        _torch_sgd(lr=0.05, momentum=0.9, weight_decay=0.01),
    ),
    "SGD, chapter's momentum at a constant rate": Case(
        lambda p: optim.SGD(p, lr=0.05, momentum=0.9), _torch_sgd(lr=0.05, momentum=0.9)
    ),
    "SGD, average momentum at a constant rate": Case(
        lambda p: optim.SGD(p, lr=0.5, momentum=0.9, momentum_form="average"),
        _torch_sgd(lr=0.05, momentum=0.9),
    ),
    "SGD, dampening": Case(
        lambda p: optim.SGD(p, lr=0.05, momentum=0.8, momentum_form="torch", dampening=0.3),
        _torch_sgd(lr=0.05, momentum=0.8, dampening=0.3),
    ),
    "SGD, Nesterov": Case(
        lambda p: optim.SGD(p, lr=0.05, momentum=0.9, momentum_form="torch", nesterov=True),
        _torch_sgd(lr=0.05, momentum=0.9, nesterov=True),
    ),
    "SGD, chapter's Nesterov at a constant rate": Case(
        lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
        _torch_sgd(lr=0.05, momentum=0.9, nesterov=True),
    ),
    "Adagrad": Case(
        lambda p: optim.Adagrad(
            p, lr=0.1, lr_decay=0.01, weight_decay=0.02, initial_accumulator_value=0.5
        ),
        lambda torch, p: torch.optim.Adagrad(
            p, lr=0.1, lr_decay=0.01, weight_decay=0.02, initial_accumulator_value=0.5
        ),
    ),
    "RMSprop": Case(
        lambda p: optim.RMSprop(p, weight_decay=0.02),
        lambda torch, p: torch.optim.RMSprop(p, weight_decay=0.02),
    ),
    "RMSprop, centered, momentum": Case(
        lambda p: optim.RMSprop(p, lr=0.003, centered=True, momentum=0.5),
        lambda torch, p: torch.optim.RMSprop(p, lr=0.003, centered=True, momentum=0.5),
    ),
    "Adadelta": Case(
        lambda p: optim.Adadelta(p, variant="zeiler", weight_decay=0.02),
        lambda torch, p: torch.optim.Adadelta(p, weight_decay=0.02),
    ),
    "Adam": Case(
        lambda p: optim.Adam(p, lr=0.01, betas=(0.8, 0.99), eps_inside_sqrt=False),
        lambda torch, p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99)),
    ),
    "Adam, weight decay": Case(
        lambda p: optim.Adam(p, weight_decay=0.05, eps=1e-3, eps_inside_sqrt=False),
        lambda torch, p: torch.optim.Adam(p, weight_decay=0.05, eps=1e-3),
    ),
    "AdamW": Case(
        lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1, eps_inside_sqrt=False),
        lambda torch, p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    ),
}


def run_ours(case: Case, dtype: Any = np.float64) -> Array:
    """The weights after each mark, from this library."""
    w = Tensor(start(), dtype=dtype, requires_grad=True)
    optimizer = case.ours([w])
    found = []
    for t in range(1, STEPS + 1):
        w.grad = Tensor(gradient(t), dtype=dtype)
        optimizer.step()
        if t in MARKS:
            found.append(w.numpy().copy())
    return np.stack(found)


def run_theirs(case: Case) -> Array:
    """The weights after each mark, from PyTorch."""
    import torch

    w = torch.from_numpy(start()).requires_grad_()
    optimizer = case.theirs(torch, [w])
    found = []
    for t in range(1, STEPS + 1):
        w.grad = torch.from_numpy(gradient(t))
        optimizer.step()
        if t in MARKS:
            found.append(w.detach().numpy().copy())
    return np.stack(found)
