"""Modes: what is recorded, per thread and per task, as context and as decorator."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor, enable_grad, is_grad_enabled, no_grad
from autograd_core.errors import AnomalyError, GraphError, UnsupportedError
from autograd_core.graph import topological


def leaf(value: Any = 2.0) -> Tensor:
    return Tensor(value, requires_grad=True)


def records() -> bool:
    """Whether an operation on a leaf is recorded here and now; the flag must agree."""
    recorded = (leaf() * 2.0).requires_grad
    assert recorded == is_grad_enabled()
    assert (leaf([1.0]) @ np.ones(1)).requires_grad == recorded
    assert ag.exp(leaf([1.0])).requires_grad == recorded
    return recorded


def test_contexts_nest() -> None:
    """The innermost context counts, and the outer one returns after it."""
    assert records()
    with no_grad():
        assert not records()
        with enable_grad():
            assert records()
            with no_grad():
                assert not records()
            assert records()
        assert not records()
    assert records()


def test_contexts_end_with_errors() -> None:
    """An error that leaves a context restores what was before."""
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert records()


def test_one_context_object_again() -> None:
    """A context object may be entered again, also inside itself."""
    switch = no_grad()
    for _ in range(2):
        with switch:
            with switch:
                assert not records()
            assert not records()
        assert records()


def test_results_are_constants() -> None:
    """Inside `no_grad` results are constants, whatever they come from; leaves stay leaves."""
    x = leaf([1.0, 2.0])
    with no_grad():
        y = (x * 2.0).sum()
        z = leaf()
    assert not y.requires_grad
    assert y.is_leaf
    assert z.requires_grad
    (x * y).sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


def test_decorators() -> None:
    """Decorated, with parentheses or without, a function runs in the mode and keeps its name."""

    @no_grad
    def plain(x: int) -> bool:
        """Doc."""
        return records() is (x == 0)

    @no_grad()
    def called() -> bool:
        return records()

    @enable_grad
    def inside() -> bool:
        return records()

    class Holder:
        @no_grad
        def method(self) -> bool:
            return records()

        @staticmethod
        @no_grad()
        def static() -> bool:
            return records()

    assert plain(1)
    assert plain.__name__ == "plain"
    assert plain.__doc__ == "Doc."
    assert not called()
    assert not Holder().method()
    assert not Holder.static()
    with no_grad():
        assert inside()
    assert records()


def test_decorating_what_is_no_function() -> None:
    """A value or a class in place of a function is refused at once."""
    for thing in (3, Tensor):
        with pytest.raises(UnsupportedError, match="no_grad"):
            no_grad(thing)


def test_one_context_object_in_two_threads() -> None:
    """Threads that share a context object each get back what they had."""
    switch = no_grad()
    inside, outside = threading.Event(), threading.Event()
    found = []

    def work() -> None:
        with enable_grad(), switch:
            inside.set()
            outside.wait(10)
            found.append(records())
        found.append(records())

    thread = threading.Thread(target=work)
    with no_grad():
        with switch:
            thread.start()
            inside.wait(10)
        assert not records()
        outside.set()
        thread.join()
    assert found == [False, True]
    assert records()


def test_contexts_that_end_out_of_turn() -> None:
    """Generators left inside their contexts give back what each of them found."""
    switch = no_grad()

    def inside(context: Any) -> Iterator[None]:
        with context:
            yield

    for first, second in ((no_grad(), enable_grad()), (switch, switch)):
        a, b = inside(first), inside(second)
        next(a)
        next(b)
        a.close()
        b.close()
    elsewhere = inside(switch)
    thread = threading.Thread(target=next, args=(elsewhere,))
    thread.start()
    thread.join()
    elsewhere.close()
    assert records()


def test_recursive_function() -> None:
    """A decorated function may call itself."""

    @no_grad
    def count(n: int) -> int:
        assert not records()
        return 0 if n == 0 else 1 + count(n - 1)

    assert count(5) == 5
    assert records()


def test_decorated_generator() -> None:
    """A generator runs in the mode, and its consumer, between its values, does not."""
    events: list[Any] = []

    @no_grad
    def numbers() -> Iterator[Any]:
        try:
            sent = yield records()
            events.append(sent)
            try:
                yield records()
            except KeyError:
                events.append(records())
                yield "caught"
        finally:
            events.append(records())
        return

    generator = numbers()
    assert next(generator) is False
    assert records()
    assert generator.send("hello") is False  # type: ignore[attr-defined]
    assert generator.throw(KeyError()) == "caught"  # type: ignore[attr-defined]
    assert records()
    generator.close()  # type: ignore[attr-defined]
    assert events == ["hello", False, False]
    assert records()


def test_decorated_generator_returns_and_raises() -> None:
    """A decorated generator's return value and errors pass through."""

    @no_grad
    def inner() -> Iterator[int]:
        yield 1
        return 5

    @no_grad
    def failing() -> Iterator[int]:
        yield 1
        raise KeyError

    def outer() -> Iterator[Any]:
        result = yield from inner()  # type: ignore[func-returns-value]
        yield result

    assert list(outer()) == [1, 5]
    with pytest.raises(KeyError):
        list(failing())
    assert records()


