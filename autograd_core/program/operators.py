"""The operators of a `Tracer`: of Python's numbers Python's own, else what NumPy takes."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..tracing import Symbol

_POWER: np.ufunc = np.power

#: The types of Python's numbers, which are weak in NumPy's promotion.
NUMBER = (int, float, bool)


class Owner(Protocol):
    """What a value asks of the trace that it belongs to."""

    def mine(self, tracer: Any) -> Any: ...

    def call(self, function: Any, args: Any, kwargs: Any, effect: bool = False) -> Any: ...

    def update(
        self, target: Any, function: Any, args: Any, kwargs: Any, only: bool = ...
    ) -> Any: ...

    def masked(self, x: Any, index: Any) -> Any: ...

    def ufunc(self, function: Any, inputs: tuple[Any, ...]) -> Any: ...


class Operators(NDArrayOperatorsMixin, Symbol):
    """What a `Tracer` does between operators; it has a value, and belongs to a trace."""

    __slots__ = ()
    if TYPE_CHECKING:
        trace: Owner
        value: Any

    def __pow__(self, other: Any) -> Any:
        x, y = self.value, held(other)
        if type(x) is not np.ndarray and isinstance(y, (*NUMBER, np.generic)):
            if type(other) is type(x):  # a constant of NumPy's, as Python writes it
                other = other.item() if isinstance(other, np.generic) else other
            return self.trace.call(operator.pow, (self, other), {})
        if type(y) in NUMBER:
            if isinstance(other, Operators):  # it may be 2 at this run, and not at the next
                return self.trace.call(operator.pow, (self, other), {})
            ufunc = power_of(x.dtype, y)
            return ufunc(self) if ufunc.nin == 1 else ufunc(self, other)
        return _POWER(self, other)

    def __rpow__(self, other: Any) -> Any:
        numbers = (
            isinstance(held(other), (*NUMBER, np.generic)) and type(self.value) is not np.ndarray
        )
        if numbers:
            return self.trace.call(operator.pow, (other, self), {})
        return _POWER(other, self)

    def __ipow__(self, other: Any) -> Any:
        if type(self.value) is not np.ndarray:
            return self**other
        ufunc = np.power if type(other) not in NUMBER else power_of(self.value.dtype, other)
        given = (self,) if ufunc.nin == 1 else (self, other)
        return ufunc(*given, out=(self,))


def held(x: Any) -> Any:
    """The value of a tracer; anything else as it is."""
    return x.value if isinstance(x, Operators) else x


class _Probe(np.ndarray[Any, Any]):
    """An array that notes which ufunc an operator calls."""

    called: Any = np.power

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        self.called = ufunc
        return self


@functools.lru_cache(maxsize=256, typed=True)
def power_of(dtype: np.dtype[Any], exponent: Any) -> np.ufunc:
    """The ufunc that NumPy takes for ``array ** exponent``: for some exponents a faster one."""
    probe = np.ones(1, dtype).view(_Probe)
    probe**exponent
    return probe.called  # type: ignore[no-any-return]


def _two(python: Callable[..., Any], ufunc: Any) -> Any:
    """An operator, and the same from the right."""

    def method(self: Operators, other: Any) -> Any:
        if type(self.value) in NUMBER and type(held(other)) in NUMBER:
            return self.trace.call(python, (self, other), {})
        return ufunc(self, other)

    def reflected(self: Operators, other: Any) -> Any:
        if type(self.value) in NUMBER and type(held(other)) in NUMBER:
            return self.trace.call(python, (other, self), {})
        return ufunc(other, self)

    return method, reflected


def _in_place(name: str, ufunc: Any) -> Any:
    def method(self: Operators, other: Any) -> Any:
        if type(self.value) is not np.ndarray:  # numbers are not changed in place
            return getattr(self, f"__{name}__")(other)
        return ufunc(self, other, out=(self,))

    return method


def _one(python: Callable[..., Any], ufunc: Any) -> Any:
    def method(self: Operators) -> Any:
        if type(self.value) in NUMBER:
            return self.trace.call(python, (self,), {})
        return ufunc(self)

    return method


_ARITHMETIC: dict[str, tuple[Callable[..., Any], np.ufunc]] = {
    "add": (operator.add, np.add),
    "sub": (operator.sub, np.subtract),
    "mul": (operator.mul, np.multiply),
    "truediv": (operator.truediv, np.true_divide),
    "floordiv": (operator.floordiv, np.floor_divide),
    "mod": (operator.mod, np.remainder),
    "and": (operator.and_, np.bitwise_and),
    "or": (operator.or_, np.bitwise_or),
    "xor": (operator.xor, np.bitwise_xor),
    "lshift": (operator.lshift, np.left_shift),
    "rshift": (operator.rshift, np.right_shift),
}
_COMPARISONS: dict[str, tuple[Callable[..., Any], np.ufunc]] = {
    "lt": (operator.lt, np.less),
    "le": (operator.le, np.less_equal),
    "gt": (operator.gt, np.greater),
    "ge": (operator.ge, np.greater_equal),
    "eq": (operator.eq, np.equal),
    "ne": (operator.ne, np.not_equal),
}
_SIGNS: dict[str, tuple[Callable[..., Any], np.ufunc]] = {
    "neg": (operator.neg, np.negative),
    "pos": (operator.pos, np.positive),
    "abs": (operator.abs, np.absolute),
}

for _name, (_python, _ufunc) in _ARITHMETIC.items():
    _forth, _back = _two(_python, _ufunc)
    setattr(Operators, f"__{_name}__", _forth)
    setattr(Operators, f"__r{_name}__", _back)
    setattr(Operators, f"__i{_name}__", _in_place(_name, _ufunc))
for _name, (_python, _ufunc) in _COMPARISONS.items():
    setattr(Operators, f"__{_name}__", _two(_python, _ufunc)[0])
for _name, (_python, _ufunc) in _SIGNS.items():
    setattr(Operators, f"__{_name}__", _one(_python, _ufunc))
