"""Operations on numbers, written down as rows of integers: a trace may have 10⁵ of them.

A row is ``(operation, out, a, b, c, mark)``: a number of `OPERATIONS`, slots (−1 for none), and
where the user's code asked for it. Rows are later written out as calls on Python floats, or, where
they are many, gathered into calls on vectors.
"""

from __future__ import annotations

import builtins
import operator
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from .phases import phase_of

#: Integers in a row.
WIDTH = 6

#: Slots up to which every operation is marked with its line; after that, many are.
MARKED = 4096

#: What arithmetic on Python floats raises where NumPy's has infinities and NaN.
ARITHMETIC = (ZeroDivisionError, OverflowError, ValueError)


class Operation(NamedTuple):
    """An operation on Python numbers, and the same on arrays, which raises nothing.

    Attributes
    ----------
    python, vector : callable
    plain : bool
        Whether Python floats give a Python number, and not NumPy's.
    risky : bool
        Whether it may raise one of `ARITHMETIC`.
    """

    python: Callable[..., Any]
    vector: Callable[..., Any]
    plain: bool = True
    risky: bool = False


def select(condition: Any, x: Any, y: Any) -> Any:
    """`x` if the condition holds, else `y`."""
    return x if condition else y


def careful(function: Callable[..., Any], vector: Callable[..., Any], *numbers: Any) -> Any:
    """A function of numbers; in NumPy's arithmetic where Python's raises."""
    try:
        return function(*numbers)
    except (ZeroDivisionError, OverflowError, ValueError):
        return float(vector(*[np.float64(x) for x in numbers]))


def _same(x: Any) -> Any:
    return x


OPERATIONS: list[Operation] = []
CODES: dict[Any, int] = {}


def code_of(
    python: Callable[..., Any],
    vector: Callable[..., Any],
    plain: bool = True,
    risky: bool = False,
) -> int:
    """The number of an operation."""
    code = CODES.get(python)
    if code is None:
        code = CODES[python] = len(OPERATIONS)
        OPERATIONS.append(Operation(python, vector, plain, risky))
    return code


ADD = code_of(operator.add, np.add)
SUBTRACT = code_of(operator.sub, np.subtract)
MULTIPLY = code_of(operator.mul, np.multiply)
DIVIDE = code_of(operator.truediv, np.true_divide, risky=True)
code_of(operator.neg, np.negative)
POSITIVE = code_of(operator.pos, _same)
#: Conversions between Python's float, weak in NumPy's promotion, and NumPy's, which is strong.
WEAK = code_of(float, _same)
STRONG = code_of(np.float64, _same)
SELECT = code_of(select, np.where)
#: What changes no number.
ALIASES = frozenset((POSITIVE, WEAK, STRONG))

for _python, _vector, _risky in (
    (operator.pow, np.power, True),
    (operator.mod, np.remainder, True),
    (operator.floordiv, np.floor_divide, True),
    (builtins.abs, np.absolute, False),
    (operator.lt, np.less, False),
    (operator.le, np.less_equal, False),
    (operator.gt, np.greater, False),
    (operator.ge, np.greater_equal, False),
    (operator.eq, np.equal, False),
    (operator.ne, np.not_equal, False),
    (operator.not_, np.logical_not, False),
):
    code_of(_python, _vector, risky=_risky)

POWER = CODES[operator.pow]

#: NumPy's functions that give, bit for bit, what an operator of Python gives.
OPERATORS: dict[Any, Callable[..., Any]] = {
    OPERATIONS[code].vector: python
    for python, code in CODES.items()
    if isinstance(OPERATIONS[code].vector, np.ufunc) and python is not operator.pow
}


def code_of_ufunc(ufunc: np.ufunc) -> int:
    """The number of the operation of a ufunc on numbers."""
    python = OPERATORS.get(ufunc)
    if python is None:
        return code_of(ufunc, _ON_TRUTHS.get(ufunc, ufunc), plain=False)
    return CODES[python]


def is_for_truths(ufunc: Any) -> bool:
    """Whether a function of NumPy takes truths for what they are, and not for 0 and 1."""
    return ufunc in _ON_TRUTHS or ufunc in _LOGICAL


#: Operators on bits, and what they are on truths that are held as the floats 0 and 1.
_ON_TRUTHS = {
    np.bitwise_and: np.logical_and,
    np.bitwise_or: np.logical_or,
    np.bitwise_xor: np.logical_xor,
    np.invert: np.logical_not,
}
_LOGICAL = {
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.where),
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
}


def code_of_primitive(primitive: Any) -> int:
    """The number of the operation of an elementwise primitive on floats."""
    return code_of(primitive.scalar, primitive.forward, risky=primitive.scalar not in _SAFE)


_SAFE = {operator.add, operator.sub, operator.mul, operator.neg, builtins.abs}


class Marks:
    """Where operations were asked for: numbers for places in the user's code.

    An even mark says that eager would raise what Python's arithmetic raises; an odd one that it
    would go on in NumPy's, as the rules of derivatives do.
    """

    def __init__(self) -> None:
        self._kinds: dict[CodeType, tuple[int, str]] = {}
        self._numbers: dict[tuple[CodeType, int, str], int] = {}
        self._lines: list[tuple[str, str]] = []

    def here(self) -> int:
        """The mark of the innermost line outside of this library."""
        frame = sys._getframe(2)
        kinds = self._kinds
        soft, phase = 0, ""
        while frame is not None:
            code = frame.f_code
            known = kinds.get(code)
            if known is None:
                module = frame.f_globals.get("__name__", "")
                known = kinds[code] = (_kind(module), phase_of(module))
            kind, phase = known[0], phase or known[1]
            if kind == _USER:
                return self._number(code, frame.f_lineno, phase) | soft
            if kind == _SOFT:
                soft = 1
            frame = frame.f_back  # type: ignore[assignment]
        return soft

    def _number(self, code: CodeType, line: int, phase: str) -> int:
        key = (code, line, phase)
        number = self._numbers.get(key)
        if number is None:
            self._lines.append((f"{code.co_filename}:{line}", phase))
            number = self._numbers[key] = 2 * len(self._lines)
        return number

    def line(self, mark: int) -> str:
        """``file:line`` of a mark."""
        return self._lines[mark // 2 - 1][0] if mark > 1 else ""

    def phase(self, mark: int) -> str:
        """The phase of a mark; see `phases`."""
        return self._lines[mark // 2 - 1][1] if mark > 1 else ""


_INSIDE, _USER, _SOFT = range(3)


def _kind(module: str) -> int:
    if module in _RULES:
        return _SOFT
    return _INSIDE if module.partition(".")[0] in _LIBRARY else _USER


_LIBRARY = {"autograd_core", "nn", "optim", "numpy"}
_RULES = {"autograd_core.rules.elementwise", "autograd_core.program.scalars_trace"}
