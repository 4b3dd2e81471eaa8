"""What a `Trace` does with numbers: they go their own short way, and onto the tape in runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import ScalarNode
from ..modes import MODE
from ..tensor import Tensor, wrap
from .calls import Call, Tape
from .operators import Owner
from .scalars import Number, number
from .scalars_record import (
    ARITHMETIC,
    MARKED,
    OPERATIONS,
    SELECT,
    STRONG,
    WEAK,
    Marks,
    code_of_primitive,
    code_of_ufunc,
    is_for_truths,
)
from .scalars_run import Rows
from .tracer import Tracer


class OfNumbers(Owner):
    """The part of a `Trace` that is about numbers.

    Attributes
    ----------
    count : int
        How many slots there are.
    rows : list of int
        The operations on numbers since the last call; see `scalars_record`.
    marks : Marks
        Where they were asked for.
    kinds : dict of int to type
        By slot, the types of numbers that are no Python floats.
    number_tensors : dict of int to Tensor
        The tensors that hold a float, by the slots of their numbers.
    """

    if TYPE_CHECKING:
        tape: Tape
        tensors: dict[int, tuple[Tensor, Tracer]]
        held_by: Callable[[Tensor], Any]
        literal: Callable[[Any], Tracer]

    def __init__(self) -> None:
        self.count = 0
        self.rows: list[int] = []
        self.marks = Marks()
        self.kinds: dict[int, type] = {}
        self.number_tensors: dict[int, Tensor] = {}
        self._constants: dict[Any, int] = {}
        self._codes: dict[Any, int] = {}
        self._weak: dict[int, Number] = {}
        self._strong: dict[int, Tracer] = {}

    def flush(self) -> None:
        """Put the operations on numbers since the last call on the tape, as one call."""
        if self.rows:
            self.tape.calls.append(Call(Rows(self.rows, self), (), {}, ()))
            self.rows = []

    def constant(self, value: Any) -> int:
        """The slot of a Python number that is known now."""
        key = (type(value), value, math.copysign(1.0, value) if value == 0 else 0.0)
        slot = self._constants.get(key)
        if slot is None:
            slot = self._constants[key] = self.count
            self.count = slot + 1
            self.tape.literals[slot] = value
        return slot

    def weak(self, x: Tracer) -> Number:
        """A number of NumPy's as a Python float."""
        if type(x) is Number:
            return x
        if type(as_numpy_scalar(x.value)) not in _STRONG:
            return self.call(float, (x,), {})  # type: ignore[no-any-return]
        made = self._weak.get(x.slot)
        if made is None:
            slot = self._row(WEAK, self.mine(x).slot)
            made = self._weak[x.slot] = number(self, float(x.value), slot)
        return made

    def strong(self, x: Number) -> Tracer:
        """A Python float as NumPy's number."""
        made = self._strong.get(x.slot)
        if made is None:
            slot = self._row(STRONG, self.mine(x).slot)
            self.kinds[slot] = np.float64
            made = self._strong[x.slot] = Tracer(self, np.float64(x.value), slot)
        return made

    def _row(self, code: int, a: int, b: int = -1, c: int = -1) -> int:
        slot = self.count
        self.count = slot + 1
        marked = slot < MARKED or not slot % 11 or OPERATIONS[code].risky
        self.rows.extend((code, slot, a, b, c, self.marks.here() if marked else 0))
        return slot

    def ufunc(self, function: Any, inputs: tuple[Any, ...]) -> Tracer | None:
        """A function of NumPy on numbers alone, one of them no plain Python number; else None."""
        values = []
        special = False
        for x in inputs:
            value = x.value if isinstance(x, Tracer) else x
            kind = type(value)
            if kind is np.ndarray and not value.ndim and value.dtype == np.float64:
                value, kind = value[()], np.float64
            if kind not in _PLAIN and kind not in _STRONG:
                return None
            special = special or kind in _STRONG or type(x) is Number
            values.append(value)
        if not special or (
            all([type(v) in _TRUTH for v in values]) and not is_for_truths(function)
        ):
            return None
        y = as_numpy_scalar(function(*values))
        if type(y) not in _STRONG:
            return None
        slots = [
            self.mine(x).slot if isinstance(x, Tracer) else self.constant(as_python(v))
            for x, v in zip(inputs, values, strict=True)
        ]
        slot = self._row(SELECT if function is np.where else code_of_ufunc(function), *slots)
        self.kinds[slot] = type(y)
        if function is np.where:  # NumPy gives an array of no dimension
            y = np.asarray(y)
        return Tracer(self, y, slot)

    def _on_floats(self, primitive: Any, args: tuple[Any, ...]) -> Tensor | None:
        """An elementwise operation where only Python's floats meet, as eager does it; else None."""
        operands: list[Any] = []
        values: list[Any] = []
        slots: list[int] = []
        parents: list[Any] = []
        tracked = False
        for arg in args:
            if isinstance(arg, Tensor):
                x = arg._value
                if type(x) is float:
                    found = self.tensors.get(id(arg))
                    x = self.held_by(arg) if found is None else found[1]
                elif type(x) is Number:
                    self.mine(x)
                elif type(x) is Tracer and type(x.value) is np.float64:
                    x = self.weak(x)
                else:
                    return None
                node = arg._node
                parents.append(node)
                if node is not None:
                    tracked = True
            else:
                x = arg
                parents.append(None)
            kind = type(x)
            operands.append(x)
            if kind is Number:
                values.append(x.value)
                slots.append(x.slot)
            elif kind is float or kind is int:
                values.append(x)
                slots.append(self.constant(x))
            elif kind is Tracer and type(x.value) is int:
                values.append(x.value)
                slots.append(self.mine(x).slot)
            else:
                return None
        try:
            y = primitive.scalar(*values)
        except ARITHMETIC:
            y = float(primitive.forward(*[np.float64(v) for v in values]))
        code = self._codes.get(primitive)
        if code is None:
            code = self._codes[primitive] = code_of_primitive(primitive)
        out = number(self, y, self._row(code, *slots))
        if not tracked:
            return wrap(out, None)
        mode = MODE.get()
        if mode is not None and not mode.grad:
            return wrap(out, None)
        node = ScalarNode.__new__(ScalarNode)
        node.primitive = primitive
        node.parents = tuple(parents)
        node.saved = (out, *operands)
        node.extra = None
        return wrap(out, node)

    def seed(self, tensor: Tensor) -> Tracer:
        """The cotangent 1 of a tensor of one element, from which passes may compute."""
        if type(tensor._value) is Number:
            return self.literal(1.0)
        return self.literal(np.ones(tensor.shape, tensor.dtype)[()])


_STRONG = (np.float64, np.bool_)
_TRUTH = (bool, np.bool_)
_PLAIN = (int, float, bool)


def as_numpy_scalar(y: Any) -> Any:
    """An array of no dimension as NumPy's number."""
    return y[()] if type(y) is np.ndarray and not y.ndim else y


def as_python(value: Any) -> Any:
    """A number as Python's."""
    return value.item() if isinstance(value, np.generic) else value
