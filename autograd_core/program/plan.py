"""Where each value lives: in a cell, in a buffer that is used again, or in a local variable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .calls import Call, Ref, Tape, empty
from .folding import item_added
from .passes import copied, duplicated, ends, is_elementwise, is_view, memory

#: Functions that can be told where to put an array of two dimensions at most.
PRODUCTS = {np.dot, np.matmul}


#: The shape of a buffer, its dtype, and the order of its axes in memory.
Room = tuple[tuple[int, ...], np.dtype[Any], tuple[int, ...]]


@dataclass(slots=True)
class Plan:
    """The places of the values of a tape.

    Attributes
    ----------
    static : dict of int to str
        Values whose array is the same at every run: the kind of their place, ``"cell"``,
        ``"buffer"`` or ``"view"``.
    buffer : dict of int to int
        The buffer of a slot that lives in one.
    buffers : list of Room
    direct : dict of int to int
        Slots that are written straight into the cell that they update.
    root : dict of int to int
        For each slot the one in whose memory it is.
    """

    static: dict[int, str] = field(default_factory=dict)
    buffer: dict[int, int] = field(default_factory=dict)
    buffers: list[Room] = field(default_factory=list)
    direct: dict[int, int] = field(default_factory=dict)
    root: dict[int, int] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        return sum(int(np.prod(shape)) * dtype.itemsize for shape, dtype, _ in self.buffers)


def planned(tape: Tape) -> Plan:
    """Give every value a place."""
    plan = Plan(static=dict.fromkeys(tape.cells, "cell"))
    places = _Places(tape)
    root = plan.root = places.root
    end = len(tape.calls)
    last = dict.fromkeys(tape.values, -1)
    for i, call in enumerate(tape.calls):
        for slot in call.reads():
            last[root[slot]] = i
    kept = {root[slot] for slot in ends(tape)}
    for slot in kept:
        last[slot] = end
    homes = _direct(tape, root, last)
    free: list[int] = []
    holder: dict[int, int] = {}  # buffer: the root that is in it
    for i, call in enumerate(tape.calls):
        out = call.out[0] if call.out else -1
        kind = places.static.get(out)
        if kind == "view":
            plan.static[out] = "view"
        elif kind == "buffer":
            value = tape.values[out]
            if out in homes:
                plan.static[out] = "cell"
                plan.direct[out] = homes[out]
            else:
                number = None
                if is_elementwise(call) or call.function is item_added:
                    number = _dying(call, i, tape, plan, root, last, value)
                if number is None:
                    number = _taken(free, plan, value)
                plan.static[out] = "buffer"
                plan.buffer[out] = number
                holder[number] = out
        for number, slot in list(holder.items()):
            if last[slot] <= i and number not in free:
                free.append(number)
                del holder[number]
    return plan


class _Places:
    """What can live in memory of the program, and what shows the memory of what.

    Whether a reshaping shows memory or copies it depends on how the memory lies, so that it is
    tried on arrays like those of the program.

    Attributes
    ----------
    static : dict of int to str
        ``"buffer"`` for what can be put into memory of the program, ``"view"`` for what shows it.
    root : dict of int to int
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.static: dict[int, str] = {}
        self.root = {slot: slot for slot in tape.values}
        self._arrays: dict[int, Any] = {
            slot: a for slot, a in tape.cells.items() if type(a) is np.ndarray
        }
        fresh = _shown_by(tape, (*tape.results, *tape.left))
        for call in tape.calls:
            if is_view(call):
                self._view(call, fresh)
                continue
            for out, base in memory(call).items():
                self.root[out] = self.root.get(base, base)
            new = len(call.out) == 1 and not memory(call) and call.out[0] not in fresh
            if new and _takes_out(call, tape):
                self.static[call.out[0]] = "buffer"

    def _view(self, call: Call, fresh: set[int]) -> None:
        (out,), base = call.out, call.args[0]
        if not isinstance(base, Ref):
            return
        self.root[out] = self.root[base.slot]
        array = self._array(base.slot)
        if array is None or list(call.reads()) != [base.slot]:
            return
        shown = call.function(array, *call.args[1:], **call.kwargs)
        if type(shown) is np.ndarray and np.may_share_memory(shown, array):
            self.static[out] = "view"
            self._arrays[out] = shown
            return
        self.root[out] = out  # a copy
        plain = not self.tape.values[out].order
        if is_copying(call) and plain and out not in fresh and np.ndim(shown):
            self.static[out] = "buffer"

    def _array(self, slot: int) -> Any:
        """An array that lies in memory as that of a slot will; None if nobody knows."""
        if slot not in self._arrays and self.static.get(slot) == "buffer":
            value = self.tape.values[slot]
            self._arrays[slot] = empty(value.shape, value.dtype, value.order)
        return self._arrays.get(slot)


