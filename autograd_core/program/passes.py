"""What makes a program shorter: small functions from a tape to a tape.

Each pass changes only how a value is computed, never which. They are applied in the order of
`simplified`.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .calls import Call, Ref, Tape, Value, substituted

#: Functions that hand on the memory of their first argument in another shape.
VIEWS: set[Callable[..., Any]] = {
    np.transpose,
    np.reshape,
    np.swapaxes,
    np.squeeze,
    np.expand_dims,
    np.moveaxis,
    np.broadcast_to,
    np.ravel,
    np.diagonal,
}

#: Functions that hand on their first argument itself, if it lies in memory as they want it.
MAYBE: set[Callable[..., Any]] = {
    np.asarray,
    np.asanyarray,
    np.ascontiguousarray,
    np.asfortranarray,
    np.require,
    np.atleast_1d,
    np.atleast_2d,
    np.atleast_3d,
}


def is_basic(index: Any) -> bool:
    """Whether an index makes a view."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        [
            part is None
            or part is Ellipsis
            or (isinstance(part, (int, np.integer)) and not isinstance(part, bool))
            or (isinstance(part, slice) and not any([isinstance(p, Ref) for p in _ends(part)]))
            for part in parts
        ]
    )


def _ends(part: slice) -> tuple[Any, ...]:
    return part.start, part.stop, part.step


def is_view(call: Call) -> bool:
    """Whether the result shares the memory of the first argument."""
    if call.function is operator.getitem:
        return is_basic(call.args[1])
    return call.function in VIEWS


def is_transposed(call: Call) -> bool:
    """Whether the result is the first argument with its axes the other way round."""
    return call.function is np.transpose and len(call.args) == 1 and not call.kwargs


def memory(call: Call) -> dict[int, int]:
    """The results that may be in the memory of an operand, and that operand."""
    if is_view(call) and isinstance(call.args[0], Ref):
        return {call.out[0]: call.args[0].slot}
    if call.function in MAYBE and isinstance(call.args[0], Ref):
        return {call.out[0]: call.args[0].slot}
    return call.shows


def roots(tape: Tape) -> dict[int, int]:
    """For each slot the one in whose memory it may be."""
    root = {slot: slot for slot in tape.values}
    for call in tape.calls:
        for out, base in memory(call).items():
            root[out] = root.get(base, base)
    return root


def is_elementwise(call: Call) -> bool:
    """Whether it is a ufunc of one result, applied place by place."""
    f = call.function
    return isinstance(f, np.ufunc) and f.signature is None and f.nout == 1 and not call.kwargs


def simplified(tape: Tape) -> Tape:
    """All passes."""
    from .folding import folded
    from .signs import settled
    from .views import cancelled

    folded(tape)
    cancelled(tape)
    settled(tape)
    merge_equal(tape)
    drop_dead(tape)
    give_own_memory(tape)
    return tape


def merge_equal(tape: Tape) -> None:
    """Common subexpressions: a call that was made before is not made again."""
    seen: dict[Any, tuple[int, ...]] = {}
    same: dict[int, int] = {}
    kept = []
    for call in tape.calls:
        rename(call, same)
        if call.effect:
            kept.append(call)
            continue
        key = (call.function, frozen(call.args), frozen(tuple(sorted(call.kwargs.items()))))
        try:
            before = seen.setdefault(key, call.out)
        except TypeError:  # an argument that cannot be compared
            before = call.out
        if before is call.out:
            kept.append(call)
        else:
            same.update(zip(call.out, before, strict=True))
    tape.calls = kept
    rename_ends(tape, same)


def copied(array: Any) -> Any:
    """The array in memory of its own."""
    return np.array(array, order="C")


def duplicated(array: Any) -> Any:
    """The array in memory of its own, in which it lies as before."""
    return np.array(array)


def give_own_memory(tape: Tape) -> None:
    """Copy what is handed out, or written in the end, if others have or change its memory.

    Results, gradients and what is left to arguments share no memory with anything that stays,
    nor with one another; and no array is written before another one has taken its old value.
    """
    root = roots(tape)
    found = {*tape.arguments, *tape.cells, *tape.literals}
    taken: set[int] = set()
    free = itertools.count(max(tape.values, default=-1) + 1)

    def own(slot: int) -> int:
        value, new = tape.values[slot], next(free)
        tape.values[new] = Value(value.shape, value.dtype, False, value.name, True, value.order)
        tape.calls.append(Call(duplicated, (Ref(slot),), {}, (new,)))
        return new

    def handed(slot: int, whole: bool) -> int:
        """A slot to be handed out; `whole` if it may not be a part of something."""
        value = tape.values[slot]
        if not value.shape and not value.is_array:
            return slot
        if root[slot] in found or root[slot] in taken or (whole and root[slot] != slot):
            return own(slot)
        taken.add(root[slot])
        return slot

    tape.results = [handed(slot, False) for slot in tape.results]
    tape.left = [handed(slot, False) for slot in tape.left]
    tape.grads = {k: handed(slot, True) for k, slot in tape.grads.items()}
    changed = set(tape.updates)
    tape.updates = {
        cell: own(new) if tape.values[new].is_array and root[new] in changed else new
        for cell, new in tape.updates.items()
        if new != cell
    }


def rename_ends(tape: Tape, same: dict[int, int]) -> None:
    """Hand out, and write, the slots that others were merged into."""
    tape.left = [same.get(slot, slot) for slot in tape.left]
    tape.updates = {k: same.get(v, v) for k, v in tape.updates.items()}
    tape.results = [same.get(slot, slot) for slot in tape.results]
    tape.grads = {k: same.get(v, v) for k, v in tape.grads.items()}
    tape.moved = [same.get(slot, slot) for slot in tape.moved]


def ends(tape: Tape) -> set[int]:
    """The slots that have to be there when all is done."""
    kept = (tape.results, tape.updates.values(), tape.grads.values(), tape.moved, tape.left)
    return {slot for slots in kept for slot in slots}


def rename(call: Call, same: dict[int, int]) -> None:
    """Read the slots that others were merged into."""
    if same and call.shows:
        call.shows = {out: same.get(base, base) for out, base in call.shows.items()}
    if same and any([slot in same for slot in call.reads()]):
        call.args = substituted(call.args, lambda s: Ref(same.get(s, s)))
        call.kwargs = {
            k: substituted(v, lambda s: Ref(same.get(s, s))) for k, v in call.kwargs.items()
        }


def frozen(x: Any) -> Any:
    """An argument as a key of a dict; numbers of different types are different."""
    if isinstance(x, Ref):
        return x
    if isinstance(x, (tuple, list)):
        return (type(x), *[frozen(item) for item in x])
    if isinstance(x, slice):
        return (slice, *[frozen(part) for part in _ends(x)])
    if isinstance(x, (float, np.floating)):
        return (type(x), x, bool(np.signbit(x)))  # 0.0 == -0.0
    return (type(x), x)


def drop_dead(tape: Tape) -> None:
    """What nobody reads and has no effect is left out."""
    wanted = ends(tape)
    kept = []
    for call in reversed(tape.calls):
        if call.effect or not wanted.isdisjoint(call.out):
            kept.append(call)
            wanted.update(call.reads())
    tape.calls = kept[::-1]
