"""What NumPy changes in place in a function is changed at every run, or refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor

sys.path.append(str(Path(__file__).parent))

from both import assert_same, run_both

#: What changes `a`, an array of three; some of them read `x`, another one.
CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "put": lambda a, x: np.put(a, [0, 2], x[:2]),
    "putmask": lambda a, x: np.putmask(a, a > 1, x),
    "place": lambda a, x: np.place(a, a > 0.4, [9.0, 8.0]),
    "put_along_axis": lambda a, x: np.put_along_axis(a, np.array([0]), 5.0, 0),
    "copyto where": lambda a, x: np.copyto(a, 1.0, where=x > 0),
    "fill": lambda a, x: a.fill(2.0),
    "nan_to_num": lambda a, x: np.nan_to_num(a, copy=False),
    "nan_to_num by place": lambda a, x: np.nan_to_num(a, False, 1.0),
    "add.at": lambda a, x: np.add.at(a, [0, 0, 1], x),
    "clip": lambda a, x: np.clip(a, -0.3, 0.3, out=a),
    "method clip": lambda a, x: a.clip(-0.3, 0.3, out=a),
    "out by place": lambda a, x: np.sum(np.stack([a, x]), 0, None, a),
    "sum": lambda a, x: np.sum(np.stack([a, x]), axis=0, out=a),
    "mean": lambda a, x: np.mean(np.stack([a, x]), axis=0, out=a),
    "dot": lambda a, x: np.dot(np.full((3, 3), 2.0), x, out=a),
    "einsum": lambda a, x: np.einsum("ij,j->i", np.eye(3), x, out=a),
    "cumsum": lambda a, x: np.cumsum(x, out=a),
    "concatenate": lambda a, x: np.concatenate([x[1:], x[:1]], out=a),
    "take": lambda a, x: np.take(x, [2, 1, 0], out=a),
    "round": lambda a, x: np.round(x, 1, out=a),
    "add where": lambda a, x: np.add(a, x, out=a, where=x > 0),
    "add dtype": lambda a, x: np.add(a, x, out=a, dtype=np.float32),
    "reduce": lambda a, x: np.add.reduce(np.stack([a, x]), axis=0, out=a),
    "accumulate": lambda a, x: np.add.accumulate(x, out=a),
}


@pytest.mark.parametrize("name", CHANGES)
def test_functions_that_change_an_array(name: str) -> None:
    """Whether the array is an argument, a variable or a weight, and if nobody reads an answer."""
    change = CHANGES[name]

    def makes_argument() -> Any:
        def f(a: Any, x: Any) -> Any:
            change(a, x)
            return a * 2

        return (f,)

    def makes_variable() -> Any:
        a = np.array([1.0, 0.5, 2.0])

        def f(x: Any) -> Any:
            change(a, x)
            return a * 2

        return f, a

    def makes_weight() -> Any:
        w = Tensor([1.0, 0.5, 2.0], requires_grad=True)

        def f(x: Any) -> Any:
            change(w.data, x)
            return (w * 2).detach()

        return f, w

    rng = np.random.default_rng(0)
    xs = [rng.normal(size=3) for _ in range(3)]
    run_both(makes_argument, [(rng.normal(size=3), x) for x in xs])
    run_both(makes_variable, [(x,) for x in xs])
    run_both(makes_weight, [(x,) for x in xs])


def test_gradients_clipped_by_numpy() -> None:
    """``np.clip(g, -c, c, out=g)`` on gradients is done at every run."""

    def make() -> Any:
        w = Tensor(np.ones(3), requires_grad=True)

        def step(x: Any) -> Any:
            w.grad = None
            (w * x).sum().backward()
            np.clip(w.grad.data, -0.1, 0.1, out=w.grad.data)  # type: ignore[union-attr]
            w.data -= w.grad.data  # type: ignore[union-attr]
            return w.detach()

        return step, w

    run_both(make, [(np.array([0.05, -2.0, i]),) for i in range(3)])


def test_the_array_that_is_filled_decides_on_the_dtype() -> None:
    """A float32 sum that goes into a float64 array is a float64 sum, as in NumPy."""

    def f(x: Any, out: Any) -> Any:
        np.sum(x, axis=0, out=out)
        return out + 0

    rng = np.random.default_rng(0)
    run_both(lambda: (f,), [(rng.normal(size=(9, 3)).astype("f4"), np.zeros(3)) for _ in range(3)])


def added(total: Any, x: Any) -> None:
    total += x


def of_two_names(x: Any) -> Any:
    total = np.zeros(3)
    same = total
    total += x
    return total, same


def by_a_function(x: Any) -> Any:
    total = np.zeros(3)
    added(total, x)
    return total.sum()


def in_a_loop(x: Any) -> Any:
    totals = [np.zeros(3), np.zeros(3)]
    for total in totals:
        total += x
    return totals


def of_a_view(x: Any) -> Any:
    total = np.zeros((2, 3))
    row = total[0]
    row += x
    return total


def seen_by_a_view(x: Any) -> Any:
    total = np.zeros((2, 3))
    row = total[0]
    total += x
    return row


def by_out(x: Any) -> Any:
    total = np.zeros(3)
    np.add(total, x, out=total)
    return total.sum()


def by_put(x: Any) -> Any:
    total = np.zeros(3)
    np.put(total, [0], x[0])
    return total


REFUSED = [
    *(of_two_names, by_a_function, in_a_loop, of_a_view, seen_by_a_view, by_out, by_put),
]


@pytest.mark.parametrize("function", REFUSED)
def test_arrays_made_in_the_function(function: Any) -> None:
    """An array of NumPy's own that several hold cannot become a value of the program for all."""
    with pytest.raises(ag.TraceError, match=r"test_in_place.py.*np\.zeros_like"):
        ag.compile(function)(np.ones(3))


