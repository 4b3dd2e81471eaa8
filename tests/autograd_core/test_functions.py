"""Every public function in all its forms: function, ``np.f``, method, operator; on arrays too."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.primitive import FUNCTIONS

from .calls import Call, M, calls_of, oracle
from .table import noted
from .tolerances import close


def is_float(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.float64)) and x.dtype.kind == "f"


def lift(x: Any, leaves: list[Tensor]) -> Any:
    """`x` with its arrays of floats as leaves, in lists too."""
    if isinstance(x, list) and x and all(is_float(item) for item in x):
        return [lift(item, leaves) for item in x]
    if not is_float(x):
        return x
    leaves.append(Tensor(x, requires_grad=True))
    return leaves[-1]


def lifted(call: Call) -> tuple[list[Any], list[Tensor]]:
    leaves: list[Tensor] = []
    return [lift(a, leaves) for a in call.args], leaves


def parts(y: Any) -> list[Any]:
    return list(y) if isinstance(y, (list, tuple)) else [y]


def data(y: Any) -> Any:
    return y.data if isinstance(y, Tensor) else y


def gradients(y: Any, leaves: list[Tensor]) -> list[Any]:
    """The gradients of Σ cos(k)·y[k], a weight for every element of the output."""
    total: Any = 0.0
    for part in parts(y):
        w = np.cos(np.arange(float(part.size))).reshape(part.shape)
        total = total + (part * w).sum()
    total.backward()
    return [np.zeros(x.shape) if x.grad is None else x.grad.data for x in leaves]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_has_calls(name: str) -> None:
    """No public function is without calls in the tests."""
    assert calls_of(name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_is_numpys(name: str) -> None:
    """On arrays, on constant tensors and on leaves a function gives what NumPy gives."""
    function = FUNCTIONS[name].function
    for call in calls_of(name):
        with noted(call):
            expected = parts(oracle(name)(*call.args, **call.kwargs))
            on_arrays = parts(getattr(ag, name)(*call.args, **call.kwargs))
            for inside in parts(function(*call.args, **call.kwargs)):
                assert not isinstance(inside, Tensor)
            assert not any(isinstance(y, Tensor) for y in on_arrays)
            on_tensors = parts(function(*lifted(call)[0], **call.kwargs))
            assert len(on_tensors) == len(expected)
            for got, plain, want in zip(on_tensors, on_arrays, expected, strict=True):
                close(data(got), want, "on tensors")
                close(plain, want, "on arrays")
                assert np.asarray(data(got)).dtype == np.asarray(want).dtype


@pytest.mark.parametrize("name", [n for n, f in FUNCTIONS.items() if f.numpy])
def test_numpys_function_answers(name: str) -> None:
    """NumPy's function on tensors is ours: a tensor, on the graph, with the same gradients."""
    public = FUNCTIONS[name]
    for call in calls_of(name):
        with noted(call):
            args, leaves = lifted(call)
            y = public.function(*args, **call.kwargs)
            if not leaves:
                continue
            for function in dict.fromkeys(public.numpy):
                args, others = lifted(call)
                z = function(*args, **call.kwargs)
                for a, b in zip(parts(y), parts(z), strict=True):
                    np.testing.assert_array_equal(data(a), data(b))
                    assert type(a) is type(b)
                    if isinstance(a, Tensor):
                        assert a.requires_grad == b.requires_grad
                if any(isinstance(p, Tensor) and p.requires_grad for p in parts(z)):
                    again = public.function(*lifted(call)[0], **call.kwargs)
                    assert type(again) is type(z)
                    args, mine = lifted(call)
                    expected = gradients(public.function(*args, **call.kwargs), mine)
                    for g, h in zip(gradients(z, others), expected, strict=True):
                        np.testing.assert_array_equal(g, h)


METHODS = [(name, m) for name, f in FUNCTIONS.items() for m in f.methods]


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_method_is_the_function(name: str, method: str) -> None:
    """The method gives what the function gives with the tensor as its first argument."""
    for call in calls_of(name):
        first = Tensor(call.args[0]) if np.ndim(call.args[0]) else Tensor(np.array(call.args[0]))
        a = getattr(first, method)(*call.args[1:], **call.kwargs)
        b = FUNCTIONS[name].function(first, *call.args[1:], **call.kwargs)
        for p, q in zip(parts(a), parts(b), strict=True):
            np.testing.assert_array_equal(data(p), data(q))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lists_are_taken_as_arrays(name: str) -> None:
    """A function takes (nested) lists where it takes arrays."""
    for call in calls_of(name):
        args = [
            a.tolist() if isinstance(a, np.ndarray) and a.dtype != bool else a for a in call.args
        ]
        if name == "getitem":
            args[1] = call.args[1]
        if name == "scatter" or any(isinstance(a, np.ndarray) and not a.size for a in call.args):
            continue  # indices are tested by themselves; an empty list has no inner shape
        with noted(call):
            expected = parts(oracle(name)(*call.args, **call.kwargs))
            for got, want in zip(
                parts(FUNCTIONS[name].function(*args, **call.kwargs)), expected, strict=True
            ):
                close(got, want, "on lists")


