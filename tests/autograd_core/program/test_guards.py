"""A program is never stale: whatever changes between calls, the result is eager's."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

sys.path.append(str(Path(__file__).parent))

from both import assert_same, run_both, state_of

SCALE = 2.0
WEIGHTS = np.ones(3)
PAIR = [1.0, 2.0]


def helper(x: Any) -> Any:
    return x * SCALE + WEIGHTS * 2


class Net(nn.Module):
    """A module with attributes of several kinds."""

    factor = 2.0

    def __init__(self) -> None:
        self.layer = nn.Linear(3, 3, rng=0)
        self.drop = nn.Dropout(0.5, rng=1)
        self.norm = nn.BatchNorm(3)
        self.slope = 1.5
        self.sizes = [1.0, 2.0]
        self.register_buffer("seen", np.zeros(3))

    def forward(self, x: Any) -> Any:
        self.seen.assign(self.seen + 1)
        z = self.norm(self.drop(self.layer(x))) * self.slope * self.factor * sum(self.sizes)
        return z * SCALE if self.training else z


def make_step() -> tuple[Any, ...]:
    model = Net()
    optimizer = optim.SGD(model.parameters(), 1e-4, momentum=0.9)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step, model, optimizer


def _replace_layer(model: Any, opt: Any) -> None:
    model.layer = nn.Linear(3, 3, rng=9)
    opt.add_param_group({"params": list(model.layer.parameters()), "lr": 2e-4})


def _load_model(model: Any, opt: Any) -> None:
    model.load_state_dict({k: v * 0 + 0.5 for k, v in model.state_dict().items()})


def _load_optimizer(model: Any, opt: Any) -> None:
    state = opt.state_dict()
    state["t"] = 7
    opt.load_state_dict(state)


def _eager_step(model: Any, opt: Any) -> None:
    opt.zero_grad()
    (model(np.eye(3) + 2.0) ** 2).sum().backward()
    opt.step()


def _data(model: Any, opt: Any) -> None:
    model.layer.W.data = np.full((3, 3), 0.25)
    model.layer.W0.data[...] = 3.0
    model.norm.running_mean.data = np.ones(3)


def _grads(model: Any, opt: Any) -> None:
    model.layer.W.grad = np.full((3, 3), 0.25)


CHANGES: dict[str, Any] = {
    "nothing": lambda model, opt: None,
    "eval": lambda model, opt: model.eval(),
    "part in eval": lambda model, opt: model.drop.eval(),
    "attribute": lambda model, opt: setattr(model, "slope", 0.5),
    "class attribute": lambda model, opt: setattr(Net, "factor", 3.0),
    "list of the module": lambda model, opt: model.sizes.append(3.0),
    "dropout": lambda model, opt: setattr(model.drop, "p", 0.25),
    "generator": lambda model, opt: setattr(model.drop, "rng", np.random.default_rng(5)),
    "norm": lambda model, opt: setattr(model.norm, "momentum", 0.5),
    "eps": lambda model, opt: setattr(model.norm, "eps", 0.5),
    "layer": _replace_layer,
    "parameter": lambda model, opt: setattr(model.norm, "G", nn.Parameter(np.full(3, 2.0))),
    "frozen": lambda model, opt: model.layer.requires_grad_(False),
    "lr": lambda model, opt: setattr(opt, "lr", 0.05),
    "lr of the group": lambda model, opt: opt.param_groups[0].__setitem__("lr", 0.05),
    "schedule": lambda model, opt: setattr(opt, "lr", optim.StepDecay(0.3, 2)),
    "momentum": lambda model, opt: opt.param_groups[0].__setitem__("momentum", 0.5),
    "weight decay": lambda model, opt: opt.param_groups[0].__setitem__("weight_decay", 0.5),
    "state of the model": _load_model,
    "state of the optimizer": _load_optimizer,
    "step": _eager_step,
    "data": _data,
    "grads": _grads,
    "dtype": lambda model, opt: model.astype(np.float32),
}


@pytest.mark.filterwarnings("ignore:compile")
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_between_the_steps(name: str) -> None:
    """After any change a compiled step does what eager does from the same state."""

    def between(i: int, model: Any, optimizer: Any) -> None:
        if i in (3, 6):
            CHANGES[name](model, optimizer)

    rng = np.random.default_rng(0)
    dtype = np.float64
    calls = [(rng.normal(size=(4, 3)).astype(dtype),) for _ in range(8)]
    factor = Net.factor
    try:
        compiled = run_both(make_step, calls, traces=None, between=between)
    finally:
        Net.factor = factor
    same = {"nothing", "lr", "lr of the group", "schedule", "state of the model", "step", "data"}
    if name in same | {"grads"}:
        assert compiled.traces == 1


def test_sequential_append_and_replace() -> None:
    """A network that grows is traced anew."""

    def make() -> Any:
        model = nn.Sequential(nn.Linear(3, 3, rng=0))
        return (lambda x: model(x)), model

    def between(i: int, model: Any) -> None:
        if i == 2:
            model.append(nn.Tanh())
        if i == 4:
            model[1] = nn.ReLU()
        if i == 6:
            model[0].W.data *= 2.0

    rng = np.random.default_rng(0)
    run_both(make, [(rng.normal(size=(2, 3)),) for _ in range(8)], traces=3, between=between)


@pytest.mark.filterwarnings("ignore:compile")
def test_shapes_and_dtypes() -> None:
    """Another shape, dtype, number of arguments, or kind of argument has another program."""
    compiled = ag.compile(lambda *xs: sum(x * 2 for x in xs))
    x = np.arange(6.0)
    calls = [
        (x,), (x[:3],), (x.reshape(2, 3),), (x.astype(np.float32),), (x, x), (Tensor(x),),
        (2.0,), (np.float32(2),), (Tensor(2.0),), (x.astype(int),),
    ]  # fmt: skip
    for args in (*calls[:8], *calls[:8]):
        assert_same(sum(a * 2 for a in args), compiled(*args))
    assert compiled.traces == 8


@pytest.mark.filterwarnings("ignore:compile")
def test_static_arguments() -> None:
    """Integers, truths, texts and None are told apart by value and type, floats are not traced."""

    def f(x: Any, k: Any, s: float = 1.0) -> Any:
        return x * s + {True: 10.0, "a": 20.0, None: 30.0}.get(k if k != 1 or k is True else 2, 0)

    compiled = ag.compile(f)
    x = np.arange(3.0)
    for _ in range(2):
        for k in (True, 1, 0, False, "a", None, 2):
            assert_same(f(x, k), compiled(x, k))
    assert compiled.traces == 7
    for s in (2.0, 3.0, -0.0):
        assert_same(f(x, None, s), compiled(x, None, s))
    assert compiled.traces == 8


@pytest.mark.filterwarnings("ignore:compile")
def test_variables_of_closures_and_globals(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a function names, and what the functions that it calls name, may change."""
    module = sys.modules[__name__]
    number, array, items, table = 1.0, np.ones(3), [1.0], {"k": 2.0}
    space = types.SimpleNamespace(a=1.0, deep=types.SimpleNamespace(b=2.0))
    tensor = Tensor(np.ones(3))

    def f(x: Any) -> Any:
        inner = lambda z: z * number + array * 2 + PAIR[0]  # noqa: E731
        return (
            helper(inner(x)) * items[0] + table["k"] + space.a * space.deep.b + tensor * len(items)
        )

    compiled = ag.compile(f)
    x = np.arange(3.0)

    def check() -> None:
        for _ in range(2):
            assert_same(f(x), compiled(x))

    check()
    number = 2.0
    check()
    array = np.full(3, 3.0)
    check()
    array[1] = 7.0
    check()
    items[0] = 4.0
    check()
    items.append(1.0)
    check()
    table["k"] = 5.0
    check()
    space.a = 6.0
    check()
    space.deep.b = 7.0
    check()
    space.deep = types.SimpleNamespace(b=8.0)
    check()
    tensor.data = np.arange(3.0)
    check()
    tensor = Tensor([4.0, 4.0, 4.0])
    check()
    monkeypatch.setattr(module, "SCALE", 3.0)
    check()
    WEIGHTS[0] = 9.0
    check()
    WEIGHTS[0] = 1.0
    monkeypatch.setattr(module, "WEIGHTS", np.zeros(3))
    check()
    PAIR.append(3.0)
    PAIR[0] = 8.0
    check()
    monkeypatch.setattr(module, "PAIR", [1.0, 2.0])
    check()
    monkeypatch.setattr(module, "helper", lambda x: x - 1)
    check()


