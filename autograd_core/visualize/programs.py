"""A compiled program as a picture: a box for each of its lines, with the arrays that it finds."""

from __future__ import annotations

import builtins
import math
import operator
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..lines import short
from ..primitive import FUNCTIONS, PRIMITIVES
from ..program.calls import Call, Ref
from ..program.replay import Program
from .labels import INFIX
from .picture import Box, Edge, Line, Picture
from .updates import WRITTEN, with_updates
from .wording import number, parameter_text, shape_text, shorten, value_text

#: Operators of Python, and methods of ufuncs, by the names of the primitives that they are.
_OPERATORS: dict[Any, str] = {
    operator.add: "add", operator.sub: "subtract", operator.mul: "multiply",
    operator.truediv: "divide", operator.pow: "power", operator.neg: "negative",
    operator.getitem: "getitem", operator.matmul: "matmul", builtins.abs: "absolute",
    np.dot: "matmul", np.add.reduce: "sum", np.maximum.reduce: "max", np.minimum.reduce: "min",
}  # fmt: skip
_LETTER = re.compile(r"[^\W\d_]")


def picture_of_program(name: str, program: Program, values: bool = True) -> Picture:
    """Describe a program.

    Parameters
    ----------
    name : str
        Of the function.
    program : Program
    values : bool
        Whether the boxes of what the program finds show their values as they are now; what comes
        in between is not kept.
    """
    drawn = _Extraction(program, values)
    for call in program.tape.calls:
        drawn.add(call)
    boxes, clusters = with_updates(drawn.boxes, drawn.edges, drawn.origins)
    edges = tuple(drawn.edges)
    return Picture(f"Program of {name}", tuple(boxes), edges, clusters=tuple(clusters))


class _Extraction:
    """Boxes and edges as they accumulate."""

    def __init__(self, program: Program, values: bool) -> None:
        self.program, self.tape, self.values = program, program.tape, values
        self.boxes: list[Box] = []
        self.edges: list[Edge] = []
        self.origins: dict[str, str] = {}  # who asked for a line, by the id of its box
        self._places: dict[int, int] = {}  # box by slot
        self._phases = _phases(program)
        self._written = {new: cell for cell, new in self.tape.updates.items()}
        self._moved = {
            slot: tensor.name or "a number"
            for slot, (tensor, _) in zip(self.tape.moved, program.numbers, strict=False)
        }
        self._grads = _gradient_names(program)
        #: What optimizers, and layers, keep is no parameter: a state that runs change.
        self._parameters = {id(a) for tensor, a in program.guards.cells if tensor.requires_grad}
        for slot in self.tape.arguments:
            self._find(slot)

    # -- what a program finds ----------------------------------------------------------------

    def _find(self, slot: int) -> int | None:
        """The box of what is there before a run; None for a number that stands in the title."""
        if slot in self._places:
            return self._places[slot]
        tape = self.tape
        if slot in tape.literals and not np.ndim(tape.literals[slot]):
            return None
        kind, value, words = self._given(slot)
        known = tape.values.get(slot)
        shape = np.shape(value) if known is None else known.shape
        dtype = np.asarray(value).dtype if known is None else known.dtype
        name = known.name if known is not None else ""
        text = shape_text(shape, dtype)
        lines = (Line("value", value_text(value)),) if self.values and value is not None else ()
        tooltip = [f"{name}: {words}" if name else words, f"shape {shape}, {dtype}"]
        tooltip += [f"{line.label}: {line.text}" for line in lines]
        title, subtitle = (name, words) if name else (words, "")
        box = Box("", kind, title, subtitle, text, lines, tuple(tooltip), name=name)
        return self._place((slot,), replace(box, dtype=str(dtype)))

    def _given(self, slot: int) -> tuple[str, Any, str]:
        """Kind, value and words of what a program finds."""
        tape = self.tape
        if slot in tape.arguments:
            i = tape.arguments.index(slot)
            return "input", self.program.example[i], "argument"
        if slot in tape.numbers:
            return "parameter", tape.numbers[slot](), "number, read at every run"
        if slot in tape.cells:
            value = tape.cells[slot]
            if id(value) in self._parameters:
                return "parameter", value, "parameter"
            changes = slot in tape.updates
            return ("parameter", value, "state") if changes else ("constant", value, "constant")
        return "constant", tape.literals.get(slot), "constant"

    # -- its lines ---------------------------------------------------------------------------

    def add(self, call: Call) -> None:
        """The box of a line, and the edges that lead to it."""
        tails = [(i, self._find(slot)) for i, slot in enumerate(call.reads())]
        symbol, words = self._title(call)
        name = self._name(call)
        title = name or symbol
        subtitle = f"{symbol} {words}".strip() if name else words
        shape = ""
        if call.out:
            value = self.tape.values[call.out[0]]
            shape = shape_text(value.shape, value.dtype)
        code = self.program.writer.lines.get(id(call), "")
        lines = [Line("code", code)] if code else []
        if call.line:
            lines.append(Line("line", short(call.line)))
        tooltip = [f"{title} {subtitle}".strip(), f"shape {shape}" if shape else ""]
        tooltip += [f"code: {code}" if code else "", f"recorded at {call.line}" * bool(call.line)]
        if call.effect:
            tooltip.append("done at every run, in this order")
        phase = self._phases.get(id(call), "")
        is_result = not phase and not set(call.out).isdisjoint(self.tape.results)
        kind = phase or ("output" if is_result else "operation")
        tips = tuple([text for text in tooltip if text])
        box = Box("", kind, title, subtitle, shape, tuple(lines), tips, op=words or symbol)
        place = self._place(call.out, replace(box, line=call.line))
        self.origins[self.boxes[place].id] = call.origin
        for operand, tail in tails:
            if tail is not None:
                self.edges.append(Edge(f"e{len(self.edges) + 1}", tail, place, operand))

    def _place(self, slots: Any, box: Box) -> int:
        """The place of a box, which is that of the values that it makes."""
        place = len(self.boxes)
        self._places.update(dict.fromkeys(slots, place))
        self.boxes.append(replace(box, id=f"n{place + 1}"))
        return place

    def _name(self, call: Call) -> str:
        """What a line changes or finds: ``W ←``, ``∂/∂W``; else nothing."""
        for slot in call.out:
            if slot in self._written:
                return f"{self.tape.values[self._written[slot]].name or 'state'}{WRITTEN}"
            if slot in self._moved:
                return f"{self._moved[slot]}{WRITTEN}"
            if slot in self._grads:
                return f"∂/∂{self._grads[slot]}"
        return "" if set(call.out).isdisjoint(self.tape.results) else "result"

    def _title(self, call: Call) -> tuple[str, str]:
        """The symbol with the numbers among the operands, and the name in words."""
        symbol, words = symbol_of(call.function)
        numbers = [self._number(a) for a in call.args]
        if any(n is not None for n in numbers) and call.function is not operator.getitem:
            if symbol in INFIX and len(numbers) == 2:
                symbol = " ".join([n for n in (numbers[0], symbol, numbers[1]) if n is not None])
            elif _LETTER.match(symbol):
                symbol = f"{symbol}({', '.join([n or '·' for n in numbers[:6]])})"
        given = [f"{k}={parameter_text(v)}" for k, v in call.kwargs.items()
                 if not isinstance(v, Ref) and v not in (None, False)]  # fmt: skip
        return symbol, shorten(" ".join([words, *given]).strip(), 32)

    def _number(self, argument: Any) -> str | None:
        if isinstance(argument, Ref):
            argument = self.tape.literals.get(argument.slot)
        plain = isinstance(argument, (int, float, np.generic)) and not isinstance(argument, bool)
        return number(argument) if plain else None


