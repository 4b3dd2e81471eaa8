"""The state that a program changes, kept for a while and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .places import is_generator

if TYPE_CHECKING:
    from .guards import Signature
    from .replay import Program


class Moment:
    """All that a run of a program changes, as it is now."""

    def __init__(self, program: Program, call: Signature | None) -> None:
        tensors = [] if call is None else call.tensors
        #: The arguments that a run changes, by words.
        self.written: dict[str, Any] = (
            {} if call is None else {f"argument {i}": call.arrays[i] for i in program.written}
        )
        self.cells = [(array, array.copy()) for array in changed_cells(program).values()]
        self.cells += [(array, array.copy()) for array in self.written.values()]
        changed = [tensor for tensor, _ in program.numbers]
        changed += [tensors[n] for n, what, _ in program.left if what == "value" and tensors]
        self.numbers = [(tensor, tensor._value) for tensor in changed]
        leaves = [leaf for leaf, _ in (*program.grads, *program.loose)]
        leaves += [tensors[n] for n, what, _ in program.left if what == "grad" and tensors]
        self.grads = [(leaf, leaf.grad, _copied(leaf.grad)) for leaf in leaves]
        called = _called(program)
        self.generators = [(x, x.bit_generator.state) for x in called if is_generator(x)]
        self.objects = [(x, x.state()) for x in called if hasattr(x, "restore")]

    def restore(self) -> None:
        """Put all of it back."""
        for array, before in self.cells:
            np.copyto(array, before)
        for tensor, value in self.numbers:
            tensor._value = value
        for leaf, grad, value in self.grads:
            leaf._grad = grad
            if grad is not None and isinstance(grad._value, np.ndarray):
                np.copyto(grad._value, value)
        for generator, state in self.generators:
            generator.bit_generator.state = state
        for thing, state in self.objects:
            thing.restore(state)


def _called(program: Program) -> list[Any]:
    """What a program calls or hands on, and the objects whose methods it calls."""
    named = program.writer.namespace.values()
    things = [x for value in named for x in (value, getattr(value, "__self__", None))]
    return list({id(x): x for x in things if x is not None and not isinstance(x, type)}.values())


def _copied(grad: Any) -> Any:
    return None if grad is None else np.array(grad._value)


def changed_cells(program: Program) -> dict[str, Any]:
    """The arrays that a run changes, by their names in the source."""
    writer = program.writer
    cells = writer.tape.cells
    return {writer.names[slot]: cells[slot] for slot in writer.tape.updates if slot in cells}