@pytest.mark.filterwarnings("ignore:compile")
def test_methods_and_their_objects() -> None:
    """A method may be compiled, from outside or as a decorator; attributes may change."""

    class Trainer:
        rate = 2.0

        def __init__(self) -> None:
            self.k, self.array, self.model = 2.0, np.ones(3), nn.Linear(3, 3, rng=0)

        def inner(self, x: Any) -> Any:
            return x * self.k * self.rate + self.array

        def step(self, x: Any) -> Any:
            return self.model(self.inner(x))

        @ag.compile
        def compiled(self, x: Any) -> Any:
            return self.model(self.inner(x))

        def __call__(self, x: Any) -> Any:
            return self.step(x)

    one, two = Trainer(), Trainer()
    two.k = 5.0
    bound, called = ag.compile(one.step), ag.compile(one)
    x = np.arange(3.0)

    def check() -> None:
        for _ in range(2):
            for trainer in (one, two):
                assert_same(trainer.step(x), trainer.compiled(x))
            assert_same(one.step(x), bound(x))
            assert_same(one.step(x), called(x))

    check()
    one.k = 3.0
    check()
    one.array[1] = 5.0
    check()
    one.array = np.zeros(3)
    check()
    one.model = nn.Linear(3, 3, rng=3)
    check()
    Trainer.rate = 4.0
    check()
    Trainer.inner = lambda self, x: x - 1.0  # type: ignore[method-assign]
    check()


