"""Each optimizer over 1,000 steps against its recurrence, written out independently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import optim
from autograd_core import Tensor

from . import recurrences as r

STEPS = 1000


def constant(rate: float) -> Callable[[int], float]:
    return lambda t: rate


def falling(t: int) -> float:
    return 0.1 / (1 + 0.01 * (t - 1))


CASES: dict[str, tuple[Callable[[Any], optim.Optimizer], r.Recurrence]] = {
    "SGD": (lambda p: optim.SGD(p, lr=0.1), r.sgd(constant(0.1))),
    "SGD, η(t) and weight decay": (
        lambda p: optim.SGD(p, lr=falling, weight_decay=0.02),
        r.sgd(falling, decay=0.02),
    ),
    "momentum, chapter": (
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
        r.momentum_chapter(constant(0.1), 0.9),
    ),
    "momentum, chapter, η(t)": (
        lambda p: optim.SGD(p, lr=falling, momentum=0.9),
        r.momentum_chapter(falling, 0.9),
    ),
    "momentum, chapter, Nesterov": (
        lambda p: optim.SGD(p, lr=falling, momentum=0.9, nesterov=True),
        r.momentum_chapter(falling, 0.9, nesterov=True),
    ),
    "momentum, average": (
        lambda p: optim.SGD(p, lr=falling, momentum=0.8, momentum_form="average"),
        r.momentum_average(falling, 0.8),
    ),
    "momentum, average, Nesterov": (
        lambda p: optim.SGD(p, lr=falling, momentum=0.8, momentum_form="average", nesterov=True),
        r.momentum_average(falling, 0.8, nesterov=True),
    ),
    "momentum, torch, η(t)": (
        lambda p: optim.SGD(p, lr=falling, momentum=0.9, momentum_form="torch", dampening=0.4),
        r.momentum_torch(falling, 0.9, dampening=0.4),
    ),
    "momentum, torch, Nesterov": (
        lambda p: optim.SGD(p, lr=falling, momentum=0.9, momentum_form="torch", nesterov=True),
        r.momentum_torch(falling, 0.9, nesterov=True),
    ),
    "Adagrad": (
        lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.01),
        r.adagrad(0.1, 1e-10, inside=False, lr_decay=0.01),
    ),
    "Adagrad, ε inside": (
        lambda p: optim.Adagrad(p, lr=0.1, eps=1e-4, eps_inside_sqrt=True),
        r.adagrad(0.1, 1e-4, inside=True),
    ),
    "adadelta, chapter": (
        lambda p: optim.Adadelta(p, lr=0.01, rho=0.9, eps=1e-6),
        r.adadelta_chapter(0.01, 0.9, 1e-6),
    ),
    "adadelta, Zeiler": (
        lambda p: optim.Adadelta(p, rho=0.95, variant="zeiler"),
        r.adadelta_zeiler(1.0, 0.95, 1e-6),
    ),
    "RMSprop": (lambda p: optim.RMSprop(p), r.rmsprop(0.01, 0.99, 1e-8, inside=False)),
    "RMSprop, ε inside, momentum": (
        lambda p: optim.RMSprop(p, alpha=0.9, eps=1e-3, eps_inside_sqrt=True, momentum=0.6),
        r.rmsprop(0.01, 0.9, 1e-3, inside=True, gamma=0.6),
    ),
    "RMSprop, centered": (
        lambda p: optim.RMSprop(p, alpha=0.9, eps=1e-3, centered=True),
        r.rmsprop(0.01, 0.9, 1e-3, inside=False, centered=True),
    ),
    "Adam, chapter": (
        lambda p: optim.Adam(p, lr=0.01, eps=1e-4),
        r.adam(constant(0.01), (0.9, 0.999), 1e-4, inside=True),
    ),
    "Adam, chapter's ε and η(t)": (
        lambda p: optim.Adam(p, lr=falling),
        r.adam(falling, (0.9, 0.999), 1e-8, inside=True),
    ),
    "Adam, ε outside": (
        lambda p: optim.Adam(p, lr=0.01, betas=(0.5, 0.9), eps=1e-2, eps_inside_sqrt=False),
        r.adam(constant(0.01), (0.5, 0.9), 1e-2, inside=False),
    ),
    "AdamW": (
        lambda p: optim.AdamW(p, lr=falling, weight_decay=0.1),
        r.adam(falling, (0.9, 0.999), 1e-8, inside=True, decoupled=0.1),
    ),
}


@pytest.fixture(scope="module")
def gradients() -> list[r.Array]:
    """Recorded gradients of 12 weights, of sizes from 10⁻³ to 10³, some of them 0."""
    rng = np.random.default_rng(7)
    scale = 10.0 ** np.linspace(-3, 3, 12)
    kept = rng.random((STEPS, 12)) < 0.95
    return list(rng.standard_normal((STEPS, 12)) * scale * kept)


@pytest.mark.parametrize("name", CASES)
def test_a_thousand_steps(name: str, gradients: list[r.Array]) -> None:
    """The weights agree to 10⁻¹² of how far they went."""
    make, recurrence = CASES[name]
    start = np.linspace(-2, 2, 12)
    w = Tensor(start, requires_grad=True)
    optimizer = make([w])
    for g in gradients:
        w.grad = Tensor(g)
        optimizer.step()
    wanted = recurrence(start, gradients)
    assert np.all(np.abs(w.numpy() - wanted) <= 1e-12 * (np.abs(wanted) + np.abs(wanted - start)))


def test_the_two_momentums_of_the_chapter_are_one_rule(gradients: list[r.Array]) -> None:
    """Section 7.2.2: with η = η'(1 − γ) both forms take the same steps."""
    ends = []
    for settings in ({"lr": 0.01}, {"lr": 0.1, "momentum_form": "average"}):
        w = Tensor(np.zeros(12), requires_grad=True)
        optimizer = optim.SGD([w], momentum=0.9, **settings)
        for g in gradients[:100]:
            w.grad = Tensor(g)
            optimizer.step()
        ends.append(w.numpy())
    np.testing.assert_allclose(*ends, rtol=1e-10)


def test_chapter_and_torch_momentum_differ_when_the_rate_changes() -> None:
    """V holds past rates in the chapter's form; in PyTorch's the present rate applies to all."""
    ends = {}
    for form in ("chapter", "torch"):
        w = Tensor([0.0], requires_grad=True)
        optimizer = optim.SGD([w], lr=lambda t: 1.0 / t, momentum=0.5, momentum_form=form)
        for _ in range(2):
            w.grad = Tensor([1.0])
            optimizer.step()
        ends[form] = w.item()
    # By hand: −1 − (0.5·1 + 0.5·1) and −1 − 0.5·(0.5·1 + 1).
    assert ends == {"chapter": -2.0, "torch": -1.75}


def test_a_constant_gradient_is_walked_at_full_rate_by_adam() -> None:
    """Both corrections make the first step η·sign(g), whatever the size of g."""
    w = Tensor([0.0, 0.0, 0.0], requires_grad=True)
    optimizer = optim.Adam([w], lr=0.1)
    for _ in range(3):
        w.grad = Tensor([1e3, -2.0, 1.0])
        optimizer.step()
    np.testing.assert_allclose(w.numpy(), [-0.3, 0.3, -0.3], rtol=1e-7)
