"""Writing down what NumPy does: calls, and operations in place as calls that make new values."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import TraceError
from ..primitive import users_line
from ..tensor import Tensor
from ..walks import nothing
from .calls import Call, Ref, order_of
from .changes import astype, filled, laid_out, picked
from .naming import Cotangents, Names
from .operators import NUMBER
from .outcome import Past
from .overlap import has_other_views
from .phases import phase_now
from .reach import Reach
from .refusals import final, shape_refusal
from .shapes import tracers
from .tracer import Tracer, plain
from .values import Values


class Writing(Values):
    """The part of a `Trace` that fills its tape.

    Attributes
    ----------
    past : Past
    reach : Reach or None
        What the function refers to.
    origin : str
        The operation of the library that is being computed.
    names : Names
        What values are called.
    walk : callable
        Gives what the backward pass gathers, while there is one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.past = Past()
        self.reach: Reach | None = None
        self.origin = ""
        self.names = Names()
        self.walk: Callable[[], Cotangents | None] = lambda: None

    def argument_of(self, x: Any) -> Any:
        """An argument of a call with `Ref`s in place of tracers and arrays."""
        if isinstance(x, Tracer):
            return Ref(self.mine(x).slot)
        if type(x) is np.ndarray:
            return Ref(self.constant_array(x))
        if isinstance(x, Tensor):
            return Ref(self.lift(x).slot)
        if isinstance(x, (tuple, list)):
            return type(x)([self.argument_of(item) for item in x])
        if isinstance(x, slice):
            return slice(*[self.argument_of(part) for part in (x.start, x.stop, x.step)])
        return x

    def call(
        self, function: Callable[..., Any], args: Any, kwargs: Any, effect: bool = False
    ) -> Any:
        """Compute, and write the call down."""
        args = tuple(args)
        given = self.argument_of(args)
        named = {k: self.argument_of(v) for k, v in kwargs.items()}
        self.flush()
        given_values = [plain(self.lift(a) if isinstance(a, Tensor) else a) for a in args]
        if effect:
            drawn = self.past.keep(function, given_values)
            with nothing if self.reach is None else self.reach.drawing(drawn):
                value = function(*given_values, **plain(kwargs))
        else:
            value = function(*given_values, **plain(kwargs))
        several = isinstance(value, (tuple, list))
        values = value if several else () if value is None else (value,)
        outs = [self.new(v) for v in values]
        made = Call(function, given, named, tuple([out.slot for out in outs]), effect)
        walk = self.walk()
        made.line = users_line() or ""
        made.origin = self.origin or ("" if walk is None else walk.origin)
        if phase := phase_now():
            self.tape.phases.update(dict.fromkeys(made.out, phase))
        made.shows = self._shown(outs, (*args, *kwargs.values()))
        self.tape.calls.append(made)
        if not several:
            return outs[0] if outs else None
        return type(value)(*outs) if hasattr(value, "_fields") else type(value)(outs)

    def _shown(self, outs: list[Tracer], args: Any) -> dict[int, int]:
        """The results that are in the memory of an operand, and that operand's slot."""
        shown = {}
        for out in outs:
            y = out.value
            if type(y) is not np.ndarray:
                continue
            for x in tracers(args):
                if y is x.value or (y.base is not None and np.may_share_memory(y, x.value)):
                    shown[out.slot] = x.slot
                    if x.family is None:
                        x.family = [weakref.ref(x)]
                    x.family.append(weakref.ref(out))
                    out.family = x.family
                    break
        return shown

    def update(
        self,
        target: Any,
        function: Callable[..., Any],
        args: Any,
        kwargs: Any,
        only: bool = False,
    ) -> Any:
        """An operation in place: the target is a new value from here on.

        `only` tells of an array that no value stands for that one variable holds it, which from
        here on holds the value.
        """
        if not isinstance(target, Tracer):
            target = self._adopted(target, only)
        self.mine(target)
        if type(target.value) is not np.ndarray:
            raise TypeError("a number does not support item assignment")
        if not target.value.flags.writeable and function is not filled:
            raise ValueError("assignment destination is read-only")
        source = args[1] if function is filled and not kwargs else None
        if (
            isinstance(source, Tracer)
            and source.shape == target.shape
            and source.dtype == target.dtype
            and type(source.value) not in NUMBER
        ):
            self.mine(source)
            new = source  # all of it is replaced: the new value is the source
        else:
            new = self.call(function, args, kwargs)
        if new.shape != target.shape:
            raise ValueError(
                f"non-broadcastable output operand with shape {target.shape} doesn't match the "
                f"broadcast shape {new.shape}"
            )
        if new.dtype != target.dtype:
            if not np.can_cast(new.dtype, target.dtype, "same_kind"):
                raise TypeError(f"cannot cast {new.dtype} to {target.dtype} in place")
            new = self.call(astype, (new, target.dtype), {})
        if order_of(new.value) != order_of(target.value):
            new = self.call(laid_out, (new, order_of(target.value)), {})
        target.value, target.slot = np.asarray(new.value), new.slot  # a number stays an array
        for member in target.family or ():
            other = member()
            if other is not None and other is not target:
                other.stale = True
        target.family = None
        return target

    def _adopted(self, array: Any, only: bool) -> Tracer:
        """What stands for an array that was no value of the program, as it is changed in place.

        After ``total += x`` the name `total` is the program's value; others could not be told.
        """
        outside = self.reach is not None and self.reach.has(array)
        known = None if outside else self.known.get(id(array))
        if known is not None:
            return known
        if outside or not only or has_other_views(array):
            raise final(
                TraceError(
                    f"compile: at {users_line()} an array of shape {array.shape} is changed in "
                    f"place, which is no value of the program, so that others who hold it would "
                    f"not see the change. Write a = a + x for a += x, or y = np.add(a, b) for "
                    f"np.add(a, b, out=y); make it with np.zeros_like(x) of a value x; or make it "
                    f"an argument, a Tensor, or a variable of its own"
                )
            )
        return Tracer(self, array, self.constant_array(array))

    def masked(self, x: Tracer, index: Any) -> Any:
        """``x[mask]``: of a mask that was found, and not given, a run has to pick as many."""
        if not all([m.slot in self.tape.cells for m in tracers(index) if m.dtype == bool]):
            raise shape_refusal("an index of truths")
        value = plain(x)[plain(index)]
        return self.call(picked, (x, index, value.shape), {})
