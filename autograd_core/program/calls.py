"""The plain model of a program: calls of functions on numbered values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np


class Ref(NamedTuple):
    """The value of a slot, as an argument of a call."""

    slot: int


@dataclass(slots=True)
class Value:
    """What a slot holds.

    Attributes
    ----------
    shape, dtype
    weak : bool
        A Python number, which takes the dtype of what it meets.
    name : str
        For the source; empty if it has none.
    is_array : bool
        Whether it was an array; of no dimension most values are numbers.
    order : tuple of int
        Its axes as they lie in memory, the slowest first; empty if in their own order. NumPy adds
        up in the order of the memory, so that bits depend on it.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    weak: bool = False
    name: str = ""
    is_array: bool = False
    order: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize


def order_of(array: Any) -> tuple[int, ...]:
    """The axes of an array as they lie in memory, the slowest first; empty if in their order."""
    if type(array) is not np.ndarray or array.ndim < 2 or array.flags.c_contiguous:
        return ()
    strides = array.strides
    long = [axis for axis, n in enumerate(array.shape) if n != 1]
    found = sorted(long, key=lambda axis: -abs(strides[axis]))
    if found == long:
        return ()
    return (*[axis for axis, n in enumerate(array.shape) if n == 1], *found)


def empty(shape: tuple[int, ...], dtype: np.dtype[Any], order: tuple[int, ...]) -> Any:
    """A new array whose axes lie in memory in an order."""
    if not order:
        return np.empty(shape, dtype)
    return np.empty([shape[axis] for axis in order], dtype).transpose(np.argsort(order))


def empty_text(shape: tuple[int, ...], dtype: np.dtype[Any], order: tuple[int, ...]) -> str:
    """`empty` as source."""
    kind = f"np.{dtype.name}" if hasattr(np, dtype.name) else repr(dtype.str)
    if not order:
        return f"np.empty({shape}, {kind})"
    if order == tuple(range(len(shape)))[::-1]:
        return f'np.empty({shape}, {kind}, order="F")'
    turned = tuple([shape[axis] for axis in order])
    back = tuple([order.index(axis) for axis in range(len(order))])
    return f"np.empty({turned}, {kind}).transpose({back})"


@dataclass(slots=True)
class Call:
    """One line of a program: ``out = function(*args, **kwargs)``.

    Attributes
    ----------
    function : callable
    args : tuple
        Constants, and `Ref`s, also inside of tuples, lists and slices.
    kwargs : dict
    out : tuple of int
        The slots of the results: one, or several if the function returns a tuple.
    effect : bool
        Whether it has to be done even if nobody reads its results, and in this order: a draw of
        random numbers, a count of steps, a check.
    line : str
        The user's ``file:line``.
    origin : str
        The operation of the library that asked for it.
    soft : bool
        Whether eager goes on in NumPy's arithmetic where the function raises.
    shows : dict of int to int
        The results that are in the memory of an operand, with its slot.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: tuple[int, ...]
    effect: bool = False
    line: str = ""
    origin: str = ""
    soft: bool = False
    shows: dict[int, int] = field(default_factory=dict)

    def reads(self) -> Iterator[int]:
        """The slots that it reads, one as often as it is read."""
        yield from refs(self.args)
        yield from refs(tuple(self.kwargs.values()))


def refs(x: Any) -> Iterator[int]:
    """The slots in an argument."""
    if isinstance(x, Ref):
        yield x.slot
    elif isinstance(x, (tuple, list)):
        for item in x:
            yield from refs(item)
    elif isinstance(x, slice):
        yield from refs((x.start, x.stop, x.step))


def substituted(x: Any, new: Callable[[int], Any]) -> Any:
    """An argument with each slot replaced by what `new` gives for it."""
    if isinstance(x, Ref):
        return new(x.slot)
    if isinstance(x, (tuple, list)):
        return type(x)([substituted(item, new) for item in x])
    if isinstance(x, slice):
        return slice(*[substituted(part, new) for part in (x.start, x.stop, x.step)])
    return x


@dataclass(slots=True)
class Tape:
    """A program as it was traced, or as the passes have left it.

    Attributes
    ----------
    calls : list of Call
    values : dict of int to Value
    arguments : list of int
        Slots of the arguments, in the order in which they are handed over.
    cells : dict of int to ndarray
        Slots of arrays that were found on the way and are read in place: parameters, buffers,
        state, constants.
    numbers : dict of int to callable
        Slots of Python numbers that live in objects, and how they are read.
    updates : dict of int to int
        From the slot of a cell to that of its new value, to be written when all is done.
    results : list of int
        Slots that are returned.
    literals : dict of int to number or ndarray
        Slots whose values are known before any run.
    phases : dict of int to str
        The slots that were made in a backward pass or in an update; see `phases`.
    moved : list of int
        Slots of the new values of Python numbers that live in tensors.
    grads : dict of int to int
        From the number of a leaf to the slot that becomes its gradient.
    left : list of int
        Slots of what is left to the arguments.
    hints : dict of int to str
        What may be called so if there is no better name: results of operations.
    """

    calls: list[Call] = field(default_factory=list)
    values: dict[int, Value] = field(default_factory=dict)
    arguments: list[int] = field(default_factory=list)
    cells: dict[int, Any] = field(default_factory=dict)
    numbers: dict[int, Callable[[], Any]] = field(default_factory=dict)
    updates: dict[int, int] = field(default_factory=dict)
    results: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    grads: dict[int, int] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    literals: dict[int, Any] = field(default_factory=dict)
    phases: dict[int, str] = field(default_factory=dict)
    hints: dict[int, str] = field(default_factory=dict)

    def alike(self, a: int, b: int) -> bool:
        """Whether two slots hold values of one shape, kind, and order in memory."""
        x, y = self.values[a], self.values[b]
        return (x.shape, x.dtype, x.weak, x.order) == (y.shape, y.dtype, y.weak, y.order)
