"""How things were before a traced run, and what the run leaves behind."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..primitive import as_scalar
from ..tensor import Tensor, wrap
from .overlap import owner
from .places import is_generator
from .tracer import Tracer


class Past:
    """How things were before the run; nothing here refers to the trace."""

    def __init__(self) -> None:
        self.grads: list[tuple[Tensor, Tensor | None]] = []
        self.states: list[Callable[[], None]] = []

    def keep(self, function: Any, args: Iterable[Any]) -> list[Any]:
        """Note the state of what a call with an effect may change; its generators."""
        found = []
        for x in (function, getattr(function, "__self__", None), *args):
            if is_generator(x):
                found.append(x)
                self.states.append(functools.partial(_reset, x, x.bit_generator.state))
            elif hasattr(x, "restore") and hasattr(x, "state"):
                self.states.append(functools.partial(x.restore, x.state()))
        return found

    def restore(self) -> None:
        """Put all of it back."""
        for tensor, before in self.grads:
            tensor._grad = before
        for back in reversed(self.states):
            back()


def _reset(generator: np.random.Generator, state: Any) -> None:
    generator.bit_generator.state = state


class Outcome:
    """What a traced run leaves behind, to be made true when all went well."""

    def __init__(self) -> None:
        self.arrays: list[tuple[Any, Any]] = []
        self.numbers: list[tuple[Tensor, Any]] = []
        self.grads: list[tuple[Tensor, Tensor | None]] = []
        self.touched: list[Tensor] = []

    def commit(self) -> None:
        """Make it so."""
        owners = {id(owner(array)) for array, _ in self.arrays}
        new = [(a, np.array(v) if id(owner(v)) in owners else v) for a, v in self.arrays]
        changed = {id(array) for array, _ in new}
        self.arrays.clear()
        while new:  # each new value is let go of as soon as it is where it belongs
            array, value = new.pop()
            np.copyto(array, value, casting="same_kind")
            del value
        for tensor in self.touched:
            if id(tensor._value) in changed:
                tensor.touched("a compiled step")
        for tensor, value in self.numbers:
            set_number(tensor, value)
        for tensor, grad in self.grads:
            tensor._grad = grad


def set_number(tensor: Tensor, value: Any) -> None:
    """Give a tensor of no dimension a new value, in the form in which it holds one."""
    old = tensor._value
    tensor._value = float(value) if type(old) is float else old.dtype.type(value)
    tensor.touched("a compiled step")


def concrete(grad: Tensor, taken: set[int]) -> Tensor:
    """A gradient in memory of its own, without a trace.

    Parameters
    ----------
    grad : Tensor
    taken : set of int
        The owners of memory that is somebody else's, by their ids; this one's is added.
    """
    value = grad._value
    value = value.value if isinstance(value, Tracer) else value
    if type(value) is not np.ndarray or value.base is not None or id(value) in taken:
        value = np.array(value)
    taken.add(id(value))
    return wrap(as_scalar(value), None)
