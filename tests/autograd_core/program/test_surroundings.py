"""What a function finds around it is watched; what a program cannot do again is refused."""

from __future__ import annotations

import itertools
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

import autograd_core as ag

sys.path.append(str(Path(__file__).parent))

from both import assert_same

X = np.arange(3.0)


@dataclass(slots=True)
class Slotted:
    """Settings without a ``__dict__``."""

    scale: float = 2.0
    inner: Any = None


class Settings:
    """A class whose attributes are settings."""

    scale = 2.0


class Special(Settings):
    """Has the attribute of its base."""


class Table:
    """Looks up by Python's own methods."""

    def __init__(self) -> None:
        self.held = {"scale": 2.0}

    def __getitem__(self, name: str) -> float:
        return self.held[name]

    def __getattr__(self, name: str) -> float:
        if name == "held":
            raise AttributeError(name)
        return self.held[name]


def watched() -> dict[str, tuple[Callable[[Any], Any], Callable[[], None]]]:
    """Functions, and what changes something that they look at."""
    slotted, deep = Slotted(), Slotted(inner=Slotted())
    deep.inner.inner = deep  # a cycle
    space, table, recent = SimpleNamespace(scale=2.0), Table(), deque([2.0], maxlen=2)
    holder = SimpleNamespace(mask=np.ones(3))
    held = {"mask": np.ones(3)}

    def by_default(x: Any, *, settings: Any = slotted) -> Any:
        return x * settings.scale

    def attribute(x: Any) -> Any:
        return x * attribute.scale  # type: ignore[attr-defined]

    attribute.scale = 2.0  # type: ignore[attr-defined]
    return {
        "slots": (lambda x: x * slotted.scale, lambda: setattr(slotted, "scale", 3.0)),
        "slots by default": (by_default, lambda: setattr(slotted, "scale", 4.0)),
        "deep slots": (
            lambda x: x * deep.inner.inner.inner.scale,
            lambda: setattr(deep.inner, "scale", 3.0),
        ),
        "getattr": (lambda x: x * getattr(space, "scale"), lambda: setattr(space, "scale", 3.0)),  # noqa: B009
        "vars": (lambda x: x * vars(space)["scale"], lambda: setattr(space, "scale", 4.0)),
        "base class": (lambda x: x * Special.scale, lambda: setattr(Settings, "scale", 3.0)),
        "getitem": (lambda x: x * table["scale"], lambda: table.held.update(scale=3.0)),
        "own getattr": (lambda x: x * table.scale, lambda: table.held.update(scale=4.0)),
        "deque": (lambda x: x * sum(recent), lambda: recent.append(3.0)),
        "attribute of the function": (attribute, lambda: setattr(attribute, "scale", 3.0)),
        "array in an object": (lambda x: x * (holder.mask * 2), lambda: holder.mask.fill(3.0)),
        "array in a dict": (lambda x: x * held["mask"].sum(), lambda: held["mask"].fill(3.0)),
        "element of an array": (
            lambda x: x if held["mask"][0] > 3 else -x,
            lambda: held["mask"].fill(4.0),
        ),
    }


@pytest.mark.parametrize("name", watched())
def test_what_is_watched(name: str) -> None:
    """After a change the function is traced anew, and before it is not."""
    function, change = watched()[name]
    compiled = ag.compile(function)
    for _ in range(3):
        assert_same(function(X), compiled(X))
    assert compiled.traces == 1
    change()
    for _ in range(3):
        assert_same(function(X), compiled(X))
    assert compiled.traces == 2
    Settings.scale = 2.0


class Counting(ag.Function):
    """Counts its calls, where a program would not count."""

    calls: ClassVar[int] = 0

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        Counting.calls += 1
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2


def refused() -> dict[str, Callable[[Any], Any]]:
    """Functions that change what no program would change again."""
    long, recent, slotted = list(range(1000)), deque(maxlen=5), Slotted()
    numbers, batches, letters = itertools.count(), iter([X, X]), (c for c in "abc")

    def counts(x: Any) -> Any:
        counts.calls = getattr(counts, "calls", 0) + 1  # type: ignore[attr-defined]
        return x

    def of_slots(x: Any) -> Any:
        slotted.scale += 1
        return x * slotted.scale

    return {
        "long list": lambda x: long.append(1) or x,  # type: ignore[func-returns-value]
        "deque": lambda x: recent.append(1) or x,  # type: ignore[func-returns-value]
        "slots": of_slots,
        "attribute of the function": counts,
        "count": lambda x: x * next(numbers),
        "iterator": lambda x: x * next(batches),
        "generator": lambda x: x if next(letters) else -x,
        "Function": lambda x: Counting.apply(ag.Tensor(x)),
    }