def test_a_tensor_is_frozen_or_gets_hooks() -> None:
    """requires_grad and hooks of tensors that are in no module count too."""

    def make() -> Any:
        V, W = Tensor(np.ones(3), requires_grad=True), Tensor(np.full(3, 2.0), requires_grad=True)

        def f(x: Any) -> Any:
            V.grad = W.grad = None
            (V * W * x).sum().backward()

        return f, V, W

    handles: dict[int, Any] = {}

    def between(i: int, V: Any, W: Any) -> None:
        if i == 2:
            V.requires_grad = False
        if i == 4:
            V.requires_grad = True
        if i == 6:
            handles[id(W)] = W.register_hook(lambda g: g * 10)
        if i == 8:
            handles[id(W)].remove()

    run_both(make, [(np.arange(3.0),)] * 10, traces=None, between=between)


def test_grad_mode_and_default_dtype() -> None:
    """no_grad around a call, and the default dtype, are part of what a program is for."""
    W = Tensor(np.ones(3), requires_grad=True)

    def f(x: Any) -> Any:
        y = (W * x).sum()
        return (y.requires_grad, ag.is_grad_enabled(), ag.tensor([0.5]) * 2)

    compiled = ag.compile(f)
    x = np.arange(3.0)
    for _ in range(2):
        assert_same(f(x), compiled(x))
        with ag.no_grad():
            assert_same(f(x), compiled(x))
        try:
            ag.set_default_dtype(np.float32)
            assert_same(f(x), compiled(x))
        finally:
            ag.set_default_dtype(np.float64)
    assert compiled.traces == 3


def test_gradients_that_were_there() -> None:
    """A gradient is read at every run: None, set by hand, from eager passes, of another shape."""

    def make() -> Any:
        W, s = Tensor(np.ones(3), requires_grad=True), Tensor(2.0, requires_grad=True)

        def f(x: Any) -> Any:
            (W * x * s).sum().backward()

        return f, W, s

    def between(i: int, W: Any, s: Any) -> None:
        if i == 3:
            W.grad, s.grad = np.full(3, 5.0), 7.0
        if i == 5:
            (W * s * 3.0).sum().backward()
        if i == 7:
            W.grad = s.grad = None
        if i == 9:
            W.grad.data *= 2.0
        if i == 10:
            s.grad = s.grad * 2.0

    rng = np.random.default_rng(0)
    run_both(make, [(rng.normal(size=3),) for _ in range(12)], traces=2, between=between)


def test_an_eager_graph_notices_a_compiled_step() -> None:
    """A graph that was recorded before a compiled update refuses to go back through it."""
    for calls in (1, 2, 3):
        step, model, _ = make_step()
        compiled = ag.compile(step)
        for _ in range(calls - 1):
            compiled(np.eye(3))
        loss = (ag.tanh(np.eye(3) @ model.layer.W) @ model.layer.W).sum()
        compiled(np.eye(3))
        with pytest.raises(ag.GraphError, match="changed in place"):
            loss.backward()


def test_eager_and_compiled_steps_in_turn() -> None:
    """Steps of both kinds, in any order, are the steps of one training."""
    (eager, *mine), (function, *theirs) = make_step(), make_step()
    compiled = ag.compile(function)
    rng = np.random.default_rng(0)
    for i in range(12):
        x = rng.normal(size=(4, 3))
        assert_same(eager(x), compiled(x) if i % 3 else function(x))
        assert_same(state_of(*mine), state_of(*theirs))
    assert compiled.traces == 1


