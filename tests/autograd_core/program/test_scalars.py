"""Programs of Python floats: what eager gives, in lines on floats, or on vectors where many."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import autograd_core as ag
import optim
from autograd_core import Tensor
from autograd_core.program import compile as compile_
from autograd_core.program import scalars_run

ONE = (ag.tanh, ag.exp, ag.log, ag.sqrt, ag.relu, ag.sin, ag.sigmoid, ag.abs, ag.square, ag.clip)
TWO = (ag.add, ag.subtract, ag.multiply, ag.divide, ag.maximum, ag.minimum, ag.hypot, ag.arctan2)

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)

Step = Callable[..., Any]


def leaves(*numbers: float) -> list[Tensor]:
    return [Tensor(x, requires_grad=True, name=f"w{i}") for i, x in enumerate(numbers)]


def bits(x: Any) -> Any:
    """Type and bits of a number, a Tensor's too; of lists, those of the items."""
    if isinstance(x, (list, tuple)):
        return [bits(item) for item in x]
    if x is None:
        return None
    value = x._value if isinstance(x, Tensor) else x
    return type(value), "nan" if value != value else np.float64(value).tobytes()


def both(
    make: Callable[[], tuple[list[Tensor], Step]], *calls: tuple[Any, ...]
) -> tuple[list[Any], list[Any], Any]:
    """Results, leaves and gradients after each call, eager and compiled; the compiled step."""
    seen: list[list[Any]] = []
    compiled: Any = None
    for how in (lambda f: f, compile_):
        params, step = make()
        compiled = how(step)
        out = []
        for args in calls:
            result = compiled(*args)
            out.append((bits(result), bits(params), bits([p.grad for p in params])))
        seen.append(out)
    return seen[0], seen[1], compiled


def descend(params: list[Tensor], rate: float = 0.1) -> None:
    for p in params:
        if p.grad is not None:
            p.data -= rate * p.grad.data
            p.grad = None


# -- equal to eager --------------------------------------------------------------------------


@st.composite
def graphs(draw: Any) -> tuple[list[float], list[tuple[Any, ...]]]:
    """Numbers to start from, and operations on what is there already."""
    start = draw(st.lists(st.floats(-2, 2), min_size=1, max_size=4))
    count = draw(st.integers(1, 12))
    todo: list[tuple[Any, ...]] = []
    for i in range(len(start), len(start) + count):
        at = st.integers(0, i - 1)
        kind = draw(st.sampled_from(("one", "two", "number", "power", "raw")))
        if kind == "one":
            todo.append((kind, draw(st.sampled_from(ONE)), draw(at)))
        elif kind == "two":
            todo.append((kind, draw(st.sampled_from(TWO)), draw(at), draw(at)))
        elif kind == "number":
            number = draw(st.one_of(st.integers(-3, 3), st.floats(-2, 2)))
            todo.append((kind, draw(st.sampled_from(TWO)), draw(at), number, draw(st.booleans())))
        elif kind == "power":
            todo.append((kind, draw(at), draw(st.sampled_from((0, 1, 2, 3, -1, 0.5, 2.0)))))
        else:
            todo.append((kind, draw(at)))
    return start, todo


def computed(values: list[Any], todo: list[tuple[Any, ...]]) -> Any:
    """The sum of all that the operations give."""
    values = list(values)
    for kind, *rest in todo:
        if kind == "one":
            f, i = rest
            x = values[i]
            values.append(f(x, -1.0, 1.0) if f is ag.clip else f(x))
        elif kind == "two":
            f, i, j = rest
            values.append(f(values[i], values[j]))
        elif kind == "number":
            f, i, number, first = rest
            values.append(f(number, values[i]) if first else f(values[i], number))
        elif kind == "power":
            i, exponent = rest
            values.append(values[i] ** exponent)
        else:  # a constant of the graph, strong in NumPy's promotion
            values.append(values[rest[0]].detach().data * values[rest[0]])
    return sum(values)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(graphs())
