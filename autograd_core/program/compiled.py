"""`compile`: a function that writes itself down as a program at its first call."""

from __future__ import annotations

import copy
import functools
import os
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from types import MethodType
from typing import Any, overload

import numpy as np

from ..errors import TraceError, UnsupportedError
from ..modes import MODE
from ..tensor import Tensor
from .entry import MISS, entry
from .guards import Signature
from .moment import Moment, changed_cells
from .portable import save, written
from .recording import recorded, refuse_generators
from .replay import Program

#: Programs that a compiled function keeps, the one used last first.
KEPT = 8
#: Retraces after which a warning says why.
OFTEN = 4


class Compiled:
    """A function with its programs; made by `compile`."""

    def __init__(self, function: Callable[..., Any], check: bool = False) -> None:
        if not callable(function):
            raise UnsupportedError(f"compile: {function!r} is not a function")
        refuse_generators(function)
        self.function = function
        self.programs: list[Program] = []
        self._lock = threading.RLock()
        self.check = check
        self.traces = 0
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self.__qualname__ = getattr(function, "__qualname__", self.__name__)
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        mode = MODE.get()
        if mode is not None and (mode.trace is not None or mode.keep or mode.anomaly):
            return self.function(*args, **kwargs)
        with self._lock:  # the memory of a program is for one run at a time
            if mode is None and not kwargs and self.programs and not self.check:
                enter = self.programs[0].enter
                if enter is not None and len(args) == self.programs[0].places:
                    try:
                        result = enter(*args)
                    except Exception as error:
                        if self.programs[0].gives_way(error):
                            return self.function(*args)
                        raise
                    if result is not MISS:
                        return result
            return self._found(args, kwargs, mode)

    def _found(self, args: Any, kwargs: Any, mode: Any) -> Any:
        """A call that is not like the one before."""
        call = Signature(args, kwargs, mode)
        if call.on_graph:
            return self.function(*args, **kwargs)
        for i, program in enumerate(self.programs):
            if program.guards.hold(call.key):
                if i:
                    self.programs.insert(0, self.programs.pop(i))
                if self.check:
                    return self._checked(program, call, args, kwargs)
                try:
                    result = program(call.arrays, call.tensors)
                except Exception as error:
                    if program.gives_way(error):
                        return self.function(*args, **kwargs)
                    raise
                if mode is None and not kwargs and program.enter is None:
                    program.enter = entry(program, args)
                    program.places = len(args)
                return result
        return self._traced(args, kwargs, call)

    def _traced(self, args: Any, kwargs: Any, call: Signature) -> Any:
        """The first run with arguments of a kind: the result is computed while it is traced."""
        self.traces += 1
        if self.programs and self.traces > OFTEN and self.traces % OFTEN == 1:
            warnings.warn(
                f"compile: {self.__name__} was traced {self.traces} times; the last time "
                f"{self._why(call.key)}",
                stacklevel=4,
            )
        program, outcome = recorded(self.function, self.__name__, args, kwargs, call)
        outcome.commit()
        self.programs.insert(0, program)
        del self.programs[KEPT:]
        return program.form(program.first)

    def _checked(self, program: Program, call: Signature, args: Any, kwargs: Any) -> Any:
        """Run the program, then the function itself from the same state, and compare."""
        before = Moment(program, call)
        try:
            replayed = _flat(program(call.arrays, call.tensors))
        except Exception as error:
            if program.gives_way(error):
                return self.function(*args, **kwargs)
            raise
        cells = {**changed_cells(program), **before.written}
        after = {name: array.copy() for name, array in cells.items()}
        grads = [
            None if leaf.grad is None else np.array(leaf.grad.data) for leaf, _, _ in before.grads
        ]
        before.restore()
        result = self.function(*args, **kwargs)
        compare(self.__name__, "its result", replayed, _flat(result))
        for name, array in cells.items():
            compare(self.__name__, name, [after[name]], [array])
        for (leaf, _, _), grad in zip(before.grads, grads, strict=True):
            now = None if leaf.grad is None else leaf.grad.data
            compare(self.__name__, f"the gradient of {leaf.name or 'a tensor'}", [grad], [now])
        return result

    def _why(self, key: Any) -> str:
        if not self.programs:
            return "for the first time"
        return self.programs[0].guards.reason(key)

    @property
    def program(self) -> Program:
        """The program that ran last.

        Raises
        ------
        TraceError
            If there is none yet.
        """
        if not self.programs:
            raise TraceError(f"compile: {self.__name__} has no program yet; call it once first")
        return self.programs[0]

    @property
    def source(self) -> str:
        """The program that ran last, as NumPy source."""
        return self.program.source

    def save_source(self, path: str | os.PathLike[str]) -> Path:
        """Write the program that ran last to a file that runs without this library.

        Parameters
        ----------
        path : str or path
            Ending in ``.py``. The arrays are written to a file ``.npz`` beside it.

        Returns
        -------
        Path
            Of the file; run by itself it tests itself.

        Raises
        ------
        TraceError
            Before the first call.
        UnsupportedError
            If the program calls something that has no source of its own, such as a closure, or a
            schedule of the learning rate.
        """
        program = self.program
        title = f"The function {self.__name__}, as NumPy: run(...) is one call of it."
        text, arrays = written(title, program.source, program.writer.namespace)
        before = Moment(program, None)
        stored = {name: np.array(array) for name, array in arrays.items()}
        try:
            given = [np.array(a) if isinstance(a, np.ndarray) else a for a in program.example]
            results = list(program.run(*given))[: len(program.tape.results)]
            cells = {n: a.copy() for n, a in changed_cells(program).items()}
        finally:
            before.restore()
        return save(path, text, stored, program.example, results, cells)

    def describe(self) -> str:
        """Lines, buffers, bytes and operations of the program that ran last.

        Returns
        -------
        str
        """
        return self.program.describe()

    # -- as a method, and copied ---------------------------------------------------------------

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __copy__(self) -> Compiled:
        return Compiled(self.function, self.check)

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return Compiled(copy.deepcopy(self.function, memo), self.check)

    def __reduce__(self) -> Any:
        found: Any = sys.modules.get(getattr(self.function, "__module__", ""))
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        return self.__qualname__ if found is self else (Compiled, (self.function, self.check))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the picture of a short program."""
        from ..visualize.notebook import mimebundle

        return mimebundle(self, include, exclude)

    def __repr__(self) -> str:
        programs = f"{len(self.programs)} program{'s' * (len(self.programs) != 1)}"
        traces = f"{self.traces} trace{'s' * (self.traces != 1)}"
        return f"<compiled {self.__name__}, {programs}, {traces}>"


def _flat(result: Any) -> list[Any]:
    """The arrays in a result, in order."""
    if isinstance(result, Tensor):
        return [result.data]
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (tuple, list)):
        return [x for item in result for x in _flat(item)]
    return [result] if isinstance(result, (np.ndarray, np.generic, float)) else []


def compare(name: str, what: str, replayed: list[Any], eager: list[Any]) -> None:
    """Raise unless a program gave what the function gives."""
    if len(replayed) != len(eager):
        raise TraceError(f"compile: {name} gives {len(eager)} arrays, its program {len(replayed)}")
    for a, b in zip(replayed, eager, strict=True):
        if a is None and b is None:
            continue
        x, y = np.asarray(a), np.asarray(b)
        if a is None or b is None or (x.shape, x.dtype) != (y.shape, y.dtype):
            raise TraceError(
                f"compile: {what} of {name} is of shape {y.shape} and dtype {y.dtype}, and that of "
                f"its program of shape {x.shape} and dtype {x.dtype}"
            )
        near = 1e-4 if x.dtype == np.float32 else 1e-9
        if not np.allclose(x, y, rtol=near, atol=near * _largest(y), equal_nan=True):
            kind = np.result_type(x, float)
            gap = _largest(x.astype(kind) - y.astype(kind))
            raise TraceError(
                f"compile: {what} of {name} differs from that of its program by up to "
                f"{gap:.3g}. Something that the program took for constant has changed, such as a "
                f"list, an attribute or a random draw of your own; make it an argument, or draw "
                f"with autograd_core.as_one(rng.normal, ...)"
            )


def _largest(x: Any) -> Any:
    """The largest absolute value that is a number."""
    return np.max(np.abs(x), where=np.isfinite(x), initial=0)


@overload
def compile(function: Callable[..., Any], *, check: bool = ...) -> Compiled: ...
@overload
def compile(
    function: None = None, *, check: bool = ...
) -> Callable[[Callable[..., Any]], Compiled]: ...
def compile(function: Callable[..., Any] | None = None, *, check: bool = False) -> Any:
    """Turn a function, or a whole training step, into straight-line NumPy.

    At the first call with arguments of a kind the function runs as it always does, and all that
    NumPy computes in it is written down: the way forward, the backward pass, the update of the
    optimizer. What was written is simplified, given memory, and from then on runs in place of
    the function. ``step.source`` shows it.

    Parameters
    ----------
    function : callable
        Of arrays, tensors, numbers, and lists, tuples and dicts of them. Without it, a decorator.
    check : bool, default False
        At every call run the function too, from the same state, and compare: for doubters.

    Returns
    -------
    Compiled
        Called like the function. Tensors that it returns are constants: differentiate inside, as
        in ``compile(value_and_grad(f))``.

    Raises
    ------
    TraceError
        During the first call, where a value would leave the program: ``float(x)``, ``x.item()``,
        an ``if`` on a value, printing one.

    Notes
    -----
    A call runs a program only if all that it took for granted is as it was: shapes and dtypes,
    other arguments, variables and globals that the function names, training mode and attributes
    of the modules that were called, settings of the optimizer, which parameters require a
    gradient. Otherwise the function is traced anew; the last programs are kept. Parameters,
    buffers, the optimizer's state, the learning rate and its schedule, and the generators of
    dropout are read and advanced at every run.

    Watched likewise are the items of lists and dicts of up to 64 items, the attributes of objects
    that the function names, and arrays in them of up to 16 kB. Frozen, as it cannot be seen or
    would take too long: longer lists, what NumPy alone computes from larger arrays in lists and
    objects, the clock, files, context variables, and random numbers that you draw yourself. Make
    them arguments, or draw with `as_one`. ``check=True`` finds them.

    What a program could not do again is refused at the trace: taking the next item of an iterator,
    appending to a list, counting in an attribute, a change in place of an array that was found in
    a list, dict or object.

    The gradients that a program leaves in ``grad`` are in memory that its next run overwrites.

    Tensors that hold one float are Python floats in the program. Of thousands of operations on
    them those that are alike and need nothing of each other become one call on a vector: sums
    keep their order, but functions such as tanh are NumPy's there, whose last digit may differ
    from that of `math`. Long calculations in which each step needs the one before become loops.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_core as ag
    >>> f = ag.compile(ag.value_and_grad(lambda x: (x * x).sum()))
    >>> f(np.array([1.0, 2.0]))
    (Tensor(5.0, shape=(), dtype=float64), Tensor([2., 4.], shape=(2,), dtype=float64))
    >>> print(f.source)  # doctest: +SKIP
    """
    if function is None:
        return functools.partial(Compiled, check=check)
    return Compiled(function, check)


jit = compile
