"""Operations of the user's own: what they may return, and what is refused."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import DTypeError, GraphError, ShapeError, Tensor


def leaf(data: Any) -> Tensor:
    return Tensor(data, requires_grad=True)


class Cube(ag.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


class Logistic(ag.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = 1 / (1 + ag.exp(-x))
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return g * y * (1 - y)


@pytest.mark.parametrize("function", [Cube, Logistic])
def test_a_function_has_all_derivatives(function: type[ag.Function]) -> None:
    """Saved inputs and outputs alike give both modes and the second order."""
    assert ag.gradcheck(function.apply, (np.array([0.5, -1.0]),), second_order=True)
    joined = ag.jacobian(lambda x: ag.concatenate([function.apply(x), x]))(np.array([1.0, 2.0]))
    assert joined.shape == (4, 2)


def test_third_derivative_of_the_logistic_function() -> None:
    """σ''' = σ(1 − σ)(1 − 6σ + 6σ²), through a Function that saved its output."""
    third = ag.grad(ag.grad(ag.grad(Logistic.apply)))(0.7).item()
    s = 1 / (1 + np.exp(-0.7))
    assert third == pytest.approx(s * (1 - s) * (1 - 6 * s + 6 * s * s), rel=1e-12)


def test_several_outputs() -> None:
    """A tuple of outputs: each has its node, and backward sees zeros for the others."""

    class Both(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, k: float) -> tuple[Tensor, Tensor]:
            ctx.save_for_backward(x)
            ctx.k = k
            return x**3 * k, x * 2

        @staticmethod
        def backward(ctx: Any, g: Tensor, h: Tensor) -> tuple[Any, None]:
            (x,) = ctx.saved_tensors
            return g * 3 * x**2 * ctx.k + h * 2, None

    x = leaf([1.0, 2.0])
    a, b = Both.apply(x, 2.0)
    (a * b).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.data, 16 * x.data**3, rtol=1e-15)


def test_a_function_that_saves_its_output_leaves_no_cycle() -> None:
    """With the collector off, the graph of a recorded backward pass dies with its tensors."""

    def step() -> weakref.ref[Any]:
        x = leaf(np.ones(3))
        y = Logistic.apply(x).sum()
        y.backward(create_graph=True)
        return weakref.ref(y.node)

    def kept() -> weakref.ref[Any]:
        with ag.keep_values():
            x = leaf([1.0, 2.0])
            y = ag.exp(x * x).sum()
            y.backward(create_graph=True)
        return weakref.ref(y.node)

    gc.collect()
    gc.disable()
    try:
        assert step()() is None
        assert kept()() is None
    finally:
        gc.enable()


def test_intermediate_values_are_refused_at_the_second_order() -> None:
    """A saved tensor that is neither input nor output has no place in the graph."""

    class Middle(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            z = ag.exp(x)
            ctx.save_for_backward(z)
            return z * 2

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (z,) = ctx.saved_tensors
            return g * z * 2

    assert ag.grad(Middle.apply)(0.7).item() == pytest.approx(2 * np.exp(0.7))
    with pytest.raises(GraphError, match="neither an input nor an output"):
        ag.grad(ag.grad(Middle.apply))(0.7)


def test_hidden_tensors_are_refused() -> None:
    """A tensor that needs a gradient is not lost as a keyword or in a list."""
    with pytest.raises(GraphError, match="positional"):
        Cube.apply(x=leaf(2.0))
    with pytest.raises(GraphError, match="positional"):
        Cube.apply([leaf(1.0), leaf(2.0)])


def test_a_forward_may_compute_with_tensors() -> None:
    """What a decorated function returns as a Tensor is taken as its value."""
    W = Tensor([2.0, 3.0])
    scaled = ag.custom(lambda g, y, x: g * W)(lambda x: x * W)
    x = leaf([1.0, 2.0])
    y = scaled(x)
    (y * y).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.data, 2 * x.data * W.data**2)
    V = leaf([2.0, 3.0])
    with pytest.raises(GraphError, match="argument"):
        ag.custom(lambda g, y, x: g * 1.0)(lambda x: x * V)(x)


def test_outputs_that_have_no_gradient_are_refused() -> None:
    """Lists, integers and complex numbers from a forward."""
    x = leaf([1.0, 2.0])
    for forward in (lambda x: [x], lambda x: x.astype(int), lambda x: x + 1j, lambda x: None):
        with pytest.raises(DTypeError):
            ag.custom(lambda g, y, x: g)(forward)(x)


def test_a_rule_may_answer_the_users_own_array() -> None:
    """It is copied: accumulation never writes into it."""
    ones = np.ones(3)
    total = ag.custom(lambda g, y, x: ones)(lambda x: x.sum())
    x = leaf([1.0, 2.0, 3.0])
    total(x).backward()
    total(x).backward()
    np.testing.assert_array_equal(ones, 1)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, 2)


def test_a_rule_of_the_wrong_shape_is_refused() -> None:
    """It is not summed to fit."""
    A = np.arange(9.0).reshape(3, 3)
    product = ag.custom(lambda g, y, x: g * A)(lambda x: A @ x)
    with pytest.raises(ShapeError, match=r"\(3, 3\)"):
        product(leaf(np.ones(3))).sum().backward()


def test_the_forward_mode_notices_a_rule_that_left_the_graph() -> None:
    """It raises instead of returning zeros."""

    @ag.custom(lambda g, y, x: (g.data if isinstance(g, Tensor) else g) * 3)
    def triple(x: Any) -> Any:
        return x * 3

    with pytest.raises(GraphError, match="left the graph"):
        ag.jvp(triple, (np.array([1.0, 2.0]),), (np.ones(2),))
