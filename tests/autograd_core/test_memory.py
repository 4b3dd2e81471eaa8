"""Memory: graphs die by reference count alone, and threads do not share them."""

from __future__ import annotations

import contextlib
import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import GraphError
from autograd_core.graph import Node, topological


def leaf(value: Any = (1.0, 2.0), **options: Any) -> Tensor:
    return Tensor(np.asarray(value), requires_grad=True, **options)


def left_behind(f: Callable[[], Any]) -> int:
    """How many objects a call leaves to the cycle collector, once all is imported and cached."""
    f()
    gc.collect()
    gc.disable()
    try:
        f()
        return gc.collect()
    finally:
        gc.enable()


@pytest.fixture
def no_collector() -> Iterator[None]:
    """The cycle collector off."""
    gc.disable()
    yield
    gc.enable()


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
    """A step's tensors, nodes and arrays die by reference count alone, with create_graph too."""
    refs = step(create_graph)
    assert [ref() for ref in refs if ref() is not None] == []
    assert left_behind(lambda: step(create_graph)) == 0


def test_no_cycles_in_transforms() -> None:
    """Nor do the transforms, the modes or a failed backward pass leave anything behind."""

    def f(x: Any) -> Any:
        return (ag.sin(x) * x).sum()

    def work() -> None:
        x = np.array([1.0, 2.0])
        ag.hessian(f)(x)
        ag.jvp(f, x, x)
        ag.jacobian(lambda x: x * x)(x)
        with ag.keep_values(), ag.detect_anomaly():
            ag.value_and_grad(f)(x)
        y = f(leaf())
        y.backward()
        with contextlib.suppress(GraphError):
            y.backward()

    assert left_behind(work) == 0


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
