"""Transforms inside transforms: whose derivative is whose is never confused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor


def number(x: Any) -> float:
    return float(x.item())


def by_jvp(f: Any) -> Any:
    """The derivative of a function of one number, by the forward mode."""
    return lambda x: ag.jvp(f, (x,), (1.0,))[1]


DERIVATIVES = {"reverse": ag.grad, "forward": by_jvp}


@pytest.mark.parametrize("outer", DERIVATIVES)
@pytest.mark.parametrize("inner", DERIVATIVES)
def test_perturbations_are_kept_apart(outer: str, inner: str) -> None:
    """d/dx of x·d/dy(x·y) is 2x, of x·d/dy(x + y) is 1, of x·d/dy(x·y²) at y = 2 is 8x."""
    d, e = DERIVATIVES[outer], DERIVATIVES[inner]
    assert number(d(lambda x: x * e(lambda y: x * y)(x))(3.0)) == 6.0
    assert number(d(lambda x: x * e(lambda y: x + y)(1.0))(3.0)) == 1.0
    assert number(d(lambda x: x * e(lambda y: x * y * y)(2.0))(3.0)) == 24.0
    assert number(d(lambda x: e(lambda y: x)(1.0) * x)(3.0)) == 0.0
    assert number(d(lambda x: e(lambda x: x * x)(x) * x)(3.0)) == 12.0


@pytest.mark.parametrize("third", DERIVATIVES)
@pytest.mark.parametrize("second", DERIVATIVES)
@pytest.mark.parametrize("first", DERIVATIVES)
def test_third_order(first: str, second: str, third: str) -> None:
    """Three derivatives in any mix of modes: those of x⁴ and of sin."""
    d = [DERIVATIVES[name] for name in (first, second, third)]
    assert number(d[2](d[1](d[0](lambda x: x**4)))(2.0)) == pytest.approx(48.0)
    assert number(d[2](d[1](d[0](ag.sin)))(0.0)) == pytest.approx(-1.0)
    assert number(d[2](d[1](d[0](ag.tanh)))(0.5)) == pytest.approx(
        (1 - np.tanh(0.5) ** 2) * (6 * np.tanh(0.5) ** 2 - 2)
    )


def test_values_of_outer_leaves() -> None:
    """A transform's result is on the graph of a leaf that its function used."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    gradient = ag.grad(lambda x: (x * w * w).sum())(np.ones(2))
    gradient.sum().backward()
    assert w.grad.tolist() == [2.0, 4.0]
    assert not ag.grad(lambda x: (x * x).sum())(np.ones(2)).requires_grad


def test_leaves_that_die_inside() -> None:
    """A leaf that was made inside the function, and died with it, is a constant of both modes."""

    def f(x: Any) -> Any:
        return (x * x * Tensor([3.0, 4.0], requires_grad=True)).sum()

    assert ag.grad(f)(np.ones(2)).tolist() == [6.0, 8.0]
    assert ag.jvp(f, (np.ones(2),), (np.ones(2),))[1].item() == 14.0
    assert ag.hessian(f)(np.ones(2)).tolist() == [[6.0, 0.0], [0.0, 8.0]]


def test_a_tangent_on_the_graph() -> None:
    """The jvp is differentiable by its tangent: its derivative is the derivative."""
    assert number(ag.grad(lambda v: ag.jvp(lambda y: y**3, (2.0,), (v,))[1])(5.0)) == 12.0


def test_one_tensor_in_two_places() -> None:
    """Given the same tensor twice, a transform tells the places apart."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    first, second = ag.grad(lambda x, y: (x * y * y).sum(), (0, 1))(w, w)
    assert first.tolist() == [1.0, 4.0]
    assert second.tolist() == [2.0, 8.0]


def test_jacobians_in_both_modes_and_hessians() -> None:
    """Rows and columns give one Jacobian; the Hessian is that of the gradient, by hand too."""

    def f(x: Any) -> Any:
        return ag.sin(x) * x.sum() + ag.exp(x[::-1])

    x = np.array([0.3, -0.7, 1.1])
    rows = ag.jacobian(f, mode="reverse")(x)
    columns = ag.jacobian(f, mode="forward")(x)
    np.testing.assert_allclose(rows.data, columns.data, rtol=1e-13, atol=1e-14)
    expected = np.diag(np.cos(x) * x.sum()) + np.sin(x)[:, None] + np.diag(np.exp(x[::-1]))[:, ::-1]
    np.testing.assert_allclose(rows.data, expected, rtol=1e-13)
    cube = ag.hessian(lambda x: (x**3).sum() * x[0])(np.array([1.0, 2.0]))
    np.testing.assert_allclose(cube.data, [[12.0, 12.0], [12.0, 12.0]])


def test_custom_operations_in_both_modes() -> None:
    """A user's vjp gives the forward mode and every order of both."""
    cube = ag.custom(lambda g, y, x: g * 3 * x**2)(lambda x: x**3)
    for d in DERIVATIVES.values():
        for e in DERIVATIVES.values():
            assert number(d(e(cube))(2.0)) == pytest.approx(12.0)