def symbol_of(function: Callable[..., Any]) -> tuple[str, str]:
    """The symbol of a function of NumPy or Python, and its name where that says more."""
    name = _OPERATORS.get(function) if _hashable(function) else None
    name = name or _PUBLIC.get(id(function)) or getattr(function, "__name__", "")
    name = name or type(function).__name__
    if getattr(math, name, None) is not function and name not in PRIMITIVES:
        name = name.strip("_").lower()
    primitive = PRIMITIVES.get(name)
    symbol = name if primitive is None else primitive.symbol
    return symbol, "" if symbol == name else name


def _hashable(x: Any) -> bool:
    return getattr(type(x), "__hash__", None) is not None


#: The names of our functions by the ids of NumPy's that they answer for.
_PUBLIC = {id(f): name for name, ours in FUNCTIONS.items() for f in ours.numpy}


def _phases(program: Program) -> dict[int, str]:
    """The calls of the backward pass and of the update, by their ids.

    What was recorded there says so. Whatever else only leads to what is written back, and comes
    of a gradient, is an update too: such as one that the user wrote.
    """
    tape = program.tape
    known: dict[int, str] = {}
    late: set[int] = set()  # slots that come of the backward pass
    for call in tape.calls:
        phase = next((tape.phases[s] for s in call.out if s in tape.phases), "")
        if not phase and call.origin.startswith("backward"):  # put together from several lines
            phase = "backward"
        if len(call.out) > 8:  # a run of numbers is all at once
            phase = ""
        known[id(call)] = phase
        if phase == "backward" or not late.isdisjoint(call.reads()):
            late.update(call.out)
    wanted = {*tape.results, *tape.grads.values(), *tape.left}
    elsewhere = set(wanted)  # slots that are read for anything but an update
    for call in reversed(tape.calls):
        if known[id(call)] == "update":
            continue
        of_use = not elsewhere.isdisjoint(call.out) or (call.effect and not call.out)
        if not of_use and not known[id(call)] and not late.isdisjoint(call.out):
            known[id(call)] = "update"
        elif of_use or known[id(call)] == "backward":
            elsewhere.update(call.reads())
    return {place: phase for place, phase in known.items() if phase}


def _gradient_names(program: Program) -> dict[int, str]:
    """The names of the leaves, by the slots that become their gradients."""
    writer, tape = program.writer, program.tape
    first = len(tape.results)
    names = {writer.loose[place - first]: leaf for leaf, place in program.loose}
    by_array = {id(g._value): leaf for leaf, g in program.grads if g is not None}
    for slot in tape.grads.values():
        array = program.namespace.get(writer.names.get(slot, ""))
        if id(array) in by_array:
            names.setdefault(slot, by_array[id(array)])
    return {slot: leaf.name or "a parameter" for slot, leaf in names.items()}
