"""Where a NaN or an infinity was made first, forward or backward, and from what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..graph import Leaf, Node
from .findings import positions_of, range_words
from .numbers import Numbers, quietly, raw
from .places import Places, operation_of

#: They move numbers and change none.
_MOVES = frozenset(
    [
        "reshape",
        "flatten",
        "expand_dims",
        "broadcast_to",
        "transpose",
        "getitem",
        "scatter",
        "astype",
        "clone",
        "alias",
        "positive",
        "concatenate",
        "pad",
        "flip",
        "roll",
        "repeat",
        "where",
    ]
)
_CHOOSE = frozenset(("where", "minimum", "maximum", "clip"))


def bad(value: Any) -> Any:
    """Where a value is NaN or infinite."""
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return np.zeros(array.shape, bool)
    return ~np.isfinite(array)


@dataclass(frozen=True)
class Trouble:
    """The first operation that made something that is not finite.

    Attributes
    ----------
    numbers : Numbers
    places : Places
    node : Node
    phase : str
        ``"forward"`` or ``"backward"``.
    operand : int
        In the backward pass, whose cotangent it is.
    made : array
        The value, or the cotangent, that is not finite.
    """

    numbers: Numbers
    places: Places
    node: Node
    phase: str
    operand: int
    made: Any

    @cached_property
    def operation(self) -> str:
        return operation_of(self.node)

    @cached_property
    def where(self) -> Any:
        return bad(self.made)

    @cached_property
    def xs(self) -> list[Any]:
        return self.numbers.operands(self.node) or [None] * len(self.node.parents)

    @property
    def y(self) -> Any:
        return self.numbers.values.get(self.node)

    @property
    def g(self) -> Any:
        return self.numbers.cotangents.get(self.node)

    @property
    def backward(self) -> bool:
        return self.phase == "backward"

    def at(self, value: Any) -> Any:
        """The elements of an operand, or of the output, at the offending places."""
        array = np.asarray(0.0 if value is None else value)
        try:
            return np.broadcast_to(array, self.where.shape)[self.where]
        except ValueError:
            return array.ravel()

    def x(self, i: int = 0) -> Any:
        return self.at(self.xs[i])

    def every(self, truth: Any) -> bool:
        array = np.asarray(truth)
        return bool(array.size and array.all())

    def some(self, truth: Any) -> bool:
        return bool(np.asarray(truth).any())

    def behind(self, i: int = 0) -> Iterator[Node]:
        """The nodes that computed an operand, seen through what only moves numbers."""
        stack = [self.node.parents[i]] if i < len(self.node.parents) else []
        for _ in range(40):
            node = stack.pop() if stack else None
            if node is None:
                return
            if operation_of(node) in _MOVES:
                stack += [p for p in node.parents if p is not None]
            else:
                yield node

    def from_(self, *names: str, i: int = 0) -> bool:
        """Whether an operand was computed by one of these operations."""
        return any(operation_of(node) in names for node in self.behind(i))

    @cached_property
    def _readers(self) -> dict[Node, list[Node]]:
        readers: dict[Node, list[Node]] = {}
        for node in self.numbers.order:
            for parent in node.parents:
                if parent is not None:
                    readers.setdefault(parent, []).append(node)
        return readers

    def read_by(self, *names: str, node: Node | None = None) -> list[Node]:
        """The operations of these names that use the output, seen through moves."""
        found: list[Node] = []
        seen: set[Node] = set()
        stack = [node or self.node]
        while stack and len(seen) < 200:
            for reader in self._readers.get(stack.pop(), ()):
                if reader in seen:
                    continue
                seen.add(reader)
                if operation_of(reader) in names:
                    found.append(reader)
                elif operation_of(reader) in _MOVES or operation_of(reader) == "negative":
                    stack.append(reader)
        return found

    def then(self, *names: str) -> bool:
        """Whether these operations follow one another behind this one."""
        nodes = [self.node]
        for name in names:
            nodes = [r for node in nodes for r in self.read_by(name, node=node)]
        return bool(nodes)

    def untaken(self) -> bool:
        """Whether the output is used where `where` did not choose it: nothing arrives there."""
        if not self.backward or not any(operation_of(r) in _CHOOSE for r in self._downstream()):
            return False
        return not np.asarray(self.at(self.g)).any()

    def _downstream(self) -> list[Node]:
        """The operations up to three steps behind this one."""
        found: list[Node] = []
        front = [self.node]
        for _ in range(3):
            front = [r for node in front for r in self._readers.get(node, ())][:40]
            found += front
        return found

    def words(self) -> str:
        """What was made, where, and from what."""
        made = self.at(self.made)
        kinds = [
            word
            for word, has in (
                ("NaN", np.isnan(made).any()),
                ("inf", (made == np.inf).any()),
                ("-inf", (made == -np.inf).any()),
            )
            if has
        ]
        total = np.asarray(self.made).size
        count = int(np.count_nonzero(self.where))
        many = "" if total == 1 else f" in {count:,} of {total:,} elements"
        places = [list(p) for p in positions_of(self.where, 3) if p]
        shown = f", first at {places[0]}" if places else ""
        given = []
        for i, x in enumerate(self.xs):
            if x is not None and np.asarray(x).size and operation_of(self.node) not in _MOVES:
                what = "operand" if len(self.xs) == 1 else f"operand {i + 1}"
                given.append(f"{what} is {range_words(self.x(i))}")
        origin = f", where its {' and its '.join(given)}" if given and len(given) < 4 else ""
        verb = "handed back" if self.backward else "gave"
        return f"{self.places.long(self.node)} {verb} {' and '.join(kinds)}{many}{shown}{origin}"


def first_forward(numbers: Numbers, places: Places) -> tuple[Trouble | None, str]:
    """Follow what is not finite from the loss down to where it was made.

    Returns
    -------
    trouble : Trouble or None
        None if it was there from the start.
    source : str
        Which leaf or constant held it then, in words.
    """
    node = numbers.root
    chain = [node]
    seen = {node}
    source = ""
    while True:
        xs = numbers.operands(node) or []
        nodes = [
            p
            for p, x in zip(node.parents, xs, strict=False)
            if p is not None and p not in seen and bad(x).any()
        ]
        if nodes:
            node = nodes[0]
            seen.add(node)
            chain.append(node)
            continue
        for p, x in zip(node.parents, xs, strict=False):
            if p is None and bad(x).any():
                source = f"a constant operand of {places.long(node)} {_holds(x)}"
        if isinstance(node, Leaf):
            source = f"{places.long(node)} {_holds(numbers.values.get(node))}"
        break
    if source:
        return _nan_from_infinity(numbers, places, chain), source
    return Trouble(numbers, places, node, "forward", 0, numbers.values[node]), ""


def _nan_from_infinity(numbers: Numbers, places: Places, chain: list[Node]) -> Trouble | None:
    """Infinities that were given may be meant; what makes NaN of them is the trouble."""
    for node in reversed(chain):
        xs = numbers.operands(node)
        value = numbers.values.get(node)
        if xs is None or value is None or not xs:
            continue
        if np.isnan(value).any() and not any(np.isnan(np.asarray(x, float)).any() for x in xs):
            return Trouble(numbers, places, node, "forward", 0, value)
    return None


def _holds(value: Any) -> str:
    array = np.asarray(raw(value))
    where = bad(array)
    word = "NaN" if np.isnan(array).any() else "an infinity"
    count = int(where.sum())
    many = "" if array.size == 1 else f" in {count:,} of {array.size:,} elements"
    places = [list(p) for p in positions_of(where, 1) if p]
    return f"holds {word}{many}" + (f", first at {places[0]}" if places else "")


def first_backward(numbers: Numbers, places: Places) -> Trouble | None:
    """The first operation, from the loss down, that makes such a number of finite ones."""
    for node in reversed(numbers.between):
        g = numbers.cotangents[node]
        if node is numbers.w or bad(g).any():
            continue
        for i, parent, size in numbers.edges.get(node, ()):
            if np.isfinite(size) and not bad(numbers.cotangents[parent]).any():
                continue
            with quietly():
                c = numbers.pulled(node, g, only=i)[i]
            if c is not None and bad(c).any():
                return Trouble(numbers, places, node, "backward", i, c)
    return None
