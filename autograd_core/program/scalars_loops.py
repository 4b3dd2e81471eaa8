"""Operations on numbers, one after the other on Python floats: in loops where they repeat.

A stretch repeats with a period if the operations are the same in every round, and each operand is
the same number, or the one that stands a fixed distance from that of the round before. So is what
a loop of the user's has written, and the backward pass over it.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .calls import Call
from .scalars_record import OPERATIONS, careful, select
from .scalars_vectors import Numbers, Parts

if TYPE_CHECKING:
    from .source import Writer

#: Operators, as they are written.
SYMBOLS = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.pow: "**",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.eq: "==",
    operator.ne: "!=",
}

#: Operations by whose kinds a period is looked for.
_WINDOW = 32
#: Rounds from which on a loop is written.
_ROUNDS = 6

Indices = NDArray[np.int64]


@dataclass(slots=True)
class Stretch:
    """Operations that repeat: `rounds` times, `period` of them in each round.

    Attributes
    ----------
    start, period, rounds : int
        In operations.
    """

    start: int
    period: int
    rounds: int

    @property
    def stop(self) -> int:
        return self.start + self.period * self.rounds


def stretches(codes: Indices, operands: Indices) -> list[Stretch]:
    """The stretches that repeat, from first to last; they do not overlap.

    Parameters
    ----------
    codes : array, shape (n,)
    operands : array, shape (n, 3)
    """
    found: list[Stretch] = []
    for period in _periods(codes):
        if 2 * period >= len(codes):
            continue
        shift = operands[period:] - operands[:-period]
        same = codes[period:] == codes[:-period]
        same = same[period:] & same[:-period] & (shift[period:] == shift[:-period]).all(axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]])))
        for start, stop in edges.reshape(-1, 2).tolist():
            rounds = (stop - start) // period + 2
            if stop - start >= period and rounds >= _ROUNDS:
                found.append(Stretch(start, period, rounds))
    found.sort(key=lambda s: (s.start - s.stop, s.period))
    chosen: list[Stretch] = []
    for stretch in found:
        if all([stretch.stop <= c.start or c.stop <= stretch.start for c in chosen]):
            chosen.append(stretch)
    return sorted(chosen, key=lambda s: s.start)


def _periods(codes: Indices) -> list[int]:
    """Distances at which the kinds of operations come again, from a few places on."""
    text = codes.astype(np.uint8).tobytes()
    found = set()
    for anchor in np.linspace(0, max(0, len(text) - 2 * _WINDOW), 24).astype(int).tolist():
        window = text[anchor : anchor + _WINDOW]
        at = anchor
        for _ in range(4):
            at = text.find(window, at + 1, anchor + 4096)
            if at < 0:
                break
            found.add(at - anchor)
    return sorted(found)


class Loops:
    """A run of operations on numbers, done one after the other on Python floats."""

    __name__ = "loops"

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.numbers = Numbers(list(parts.tensors.values()))
        graph = parts.graph
        self.first = first = graph.first
        self.constants = list(parts.constants.values())
        live = [i for i in range(len(graph.codes)) if graph.uses[first + i]]
        place = np.full(first + len(graph.codes) + 1, -1, np.int64)
        place[:first] = np.arange(first)
        place[first + np.array(live, np.int64)] = np.arange(first, first + len(live))
        self.codes = np.array(graph.codes, np.int64)[live]
        padded = [(*graph.operands[i], -1, -1)[:3] for i in live]
        self.operands = place[np.array(padded, np.int64).reshape(-1, 3)]
        self.row_of = [graph.row_of[i] for i in live]
        self.node = {slot: int(place[node]) for slot, node in graph.node.items()}
        self.uses = np.bincount(self.operands[self.operands >= 0], minlength=first + len(live))
        for node in self.node.values():
            self.uses[node] += len(live)  # not of one round only
        self.stretches = stretches(self.codes, self.operands)

    @property
    def loose(self) -> bool:
        """Whether some operation gives NumPy's numbers."""
        return any([not OPERATIONS[code].plain for code in set(self.codes.tolist())])

    def __call__(self, *_: Any) -> Any:
        raise NotImplementedError("a run of numbers is written as source, and not called")

    # -- source ------------------------------------------------------------------------------

    def write(self, writer: Writer, call: Call) -> None:
        """Write the setup and the lines of the call, and name its results."""
        self.writer = writer
        known = len(self.numbers.tensors)
        given = known + len(call.args)
        self.list = writer.unique("v")
        listed = self._listed()
        total = self.first + len(self.codes)
        if self.stretches:
            store = writer.once(writer.unique("numbers_of_loops"), f"[0.0] * {total}")
            writer.body.append(f"{self.list} = {store}")
            if self.constants:
                writer.setup.append(f"{store}[{given}:{self.first}] = {self.constants!r}")
        self.names: dict[int, str] = {}
        if known:
            read = writer.given(writer.unique("numbers"), self.numbers)
            names = [self._new(node, listed) for node in range(known)]
            writer.put(f"{', '.join(names)}{',' * (known == 1)} = {read}()", call)
        for node, arg in enumerate(call.args, known):
            self.names[node] = writer.operand(arg)
            if node in listed:
                writer.body.append(f"{self.list}[{node}] = {self.names[node]}")
        for node, value in enumerate(self.constants, given):
            self.names[node] = writer.operand(value)
        at = 0
        for stretch in [*self.stretches, None]:
            stop = len(self.codes) if stretch is None else stretch.start
            for i in range(at, stop):
                texts = [self._text(x) for x in self.operands[i].tolist() if x >= 0]
                out = self._new(self.first + i, listed)
                note = self.parts.note(self.row_of[i : i + 1])
                writer.put(f"{out} = {self._expression(i, texts)}", note)
            if stretch is not None:
                self._loop(stretch)
                at = stretch.stop
        for slot, node in self.node.items():
            writer.names[slot] = self._text(node)
        del self.parts, self.codes, self.operands, self.row_of, self.uses  # large

    def _listed(self) -> set[int]:
        """The nodes outside of loops that loops find in the list."""
        found: set[int] = set()
        for s in self.stretches:
            shift = self._shift(s)
            for j, k in zip(*np.nonzero(shift), strict=True):
                nodes = self.operands[s.start + j : s.stop : s.period, k]
                found.update(nodes.tolist())
        return found

    def _shift(self, s: Stretch) -> Indices:
        """By how much each operand moves from one round to the next."""
        first = self.operands[s.start : s.start + s.period]
        return self.operands[s.start + s.period : s.start + 2 * s.period] - first

    def _new(self, node: int, listed: set[int]) -> str:
        name = f"{self.list}[{node}]" if node in listed else self.writer.unique(f"v{node}")
        self.names[node] = name
        return name

    def _text(self, node: int) -> str:
        return self.names.get(node) or f"{self.list}[{node}]"

    def _loop(self, s: Stretch) -> None:
        """Write a stretch as one loop."""
        writer = self.writer
        begin = self.first + s.start
        shift = self._shift(s).tolist()
        operands = self.operands[s.start : s.start + s.period].tolist()
        own = self._own(s, shift)
        counters: dict[int, tuple[str, int]] = {s.period: (writer.unique("k"), begin)}
        for row, moves in zip(operands, shift, strict=True):
            for x, move in zip(row, moves, strict=True):
                if move and move not in counters:
                    counters[move] = (writer.unique("n"), x)
        ranges = [
            f"range({start}, {start + move * s.rounds}, {move})"
            for move, (_, start) in counters.items()
        ]
        names = ", ".join([name for name, _ in counters.values()])
        walked = ranges[0] if len(ranges) == 1 else f"zip({', '.join(ranges)})"
        writer.body.append(f"for {names} in {walked}:")
        texts: dict[int, str] = {}
        for j, (row, moves) in enumerate(zip(operands, shift, strict=True)):
            args = []
            for x, move in zip(row, moves, strict=True):
                if x < 0:
                    continue
                if move == 0:
                    args.append(self._text(x))
                elif move == s.period and x in texts:
                    args.append(texts[x])
                else:
                    name, start = counters[move]
                    args.append(f"{self.list}[{_sum(name, x - start)}]")
            node = begin + j
            target = f"{self.list}[{_sum(counters[s.period][0], j)}]"
            text = texts[node] = writer.unique(f"x{j}")
            put = f"{text} = {self._expression(s.start + j, args)}"
            if not own[j]:
                put = f"{target} = {put}"
            note = self.parts.note(self.row_of[s.start + j : s.stop : s.period])
            writer.put(put, note, "    ")

    def _own(self, s: Stretch, shift: list[list[int]]) -> list[bool]:
        """Which results of a round are read in the same round only."""
        begin = self.first + s.start
        reads = np.zeros(s.period, np.int64)
        operands = self.operands[s.start : s.start + s.period]
        for x, move in zip(operands.reshape(-1).tolist(), np.ravel(shift).tolist(), strict=True):
            if move == s.period and begin <= x < begin + s.period:
                reads[x - begin] += 1
        uses = self.uses[begin : self.first + s.stop].reshape(s.rounds, s.period)
        return (uses == reads).all(axis=0).tolist()  # type: ignore[no-any-return]

    def _expression(self, i: int, args: list[str]) -> str:
        """An operation as source."""
        operation = OPERATIONS[self.codes[i]]
        f = operation.python
        symbol = SYMBOLS.get(f)
        if operation.risky and self.writer.pure is not None:
            plain = f"lambda a, b: a {symbol} b" if symbol else self.writer.function(f)
            vector = self.writer.function(operation.vector)
            return f"{self.writer.function(careful)}({', '.join([plain, vector, *args])})"
        if symbol:
            return f"{args[0]} {symbol} {args[1]}"
        if f is operator.neg:
            return f"-{args[0]}"
        if f is operator.not_:
            return f"not {args[0]}"
        if f is select:
            return f"{args[1]} if {args[0]} else {args[2]}"
        return f"{self.writer.function(f)}({', '.join(args)})"


def _sum(name: str, number: int) -> str:
    return name if not number else f"{name} {'+' if number > 0 else '-'} {abs(number)}"
