"""A function in which tracers stand for the arrays that it closes over or names as globals.

Without it, what plain NumPy computes from such an array would be a constant of the program, and
a change of the array in place would not be seen.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Callable
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from ..tracing import Symbol
from .places import Missing, content, is_users, names_in

Stand = Callable[[Any, str], Any]


def with_tracers(function: Any, stand: Stand) -> Any:
    """The function, or one like it that finds ``stand(array, name)`` for each array.

    Arrays that are read-only, and variables that the function assigns, stay as they are.
    """
    return _Copier(stand).of(function)


class _Copier:
    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.made: dict[int, Any] = {}
        self.held: list[Any] = []

    def of(self, x: Any, name: str = "") -> Any:
        """What stands for a value; the value itself where nothing has to."""
        if type(x) is np.ndarray:
            return self.stand(x, name) if x.flags.writeable else x
        if id(x) in self.made:
            return self.made[id(x)]
        if isinstance(x, FunctionType):
            return self._function(x)
        if isinstance(x, MethodType):
            f = self.of(x.__func__)
            return x if f is x.__func__ else MethodType(f, x.__self__)
        if isinstance(x, functools.partial):
            f = self.of(x.func)
            return x if f is x.func else functools.partial(f, *x.args, **x.keywords)
        return x

    def _function(self, f: FunctionType) -> Any:
        self.held.append(f)
        self.made[id(f)] = f  # of a function that names itself
        written = _written(f.__code__)
        cells, space, defaults, keywords = f.__closure__ or (), f.__globals__, f.__defaults__, None
        free = f.__code__.co_freevars
        new = [
            cell if name in written else self._cell(cell, name)
            for name, cell in zip(free, cells, strict=True)
        ]
        changed: dict[str, Any] = {}
        if is_users(space.get("__name__")):
            for name in names_in(f.__code__) & space.keys() - written:
                value = space[name]
                now = self.of(value, name) if isinstance(value, _KINDS) else value
                if now is not value:
                    changed[name] = now
            if "type" in names_in(f.__code__) and "type" not in space:
                changed["type"] = TypeOf
            defaults = None if defaults is None else tuple([self.of(v) for v in defaults])
            keywords = {k: self.of(v, k) for k, v in (f.__kwdefaults__ or {}).items()}
        same = all(a is b for a, b in zip(new, cells, strict=True)) and not changed
        same = same and _alike(defaults or (), f.__defaults__ or ())
        same = same and (
            keywords is None or _alike(keywords.values(), (f.__kwdefaults__ or {}).values())
        )
        if same:
            return f
        if changed:
            space = {**space, **changed}
        made = FunctionType(f.__code__, space, f.__name__, defaults, tuple(new) or None)
        made.__kwdefaults__ = keywords or f.__kwdefaults__
        made.__dict__.update({k: v for k, v in vars(f).items() if k != "__wrapped__"})
        made.__module__, made.__qualname__ = f.__module__, f.__qualname__
        self.made[id(f)] = made
        return made

    def _cell(self, cell: Any, name: str) -> Any:
        value = content(cell)
        if value is Missing or not isinstance(value, _KINDS):
            return cell
        now = self.of(value, name)
        return cell if now is value else CellType(now)


class _Types(type):
    def __call__(cls, *args: Any, **options: Any) -> Any:
        single = len(args) == 1 and isinstance(args[0], Symbol)
        return args[0].__class__ if single else type(*args, **options)

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, type)

    def __subclasscheck__(cls, x: Any) -> bool:
        return x is cls or issubclass(x, type)


class TypeOf(metaclass=_Types):
    """Stands for `type` in a traced function: of a tracer it gives the type of the value."""


_KINDS = (np.ndarray, FunctionType, MethodType, functools.partial)


def _alike(a: Any, b: Any) -> bool:
    return all(x is y for x, y in zip(a, b, strict=True))


@functools.cache
def _written(code: CodeType) -> frozenset[str]:
    """The variables of others that a function assigns."""
    found = {
        i.argval
        for i in dis.get_instructions(code)
        if i.opname in ("STORE_GLOBAL", "DELETE_GLOBAL")
        or (i.opname in ("STORE_DEREF", "DELETE_DEREF") and i.argval in code.co_freevars)
    }
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found |= _written(inner)
    return frozenset(found)
