"""What would make a replay wrong is refused, with the user's line, and leaves nothing changed."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

X = np.array([1.0, -2.0, 3.0])
HERE = "test_refusals.py"


def total(x: Any) -> Any:
    return Tensor(x).sum()


LEAVING: dict[str, Callable[[Any], Any]] = {
    "if": lambda x: x if total(x) > 0 else -x,
    "if of an array": lambda x: x if (x > 0).all() else -x,
    "while": lambda x: [x for _ in iter(lambda: bool(total(x) > 5), False)],
    "and": lambda x: (x[0] > 0) and x,
    "not": lambda x: not total(x),
    "float": lambda x: float(total(x)),
    "int": lambda x: int(total(x)),
    "complex": lambda x: complex(total(x)),
    "round": lambda x: round(x[0]),
    "math": lambda x: math.exp(x[0]),
    "item": lambda x: total(x).item(),
    "item of an array": lambda x: x.item(0),
    "tolist": lambda x: Tensor(x).tolist(),
    "numpy.array": lambda x: np.array(Tensor(x)),
    "numpy.asarray": lambda x: np.asarray(x),
    "list of values": lambda x: np.array([x[0], x[1]]),
    "format": lambda x: f"{total(x):.2f}",
    "text": lambda x: f"{x}",
    "print": lambda x: print(x),
    "print of a tensor": lambda x: print(Tensor(x)),
    "range": lambda x: list(range(np.argmax(x))),
    "in": lambda x: 3.0 in x,
    "max of Python": lambda x: max(x[0], x[1]),
    "sorted": lambda x: sorted(x),
    "allclose": lambda x: np.allclose(x, X),
    "tobytes": lambda x: x.tobytes(),
    "sort in place": lambda x: x.sort(),
    "view": lambda x: x.view(np.int64),
    "shape from a value": lambda x: np.zeros(np.argmax(x)),
}


@pytest.mark.parametrize("name", LEAVING)
def test_values_do_not_leave(name: str) -> None:
    """Control flow and Python numbers from a value are refused, and the message has the line."""
    compiled = ag.compile(LEAVING[name])
    for _ in range(2):
        with pytest.raises(ag.TraceError, match=HERE):
            compiled(X)
    assert compiled.programs == []


SHAPES: dict[str, Callable[[Any], Any]] = {
    "slice": lambda x: x[: np.argmax(x)],
    "slice of a tensor": lambda x: Tensor(x)[: np.argmax(x)],
    "reshape": lambda x: x.reshape(np.argmax(x) + 1, -1),
    "tile": lambda x: np.tile(x, np.argmax(x)),
    "mask": lambda x: x[x > 0],
    "mask of a tensor": lambda x: Tensor(x)[Tensor(x) > 0],
    "mask and more": lambda x: np.stack([x, x])[:, x > 0],
    "nonzero": lambda x: np.nonzero(x),
    "method nonzero": lambda x: x.nonzero(),
    "where": lambda x: np.where(x > 0),
    "flatnonzero": lambda x: np.flatnonzero(x > 0),
    "argwhere": lambda x: np.argwhere(x > 0),
    "unique": lambda x: np.unique(x),
    "compress": lambda x: np.compress(x > 0, x),
    "extract": lambda x: np.extract(x > 0, x),
    "repeat": lambda x: np.repeat(X, np.abs(x).astype(int)),
    "bincount": lambda x: np.bincount(x.astype(np.uint8)),
    "delete": lambda x: np.delete(X, x.argmax()),
    "setdiff": lambda x: np.setdiff1d(x, X),
    "trim": lambda x: np.trim_zeros(x),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_do_not_depend_on_values(name: str) -> None:
    """What has as many elements as its values say is refused."""
    compiled = ag.compile(SHAPES[name])
    for _ in range(2):
        with pytest.raises(ag.TraceError, match=HERE):
            compiled(X)


def test_repr_shows_no_value() -> None:
    """repr, which debuggers use, says what the value is: one of a trace."""
    shown: list[str] = []
    with pytest.raises(ag.TraceError, match="list"):
        ag.compile(lambda x: shown.append(repr(x)))(X)
    assert "of a trace" in shown[0]
    assert "-2" not in shown[0]


def kept() -> list[tuple[str, Callable[[], Any]]]:
    """Functions that put a value somewhere outside."""
    held: list[Any] = []
    table: dict[str, Any] = {}

    class Thing:
        value: Any = None
        values: Any

        def __init__(self) -> None:
            self.values = []

        def keep(self, x: Any) -> None:
            self.value = x

        def note(self, x: Any) -> Any:
            self.values.append(x * 2)
            return x * 2

    thing, mean = Thing(), optim.RunningAverage()
    count = 0

    def to_list(x: Any) -> Any:
        held.append(Tensor(x) * 2)
        return held[-1]

    def to_dict(x: Any) -> Any:
        table["last"] = x * 2
        return x

    def to_object(x: Any) -> Any:
        thing.keep(x * 2)
        return x

    def to_mean(x: Any) -> Any:
        return mean.update(Tensor(x))

    def counts(x: Any) -> Any:
        nonlocal count
        count += 1
        return x * count

    def to_default(x: Any, seen: list[Any] = []) -> Any:  # noqa: B006
        seen.append(x + 1)
        return x

    def to_function(x: Any) -> Any:
        to_function.last = x * 2  # type: ignore[attr-defined]
        return x

    cases: list[tuple[str, Any]] = [
        (f.__name__, f)
        for f in (to_list, to_dict, to_object, to_mean, counts, to_default, to_function)
    ]
    return [*cases, ("method", thing.note), ("state", _Counting())]


class _Counting(nn.Module):
    """A module that counts its calls in a number."""

    def __init__(self) -> None:
        self.calls = 0

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return x * 2


@pytest.mark.parametrize("case", kept(), ids=lambda case: case[0])
def test_nothing_is_kept_outside(case: Any) -> None:
    """A program would not fill lists and count again, so the trace refuses where it can see it."""
    compiled = ag.compile(case[1])
    with pytest.raises(ag.TraceError, match=r"changed|held"):
        compiled(X)
    assert compiled.programs == []


@pytest.mark.parametrize("which", ["closure", "argument", "object", "global", "Python's"])
def test_own_draws_are_refused(which: str) -> None:
    """Random numbers that were not drawn by as_one would be the same at every run."""
    rng = np.random.default_rng(0)
    holder = nn.Dropout(0.5, rng=1)
    draws: dict[str, Any] = {
        "closure": lambda x: x + rng.normal(size=3),
        "argument": lambda x, g: x + g.normal(size=3),
        "object": lambda x: x + holder.rng.normal(size=3),
        "global": lambda x: x + np.random.normal(size=3),  # noqa: NPY002
        "Python's": lambda x: x + random.random(),
    }
    args = (X, np.random.default_rng(0)) if which == "argument" else (X,)
    with pytest.raises(ag.TraceError, match="as_one"):
        ag.compile(draws[which])(*args)


def test_generators_and_coroutines_are_refused() -> None:
    """The body of a generator does not run when it is called."""

    def steps(x: Any) -> Any:
        yield x

    async def later(x: Any) -> Any:
        return x

    for f in (steps, later):
        with pytest.raises(ag.UnsupportedError, match="generator"):
            ag.compile(f)
    with pytest.raises(ag.UnsupportedError, match="not a function"):
        ag.compile(3)  # type: ignore[call-overload]


def setup() -> tuple[Any, Any, Any]:
    model = nn.Sequential(
        nn.Linear(3, 4, rng=0), nn.BatchNorm(4, momentum=None), nn.Dropout(0.5, rng=1),
        nn.Linear(4, 2, rng=2),
    )  # fmt: skip
    return model, optim.Adam(model.parameters(), 0.1), nn.CrossEntropyLoss()


def state(model: Any, optimizer: Any) -> Any:
    grads = [None if p.grad is None else p.grad.data.copy() for p in model.parameters()]
    counts = [memory["t"] for memory in optimizer.state.values()]
    rng = copy.deepcopy(model[2].rng.bit_generator.state)
    return model.state_dict(), grads, optimizer.t, counts, rng


def assert_equal_states(a: Any, b: Any) -> None:
    for name in a[0]:
        np.testing.assert_array_equal(a[0][name], b[0][name])
    for g, h in zip(a[1], b[1], strict=True):
        assert (g is None) == (h is None)
        if g is not None:
            np.testing.assert_array_equal(g, h)
    assert a[2] == b[2]
    assert set(a[3]) <= {*b[3], 0}
    assert a[4] == b[4]


@pytest.mark.parametrize("warm", [False, True])
def test_an_error_in_the_trace_changes_nothing(warm: bool) -> None:
    """Parameters, buffers, gradients, counts and generators are as before the failed call."""
    model, optimizer, loss = setup()
    x, y = np.random.default_rng(0).normal(size=(6, 3)), np.array([0, 1, 0, 1, 1, 0])
    fail: list[Any] = [None]

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        if fail[0] == "float":
            float(value.detach())
        if fail[0] == "error":
            raise KeyError("of the user")
        return value

    if warm:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()
    for what, kind in (("float", ag.TraceError), ("error", KeyError)):
        fail[0] = what
        compiled = ag.compile(step)
        before = state(model, optimizer)
        with pytest.raises(kind):
            compiled(x, y)
        assert_equal_states(state(model, optimizer), before)
        assert not ag.is_tracing()
    with pytest.raises(ag.IndexingError, match="label 7"):
        compiled(x, y * 7)
    assert_equal_states(state(model, optimizer), before)
    fail[0] = None
    assert np.isfinite(compiled(x, y).item())


def test_an_error_in_a_run_leaves_the_weights() -> None:
    """A bad label at a replay raises what eager raises; the next good batch goes on from there."""
    model, optimizer, loss = setup()

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    compiled = ag.compile(step)
    x, y = np.random.default_rng(0).normal(size=(6, 3)), np.array([0, 1, 0, 1, 1, 0])
    for _ in range(3):
        compiled(x, y)
    weights, t = [p.data.copy() for p in model.parameters()], optimizer.t
    for _ in range(2):
        with pytest.raises(ag.IndexingError, match="label 7 is out of range"):
            compiled(x, np.array([0, 1, 7, 1, 1, 0]))
    for p, w in zip(model.parameters(), weights, strict=True):
        np.testing.assert_array_equal(p.data, w)
    assert optimizer.t == t
    compiled(x, y)
    assert optimizer.t == t + 1
    assert compiled.traces == 1


def test_numpys_errors_in_a_run_name_the_line() -> None:
    """An error in a program is eager's, or says which line of the user's asked for it."""
    compiled = ag.compile(lambda x, i: Tensor(x)[i] * 2)
    compiled(X, np.array([0, 1]))
    with pytest.raises(ag.IndexingError, match="out of bounds"):
        compiled(X, np.array([0, 9]))
    state = Tensor(np.zeros(2))

    def late(x: Any, i: Any) -> Any:
        state.data += 1.0
        ag.as_one(int, 1)
        return x[i] * 2

    compiled = ag.compile(late)
    compiled(X, np.array([0, 1]))
    for _ in range(2):
        with pytest.raises(IndexError) as caught:
            compiled(X, np.array([0, 9]))
        assert any(HERE in note for note in caught.value.__notes__)


def test_what_is_read_only_stays() -> None:
    """An argument that cannot be written is not changed in place."""

    def f(x: Any) -> Any:
        x += 1.0

    x = np.zeros(3)
    compiled = ag.compile(f)
    compiled(x)
    compiled(x)
    assert x.tolist() == [2.0, 2.0, 2.0]
    x.flags.writeable = False
    for function in (compiled, ag.compile(f)):
        with pytest.raises((ag.TraceError, ValueError), match="read-only"):
            function(x)
    assert x.tolist() == [2.0, 2.0, 2.0]


def test_what_lies_outside_is_not_changed_through_a_view() -> None:
    """An argument, a variable or a parameter would be changed at no run; a copy may be."""
    held, W = X.copy(), Tensor(X.copy())

    def argument(x: Any) -> Any:
        part = x[:2]
        part *= 2.0
        return part

    def variable(x: Any) -> Any:
        turned = held[::-1]
        turned += x
        return turned

    def parameter(x: Any) -> Any:
        flat = W.data.reshape(-1)
        flat -= x
        return flat

    def tensor(x: Any) -> Any:
        return argument(x.data)

    for f, x in ((argument, X), (variable, X), (parameter, X), (tensor, Tensor(X))):
        with pytest.raises(ag.TraceError, match="in place"):
            ag.compile(f)(x)
    np.testing.assert_array_equal(held, X)
    np.testing.assert_array_equal(W.data, X)
    copied = ag.compile(lambda x: argument(x.copy()))
    for _ in range(3):
        np.testing.assert_array_equal(copied(X), X[:2] * 2.0)


def test_in_place_changes_of_views_are_refused_or_right() -> None:
    """A change through a view, or seen through one, is followed or refused, never lost."""

    def through(x: Any) -> Any:
        y = x * 1
        part = y[0:2]
        part += 1
        return y

    def seen(x: Any) -> Any:
        y = x * 1
        part = y[0:2]
        y += 1
        return part * 2

    def back(x: Any) -> Any:
        y = x * 1
        y[0:2] += 1
        return y

    def out(x: Any) -> Any:
        y = np.zeros(3)
        np.add(x, 1, out=y)
        return y

    def casting(x: Any) -> Any:
        y = x.astype(int)
        y += 0.5
        return y

    for f in (through, seen, out):
        with pytest.raises(ag.TraceError, match="in place"):
            ag.compile(f)(X)
    compiled = ag.compile(back)
    for _ in range(3):
        np.testing.assert_array_equal(compiled(X), back(X))
    with pytest.raises(TypeError):
        ag.compile(casting)(X)


@pytest.mark.parametrize("kind", ["U1", "float16", "complex128", "M8[D]"])
def test_a_tensor_of_a_dtype_that_eager_refuses_is_refused_in_the_trace(kind: str) -> None:
    """With eager's words; nothing is converted without a word."""
    layer = nn.Linear(3, 2, rng=0)
    x = np.zeros((1, 3), kind)
    told = []
    for f in (lambda a: layer(a).sum(), ag.compile(lambda a: layer(a).sum())):
        with pytest.raises(ag.DTypeError, match="is not supported") as caught:
            f(x)
        told.append(str(caught.value))
    assert told[0] == told[1]
