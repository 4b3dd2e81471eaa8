"""Runs of elementwise calls on large arrays, to be walked in pieces that stay in the cache."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .calls import Call, Ref, Tape
from .passes import is_elementwise, is_view

#: Arrays of fewer elements are computed in one go.
LARGE = 2**16

#: Elements of a piece.
PIECE = 2**15


@dataclass(slots=True)
class Run:
    """Calls that stand one after the other on the tape and are walked together.

    Attributes
    ----------
    start, stop : int
        Places on the tape.
    shape : tuple of int
        Of all the results; pieces are cut along the first axis.
    piece : int
        Elements of a piece, about.
    """

    start: int
    stop: int
    shape: tuple[int, ...]
    piece: int = 0

    @property
    def rows(self) -> int:
        """Rows of a piece."""
        return max(1, (self.piece or PIECE) // max(1, int(np.prod(self.shape[1:]))))

    @property
    def pieces(self) -> int:
        """How many there are."""
        return -(-self.shape[0] // self.rows)

    @property
    def work(self) -> int:
        """Elements that are computed in all."""
        return (self.stop - self.start) * int(np.prod(self.shape))


def is_sum(call: Call, tape: Tape, shape: tuple[int, ...]) -> bool:
    """Whether it is the sum of all elements of an array of the shape."""
    owner = getattr(call.function, "__self__", None)
    (first, *rest) = call.args or (None,)
    return (
        owner is np.add
        and call.function.__name__ == "reduce"
        and not rest
        and isinstance(first, Ref)
        and tape.values[first.slot].shape == shape
        and call.kwargs.get("axis", 0 if len(shape) == 1 else ...) in (None, 0)
        and (call.kwargs.get("axis", 0) is None or len(shape) == 1)
        and not call.kwargs.get("keepdims")
        and tape.values[call.out[0]].dtype.kind == "f"
    )


def _fits(call: Call, tape: Tape, shape: tuple[int, ...]) -> bool:
    """Whether every operand can be cut along the first axis, or is not cut at all."""
    if not is_elementwise(call) or tape.values[call.out[0]].shape != shape:
        return False
    for a in call.args:
        if isinstance(a, Ref):
            s = tape.values[a.slot].shape
            if len(s) == len(shape) and s[0] not in (1, shape[0]):
                return False
        elif not isinstance(a, (int, float, np.generic)):
            return False
    return True


def grouped(tape: Tape) -> list[Run]:
    """Bring calls that can be walked together next to each other, and say where they are.

    Between them, what only makes numbers is done before or put off until after them.
    """
    runs: list[Run] = []
    calls = tape.calls
    done: list[Call] = []
    i = 0
    while i < len(calls):
        shape = tape.values[calls[i].out[0]].shape if len(calls[i].out) == 1 else ()
        if not shape or int(np.prod(shape)) < LARGE or not _fits(calls[i], tape, shape):
            done.append(calls[i])
            i += 1
            continue
        earlier, members, later, end = _members(calls, i, tape, shape)
        if len(members) > 1:
            done += earlier
            runs.append(Run(len(done), len(done) + len(members), shape))
            done += [*members, *later]
            i = end
        else:
            done.append(calls[i])
            i += 1
    tape.calls = done
    return runs


def _members(
    calls: list[Call], i: int, tape: Tape, shape: tuple[int, ...]
) -> tuple[list[Call], list[Call], list[Call], int]:
    """The calls from `i` on that can be walked together, those before and after, and the end."""
    earlier: list[Call] = []
    members: list[Call] = []
    later: list[Call] = []
    waiting: set[int] = set()  # results of what is put off, and sums, known after the walk
    end, kept = i, (0, 0)
    for j, call in enumerate(calls[i:], i):
        reads = set(call.reads())
        free = reads.isdisjoint(waiting)
        if free and (_fits(call, tape, shape) or (members and is_sum(call, tape, shape))):
            members.append(call)
            if not is_elementwise(call):
                waiting.update(call.out)
            end, kept = j + 1, (len(earlier), len(later))
        elif free and _is_of_numbers(call, reads, tape):
            earlier.append(call)
        elif _is_small(call, tape) and not call.effect:
            later.append(call)
            waiting.update(call.out)
        else:
            break
    return earlier[: kept[0]], members, later[: kept[1]], end


def _is_of_numbers(call: Call, reads: set[int], tape: Tape) -> bool:
    """Whether it makes numbers of numbers, and can be done at any time."""
    return not call.effect and not any([tape.values[s].shape for s in (*reads, *call.out)])


def _is_small(call: Call, tape: Tape) -> bool:
    return is_view(call) or all([not tape.values[s].shape for s in call.out])
