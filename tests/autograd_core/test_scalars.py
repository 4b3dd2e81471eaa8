"""Graphs of numbers: as exact as arrays, of the same dtype, and with NumPy's infinities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ArgumentError
from autograd_core.graph import ArrayNode, ScalarNode

from .tolerances import close


def leaf(value: Any) -> Tensor:
    return Tensor(value, requires_grad=True)


def slopes(f: Any, *values: float) -> list[float]:
    """The gradient of f at numbers."""
    xs = [leaf(v) for v in values]
    f(*xs).backward()
    return [x.grad.item() for x in xs]


def test_a_number_is_held_as_a_number() -> None:
    """A float64 scalar is a Python float inside, and NumPy's scalar outside; others are NumPy's."""
    for value in (2.0, np.float64(2.0), np.array(2.0)):
        x = Tensor(value)
        assert type(x._value) is float
        assert type(x.data) is np.float64
        assert (x.shape, x.dtype, x.ndim, x.size, x.item()) == ((), np.float64, 0, 1, 2.0)
        assert x.numpy().shape == ()
    assert type(Tensor(np.float32(2.0))._value) is np.float32
    assert Tensor(2).dtype == np.int64
    assert Tensor(True).dtype == np.bool_


def test_reductions_give_numbers() -> None:
    """What has no dimension is a number again, with every operation that can make it so."""
    x = leaf(np.arange(1.0, 5.0))
    for y in (x.sum(), x.mean(), x[0], x @ x, x.max(), x.prod(), x.norm(), x[:1].reshape(())):
        assert type(y._value) is float
        y.backward()
        assert x.grad.shape == (4,)
    single = leaf(2.0)
    ag.stack([single, single]).sum().backward()
    assert type(single.grad._value) is float


def test_nodes_of_numbers() -> None:
    """A graph of floats is made of nodes that remember nothing but floats."""
    x = leaf(2.0)
    y = ag.tanh(x * 3 + 1.0) ** 2
    nodes = ag.graph.topological((y.node,))
    assert [type(n) for n in nodes[1:]] == [ScalarNode] * (len(nodes) - 1)
    assert type((leaf([2.0]) * 3).node) is ArrayNode


def test_python_numbers_are_weak() -> None:
    """Integers, floats and truths of Python on either side do not change a number's dtype."""
    for kind in (np.float32, np.float64):
        x = leaf(kind(2.0))
        for other in (3, 3.0, True):
            for y in (x * other, other * x, x + other, other - x, x / other, x**other):
                assert y.dtype == kind
                y.backward()
                assert x.grad.dtype == kind


def test_mixed_precision() -> None:
    """A number of each precision: the value is wide, each gradient has its own leaf's dtype."""
    for f in (ag.add, ag.subtract, ag.multiply, ag.divide, ag.power, ag.maximum, ag.hypot):
        narrow, wide = leaf(np.float32(1.5)), leaf(0.75)
        for a, b in ((narrow, wide), (wide, narrow)):
            narrow.grad = wide.grad = None
            y = f(a, b)
            assert y.dtype == np.float64
            y.backward()
            assert narrow.grad.dtype == np.float32
            assert wide.grad.dtype == np.float64
            z = f(a, b)
            (z * z).backward(create_graph=True)
            assert narrow.grad.dtype == np.float32


def test_number_with_array() -> None:
    """A number joins arrays by broadcasting; its gradient is summed to a number."""
    x, a = leaf(2.0), leaf(np.ones((2, 3)))
    (x * a + a / x).sum().backward()
    assert x.grad.item() == pytest.approx(6 - 6 / 4)
    assert type(x.grad._value) is float
    assert a.grad.shape == (2, 3)