def is_copying(call: Call) -> bool:
    """Whether it gives the elements in their order another shape, where it is no view."""
    return call.function in (np.reshape, np.ravel) and not call.kwargs and len(call.args) <= 2


def _shown_by(tape: Tape, slots: tuple[int, ...]) -> set[int]:
    """Those slots, and all whose memory they may show."""
    base = {out: b for call in tape.calls for out, b in memory(call).items()}
    found: set[int] = set()
    for slot in slots:
        while slot is not None and slot not in found:
            found.add(slot)
            slot = base.get(slot)  # type: ignore[assignment]
    return found


def _takes_out(call: Call, tape: Tape) -> bool:
    value = tape.values[call.out[0]]
    if not value.shape or value.weak or call.effect:
        return False
    if is_elementwise(call) or call.function in (item_added, copied, duplicated):
        return True
    method = getattr(call.function, "__self__", None)
    if isinstance(method, np.ufunc) and call.function.__name__ == "reduce":
        return set(call.kwargs) <= {"axis", "keepdims"} and len(call.args) == 1
    if call.function in PRODUCTS:
        refs = [a for a in call.args if isinstance(a, Ref)]
        shapes = [tape.values[a.slot] for a in refs]
        return (
            len(refs) == 2
            and not value.order
            and max(len(v.shape) for v in shapes) <= 2
            and all(v.dtype == value.dtype for v in shapes)
        )
    return False


def _direct(tape: Tape, root: dict[int, int], last: dict[int, int]) -> dict[int, int]:
    """New values of cells that may be written where they belong as soon as they are there."""
    made = {call.out[0]: i for i, call in enumerate(tape.calls) if len(call.out) == 1}
    homes = {}
    handed = _shown_by(tape, (*tape.results, *tape.left, *tape.grads.values()))
    for cell, new in tape.updates.items():
        i = made.get(new)
        if i is None or root[new] != new or list(tape.updates.values()).count(new) > 1:
            continue
        call = tape.calls[i]
        value, old = tape.values[new], tape.values[cell]
        reads_view = any([root[s] == cell and s != cell for s in call.reads()])
        if (
            new not in handed
            and cell in tape.cells
            and is_elementwise(call)
            and last[cell] <= i
            and not reads_view
            and value.shape == old.shape
            and value.dtype == old.dtype
        ):
            homes[new] = cell
    return homes


def _dying(
    call: Call,
    i: int,
    tape: Tape,
    plan: Plan,
    root: dict[int, int],
    last: dict[int, int],
    value: Any,
) -> int | None:
    """The buffer of an operand that nobody reads after this call, to be overwritten by it."""
    for slot in call.reads():
        operand = tape.values[slot]
        if (
            plan.static.get(slot) == "buffer"
            and root[slot] == slot
            and last[slot] == i
            and operand.shape == value.shape
            and operand.dtype == value.dtype
            and operand.order == value.order
            and not any([root[s] == slot and s != slot for s in call.reads()])
        ):
            return plan.buffer[slot]
    return None


def _taken(free: list[int], plan: Plan, value: Any) -> int:
    """A free buffer of the shape and dtype, or a new one."""
    for number in free:
        if plan.buffers[number] == (value.shape, value.dtype, value.order):
            free.remove(number)
            return number
    plan.buffers.append((value.shape, value.dtype, value.order))
    return len(plan.buffers) - 1
