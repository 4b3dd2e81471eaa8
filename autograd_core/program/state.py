"""What a traced run finds and leaves behind: arguments, gradients, arrays that it changes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from operator import is_
from typing import Any

import numpy as np

from ..errors import TraceError
from ..primitive import as_scalar
from ..tensor import Tensor, wrap
from .outcome import Outcome, concrete
from .overlap import owner, refuse_overlap
from .places import items
from .tracer import Tracer
from .writing import Writing


@dataclass(slots=True)
class Grad:
    """The gradient of a leaf from outside, which the run read or set.

    Attributes
    ----------
    tensor : Tensor
        The leaf.
    before : Tensor or None
        What it was at first.
    own : Tensor or None
        Of the program: a copy of what was read, which takes its place.
    read : bool
        Whether the run asked for what was there.
    """

    tensor: Tensor
    before: Tensor | None
    own: Tensor | None
    read: bool


@dataclass(slots=True)
class Given:
    """A tensor among the arguments, and the stand-in that the function got for it."""

    made: Tensor
    tracer: Tracer
    slot: int
    grad: Tensor | None


class State(Writing):
    """The part of a `Trace` that is about its surroundings."""

    def __init__(self) -> None:
        super().__init__()
        self.grads: dict[int, Grad] = {}  # by the id of the leaf
        self.numbers: list[Tensor] = []  # tensors of no dimension that were changed
        self.given: dict[int, Given] = {}  # by the id of the tensor
        self.entered: list[tuple[Tracer, int, Any]] = []  # arguments: tracer, first slot, value
        self.containers: list[tuple[Any, tuple[Any, ...]]] = []  # lists and dicts, and what is in
        #: What is left to arguments: ``(number of the tensor, what, place among tape.left)``.
        self.left: list[tuple[int, str, int | None]] = []
        #: Leaves and what their gradient becomes: a slot, a tensor of the program, or None.
        self.leaves: list[tuple[Tensor, Any]] = []

    # -- arguments ---------------------------------------------------------------------------

    def arguments(self, args: Any, kwargs: Any, function: Any) -> tuple[list[Any], dict[str, Any]]:
        """The arguments with tracers in place of their arrays and floats."""
        try:
            names = list(inspect.signature(function).bind(*args, **kwargs).arguments)
        except (TypeError, ValueError):
            names = []
        names += [f"x{i}" for i in range(len(names), len(args))]
        given = [self._entered(a, n) for a, n in zip(args, names, strict=False)]
        named = {name: self._entered(kwargs[name], name) for name in sorted(kwargs)}
        return given, {name: named[name] for name in kwargs}

    def _entered(self, x: Any, name: str) -> Any:
        if type(x) is np.ndarray or type(x) is float or isinstance(x, np.generic):
            return self._argument(x, name)
        if isinstance(x, Tensor):
            return self._entered_tensor(x, name)
        if type(x) is tuple:
            return tuple([self._entered(item, f"{name}_{i}") for i, item in enumerate(x)])
        if type(x) in (list, dict):
            made: Any = (
                {k: self._entered(item, f"{name}_{k}") for k, item in x.items()}
                if type(x) is dict
                else [self._entered(item, f"{name}_{i}") for i, item in enumerate(x)]
            )
            self.containers.append((made, items(made)))
            return made
        return x

    def _argument(self, value: Any, name: str) -> Tracer:
        tracer = self.argument(value, name)
        self.entered.append((tracer, tracer.slot, value))
        return tracer

    def _entered_tensor(self, x: Tensor, name: str) -> Tensor:
        found = self.given.get(id(x))
        if found is not None:
            return found.made
        tracer = self._argument(x._value, name)
        made = wrap(tracer, None)
        made._name = x.name
        before = None
        if x._node is not None:
            made.requires_grad_()
            grad = getattr(x, "_grad", None)
            if grad is not None:
                before = made._grad = wrap(self._argument(grad._value, f"{name}_grad"), None)
        self.given[id(x)] = Given(made, tracer, tracer.slot, before)
        return made

    # -- gradients of leaves -----------------------------------------------------------------

    def grad_of(self, tensor: Tensor) -> Tensor | None:
        """``tensor.grad`` during a trace."""
        held: Tensor | None = getattr(tensor, "_grad", None)
        if isinstance(tensor._value, Tracer) or id(tensor) in self.grads:
            return held
        found = self.grads[id(tensor)] = Grad(tensor, held, None, True)
        self.past.grads.append((tensor, held))
        tensor._grad = held
        if held is not None:
            name = f"{tensor.name or 'leaf'}_grad"
            if type(held._value) is np.ndarray:
                found.own = wrap(np.array(held._value), None)
                self.cell(found.own._value, name)
            else:
                made = self.new(held._value, name)
                self.tape.numbers[made.slot] = functools.partial(_number_of_grad, tensor)
                found.own = wrap(made, None)
            tensor._grad = found.own
        return tensor._grad

    def sets_grad(self, tensor: Tensor) -> None:
        """Somebody sets ``tensor.grad``: what it was before the run does not matter any more."""
        if id(tensor) not in self.grads and not isinstance(tensor._value, Tracer):
            before = getattr(tensor, "_grad", None)
            self.grads[id(tensor)] = Grad(tensor, before, None, False)
            self.past.grads.append((tensor, before))

    def accumulate(self, tensor: Tensor, g: Any, node: Any) -> None:
        """`walks.gradients.accumulate` during a trace."""
        old = self.grad_of(tensor)
        if type(tensor._value) is float:
            g = g if old is None else self.held_by(old) + g
            g = self.weak(g if isinstance(g, Tracer) else self.literal(as_scalar(g)))
            tensor._grad = wrap(g, node)
        elif old is None:
            tensor._grad = wrap(g.again() if isinstance(g, Tracer) else g, node)
        elif node is None and old._node is None and len(old.shape):
            total = self.lift(old)
            self.update(total, np.add, (total, g), {})
        else:
            tensor._grad = old + wrap(g, node)

    # -- the end -----------------------------------------------------------------------------

    def take_state(self) -> None:
        """Note on the tape what the run changed."""
        self.flush()
        for made, before in self.containers:
            if len(items(made)) != len(before) or not all(map(is_, items(made), before)):
                raise TraceError(
                    f"compile: the function changed the items of an argument, a "
                    f"{type(made).__name__}, while it ran, and a program would not do so again; "
                    f"return a new {type(made).__name__}, or change the arrays in it in place"
                )
        tape = self.tape
        first = {id(array): slot for slot, array in tape.cells.items()}
        for key, tracer in self.known.items():
            if self.mine(tracer).slot != first[key]:
                tape.updates[first[key]] = tracer.slot
        for tracer, slot, value in self.entered:
            if self.mine(tracer).slot != slot:
                if not value.flags.writeable:
                    raise TraceError("compile: an argument that is read-only is changed in place")
                tape.updates[slot] = tracer.slot
        for grad in self.grads.values():
            self._take_grad(grad)
        for tensor, tracer in self.tensors.values():
            if type(tensor._value) is not np.ndarray and tracer.slot not in tape.numbers:
                tape.moved.append(self.mine(tracer).slot)
                self.numbers.append(tensor)
        for n, given in enumerate(self.given.values()):
            self._take_given(n, given)

    def _take_grad(self, grad: Grad) -> None:
        now = grad.tensor._grad
        if now is None:
            self.leaves.append((grad.tensor, None))
        elif now is not grad.own:
            self.leaves.append((grad.tensor, self._slot_of(now)))
        elif type(now._value) is np.ndarray:
            tracer = self.known[id(now._value)]
            if self.tape.cells.get(tracer.slot) is not now._value:
                self.leaves.append((grad.tensor, now))

    def _slot_of(self, tensor: Tensor) -> int:
        """The slot of the value of a tensor, for memory of its own."""
        slot: int = self.lift(tensor).slot if tensor.ndim else self.held_by(tensor).slot
        self.tape.grads[len(self.tape.grads)] = slot
        return len(self.tape.grads) - 1

    def _take_given(self, n: int, given: Given) -> None:
        """What happened to an argument that is a tensor, beside changes in place."""
        left = self.tape.left
        value = given.made._value
        if value is not given.tracer:
            self.left.append((n, "value", len(left)))
            left.append(self.mine(value).slot)
        elif given.tracer.slot != given.slot:
            self.left.append((n, "touched", None))
        now = getattr(given.made, "_grad", None)
        if now is not given.grad:
            self.left.append((n, "grad", None if now is None else len(left)))
            if now is not None:
                left.append(self.held_by(now).slot)

    def refuse_shared(self) -> None:
        """Raise if an array that is changed shares memory with another one that is looked at."""
        tape = self.tape
        arrays = {**tape.cells, **{slot: value for _, slot, value in self.entered}}
        groups: dict[int, list[int]] = {}
        for slot, array in arrays.items():
            if type(array) is np.ndarray:
                groups.setdefault(id(owner(array)), []).append(slot)
        for group in groups.values():
            for slot in group:
                if slot in tape.updates:
                    refuse_overlap(arrays[slot], [arrays[s] for s in group if s != slot])

    def outcome(self, grads: Iterable[tuple[Tensor, Any]], tensors: list[Tensor]) -> Outcome:
        """What the run leaves, in plain arrays and numbers."""
        made = Outcome()
        for array in self.held:
            tracer = self.known[id(array)]
            if tracer.value is not array:
                made.arrays.append((array, tracer.value))
        for tracer, slot, value in self.entered:
            if tracer.slot != slot:
                made.arrays.append((value, tracer.value))
        moved = {id(leaf) for leaf, _ in grads}
        taken = {id(owner(array)) for pair in made.arrays for array in pair}
        taken |= {id(owner(array)) for array in self.held}
        taken |= {id(owner(value)) for *_, value in self.entered}
        made.numbers = [(t, self.tensors[id(t)][1].value) for t in self.numbers]
        for grad in self.grads.values():
            now = grad.tensor._grad
            if now is None or now is not grad.own:
                made.grads.append((grad.tensor, None if now is None else concrete(now, taken)))
            elif id(grad.tensor) in moved:
                made.grads.append((grad.tensor, grad.own))
            else:
                made.grads.append((grad.tensor, grad.before))
        values = list(self.given.values())
        for n, what, _ in self.left:
            stand = values[n].made
            if what == "value":
                made.numbers.append((tensors[n], stand._value.value))
            elif what == "grad":
                now = getattr(stand, "_grad", None)
                made.grads.append((tensors[n], None if now is None else concrete(now, taken)))
        made.touched = [t for t, _ in self.tensors.values()] + tensors
        return made


def _number_of_grad(tensor: Tensor) -> Any:
    return tensor._grad._value  # type: ignore[union-attr]
