"""Transforms of functions that use tensors from outside, and what a failed pass leaves."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, GraphError, Tensor


def test_forward_mode_over_computed_tensors() -> None:
    """A closure over a tensor that was computed before, or is made inside, does not move."""
    x = Tensor([3.0, 1.0], requires_grad=True)
    h = x * 2
    ones = np.ones(2)
    assert ag.jvp(lambda t: t * h, ones, ones)[1].tolist() == [6, 2]
    assert ag.jacobian(lambda t: t * h, mode="forward")(ones).tolist() == [[6, 0], [0, 2]]
    assert ag.gradcheck(lambda t: t * h, ones)
    inside = ag.jvp(lambda t: t * Tensor(2.0, requires_grad=True), 1.0, 1.0)
    assert inside[1].item() == 2


def test_reverse_over_forward_over_a_closure() -> None:
    """d/dx of the derivative of t²·2x by t at t = 1, which is 4x."""

    def slope(x: Tensor) -> Tensor:
        h = x * 2
        return ag.jvp(lambda t: t * t * h, 1.0, 1.0)[1]

    assert ag.grad(slope)(3.0).item() == 4


def test_a_pass_that_is_refused_changes_no_gradient() -> None:
    """A value changed in place is found before anything is accumulated or freed."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    u = ag.exp(x)
    y = u * u
    y.retain_grad()
    z = (y * 3).sum()
    with ag.no_grad():
        u.detach()[0] = 7
    with pytest.raises(GraphError, match="item assignment"):
        z.backward()
    assert y.grad is None
    assert x.grad is None
    with pytest.raises(GraphError, match="item assignment"):  # not: the graph was freed
        z.backward()


def test_argnums() -> None:
    """Any integer names an argument, once; only floats have derivatives."""
    assert ag.grad(lambda a, b: a * b, np.int64(1))(2.0, 3.0).item() == 2
    with pytest.raises(ArgumentError, match="twice"):
        ag.grad(lambda a, b: a * b, (1, -1))(2.0, 3.0)
    with pytest.raises(ArgumentError, match="argnums"):
        ag.grad(lambda a, b: a * b, 2)(2.0, 3.0)
    with pytest.raises(DTypeError, match=r"give 3\.0 instead of 3"):
        ag.grad(lambda a: a * a)(3)


def test_results_share_no_memory_with_arguments() -> None:
    """The value of the identity is a copy."""
    a = np.ones(2)
    value, pullback = ag.vjp(lambda x: x, a)
    assert not np.shares_memory(value.data, a)
    assert not np.shares_memory(pullback(a).data, a)
