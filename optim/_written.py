"""The in-place form of an update rule, written from the rule itself.

A rule is a pure function of arrays, in which each operation allocates. Run once on symbols, it
tells what it computes; from that two functions are written that do the same, bit for bit: one of
the numbers, and one of the arrays, where the new state goes to the place of the old one, and the
rest into a few arrays that are used again. Adam then takes two thirds of the time on large
weights. SGD with weight decay becomes::

    def numbers(t, lr):
        return 0.01, lr

    def apply(w, g, c):
        c0, c1 = c
        r0 = multiply(c0, w)
        add(g, r0, out=r0)
        multiply(c1, r0, out=r0)
        subtract(w, r0, out=w)
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from math import isfinite
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

if TYPE_CHECKING:
    from .groups import Rule

#: What is elementwise, and of floats gives floats.
_KNOWN = (
    *(np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum),
    *(np.negative, np.sqrt, np.square, np.absolute, np.sign, np.reciprocal, np.exp, np.log),
)

#: What NumPy itself takes for the operator ``**``.
_POWERS = {2: np.square, 0.5: np.sqrt}


class _Unknown(Exception):
    """The rule does what is not foreseen here; it runs as it is."""


def _sign(sign: str, swapped: bool = False) -> Callable[[_Number, Any], Any]:
    """The operator of numbers that is written with this sign."""

    def operator(self: _Number, other: Any) -> Any:
        if type(other) not in (_Number, int, float):
            return NotImplemented
        a, b = (other, self) if swapped else (self, other)
        return _Number(f"({_words(a)} {sign} {_words(b)})")

    return operator


class _Number:
    """t, η, or what was computed from them: an expression of Python numbers."""

    __slots__ = ("words",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, words: str) -> None:
        self.words = words

    def __bool__(self) -> bool:
        raise _Unknown

    __add__, __radd__ = _sign("+"), _sign("+", True)
    __sub__, __rsub__ = _sign("-"), _sign("-", True)
    __mul__, __rmul__ = _sign("*"), _sign("*", True)
    __truediv__, __rtruediv__ = _sign("/"), _sign("/", True)
    __pow__, __rpow__ = _sign("**"), _sign("**", True)
    __lt__, __le__, __gt__, __ge__ = _sign("<"), _sign("<="), _sign(">"), _sign(">=")
    __eq__, __ne__ = _sign("=="), _sign("!=")

    def __neg__(self) -> _Number:
        return _Number(f"(-{self.words})")


class _Array(NDArrayOperatorsMixin):
    """An array of the parameter's shape; what is done to it becomes a line."""

    __slots__ = ("lines", "name")

    def __init__(self, name: str, lines: list[_Line]) -> None:
        self.name = name
        self.lines = lines

    def __bool__(self) -> bool:
        raise _Unknown

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc not in _KNOWN:
            raise _Unknown
        for x in inputs:
            if not (isfinite(x) if type(x) in (int, float) else type(x) in (_Array, _Number)):
                raise _Unknown
        self.lines.append(_Line(ufunc, inputs, f"y{len(self.lines)}"))
        return _Array(self.lines[-1].name, self.lines)

    def __pow__(self, other: Any) -> Any:
        if type(other) not in (int, float) or other not in _POWERS:
            raise _Unknown
        return _POWERS[other](self)


class _Line(NamedTuple):
    """``ufunc(*inputs)``, and the name of what it makes."""

    ufunc: Any
    inputs: tuple[Any, ...]
    name: str


def _words(x: Any) -> str:
    return x.words if type(x) is _Number else x.name if type(x) is _Array else repr(x)


class InPlace(NamedTuple):
    """What was written.

    Attributes
    ----------
    numbers : callable
        ``numbers(t, lr)``, a tuple of numbers. If one cannot be computed, nothing was changed yet.
    apply : callable
        ``apply(w, g, *state, constants)`` with the answer of `constants`.
    """

    numbers: Callable[[Any, Any], tuple[Any, ...]]
    apply: Callable[..., None]

    def constants(self, t: Any, lr: Any, dtype: np.dtype[Any]) -> tuple[Any, ...]:
        """The numbers as arrays of no dimension, which NumPy takes faster than Python's."""
        return tuple([np.array(number, dtype) for number in self.numbers(t, lr)])


