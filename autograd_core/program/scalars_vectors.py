"""Many operations on numbers as few calls on vectors: all numbers of a program in one array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..tensor import Tensor
from .calls import Call
from .scalars_levels import SUM, Graph, Group, Levels, affine
from .scalars_record import (
    ADD,
    DIVIDE,
    MULTIPLY,
    OPERATIONS,
    SELECT,
    SUBTRACT,
    WIDTH,
    Marks,
)

if TYPE_CHECKING:
    from .source import Writer

#: What a group costs at least, an operation in a group, and a line on Python floats: nanoseconds.
GROUP_NS, VECTOR_NS, LINE_NS = 1000, 3, 35

_SUM, _SUMS = np.add.reduce, np.add.accumulate

#: Operations of so few are written as lines on elements.
_LINES = {ADD: "+", SUBTRACT: "-", MULTIPLY: "*", DIVIDE: "/"}


class Numbers:
    """The values of many tensors that hold a float each."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self.tensors = tuple(tensors)

    def __call__(self) -> list[float]:
        return [tensor._value for tensor in self.tensors]

    def source(self, name: str) -> str:
        """A function that gives the values of now, as Python source."""
        return f"def {name}():\n    return {self()!r}"


class Parts(NamedTuple):
    """A run of operations on numbers.

    Attributes
    ----------
    rows : list of int
    marks : Marks
    tensors : dict of int to Tensor
        By slot, the tensors whose numbers are read.
    inputs : list of int
        The other slots that come from outside.
    constants : dict of int to number
    wanted : list of int
        The slots that are read outside.
    graph : Graph
        Of the rows, with the tensors, the inputs and the constants before the operations.
    """

    rows: list[int]
    marks: Marks
    tensors: dict[int, Tensor]
    inputs: list[int]
    constants: dict[int, Any]
    wanted: list[int]
    graph: Graph

    def note(self, rows: Iterable[int], origin: str = "") -> Call:
        """A call that stands in the source for rows that are alike; not all are marked."""
        mark = next((m for row in rows if (m := self.rows[row * WIDTH + WIDTH - 1]) > 1), 0)
        return Call(_nothing, (), {}, (), line=self.marks.line(mark), origin=origin)


def _nothing() -> None: ...


def pays(levels: Levels) -> bool:
    """Whether vectors should be faster than the same on Python floats."""
    operations = levels.graph.operations
    return GROUP_NS * len(levels.kinds) + VECTOR_NS * operations < LINE_NS * operations


