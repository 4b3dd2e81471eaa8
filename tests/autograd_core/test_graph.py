"""The graph: order, sharing, depth, and what it costs."""

from __future__ import annotations

import itertools
import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import GraphError
from autograd_core.graph import Leaf, topological
from autograd_core.primitive import PRIMITIVES
from autograd_core.walks import replay


def leaf(value: Any = (1.0, 2.0), **options: Any) -> Tensor:
    return Tensor(np.asarray(value), requires_grad=True, **options)


# -- order ----------------------------------------------------------------------------------------


def test_nodes_and_leaves() -> None:
    """A leaf's node has no primitive; an operation's knows its operands, constants, parameters."""
    x = leaf(name="x")
    y = (x * 3.0).sum(axis=0)
    assert isinstance(x.node, Leaf)
    assert x.is_leaf
    assert x.node.primitive is None
    assert x.node.name == "x"
    assert not y.is_leaf
    node = y.node
    assert node.primitive is PRIMITIVES["sum"]
    assert node.params["axis"] == 0
    (product,) = node.parents
    assert product.parents == (x.node, None)
    assert product.constants == (None, 3.0)
    assert (product.shape, product.dtype, product.ndim, product.size) == ((2,), np.float64, 1, 2)
    assert "multiply" in repr(product)
    assert "leaf" in repr(x.node)
    assert Tensor(1.0).node is None
    assert Tensor(1.0).is_leaf


def test_topological_order() -> None:
    """Every node comes once, after all of its operands, and alone if it is stopped at."""
    x, y = leaf(), leaf()
    a = x * y
    b = a + x
    c = b * a + y
    order = topological((c.node,))
    places = {node: i for i, node in enumerate(order)}
    assert len(order) == len(places) == 6
    for node in order:
        assert all(places[p] < places[node] for p in node.parents if p is not None)
    assert order[-1] is c.node
    assert a.node in (cut := topological((c.node,), stop={b.node}))
    assert set(topological((b.node,), stop={b.node})) == {b.node}
    assert len(cut) == 5 + 1
    assert len(topological((a.node, b.node))) == 4


def test_random_graphs_agree_with_paths() -> None:
    """The derivative is the sum over all paths of the products along them, by brute force."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        weights: dict[tuple[int, int], float] = {}
        xs = [leaf(1.0)]
        for j in range(1, 9):
            parents = rng.choice(j, size=min(j, 2), replace=False)
            total: Any = None
            for i in parents:
                w = float(rng.normal())
                weights[int(i), j] = w
                term = xs[i] * w
                total = term if total is None else total + term
            xs.append(total)

        def paths(i: int, weights: dict[tuple[int, int], float] = weights) -> float:
            if i == 8:
                return 1.0
            return sum(w * paths(j) for (k, j), w in weights.items() if k == i)

        xs[-1].backward()
        if xs[0].grad is not None:
            assert xs[0].grad.item() == pytest.approx(paths(0), rel=1e-12, abs=1e-15)


# -- sharing --------------------------------------------------------------------------------------


def test_diamond() -> None:
    """Where paths meet, cotangents add before they go on."""
    x = leaf(3.0)
    y = x * x
    (y * y + y).backward()
    assert x.grad.item() == 4 * 27 + 6


@pytest.mark.parametrize("f", [lambda x: x + x, lambda x: x * x, lambda x: x - x, lambda x: x / x])
def test_an_operand_twice(f: Callable[[Any], Any]) -> None:
    """One tensor in both places of an operation receives both parts."""
    for value in (2.0, [2.0, 3.0]):
        x = leaf(value)
        f(x).sum().backward()
        eps = 1e-6
        slope = (f(np.asarray(value) + eps) - f(np.asarray(value) - eps)) / (2 * eps)
        np.testing.assert_allclose(x.grad.data, slope, atol=1e-8)


def test_leaf_shared_by_graphs() -> None:
    """Gradients of several graphs over one leaf accumulate, until they are cleared."""
    x = leaf()
    (x * 2.0).sum().backward()
    (x * x).sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]
    x.grad = None
    (x * 5.0).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0]


def test_gradients_share_no_memory() -> None:
    """Leaves, seeds and arrays that the caller holds never share memory with a gradient."""
    for options in ({}, {"create_graph": True}):
        x, y, z = leaf(), leaf(), leaf()
        seed = np.array([1.0, 2.0])
        kept: list[Tensor] = []
        z.register_hook(lambda g, kept=kept: kept.append(g))
        w = x + y + z.reshape(2)
        w.backward(Tensor(seed, copy=False), **options)
        memories = [x.grad.data, y.grad.data, z.grad.data, seed, kept[0].data]
        for a, b in itertools.combinations(memories, 2):
            assert not np.shares_memory(a, b)
    w = leaf()
    w.backward(Tensor(seed, copy=False))
    assert not np.shares_memory(w.grad.data, seed)


def test_a_hooks_answer_is_not_taken_over() -> None:
    """A gradient that a hook made stays the hook's: accumulation does not write into it."""
    x = leaf()
    answer = Tensor([10.0, 20.0])
    x.register_hook(lambda g: answer)
    (x * 2.0).sum().backward()
    (x * 2.0).sum().backward()
    assert x.grad.tolist() == [20.0, 40.0]
    assert answer.tolist() == [10.0, 20.0]


