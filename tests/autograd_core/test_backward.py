"""What one may ask of a backward pass: freed and retained graphs, seeds, inputs, hooks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ArgumentError, GraphError, ShapeError


def leaf(value: Any = (1.0, 2.0), **options: Any) -> Tensor:
    return Tensor(np.asarray(value), requires_grad=True, **options)


def test_freed_graph() -> None:
    """A second backward pass over a graph that was freed raises and changes no gradient."""
    for value in (2.0, [2.0, 3.0]):
        x = leaf(value)
        y = ag.exp(x).sum()
        y.backward()
        before = x.grad.tolist()
        for options in ({}, {"create_graph": True}, {"inputs": [x]}):
            with pytest.raises(GraphError, match="retain_graph=True"):
                y.backward(**options)
        assert x.grad.tolist() == before


def test_freed_part_of_a_graph() -> None:
    """A graph over a part that another pass freed says so, by the operation's name."""
    x = leaf()
    shared = ag.exp(x)
    (shared * 2.0).sum().backward()
    with pytest.raises(GraphError, match="at exp"):
        (shared * 3.0).sum().backward()


def test_retain_graph() -> None:
    """Retained, a graph gives the same gradient again, and adds it."""
    for value in (2.0, [2.0, 3.0]):
        x = leaf(value)
        y = (x * x * x).sum()
        y.backward(retain_graph=True)
        once = np.array(x.grad.data)
        y.backward()
        np.testing.assert_array_equal(x.grad.data, 2 * once)


def test_create_graph_retains() -> None:
    """With create_graph the graph is kept, unless retain_graph=False says otherwise."""
    x = leaf(2.0)
    y = x**3
    y.backward(create_graph=True)
    (second,) = [x.grad]
    x.grad = None
    second.backward(create_graph=True)
    assert x.grad.item() == 12.0
    third = x.grad
    x.grad = None
    third.backward()
    assert x.grad.item() == 6.0
    z = x**3
    z.backward(create_graph=True, retain_graph=False)
    with pytest.raises(GraphError, match="freed"):
        z.backward()


def test_seed() -> None:
    """A tensor that is no scalar needs a seed of its shape, of any kind of numbers."""
    x = leaf()
    y = x * x
    with pytest.raises(GraphError, match=r"shape \(2,\) is not a scalar"):
        y.backward()
    for seed in ([1.0, 10.0], np.array([1, 10]), Tensor([1.0, 10.0]), np.float32([1, 10])):
        x.grad = None
        y.backward(seed, retain_graph=True)
        assert x.grad.tolist() == [2.0, 40.0]
        assert x.grad.dtype == np.float64
    for seed, shape in ((1.0, r"\(\)"), ([[1.0, 2.0]], r"\(1, 2\)"), ([1.0], r"\(1,\)")):
        with pytest.raises(ShapeError, match=shape):
            y.backward(seed)
    one = leaf([[3.0]])
    (one * one).backward()
    assert one.grad.tolist() == [[6.0]]


def test_seed_on_the_graph() -> None:
    """With create_graph the gradient depends on a seed that requires one."""
    x, seed = leaf([2.0, 3.0]), leaf([1.0, 1.0])
    (x * x).backward(seed, create_graph=True)
    gradient = x.grad
    seed.grad = None
    gradient.sum().backward()
    assert seed.grad.tolist() == [4.0, 6.0]


def test_inputs() -> None:
    """Only the inputs receive gradients, leaves or not, also where one leads to another."""
    x, w = leaf(), leaf()
    y = x * 2.0
    z = (y * y * w).sum()
    z.backward(inputs=[y], retain_graph=True)
    assert y.grad.tolist() == [4.0, 16.0]
    assert x.grad is None
    assert w.grad is None
    y.grad = None
    z.backward(inputs=(x, y), retain_graph=True)
    assert y.grad.tolist() == [4.0, 16.0]
    assert x.grad.tolist() == [8.0, 32.0]
    x.grad = None
    z.backward(inputs=x, create_graph=True)
    assert x.grad.tolist() == [8.0, 32.0]
    z.backward(inputs=[w, w])
    assert w.grad.tolist() == [4.0, 16.0]


def test_inputs_that_are_refused() -> None:
    """No inputs, or one that is not on the graph, raise."""
    x = leaf()
    y = x.sum()
    for inputs in ([], [Tensor(1.0)], [1.0], Tensor(1.0)):
        with pytest.raises(GraphError, match="inputs"):
            y.backward(inputs=inputs)
    y.backward(inputs=[leaf()])
    assert x.grad is None


