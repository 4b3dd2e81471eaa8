"""Compiled functions in several threads: the right numbers, or an error that says what to do."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor

THREADS = 4


@pytest.fixture(autouse=True)
def _often() -> Iterator[None]:
    """Threads take turns as often as can be."""
    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(old)


def at_once(work: Callable[[int], None], count: int = THREADS) -> None:
    """Run ``work(i)`` in as many threads, which begin together; raise what one raises."""
    gate, errors = threading.Barrier(count), []

    def run(i: int) -> None:
        try:
            gate.wait(10)
            work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def test_one_function_in_many_threads() -> None:
    """Each gets the results of its own arguments, in memory that no other thread writes."""
    W = np.random.default_rng(0).normal(size=(40, 40))
    f = ag.compile(lambda x: (np.tanh(x @ W) * 2.0, (x * x).sum(axis=0)))

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        found = []
        for _ in range(40):
            x = rng.normal(size=(30, 40))
            found.append((x, f(x)))
        for x, (a, b) in found:  # later, when others have run in between
            np.testing.assert_array_equal(a, np.tanh(x @ W) * 2.0)
            np.testing.assert_array_equal(b, (x * x).sum(axis=0))

    at_once(work)
    assert f.traces == 1


def test_the_first_calls_at_the_same_time() -> None:
    """Kinds of arguments are traced one after the other, each once."""
    f = ag.compile(lambda x: np.exp(-x) + x.shape[0])

    def work(i: int) -> None:
        for n in range(2 + i % 2, 6):
            x = np.full(n, float(i))
            np.testing.assert_array_equal(f(x), np.exp(-x) + n)

    at_once(work)
    assert f.traces == 4


def test_steps_of_one_model_are_done_one_after_the_other() -> None:
    """No update is lost, and none is done half: the order of equal steps does not matter."""
    W = Tensor(np.zeros(50), requires_grad=True)

    def step(x: Any) -> Any:
        W.grad = None
        (W * x).sum().backward()
        W.data = W.data - W.grad.data * 0.5
        return W.data.sum()

    compiled = ag.compile(step)
    at_once(lambda i: [compiled(np.ones(50)) for _ in range(50)] and None)
    np.testing.assert_array_equal(W.data, np.full(50, -0.5 * 50 * THREADS))


def test_two_functions_that_share_nothing() -> None:
    """Two programs of one Python function have buffers of their own."""

    def f(x: Any) -> Any:
        y = np.tanh(x) + 1.0
        return np.exp(y) * y

    compiled = [ag.compile(f) for _ in range(THREADS)]

    def work(i: int) -> None:
        for n in range(60):
            x = np.full((20, 20), i + n / 100)
            np.testing.assert_array_equal(compiled[i](x), f(x))

    at_once(work)


def test_eager_beside_a_program() -> None:
    """A thread that computes eagerly is not written down by another one's trace."""

    def f(x: Any) -> Any:
        return (ag.tanh(Tensor(x)) * 2.0).sum()

    def work(i: int) -> None:
        for n in range(30):
            x = np.full(5 + n, 0.1 * i)
            if i % 2:
                t = Tensor(x, requires_grad=True)
                (t * t).sum().backward()
                np.testing.assert_array_equal(t.grad.data, 2 * x)
                assert not ag.is_tracing()
            else:
                np.testing.assert_array_equal(ag.compile(f)(x).data, (np.tanh(x) * 2.0).sum())

    at_once(work)


def test_a_trace_that_fails_does_not_hold_up_others() -> None:
    """After an error the function can be called in any thread."""
    bad = ag.compile(lambda x: float(Tensor(x).sum()))

    def work(i: int) -> None:
        for _ in range(5):
            with pytest.raises(ag.TraceError, match=r"item\(\) of"):
                bad(np.ones(3))

    at_once(work)
    assert not ag.is_tracing()


def test_modes_are_those_of_the_thread() -> None:
    """no_grad in one thread is not in force in a program that another one traces."""
    W = Tensor(np.ones(3), requires_grad=True)
    gradient = ag.compile(lambda x: ag.grad(lambda w: (w * x).sum())(W).data)

    def work(i: int) -> None:
        for _ in range(20):
            x = np.full(3, float(i))
            if i % 2:
                with ag.no_grad():
                    assert not ag.is_grad_enabled()
            else:
                np.testing.assert_array_equal(gradient(x), x)

    at_once(work)


def test_a_value_of_a_trace_in_another_thread_is_refused() -> None:
    """What a thread computes with the values of another one's trace would not be in the program."""
    error: list[Any] = []

    def f(x: Any) -> Any:
        kept = []

        def other() -> None:
            try:
                kept.append(ag.tanh(Tensor(np.ones(3))) * x)
            except Exception as e:
                error.append(e)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return kept[0] if kept else x * 2

    compiled = ag.compile(f)
    for n in (1.0, 2.0):
        x = np.full(3, n)
        try:
            found = compiled(x)
        except ag.AutogradError:
            return
        expected = np.tanh(np.ones(3)) * x if not error else x * 2
        np.testing.assert_array_equal(np.asarray(getattr(found, "data", found)), expected)