def written(rule: Rule) -> InPlace | None:
    """The in-place form of a rule, or None for one that does more than elementwise arithmetic."""
    what = rule.update, tuple(rule.state), tuple(rule.settings.items())
    # Remembered, as programs often set η at every step; but what a closure holds is not kept.
    remembered = isinstance(rule.update, FunctionType) and rule.update.__closure__ is None
    try:
        return _remembered(*what) if remembered else _written(*what)
    except TypeError:  # settings that cannot be a key
        return _written(*what)


def _written(
    update: Callable[..., Any], state: tuple[str, ...], settings: tuple[tuple[str, Any], ...]
) -> InPlace | None:
    lines: list[_Line] = []
    given = ["w", "g", *[f"s{i}" for i in range(len(state))]]
    symbols = [_Array(name, lines) for name in given]
    try:
        step, new = update(*symbols, t=_Number("t"), lr=_Number("lr"), **dict(settings))
        results = (step, *new)
        if len(new) != len(state) or not all(type(x) is _Array for x in results):
            return None
        if ({x.name for x in new} - {"g"}) & set(given):  # it would be overwritten too early
            return None
    except Exception:  # the rule itself is run instead, and raises again what is its own
        return None
    ends = {place: value.name for place, value in zip(given[2:], new, strict=True)}
    lines.append(_Line(np.subtract, (symbols[0], step), "w"))
    numbers: dict[str, str] = {}
    for line in lines:
        for x in line.inputs:
            if type(x) is not _Array:
                numbers.setdefault(_words(x), f"c{len(numbers)}")
    body = _placed(lines, ends, numbers)
    if numbers:
        body.insert(0, f"{', '.join(numbers.values())}, = c")
    source = "\n    ".join([f"def apply({', '.join([*given, 'c'])}):", *body])
    source += f"\n\ndef numbers(t, lr):\n    return ({''.join(f'{x}, ' for x in numbers)})"
    names: dict[str, Any] = {ufunc.__name__: ufunc for ufunc in _KNOWN} | {"copyto": np.copyto}
    exec(source, names)
    return InPlace(names["numbers"], names["apply"])


_remembered = functools.lru_cache(maxsize=64)(_written)


def _placed(lines: list[_Line], ends: dict[str, str], numbers: dict[str, str]) -> list[str]:
    """The lines with an array for each value: the place of a state, or one that is free again.

    Parameters
    ----------
    lines : list of _Line
    ends : dict of str to str
        For the place of each state, the value that is to be there in the end.
    numbers : dict of str to str
        The name of each number.
    """
    last = {x.name: i for i, line in enumerate(lines) for x in line.inputs if type(x) is _Array}
    kept = set(ends.values())
    places = {name: name for name in ("w", "g", *ends)}
    free: list[str] = []
    made: list[str] = []
    body: list[str] = []
    for i, (ufunc, inputs, name) in enumerate(lines):
        words = [places[x.name] if type(x) is _Array else numbers[_words(x)] for x in inputs]
        for x in {x.name for x in inputs if type(x) is _Array}:
            if last[x] == i and x not in kept and places[x] in made:
                free.append(places[x])
        if name != "w":
            home = [s for s, value in ends.items() if value == name and last.get(s, -1) <= i]
            if home:
                places[name] = home[0]
            elif free:
                places[name] = free.pop()
            else:
                made.append(f"r{len(made)}")
                places[name] = made[-1]
                body.append(f"{made[-1]} = {ufunc.__name__}({', '.join(words)})")
                continue
        body.append(f"{ufunc.__name__}({', '.join(words)}, out={places[name]})")
    body += [f"copyto({s}, {places[value]})" for s, value in ends.items() if places[value] != s]
    return body
