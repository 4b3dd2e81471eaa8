"""Derivatives where there is none by the book: kinks, infinities and NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor

NAN, INF = float("nan"), float("inf")


def gradients(f: Callable[..., Any], make: Callable[[Any], Any], *values: Any) -> list[Any]:
    leaves = [make(v) for v in values]
    f(*leaves).sum().backward()
    return [np.asarray(x.grad.tolist()) for x in leaves]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("maximum", ([NAN, 1.0, NAN, 2.0], [1.0, NAN, NAN, 2.0])),
        ("minimum", ([NAN, 1.0, NAN, 2.0], [1.0, NAN, NAN, 2.0])),
        ("relu", ([NAN, -1.0, 0.0, 2.0],)),
        ("max", ([1.0, NAN, 2.0],)),
        ("max", ([NAN, NAN, 2.0],)),
        ("min", ([1.0, NAN, 2.0],)),
        ("logaddexp", ([INF, 1.0, -INF, 1.0, 0.3], [1.0, INF, 1.0, -INF, 0.3])),
    ],
)
def test_nan_and_infinity(name: str, values: tuple[list[float], ...]) -> None:
    """The derivatives at NaN and the infinities are PyTorch's."""
    torch = pytest.importorskip("torch")
    ours = gradients(getattr(ag, name), lambda v: Tensor(v, requires_grad=True), *values)
    theirs = gradients(
        getattr(torch, name),
        lambda v: torch.tensor(v, requires_grad=True, dtype=torch.float64),
        *values,
    )
    np.testing.assert_allclose(ours, theirs)


def test_clip_at_nan() -> None:
    """The derivative at NaN is 0, as that of PyTorch's clamp."""
    assert gradients(lambda x: x.clip(0, 1), lambda v: Tensor(v, requires_grad=True), [NAN]) == [0]


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (ag.norm, np.zeros(3)),
        (lambda x: ag.norm(x, 3), np.zeros(3)),
        (ag.std, np.ones(3)),
        (lambda x: ag.std(x, ddof=1), np.full(3, 0.5)),
    ],
)
def test_higher_derivatives_at_a_kink(f: Callable[[Any], Any], x: Any) -> None:
    """Where the first derivative is declared 0, the derivatives of that 0 are 0."""
    for mode in ("reverse", "forward"):
        first = ag.jacobian(f, mode=mode)
        np.testing.assert_array_equal(first(x).data, np.zeros(3))
    np.testing.assert_array_equal(ag.hessian(f)(x).data, np.zeros((3, 3)))
    third = ag.jacobian(ag.hessian(f))(x)
    np.testing.assert_array_equal(third.data, np.zeros((3, 3, 3)))