COMPOSED = [n for n, f in FUNCTIONS.items() if not hasattr(f.function, "primitive")]


@pytest.mark.parametrize("name", COMPOSED)
def test_gradient(name: str) -> None:
    """First and second derivatives of what is composed agree with central differences."""
    function = FUNCTIONS[name].function
    for call in calls_of(name):
        args, leaves = lifted(call)
        outputs = parts(function(*args, **call.kwargs))
        if not leaves or not any(isinstance(y, Tensor) and y.requires_grad for y in outputs):
            continue

        def f(*xs: Any, call: Call = call) -> Any:
            given = iter(xs)

            def fill(a: Any) -> Any:
                if isinstance(a, list) and a and all(is_float(item) for item in a):
                    return [next(given) for _ in a]
                return next(given) if is_float(a) else a

            made = function(*[fill(a) for a in call.args], **call.kwargs)
            total: Any = 0.0
            for part in parts(made):
                w = np.cos(np.arange(float(part.size))).reshape(part.shape)
                total = total + (part * part * w).sum()
            return total

        with noted(call):
            points = tuple(x.data for x in leaves)
            assert ag.gradcheck(f, points, atol=1e-5, second_order=name not in SLOW)


#: First order only: they repeat rows that the op table checks to the second.
SLOW = {"concatenate", "stack", "vstack", "hstack", "column_stack", "pad", "tile", "einsum"}


def test_tensors_as_parameters() -> None:
    """Where NumPy takes integers, tensors of integers do as well."""
    x = Tensor(M, requires_grad=True)
    two, one, zero = Tensor(2), Tensor(1), Tensor(0)
    for got, want in (
        (x.repeat(two), np.repeat(M, 2)),
        (x.repeat(Tensor([1, 2]), axis=zero), np.repeat(M, [1, 2], axis=0)),
        (x.reshape(Tensor([3, 2])), M.reshape(3, 2)),
        (x.reshape(-1, two), M.reshape(-1, 2)),
        (x.sum(axis=one), M.sum(axis=1)),
        (ag.roll(x, one, one), np.roll(M, 1, 1)),
        (ag.tile(x, two), np.tile(M, 2)),
        (ag.pad(x, one), np.pad(M, 1)),
        (x.take(Tensor([1, 1]), axis=1), M.take([1, 1], axis=1)),
        (ag.broadcast_to(x, (two, 2, 3)), np.broadcast_to(M, (2, 2, 3))),
        (ag.array_split(x, two)[0], np.array_split(M, 2)[0]),
        (x.round(one), np.round(M, 1)),
        (x.transpose(one, zero), M.T),
    ):
        np.testing.assert_allclose(got.data, want, rtol=1e-15)
        assert got.requires_grad


# -- operators ----------------------------------------------------------------------------------

OPERATORS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "+": (operator.add, np.add),
    "-": (operator.sub, np.subtract),
    "*": (operator.mul, np.multiply),
    "/": (operator.truediv, np.divide),
    "**": (operator.pow, np.power),
    "//": (operator.floordiv, np.floor_divide),
    "%": (operator.mod, np.remainder),
    "==": (operator.eq, np.equal),
    "!=": (operator.ne, np.not_equal),
    "<": (operator.lt, np.less),
    "<=": (operator.le, np.less_equal),
    ">": (operator.gt, np.greater),
    ">=": (operator.ge, np.greater_equal),
}
OTHER: dict[str, Any] = {
    "array": np.array([[0.5, 2.0, 1.5]]),
    "array of no dimension": np.array(1.5),
    "int array": np.array([1, 2, 3]),
    "float": 1.5,
    "int": 2,
    "bool": True,
    "float32": np.float32(1.5),
    "float64": np.float64(1.5),
    "int64": np.int64(3),
    "list": [1.0, 2.0, 3.0],
    "nested tuple": ((1.0,), (2.0,)),
}


