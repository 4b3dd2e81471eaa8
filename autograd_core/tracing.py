"""What the core knows of programs: that values may be symbols, and where a trace is asked.

A *symbol* stands for an array while `compile` traces a function: it has a shape and a dtype, and
what NumPy computes with it is written down. Only `program` makes symbols.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .modes import MODE

F = TypeVar("F", bound=Callable[..., Any])


class Symbol:
    """The base of what stands for an array during a trace."""

    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def shape(self) -> tuple[int, ...]: ...

        @property
        def dtype(self) -> np.dtype[Any]: ...

        @property
        def ndim(self) -> int: ...

        def again(self) -> Symbol: ...


class Onlooker:
    """A trace that makes no program: it is handed each operation, and all else is as usual."""

    def apply(self, primitive: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute an operation; see `autograd_core.primitive.apply`."""
        raise NotImplementedError


def current() -> Any | None:
    """The trace of a program that is being made in this thread or task, or None."""
    mode = MODE.get()
    return None if mode is None or isinstance(mode.trace, Onlooker) else mode.trace


#: The traces that are being made, in any thread: usually none, which is quick to see.
TRACES: list[Any] = []

#: How often something changed that programs take for granted: one number, in a list to share.
EPOCH = [0]


def changed() -> None:
    """Say that something changed which programs take for granted; they look again then."""
    EPOCH[0] += 1


def depends(thing: Any, mark: Callable[[Any], Any]) -> None:
    """Tell the trace, if there is one, that a program is only good while ``mark(thing)`` is equal.

    Whoever changes what the mark shows calls `changed`.
    """
    trace = current()
    if trace is not None and id(thing) not in trace.depends:
        trace.depends[id(thing)] = (thing, mark, mark(thing))


class _Same:
    """Equal to what holds the same object; keeps it alive."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.thing is self.thing

    __hash__ = None  # type: ignore[assignment]


def snapshot(held: Any) -> Any:
    """What can be compared later: numbers and texts by value, tuples by parts, others as such.

    Parameters
    ----------
    held : anything
        A dict, such as ``vars(thing)``, is told by what it holds.
    """
    if isinstance(held, (int, float, str, bytes, type(None), np.dtype)):
        return type(held), held
    if type(held) in (tuple, list):
        return (type(held), *[snapshot(item) for item in held])
    if type(held) is dict:
        return [(key, snapshot(value)) for key, value in held.items()]
    return _Same(held), getattr(held, "requires_grad", None)


def is_tracing() -> bool:
    """Whether a function is being traced by `compile` in this thread or task.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.is_tracing()
    False
    """
    return current() is not None


def as_one(function: Callable[..., Any], *args: Any) -> Any:
    """``function(*args)``; in a compiled program one call, done anew at every run.

    For what a program cannot see into: checks of values, draws of random numbers, counters.

    Parameters
    ----------
    function : callable
        Of arrays and constants. It returns an array or number, a tuple of them, or None, of the
        same shapes and dtypes at every run, and changes no array that it is given.
    *args
        Handed on.

    Returns
    -------
    What the function returns.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_core as ag
    >>> rng = np.random.default_rng(0)
    >>> ag.as_one(rng.integers, 10)
    np.int64(8)
    """
    trace = current()
    return function(*args) if trace is None else trace.call(function, args, {}, effect=True)


class doing:
    """``with doing("SGD"):`` a program says of the lines that arise here what asked for them."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.trace = current()
        if self.trace is not None:
            self.before, self.trace.origin = self.trace.origin, self.what

    def __exit__(self, *_: Any) -> None:
        if self.trace is not None:
            self.trace.origin = self.before


def whole(function: F) -> F:
    """Decorate a function of arrays that looks at values: in a program it is one call."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        trace = current()
        return function(*args, **kwargs) if trace is None else trace.call(function, args, kwargs)

    return wrapper  # type: ignore[return-value]


def gives_places(function: F) -> F:
    """Decorate a function for `as_one` that gives places along an axis: integers from 0 on."""
    function.__dict__["gives_places"] = True
    return function


def cell(array: Any, name: str = "") -> Any:
    """The array itself; in a trace, its symbol, so that a program reads and writes the array.

    A program needs to be told of the arrays that make up a state, such as an optimizer's, and
    may be told what they are called.
    """
    trace = current()
    return array if trace is None or type(array) is not np.ndarray else trace.cell(array, name)


def as_array(x: Any) -> Any:
    """``np.asarray(x)``; a symbol as it is."""
    return x if isinstance(x, Symbol) else np.asarray(x)
