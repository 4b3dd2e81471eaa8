"""Schedules η(t) by their formulas, in optimizers, and against PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import optim
from autograd_core import ArgumentError, Tensor
from optim import Constant, Cosine, InverseTime, StepDecay, WarmUp

T = range(1, 41)


@pytest.mark.parametrize(
    ("schedule", "formula"),
    [
        (Constant(0.3), lambda t: 0.3),
        (StepDecay(0.5, every=7, factor=0.2), lambda t: 0.5 * 0.2 ** math.floor((t - 1) / 7)),
        (InverseTime(0.5), lambda t: 0.5 / t),
        (InverseTime(0.5, decay=0.1), lambda t: 0.5 / (1 + 0.1 * (t - 1))),
        (
            Cosine(0.5, steps=20, final=0.1),
            lambda t: 0.3 + 0.2 * math.cos(math.pi * (t - 1) / 20) if t <= 20 else 0.1,
        ),
        (WarmUp(0.5, steps=10), lambda t: 0.05 * t if t <= 10 else 0.5),
        (
            WarmUp(InverseTime(0.5), steps=10),
            lambda t: 0.05 * t if t <= 10 else 0.5 / (t - 9),
        ),
        (WarmUp(lambda t: 1 / t, steps=1), lambda t: 1 / t),
    ],
    ids=str,
)
def test_formula(schedule: Callable[[int], float], formula: Callable[[int], float]) -> None:
    """Each schedule is its formula at every step."""
    np.testing.assert_allclose([schedule(t) for t in T], [formula(t) for t in T], rtol=1e-14)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (StepDecay(0.5, 7, 0.2), lambda s, o: s.StepLR(o, 7, 0.2)),
        (Cosine(0.5, 40, 0.1), lambda s, o: s.CosineAnnealingLR(o, 40, 0.1)),
        (InverseTime(0.5, 0.3), lambda s, o: s.LambdaLR(o, lambda e: 1 / (1 + 0.3 * e))),
        (WarmUp(0.5, 10), lambda s, o: s.LinearLR(o, 0.1, 1.0, 9)),
    ],
    ids=str,
)
def test_pytorch_has_the_same_rates(ours: Any, theirs: Any) -> None:
    """Step t is PyTorch's scheduler after t − 1 of its steps."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    scheduler = theirs(torch.optim.lr_scheduler, optimizer)
    for t in T:
        assert optimizer.param_groups[0]["lr"] == pytest.approx(ours(t), rel=1e-9)
        optimizer.step()
        scheduler.step()


def test_an_optimizer_asks_for_each_step() -> None:
    """η is asked for t = 1, 2, …, and rates() tells the rate of the last step."""
    w = Tensor([0.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=InverseTime(1.0))
    assert optimizer.rates() == [1.0]
    for t in (1, 2, 3):
        w.grad = Tensor([1.0])
        optimizer.step()
        assert optimizer.rates() == [1.0 / t]
    assert w.item() == pytest.approx(-(1 + 1 / 2 + 1 / 3))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Constant(-1.0), "Constant: lr is -1"),
        (lambda: Cosine(float("nan"), 10), "Cosine: lr is nan"),
        (lambda: Cosine(0.1, 0), "steps is 0"),
        (lambda: StepDecay(0.1, every=2.5), "every is 2.5"),  # type: ignore[arg-type]
        (lambda: StepDecay(0.1, 2, factor=-1), "factor is -1"),
        (lambda: InverseTime(0.1, decay=-0.1), "decay is -0.1"),
        (lambda: WarmUp("fast", 3), "after is 'fast'"),  # type: ignore[arg-type]
        (lambda: WarmUp(0.1, True), "steps is True"),
    ],
)
def test_arguments_out_of_range_are_refused(make: Callable[[], Any], words: str) -> None:
    """The error names the schedule, the argument and its value."""
    with pytest.raises(ArgumentError, match=words):
        make()


def test_schedules_print_and_compare_as_values() -> None:
    """They are frozen records."""
    assert repr(Cosine(0.1, 10)) == "Cosine(lr=0.1, steps=10, final=0.0)"
    assert Cosine(0.1, 10) == Cosine(0.1, steps=10)
    assert Cosine(0.1, 10) != Cosine(0.1, 11)