@pytest.mark.parametrize("name", refused())
def test_what_a_program_would_not_do_again(name: str) -> None:
    """Counting, appending and taking the next item are refused, as a program would forget them."""
    with pytest.raises(ag.TraceError, match=r"changed|next item"):
        ag.compile(refused()[name])(X)


KINDS: dict[str, Callable[[Any], Any]] = {
    "isinstance": lambda x: x * 2 if isinstance(x, np.ndarray) else x * 3,
    "isinstance of a float": lambda x: x * 2 if isinstance(x, float) else x * 3,
    "isinstance of NumPy's": lambda x: x * 2 if isinstance(x, np.generic) else x * 3,
    "isscalar": lambda x: x * 2 if np.isscalar(x) else x * 3,
    "type": lambda x: x * 2 if type(x) is np.ndarray else x * 3,
    "type of a float": lambda x: x * 2 if type(x) is float else x * 3,
    "class": lambda x: x * 2 if x.__class__ is np.ndarray else x * 3,
    "types of others": lambda x: x * 2 if isinstance(int, type) and type("") is str else x * 3,  # noqa: UP003
    "new type": lambda x: x * type("New", (), {"scale": 2.0}).scale,  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("x", [X, 1.5, np.float32(1.5)], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("name", KINDS)
def test_questions_for_types(name: str, x: Any) -> None:
    """What a value is an instance of is answered as for the value itself."""
    compiled = ag.compile(KINDS[name])
    for _ in range(3):
        assert_same(KINDS[name](x), compiled(x))


def test_a_value_is_no_key() -> None:
    """A look-up of a value in a dict or set depends on the value, and is refused."""
    with pytest.raises(ag.TraceError, match="dict or set"):
        ag.compile(lambda x: {1.5: 1.0}.get(x, 0.0))(1.5)


def test_copies_of_values() -> None:
    """``copy`` and ``deepcopy`` of a value are values in memory of their own."""
    import copy

    def f(x: Any, items: Any) -> Any:
        other, third = copy.deepcopy(x), copy.copy(x)
        third += 1
        return other, third, x, copy.deepcopy(items)[0] * 2

    compiled = ag.compile(f)
    for i in range(3):
        assert_same(f(X + i, [X]), compiled(X + i, [X]))


def test_rules_of_users_are_compiled() -> None:
    """An operation with a derivative by `custom` becomes lines of the program."""

    @ag.custom(lambda g, y, x: g * 3 * x**2)
    def cube(x: Any) -> Any:
        return x**3

    function = ag.value_and_grad(lambda x: (cube(x) * x).sum())
    compiled = ag.compile(function)
    for i in range(3):
        assert_same(function(X + i), compiled(X + i))
    assert compiled.traces == 1


def test_messages_of_numpys_arrays() -> None:
    """Where NumPy would put values into an array of its own, the error says what to write."""

    def fills(x: Any) -> Any:
        out = np.zeros(3)
        for i in range(3):
            out[i] = x[i]
        return out

    for function in (fills, lambda x: np.array([x[0], x[1]]), np.asarray):
        with pytest.raises(ag.TraceError, match=r"np\.stack.*np\.zeros_like"):
            ag.compile(lambda x, function=function: function(x))(X)


def test_times() -> None:
    """Dates and durations are computed with in memory of their own dtypes."""

    def days(x: Any, times: Any) -> Any:
        return x * (times - times[0]).astype(float), (times - times[0]) * 2

    compiled = ag.compile(days)
    for i in range(3):
        times = np.arange("2020-01-01", "2020-01-04", dtype="M8[D]") + i * np.arange(3)
        assert_same(days(X, times), compiled(X, times))


def test_tiles() -> None:
    """`tile`, which asks NumPy whether it made a view, is compiled."""
    function = ag.value_and_grad(lambda x: (ag.tile(x, 2) * np.arange(6.0)).sum())
    compiled = ag.compile(function)
    for i in range(3):
        assert_same(function(X + i), compiled(X + i))