class Vectors:
    """A run of operations on numbers, done on vectors.

    Attributes
    ----------
    place : dict of int to int
        Where in the array each wanted slot is.
    """

    __name__ = "vectors"

    def __init__(self, parts: Parts, levels: Levels) -> None:
        self.parts, self.levels = parts, levels
        self.numbers = Numbers(list(parts.tensors.values()))
        self.constants = [float(value) for value in parts.constants.values()]
        groups = levels.groups
        if levels.zero:
            self.constants.append(-0.0)
        first = parts.graph.first
        self.where = np.full(first + len(levels.codes) + 1, -1, np.intp)
        self.where[:first] = np.arange(first)
        self.where[-1] = first  # the node −1
        self.size = first + levels.zero
        for group in groups:
            count = len(group.nodes)
            self.where[group.nodes] = np.arange(self.size, self.size + count)
            self.size += count
        self.place = {slot: int(self.where[node]) for slot, node in parts.graph.node.items()}
        self.most = max(
            [len(g.nodes) * (len(g.operands) if g.code == SUM else 1) for g in groups], default=0
        )

    def __call__(self, *_: Any) -> Any:
        raise NotImplementedError("a run of numbers is written as source, and not called")

    # -- source ------------------------------------------------------------------------------

    def write(self, writer: Writer, call: Call) -> None:
        """Write the setup and the lines of the call; name its results that later lines read."""
        self.array = v = writer.once(writer.unique("v"), f"np.zeros({self.size})")
        self.take = ""
        known = len(self.numbers.tensors)
        given = known + len(call.args)
        if self.constants:
            name = writer.given(writer.unique("constants"), np.array(self.constants))
            writer.setup.append(f"{v}[{given}:{given + len(self.constants)}] = {name}")
        if known:
            read = writer.given(writer.unique("numbers"), self.numbers)
            writer.put(f"{v}[:{known}] = {read}()", call)
        if call.args:
            names = ", ".join(map(writer.operand, call.args))
            writer.body.append(f"{v}[{known}:{given}] = {names}")
        self.views: dict[tuple[int, int, int], str] = {}
        self.scratch: list[list[Any]] = []
        body = writer.body
        writer.body = []
        for group in self.levels.groups:
            self._group(writer, group)
        lines, writer.body = writer.body, body
        quiet = 'with np.errstate(over="ignore", under="ignore", invalid="ignore"):'
        writer.body += [quiet, *[f"    {line}" for line in lines]]
        self._hand_out(writer, call)
        del self.parts, self.levels, self.where  # of use here only, and large

    def _hand_out(self, writer: Writer, call: Call) -> None:
        """Names for the results that other lines read; `Writer` returns the others at once."""
        read = {slot for c in writer.tape.calls for slot in c.reads()}
        read |= set(writer.tape.updates.values())
        named = [slot for slot in call.out if slot in read]
        for slot in call.out:
            if slot not in read:
                writer.handed[slot] = (self.array, self.place[slot])
        if named:
            names = [writer.name(slot) for slot in named]
            text = self.elements(writer, [self.place[slot] for slot in named])
            writer.body.append(f"{', '.join(names)}{',' * (len(names) == 1)} = {text}")

    def elements(self, writer: Writer, places: list[int]) -> str:
        """Some elements of the array as a list of Python floats."""
        return elements(writer, self.array, places)

    def _group(self, writer: Writer, group: Group) -> None:
        count = len(group.nodes)
        start = int(self.where[group.nodes[0]])
        label = "sum" if group.code == SUM else _label(group.code)
        note = self.parts.note(group.rows, f"{label} × {count}" if count > 2 else label)
        if count <= 2 and group.code in _LINES:
            for i in range(count):
                a, b = (f"{self.array}[{self.where[column[i]]}]" for column in group.operands)
                text = f"{self.array}[{start + i}] = {a} {_LINES[group.code]} {b}"
                writer.put(text, note)
            return
        out = self._view(writer, start, start + count, 1)
        if group.code == SUM:
            self._sum(writer, group, out, note)
            return
        args = [self._operand(writer, self.where[x], i) for i, x in enumerate(group.operands)]
        vector = OPERATIONS[group.code].vector
        if isinstance(vector, np.ufunc):
            named = "out=" if vector in (np.maximum, np.minimum) else ""
            writer.put(f"{writer.function(vector)}({', '.join([*args, named + out])})", note)
        else:
            writer.put(f"{out}[:] = {writer.function(vector)}({', '.join(args)})", note)

    def _sum(self, writer: Writer, group: Group, out: str, note: Call) -> None:
        index = self.where[np.array(group.operands)]  # a row for each place among the terms
        terms, count = index.shape
        flat = self._operand(writer, index.reshape(-1), 0, whole=True)
        if count == 1:  # NumPy would add these in pairs
            target = self._scratch(writer, 1, terms)
            writer.put(f"{writer.function(_SUMS)}({flat}, 0, None, {target})", note)
            writer.body.append(f"{out}[0] = {target}[{terms - 1}]")
            return
        table = f"{flat}.reshape({terms}, {count})"
        table = self._once(writer, "terms", table)
        writer.put(f"{writer.function(_SUM)}({table}, 0, None, {out})", note)

    def _operand(
        self, writer: Writer, index: np.ndarray[Any, Any], number: int, whole: bool = False
    ) -> str:
        """The elements at an index: a view of the array, or gathered in a scratch array."""
        part = affine(index)
        if part is not None and not (whole and part.stop == part.start + 1 and len(index) > 1):
            stop = -1 if part.stop is None else part.stop
            return self._view(writer, part.start, stop, part.step or 1)
        if not self.take:
            self.take = writer.once(writer.unique("take"), f"{self.array}.take")
        name = writer.given(writer.unique("index"), index.astype(np.intp))
        target = self._scratch(writer, number, len(index))
        writer.body.append(f'{self.take}({name}, 0, {target}, "clip")')
        return target

    def _view(self, writer: Writer, start: int, stop: int, step: int) -> str:
        key = (start, stop, step)
        if key not in self.views:
            ends = f"{start}:{'' if stop < 0 else stop}" + ("" if step == 1 else f":{step}")
            self.views[key] = self._once(writer, f"{self.array}_{start}", f"{self.array}[{ends}]")
        return self.views[key]

    def _scratch(self, writer: Writer, number: int, count: int) -> str:
        """A part of a scratch array; there is one for each place of an operand."""
        while len(self.scratch) <= number:
            name = writer.once(writer.unique("scratch"), f"np.empty({self.most})")
            self.scratch.append([name, {}])
        name, parts = self.scratch[number]
        if count not in parts:
            parts[count] = self._once(writer, f"{name}_{count}", f"{name}[:{count}]")
        return parts[count]  # type: ignore[no-any-return]

    def _once(self, writer: Writer, wish: str, text: str) -> str:
        return writer.once(writer.unique(wish), text)


def elements(writer: Writer, array: str, places: list[int]) -> str:
    """Elements of an array as source of a list of Python floats."""
    part = affine(np.array(places))
    if part is not None and (part.step is None and part.stop - part.start == len(places)):
        return f"{array}[{part.start}:{part.stop}].tolist()"
    if len(places) < 4:
        return f"[{', '.join([f'float({array}[{p}])' for p in places])}]"
    index = writer.given(writer.unique("index"), np.array(places, np.intp))
    return f"{array}[{index}].tolist()"


def _label(code: int) -> str:
    vector = OPERATIONS[code].vector
    name = getattr(vector, "__name__", "call")
    return "select" if code == SELECT else name.strip("_")
