"""A run of elementwise calls written as a loop over pieces that stay in the cache."""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from .blocks import PIECE, Run
from .calls import Call, empty_text
from .passes import ends, is_elementwise

if TYPE_CHECKING:
    from .source import Writer


#: Results of so many elements in all, and a loop is shared by two threads, if there are cores.
SHARED = 2**22


#: A result of so many bytes is put where an earlier one was, if nobody holds that any more: memory
#: that is new to the process costs as much as computing what is put there.
KEPT = 2**20

_box = [object()]
#: The count of references to what only a list holds.
_ALONE = sys.getrefcount(_box[0])


def unused(kept: list[Any], made: Any) -> Any:
    """The array in `kept` if nobody else holds it, or shows its memory; else a new one."""
    if not kept or sys.getrefcount(kept[0]) != _ALONE:
        kept[:] = [made()]
    return kept[0]


def cores() -> int:
    """The cores that this process may use; ``OMP_NUM_THREADS`` is respected."""
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(found, int(asked)) if asked.isdigit() and int(asked) else found


class Loop:
    """The loop of one run.

    What only the loop needs is as small as a piece; whole arrays are cut along the first axis.
    """

    def __init__(self, writer: Writer, run: Run) -> None:
        self.writer = writer
        self.run = run
        self.calls = writer.tape.calls[run.start : run.stop]
        #: By the name of a whole array: the name of its piece, and how the piece is got.
        self.pieces: dict[str, tuple[str, str]] = {}
        self.scratch: dict[int, str] = {}
        self.sums: list[tuple[int, str]] = []
        self.lines: list[tuple[str, Call]] = []
        self.in_two = cores() > 1 and run.work >= SHARED
        if self.in_two:
            run.piece = 2 * PIECE  # threads get into each other's way less often
            self.in_two = run.pieces > 1

    def is_safe(self) -> bool:
        """Whether no piece reads what another piece has overwritten, through a view."""
        plan = self.writer.plan
        made = [call.out[0] for call in self.calls]
        written = {plan.buffer[slot] for slot in made if slot in plan.buffer}
        cells = {plan.direct[slot] for slot in made if slot in plan.direct}
        read = {slot for call in self.calls for slot in call.reads()}
        roots = [plan.root[slot] for slot in read if plan.static.get(slot) == "view"]
        return not any([plan.buffer.get(root) in written or root in cells for root in roots])

    def write(self) -> None:
        """Add the loop to the source."""
        writer = self.writer
        inner = self._inner()
        whole = dict(writer.names)
        for call in self.calls:
            (slot,) = call.out
            if is_elementwise(call) and slot not in inner:
                whole[slot] = self._outer(slot)
        for call in self.calls:
            for slot in call.reads():
                if slot in whole and self._is_cut(slot):
                    writer.names[slot] = self._piece(whole[slot], f"{whole[slot]}[i]")
            self._add(call, call.out[0] in inner, whole)
        self._loop()
        for slot, name in whole.items():
            writer.names[slot] = name
        for slot, parts in self.sums:
            writer.body.append(f"{writer.name(slot)} = np.sum({parts})")

    def _inner(self) -> set[int]:
        """The values that nobody needs outside."""
        tape, run = self.writer.tape, self.run
        others = (*tape.calls[: run.start], *tape.calls[run.stop :])
        outside = {slot for call in others for slot in call.reads()}
        outside |= ends(tape)
        made = {call.out[0] for call in self.calls if is_elementwise(call)}
        return made - outside - set(self.writer.plan.direct)

    def _outer(self, slot: int) -> str:
        """The name of an array that is filled piece by piece."""
        writer = self.writer
        if slot in writer.plan.static:
            return writer.home(slot)
        value = writer.value(slot)
        name = writer.name(slot)
        text = empty_text(value.shape, value.dtype, value.order)
        if value.nbytes >= KEPT:
            kept = writer.once(writer.unique("kept"), "[]")
            text = f"{writer.function(unused)}({kept}, lambda: {text})"
        writer.body.append(f"{name} = {text}")
        return name

    def _is_cut(self, slot: int) -> bool:
        shape = self.writer.value(slot).shape
        return len(shape) == len(self.run.shape) and shape[0] == self.run.shape[0] != 1

    def _piece(self, whole: str, cut: str) -> str:
        if whole not in self.pieces:
            self.pieces[whole] = (self.writer.unique(f"{whole}_i"), cut)
        return self.pieces[whole][0]

    def _add(self, call: Call, inner: bool, whole: dict[int, str]) -> None:
        """One line of the loop."""
        writer = self.writer
        (slot,) = call.out
        if not is_elementwise(call):
            dtype = writer.value(slot).dtype.name
            memory = f"np.empty({self.run.pieces}, np.{dtype})"
            parts = writer.once(writer.unique("parts"), memory)
            self.sums.append((slot, parts))
            self.lines.append((f"{parts}[k] = {writer.text(call)}", call))
            return
        if inner:
            writer.names[slot] = self._small(slot)
        else:
            writer.names[slot] = self._piece(whole[slot], f"{whole[slot]}[i]")
        self.lines.append((writer.text(call, writer.names[slot]), call))

    def _small(self, slot: int) -> str:
        """The piece-sized memory of a value that only the loop needs."""
        writer = self.writer
        number = writer.plan.buffer.get(slot, -1 - slot)
        if number not in self.scratch:
            rows = (min(self.run.rows, self.run.shape[0]), *self.run.shape[1:])
            shape, half = ((2, *rows), "h, ") if self.in_two else (rows, "")
            dtype = writer.value(slot).dtype.name
            name = writer.once(writer.unique("s"), f"np.empty({shape}, np.{dtype})")
            self.scratch[number] = self._piece(name, f"{name}[{half}: i.stop - i.start]")
        return self.scratch[number]

    def _loop(self) -> None:
        """The loop, over pieces of what stays the same that are cut once."""
        writer, run = self.writer, self.run
        fixed = [w for w in self.pieces if writer.is_static(w)]
        counted = ["k"] if self.sums else []
        heads = ", ".join([*counted, "i", *[self.pieces[w][0] for w in fixed]])
        cuts = ", ".join([*counted, "i", *[self.pieces[w][1] for w in fixed]])
        comma = "" if ", " in heads else ","
        name = writer.unique("slices")
        ends = f"slice(n, min(n + {run.rows}, {run.shape[0]}))"
        writer.once(name, f"[{ends} for n in range(0, {run.shape[0]}, {run.rows})]")
        each = f"k, i in enumerate({name})" if counted else f"i in {name}"
        walked = writer.unique("pieces")
        if not self.in_two:
            writer.once(walked, f"[({cuts}{comma}) for {each}]")
            self._body(f"for {heads}{comma} in {walked}:", fixed, "    ")
            return
        half = run.pieces // 2
        which = f"k < {half}" if counted else f"i.stop <= {half * run.rows}"
        halves = f"[[({cuts}{comma}) for {each} if ({which}) == (not h)] for h in (0, 1)]"
        writer.once(walked, halves)
        walk = writer.unique("walk")
        writer.body.append(f"def {walk}(half):")
        self._body(f"    for {heads}{comma} in half:", fixed, "        ")
        writer.body.append(f"{writer.function(in_two)}({walk}, *{walked})")

    def _body(self, head: str, fixed: list[str], indent: str) -> None:
        """The head of the loop and its lines."""
        self.writer.body.append(head)
        for w, (name, cut) in self.pieces.items():
            if w not in fixed:
                self.writer.body.append(f"{indent}{name} = {cut}")
        for text, call in self.lines:
            self.writer.put(text, call, indent)


def in_two(walk: Any, first: Any, second: Any) -> None:
    """``walk(first)`` in this thread and ``walk(second)`` in another: NumPy lets both compute."""
    failed: list[BaseException] = []

    def other() -> None:
        try:
            walk(second)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(other,))
    try:
        thread.start()
    except RuntimeError:  # where there are no threads, as in a browser
        walk(first)
        walk(second)
        return
    try:
        walk(first)
    finally:
        thread.join()
    if failed:
        raise failed[0]
