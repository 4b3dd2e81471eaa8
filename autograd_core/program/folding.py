"""Passes over what is known before any run: constants, ones, and the labels' entries."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..ops.indexing import scatter_forward
from .calls import Call, Ref, Tape, substituted
from .passes import ends, is_elementwise, rename, rename_ends

#: The largest array of different numbers that is computed beforehand.
LARGEST = 2**16


def item_added(array: Any, index: Any, value: Any) -> Any:
    """`array` with `value` added at `index`, which names no element twice."""
    new = np.array(array)
    new[index] += value
    return new


def uniform(value: Any) -> Any | None:
    """The one number that an array holds everywhere, or None."""
    array = np.asarray(value)
    if array.size == 0 or array.dtype.kind != "f":
        return None
    spread = all([n == 1 or s == 0 for n, s in zip(array.shape, array.strides, strict=True)])
    if not spread and (array.size > LARGEST or not (array == array.flat[0]).all()):
        return None
    return array.flat[0]


class Folder:
    """Computes what follows from constants, and leaves out what changes nothing."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.same: dict[int, int] = {}
        self.made: dict[int, Call] = {}
        self.readers: dict[int, int] = {}
        for call in tape.calls:
            for slot in call.reads():
                self.readers[slot] = self.readers.get(slot, 0) + 1

    def run(self) -> None:
        tape = self.tape
        kept: list[Call] = []
        for call in tape.calls:
            rename(call, self.same)
            if call.effect or not self._folded(call):
                for new in self._rewritten(call):
                    kept.append(new)
                    self.made.update(dict.fromkeys(new.out, new))
        tape.calls = kept
        rename_ends(tape, self.same)
        numbers = {s: v for s, v in tape.literals.items() if type(v) in (bool, int, float)}
        for call in kept:
            if numbers and any([s in numbers for s in call.reads()]):
                call.args = substituted(call.args, lambda s: numbers.get(s, Ref(s)))
        read = {s for c in kept for s in c.reads()}
        read |= ends(tape)
        for slot, value in tape.literals.items():
            if slot in read:
                tape.cells[slot] = np.array(value, order="C")

    # -- constants ---------------------------------------------------------------------------

    def _folded(self, call: Call) -> bool:
        """Whether the results are known now, or are a value that is there already."""
        literals = self.tape.literals
        if len(call.out) != 1:
            return False
        (out,) = call.out
        slots = list(call.reads())
        if slots and all([s in literals for s in slots]):
            value = call.function(
                *[_valued(a, literals) for a in call.args],
                **{k: _valued(v, literals) for k, v in call.kwargs.items()},
            )
            if np.size(value) <= LARGEST or uniform(value) is not None:
                literals[out] = value
                return True
        if is_elementwise(call):
            call.args = tuple([self._as_number(a, call) for a in call.args])
            kept = self._unchanged(call)
            if kept is not None:
                self.same[out] = kept
                return True
        known = self._row_sums(call)
        if known is not None:
            literals[out] = known
            return True
        return False

    def _as_number(self, arg: Any, call: Call) -> Any:
        """A constant that is the same everywhere as a number, where the shape comes from others."""
        tape = self.tape
        if not isinstance(arg, Ref) or arg.slot not in tape.literals:
            return arg
        value = tape.literals[arg.slot]
        number = uniform(value)
        out = tape.values[call.out[0]]
        others = [tape.values[s].shape for s in call.reads() if s != arg.slot]
        if type(value) is float and others:
            return value
        if number is None or not others or np.broadcast_shapes(*others) != out.shape:
            return arg
        return np.asarray(number, np.asarray(value).dtype)[()]

    def _unchanged(self, call: Call) -> int | None:
        """The slot that the call gives back as it is: times one, to the power of one."""
        f, args = call.function, call.args
        if len(args) != 2:
            return None
        for a, b in (args, args[::-1]):
            if isinstance(a, Ref) and _is_one(b) and self.tape.alike(a.slot, call.out[0]):
                commutes = f is np.multiply or (a is args[0] and f in (np.power, np.divide))
                if commutes:
                    return a.slot
        return None

    # -- the entries of the true classes -----------------------------------------------------

    def _scattered(self, slot: int) -> tuple[Any, Any] | None:
        """The index of a scatter of one number into each row, and that number."""
        call = self.made.get(slot)
        if call is None or call.function is not scatter_forward:
            return None
        given = inspect.signature(scatter_forward).bind(*call.args, **call.kwargs)
        given.apply_defaults()
        g, index, shape, once = given.arguments.values()
        value = self.tape.literals.get(g.slot) if isinstance(g, Ref) else None
        number = None if value is None else uniform(value)
        if number is None or not once or not isinstance(index, tuple) or len(index) != 2:
            return None
        rows = self.tape.cells.get(index[0].slot) if isinstance(index[0], Ref) else None
        if rows is None or len(shape) != 2 or not np.array_equal(rows, np.arange(shape[0])):
            return None
        return index, number

    def _row_sums(self, call: Call) -> Any | None:
        """The sums of rows that hold one number each."""
        if call.function is not np.dot or not all([isinstance(a, Ref) for a in call.args]):
            return None
        a, b = call.args
        ones = self.tape.cells.get(b.slot)
        found = self._scattered(a.slot)
        if found is None or ones is None or ones.ndim != 1 or not (ones == 1).all():
            return None
        out = self.tape.values[call.out[0]]
        return np.broadcast_to(found[1].astype(out.dtype), out.shape)

    def _rewritten(self, call: Call) -> list[Call]:
        """``scatter(c, index) − b`` as ``(−b)[index] += c``, which writes few entries."""
        if call.function is np.subtract and isinstance(call.args[0], Ref):
            a, b = call.args
            found = self._scattered(a.slot)
            if found and isinstance(b, Ref) and self.tape.alike(b.slot, call.out[0]):
                index, number = found
                minus = self._slot_like(call.out[0])
                below = self._negated(call, b.slot, minus)
                added = Call(item_added, (Ref(minus), index, number), {}, call.out)
                added.line, added.origin = call.line, call.origin
                return [below, added]
        return [call]

    def _negated(self, call: Call, slot: int, out: int) -> Call:
        """``−x``, or where x is y times a constant, y times the negative constant."""
        made = self.made.get(slot)
        if made is not None and made.function is np.multiply and self.readers.get(slot) == 1:
            for a, c in (made.args, made.args[::-1]):
                if isinstance(c, np.generic) and isinstance(a, Ref):
                    return Call(
                        np.multiply, (a, np.negative(c)), {}, (out,), False, call.line, call.origin
                    )
        return Call(np.negative, (Ref(slot),), {}, (out,), False, call.line, call.origin)

    def _slot_like(self, slot: int) -> int:
        new = max(self.tape.values) + 1
        value = self.tape.values[slot]
        self.tape.values[new] = type(value)(value.shape, value.dtype, order=value.order)
        return new


def _is_one(x: Any) -> bool:
    return isinstance(x, (int, float, np.generic)) and not isinstance(x, bool) and x == 1


def _valued(x: Any, literals: dict[int, Any]) -> Any:
    if isinstance(x, Ref):
        return literals[x.slot]
    if isinstance(x, (tuple, list)):
        return type(x)([_valued(item, literals) for item in x])
    return x


def folded(tape: Tape) -> None:
    """Constants, identities, and scatters of constants."""
    Folder(tape).run()
