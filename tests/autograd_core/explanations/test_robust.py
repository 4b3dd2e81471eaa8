"""Graphs of any kind are explained without a traceback, and nothing is changed by asking."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import ArgumentError, DTypeError, Tensor


def leaf(value, name=None) -> Tensor:
    return Tensor(value, requires_grad=True, name=name)


def test_leaf_is_the_loss() -> None:
    """The path has no step, and the gradient is 1."""
    w = leaf(2.0)
    why = ag.explain(w, w)
    assert why.gradient == 1.0
    assert why.path_count == 1


def test_size_zero() -> None:
    """Nothing to explain, and it says so."""
    w = leaf(np.zeros((0, 3)))
    assert "no elements" in str(ag.explain((w * 2).sum(), w))


def test_a_loss_of_some_shape_is_summed_or_seeded() -> None:
    """Without backward ones; afterwards what backward was given."""
    w = leaf([1.0, 2.0])
    y = w * 3
    why = ag.explain(y, w)
    np.testing.assert_array_equal(why.gradient, [3.0, 3.0])
    assert "sum of its elements" in str(why)
    y.backward([1.0, 10.0])
    np.testing.assert_array_equal(ag.explain(y, w).gradient, [3.0, 30.0])


def test_gradients_of_gradients() -> None:
    """A graph recorded by create_graph: ∂²(x³)/∂x² = 6x."""
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    assert ag.explain(x.grad, x).gradient == pytest.approx(12.0)
    v = leaf([2.0, 3.0])
    (v**3).sum().backward(create_graph=True)
    np.testing.assert_allclose(ag.explain(v.grad.sum(), v).gradient, [12.0, 18.0])


def test_hooks_are_not_called_and_are_told() -> None:
    """Explaining calls no hook, and says that there are some."""
    w = leaf([1.0, 2.0])
    calls = []
    h = w * 2
    h.register_hook(lambda g: calls.append(1))
    why = ag.explain(h.sum(), w)
    assert not calls
    assert "hook" in str(why)


def test_values_that_changed_are_told() -> None:
    """After an in-place update a freed graph is computed from the new values, with a note."""
    w = leaf([1.0, 2.0], "w")
    loss = (w * w).sum()
    loss.backward()
    w.data = np.array([5.0, 5.0])
    why = ag.explain(loss, w)
    assert "Changed since the graph was recorded: w" in str(why)
    np.testing.assert_array_equal(why.gradient, [10.0, 10.0])


def test_gradients_that_added_up_are_told() -> None:
    """Two backward passes without zero_grad: w.grad is twice the gradient."""
    w = leaf([1.0, 2.0])
    for _ in range(2):
        loss = (w * w).sum()
        loss.backward()
    assert "2 times this gradient" in str(ag.explain(loss, w))


def test_a_leaf_that_died() -> None:
    """Before backward what was saved is enough; afterwards it says what is missing."""
    w = leaf([1.0, 2.0])
    loss = (w * leaf([3.0, 4.0])).sum()
    np.testing.assert_array_equal(ag.explain(loss, w).gradient, [3.0, 4.0])
    loss.backward()
    why = ag.explain(loss, w)
    assert why.verdict == "unknown"
    assert "leaf is gone" in str(why)


def test_a_rule_that_raises() -> None:
    """A user's rule that raises is told as a note."""

    @ag.custom(lambda g, y, x: 1 / 0)
    def broken(x):
        return x * 2

    w = leaf([1.0, 2.0])
    why = ag.explain(broken(w).sum(), w)
    assert why.verdict == "unknown"
    assert "ZeroDivisionError" in str(why) or "division by zero" in str(why)