def test_a_total_of_one_variable() -> None:
    """``total += x`` is followed for a variable, an item, and what is made like a value."""

    def f(x: Any) -> Any:
        total, items, like = np.zeros(3), {"a": np.ones(3)}, np.zeros_like(x)
        total += x
        total += x * 2
        items["a"] += x
        same = like
        same[0] = x[1]
        like += x
        return total, items["a"], like

    run_both(lambda: (f,), [(np.arange(3.0) + i,) for i in range(3)])


@pytest.mark.parametrize("where", ["list", "dict", "object"])
def test_weights_in_lists(where: str) -> None:
    """Arrays found in lists, dicts and objects are changed by NumPy alone, which is refused."""

    class Holder:
        weights = np.ones(3)

    holder = Holder()
    holder.weights = np.ones(3)
    found = {"list": [np.ones(3)], "dict": {0: np.ones(3)}, "object": [holder.weights]}[where]

    def step(x: Any) -> Any:
        weights = holder.weights if where == "object" else found[0]  # type: ignore[index]
        weights -= x
        return x * 2

    with pytest.raises(ag.TraceError, match="changed in place"):
        ag.compile(step)(np.ones(3))
    np.testing.assert_array_equal(found[0], np.ones(3))  # type: ignore[index]


def test_numpys_own_changes_are_refused_and_undone() -> None:
    """A count in an array in a dict, a closure or an object, which only NumPy sees."""
    held = {"n": np.zeros(1)}
    count = np.zeros(1)

    def in_a_dict(x: Any) -> Any:
        held["n"] += 1
        return x * 2

    def in_a_variable(x: Any) -> Any:
        nonlocal count
        count += 1
        return x * 2

    for function in (in_a_dict, in_a_variable):
        with pytest.raises(ag.TraceError, match=r"changed an array of shape \(1,\)"):
            ag.compile(function)(np.ones(3))
    assert held["n"] == count == 0


def test_containers_that_are_arguments() -> None:
    """New items in lists and dicts that are arguments would be lost at later runs: refused."""

    def appends(items: Any, x: Any) -> Any:
        items.append(x * 2)
        return x

    def sets(items: Any, x: Any) -> Any:
        items["w"] = items["w"] - x
        return items

    for function, given in ((appends, []), (sets, {"w": np.ones(3)})):
        with pytest.raises(ag.TraceError, match="items of an argument"):
            ag.compile(function)(given, np.ones(3))

    def in_place(items: Any, x: Any) -> Any:
        items["w"] -= x
        return x

    compiled, weights = ag.compile(in_place), np.ones(3)
    for n in range(3):
        compiled({"w": weights}, np.ones(3))
        assert_same(weights, np.full(3, 0.0 - n))


def test_errors_of_changes_are_numpys() -> None:
    """A wrong shape or dtype of what is added in place raises what NumPy raises."""

    def f(a: Any, b: Any) -> Any:
        a += b
        return a

    with pytest.raises(ValueError, match="non-broadcastable output"):
        ag.compile(f)(np.ones(3), np.ones((2, 3)))
    with pytest.raises(TypeError, match="cannot cast"):
        ag.compile(f)(np.ones(3, int), np.ones(3))