@settings(max_examples=100, deadline=None, phases=PHASES)
def test_a_random_graph_gives_the_bits_of_eager(graph: Any) -> None:
    """Values, gradients and updated leaves over three steps, infinities and NaN among them."""
    start, todo = graph

    def make() -> tuple[list[Tensor], Step]:
        params = leaves(*start)

        def step() -> Any:
            for p in params:
                p.grad = None
            loss = computed(params, todo)
            loss.backward()
            for p in params:
                p.data -= 0.125 * p.grad.data
            return loss

        return params, step

    eager, replayed, _ = both(make, (), (), ())
    assert eager == replayed


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(graphs())
@settings(max_examples=60, deadline=None, phases=PHASES)
def test_vectors_give_what_floats_give(graph: Any) -> None:
    """The same on vectors, to the rounding of NumPy's functions, whatever the graph."""
    start, todo = graph
    start = start * 3

    def make() -> tuple[list[Tensor], Step]:
        params = leaves(*start)
        size = len(start) // 3

        def step() -> Any:
            for p in params:
                p.grad = None
            parts = [computed(params[i * size : (i + 1) * size], todo) for i in range(3)]
            loss = parts[0] * parts[1] + parts[2]
            loss.backward()
            return loss

        return params, step

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scalars_run, "MANY", 0)
        patch.setattr(scalars_run, "pays", lambda levels: True)
        eager, replayed, compiled = both(make, (), ())
    assert "np.zeros" in compiled.source
    for (_, a, b), (_, c, d) in zip(eager, replayed, strict=True):
        assert a == c
        x, y = (
            np.array([np.frombuffer(v)[0] if v != "nan" else np.nan for _, v in g]) for g in (b, d)
        )
        np.testing.assert_allclose(y, x, rtol=1e-9, atol=1e-12)


def net(params: list[Tensor], points: list[tuple[float, float, float]]) -> Any:
    """A network of scalars: two inputs, three ReLU neurons, one output; hinge losses, a penalty."""
    losses = []
    for x0, x1, label in points:
        inputs = [Tensor(x0), Tensor(x1)]
        hidden = []
        for i in range(3):
            w0, w1, b = params[3 * i : 3 * i + 3]
            hidden.append(ag.relu(sum((w * x for w, x in zip((w0, w1), inputs, strict=True)), b)))
        score = sum((w * h for w, h in zip(params[9:12], hidden, strict=True)), params[12])
        losses.append(ag.relu(1 + -label * score))
    return sum(losses) * (1.0 / len(losses)) + 1e-2 * sum(p * p for p in params)


def a_net(points: int, update: str) -> tuple[list[Tensor], Step]:
    rng = np.random.default_rng(5)
    params = leaves(*rng.uniform(-1, 1, 13).tolist())
    data = [(*rng.normal(size=2).tolist(), float(rng.choice([-1, 1]))) for _ in range(points)]
    makers = {
        "sgd": lambda: optim.SGD(params, lr=0.5),
        "momentum": lambda: optim.SGD(params, lr=0.5, momentum=0.9),
        "adam": lambda: optim.Adam(params, lr=0.1),
    }
    optimizer = makers[update]() if update in makers else None

    def step() -> Any:
        loss = net(params, data)
        loss.backward()
        if optimizer is None:
            descend(params)
        else:
            optimizer.step()
            optimizer.zero_grad()
        return loss

    return params, step


@pytest.mark.parametrize("update", ["by hand", "sgd", "momentum", "adam"])
@pytest.mark.parametrize("points", [2, 40])
def test_a_network_of_scalars_learns_as_in_eager(points: int, update: str) -> None:
    """Losses and weights are eager's, bit for bit, on floats and, with more points, on vectors."""
    eager, replayed, compiled = both(lambda: a_net(points, update), (), (), (), ())
    assert eager == replayed
    assert ("np.zeros" in compiled.source) == (points == 40)
    assert compiled.traces == 1


def test_sums_of_different_lengths_are_exact_on_vectors() -> None:
    """Sums go from left to right, also where short ones are filled up, and where one is alone."""
    rng = np.random.default_rng(0)
    params = leaves(*rng.normal(size=400).tolist())

    def step() -> Any:
        sums = [sum(p * 1.1 for p in params[i : i + 3 + i % 5]) for i in range(300)]
        return [*sums, sum(params)]

    compiled = compile_(step)
    compiled()
    values = [p.item() for p in params]
    wanted = [sum([v * 1.1 for v in values[i : i + 3 + i % 5]]) for i in range(300)]
    assert [y.item() for y in compiled()] == [*wanted, sum(values)]
    assert "add_reduce" in compiled.source
    assert "add_accumulate" in compiled.source


def recurrence(steps: int) -> tuple[list[Tensor], Step]:
    params = leaves(0.999, 0.01, 0.5)
    data = np.random.default_rng(0).normal(size=steps).tolist()

    def step(rate: float) -> Any:
        a, b, start = params
        x = start
        for number in data:
            x = ag.tanh(a * x + b * number)
        (x * x).backward()
        descend(params, rate)
        return x

    return params, step


def test_a_long_recurrence_becomes_loops() -> None:
    """One operation needs the other: loops on floats, with the bits of eager, and few lines."""
    eager, replayed, compiled = both(lambda: recurrence(1000), (0.1,), (0.2,), (0.1,))
    assert eager == replayed
    assert " in zip(range(" in compiled.source
    assert len(compiled.source.splitlines()) < 80