@pytest.mark.filterwarnings("ignore:.* encountered in:RuntimeWarning")
@pytest.mark.parametrize(
    ("f", "x", "value", "slope"),
    [
        (ag.sqrt, 0.0, 0.0, math.inf),
        (ag.log, 0.0, -math.inf, math.inf),
        (ag.log, -1.0, math.nan, -1.0),
        (ag.reciprocal, 0.0, math.inf, -math.inf),
        (lambda x: 1 / x, 0.0, math.inf, -math.inf),
        (lambda x: x / 0, 1.0, math.inf, math.inf),
        (lambda x: x**0.5, 0.0, 0.0, math.inf),
        (lambda x: x**0, 0.0, 1.0, 0.0),
        (lambda x: x**1, 0.0, 0.0, 1.0),
        (lambda x: x**2, 0.0, 0.0, 0.0),
        (lambda x: x**-1, 0.0, math.inf, -math.inf),
        (lambda x: x**0.5, -1.0, math.nan, math.nan),
        (lambda x: x**3, -2.0, -8.0, 12.0),
        (lambda x: 0.0**x, 2.0, 0.0, 0.0),
        (ag.exp, 1e4, math.inf, math.inf),
        (ag.cosh, 1e4, math.inf, math.inf),
        (ag.square, 1e200, math.inf, 2e200),
        (ag.arcsin, 1.0, math.pi / 2, math.inf),
        (ag.arctanh, 1.0, math.inf, math.inf),
        (ag.arccosh, 1.0, 0.0, math.inf),
        (ag.absolute, 0.0, 0.0, 0.0),
        (ag.relu, 0.0, 0.0, 0.0),
        (ag.sigmoid, 1e4, 1.0, 0.0),
        (ag.sigmoid, -1e4, 0.0, 0.0),
        (ag.tanh, 1e4, 1.0, 0.0),
        (ag.erf, 1e4, 1.0, 0.0),
        (lambda x: ag.hypot(x, 0.0), 0.0, 0.0, math.nan),
        (lambda x: ag.arctan2(x, 0.0), 0.0, 0.0, math.nan),
        (lambda x: ag.logaddexp(x, 1e4), -1e4, 1e4, 0.0),
        (lambda x: ag.maximum(x, 1.0), 1.0, 1.0, 0.5),
        (lambda x: ag.minimum(x, math.nan), 1.0, math.nan, 1.0),
        (lambda x: ag.clip(x, 0, 1), 1.0, 1.0, 1.0),
        (lambda x: x % 1.0, 2.5, 0.5, 1.0),
        (lambda x: x // 1.0, 2.5, 2.0, 0.0),
        (lambda x: x * math.inf, 0.0, math.nan, math.inf),
    ],
)
def test_at_the_edge(f: Any, x: float, value: float, slope: float) -> None:
    """At a pole, a kink or an overflow, numbers and arrays agree, in value and derivative."""
    for point in (x, [x]):
        a = leaf(point)
        y = f(a)
        np.testing.assert_allclose(np.ravel(y.data), [value])
        y.backward()
        np.testing.assert_allclose(np.ravel(a.grad.data), [slope])


@pytest.mark.filterwarnings("ignore:.* encountered in:RuntimeWarning")
@pytest.mark.parametrize("f", [ag.sqrt, lambda x: x**0.5, lambda x: ag.hypot(x, x)])
def test_at_the_edge_in_every_walk(f: Any) -> None:
    """A derivative that divides by zero is no exception in any walk."""
    for options in ({"create_graph": True}, {"retain_graph": True}):
        x = leaf(0.0)
        f(x).backward(**options)
        assert not math.isfinite(x.grad.item())
    x = leaf(0.0)
    with ag.keep_values():
        f(x).backward()
    assert not math.isfinite(x.grad.item())
    assert not math.isfinite(ag.jvp(f, 0.0, 1.0)[1].item())


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e2, 1e3, 1e4])
def test_exact_at_large_arguments(size: float, kind: Any) -> None:
    """Sigmoid, softmax and their logarithms are exact at ±10⁴, and nothing warns."""
    a = np.array([-size, 0.0, size], kind)
    x = leaf(a)
    y = ag.sigmoid(x)
    assert y.tolist() == pytest.approx([0.0, 0.5, 1.0], abs=1e-40)
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx([0.0, 0.25, 0.0], abs=1e-40)
    for f, value, gradient in (
        (lambda x: ag.softmax(x)[2], 1.0, [0.0, 0.0, 0.0]),
        (lambda x: ag.log_softmax(x)[0], -2 * size, [1.0, 0.0, -1.0]),
        (ag.logsumexp, size, [0.0, 0.0, 1.0]),
        (lambda x: ag.logaddexp(x[0], x[2]), size, [0.0, 0.0, 1.0]),
        (lambda x: ag.logaddexp(0.0, -x)[0], size, [-1.0, 0.0, 0.0]),
        (lambda x: ag.tanh(x)[2], 1.0, [0.0, 0.0, 0.0]),
        (lambda x: ag.erf(x)[0], -1.0, [0.0, 0.0, 0.0]),
        (lambda x: ag.expm1(x[:1])[0], -1.0, [0.0, 0.0, 0.0]),
        (lambda x: ag.norm(x), math.sqrt(2) * size, [-math.sqrt(0.5), 0.0, math.sqrt(0.5)]),
    ):
        x = leaf(a)
        y = f(x)
        y.backward()
        assert y.item() == pytest.approx(value, rel=1e-6)
        assert x.grad.tolist() == pytest.approx(gradient, rel=1e-6, abs=1e-40)
        assert x.grad.dtype == kind


