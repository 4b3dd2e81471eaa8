"""The pass that turns runs of operations on numbers into calls: lines on floats, or vectors."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..primitive import PRIMITIVES
from .calls import Call, Ref, Tape, Value
from .passes import ends, rename, rename_ends
from .scalars_levels import Graph, Levels
from .scalars_loops import Loops
from .scalars_record import (
    ALIASES,
    ARITHMETIC,
    CODES,
    DIVIDE,
    MULTIPLY,
    OPERATIONS,
    POWER,
    WEAK,
    WIDTH,
    Marks,
)
from .scalars_vectors import Parts, Vectors, pays

if TYPE_CHECKING:
    from .scalars_trace import OfNumbers

#: Operations from which on vectors are thought of.
MANY = 1000
#: Operations from which on loops are looked for, where vectors do not pay.
LONG = 4000


class Rows:
    """The function of a call that stands for a run of operations on numbers."""

    __name__ = "rows"

    def __init__(self, rows: list[int], trace: OfNumbers) -> None:
        self.rows = rows
        self.marks: Marks = trace.marks
        self.kinds: dict[int, type] = trace.kinds
        self.tensors = trace.number_tensors
        self.trace = trace
        self._read: set[int] = set()
        self._counted = 0

    def __call__(self, *_: Any) -> Any:
        raise NotImplementedError("rows are written out before they are run")

    @property
    def made(self) -> list[int]:
        """The slots that it makes."""
        return self.rows[1::WIDTH]

    @property
    def read(self) -> set[int]:
        """The slots that it reads and does not make."""
        rows = self.rows
        if self._counted != len(rows):
            self._counted = len(rows)
            self._read = {*rows[2::WIDTH], *rows[3::WIDTH], *rows[4::WIDTH]}
            self._read.difference_update(self.made, (-1,))
        return self._read


def written_out(tape: Tape) -> None:
    """Replace every run on the tape."""
    runs = [c.function for c in tape.calls if isinstance(c.function, Rows)]
    if not runs:
        return
    if sum([len(run.rows) for run in runs]) >= MANY * WIDTH:
        _join(tape)
    names = Names({}, {})
    calls: list[Call] = []
    wanted = _wanted(tape)
    for call in tape.calls:
        if isinstance(call.function, Rows):
            calls += _Form(tape, call.function, *wanted[id(call)], names).calls()
        else:
            rename(call, names.strict)
            calls.append(call)
    tape.calls = calls
    rename_ends(tape, names.strict)


class Names(NamedTuple):
    """The slots that others are called by from here on.

    Attributes
    ----------
    same : dict of int to int
        In runs: slots of equal numbers.
    strict : dict of int to int
        In other calls: slots of equal numbers of the right type, Python's or NumPy's.
    """

    same: dict[int, int]
    strict: dict[int, int]


def _join(tape: Tape) -> None:
    """Make one run of several, where what lies between them can be done before."""
    kept: list[Call] = []
    later: list[Call] = []  # calls that need the run
    run: Call | None = None
    made: set[int] = set()
    for call in tape.calls:
        rows = call.function if isinstance(call.function, Rows) else None
        reads = rows.read if rows is not None else set(call.reads())
        if run is None:
            if rows is None:
                kept.append(call)
            else:
                run, made = call, set(rows.made)
        elif rows is not None and not any([reads.intersection(c.out) for c in later]):
            assert isinstance(run.function, Rows)
            run.function.rows += rows.rows
            made.update(rows.made)
        elif rows is None and not later and made.isdisjoint(reads):
            kept.append(call)
        else:
            if rows is not None:  # it needs what needs the run: another one begins
                kept += [run, *later]
                run, later, made = call, [], set(rows.made)
            else:
                later.append(call)
    tape.calls = [*kept, *([] if run is None else [run]), *later]


def _wanted(tape: Tape) -> dict[int, tuple[list[int], set[int]]]:
    """By the id of the call of each run, its slots that are read later, and which by no run."""
    wanted = {}
    strict = ends(tape)
    read = set(strict)
    for call in reversed(tape.calls):
        if isinstance(call.function, Rows):
            slots = [slot for slot in call.function.made if slot in read]
            wanted[id(call)] = slots, strict.intersection(slots)
            read.update(call.function.read)
        else:
            strict.update(call.reads())
            read.update(call.reads())
    return wanted


class _Form:
    """One run as calls: `wanted` is read later, and what is `strict` not only in runs."""

    def __init__(
        self, tape: Tape, run: Rows, wanted: list[int], strict: set[int], names: Names
    ) -> None:
        self.tape, self.run, self.wanted, self.strict, self.names = tape, run, wanted, strict, names
        rows = run.rows
        for place in (2, 3, 4):
            if names.same:
                rows[place::WIDTH] = [names.same.get(slot, slot) for slot in rows[place::WIDTH]]

        primitive: Any = PRIMITIVES["power"]
        self._power = CODES.get(primitive.scalar)

    def calls(self) -> list[Call]:
        count = len(self.run.rows) // WIDTH
        if count >= MANY:
            tape, run = self.tape, self.run
            read = sorted(run.read)
            constants = {s: tape.literals[s] for s in read if s in tape.literals}
            tensors = {s: run.tensors[s] for s in read if s in run.tensors}
            inputs = [s for s in read if s not in constants and s not in tensors]
            graph = Graph(run.rows, [*tensors, *inputs, *constants], constants, self.wanted)
            parts = Parts(run.rows, run.marks, tensors, inputs, constants, self.wanted, graph)
            if all([self._is_float(tape.values[s]) for s in inputs]):
                levels = Levels(graph)
                if pays(levels):
                    return self._one_call(Vectors(parts, levels), parts, False)
            if count >= LONG:
                loops = Loops(parts)
                loose = loops.loose or not all([tape.values[s].weak for s in inputs])
                return self._one_call(loops, parts, loose)
        return self._lines()

    def _one_call(self, function: Vectors | Loops, parts: Parts, loose: bool) -> list[Call]:
        """All of the run as one call, which is written in its own way."""
        tape = self.tape
        for slot in self.wanted:
            tape.values[slot] = Value((), np.dtype(float), not loose)
        elsewhere = {s for c in tape.calls for s in _reads(c) if c.function is not self.run}
        for slot in parts.tensors:
            if slot not in elsewhere and slot not in ends(tape):
                del tape.numbers[slot]
        call = Call(function, tuple([Ref(s) for s in parts.inputs]), {}, tuple(self.wanted))
        return [call, *self._as_promised(isinstance(function, Vectors))]

    @staticmethod
    def _is_float(value: Value) -> bool:
        return not value.shape and (value.weak or value.dtype.kind in "fb")

    # -- lines -------------------------------------------------------------------------------

    def _lines(self) -> list[Call]:
        values, kinds = self.tape.values, self.run.kinds
        self.same: dict[int, int] = {}
        calls: list[Call] = []
        flat = iter(self.run.rows)
        for code, out, a, b, c, mark in zip(*[flat] * WIDTH, strict=True):
            slots = [self.same.get(slot, slot) for slot in (a, b, c) if slot >= 0]
            equal = self._equal(code, out, slots)
            if equal is not None:
                self.same[out] = equal
                continue
            operation = OPERATIONS[code]
            loose = not operation.plain or any([self._is_loose(s) for s in slots])
            kind = kinds.get(out, float)
            values[out] = Value((), np.dtype(kind), code == WEAK or not loose)
            call = Call(operation.python, tuple([self._argument(s) for s in slots]), {}, (out,))
            if code == self._power and type(call.args[1]) is int:
                call.function = operator.pow
            call.line = self.run.marks.line(mark)
            if phase := self.run.marks.phase(mark):
                self.tape.phases[out] = phase
            call.soft = bool(mark & 1) and operation.risky and not loose
            calls.append(call)
        for slot in self.wanted:
            if slot in self.same:
                held = self.names.same[slot] = self.names.strict[slot] = self.same[slot]
                if held in self.tape.literals:
                    values.setdefault(held, Value((), np.dtype(float), True))
        return [*calls, *self._as_promised()]

    def _argument(self, slot: int) -> Any:
        return self.tape.literals[slot] if slot in self.tape.literals else Ref(slot)

    def _is_loose(self, slot: int) -> bool:
        """Whether a number may be NumPy's, though Python's would do."""
        return slot not in self.tape.literals and not self.tape.values[slot].weak

    def _equal(self, code: int, out: int, slots: list[int]) -> int | None:
        """The slot that holds the result already, or now, as it is known; else None."""
        literals, kinds = self.tape.literals, self.run.kinds
        if all([slot in literals for slot in slots]):
            try:
                literals[out] = OPERATIONS[code].python(*[literals[slot] for slot in slots])
            except ARITHMETIC:
                return None
            return out
        first = slots[0]
        if code in ALIASES:
            kept = self._is_loose(first) if code == WEAK else kinds.get(first) is bool
            return None if kept else first
        if code in (MULTIPLY, DIVIDE, POWER):
            a, b = slots
            one = literals.get(b)
            if a not in kinds and type(one) in (int, float) and one == 1:
                return a
            one = literals.get(a)
            if code == MULTIPLY and b not in kinds and type(one) in (int, float) and one == 1:
                return b
        return None

    def _as_promised(self, floats: bool = False) -> list[Call]:
        """Conversions of results to the types that others than runs take them for.

        Parameters
        ----------
        floats : bool
            Whether truths are there as the floats 0 and 1.
        """
        values, kinds = self.tape.values, self.run.kinds
        calls = []
        for slot in self.wanted:
            if slot not in self.strict:
                continue
            kind = kinds.get(slot, float)
            held = self.names.same.get(slot, slot)
            given = self._argument(held)
            plain = not isinstance(given, Ref) or values[held].weak
            if plain and (kind is float or (kind is bool and not floats)):
                continue
            new = self.run.trace.count
            self.run.trace.count += 1
            values[new] = Value((), np.dtype(kind), kind in (float, bool))
            if isinstance(given, Ref):
                calls.append(Call(kind, (given,), {}, (new,)))
            else:
                self.tape.literals[new] = kind(given)
            self.names.strict[slot] = new
        return calls


def _reads(call: Call) -> Any:
    return call.function.read if isinstance(call.function, Rows) else call.reads()