def test_a_graph_of_numpys_numbers_that_is_long() -> None:
    """Functions that only NumPy has, in a loop: the types are eager's."""

    def make() -> tuple[list[Tensor], Step]:
        params = leaves(0.3)

        def step() -> Any:
            x = params[0]
            for _ in range(700):
                x = ag.exp2(-x) * ag.sin(x) + 0.25
            x.backward()
            descend(params)
            return x

        return params, step

    eager, replayed, compiled = both(make, (), (), ())
    assert eager == replayed
    assert " in zip(range(" in compiled.source


# -- what NumPy's promotion sees ---------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_that_meet_arrays_are_converted_as_in_eager(dtype: Any) -> None:
    """A Tensor's float is strong, a plain float is weak, and gradients have the leaves' dtypes."""

    def make() -> tuple[list[Tensor], Step]:
        w, v = leaves(1.5, -0.5)
        array = Tensor(np.arange(3, dtype=dtype), requires_grad=True)

        def step(x: float) -> Any:
            scale = w * v + x  # a number
            y = array * x  # weak
            z = array * scale  # strong
            total = (y.sum() + z.mean()) * w
            total.backward()
            grad = array.grad * 1.0
            for t in (w, v):
                t.data = t.data - 0.1 * t.grad.data
                t.grad = None
            array.grad = None
            return total, scale, y.sum(), w.data * np.float32(2), grad[1]

        return [w, v], step

    params, step = make()
    others, compiled = make()
    compiled = compile_(compiled)
    for x in (0.5, 2.0, -1.0):
        a, b = step(x), compiled(x)
        for left, right in zip(a, b, strict=True):
            assert getattr(left, "dtype", None) == getattr(right, "dtype", None)
            assert left == right
        assert bits(params) == bits(others)


def test_a_detached_number_follows_its_tensor() -> None:
    """``detach()`` inside of a program shows the value of now, not of the trace."""

    def make() -> tuple[list[Tensor], Step]:
        params = leaves(2.0)

        def step() -> Any:
            (w,) = params
            loss = w.detach() * w
            loss.backward()
            descend(params)
            return loss

        return params, step

    eager, replayed, _ = both(make, (), (), ())
    assert eager == replayed


# -- the source --------------------------------------------------------------------------------


def test_a_small_graph_is_arithmetic_that_a_person_can_read() -> None:
    """One line an operation, in Python's operators and `math`, with the user's names and lines."""
    w = Tensor(0.5, requires_grad=True, name="weight")
    b = Tensor(0.1, requires_grad=True, name="offset")

    def step(x: float) -> Any:
        w.grad = b.grad = None
        y = ag.tanh(w * x + b) ** 2
        y.backward()
        return y

    compiled = compile_(step)
    compiled(1.0)
    body = compiled.source[compiled.source.index("def run") :].splitlines()
    lines = [line.split("#")[0].strip() for line in body]
    assert lines[0] == "def run(x):"
    assert lines[1:3] == ["weight = read_weight()", "offset = read_offset()"]
    assert lines[3] == "v2 = weight * x"
    assert lines[4].endswith("= v2 + offset")
    assert "= tanh(" in lines[5]
    assert lines[6].endswith("** 2")
    assert "tanh = math.tanh" in compiled.source
    assert "test_scalars.py:" in body[3]
    assert "numpy.multiply" not in compiled.source


@pytest.mark.parametrize("points", [2, 40])
def test_a_program_of_numbers_runs_without_the_library(points: int, tmp_path: Any) -> None:
    """What `save_source` wrote tests itself, on floats and on vectors."""
    _, step = a_net(points, "sgd")
    compiled = compile_(step)
    for _ in range(2):
        compiled()
    path = compiled.save_source(tmp_path / "step.py")
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True)
    assert "gives what it gave" in done.stdout, done.stderr


def test_loops_run_without_the_library(tmp_path: Any) -> None:
    """The same of loops."""
    compiled = compile_(recurrence(1000)[1])
    for _ in range(2):
        compiled(0.1)
    path = compiled.save_source(tmp_path / "step.py")
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True)
    assert "gives what it gave" in done.stdout, done.stderr