@pytest.mark.parametrize("other", OTHER)
@pytest.mark.parametrize("sign", OPERATORS)
def test_operators(sign: str, other: str) -> None:
    """With numbers, arrays and lists on either side an operator gives a Tensor of NumPy's value."""
    operate, oracle_of = OPERATORS[sign]
    b = OTHER[other]
    for a in (np.array([[0.5, 1.0, 2.5]]), np.float32(0.75) * np.ones((2, 3), np.float32), 0.75):
        x = Tensor(a, requires_grad=True)
        plain = np.float64(a) if isinstance(a, float) else a
        for got, want in (
            (operate(x, b), oracle_of(plain, b)),
            (operate(b, x), oracle_of(b, plain)),
        ):
            assert isinstance(got, Tensor)
            np.testing.assert_array_equal(got.data, want)
            assert got.dtype == np.asarray(want).dtype
            assert got.requires_grad == (sign in ("+", "-", "*", "/", "**", "//", "%"))


def test_matmul_operator() -> None:
    """``@`` works on either side of an array."""
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    x, y = Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)
    for got in (x @ y, a @ y, x @ b, a.tolist() @ y):
        assert isinstance(got, Tensor)
        np.testing.assert_array_equal(got.data, a @ b)


def test_unary_operators() -> None:
    """Signs, absolute value, rounding and divmod are ours."""
    a = np.array([-1.5, 2.25])
    x = Tensor(a, requires_grad=True)
    for got, want in (
        (-x, -a),
        (+x, a),
        (abs(x), abs(a)),
        (round(x), np.round(a)),
        (round(x, 1), np.round(a, 1)),
        (divmod(x, 2)[0], a // 2),
        (divmod(7.0, x)[1], 7.0 % a),
        (~Tensor([True, False]), np.array([False, True])),
        (Tensor([True, False]) & True, np.array([True, False])),
        (Tensor([1, 2]) | 4, np.array([5, 6])),
        (4 ^ Tensor([1, 2]), np.array([5, 6])),
        (x.T, a),
        (Tensor(np.ones((2, 3, 4))).mT, np.ones((2, 4, 3))),
    ):
        np.testing.assert_array_equal(got.data, want)


def test_augmented_assignment_rebinds() -> None:
    """``t += 1`` makes a new tensor; the one that others hold keeps its value and its graph."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x
    y += 1.0
    y *= 2.0
    y -= 1.0
    y /= 2.0
    y **= 2.0
    y @= np.array([1.0, 1.0])
    np.testing.assert_array_equal(x.data, [1.0, 2.0])
    y.backward()
    np.testing.assert_allclose(x.grad.data, 2 * (np.array([1.0, 2.0]) + 0.5))


# -- names --------------------------------------------------------------------------------------

#: Where NumPy's function is written with starred arguments.
OUR_NAMES = {
    "pad": {"constant_values"},
    "reshape": {"shape"},  # "newshape" in NumPy 2.0
    "tile": {"a"},
    "einsum": {"subscripts"},
}


@pytest.mark.parametrize("name", [n for n, f in FUNCTIONS.items() if f.numpy])
def test_parameters_are_named_as_numpys(name: str) -> None:
    """A parameter of ours has NumPy's name for it, so that keywords work with both."""
    public = FUNCTIONS[name]
    try:
        theirs = list(inspect.signature(public.numpy[0]).parameters)
    except ValueError:
        return  # a ufunc, or written in C
    mine = [
        p.name
        for p in inspect.signature(public.function).parameters.values()
        if p.kind not in (p.POSITIONAL_ONLY, p.VAR_KEYWORD) and p.name not in ("args", "operands")
    ]
    missing = [n for n in mine if n not in theirs]
    assert set(missing) <= OUR_NAMES.get(name, set()), f"{missing} are not among {theirs}"


def test_positions_after_ours_are_numpys() -> None:
    """A positional argument of ``np.f`` means what it means to NumPy, whatever our order is."""
    t = Tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    np.testing.assert_array_equal(np.sum(t, 0, None, None, True).data, [[4.0, 7.0]])
    np.testing.assert_array_equal(np.var(t, 0, None, None, 1).data, [2.0, 4.5])
    np.testing.assert_array_equal(np.max(t, 0, None, True).data, [[3.0, 5.0]])
    np.testing.assert_array_equal(np.transpose(t, axes=(1, 0)).data, t.data.T)
    if "shape" in inspect.signature(np.reshape).parameters:
        np.testing.assert_array_equal(np.reshape(t, shape=(4,)).data, t.data.ravel())
    np.testing.assert_array_equal(np.mean(t, axis=0, dtype=None, out=None).data, [2.0, 3.5])
    for call in (
        lambda: np.sum(t, 0, np.float32),
        lambda: np.mean(t, axis=0, dtype=np.float32),
        lambda: np.sum(t, initial=1.0),
        lambda: np.std(t, where=np.array([True, False])),
    ):
        with pytest.raises(ag.errors.UnsupportedError, match="argument"):
            call()
