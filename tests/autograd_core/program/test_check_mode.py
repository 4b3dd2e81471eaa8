"""``check=True`` finds programs that are wrong, and leaves the state as one step does."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor
from autograd_core.program.replay import Program

sys.path.append(str(Path(__file__).parent))

from both import assert_same, state_of

FACTOR = 2.0
X = np.arange(6.0).reshape(2, 3)


class Box:
    """Holds a value where no program looks: in a context variable."""

    def __init__(self) -> None:
        self._held: ContextVar[Any] = ContextVar("held", default=2.0)

    @property
    def value(self) -> Any:
        return self._held.get()

    @value.setter
    def value(self, new: Any) -> None:
        self._held.set(new)


def by_global() -> tuple[Any, Callable[[], None]]:
    """A function that reads a global by its name as a text, which nothing can see."""
    name = "FACT" + "OR"

    def change() -> None:
        globals()["FACTOR"] += 1.0

    return lambda x: np.tanh(x) * globals()[name], change


def by_object() -> tuple[Any, Callable[[], None]]:
    """A function that reads a context variable."""
    box = Box()

    def change() -> None:
        box.value += 1.0

    return lambda x: np.tanh(x) * box.value, change


def by_long_list() -> tuple[Any, Callable[[], None]]:
    """A function that reads a list too long to be looked at before every run."""
    numbers = [2.0] * 1000

    def change() -> None:
        numbers[500] += 1.0

    return lambda x: np.tanh(x) * numbers[500], change


def by_array_in_an_object() -> tuple[Any, Callable[[], None]]:
    """A function that reads an array that an object finds by itself."""
    box: Any = Box()
    box.value = {"deep": [np.ones(3)]}

    def change() -> None:
        box.value["deep"] = [np.full(3, 4.0)]

    return lambda x: x * box.value["deep"][0], change


@pytest.mark.parametrize("make", [by_global, by_object, by_long_list, by_array_in_an_object])
def test_what_is_frozen_is_found(make: Any) -> None:
    """A change of something that the program took for constant raises at the next call."""
    function, change = make()
    compiled = ag.compile(function, check=True)
    for _ in range(3):
        assert_same(compiled(X), function(X))
    change()
    with pytest.raises(ag.TraceError, match=r"its result of .* differs"):
        compiled(X)


def test_other_kinds_of_results_are_compared() -> None:
    """Truths, integers, NaN, other shapes and dtypes, and another number of arrays."""
    box = Box()
    cases: list[tuple[Any, Any, Any]] = [
        (lambda x: x > box.value, 2.0, 4.0),
        (lambda x: (x + box.value).astype(int), 2.0, 4.0),
        (lambda x: x * box.value, 2.0, np.nan),
        (lambda x: np.tile(x, int(box.value)), 2, 3),
        (lambda x: x.astype(box.value), np.float64, np.float32),
        (lambda x: [x * 2.0] * int(box.value), 2, 3),
    ]
    for function, before, after in cases:
        box.value = before
        compiled = ag.compile(function, check=True)
        compiled(X)
        compiled(X)
        box.value = after
        with pytest.raises(ag.TraceError):
            compiled(X)


@pytest.mark.parametrize("make", [by_object, by_long_list])
def test_without_check_it_stays_frozen(make: Any) -> None:
    """As `compile` says; this is what the mode is for."""
    function, change = make()
    compiled = ag.compile(function)
    before = compiled(X)
    change()
    np.testing.assert_array_equal(compiled(X), before)
    assert not np.array_equal(function(X), before)


def training(check: bool, seed: int = 0) -> tuple[Any, tuple[Any, ...]]:
    """A step with dropout, running statistics, a schedule, and momentum; and what it changes."""
    model = nn.Sequential(
        nn.Linear(3, 8, rng=seed),
        nn.BatchNorm(8),
        nn.ReLU(),
        nn.Dropout(0.3, rng=seed + 1),
        nn.Linear(8, 2, rng=seed + 2),
    )
    optimizer = optim.Adam(model.parameters(), 1e-2)
    loss = nn.CrossEntropyLoss()

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return ag.compile(step, check=check) if check else step, (model, optimizer)


def test_the_state_after_a_check_is_as_after_one_step() -> None:
    """Weights, gradients, moments, statistics and generators advance once, as without check."""
    (eager, mine), (checked, theirs) = training(False), training(True)
    rng = np.random.default_rng(0)
    for _ in range(6):
        x, y = rng.normal(size=(10, 3)), rng.integers(0, 2, 10)
        assert_same(eager(x, y), checked(x, y))
        assert_same(state_of(*mine), state_of(*theirs))
    assert checked.traces == 1


def test_gradients_and_numbers_that_add_up_do_so_once() -> None:
    """What a step reads and changes is put back between the program and the function."""
    W, n = Tensor(np.ones(3), requires_grad=True), Tensor(0.0)
    s = Tensor(2.0, requires_grad=True)

    def f(x: Any) -> Any:
        (W * x * s).sum().backward()
        n.data = n.data + 1.0
        return n * 1.0

    compiled = ag.compile(f, check=True)
    for count in range(1, 6):
        assert compiled(np.arange(3.0)).item() == count
        assert n.item() == count
        np.testing.assert_array_equal(W.grad.data, 2.0 * count * np.arange(3.0))
        assert s.grad.item() == 3.0 * count


def test_a_gradient_that_is_set_is_left_as_the_function_leaves_it() -> None:
    """The tensor that was there before is not written into by a check."""
    W = Tensor(np.ones(3), requires_grad=True)

    def f(x: Any) -> Any:
        W.grad = None
        (W * x).sum().backward()

    compiled = ag.compile(f, check=True)
    held = []
    for n in range(1, 5):
        compiled(np.full(3, float(n)))
        held.append(W.grad)
        np.testing.assert_array_equal(W.grad.data, np.full(3, float(n)))
    assert [g.data.tolist() for g in held] == [[float(n)] * 3 for n in range(1, 5)]


def test_arguments_that_are_changed_are_changed_once() -> None:
    """An array and a tensor that the function updates in place."""

    def f(x: Any, t: Any) -> Any:
        x += 1.0
        t.data = t.data * 2.0
        return x.sum() + t.sum()

    compiled = ag.compile(f, check=True)
    x, t = X.copy(), Tensor(np.ones(3))
    for n in range(1, 5):
        compiled(x, t)
        np.testing.assert_array_equal(x, X + n)
        np.testing.assert_array_equal(t.data, np.full(3, 2.0**n))


def spoiled(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """From now on programs are written with a mistake in one line."""
    begin = Program.__init__

    def wrong(self: Any, *args: Any) -> None:
        begin(self, *args)
        assert old in self.source, self.source
        space = dict(self.writer.namespace)
        exec(self.source.replace(old, new, 1), space)
        self.run, self.namespace = space["run"], {**space, **self.namespace}

    monkeypatch.setattr(Program, "__init__", wrong)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        (lambda x: np.tanh(x) + 1.0, "tanh(x", "np.cos(x"),
        (lambda x: np.sum(np.exp(x)), "exp(x", "exp(-x"),
        (lambda x: (np.tanh(x), [{"a": np.exp(x)}]), "exp(x", "np.cbrt(x"),
    ],
)
def test_a_wrong_line_is_found(
    function: Any, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result that differs raises, wherever it is in what is returned."""
    right = ag.compile(function, check=True)
    for _ in range(3):
        right(X)
    spoiled(monkeypatch, old, new)
    compiled = ag.compile(function, check=True)
    compiled(X)
    with pytest.raises(ag.TraceError, match="its result"):
        compiled(X)