def test_threads_start_recording() -> None:
    """A new thread records, whatever the mode where it was started; its own mode stays its own."""
    results: dict[str, bool] = {}
    entered, done = threading.Event(), threading.Event()

    def work() -> None:
        results["before"] = records()
        with no_grad():
            results["inside"] = records()
            entered.set()
            done.wait()

    with no_grad():
        thread = threading.Thread(target=work)
        thread.start()
        entered.wait()
    results["here"] = records()
    done.set()
    thread.join()
    assert results == {"before": True, "inside": False, "here": True}


def test_one_decorated_function_in_many_threads() -> None:
    """A decorated function runs in many threads at once."""

    @no_grad
    def quiet(k: int) -> bool:
        x = leaf(float(k))
        for _ in range(50):
            x = x * 1.0
        return x.requires_grad

    with ThreadPoolExecutor(4) as pool:
        assert not any(pool.map(quiet, range(40)))
        assert all(pool.map(lambda k: records(), range(8)))


def test_tasks_keep_their_own_mode() -> None:
    """Asynchronous tasks that take turns do not see each other's mode."""
    seen: list[tuple[str, bool]] = []

    async def quiet() -> None:
        with no_grad():
            for _ in range(3):
                seen.append(("quiet", records()))
                await asyncio.sleep(0)

    async def loud() -> None:
        for _ in range(3):
            seen.append(("loud", records()))
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(quiet(), loud(), quiet())

    asyncio.run(main())
    assert set(seen) == {("quiet", False), ("loud", True)}


def test_decorated_coroutines_and_async_generators() -> None:
    """A coroutine and an asynchronous generator run in the mode they were decorated with."""

    @no_grad
    async def coroutine() -> bool:
        await asyncio.sleep(0)
        return records()

    closed: list[bool] = []

    @no_grad
    async def generator() -> AsyncIterator[Any]:
        try:
            yield records()
            await asyncio.sleep(0)
            try:
                yield records()
            except KeyError:
                yield "caught"
        finally:
            closed.append(records())

    async def main() -> None:
        assert not await coroutine()
        assert records()
        values = [value async for value in generator()]
        assert values == [False, False]
        stream = generator()
        assert await anext(stream) is False
        assert await anext(stream) is False
        assert await stream.athrow(KeyError()) == "caught"  # type: ignore[attr-defined]
        await stream.aclose()  # type: ignore[attr-defined]
        assert records()

    asyncio.run(main())
    assert closed == [False, False]


def test_generator_left_in_the_middle() -> None:
    """Switching modes while a decorated generator is suspended disturbs neither."""

    @no_grad
    def numbers() -> Iterator[bool]:
        while True:
            yield records()

    a, b = numbers(), numbers()
    with enable_grad():
        assert next(a) is False
        assert records()
    with no_grad():
        assert next(b) is False
        assert next(a) is False
    assert next(a) is False
    assert records()


def test_backward_in_no_grad() -> None:
    """A backward pass works inside `no_grad`, and with create_graph records there."""
    x = leaf(3.0)
    y = x**3
    with no_grad():
        y.backward(retain_graph=True)
        assert x.grad.item() == 27.0
        x.grad = None
        y.backward(create_graph=True)
        assert x.grad.requires_grad
    gradient = x.grad
    x.grad = None
    gradient.backward()
    assert x.grad.item() == 18.0


