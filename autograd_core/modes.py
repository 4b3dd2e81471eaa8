"""What is recorded, and how: `no_grad`, `enable_grad`, `keep_values`, `detect_anomaly`.

One context variable holds all modes, so that they are per thread and per asynchronous task,
and the common case costs one look: None stands for "record, and nothing else".
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, NamedTuple, TypeVar, overload

from .errors import UnsupportedError

F = TypeVar("F", bound=Callable[..., Any])


class Modes(NamedTuple):
    """The modes in force: record; keep values and lines; look for NaN and infinities; a trace."""

    grad: bool = True
    keep: bool = False
    anomaly: bool = False
    trace: Any = None


PLAIN = Modes()

#: None is `PLAIN`; the hot path asks only ``MODE.get() is None``.
MODE: ContextVar[Modes | None] = ContextVar("autograd_core_modes", default=None)

#: The switches entered in this thread or task, innermost first: (switch, modes before, the rest).
#: Not in the switch, which several threads may share.
_ENTERED: ContextVar[tuple[_Switch, Modes | None, Any] | None] = ContextVar(
    "autograd_core_entered", default=None
)


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread and task."""
    mode = MODE.get()
    return mode is None or mode.grad


def _changed(kind: type[_Switch], before: Modes | None) -> Modes | None:
    """The modes inside a switch of this kind."""
    if before is not None and before.trace is not None:  # not into the cache, which would hold it
        return before._replace(**kind.changes)
    found = _CHANGED.get((kind, before), PLAIN)
    if found is PLAIN:
        modes = (before or PLAIN)._replace(**kind.changes)
        found = _CHANGED[kind, before] = None if modes == PLAIN else modes
    return found


#: What the switches make of the modes, by kind of switch and modes before.
_CHANGED: dict[tuple[type[_Switch], Modes | None], Modes | None] = {}


class _Switch:
    """A context manager and decorator that changes some modes for a while."""

    changes: dict[str, bool]
    __slots__ = ()

    @overload
    def __new__(cls, function: F) -> F: ...  # type: ignore[misc]
    @overload
    def __new__(cls, function: None = None) -> _Switch: ...
    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        return self if function is None else self(function)

    def __enter__(self) -> None:
        previous = MODE.get()
        _ENTERED.set((self, previous, _ENTERED.get()))
        MODE.set(_changed(type(self), previous))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        entered = _ENTERED.get()
        if entered is not None and entered[0] is self:
            MODE.set(entered[1])
            _ENTERED.set(entered[2])
        else:
            self._end_out_of_turn(entered)

    def _end_out_of_turn(self, entered: Any) -> None:
        """End below other switches: the next one up then gives back what this one found.

        So ends a generator that was left inside its ``with``. If this thread or task never
        entered the switch, nothing is changed.
        """
        above = []
        while entered is not None and entered[0] is not self:
            above.append(entered)
            entered = entered[2]
        if entered is not None:
            _, before, rest = entered
            rest = (above.pop()[0], before, rest)
            for switch, before, _ in reversed(above):
                rest = (switch, before, rest)
            _ENTERED.set(rest)

    def __call__(self, function: F) -> F:
        # A fresh switch for each call: a function may run in several threads at once. A
        # generator or coroutine is decorated where it runs, not where it is made.
        import inspect

        make = type(self)
        wrapper: Callable[..., Any]
        if not callable(function) or isinstance(function, type):
            raise UnsupportedError(
                f"{make.__name__}: {function!r} is not a function; use with {make.__name__}(): ... "
                f"or decorate a function"
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with make():
                    return await function(*args, **kwargs)
        elif inspect.isasyncgenfunction(function):

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                generator = function(*args, **kwargs)
                step = generator.asend(None)
                while True:
                    try:
                        with make():
                            item = await step
                    except StopAsyncIteration:
                        return
                    try:
                        step = generator.asend((yield item))
                    except GeneratorExit:
                        with make():
                            await generator.aclose()
                        raise
                    except BaseException as error:
                        step = generator.athrow(error)
        elif inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                generator = function(*args, **kwargs)
                advance: Callable[[], Any] = functools.partial(next, generator)
                while True:
                    try:
                        with make():
                            item = advance()
                    except StopIteration as stop:
                        return stop.value
                    try:
                        advance = functools.partial(generator.send, (yield item))
                    except GeneratorExit:
                        with make():
                            generator.close()
                        raise
                    except BaseException as error:
                        advance = functools.partial(generator.throw, error)
        else:

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with make():
                    return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]


class no_grad(_Switch):
    """Do not record operations: results require no gradient.

    A context manager and a decorator (with or without parentheses), in force for the current
    thread and asynchronous task only.

    Examples
    --------
    >>> from autograd_core import Tensor, no_grad
    >>> x = Tensor(2.0, requires_grad=True)
    >>> with no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    __slots__ = ()
    changes = {"grad": False}  # noqa: RUF012


class enable_grad(_Switch):
    """Record operations again inside a `no_grad` block.

    Examples
    --------
    >>> from autograd_core import Tensor, enable_grad, no_grad
    >>> x = Tensor(2.0, requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     y = x * x
    >>> y.requires_grad
    True
    """

    __slots__ = ()
    changes = {"grad": True}  # noqa: RUF012


class keep_values(_Switch):
    """Make nodes keep their values, their cotangents and the user's line of code.

    Without it a graph keeps only what backward needs; drawing recomputes the rest. With it
    nothing is recomputed, at the price of memory.

    Examples
    --------
    >>> from autograd_core import Tensor, keep_values
    >>> x = Tensor(2.0, requires_grad=True)
    >>> with keep_values():
    ...     y = x * x
    >>> y.node.extra.value
    4.0
    """

    __slots__ = ()
    changes = {"keep": True}  # noqa: RUF012


class detect_anomaly(_Switch):
    """Stop at the first operation that makes a NaN or an infinity, forward or backward.

    The error names the operation, its inputs and the line of code. Values that backward saved
    are checksummed too, which finds writes through raw NumPy aliases. Slow: for debugging.

    Examples
    --------
    >>> from autograd_core import Tensor, detect_anomaly, log
    >>> x = Tensor([1.0, 0.0], requires_grad=True)
    >>> with detect_anomaly():
    ...     log(x)
    Traceback (most recent call last):
    ...
    autograd_core.errors.AnomalyError: log made -inf in its output ...
    """

    __slots__ = ()
    changes = {"anomaly": True}  # noqa: RUF012
