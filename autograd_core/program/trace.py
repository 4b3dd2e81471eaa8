"""A function run once on symbols, and all that NumPy did in it written down."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import versions
from ..errors import AutogradError, ShapeError, TraceError
from ..modes import MODE, PLAIN
from ..primitive import as_scalar, explain, keep, record
from ..tensor import Tensor, wrap
from ..tracing import TRACES
from .changes import astype, filled
from .naming import Cotangents
from .outcome import set_number
from .refusals import is_final
from .shapes import has_mask
from .state import State
from .tracer import Tracer, plain


class Trace(State):
    """The trace of one run.

    What it does is put together from `OfNumbers`, which writes operations on numbers, `Values`,
    `Writing`, and `State`; this is what the library asks of it.
    """

    # -- tensors -----------------------------------------------------------------------------

    def assign(self, tensor: Tensor, value: Any) -> None:
        """`Tensor.assign` during a trace."""
        old = self.held_by(tensor)
        new = value._value if isinstance(value, Tensor) else value
        if new is old:
            return
        if np.shape(plain(new)) != old.shape:
            raise ShapeError(
                f"assign: a value of shape {np.shape(plain(new))} cannot replace the value of "
                f"shape {old.shape}"
            )
        if type(plain(old)) is np.ndarray:
            self.update(old, filled, (old, new), {})
            return
        new = new if isinstance(new, Tracer) else self.call(operator.pos, (new,), {})
        if type(plain(old)) is float:
            new = self.weak(new)
        elif new.dtype != old.dtype:
            new = self.call(astype, (new, old.dtype), {})
        if isinstance(tensor._value, Tracer):
            tensor._value = new
        else:
            self.tensors[id(tensor)] = (tensor, new)

    def found(self, data: Any) -> Any:
        """An array that was found outside as the value that a run reads there."""
        if type(data) is np.ndarray and self.reach is not None and self.reach.has(data):
            return Tracer(self, data, self.constant_array(data))
        return data

    def made(self, value: Any) -> Any:
        """What a tensor that is made in the run holds: the next run makes it anew."""
        if isinstance(value, Tracer) or value is None:
            return value
        if type(value) is np.ndarray and value.ndim:
            return Tracer(self, value, self.constant_array(value))
        return self.literal(value)

    def set_item(self, target: Tensor, index: Any, value: Any) -> None:
        """``target[index] = value`` during a trace."""
        value = self.lift(value) if isinstance(value, Tensor) else value
        held = self.lift(target)
        if held.ndim:
            held[index] = value
        else:
            self.assign(target, value)

    # -- operations of the library -----------------------------------------------------------

    def apply(self, primitive: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Tensor:
        """`autograd_core.primitive.apply` during a trace."""
        mode = MODE.get()
        keeping = mode is not None and mode.keep
        if not params and not keeping and getattr(primitive, "scalar", None) is not None:
            made = self._on_floats(primitive, args)
            if made is not None:
                return made
        values: list[Any] = []
        parents: list[Any] = []
        for arg in args:
            if isinstance(arg, Tensor):
                values.append(self.lift(arg))
                parents.append(arg._node)
            else:
                values.append(arg)
                parents.append(None)
        outer, self.origin = self.origin, primitive.name
        try:
            y = self._computed(primitive, values, params)
        except AutogradError:
            raise
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise explain(primitive.name, [plain(v) for v in values], params, error) from error
        finally:
            self.origin = outer
        if not isinstance(y, Tracer):
            y = as_scalar(y)
        elif type(y.value) is np.ndarray and not y.value.ndim:
            y = Tracer(self, y.value[()], y.slot)
        if not any([p is not None for p in parents]) or (mode is not None and not mode.grad):
            return wrap(y, None)
        node = record(primitive, y, values, tuple(parents), args, params)
        if isinstance(y, Tracer):
            self.names.values.append((node, y.slot))
        if keeping:
            keep(node, y, values)
        return wrap(y, node)

    def cotangents(self) -> Cotangents:
        """What a backward pass gathers in."""
        return Cotangents(self)

    def _computed(self, primitive: Any, values: list[Any], params: dict[str, Any]) -> Any:
        """The value, written down call by call; of a forward that looks at values as one call."""
        self.flush()
        mark, count = len(self.tape.calls), self.count
        try:
            return primitive.forward(*values, **params)
        except TraceError as error:
            if is_final(error) or (primitive.name == "getitem" and has_mask(params["index"])):
                raise
            del self.tape.calls[mark:]
            self.rows.clear()
            self._weak = {k: v for k, v in self._weak.items() if v.slot < count}
            self._strong = {k: v for k, v in self._strong.items() if v.slot < count}
            return self.call(primitive.forward, values, params)

    # -- the end -----------------------------------------------------------------------------

    def forget(self) -> None:
        """Let go of all values, once the program is written."""
        for grad in self.grads.values():
            grad.tensor._grad = grad.before
        self.__dict__.clear()

    def tensor_cells(self) -> list[tuple[Tensor, Any]]:
        """The tensors whose arrays are cells, with their arrays."""
        own = {id(grad.own) for grad in self.grads.values()}
        return [
            (t, t._value)
            for t, _ in self.tensors.values()
            if type(t._value) is np.ndarray and id(t) not in own
        ]

    def changed(self) -> list[Tensor]:
        """The tensors whose arrays every run changes in place."""
        return [
            t
            for t, tracer in self.tensors.values()
            if type(t._value) is np.ndarray and self.tape.cells.get(tracer.slot) is not t._value
        ]


def set_numbers(places: list[tuple[Tensor, int]], values: Any) -> None:
    """Give tensors of no dimension the new values that stand at their places."""
    for tensor, place in places:
        if type(tensor._value) is float:  # nobody else holds its memory
            tensor._value = float(values[place])
        else:
            set_number(tensor, values[place])
    versions.now += 1


class Tracing:
    """``with Tracing() as trace``: every operation of the library is written down."""

    def __init__(self) -> None:
        self.trace = Trace()

    def __enter__(self) -> Trace:
        mode = MODE.get() or PLAIN
        self.token = MODE.set(mode._replace(trace=self.trace))
        TRACES.append(self.trace)
        return self.trace

    def __exit__(self, *_: Any) -> None:
        TRACES.remove(self.trace)
        MODE.reset(self.token)