def test_two_programs_of_one_training() -> None:
    """Batches of two sizes use two programs and one state."""
    (eager, *mine), (function, *theirs) = make_step(), make_step()
    compiled = ag.compile(function)
    rng = np.random.default_rng(0)
    for i in range(10):
        x = rng.normal(size=(4 - i % 2, 3))
        assert_same(eager(x), compiled(x))
        assert_same(state_of(*mine), state_of(*theirs))
    assert compiled.traces == 2


def test_arguments_in_the_memory_of_the_program() -> None:
    """A gradient handed in again is read before it is overwritten; a weight that changes is
    refused."""
    W = Tensor(np.ones(3), requires_grad=True)

    def f(x: Any, old: Any) -> Any:
        W.grad = None
        (W * W * x).sum().backward()
        return old * 1.0 + x

    compiled = ag.compile(f)
    compiled(np.ones(3), np.zeros(3))
    for i in range(4):
        held = W.grad.data if i % 2 else W.grad.data[::-1]
        expected = held * 1.0 + i
        assert_same(expected, compiled(np.full(3, float(i)), held))

    def g(x: Any) -> Any:
        W.data += 1.0
        return x * 2

    compiled = ag.compile(g)
    for x in (np.zeros(3), np.ones(3), W.data, W.data[1:][::-1]):
        if np.shares_memory(x, W.data):
            with pytest.raises(ag.TraceError, match="memory"):
                compiled(x)
        else:
            assert_same(x * 2, compiled(x))
    with pytest.raises(ag.TraceError, match="memory"):
        ag.compile(g)(W.data)


def test_shared_memory_that_is_changed_is_refused() -> None:
    """Two names for one memory, of which one is changed, cannot be followed and are refused."""
    x = np.zeros(4)

    def f(a: Any, b: Any) -> Any:
        a += 1.0
        return b * 1.0

    compiled = ag.compile(f)
    for _ in range(2):
        with pytest.raises(ag.TraceError, match="memory"):
            compiled(x, x)
        assert_same(np.zeros(2), compiled(x[:2], x[2:].copy()))
        x[:] = 0.0
        with pytest.raises(ag.TraceError, match="memory"):
            compiled(x[:2], x[1:3])
        assert_same(x, np.zeros(4))
    V = Tensor(np.zeros(4))
    W = Tensor(V.data[1:3], copy=False)

    @ag.compile
    def g() -> Any:
        V.data += 1.0
        return W * 1.0

    with pytest.raises(ag.TraceError, match="memory"):
        g()
    assert_same(V.data, np.zeros(4))


def test_slices_of_one_array_are_apart() -> None:
    """Parameters that are slices of one flat array are not mistaken for shared memory."""

    def make() -> Any:
        flat = np.linspace(-1, 1, 12)
        a = Tensor(flat[:6].reshape(2, 3), requires_grad=True, copy=False)
        b = Tensor(flat[6:].reshape(3, 2), requires_grad=True, copy=False)
        optimizer = optim.SGD([a, b], 0.1)

        def f(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (ag.tanh(x @ a) @ b).sum()
            loss.backward()
            optimizer.step()
            return loss

        return f, a, b, flat

    rng = np.random.default_rng(0)
    run_both(make, [(rng.normal(size=(4, 2)),) for _ in range(4)])


@pytest.mark.filterwarnings("ignore:compile")
def test_the_cache_is_bounded_and_says_when_it_does_not_help() -> None:
    """Only the last programs are kept; a function that is traced often warns, with the reason."""
    compiled = ag.compile(lambda x: x * 2)
    for n in range(1, 5):
        compiled(np.ones(n))
    with pytest.warns(UserWarning, match="traced 5 times"):
        compiled(np.ones(5))
    for n in range(6, 13):
        compiled(np.ones(n))
    assert len(compiled.programs) == 8
    compiled(np.ones(12))
    assert compiled.traces == 12


def test_masks_that_were_found() -> None:
    """A mask from outside may choose elements, as long as it chooses as many."""
    mask = np.array([True, False, True])
    compiled = ag.compile(lambda x: x[mask] * 2)
    x = np.arange(3.0)
    for _ in range(2):
        assert_same(x[mask] * 2, compiled(x))
    mask[:] = [False, True, True]
    assert_same(x[mask] * 2, compiled(x))
    mask[:] = True
    with pytest.raises(ag.TraceError, match="mask"):
        compiled(x)
