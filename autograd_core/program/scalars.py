"""`Number`: stands for a Python float during a trace, on a path as short as can be."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import FLOAT64
from .scalars_record import CODES, MARKED, OPERATIONS
from .tracer import Tracer

if TYPE_CHECKING:
    from .scalars_trace import OfNumbers


class Number(Tracer):
    """A Python float of the program that is being written; weak in NumPy's promotion.

    Where only Python numbers meet, the result is one again, and a row of integers is all that is
    written down. NumPy's scalars are plain `Tracer`s.
    """

    __slots__ = ()
    if TYPE_CHECKING:
        trace: OfNumbers

    shape: tuple[int, ...] = ()
    dtype: np.dtype[Any] = FLOAT64
    ndim = 0
    size = 1
    family = None
    stale = False
    part = None

    def again(self) -> Number:
        return self


def number(trace: OfNumbers, value: Any, slot: int) -> Number:
    """A number in a slot, made without a detour."""
    made = Number.__new__(Number)
    made.trace = trace
    made.value = value
    made.slot = slot
    return made


def _two(name: str, python: Callable[..., Any], truth: bool = False) -> tuple[Any, Any]:
    """The methods ``a · b`` and ``b · a`` of an operator."""
    code = CODES[python]
    _, vector, _, risky = OPERATIONS[code]
    general = getattr(Tracer, f"__{name}__")
    reflected = getattr(Tracer, f"__r{name}__", None)
    make: Any = Tracer if truth else number

    def method(self: Number, other: Any) -> Any:
        trace = self.trace
        kind = type(other)
        if kind is Number:
            z, b = other.value, trace.mine(other).slot
        elif kind is float or kind is int or kind is bool:
            z, b = other, trace.constant(other)
        elif kind is Tracer and type(other.value) in _WEAK:
            z, b = other.value, trace.mine(other).slot
        else:
            return general(self, other)
        try:
            y = python(self.value, z)
        except (ZeroDivisionError, OverflowError):
            y = float(vector(np.float64(self.value), z))
        slot = trace.count
        trace.count = slot + 1
        mark = trace.marks.here() if risky or slot < MARKED or not slot % 11 else 0
        trace.rows.extend((code, slot, self.slot, b, -1, mark))
        if truth:
            trace.kinds[slot] = bool
        return make(trace, y, slot)

    def backwards(self: Number, other: Any) -> Any:
        trace = self.trace
        kind = type(other)
        if kind is float or kind is int:
            z, a = other, trace.constant(other)
        elif kind is Tracer and type(other.value) in _WEAK:
            z, a = other.value, trace.mine(other).slot
        else:
            return reflected(self, other)  # type: ignore[misc]
        try:
            y = python(z, self.value)
        except (ZeroDivisionError, OverflowError):
            y = float(vector(np.float64(z), self.value))
        slot = trace.count
        trace.count = slot + 1
        mark = trace.marks.here() if risky or slot < MARKED or not slot % 11 else 0
        trace.rows.extend((code, slot, a, self.slot, -1, mark))
        return number(trace, y, slot)

    return method, backwards


_WEAK = (int, bool)


def _one(python: Callable[..., Any]) -> Any:
    code = CODES[python]

    def method(self: Number) -> Any:
        trace = self.trace
        slot = trace.count
        trace.count = slot + 1
        trace.rows.extend((code, slot, self.slot, -1, -1, trace.marks.here()))
        return number(trace, python(self.value), slot)

    return method


def _powered(a: Any, b: Any) -> Any:
    """``a ** b`` of numbers, one of them a `Number`."""
    trace = a.trace if type(a) is Number else b.trace
    values = []
    slots = []
    for x in (a, b):
        if isinstance(x, Tracer):
            values.append(x.value)
            slots.append(trace.mine(x).slot)
        else:
            values.append(x)
            slots.append(trace.constant(x))
    try:
        y = values[0] ** values[1]
    except (ZeroDivisionError, OverflowError):
        y = None
    if type(y) is not float:  # complex: where Python leaves the real numbers, NumPy has NaN
        y = float(np.power(np.float64(values[0]), np.float64(values[1])))
    slot = trace.count
    trace.count = slot + 1
    trace.rows.extend((CODES[operator.pow], slot, *slots, -1, trace.marks.here()))
    return number(trace, y, slot)


def _is_plain(x: Any) -> bool:
    """Whether it is, or stands for, a number of Python's."""
    return type(x) in _PYTHON or (type(x) is Tracer and type(x.value) in _WEAK)


def _pow(self: Number, other: Any) -> Any:
    return _powered(self, other) if _is_plain(other) else Tracer.__pow__(self, other)


def _rpow(self: Number, other: Any) -> Any:
    return _powered(other, self) if _is_plain(other) else Tracer.__rpow__(self, other)


_PYTHON = (Number, float, int, bool)

for _name, _python in (
    ("add", operator.add),
    ("sub", operator.sub),
    ("mul", operator.mul),
    ("truediv", operator.truediv),
    ("mod", operator.mod),
    ("floordiv", operator.floordiv),
):
    _forth, _back = _two(_name, _python)
    setattr(Number, f"__{_name}__", _forth)
    setattr(Number, f"__r{_name}__", _back)
    setattr(Number, f"__i{_name}__", _forth)
for _name, _python in (
    ("lt", operator.lt),
    ("le", operator.le),
    ("gt", operator.gt),
    ("ge", operator.ge),
    ("eq", operator.eq),
    ("ne", operator.ne),
):
    setattr(Number, f"__{_name}__", _two(_name, _python, truth=True)[0])
for _name, _method in (
    ("pow", _pow),
    ("ipow", _pow),
    ("rpow", _rpow),
    ("neg", _one(operator.neg)),
    ("pos", _one(operator.pos)),
    ("abs", _one(abs)),
):
    setattr(Number, f"__{_name}__", _method)