# -- where Python raises -------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("function", "numbers"),
    [
        (lambda w, x: w / x, (2.0, 0.0, -0.0, 4.0)),
        (lambda w, x: ag.exp(w * x), (1.0, 1e6, 2.0)),
        (lambda w, x: ag.log(w * x), (1.0, 0.0, -1.0, 2.0)),
        (lambda w, x: ag.sqrt(w * x), (1.0, 0.0, -1.0, 2.0)),
        (lambda w, x: (w * x) ** 0.5, (1.0, -1.0, 2.0)),
        (lambda w, x: (w * x) ** -1, (1.0, 0.0, 2.0)),
        (lambda w, x: w ** (x * 1e9), (0.5, 1.0, 2.0)),
    ],
    ids=["divide", "exp", "log", "sqrt", "power", "reciprocal", "large"],
)
def test_where_python_raises_the_call_gives_what_eager_gives(function: Any, numbers: Any) -> None:
    """Infinities and NaN, from the state before the call; the program stays for the next one."""

    def of_tensor() -> tuple[list[Tensor], Step]:
        params = leaves(1.5)

        def step(x: float) -> Any:
            (w,) = params
            w.grad = None
            y = function(w, Tensor(x))
            y.backward()
            return y

        return params, step

    def of_argument() -> tuple[list[Tensor], Step]:
        params = leaves(1.5)

        def step(x: float) -> Any:
            (w,) = params
            w.grad = None
            y = function(w, x)
            y.backward()
            return y

        return params, step

    calls = [(x,) for x in numbers]
    for start in (of_tensor, of_argument):
        eager, replayed, compiled = both(start, *calls)
        assert eager == replayed
        assert compiled.traces == 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_after_a_change_an_operation_that_may_raise_is_done_with_care() -> None:
    """After a draw nothing is done twice: the generator advances once a call."""

    def make() -> tuple[list[Tensor], Step]:
        params = leaves(1.5)
        rng = np.random.default_rng(3)

        def step(x: float) -> Any:
            (w,) = params
            w.grad = None
            y = w * ag.as_one(rng.uniform) / x
            y.backward()
            return y

        return params, step

    eager, replayed, compiled = both(make, (2.0,), (0.0,), (1.0,))
    assert eager == replayed
    assert "careful(" in compiled.source


def test_an_error_of_the_users_own_arithmetic_is_raised() -> None:
    """Plain floats divide as Python's do, compiled or not."""
    w = Tensor(1.0, requires_grad=True)
    compiled = compile_(lambda x: w * (1.0 / x))
    assert compiled(2.0).item() == 0.5
    with pytest.raises(ZeroDivisionError):
        compiled(0.0)
    assert compiled(4.0).item() == 0.25


# -- what would leave the program ----------------------------------------------------------------


@pytest.mark.parametrize(
    "leave",
    [
        lambda w: w.item(),
        lambda w: bool(w),
        lambda w: float(w.detach()),
        lambda w: 1 if w * 2 > 1 else 0,
        lambda w: math.exp((w * 2).detach()),
        lambda w: f"{w.detach():.3f}",
    ],
    ids=["item", "bool", "float", "if", "math", "format"],
)
def test_a_number_that_leaves_the_program_is_refused(leave: Any) -> None:
    """A number of a leaf, or of a result, would be another one in the next run."""
    w = Tensor(0.5, requires_grad=True)

    def step() -> Any:
        leave(w)
        return w * 2

    with pytest.raises(ag.errors.TraceError, match="another"):
        compile_(step)()


def test_a_new_value_of_a_tensor_is_read_and_a_new_kind_of_argument_is_traced() -> None:
    """Numbers in tensors are no constants; of the arguments the types are guarded."""
    w = Tensor(0.5, requires_grad=True)
    compiled = compile_(lambda x: w * x)
    assert compiled(2.0).item() == 1.0
    w.data = 3.0
    assert compiled(2.0).item() == 6.0
    assert compiled.traces == 1
    assert compiled(np.float32(2)).dtype == (w * np.float32(2)).dtype
    assert compiled.traces == 2
    w.requires_grad = False
    assert not compiled(2.0).requires_grad


def test_every_replay_can_be_checked() -> None:
    """``check=True`` runs both, on floats and on vectors."""
    for points in (2, 40):
        params, step = a_net(points, "momentum")
        others, plain = a_net(points, "momentum")
        checked = compile_(step, check=True)
        for _ in range(4):
            assert checked().item() == plain().item()
        assert bits(params) == bits(others)


def test_no_warning_where_eager_gives_none() -> None:
    """Python's floats overflow in silence, and so do the vectors that stand for them."""

    def make() -> tuple[list[Tensor], Step]:
        params = leaves(*np.linspace(1, 2, 500).tolist())
        return params, lambda: [p * 1e200 * 1e200 - p * 1e200 * 1e200 for p in params]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        eager, replayed, compiled = both(make, (), ())
    assert eager == replayed
    assert "np.zeros" in compiled.source
