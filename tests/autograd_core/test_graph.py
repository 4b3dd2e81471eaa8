"""The graph: depth, sharing, memory, cost, and what one may ask of a backward pass."""

from __future__ import annotations

import gc
import itertools
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ArgumentError, GraphError, ShapeError
from autograd_core.graph import Leaf, Node, topological
from autograd_core.primitive import PRIMITIVES
from autograd_core.walks import replay


def leaf(value: Any = (1.0, 2.0), **options: Any) -> Tensor:
    return Tensor(np.asarray(value), requires_grad=True, **options)


@pytest.fixture
def no_collector() -> Iterator[None]:
    """The cycle collector off, and nothing left for it from before."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# -- order --------------------------------------------------------------------------------------


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


# -- sharing ------------------------------------------------------------------------------------


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


# -- depth --------------------------------------------------------------------------------------

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


# -- cost ---------------------------------------------------------------------------------------


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


# -- memory -------------------------------------------------------------------------------------


def step(create_graph: bool) -> list[weakref.ref[Any]]:
    """A training step; what is returned are weak references to all that it made."""
    x, w = leaf(np.ones((4, 3))), leaf(np.ones((3, 2)))
    hidden = ag.tanh(x @ w)
    hidden.retain_grad()
    hidden.register_hook(lambda g: None)
    loss = (hidden * hidden).mean() + ag.logsumexp(hidden) + hidden[0, 1] * x[0, 0]
    loss.backward(create_graph=create_graph)
    made: list[Any] = [x, w, hidden, loss, x.grad, w.grad, hidden.grad]
    nodes: list[Node] = topological((loss.node,))
    if create_graph:
        penalty = (w.grad * w.grad).sum()
        nodes += topological((penalty.node,))
        penalty.backward(create_graph=True)
        made += [penalty, w.grad]
    return [weakref.ref(thing) for thing in [*made, *nodes]] + [weakref.ref(w.data)]


@pytest.mark.parametrize("create_graph", [False, True])
def test_no_cycles(create_graph: bool, no_collector: None) -> None:
    """A step's tensors, nodes and arrays die by reference count alone, gradients of gradients too."""
    refs = step(create_graph)
    assert [ref() for ref in refs if ref() is not None] == []
    assert gc.collect() == 0


def test_no_cycles_in_transforms(no_collector: None) -> None:
    """Nor do the transforms, the modes or a failed backward pass leave anything behind."""

    def f(x: Any) -> Any:
        return (ag.sin(x) * x).sum()

    x = np.array([1.0, 2.0])
    ag.hessian(f)(x)
    ag.jvp(f, x, x)
    ag.jacobian(lambda x: x * x)(x)
    with ag.keep_values(), ag.detect_anomaly():
        ag.value_and_grad(f)(x)
    y = f(leaf())
    y.backward()
    with pytest.raises(GraphError):
        y.backward()
    del y
    sys.last_exc = None
    assert gc.collect() < 20  # pytest's own traceback objects


def test_the_graph_dies_with_its_last_tensor(no_collector: None) -> None:
    """Intermediate tensors may go; their nodes live as long as the loss, and no longer."""
    x = leaf()
    hidden = x * 2.0
    node = weakref.ref(hidden.node)
    loss = (hidden * hidden).sum()
    del hidden
    assert node() is not None
    loss.backward()
    assert x.grad.tolist() == [8.0, 16.0]
    del loss
    assert node() is None


def test_saved_arrays_are_freed_by_backward(no_collector: None) -> None:
    """After a backward pass the graph's structure stays and its arrays are gone."""
    x = leaf()
    y = ag.exp(x)
    value = weakref.ref(y.data)
    z = (y * y).sum()
    del y
    assert value() is not None
    z.backward()
    assert value() is None
    assert len(topological((z.node,))) == 4


def test_a_dead_leaf_is_no_obstacle() -> None:
    """A leaf that nobody holds receives nothing, and the others receive theirs."""
    x = leaf()
    y = (x * leaf([3.0, 4.0])).sum()
    y.backward()
    assert x.grad.tolist() == [3.0, 4.0]


def test_graphs_in_threads() -> None:
    """Threads that share leaves' values each walk their own graph."""
    a = np.linspace(0.0, 1.0, 50)
    results: dict[int, Any] = {}

    def work(k: int) -> None:
        x = leaf(a)
        for _ in range(20):
            x.grad = None
            (ag.sin(x * float(k)) ** 2).sum().backward()
        results[k] = x.grad.data

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(4):
        np.testing.assert_allclose(results[k], k * np.sin(2 * k * a), atol=1e-12)


# -- backward -----------------------------------------------------------------------------------


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
    """A tensor that is no scalar needs a seed of its shape; the seed may be any array of numbers."""
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


# -- retained gradients and hooks ---------------------------------------------------------------


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
    ((gradient * 1.0)).backward(inputs=[x])
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


# -- replay -------------------------------------------------------------------------------------


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