def test_a_wrong_weight_and_a_wrong_gradient_are_found() -> None:
    """State is compared too, not the results alone."""

    def make() -> Any:
        W = Tensor(np.full(3, 0.5), requires_grad=True)

        def f(x: Any) -> Any:
            W.grad = None
            (ag.tanh(W * x)).sum().backward()
            W.data = W.data - W.grad.data * 0.1
            return x.sum()

        return ag.compile(f, check=True)

    compiled = make()
    for _ in range(3):
        compiled(X)
    program = compiled.program
    (cell,) = program.cells
    run = program.run

    def wrong(*args: Any) -> Any:
        values = run(*args)
        cell[0] += 1e-3
        return values

    program.run = wrong
    with pytest.raises(ag.TraceError, match="differs"):
        compiled(X)
    compiled = make()
    compiled(X)
    program = compiled.program
    ((_, grad),) = program.grads
    again = program.run

    def doubled(*args: Any) -> Any:
        values = again(*args)
        grad._value[...] *= 2.0
        return values

    program.run = doubled
    with pytest.raises(ag.TraceError, match="gradient"):
        compiled(X)


def test_an_own_draw_is_refused_and_a_told_one_checked() -> None:
    """A generator that nobody sees is found by its numbers; `as_one` draws the same twice."""
    rng = np.random.default_rng(0)
    held = Box()
    held.value = random.Random(0)  # type: ignore[assignment]
    compiled = ag.compile(lambda x: x * held.value.random(), check=True)  # type: ignore[attr-defined]
    compiled(X)
    with pytest.raises(ag.TraceError, match="differs"):
        compiled(X)
    twin = np.random.default_rng(0)
    told = ag.compile(lambda x: x + ag.as_one(rng.normal, 0.0, 1.0, x.shape), check=True)
    for _ in range(4):
        np.testing.assert_array_equal(told(X), X + twin.normal(0.0, 1.0, X.shape))
