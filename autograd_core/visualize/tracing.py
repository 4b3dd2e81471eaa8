"""A module at work: which of its parts were called, and what each got and gave.

A run of a module is watched, not its structure: so any ``forward`` has its picture. The core
knows no modules; what it asks of one is `Observable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import numpy as np

from ..errors import DTypeError, ShapeError
from ..graph import Leaf, Node
from ..modes import MODE
from ..ops.shape import clone
from ..tensor import Tensor
from .signatures import argument_names

#: What stands for a tensor: its node, or the identity of a tensor that has none.
Key = Node | int


class Observable(Protocol):
    """What drawing asks of a module; `nn.Module` has it."""

    def __call__(self, *inputs: Any) -> Any: ...

    def observed(self, around: Callable[..., Any]) -> AbstractContextManager[None]:
        """Calls go through `around(module, forward, inputs, options)`, and leave no trace."""

    def named_modules(self) -> Iterator[tuple[str, Any]]: ...

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]: ...


@dataclass(slots=True)
class Call:
    """One call of a module that holds no others, or of the loss."""

    module: Any
    path: str
    given: list[Tensor]
    made: list[Tensor]
    is_loss: bool = False


@dataclass(slots=True)
class Run:
    """A watched run.

    Attributes
    ----------
    inputs : list of Tensor
        What the network got; floats require a gradient, so that the data can be followed.
    names : list of str
        The names of the arguments, where ``forward`` has some.
    calls : list of Call
    outputs : list of Tensor
        What the network gave.
    target : Tensor or None
        What the loss compares with.
    loss : Tensor or None
        Where the backward pass starts.
    """

    inputs: list[Tensor] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    target: Tensor | None = None
    loss: Tensor | None = None


def key(tensor: Tensor) -> Key:
    return id(tensor) if tensor.node is None else tensor.node


def tensors(value: Any) -> list[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    found: list[Tensor] = []
    _each(value, lambda t: found.append(t) or t)  # type: ignore[func-returns-value]
    return found


def _each(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """`value` with `change` applied to the tensors in it."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, (list, tuple)):
        items = [_each(item, change) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if type(value) is dict:
        return {name: _each(item, change) for name, item in value.items()}
    return value


def run(module: Observable, sample: tuple[Any, ...], loss: Any, target: Any) -> Run:
    """Call `module` on `sample`, and `loss` on what comes out; nothing of them is changed.

    Raises
    ------
    DTypeError, ShapeError
        If what comes out is no tensor, or the loss no number; else what the module raises.
    """
    watch = _Watch(module)
    token = MODE.set(None)  # recorded, whatever the caller switched off
    try:
        with ExitStack() as stack:
            if hasattr(loss, "observed"):
                stack.enter_context(loss.observed(_plainly))
            stack.enter_context(module.observed(watch.around))
            output = module(*sample)
            watch.done.outputs = tensors(output)
            if not watch.done.outputs:
                raise DTypeError(
                    f"draw: {type(module).__name__} returned a {type(output).__name__} and no "
                    f"tensor, so there is nothing to draw"
                )
            if loss is not None:
                watch.compare(loss, output, target)
    finally:
        MODE.reset(token)
    if loss is None and len(watch.done.outputs) == 1 and not watch.done.outputs[0].shape:
        watch.done.loss = watch.done.outputs[0]  # the network computes its own loss
    return watch.done


def _plainly(_: Any, forward: Any, inputs: Any, options: Any) -> Any:
    return forward(*inputs, **options)


class _Watch:
    """Writes down the calls of the innermost modules."""

    def __init__(self, root: Observable) -> None:
        self.root = root
        self.paths = {id(module): path for path, module in root.named_modules()}
        self.entered = False
        self.inside = False
        self.done = Run()
        self._known: set[Key] = set()

    def around(self, module: Any, forward: Any, inputs: Any, options: Any) -> Any:
        if not self.entered:
            self.entered = True
            inputs = _each(inputs, self._fresh)
            self.done.names = argument_names(forward)
        if self.inside or not is_innermost(module):
            return forward(*inputs, **options)
        path = self.paths.get(id(module), "")
        return self._call(Call(module, path, [], []), forward, inputs, options)

    def compare(self, loss: Any, output: Any, target: Any) -> None:
        arguments = (output,) if target is None else (output, target)
        self.done.target = target if isinstance(target, Tensor) else _plain_tensor(target)
        value = self._call(Call(loss, "", [], [], True), loss, arguments, {})
        if not isinstance(value, Tensor):
            raise DTypeError(
                f"draw: the loss returned a {type(value).__name__}, and it must be a tensor: one "
                f"number, computed from what the network put out"
            )
        if value.size != 1:
            raise ShapeError(
                f"draw: the loss has shape {value.shape}, and gradients start from one number; "
                f"use reduction='mean' or 'sum'"
            )
        self.done.loss = value

    def _fresh(self, x: Tensor) -> Tensor:
        """An input: outside of the graph that it came from, and the start of its own."""
        tensor = Tensor(x.data, copy=False, name=x.name)
        if tensor.dtype.kind == "f":
            tensor.requires_grad = True
        self.done.inputs.append(tensor)
        self._known.add(key(tensor))
        return tensor

    def _call(self, call: Call, forward: Any, inputs: Any, options: Any) -> Any:
        call.given = [*tensors(inputs), *tensors(options)]
        self._known.update(map(key, call.given))
        self.inside = True
        try:
            output = forward(*inputs, **options)
        finally:
            self.inside = False
        output = _each(output, self._distinct)
        call.made = tensors(output)
        self._known.update(map(key, call.made))
        self.done.calls.append(call)
        return output

    def _distinct(self, y: Tensor) -> Tensor:
        """`y`, as a value of its own where a module passes on what it got."""
        if key(y) in self._known or isinstance(y.node, Leaf):
            y = y.detach() if y.node is None else clone(y)
        return y


def is_innermost(module: Any) -> bool:
    """Whether a module holds no others, and is not an empty container either."""
    if hasattr(module, "__len__") and not len(module):
        return False
    return next(islice(module.named_modules(), 1, None), None) is None


def _plain_tensor(target: Any) -> Tensor | None:
    """The target as one tensor, for its shape; the loss may know what else it is."""
    if target is None or isinstance(target, dict):
        return None
    try:
        return Tensor(np.asarray(target))
    except (ValueError, TypeError):
        return None