def test_keep_values() -> None:
    """Inside `keep_values` nodes keep values, cotangents and the line of the user's code."""
    x = leaf([1.0, 2.0])
    with ag.keep_values():
        y = x * 3.0
        z = y.sum()
        z.backward()
    extra = y.node.extra
    np.testing.assert_array_equal(extra.value, [3.0, 6.0])
    np.testing.assert_array_equal(extra.cotangent, [1.0, 1.0])
    assert extra.line.startswith(__file__)
    line = int(extra.line.rpartition(":")[2])
    assert "y = x * 3.0" in Path(__file__).read_text(encoding="utf-8").splitlines()[line - 1]
    assert (x * 3.0).node.extra is None
    kept = extra.cotangent.copy()
    (x * 3.0).sum().backward()
    np.testing.assert_array_equal(extra.cotangent, kept)


# -- anomalies ----------------------------------------------------------------------------------


def test_anomaly_forward() -> None:
    """The first operation that makes a NaN or infinity is named, with its operands and the line."""
    x = leaf([1.0, 0.0])
    with ag.detect_anomaly(), pytest.raises(AnomalyError) as caught:
        ag.log(x * 2.0)
    message = str(caught.value)
    for word in ("log", "-inf", "(2,)", "float64", "test_modes.py"):
        assert word in message


def test_anomaly_of_numbers() -> None:
    """Numbers are watched as arrays are."""
    with ag.detect_anomaly():
        with pytest.raises(AnomalyError, match="divide made inf"):
            1.0 / leaf(0.0)
        with pytest.raises(AnomalyError, match="exp made inf"):
            ag.exp(leaf(1e4))
        with pytest.raises(AnomalyError, match="power made nan"):
            leaf(-1.0) ** 0.5


def test_anomaly_backward() -> None:
    """A NaN or infinity that backward makes is traced to the operation and its line."""
    x = leaf([4.0, 0.0])
    with ag.detect_anomaly():
        y = ag.sqrt(x).sum()
        with (
            pytest.raises(AnomalyError, match="sqrt: backward made inf") as caught,
            np.errstate(all="ignore"),
        ):
            y.backward()
    assert "test_modes.py" in str(caught.value)
    assert x.grad is None


def test_anomaly_passes_on_what_came_in() -> None:
    """An infinity among the operands is not blamed on the operation; nor are masks of -inf."""
    x = leaf([1.0, 2.0])
    with ag.detect_anomaly():
        y = ag.where(np.array([True, False]), x, -np.inf)
        assert ag.softmax(y).tolist() == [1.0, 0.0]
        assert (x + np.nan).requires_grad
        ag.clip(x, 0, None).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_anomaly_finds_writes_through_aliases() -> None:
    """A write through NumPy's own reference is found by the checksums of what was saved."""
    a = np.array([1.0, 2.0])
    x = Tensor(a, requires_grad=True, copy=False)
    with ag.detect_anomaly():
        y = (x * x).sum()
        a[0] = 9.0
        with pytest.raises(GraphError, match="alias") as caught:
            y.backward()
    assert "test_modes.py" in str(caught.value)


def test_transforms_in_no_grad() -> None:
    """Inside `no_grad` the transforms still differentiate, and their results are constants."""
    with no_grad():
        gradient = ag.grad(lambda x: x**3)(2.0)
        second = ag.grad(ag.grad(lambda x: x**3))(2.0)
    assert (gradient.item(), second.item()) == (12.0, 12.0)
    assert not gradient.requires_grad


def test_modes_do_not_change_the_graph() -> None:
    """Values and structure are the same in every mode that records."""

    def build() -> Any:
        x = leaf([0.5, 1.5])
        return (ag.tanh(x) @ x) * 2.0 + 1.0

    plain = build()
    with ag.keep_values():
        kept = build()
    with ag.detect_anomaly():
        watched = build()
    names = [
        [n.primitive and n.primitive.name for n in topological((t.node,))]
        for t in (plain, kept, watched)
    ]
    assert names[0] == names[1] == names[2]
    assert plain.item() == pytest.approx(kept.item(), rel=1e-15)
    assert kept.item() == watched.item()
