"""A program as NumPy source that a person can read."""

from __future__ import annotations

import operator
from itertools import groupby
from typing import Any

import numpy as np

from ..lines import short
from .blocks import Run, grouped
from .calls import Call, Ref, Tape, Value, empty_text
from .folding import item_added
from .loops import Loop
from .passes import copied, duplicated, ends, is_elementwise, is_transposed, is_view
from .plan import Plan, is_copying, planned
from .scalars_loops import SYMBOLS, Loops
from .scalars_record import CODES, OPERATIONS, careful, select
from .scalars_vectors import Vectors, elements
from .vocabulary import SAME, Vocabulary, filling, is_numpys

#: Ufuncs that want ``out`` by its name.
_NAMED_OUT = {np.maximum, np.minimum}


class Writer(Vocabulary):
    """Writes the source of one tape.

    Attributes
    ----------
    body : list of str
        What is done at every run.
    names : dict of int to str
        The name of each slot.
    handed : dict of int to (str, int)
        Slots that are returned, and have no name, by array and place.
    pure : int or None
        How many lines of the body come before the first that changes something.
    lines : dict of int to str
        What was written for each call of the tape, by its id; nothing for one of many lines.
    loose : list of int
        Gradients that live in no buffer of their own; they are handed out after the results, and
        before the numbers that moved.
    """

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape
        self.runs: dict[int, Run] = {run.start: run for run in grouped(tape)}
        self.plan: Plan = planned(tape)
        self.body: list[str] = []
        self.names: dict[int, str] = {}
        self.loose: list[int] = []
        self.handed: dict[int, tuple[str, int]] = {}
        self.pure: int | None = None
        self.lines: dict[int, str] = {}
        self._wishes = self._wished()
        self._buffers: dict[tuple[int, str], str] = {}
        self._typed: dict[tuple[int, str], str] = {}
        self._rows: dict[str, str] = {}
        self._singles: dict[tuple[int, int], str] = {}
        self._places = {
            slot
            for call in tape.calls
            for slot in call.out
            if getattr(call.function, "gives_places", False)
        }
        self._write()

    @property
    def first_change(self) -> int:
        """The number of the first line of the source before which nothing has changed."""
        pure = len(self.body) if self.pure is None else self.pure
        return len(self._before()) + 1 + pure

    def _before(self) -> list[str]:
        """The lines above the body."""
        names = ", ".join([self.names[slot] for slot in self.tape.arguments])
        return [*self.heads, *self.ordered(), "", f"def run({names}):"]

    @property
    def source(self) -> str:
        """The whole program; the arrays of `namespace` have to be there."""
        return "\n".join([*self._before(), *[f"    {line}" for line in self.body], ""])

    def _write(self) -> None:
        tape = self.tape
        for slot in tape.arguments:
            self.name(slot, "x")
        needed = {slot for call in tape.calls for slot in call.reads()} | ends(tape)
        for slot, array in tape.cells.items():
            if slot in needed or slot not in tape.literals:
                self._cell(slot, array)
        for slot, read in tape.numbers.items():
            reader = self.given(self.unique(f"read_{tape.values[slot].name or 'number'}"), read)
            self.body.append(f"{self.name(slot, 'number')} = {reader}()")
        place = 0
        while place < len(tape.calls):
            run = self.runs.get(place)
            self._watch(tape.calls[place : place + 1 if run is None else run.stop])
            if run is not None and (loop := Loop(self, run)).is_safe():
                loop.write()
                place = run.stop
            else:
                self.line(tape.calls[place])
                place += 1
        for cell, new in tape.updates.items():
            if self.plan.direct.get(new) != cell:
                self.pure = len(self.body) if self.pure is None else self.pure
                self.body.append(
                    f"{self.function(np.copyto)}({self.names[cell]}, {self.names[new]})"
                )
        self.loose = [s for s in tape.grads.values() if self.plan.static.get(s) != "buffer"]
        handed = self._handed([*tape.results, *self.loose, *tape.moved, *tape.left])
        self.body.append(f"return ({''.join([f'{name}, ' for name in handed]).rstrip()})")

    def _handed(self, slots: list[int]) -> list[str]:
        """What is returned; neighbours from one array at once."""
        texts: list[str] = []
        for array, group in groupby(slots, lambda slot: self.handed.get(slot, ("", 0))[0]):
            if array:
                text = elements(self, array, [self.handed[slot][1] for slot in group])
                texts.append(text[1:-1] if text.startswith("[") else f"*{text}")
            else:
                texts += [self.names[slot] for slot in group]
        return texts

    def _watch(self, calls: list[Call]) -> None:
        """Note where the first line comes that changes something."""
        if self.pure is None and any(
            [call.effect or not self.plan.direct.keys().isdisjoint(call.out) for call in calls]
        ):
            self.pure = len(self.body)

    # -- names -------------------------------------------------------------------------------

    def name(self, slot: int, wish: str = "") -> str:
        """Give a slot a name."""
        self.names[slot] = self.unique(self.wish(slot) or wish or f"v{slot}")
        return self.names[slot]

    def wish(self, slot: int) -> str:
        """What a slot would be called, if it has a name."""
        found = self._wishes.get(slot) or self.tape.values[slot].name
        return found or self.tape.hints.get(slot, "")

    def _wished(self) -> dict[int, str]:
        """Names for values in buffers that have none, from what they are computed into or from."""
        values, buffer = self.tape.values, self.plan.buffer
        wishes = {slot: values[slot].name for slot in buffer}
        calls = [c for c in self.tape.calls if len(c.out) == 1 and c.out[0] in buffer]
        backward = {c.out[0]: c.origin.startswith("backward") for c in calls}
        pairs = [(s, c.out[0]) for c in calls for s in c.reads() if s in buffer]
        same = [(s, out) for s, out in pairs if buffer[s] == buffer[out]]
        none: dict[int, str] = {}
        for hints in (none, self.tape.hints):
            for slot, out in reversed(same):
                wishes[out] = wishes[out] or hints.get(out, "")
                if backward[slot] == backward[out]:
                    wishes[slot] = wishes[slot] or wishes[out]
        for slot, out in same:
            wishes[out] = wishes[out] or wishes[slot]
        return {slot: wish or self.tape.hints.get(slot) or "t" for slot, wish in wishes.items()}

    def _cell(self, slot: int, array: Any) -> None:
        """Name an array that was found; what is constant is written down, if it is short."""
        wish = self.tape.values[slot].name
        known = self.literal(array, wish) if slot in self.tape.literals else None
        if known is None:
            filled = "" if slot in self.tape.updates else filling(array)
            self.given(self.name(slot, filled or "a"), array)
        else:
            self.names[slot] = known

    # -- operands ----------------------------------------------------------------------------

    def operand(self, x: Any) -> str:
        """An argument as source."""
        if isinstance(x, Ref):
            return self.names[x.slot]
        if isinstance(x, tuple):
            inner = ", ".join(map(self.operand, x))
            return f"({inner},)" if len(x) == 1 else f"({inner})"
        if isinstance(x, list):
            return f"[{', '.join(map(self.operand, x))}]"
        if isinstance(x, slice):
            return f"slice({self.operand(x.start)}, {self.operand(x.stop)}, {self.operand(x.step)})"
        if isinstance(x, np.generic) and x.dtype.kind in "fiubc":
            return self.constant(x, x.dtype)
        if isinstance(x, float):
            return repr(x) if np.isfinite(x) else f"float({str(x)!r})"
        if x is None or x is Ellipsis or isinstance(x, (bool, int, str)):
            return repr(x)
        if isinstance(x, np.dtype):
            return f"np.dtype({x.name!r})"
        if isinstance(x, complex):
            return f"complex({str(x)!r})"
        if is_numpys(x):
            return self.function(x)
        return self.given(self.unique(type(x).__name__.lower()), x)

    def scalar(self, x: Any) -> str:
        """An operand of a power, which is another one of an array of no dimension."""
        if not isinstance(x, np.generic):
            return self.operand(x)
        plain = repr(x.item()) if np.isfinite(x) else repr(str(x.item()))
        return self.once(self.unique("n"), f"np.{x.dtype.name}({plain})")

    def index(self, x: Any) -> str:
        """What stands between square brackets."""
        if isinstance(x, tuple) and x and not isinstance(x, Ref):
            return ", ".join([self.index(part) for part in x]) + ("," if len(x) == 1 else "")
        if isinstance(x, slice):
            ends = ["" if p is None else self.operand(p) for p in (x.start, x.stop)]
            return ":".join(ends) + ("" if x.step is None else f":{self.operand(x.step)}")
        return "..." if x is Ellipsis else self.operand(x)

    def ufunc_operand(self, x: Any, call: Call) -> str:
        """An operand of a ufunc; a Python number becomes an array of the dtype that it takes."""
        values = self.tape.values
        slot = x.slot if isinstance(x, Ref) else None
        weak = values[slot].weak if slot is not None else type(x) in (int, float)
        strong = {
            values[a.slot].dtype if isinstance(a, Ref) else a.dtype
            for a in call.args
            if isinstance(a, np.generic) or (isinstance(a, Ref) and not values[a.slot].weak)
        }
        if not weak or len(strong) != 1:
            return self.operand(x)
        (dtype,) = strong
        if dtype.kind != "f":
            return self.operand(x)
        if slot is None:
            return self.constant(x, dtype)
        key = (slot, dtype.name)
        if key not in self._typed:
            name = self.unique(f"{self.names[slot]}_{dtype.char}")
            self._typed[key] = self.once(name, f"np.empty((), np.{dtype.name})")
            self.body.append(f"{name}[()] = {self.names[slot]}")
        return self._typed[key]

    # -- lines -------------------------------------------------------------------------------

    def line(self, call: Call) -> None:
        """Write one call."""
        if isinstance(call.function, (Vectors, Loops)):
            call.function.write(self, call)
            return
        if len(call.out) != 1:
            known = (*getattr(call.function, "outputs", ()), *[""] * len(call.out))
            names = ", ".join(map(self.name, call.out, known))
            self.put(f"{names} = {self.text(call)}" if names else self.text(call), call)
            return
        (slot,) = call.out
        kind = self.plan.static.get(slot)
        if kind == "view":
            text = self.text(call)
            shown = self.once(self.name(slot, self._shown(call)), text)
            self.lines[id(call)] = f"{shown} = {text}"
        elif kind is not None:
            self.put(self.text(call, self.home(slot)), call)
        else:
            text = self.text(call)
            self.put(f"{self.name(slot, self._shown(call))} = {text}", call)

    def _shown(self, call: Call) -> str:
        """A name for what shows the memory of something, or comes from one whole call."""
        if call.effect:
            return str(getattr(call.function, "__name__", "")).rpartition("_")[2]
        base = call.args[0] if is_view(call) else None
        if not isinstance(base, Ref):
            return ""
        return f"{self.names[base.slot]}_{'T' if is_transposed(call) else 'view'}"

    def home(self, slot: int) -> str:
        """The name of the buffer or cell in which a value lives."""
        plan = self.plan
        if slot in plan.direct:
            self.names[slot] = self.names[plan.direct[slot]]
            return self.names[slot]
        number = plan.buffer[slot]
        wish = self.wish(slot)
        if (number, wish) not in self._buffers:
            known = [name for (n, _), name in self._buffers.items() if n == number]
            memory = f"{known[0]}{SAME}" if known else ""
            text = memory or empty_text(*plan.buffers[number])
            self._buffers[number, wish] = self.once(self.unique(wish), text)
        self.names[slot] = self._buffers[number, wish]
        return self.names[slot]

    def put(self, text: str, call: Call, indent: str = "") -> None:
        """Add a line to the body, with what asked for it, and where."""
        self.lines[id(call)] = text
        place = short(call.line)
        origin = ", ".join([p for p in (call.origin, place) if p and not p.startswith("<")])
        self.body.append(f"{indent}{text}  # {origin}" if origin else f"{indent}{text}")

    def text(self, call: Call, out: str | None = None) -> str:
        """The call as an expression; with `out` as a call that puts its result there."""
        f = call.function
        if call.soft and self.pure is not None:
            vector = OPERATIONS[CODES[f]].vector
            plain = f"lambda a, b: a {SYMBOLS[f]} b" if f in SYMBOLS else self.function(f)
            args = [plain, self.function(vector), *map(self.operand, call.args)]
            return f"{self.function(careful)}({', '.join(args)})"
        if f is select:
            condition, x, y = map(self.operand, call.args)
            return f"{x} if {condition} else {y}"
        if f is operator.not_:
            return f"not {self.operand(call.args[0])}"
        if f in SYMBOLS and len(call.args) == 2:
            write = self.scalar if f is operator.pow else self.operand
            return f" {SYMBOLS[f]} ".join(map(write, call.args))
        if f is operator.neg:
            return f"-{self.operand(call.args[0])}"
        if f in (copied, duplicated) or (is_copying(call) and out is not None):
            return self._copied(call, out)
        if is_transposed(call):
            return f"{self.operand(call.args[0])}.T"
        if f is operator.getitem and isinstance(call.args[0], Ref):
            array, index = call.args
            at = self._single(self.operand(array), array.slot, index, call)
            if at is not None:
                return at
        if f is operator.getitem:
            return f"{self.operand(call.args[0])}[{self.index(call.args[1])}]"
        if f is item_added and out is not None:
            array, index, value = call.args
            if self.operand(array) != out:
                self.body.append(f"{self.function(np.copyto)}({out}, {self.operand(array)})")
            at = self._single(out, call.out[0], index, call) or f"{out}[{self.index(index)}]"
            return f"{at} += {self.operand(value)}"
        if isinstance(f, np.ufunc):
            args = [self.ufunc_operand(a, call) for a in call.args]
            if out is not None and is_elementwise(call):
                args, out = self._flat(call, args, out)
        else:
            args = list(map(self.operand, call.args))
        owner = getattr(f, "__self__", None)
        if isinstance(owner, np.ufunc) and f.__name__ == "reduce" and out is not None:
            axis = self.operand(call.kwargs.get("axis", 0))
            args = [*args, axis, "None", out, repr(bool(call.kwargs.get("keepdims", False)))]
        else:
            args += [f"{k}={self.operand(v)}" for k, v in call.kwargs.items()]
            if out is not None:  # by position, which is faster, where NumPy allows it
                args.append(f"out={out}" if f in _NAMED_OUT else out)
        return f"{self.function(f)}({', '.join(args)})"

    def _copied(self, call: Call, out: str | None) -> str:
        """The elements in memory of their own, perhaps in another shape."""
        (array, *_) = call.args
        text = self.operand(array)
        if out is None:
            order = "" if call.function is duplicated else ', order="C"'
            return f"np.array({text}{order})"
        shape = self.value(array.slot).shape
        if shape != self.value(call.out[0]).shape:
            out = self.once(self.unique(f"{out}_as_{text}"), f"{out}.reshape({shape})")
        return f"{self.function(np.copyto)}({out}, {text})"

    def _flat(self, call: Call, args: list[str], out: str) -> tuple[list[str], str]:
        """Operands of one shape with an axis of size 1 as rows: NumPy is slow on such an axis."""
        shape = self.value(call.out[0]).shape
        slots = [a.slot for a in call.args if isinstance(a, Ref)]
        if (
            len(shape) < 2
            or 1 not in shape
            or any([self.value(s).shape != shape for s in slots])
            or not all([self.is_static(name) for name in (*args, out)])
            or not all([self._is_row(slot) for slot in (*slots, call.out[0])])
        ):
            return args, out
        rows = [
            self._row(name) if isinstance(a, Ref) else name
            for name, a in zip(args, call.args, strict=True)
        ]
        return rows, self._row(out)

    def _is_row(self, slot: int) -> bool:
        """Whether the elements of an array lie one behind the other."""
        value, plan = self.value(slot), self.plan
        if sum([n != 1 for n in value.shape]) <= 1:
            return True
        array = self.tape.cells.get(plan.direct.get(slot, slot))
        if array is not None:
            return bool(array.flags.c_contiguous)
        return plan.static.get(slot) == "buffer" and not value.order

    def _single(self, name: str, slot: int, index: Any, call: Call) -> str | None:
        """``array[[0, 1, …], labels]`` by one index into the flat array, which is faster."""
        value = self.value(slot)
        if not (
            isinstance(index, tuple)
            and len(index) == 2
            and all([isinstance(part, Ref) for part in index])
            and len(value.shape) == 2
            and value.size
            and not value.order
            and self.plan.static.get(slot) == "buffer"
            and index[1].slot in self._places
            and filling(self.tape.cells.get(index[0].slot)) in ("places", "zeros")
        ):
            return None
        rows, columns = value.shape
        key = (index[1].slot, columns)
        if (
            self.value(index[1].slot).shape != (rows,)
            or len(self.tape.cells[index[0].slot]) != rows
        ):
            return None
        if key not in self._singles:
            starts = f"np.arange(0, {rows * columns}, {columns})"
            starts = self.once(self.unique("starts"), starts)
            at = self.once(self.unique("entries"), f"np.empty({rows}, np.intp)")
            self.put(f"{self.function(np.add)}({starts}, {self.operand(index[1])}, {at})", call)
            self._singles[key] = at
        return f"{self._row(name)}[{self._singles[key]}]"

    def _row(self, name: str) -> str:
        if name not in self._rows:
            self._rows[name] = self.once(self.unique(f"{name}_row"), f"{name}.reshape(-1)")
        return self._rows[name]

    def value(self, slot: int) -> Value:
        """What a slot holds."""
        return self.tape.values[slot]
