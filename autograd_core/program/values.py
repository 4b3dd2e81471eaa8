"""The values of a trace: slots for arrays, arguments, constants, and what tensors hold."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import TraceError
from ..primitive import users_line
from ..tensor import Tensor
from ..tracing import depends, snapshot
from .calls import Tape, Value, order_of
from .operators import NUMBER
from .refusals import final
from .scalars import Number, number
from .scalars_trace import OfNumbers
from .tracer import Tracer


class Values(OfNumbers):
    """The part of a `Trace` that gives values their slots.

    Attributes
    ----------
    tape : Tape
    known : dict of int to Tracer
        The tracers of cells, by the ids of their arrays.
    held, held_constants : list
        Arrays that are known by their ids, so that they stay alive.
    tensors : dict of int to (Tensor, Tracer)
        Tensors that were found, by their ids.
    depends : dict of int to tuple
        What a program takes for granted; see `tracing.depends`.
    constants : dict of int to int
        Slots of arrays made in the run, by their ids.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tape = Tape()
        self.known: dict[int, Tracer] = {}
        self.held: list[Any] = []
        self.held_constants: list[Any] = []
        self.tensors: dict[int, tuple[Tensor, Tracer]] = {}
        self.depends: dict[int, tuple[Any, Callable[[Any], Any], Any]] = {}
        self.constants: dict[int, int] = {}

    def new(self, value: Any, name: str = "") -> Tracer:
        """A tracer with a slot of its own."""
        slot = self.count
        self.count = slot + 1
        weak = type(value) in NUMBER
        dtype = np.asarray(value).dtype
        is_array = type(value) is np.ndarray
        self.tape.values[slot] = Value(
            np.shape(value), dtype, weak, name, is_array, order_of(value)
        )
        return number(self, value, slot) if type(value) is float else Tracer(self, value, slot)

    def argument(self, value: Any, name: str) -> Tracer:
        tracer = self.new(value, name)
        self.tape.arguments.append(tracer.slot)
        return tracer

    def cell(self, array: Any, name: str = "") -> Tracer:
        """The tracer of an array that is read where it is, at every run."""
        found = self.known.get(id(array))
        if found is None:
            found = self.known[id(array)] = self.new(array, name)
            self.held.append(array)
            self.tape.cells[found.slot] = array
        elif name and not self.tape.values[found.slot].name:
            self.tape.values[found.slot].name = name
        return found

    def literal(self, value: Any) -> Tracer:
        """The tracer of a constant, from which passes may compute beforehand."""
        tracer = self.new(value)
        self.tape.literals[tracer.slot] = value
        return tracer

    def constant_array(self, array: Any) -> int:
        """The slot of an array that is no state: made in the run, or held where nobody looks."""
        known = self.known.get(id(array))
        if known is not None:
            return self.mine(known).slot
        slot = self.constants.get(id(array))
        if slot is None:
            slot = self.constants[id(array)] = self.new(array).slot
            self.held_constants.append(array)
            self.tape.cells[slot] = array
        return slot

    def mine(self, tracer: Tracer) -> Tracer:
        if tracer.trace is not self:
            raise TraceError(
                "compile: a value of another trace is used, which has no meaning here; return "
                "from a compiled function what is needed outside of it"
            )
        if tracer.stale:
            raise final(
                TraceError(
                    f"compile: an array is used at {users_line()} after its memory was changed in "
                    f"place through another array, of which it is a view or which is a view of "
                    f"it; a program cannot follow that: change a copy, or use a copy"
                )
            )
        return tracer

    def lift(self, tensor: Tensor) -> Any:
        """The value of a tensor, as a tracer; of a float NumPy's, which is strong."""
        held = self.held_by(tensor)
        return self.strong(held) if type(held) is Number else held

    def held_by(self, tensor: Tensor) -> Any:
        """The value of a tensor, as a tracer; a float as it is."""
        value = tensor._value
        if isinstance(value, Tracer):
            return self.mine(value)
        node = tensor._node
        name = tensor.name or ""
        if node is None or node.primitive is None:
            depends(tensor, _as_leaf)
        if type(value) is np.ndarray:
            tracer = self.cell(value, name)
            self.tensors.setdefault(id(tensor), (tensor, tracer))
            return tracer
        found = self.tensors.get(id(tensor))
        if found is None:
            made = self.new(value, name)
            found = self.tensors[id(tensor)] = (tensor, made)
            self.tape.numbers[made.slot] = functools.partial(_number_of, tensor)
            if type(value) is float:
                self.number_tensors[made.slot] = tensor
        return found[1]


def _as_leaf(tensor: Tensor) -> Any:
    """Whether a tensor requires a gradient, and its hooks, for programs."""
    node = tensor._node
    hooks = None if node is None or node.extra is None else node.extra.hooks
    return node is None, snapshot(tuple(hooks.values())) if hooks else None


def _number_of(tensor: Tensor) -> Any:
    """The value of a tensor of no dimension."""
    return tensor._value
