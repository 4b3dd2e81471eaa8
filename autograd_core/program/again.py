"""A compiled function run once more as it is, for its graph; nothing is changed by it."""

from __future__ import annotations

from collections.abc import Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import versions
from ..errors import GraphError, TraceError
from ..graph import Leaf, Node, topological
from ..modes import MODE, PLAIN
from ..primitive import Primitive, apply, users_line
from ..tensor import Tensor
from ..tracing import Onlooker
from .compiled import Compiled
from .moment import Moment
from .replay import is_outside

if TYPE_CHECKING:
    from .replay import Program


class Loss(NamedTuple):
    """What a run computed the gradient of.

    Attributes
    ----------
    tensor : Tensor
    seed : array or None
        The gradient with which backward was called on it.
    held : anything
        What has to live as long as the graph is looked at.
    """

    tensor: Tensor
    seed: Any
    held: Any


class _Results(Onlooker):
    """Remembers the results of all operations that were recorded, and their lines of code.

    Their values are not kept (`keep_values`): leaves would be marked by that.
    """

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        mode = MODE.get()
        token = MODE.set(None if mode is None else mode._replace(trace=None))
        try:
            y = apply(primitive, args, params)
        finally:
            MODE.reset(token)
        if y._node is not None:
            y._node.extras().line = users_line()
            self.tensors.append(y)
        return y


def as_compiled(x: Any) -> Compiled | None:
    """`x` if `compile` gave it, also as a method of an object; else None."""
    function = x.__func__ if isinstance(x, MethodType) else x
    return function if isinstance(function, Compiled) else None


def loss_of(step: Compiled, w: Any, what: str) -> Loss:
    """Run the function of `step` as it is, and find the loss.

    The function runs with the arguments that its program was written for, and the weights as they
    are now. All that it changes is put back: weights, gradients, states, generators.

    Parameters
    ----------
    step : Compiled
    w : Tensor or str
        What is asked about: of several losses that one counts which it leads to.
    what : str
        Who asks, for messages.

    Raises
    ------
    TraceError
        Before the first call.
    GraphError
        If there is no loss: backward was not called, and no result has a graph.
    """
    if not step.programs:
        raise TraceError(
            f"{what}: the compiled function {step.__name__} has not been called yet, so there are "
            f"no arguments to run it with; call it once first"
        )
    with step._lock:
        program = step.programs[0]
        args, kwargs, tensors = program.given.arguments(program.example)
        results = _Results()
        before = _All(program, tensors)
        token = MODE.set(PLAIN._replace(trace=results))
        try:
            with np.errstate(all="ignore"):
                returned = step.function(*args, **kwargs)
        finally:
            MODE.reset(token)
            before.restore()
    held = args, kwargs, returned
    found = [(y, _seed(y)) for y in results.tensors if _seed(y) is not None]
    found = found or [(y, None) for y in _tensors(returned) if y.size == 1]
    if not found:
        raise GraphError(
            f"{what}: the compiled function {step.__name__} called backward on nothing, and "
            f"returns no loss that has a graph, so no gradient can be told of; compute the loss "
            f"without compile and ask {what}(loss, w)"
        )
    loss, seed = next((one for one in reversed(found) if _leads(w, one[0])), found[-1])
    return Loss(loss, seed, held)


def compiled_in(order: Sequence[Node]) -> str:
    """The name of a compiled function of which a result is among the nodes; empty if none is."""
    return next((n.primitive.name for n in order if is_outside(n) and n.primitive), "")


def _seed(y: Tensor) -> Any:
    extra = None if y._node is None else y._node.extra
    return None if extra is None else extra.seed


def _tensors(result: Any) -> list[Tensor]:
    """The tensors with a graph in what was returned."""
    if isinstance(result, Tensor):
        on_graph = result._node is not None and not isinstance(result._node, Leaf)
        return [result] if on_graph else []
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        return [y for item in result for y in _tensors(item)]
    return []


def _leads(w: Any, loss: Tensor) -> bool:
    assert loss._node is not None
    order = topological((loss._node,))
    if isinstance(w, Tensor):
        return w._node in order
    return any(isinstance(n, Leaf) and n.name == w for n in order)


class _All:
    """All that a run of the function may change, as it is now."""

    def __init__(self, program: Program, tensors: list[Tensor]) -> None:
        guards = program.guards
        self.moment = Moment(program, None)
        known = [t for t, _ in (*guards.cells, *guards.kinds, *program.grads, *program.loose)]
        self.values = [(t, t._value) for t in (*known, *tensors)]
        self.copies = [(t._value, t._value.copy()) for t in tensors if type(t._value) is np.ndarray]
        held = [(t, getattr(t, "_grad", None)) for t in tensors]
        self.grads = [(t, grad, _copied(grad)) for t, grad in held]
        arrays = [array for array, _ in (*self.moment.cells, *self.copies)]
        arrays += [value for _, value in self.values]
        self.stamps = [(array, versions.stamp_now(array)) for array in arrays]

    def restore(self) -> None:
        """Put all of it back, and say that it is as it was."""
        for tensor, value in self.values:
            tensor._value = value
        self.moment.restore()
        for array, value in self.copies:
            np.copyto(array, value)
        for tensor, grad, value in self.grads:
            tensor._grad = grad
            if grad is not None and isinstance(grad._value, np.ndarray):
                np.copyto(grad._value, value)
        for array, stamp in self.stamps:
            versions.put_back(array, stamp)


def _copied(grad: Any) -> Any:
    return None if grad is None else np.array(grad._value)