def test_warnings_are_numpys() -> None:
    """A division by zero warns as NumPy's does, forward and backward."""
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        y = 1 / leaf(0.0)
    assert y.item() == math.inf
    z = ag.sqrt(leaf(0.0))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        z.backward()


def test_integers_too_large_are_refused() -> None:
    """An integer that no float holds raises our error, with its size instead of its digits."""
    for x in (leaf(1.0), leaf([1.0])):
        with pytest.raises(ArgumentError, match="1329 bits"):
            x * 10**400


def test_accumulation_never_writes_into_what_is_shared() -> None:
    """A number's gradient that arrives as a view of an array is added to beside the array."""
    a = leaf(1.0)
    y = a * 3.0
    seed = np.array([10.0, 20.0])
    ag.stack([a, y]).backward(Tensor(seed, copy=False))
    assert a.grad.item() == 70.0
    assert seed.tolist() == [10.0, 20.0]
    a, b = leaf(1.0), leaf(2.0)
    s = a + b
    (ag.where(True, s, 0.0) + a * 3.0).backward()
    assert (a.grad.item(), b.grad.item()) == (4.0, 1.0)


OPERATIONS: list[Any] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (b * b + 1),
    lambda a, b: (a * a + 0.5) ** b,
    lambda a, b: a**3,
    lambda a, b: ag.tanh(a),
    lambda a, b: ag.sigmoid(a) * b,
    lambda a, b: ag.maximum(a, b),
    lambda a, b: ag.relu(a) + 0.1 * b,
    lambda a, b: ag.log1p(a * a),
    lambda a, b: ag.sin(a) * ag.cos(b),
    lambda a, b: ag.logaddexp(a, b),
    lambda a, b: ag.arctan2(a, b * b + 1),
    lambda a, b: -abs(a),
]
STEPS = st.lists(
    st.tuples(st.integers(0, len(OPERATIONS) - 1), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=80)
@given(STEPS)
def test_random_graphs(steps: list[tuple[int, int, int]]) -> None:
    """Any graph of numbers has the value, gradient and second derivative of the graph of arrays."""

    def f(*xs: Any) -> Any:
        values = list(xs)
        for op, i, j in steps:
            made = OPERATIONS[op](values[i % len(values)], values[j % len(values)])
            values.append(ag.tanh(made))
        total = values[-1] * 1.5
        for v in values:
            total = total + v
        return total

    points = (0.7, -1.3)
    numbers = [leaf(p) for p in points]
    arrays = [leaf([p]) for p in points]
    y, z = f(*numbers), f(*arrays)
    close(y.data, z.data[0], "value", scale=100)
    y.backward()
    z.backward()
    for a, b in zip(numbers, arrays, strict=True):
        close(a.grad.data, b.grad.data[0], "gradient", scale=1000)
    first = ag.grad(f, (0, 1))

    def slope(*xs: Any) -> Any:
        g, h = first(*xs)
        return (g * 2.0 + h).sum()

    for a, b in zip(
        ag.grad(slope, (0, 1))(*points),
        ag.grad(lambda *xs: slope(*xs), (0, 1))(*[np.array([p]) for p in points]),
        strict=True,
    ):
        close(a.data, np.ravel(b.data)[0], "second derivative", scale=1e5)


def test_slopes_by_hand() -> None:
    """The README's kind of example, by hand: (x·y + sin x)² at (2, 3)."""
    inside = 2 * 3 + math.sin(2)
    got = slopes(lambda x, y: (x * y + ag.sin(x)) ** 2, 2.0, 3.0)
    assert got == pytest.approx([2 * inside * (3 + math.cos(2)), 2 * inside * 2], rel=1e-15)