def test_a_users_function() -> None:
    """A Function in a graph, freed and not: values and gradient are those of backward."""

    class Twice(ag.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 2 * x

    w = leaf([1.0, 2.0])
    loss = ag.exp(Twice.apply(w)).sum()
    before = ag.explain(loss, w).gradient
    loss.backward()
    np.testing.assert_allclose(before, w.grad.data)
    np.testing.assert_allclose(ag.explain(loss, w).gradient, w.grad.data)


def test_nothing_is_changed_and_nothing_is_held() -> None:
    """No grad, no graph is touched; the graph dies with the explanation, without the collector."""
    gc.disable()
    try:
        w = leaf([1.0, 2.0])
        loss = (w * w).sum()
        why = ag.explain(loss, w)
        assert w.grad is None
        node = weakref.ref(loss.node)
        loss.backward()
        np.testing.assert_array_equal(w.grad.data, [2.0, 4.0])
        del loss, why
        assert node() is None
    finally:
        gc.enable()


def test_float32_keeps_its_dtype() -> None:
    """The gradient is float32, and equal to backward's to the last bit."""
    w = leaf(np.float32([1.0, 2.0]))
    loss = ag.tanh(w * 3).sum()
    why = ag.explain(loss, w)
    loss.backward()
    assert why.gradient.dtype == np.float32
    np.testing.assert_array_equal(why.gradient, w.grad.data)
    s = leaf(np.float32(0.5))
    assert ag.explain(ag.tanh(s * s), s).gradient == pytest.approx(0.9399, rel=1e-3)


def test_bad_arguments() -> None:
    """What is no tensor, no name and no number of paths is refused in words."""
    w = leaf([1.0], "w")
    loss = (w * 2).sum()
    with pytest.raises(DTypeError, match="no Tensor"):
        ag.explain(loss, 3)
    with pytest.raises(ArgumentError, match="'w'"):
        ag.explain(loss, "v")
    with pytest.raises(ArgumentError, match="most"):
        ag.explain(loss, w, most=0)
    with pytest.raises(DTypeError, match="takes no argument"):
        ag.explain(lambda: loss, [1.0])


@pytest.mark.parametrize("f", [lambda w: None, lambda w: (w * 2, w), lambda w: 3, lambda w: "a"])
def test_functions_that_return_no_tensor(f) -> None:
    """Told in words, by both."""
    w = leaf([1.0, 2.0])
    assert ag.explain(f, w).verdict == "no path"
    assert ag.bisect_gradient(f, w).verdict == "detached"


def test_shared_modules_and_several_uses() -> None:
    """A layer that is used twice: its weights have a path for each use."""
    layer = nn.Linear(3, 3, rng=0)
    x = np.ones((2, 3))
    loss = ag.tanh(layer(ag.tanh(layer(x)))).sum()
    why = ag.explain(loss, layer.W)
    assert why.path_count == 2
    assert sum(p.share for p in why.paths) == pytest.approx(1)


def test_lines_and_code() -> None:
    """Kept values give file, line and code; without them it says how to get them."""
    w = leaf([-1.0, -2.0], "w")
    with ag.keep_values():
        loss = ag.relu(w).sum()  # this line
    why = ag.explain(loss, w)
    assert "`loss = ag.relu(w).sum()  # this line`" in str(why)
    assert "keep_values" not in str(why)
    assert "keep_values" in str(ag.explain(ag.relu(w).sum(), w))


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", 'a"b&c', "\u202eevil", "x" * 500])
def test_hostile_names(hostile: str) -> None:
    """Markup is escaped, marks of direction are shown as such, long names are cut."""
    w = leaf([1.0, -2.0], hostile)
    why = ag.explain(ag.relu(w).sum(), w)
    html = why._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert "\u202e" not in html + str(why)
    assert "x" * 100 not in str(why)


def test_shows_itself_in_a_notebook() -> None:
    """Text and HTML, and only what is asked for."""
    w = leaf([1.0, 2.0])
    why = ag.explain((w * w).sum(), w)
    assert set(why._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert set(why._repr_mimebundle_(include={"text/html"})) == {"text/html"}
    assert "<table>" in why._repr_mimebundle_()["text/html"]
