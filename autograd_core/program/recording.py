"""One run of a function while everything is written down."""

from __future__ import annotations

import gc
import inspect
import traceback
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import TraceError, UnsupportedError
from ..tensor import Tensor
from .captured import with_tracers
from .example import Example
from .guards import Guards, Signature
from .outcome import Outcome
from .reach import reached
from .refusals import array_refusal
from .replay import Program
from .trace import Trace, Tracing
from .tracer import Tracer


def refuse_generators(function: Any) -> None:
    """Raise for a function whose body does not run when it is called."""
    called = function if inspect.isroutine(function) else type(function).__call__
    for inner in (called, inspect.unwrap(called)):
        if (
            inspect.isgeneratorfunction(inner)
            or inspect.iscoroutinefunction(inner)
            or inspect.isasyncgenfunction(inner)
        ):
            raise UnsupportedError(
                f"compile: {function!r} is a generator or coroutine, whose body runs bit by bit; "
                f"compile the function that one step of it calls"
            )


def recorded(
    function: Callable[..., Any], name: str, args: Any, kwargs: Any, call: Signature
) -> tuple[Program, Outcome]:
    """Run the function, and write its program. After an error all is as it was before.

    Parameters
    ----------
    function : callable
    name : str
        Of the function, for messages.
    args, kwargs
        Its arguments.
    call : Signature
        What kind of call it is.
    """
    tracing = Tracing()
    past = tracing.trace.past
    try:
        made = _written(function, name, args, kwargs, call, tracing)
        trace = weakref.ref(tracing.trace)
        del tracing
        if trace() is not None:
            gc.collect()  # a value may hang in a cycle
            _refuse_leak(trace())
    except BaseException:
        past.restore()
        raise
    return made


def _written(
    function: Any, name: str, args: Any, kwargs: Any, call: Signature, tracing: Tracing
) -> tuple[Program, Outcome]:
    trace = tracing.trace
    trace.reach = reach = reached(function, (*args, *kwargs.values()))
    trace.past.states.append(reach.restore)
    with tracing:
        given, named = trace.arguments(args, kwargs, function)
        try:
            result = with_tracers(function, trace.cell)(*given, **named)
        except (ValueError, TypeError, AttributeError) as error:
            hidden = _refusal_behind(error)
            if hidden is None:
                raise
            raise hidden from error
        reach.refuse_changes(trace.depends)
        guards = Guards(call.key, trace)
        program = Program(name, trace, result, guards, call.arrays, Example(args, kwargs))
    program.apart(call.arrays)
    outcome = trace.outcome(program.grads, call.tensors)
    trace.forget()
    return program, outcome


def _refusal_behind(error: BaseException) -> TraceError | None:
    """The refusal that NumPy or the user answered with another error."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, TraceError):
        found = found.__cause__ or found.__context__
    if found is not None and str(error).startswith("setting an array element"):
        *_, (frame, line) = traceback.walk_tb(error.__traceback__)
        return array_refusal(f"{frame.f_code.co_filename}:{line}")
    return found


def _refuse_leak(trace: Trace | None) -> None:
    """Raise if somebody holds a value of a run that is over."""
    if trace is None:
        return
    found = [x for x in gc.get_referrers(trace) if isinstance(x, Tracer)]
    if not found:
        return
    holders = gc.get_referrers(found[0])
    tensors = [x for x in holders if isinstance(x, Tensor)]
    if tensors:
        holders = gc.get_referrers(tensors[0])
    kinds = {type(x).__name__ for x in holders} & {"list", "dict", "set", "tuple", "cell"}
    raise TraceError(
        f"compile: a value of shape {np.shape(found[0].value)} is still held after the run, in a "
        f"{' or '.join(sorted(kinds)) or 'place'} outside of the function, where later runs would "
        f"not put theirs. Return it from the compiled function and keep it there"
    )


__all__ = ["recorded", "refuse_generators"]