def test_backward_of_a_leaf_and_of_a_constant() -> None:
    """A leaf's gradient by itself is the seed; a constant has none."""
    x = leaf(2.0)
    x.backward()
    assert x.grad.item() == 1.0
    with pytest.raises(GraphError, match="requires no gradient"):
        Tensor(1.0).backward()
    with ag.no_grad():
        y = x * 2
    with pytest.raises(GraphError, match="no_grad"):
        y.backward()


def test_detach_and_clone() -> None:
    """A detached tensor is a constant of the same memory; a clone is a copy on the graph."""
    x = leaf()
    d, c = x.detach(), x.clone()
    assert not d.requires_grad
    assert np.shares_memory(d.data, x.data)
    assert not np.shares_memory(c.data, x.data)
    (x * d + c).sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]


def test_requires_grad_flag() -> None:
    """Leaves turn it on and off; what was computed cannot turn it off."""
    x = Tensor([1.0])
    assert x.requires_grad_() is x
    y = x * 2.0
    with pytest.raises(GraphError, match="detach"):
        y.requires_grad = False
    y.requires_grad = True
    x.requires_grad = False
    assert not (x * 2.0).requires_grad


# -- retained gradients and hooks -----------------------------------------------------------------


def test_retain_grad() -> None:
    """A gradient is kept where it was asked for, accumulates, and is the caller's own."""
    x = leaf()
    y = x * 2.0
    y.retain_grad()
    y.retain_grad()
    z = (y * y).sum()
    z.backward(retain_graph=True)
    assert y.grad.tolist() == [4.0, 8.0]
    z.backward()
    assert y.grad.tolist() == [8.0, 16.0]
    assert (x * 1.0).grad is None
    x.retain_grad()
    with pytest.raises(GraphError, match="retain_grad"):
        Tensor(1.0).retain_grad()


def test_hooks_see_and_replace() -> None:
    """Hooks run in order with the whole gradient, and what they return goes on."""
    x = leaf()
    y = x * 3.0
    seen: list[Any] = []

    def double(g: Tensor) -> Tensor:
        seen.append(g.tolist())
        return g * 2.0

    y.register_hook(double)
    handle = y.register_hook(lambda g: seen.append(g.tolist()))
    z = (y + y).sum()
    z.backward(retain_graph=True)
    assert seen == [[2.0, 2.0], [4.0, 4.0]]
    assert x.grad.tolist() == [12.0, 12.0]
    handle.remove()
    handle.remove()
    z.backward()
    assert len(seen) == 3


def test_hooks_on_leaves_and_with_create_graph() -> None:
    """A leaf's hook changes what is accumulated; with create_graph it works on the graph."""
    x = leaf(3.0)
    x.register_hook(lambda g: g * g)
    (x * x).backward()
    assert x.grad.item() == 36.0
    x.grad = None
    (x * x).backward(create_graph=True)
    gradient = x.grad
    fresh = ag.grad(lambda v: (2 * v) ** 2)(3.0).item()
    x.grad = None
    (gradient * 1.0).backward(inputs=[x])
    assert x.grad.item() == pytest.approx(fresh**2)


def test_hooks_that_are_refused() -> None:
    """A hook must be callable, on the graph, and keep shape and dtype."""
    x = leaf()
    with pytest.raises(ArgumentError, match="callable"):
        x.register_hook(3)
    with pytest.raises(GraphError, match="register_hook"):
        Tensor(1.0).register_hook(print)
    y = x * 1.0
    for answer in (Tensor([1.0]), Tensor(np.ones(2, np.float32))):
        handle = y.register_hook(lambda g, answer=answer: answer)
        with pytest.raises(ShapeError, match="hook"):
            y.sum().backward(retain_graph=True)
        handle.remove()
    assert x.grad is None


def test_grad_attribute() -> None:
    """A gradient may be set, to what fits."""
    x = leaf()
    x.grad = [1.0, 2.0]
    assert isinstance(x.grad, Tensor)
    (x * 1.0).sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]
    for bad in (np.ones(3), Tensor(np.ones(2, np.float32))):
        with pytest.raises(ShapeError, match="grad"):
            x.grad = bad
    assert x.grad.tolist() == [2.0, 3.0]


def test_failing_pass_leaves_gradients_alone() -> None:
    """An error in the middle of a pass changes the gradient of no leaf."""
    x, w = leaf(), leaf()
    inner = x * w
    bad = inner * 2.0

    def fail(g: Tensor) -> None:
        raise KeyError("mine")

    inner.register_hook(fail)
    with pytest.raises(KeyError, match="mine"):
        (bad.sum() + (w * 3.0).sum()).backward()
    assert x.grad is None
    assert w.grad is None
