"""When a program may run: what has to be as it was when it was traced."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, tracing
from ..errors import TraceError
from ..tensor import Tensor

_PLAIN = (int, bool, str, bytes, type(None))


def strides_of(array: Any) -> tuple[int, ...] | None:
    """How an array lies in memory, where that is not in the order of its axes.

    On it depends what is a view, and in which order NumPy adds up.
    """
    if type(array) is not np.ndarray or array.ndim < 2 or array.flags.c_contiguous:
        return None
    return array.strides


class Signature:
    """What kind of call one is.

    Attributes
    ----------
    arrays : list
        The arrays and numbers among the arguments, in order.
    tensors : list of Tensor
        Those among the arguments, each once.
    key : list
        Equal for calls for which one program may do.
    on_graph : bool
        Whether a tensor among the arguments was computed from others that require a gradient.
    """

    def __init__(self, args: Any, kwargs: Any, mode: Any) -> None:
        self.arrays: list[Any] = []
        self.tensors: list[Tensor] = []
        self._places: dict[int, int] = {}
        self.on_graph = False
        self.key = [dtypes.default, *[self._kind(a) for a in args]]
        if kwargs:
            self.key += [(name, self._kind(kwargs[name])) for name in sorted(kwargs)]
        if mode is not None:
            self.key.append(("no_grad", mode.grad))
            self.on_graph = self.on_graph and mode.grad

    def _kind(self, x: Any) -> Any:
        kind = type(x)
        if kind is np.ndarray:
            self.arrays.append(x)
            return x.shape, x.dtype, strides_of(x)
        if isinstance(x, Tensor):
            return self._kind_of_tensor(x)
        if kind is float:
            self.arrays.append(x)
            return float
        if isinstance(x, np.generic):
            self.arrays.append(x)
            return kind
        if kind in (list, tuple):
            return (kind, *[self._kind(item) for item in x])
        if kind is dict:
            return (dict, *[((type(k), k), self._kind(x[k])) for k in x])
        return (kind, x) if kind in _PLAIN else tracing.snapshot(x)

    def _kind_of_tensor(self, x: Tensor) -> Any:
        known = self._places.setdefault(id(x), len(self.tensors))
        if known < len(self.tensors):
            return Tensor, known
        self.tensors.append(x)
        self.arrays.append(x._value)
        node = x._node
        if node is None:
            return type(x), type(x._value), x.shape, x.dtype, strides_of(x._value)
        self.on_graph = self.on_graph or node.primitive is not None
        grad = getattr(x, "_grad", None)
        if grad is not None:
            self.arrays.append(grad._value)
        return type(x), type(x._value), x.shape, x.dtype, strides_of(x._value), grad is None


def _read(own: Tensor | None) -> Any:
    """What a gradient was read from: a tensor of the program; of a number only that it was."""
    return "number" if own is not None and isinstance(own._value, tracing.Symbol) else own


class Guards:
    """The conditions of one program."""

    def __init__(self, key: Any, trace: Any) -> None:
        self.key = key
        self.epoch = tracing.EPOCH[0]
        for thing, mark, before in trace.depends.values():
            if mark(thing) != before:
                raise TraceError(
                    f"compile: the function changed a {type(thing).__name__} while it ran, and a "
                    f"program would not do so again; change it outside, or hold what changes in a "
                    f"buffer (register_buffer) and give it values by assign"
                )
        self.depends = list(trace.depends.values())
        self.cells = list(trace.tensor_cells())
        #: Tensors of no dimension, with the types of their values.
        self.kinds = [
            (t, type(t._value))
            for t, _ in trace.tensors.values()
            if type(t._value) is not np.ndarray and not isinstance(t._value, tracing.Symbol)
        ]
        #: Leaves whose gradient is read, with the tensor of the program that takes its place.
        self.grads = [(g.tensor, _read(g.own)) for g in trace.grads.values() if g.read]
        known = trace.tape.cells.values()
        self.places = [] if trace.reach is None else trace.reach.watched(trace.depends, known)

    def hold(self, key: Any) -> bool:
        """Whether the program may run for a call of this kind."""
        return key == self.key and self.reason(key) == ""

    def reason(self, key: Any) -> str:
        """What is not as it was; empty if all is."""
        if key != self.key:
            return f"the arguments were of the kind {key}, and before {self.key}"
        for place in self.places:
            if not place.is_same():
                return f"{place.words} has another value"
        for tensor, array in self.cells:
            if tensor._value is not array:
                return f"the array of {tensor.name or 'a tensor'} was replaced"
        for tensor, kind in self.kinds:
            if type(tensor._value) is not kind:
                return f"the number of {tensor.name or 'a tensor'} was replaced"
        for leaf, own in self.grads:
            grad = leaf._grad
            if (grad is None) != (own is None):
                return f"{leaf.name or 'a tensor'} has{' no' * (grad is None)} gradient now"
        if tracing.EPOCH[0] != self.epoch:
            for thing, mark, before in self.depends:
                if mark(thing) != before:
                    return f"a {type(thing).__name__} was changed"
            self.epoch = tracing.EPOCH[0]
        return ""
