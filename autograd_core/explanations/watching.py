"""Watching a function run: every operation, whether or not it is recorded.

Two runs at two points show what moved with x; what moved and is not on the graph has left it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..modes import MODE, PLAIN
from ..primitive import Primitive, apply, checksum, users_line
from ..rules import Nondifferentiable
from ..tensor import Tensor
from ..tracing import Onlooker
from .numbers import raw


@dataclass(frozen=True)
class Event:
    """One operation that ran.

    Attributes
    ----------
    primitive : Primitive
    values : tuple
        The operands, as they were: by reference.
    on_graph : tuple of bool
    marks : list of int
        Checksums of the operands.
    result : array or number
    node : Node or None
    line : str or None
    """

    primitive: Primitive
    values: tuple[Any, ...]
    on_graph: tuple[bool, ...]
    marks: list[int]
    result: Any
    node: Any
    line: str | None

    def written_to(self) -> list[int]:
        """The operands whose memory was written to since."""
        now = checksum(self.values)
        return [i for i, (a, b) in enumerate(zip(self.marks, now, strict=True)) if a != b]


class _Watch(Onlooker):
    """Stands where a trace stands; lets everything run as usual, and writes it down."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        values = tuple([raw(a) for a in args])
        marks = checksum(values)
        mode = MODE.get()
        token = MODE.set(None if mode is None else mode._replace(trace=None))
        try:
            y = apply(primitive, args, params)
        finally:
            MODE.reset(token)
        on_graph = tuple([isinstance(a, Tensor) and a._node is not None for a in args])
        self.events.append(
            Event(primitive, values, on_graph, marks, y._value, y._node, users_line())
        )
        return y


def watched(function: Callable[[], Any]) -> tuple[Any, list[Event]]:
    """Run a function with values and lines kept, and what ran."""
    watch = _Watch()
    token = MODE.set(PLAIN._replace(keep=True, trace=watch))
    try:
        with np.errstate(all="ignore"):
            return function(), watch.events
    finally:
        MODE.reset(token)


@dataclass(frozen=True)
class Cut:
    """Where a value that depends on x comes in without the graph.

    Attributes
    ----------
    event : Event
    operand : int
    kind : str
        ``"detached"`` or ``"step"``.
    earlier : Cut or None
        Where the value left the graph, if it was computed with since.
    """

    event: Event
    operand: int
    kind: str
    earlier: Cut | None = None

    @property
    def origin(self) -> Cut:
        return self.earlier or self


def same(a: Any, b: Any) -> bool:
    x, z = np.asarray(a), np.asarray(b)
    return x.shape == z.shape and np.array_equal(
        x, z, equal_nan=x.dtype.kind == z.dtype.kind == "f"
    )


def cuts(first: Sequence[Event], second: Sequence[Event]) -> list[Cut]:
    """The operands that differ between two runs and are not on the graph.

    Stops where the runs do not take the same way.
    """
    found: list[Cut] = []
    made: dict[int, Cut] = {}  # by the id of a value that was computed off the graph
    for a, b in zip(first, second, strict=False):
        if a.primitive.name != b.primitive.name or len(a.values) != len(b.values):
            break
        nothing = isinstance(a.primitive, Nondifferentiable)
        for i, (u, v) in enumerate(zip(a.values, b.values, strict=True)):
            if a.on_graph[i] or same(u, v):
                continue
            if nothing or np.asarray(u).dtype.kind == "f":
                cut = Cut(a, i, "step" if nothing else "detached", made.get(id(u)))
                found.append(cut)
                if a.node is None:
                    made.setdefault(id(a.result), cut.origin)
    return found


def strays(first: Sequence[Event], second: Sequence[Event]) -> Event | None:
    """The first operation with other operands, or another result, in a run at the same point."""
    for a, b in zip(first, second, strict=False):
        alike = a.primitive.name == b.primitive.name and len(a.values) == len(b.values)
        if not alike or not all(same(u, v) for u, v in zip(a.values, b.values, strict=True)):
            return a
        if not same(a.result, b.result):
            return a
    return first[len(second)] if len(first) > len(second) else None
