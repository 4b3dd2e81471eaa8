"""What a program allocates and holds: what it returns is fresh, and nothing else is new."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import tracemalloc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor
from autograd_core.program import trace as trace_module
from autograd_core.program.tracer import Tracer

sys.path.append(str(Path(__file__).parent))

from both import assert_same


def new_bytes(run: Any, times: int) -> int:
    """The bytes of arrays that are there after some runs and were not before."""
    domain = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    tracemalloc.start()
    try:
        run()
        before = tracemalloc.take_snapshot().filter_traces([domain])
        tracemalloc.reset_peak()
        for _ in range(times):
            run()
        after = tracemalloc.take_snapshot().filter_traces([domain])
        return sum(s.size_diff for s in after.compare_to(before, "filename"))
    finally:
        tracemalloc.stop()


def new_arrays_in_a_run(run: Any) -> int:
    """The most bytes of arrays that are there at once in a run, beyond those before it."""
    tracemalloc.start()
    try:
        run()
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        run()
        _, peak = tracemalloc.get_traced_memory()
        return peak - before
    finally:
        tracemalloc.stop()


def training(norm: bool) -> tuple[Any, Any]:
    layers: list[Any] = [nn.Linear(50, 200, rng=0)]
    layers += [nn.BatchNorm(200)] if norm else []
    model = nn.Sequential(*layers, nn.ReLU(), nn.Linear(200, 10, rng=1))
    optimizer, loss = optim.Adam(model.parameters(), 1e-3), nn.CrossEntropyLoss()

    @ag.compile
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(128, 50)), rng.integers(0, 10, 128)
    for _ in range(4):
        step(x, y)
    return step, (x, y)


@pytest.mark.parametrize("norm", [False, True])
def test_the_steady_state_allocates_nothing(norm: bool) -> None:
    """Over 100 runs of a training step no array bytes are added, and few are there at once."""
    step, args = training(norm)
    assert new_bytes(lambda: step(*args), 100) == 0
    if not norm:  # NumPy's std has an array of its own for a while
        activations = 128 * 200 * 8
        assert new_arrays_in_a_run(lambda: step(*args)) < activations // 2


def test_only_what_is_returned_is_new() -> None:
    """A program that returns an array allocates that one."""
    f = ag.compile(ag.value_and_grad(lambda x: (ag.tanh(x) * ag.exp(-(x**2))).sum()))
    x = np.random.default_rng(0).normal(size=10_000)
    for _ in range(3):
        f(x)
    found = new_arrays_in_a_run(lambda: f(x))
    assert x.nbytes <= found < 1.5 * x.nbytes


def test_what_is_returned_stays_as_it_is() -> None:
    """Later runs write into no array, view or number that was handed out before."""
    W = np.random.default_rng(0).normal(size=(30, 30))

    def f(x: Any) -> Any:
        y = np.tanh(x @ W)
        return y, y.T, y[::2], y.reshape(-1), y.sum(), np.exp(y.T), [y * 2.0, {"a": x, "W": W}]

    compiled = ag.compile(f)
    rng = np.random.default_rng(1)
    given = [rng.normal(size=(30, 30)) for _ in range(5)]
    expected = [f(x.copy()) for x in given]
    found = [compiled(x.copy()) for x in given]
    for a, b in zip(expected, found, strict=True):
        assert_same(a, b)


def test_loops_over_pieces_allocate_what_they_return() -> None:
    """Nothing is as large as the whole; a result goes where one was that nobody holds any more."""
    n = 2**18

    def f(x: Any) -> Any:
        y = np.tanh(x) * 2.0 + 1.0
        return np.exp(-y * y) * y / (1.0 + np.abs(y))

    compiled = ag.compile(f)
    x = np.random.default_rng(0).normal(size=n)
    for _ in range(3):
        compiled(x)
    assert compiled.program.writer.runs
    held = []
    assert x.nbytes <= new_arrays_in_a_run(lambda: held.append(compiled(x))) < 1.2 * x.nbytes
    assert not np.shares_memory(*held)
    held.clear()
    assert new_arrays_in_a_run(lambda: compiled(x)) < 0.2 * x.nbytes
    scratch = [a for a in compiled.program.namespace.values() if isinstance(a, np.ndarray)]
    assert sum(a.nbytes for a in scratch) < x.nbytes / 2


@pytest.mark.parametrize("hold", [lambda y: y, lambda y: y[3:9], lambda y: memoryview(y), Tensor])
def test_a_result_is_the_callers_as_long_as_anything_shows_it(hold: Any) -> None:
    """The array, a view, a buffer or a tensor of it: later runs leave it as it is."""
    compiled = ag.compile(lambda x: np.tanh(x) * 2.0 + 1.0)
    x = np.random.default_rng(0).normal(size=2**18)
    for _ in range(2):
        compiled(x)
    kept = [hold(compiled(x + i)) for i in range(4)]
    for i, y in enumerate(kept):
        expected = hold(np.tanh(x + i) * 2.0 + 1.0)
        np.testing.assert_array_equal(np.asarray(y), np.asarray(expected))


def test_memory_is_flat_over_many_steps() -> None:
    """Neither arrays nor Python's objects pile up over 2000 runs."""
    step, args = training(False)
    x, y = (a[:4] for a in args)
    for _ in range(20):
        step(x, y)
    tracemalloc.start()
    try:
        for _ in range(20):
            step(x, y)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(2000):
            step(x, y)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000


