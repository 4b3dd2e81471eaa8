"""The in-place form of an update rule, which is written from the rule."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from optim import SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop, _blocks
from optim._written import written
from optim.groups import Rule

W = [3.0, -1.0]


def rule_of(make: Callable[..., Optimizer], **settings: Any) -> Rule:
    parameter = ag.tensor(W, requires_grad=True)
    return make([parameter], lr=0.01, **settings).param_groups[0].rule


RULES: dict[str, Callable[[], Rule]] = {
    "SGD": lambda: rule_of(SGD),
    "SGD, decay": lambda: rule_of(SGD, weight_decay=0.1),
    "momentum": lambda: rule_of(SGD, momentum=0.9, weight_decay=0.1),
    "nesterov": lambda: rule_of(SGD, momentum=0.9, nesterov=True),
    "average": lambda: rule_of(SGD, momentum=0.9, momentum_form="average", nesterov=True),
    "torch": lambda: rule_of(SGD, momentum=0.9, momentum_form="torch", dampening=0.2),
    "Adam": lambda: rule_of(Adam),
    "Adam, outside": lambda: rule_of(Adam, eps_inside_sqrt=False, weight_decay=0.1),
    "AdamW": lambda: rule_of(AdamW),
    "Adagrad": lambda: rule_of(Adagrad, lr_decay=0.1),
    "Adadelta": lambda: rule_of(Adadelta),
    "RMSprop": lambda: rule_of(RMSprop, momentum=0.9, centered=True),
}


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", RULES)
def test_bit_for_bit(name: str, dtype: str) -> None:
    """In place an optimizer's rule takes the steps of the rule itself, to the last bit."""
    rule = RULES[name]()
    in_place = written(rule)
    assert in_place is not None
    rng = np.random.default_rng(0)
    w = rng.normal(size=50).astype(dtype)
    state = [np.full(50, start, dtype) for start in rule.state.values()]
    mine, places = w.copy(), [array.copy() for array in state]
    for t in range(1, 6):
        g = rng.normal(size=50).astype(dtype)
        given = g.copy()
        step, state = rule.update(w, g, *state, t=t, lr=0.01 * t, **rule.settings)
        w = w - step
        in_place.apply(mine, g, *places, in_place.constants(t, 0.01 * t, w.dtype))
        np.testing.assert_array_equal(mine, w)
        np.testing.assert_array_equal(g, given)
        for place, value in zip(places, state, strict=True):
            np.testing.assert_array_equal(place, value)


def _looks(w: Any, g: Any, *, t: Any, lr: Any) -> Any:
    return (lr * g if np.abs(g).max() > 1 else g), ()


def _counts(w: Any, g: Any, *, t: Any, lr: Any) -> Any:
    return (g if t > 2 else lr * g), ()


def _swaps(w: Any, g: Any, a: Any, b: Any, *, t: Any, lr: Any) -> Any:
    return lr * g, (a + g, a)


def _hands_on(w: Any, g: Any, a: Any, *, t: Any, lr: Any) -> Any:
    return lr * g, (w,)


def _infinite(w: Any, g: Any, *, t: Any, lr: Any) -> Any:
    return g * float("inf"), ()


@pytest.mark.parametrize("update", [_looks, _counts, _swaps, _hands_on, _infinite])
def test_what_is_not_foreseen_runs_as_it_is(update: Any) -> None:
    """A rule that branches, hands its state around or computes with infinity is not rewritten."""
    state = {_swaps: {"a": 0.0, "b": 0.0}, _hands_on: {"a": 0.0}}.get(update, {})
    assert written(Rule(update, state, {})) is None


def test_state_that_is_an_input() -> None:
    """A rule may keep the last gradient as it is."""

    def update(w: Any, g: Any, a: Any, *, t: Any, lr: Any) -> Any:
        return lr * (g + a), (g,)

    in_place = written(Rule(update, {"a": 0.0}, {}))
    w, g, a = np.array([1.0, 2.0]), np.array([10.0, 20.0]), np.array([10.0, 0.0])
    assert in_place is not None
    in_place.apply(w, g, a, in_place.constants(1, 0.1, w.dtype))
    np.testing.assert_array_equal(a, g)
    np.testing.assert_array_equal(w, [-1.0, 0.0])


class Own(Optimizer):
    """W ← W − η g / (|g| + 1), the rule of a user."""

    def __init__(self, params: Any, lr: Any, update: Any) -> None:
        self.update = update
        super().__init__(params, {"lr": lr})

    @classmethod
    def rule(cls, settings: dict[str, Any]) -> Rule:
        return Rule(lambda w, g, *, t, lr: (lr * g / (ag.abs(g) + 1), ()), {}, {})


def test_rule_of_a_user() -> None:
    """A rule in the library's functions is rewritten too, and does what it says."""
    parameter = ag.tensor([1.0, 2.0], requires_grad=True)
    optimizer = Own([parameter], 0.5, None)
    assert optimizer.param_groups[0].in_place is not None
    parameter.grad = np.array([-1.0, 3.0])
    optimizer.step()
    np.testing.assert_array_equal(parameter.numpy(), [1.25, 1.625])


def test_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large parameters, and those that do not lie in one piece, take the same steps."""
    rng = np.random.default_rng(1)
    values, slopes = rng.normal(size=(7, 30)), rng.normal(size=(3, 7, 30))
    results = []
    for block, order in ((2**16, "C"), (16, "C"), (16, "F")):
        monkeypatch.setattr(_blocks, "BLOCK", block)
        array = np.array(values, order=order)  # type: ignore[call-overload]
        parameter = ag.Tensor(array, requires_grad=True, copy=False)
        optimizer = Adam([parameter], lr=0.1)
        for slope in slopes:
            parameter.grad = slope
            optimizer.step()
        results.append(parameter.numpy().copy())
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_pickle() -> None:
    """A parameter group can be pickled, and still updates in place."""
    parameter = ag.tensor(W, requires_grad=True)
    optimizer = pickle.loads(pickle.dumps(SGD([parameter], lr=0.5)))
    (copy,) = optimizer.param_groups[0].params
    assert optimizer.param_groups[0].in_place is not None
    copy.grad = np.array([1.0, 1.0])
    optimizer.step()
    np.testing.assert_array_equal(copy.numpy(), [2.5, -1.5])


def test_failing_number_changes_nothing() -> None:
    """Where a number of the rule cannot be computed, weights and state stay as they were."""

    def update(w: Any, g: Any, V: Any, *, t: Any, lr: Any) -> Any:
        V = V + g
        return V * (1 / (t - 1)), (V,)

    in_place = written(Rule(update, {"V": 0.0}, {}))
    assert in_place is not None
    with pytest.raises(ZeroDivisionError):
        in_place.constants(1, 0.1, np.dtype(float))
