"""`derive` and `explain` of a compiled function: as of its uncompiled run, and nothing changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import TRACES, DTypeError, GraphError, Tensor, TraceError
from autograd_core.errors import AutogradError

X = np.random.default_rng(0).normal(size=(4, 2))
Y = np.array([0, 1, 2, 1])
OPTIMIZERS: list[tuple[Any, dict[str, Any]]] = [
    (optim.SGD, {"lr": 0.1}),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (optim.Adam, {}),
]


class Training:
    """A network with a state, a generator and an optimizer, and a step of its training."""

    def __init__(self, optimizer: Any, settings: dict[str, Any]) -> None:
        self.net = nn.Sequential(
            nn.Linear(2, 3, rng=0), nn.BatchNorm(3), nn.Tanh(), nn.Dropout(0.5, rng=3),
            nn.Linear(3, 3, rng=1),
        )  # fmt: skip
        self.optimizer = optimizer(self.net.parameters(), **settings)
        self.loss = nn.CrossEntropyLoss()

    def step(self, x: Any, y: Any, *, scale: float = 1.0) -> Any:
        self.optimizer.zero_grad()
        loss = self.loss(self.net(x), y) * scale
        loss.backward()
        self.optimizer.step()
        return loss

    def state(self) -> list[Any]:
        """All that a step changes."""
        tensors = [*self.net.parameters(), *[b for _, b in self.net.named_buffers()]]
        held: list[Any] = [t.data.copy() for t in tensors]
        held += [None if p.grad is None else p.grad.data.copy() for p in self.net.parameters()]
        for memory in self.optimizer.state.values():
            held += [np.copy(value) for value in memory.values()]
        generator = self.net[3].rng.bit_generator.state["state"]
        return [*held, self.optimizer.t, generator["state"], generator["inc"]]


@pytest.mark.parametrize(("optimizer", "settings"), OPTIMIZERS)
def test_as_of_the_function_itself(optimizer: Any, settings: Any) -> None:
    """The equations and the numbers are those of the step that is not compiled, at any time."""
    plain, compiled = Training(optimizer, settings), Training(optimizer, settings)
    step = ag.compile(compiled.step)
    for _ in range(3):
        plain.step(X, Y, scale=2.0)
        step(X, Y, scale=2.0)
    found = ag.derive(step, compiled.net[0].W)
    why = ag.explain(step, "0.W")
    loss = plain.loss(plain.net(X), Y) * 2.0
    plain.optimizer.zero_grad()
    loss.backward()
    gradient = plain.net[0].W.grad.data
    np.testing.assert_allclose(found.result, gradient, rtol=1e-9)
    np.testing.assert_allclose(why.gradient, gradient, rtol=1e-9)
    step(X, Y, scale=2.0)
    np.testing.assert_allclose(found.result, compiled.net[0].W.grad.data, rtol=1e-9)
    expected = ag.derive(loss, plain.net[0].W, numbers=False)
    assert found.latex(numbers=False) == expected.latex()
    assert why.path_count == ag.explain(loss, plain.net[0].W).path_count
    assert not found.notes
    assert not why.notes


@pytest.mark.parametrize(("optimizer", "settings"), OPTIMIZERS)
def test_nothing_is_changed(optimizer: Any, settings: Any) -> None:
    """Weights, gradients, running statistics, the optimizer's state and the generator stay."""
    training = Training(optimizer, settings)
    step = ag.compile(training.step)
    step(X, Y)
    before = training.state()
    grads = [p.grad for p in training.net.parameters()]
    ag.derive(step, training.net[0].W)
    ag.explain(step, training.net[4].W0)
    for now, then in zip(training.state(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert all(p.grad is g for p, g in zip(training.net.parameters(), grads, strict=True))
    step(X, Y)
    assert step.traces == 1


def test_graphs_of_others_are_as_good_as_before() -> None:
    """What was recorded before may still run backward: no change of a weight is reported."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    opt = optim.SGD([w], 0.1)

    @ag.compile
    def step() -> Any:
        opt.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        opt.step()
        return loss

    step()
    waiting = (w**3).sum()
    ag.derive(step, w)
    opt.zero_grad()
    waiting.backward()
    assert w.grad is not None
    np.testing.assert_allclose(w.grad.data, 3 * w.data**2)


class Model:
    """With a step that is compiled as a method."""

    def __init__(self) -> None:
        self.w = Tensor([1.0, 2.0], requires_grad=True)

    @ag.compile
    def step(self, x: Any) -> Any:
        return (self.w * x).sum() ** 2


def test_methods() -> None:
    """A compiled method is asked as it is called: through its object."""
    model = Model()
    model.step(np.array([1.0, 3.0]))
    np.testing.assert_allclose(ag.derive(model.step, model.w).result, [14.0, 42.0])
    np.testing.assert_allclose(ag.explain(model.step, model.w).gradient, [14.0, 42.0])


def test_tensors_as_arguments() -> None:
    """The tensor that was given is the one to ask for; it is not changed."""
    w = Tensor([1.0, -2.0], requires_grad=True, name="w")
    f = ag.compile(lambda w, x: (w * x["a"]).sum() ** 2)
    f(w, {"a": np.array([3.0, 4.0])})
    np.testing.assert_allclose(ag.derive(f, w).result, 2 * (3.0 - 8.0) * np.array([3.0, 4.0]))
    np.testing.assert_allclose(ag.explain(f, "w").gradient, [-30.0, -40.0])
    assert w.grad is None
    assert w.data.tolist() == [1.0, -2.0]


def test_the_loss_that_backward_was_called_on() -> None:
    """Whatever is returned; with the gradient that it was given; of several, the one of w."""
    a = Tensor([1.0, 2.0], requires_grad=True)
    b = Tensor([3.0, 4.0], requires_grad=True)

    @ag.compile
    def step() -> Any:
        (a**2).backward([1.0, 10.0])
        (b**3).sum().backward()
        a.grad = None
        return (a + b).sum(), "done"

    step()
    np.testing.assert_allclose(ag.derive(step, a).result, [2.0, 40.0])
    np.testing.assert_allclose(ag.explain(step, a).gradient, [2.0, 40.0])
    np.testing.assert_allclose(ag.derive(step, b).result, [27.0, 48.0])
    assert a.grad is None


def test_errors() -> None:
    """Before the first call, without a loss, for another w: in words, and all stays as it is."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    f = ag.compile(lambda: (w * w).sum())
    for ask in (ag.derive, ag.explain):
        with pytest.raises(TraceError, match=r"has not been called yet.*call it once first"):
            ask(f, w)
    loss = f()
    for ask in (ag.derive, ag.explain):
        with pytest.raises(DTypeError, match=r"must be a Tensor|is no Tensor"):
            ask(f, np.ones(2))  # type: ignore[arg-type]
    with pytest.raises(GraphError, match="keeps no graph; derive the function itself"):
        ag.derive(loss, w)
    assert "ag.explain(<lambda>, w)" in str(ag.explain(loss, w))
    nothing = ag.compile(lambda x: x * 2)
    nothing(np.ones(2))
    with pytest.raises(GraphError, match="called backward on nothing"):
        ag.derive(nothing, w)


def test_a_function_that_fails() -> None:
    """Its error is the user's, and what it had changed until then is put back."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    opt = optim.SGD([w], 0.1)
    broken = [False]

    def loss() -> Any:
        opt.zero_grad()
        y = (w * w).sum()
        y.backward()
        opt.step()
        if broken[0]:
            raise AutogradError("broken")
        return y

    step = ag.compile(loss)
    step()
    before = w.data.copy()
    broken[0] = True
    with pytest.raises(AutogradError, match="broken"):
        ag.derive(step, w)
    np.testing.assert_array_equal(w.data, before)
    assert w.grad is not None


def test_values_that_were_kept_before_a_function_is_compiled() -> None:
    """A leaf that `keep_values` or `explain` marked holds no value of the trace."""
    w = Tensor([1.0, 2.0], requires_grad=True)

    def loss() -> Any:
        w.grad = None
        y = (w * w).sum()
        y.backward()
        return y

    with ag.keep_values():
        loss()
    ag.explain(loss, w)
    step = ag.compile(loss)
    step()
    assert ag.derive(step, w).result.tolist() == [2.0, 4.0]
    assert ag.explain(step, w).lines_known
    ag.compile(loss)()


def test_another_thread_that_compiles_changes_nothing() -> None:
    """While a trace is being made elsewhere, derivations and explanations are as ever."""
    TRACES.append(object())
    try:
        w = Tensor([1.0, 2.0], requires_grad=True)
        opt = optim.SGD([w], 0.1)

        def step() -> Any:
            opt.zero_grad()
            loss = (w * w).sum() + nn.Dropout(0.5, rng=0)(w).sum()
            loss.backward()
            opt.step()
            return loss

        loss = (w * w).sum()
        assert ag.derive(loss, w).result.tolist() == [2.0, 4.0]
        assert ag.explain(step, w).verdict == "fine"
        inside = ag.explain(lambda x: (ag.grad(lambda v: (v**3).sum())(x) ** 2).sum(), w)
        assert inside.verdict == "fine"
        assert r"\operatorname{softmax}" in nn.CrossEntropyLoss().latex()
    finally:
        TRACES.pop()