def test_traces_are_not_held() -> None:
    """After the first call nothing of the trace is left, with no_grad inside or without."""
    made: list[Any] = []
    old = trace_module.Trace.__init__

    def noted(self: Any) -> None:
        old(self)
        made.append(weakref.ref(self))

    W = Tensor(np.ones((3, 3)), requires_grad=True)

    def f(x: Any) -> Any:
        with ag.no_grad():
            scale = (W * W).sum()
        (ag.tanh(x @ W) / scale).sum().backward()
        return scale

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace_module.Trace, "__init__", noted)
        compiled = ag.compile(f)
        compiled(np.ones((2, 3)))
        compiled(np.ones((4, 3)))
        with pytest.raises(ag.TraceError):
            ag.compile(lambda x: float(Tensor(x).sum()))(np.ones(3))
    gc.collect()
    assert len(made) == 3
    assert [ref() for ref in made] == [None] * 3
    assert not any(issubclass(type(x), Tracer) for x in gc.get_objects())


def test_programs_die_with_the_function() -> None:
    """A compiled function that is dropped takes its programs and its hold on arguments along."""
    model = nn.Linear(3, 3, rng=0)
    compiled = ag.compile(lambda x: model(x))
    x = np.ones((2, 3))
    compiled(x)
    compiled(x)
    held = weakref.ref(x)
    program = weakref.ref(compiled.program)
    del x
    gc.collect()
    assert held() is None
    del compiled
    gc.collect()
    assert program() is None


def test_two_threads() -> None:
    """Threads that call one compiled function take turns; each gets its own result."""
    W = np.random.default_rng(0).normal(size=(60, 60))
    f = ag.compile(lambda x: ag.tanh(Tensor(x) @ W).sum(axis=0))
    wrong: list[Any] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(60):
            x = rng.normal(size=(50, 60))
            if not np.array_equal(f(x).data, np.tanh(x @ W).sum(axis=0)):
                wrong.append(seed)

    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(old)
    assert wrong == []
    assert f.traces == 1


def test_other_threads_go_on_while_one_traces() -> None:
    """A trace in one thread is nothing to another one."""
    inside, done = threading.Lock(), threading.Lock()
    inside.acquire()
    done.acquire()
    found: list[Any] = []

    def other() -> None:
        inside.acquire(timeout=10)
        W = Tensor([1.0, 2.0], requires_grad=True)
        (W * W).sum().backward()
        found.append((W.grad.data.tolist(), ag.is_tracing()))
        done.release()

    def f(x: Any) -> Any:
        if ag.is_tracing():
            inside.release()
            done.acquire(timeout=10)
        return Tensor(x) * 2

    thread = threading.Thread(target=other)
    thread.start()
    ag.compile(f)(np.ones(2))
    thread.join()
    assert found == [([2.0, 4.0], False)]


@ag.compile
def doubled(x: Any) -> Any:
    return x * 2


def test_pickling_and_copying() -> None:
    """Models can be copied and pickled after compiled steps, and compiled functions too."""
    step, (x, y) = training(True)
    model = step.function.__closure__
    models = [c.cell_contents for c in model if isinstance(c.cell_contents, nn.Module)]
    network = next(m for m in models if isinstance(m, nn.Sequential))
    expected = network(x).data
    for made in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        np.testing.assert_array_equal(made(x).data, expected)
        assert not any(
            np.shares_memory(p.data, q.data)
            for p, q in zip(made.parameters(), network.parameters(), strict=True)
        )
    gradient = copy.deepcopy(next(iter(network.parameters()))).grad
    step(x, y)
    assert gradient is not None
    assert_same(doubled(np.ones(3)), np.full(3, 2.0))
    for twin in (copy.copy(doubled), copy.deepcopy(doubled), pickle.loads(pickle.dumps(doubled))):
        assert_same(twin(np.ones(3)), np.full(3, 2.0))


def test_gradients_share_no_memory_with_anything() -> None:
    """Also where equal gradients, views or a seed that was given could be shared."""
    a, b = (Tensor(np.ones((2, 2)), requires_grad=True) for _ in range(2))
    c = Tensor(np.ones(4), requires_grad=True)

    def f(g: Any) -> Any:
        a.grad = b.grad = c.grad = None
        (a + b.T + c.reshape(2, 2)).backward(g)

    compiled = ag.compile(f)
    for _ in range(4):
        g = np.random.default_rng(0).normal(size=(2, 2))
        compiled(g)
        arrays = [g, a.grad.data, b.grad.data, c.grad.data]
        for i, x in enumerate(arrays):
            assert not any(np.shares_memory(x, y) for y in arrays[:i])
        np.testing.assert_array_equal(b.grad.data, g.T)
        np.testing.assert_array_equal(c.grad.data, g.ravel())
