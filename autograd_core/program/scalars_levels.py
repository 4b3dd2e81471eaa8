"""Rows of operations on numbers, gathered into groups: what is alike at one depth is done at once.

The numbers are nodes of a graph, told by place: first the inputs, then one for each row. A sum of
many terms, ``((a + b) + c) + …``, whose partial sums nobody else reads, counts as one operation on
all of them: it is what makes most graphs flat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .scalars_record import ADD, ALIASES, DIVIDE, MULTIPLY, WIDTH

#: The code of a sum of more than two terms.
SUM = -1
#: Terms of sums that are few of their kind are filled up with −0.0, which changes no sum.
FEW = 16


@dataclass(slots=True)
class Group:
    """Operations of one kind, none of which needs another.

    Attributes
    ----------
    code : int
        The operation, or `SUM`.
    nodes : list of int
        The results.
    operands : list of list of int
        For each operand its nodes; of sums for each place among the terms.
    rows : list of int
        Their rows.
    """

    code: int
    nodes: list[int]
    operands: list[list[int]]
    rows: list[int]


class Graph:
    """Rows as a graph of numbers, without those that change nothing or were there before.

    Parameters
    ----------
    rows : list of int
    inputs : sequence of int
        The slots that come from outside, among them the constants.
    constants : dict of int to number
        The slots whose values are known.
    wanted : sequence of int
        The slots that are read outside.

    Attributes
    ----------
    first : int
        How many inputs there are: the first node that is an operation.
    codes : list of int
        The operations.
    operands : list of tuple of int
        Their operands' nodes.
    row_of : list of int
        Their rows.
    node : dict of int to int
        The node of each slot that is wanted.
    uses : list of int
        How often each node is read; 0 if it need not be computed.
    operations : int
        That are left.
    """

    def __init__(
        self,
        rows: list[int],
        inputs: Sequence[int],
        constants: dict[int, Any],
        wanted: Sequence[int],
    ) -> None:
        self._read(rows, inputs, constants)
        self.node = {slot: self._place[slot] for slot in wanted}
        self._use(self.node.values())

    def _read(self, rows: list[int], inputs: Sequence[int], constants: dict[int, Any]) -> None:
        """The operations by node, with equal ones and those that change nothing left out."""
        place = [-1] * (max([*inputs, rows[1 - WIDTH]], default=0) + 1)  # by slot
        for i, slot in enumerate(inputs):
            place[slot] = i
        self.first = first = len(inputs)
        self._place = place
        codes: list[int] = []
        operands: list[tuple[int, ...]] = []
        row_of: list[int] = []
        one = {slot for slot, value in constants.items() if type(value) is float and value == 1.0}
        unchanging = {*ALIASES, *((MULTIPLY, DIVIDE) if one else ())}
        known: dict[Any, int] = {}
        flat = iter(rows)
        for i, (code, out, a, b, c, _) in enumerate(zip(*[flat] * WIDTH, strict=True)):
            if code in unchanging:
                if code in ALIASES or b in one:
                    place[out] = place[a]
                    continue
                if code == MULTIPLY and a in one:
                    place[out] = place[b]
                    continue
            key = (code, place[a], -1 if b < 0 else place[b], -1 if c < 0 else place[c])
            node = known.get(key)
            if node is None:
                node = known[key] = first + len(codes)
                codes.append(code)
                operands.append(key[1:] if c >= 0 else key[1:3] if b >= 0 else key[1:2])
                row_of.append(i)
            place[out] = node
        self.codes, self.operands, self.row_of = codes, operands, row_of

    def _use(self, wanted: Any) -> None:
        """Count the readers; what nobody reads does not read either."""
        first = self.first
        uses = [0] * (first + len(self.codes))
        for node in wanted:
            uses[node] += 2  # never a part of a sum only
        for i in range(len(self.codes) - 1, -1, -1):
            if uses[first + i]:
                for node in self.operands[i]:
                    uses[node] += 1
        self.uses = uses
        self.operations = sum([1 for n in uses[first:] if n])


class Levels:
    """The groups of a graph, in an order in which they can be computed.

    Attributes
    ----------
    groups : list of Group
    zero : bool
        Whether some sum was filled up with the node −1, which stands for −0.0.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.codes, self.operands = list(graph.codes), list(graph.operands)
        self._chain()
        self._level()
        self.zero = False
        self._groups: list[Group] = []

    @property
    def groups(self) -> list[Group]:
        if not self._groups:
            self._groups = self._grouped()
        return self._groups

    def _chain(self) -> None:
        """Join sums of sums: the terms of each, and which nodes are only a part of one."""
        first, uses = self.graph.first, self.graph.uses
        codes, operands = self.codes, self.operands
        before: dict[int, tuple[int, int]] = {}  # node: the sum that it goes on with, its term
        inner: set[int] = set()
        for i, code in enumerate(codes):
            node = first + i
            if code != ADD or not uses[node]:
                continue
            a, b = operands[i]
            for x, term in ((a, b), (b, a)):
                if x >= first and uses[x] == 1 and codes[x - first] == ADD:
                    before[node] = (x, term)
                    inner.add(x)
                    break
        for node in before:
            if node in inner:
                continue
            terms = []
            x = node
            while x in before:
                x, term = before[x]
                terms.append(term)
            operands[node - first] = (*operands[x - first], *reversed(terms))
            codes[node - first] = SUM
        self.inner = inner

    def _level(self) -> None:
        """The operations by their depth, kind, and number of terms."""
        first, uses, inner = self.graph.first, self.graph.uses, self.inner
        level = [0] * (first + len(self.codes))
        kinds: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        for i, (code, terms) in enumerate(zip(self.codes, self.operands, strict=True)):
            node = first + i
            if not uses[node] or node in inner:
                continue
            depth = 0
            for x in terms:
                if level[x] > depth:
                    depth = level[x]
            level[node] = depth + 1
            kinds[depth, code, len(terms)].append(node)
        self.kinds = kinds

    def _grouped(self) -> list[Group]:
        groups = []
        first = self.graph.first
        for (_, code, _), nodes in sorted(self._filled(self.kinds).items()):
            parts = [self.operands[n - first] for n in nodes]
            columns = [list(column) for column in zip(*parts, strict=True)]
            rows = [self.graph.row_of[n - first] for n in nodes]
            groups.append(Group(code, nodes, columns, rows))
        return groups

    def _filled(
        self, kinds: dict[tuple[int, int, int], list[int]]
    ) -> dict[tuple[int, int, int], list[int]]:
        """Sums of nearly as many terms made alike, where they are few."""
        made: dict[tuple[int, int, int], list[int]] = {}
        most: dict[tuple[int, int], int] = {}
        for depth, code, count in kinds:
            if code == SUM:
                key = depth, 1 << (count - 1).bit_length()
                most[key] = max(count, most.get(key, 0))
        for (depth, code, count), nodes in kinds.items():
            if code == SUM and len(nodes) < FEW:
                whole = 1 << (count - 1).bit_length()
                count = most[depth, whole]
            made.setdefault((depth, code, count), []).extend(nodes)
        for (_, code, count), nodes in made.items():
            if code == SUM:
                nodes.sort()
                for node in nodes:
                    place = node - self.graph.first
                    missing = count - len(self.operands[place])
                    if missing:
                        self.operands[place] += (-1,) * missing
                        self.zero = True
        return made


def affine(index: np.ndarray[Any, Any]) -> slice | None:
    """The slice that an index is, or None: of one element if it is the same everywhere."""
    if len(index) == 1:
        return slice(int(index[0]), int(index[0]) + 1)
    step = int(index[1] - index[0])
    if not (np.diff(index) == step).all():
        return None
    start = int(index[0])
    if step == 0:
        return slice(start, start + 1)
    stop = int(index[-1]) + (1 if step > 0 else -1)
    return slice(start, None if stop < 0 else stop, None if step == 1 else step)
