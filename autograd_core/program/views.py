"""The pass over reshapes and transposes: those that follow one another become one, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .calls import Call, Ref, Tape
from .passes import rename, rename_ends

#: What brings the axes into another order.
TURNING: set[Callable[..., Any]] = {np.transpose, np.swapaxes, np.moveaxis}

#: What keeps the elements in their order, in another shape.
SHAPING: set[Callable[..., Any]] = {np.reshape, np.ravel, np.expand_dims, np.squeeze}

#: Options under which a function is still one of those.
_PLAIN = {"axis", "axes", "shape", "source", "destination"}

#: The most dimensions that are looked at.
MOST = 12


def cancelled(tape: Tape) -> None:
    """Compose reshapes with reshapes and transposes with transposes; leave out what does nothing.

    A reshape that NumPy does by copying gives the elements another place in memory, on which the
    order of later sums depends; so it is only left out if they lie there as before.
    """
    same: dict[int, int] = {}
    made: dict[int, Call] = {}
    kept = []
    for call in tape.calls:
        rename(call, same)
        if _is_plain(call):
            before = made.get(call.args[0].slot)
            if before is not None and (before.function in TURNING) == (call.function in TURNING):
                call = _composed(before, call, tape)
            base, (out,) = call.args[0].slot, call.out
            if _is_nothing(call, tape):
                same[out] = base
                continue
            made[out] = call
        kept.append(call)
    tape.calls = kept
    rename_ends(tape, same)


def _is_plain(call: Call) -> bool:
    """Whether it only turns or shapes one array."""
    return (
        (call.function in TURNING or call.function in SHAPING)
        and call.kwargs.keys() <= _PLAIN
        and bool(call.args)
        and isinstance(call.args[0], Ref)
        and list(call.reads()) == [call.args[0].slot]
        and (call.function is not np.reshape or len(call.args) <= 2)
        and (call.function is not np.ravel or len(call.args) == 1)
    )


def _composed(before: Call, call: Call, tape: Tape) -> Call:
    """One call for two."""
    (base, *_), (out,) = before.args, call.out
    x, y = tape.values[base.slot], tape.values[out]
    if call.function in TURNING:
        first, second = _axes(before, tape), _axes(call, tape)
        if first is None or second is None:
            return call
        args: tuple[Any, ...] = (base, tuple([first[axis] for axis in second]))
        function: Callable[..., Any] = np.transpose
    else:
        if x.order and (x.shape, x.order) != (y.shape, y.order):
            return call  # the first one may copy, where both at once would not
        args, function = (base, y.shape), np.reshape
    shows = {out: base.slot} if before.shows and call.shows else {}
    return Call(function, args, {}, (out,), False, call.line, call.origin, shows=shows)


def _axes(call: Call, tape: Tape) -> tuple[int, ...] | None:
    """The axes of the operand in the order in which the result has them."""
    ndim = len(tape.values[call.args[0].slot].shape)
    if ndim > MOST:
        return None
    sizes = tuple(range(2, 2 + ndim))  # all different, so that the result's shape tells
    turned = call.function(np.broadcast_to(0.0, sizes), *call.args[1:], **call.kwargs)
    return tuple([size - 2 for size in turned.shape])


def _is_nothing(call: Call, tape: Tape) -> bool:
    """Whether the result is the operand as it is."""
    x, y = tape.values[call.args[0].slot], tape.values[call.out[0]]
    if (x.shape, x.order, x.is_array, x.weak) != (y.shape, y.order, y.is_array, y.weak):
        return False
    return call.function in SHAPING or _axes(call, tape) == tuple(range(len(x.shape)))