# -- depth ----------------------------------------------------------------------------------------

DEEP = 1_000_000


def test_a_million_numbers_deep() -> None:
    """A chain of 10⁶ operations on numbers is computed, differentiated and released."""
    x = leaf(0.0)
    y = x
    for _ in range(DEEP // 2):
        y = y * 0.5 + x
    assert y.item() == 0.0
    y.backward()
    assert x.grad.item() == pytest.approx(2.0)
    ref = weakref.ref(y.node)
    del y
    assert ref() is None


def test_deep_arrays() -> None:
    """Deep graphs of arrays: backward, create_graph, replay and release without recursion."""
    depth = 50_000
    assert depth > 10 * sys.getrecursionlimit()
    x = leaf([1.0, 2.0])
    y = x
    for _ in range(depth):
        y = y * 1.0
    total = (y * y).sum()
    total.backward(retain_graph=True)
    assert x.grad.tolist() == [2.0, 4.0]
    repr(total)
    assert replay(total.node)[total.node].item() == 5.0
    x.grad = None
    total.backward(create_graph=True)
    gradient = x.grad
    x.grad = None
    (gradient * gradient).sum().backward()
    assert x.grad.tolist() == [8.0, 16.0]
    ref = weakref.ref(total.node)
    del total, y, gradient, x
    assert ref() is None


def test_wide_graph() -> None:
    """An operation of many operands, and a leaf of many uses."""
    x = leaf(2.0)
    ag.stack([x * float(i) for i in range(2000)]).sum().backward()
    assert x.grad.item() == 1999 * 1000


# -- cost -----------------------------------------------------------------------------------------


class Counter:
    """Counts the calls of the rules of some primitives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
        self.calls = 0
        for name in names:
            primitive = PRIMITIVES[name]
            for method in ("vjp", "pull_scalars"):
                rule = getattr(primitive, method)

                def counted(*args: Any, rule: Any = rule) -> Any:
                    self.calls += 1
                    return rule(*args)

                monkeypatch.setattr(primitive, method, counted, raising=False)


@pytest.mark.parametrize("value", [2.0, [2.0]])
def test_cost_is_linear(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """2⁶⁰ paths through 60 diamonds cost 60 calls of a rule."""
    counter = Counter(monkeypatch, "add")
    y = x = leaf(value)
    for _ in range(60):
        y = y + y
    y.backward()
    assert counter.calls == 60
    assert np.ravel(x.grad.data)[0] == 2.0**60


def test_cost_of_unneeded_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``inputs`` only what leads to them is computed; constants cost nothing."""
    counter = Counter(monkeypatch, "multiply")
    x, w = leaf(), leaf()
    a = x * 2.0
    b = w * 3.0 * 4.0 * 5.0
    (a + b).sum().backward(inputs=[x])
    assert counter.calls == 1
    assert w.grad is None


def test_second_order_graph_is_linear() -> None:
    """The graph of the gradient has a bounded number of nodes for each node."""

    def nodes(depth: int) -> int:
        x = leaf([0.5])
        y = x
        for _ in range(depth):
            y = ag.tanh(y)
        y.sum().backward(create_graph=True)
        return len(topological((x.grad.node,)))

    few, many = nodes(20), nodes(40)
    assert many - few <= 20 * 8
    assert many <= 2 * few


def test_what_nodes_keep() -> None:
    """A node keeps what its rules read, and of a product with a constant only the constant."""
    x, w = leaf(np.ones((2, 3))), leaf(np.ones((3, 2)))
    batch = Tensor(np.ones((5, 3)))

    def arrays(t: Tensor) -> int:
        return sum(isinstance(v, np.ndarray) for v in t.node.saved)

    assert arrays(x + 1.0) == 0
    assert arrays(x - x) == 0
    assert arrays(x * x) == 2
    assert arrays(ag.tanh(x)) == 1
    assert arrays(x.sum(0)) == 0
    assert arrays(x @ w) == 2
    product = batch @ w
    assert arrays(product) == 1
    assert product.node.saved[0] is batch.data
    assert arrays(ag.where(x.data > 0, x, x)) == 1


# -- replay ---------------------------------------------------------------------------------------


def test_replay_copies_the_graph() -> None:
    """A replayed graph is a copy: its leaves are new, its values and gradients are the same."""
    x = leaf(name="x")
    y = ag.exp(x * 2.0).sum() / 3.0
    y.backward()
    copies = replay(y.node)
    again = copies[y.node]
    assert again.item() == y.item()
    again.backward()
    twin = copies[x.node]
    assert twin is not x
    assert twin.name == "x"
    np.testing.assert_array_equal(twin.grad.data, x.grad.data)
    assert x.grad is not twin.grad


def test_replay_of_a_dead_leaf() -> None:
    """A graph cannot be replayed without its leaves, and says so."""
    y = leaf() * 2.0
    with pytest.raises(GraphError, match="leaf"):
        replay(y.node)
