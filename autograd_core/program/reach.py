"""What a function refers to beside its arguments: variables, attributes, items, generators."""

from __future__ import annotations

import functools
import inspect
import random
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import is_
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..errors import TraceError
from ..tensor import Tensor
from .methods import CALLED, coded, is_called, methods_of, original
from .places import (
    ITEMS,
    LIBRARY,
    MOST,
    NUMBERS,
    PLAIN,
    Missing,
    Place,
    Slots,
    content,
    is_generator,
    is_same,
    is_users,
    items,
    names_in,
)

#: Arrays of more bytes are not compared, whether the function itself changes them.
KEPT = 2**22

#: Arrays of more bytes are not looked at before every run.
SMALL = 2**14


class Reach:
    """All that can be seen of what a function refers to.

    Attributes
    ----------
    places : list of Place
    arrays : list of ndarray
        Found in those places.
    """

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.arrays: list[Any] = []
        self._seen: set[Any] = set()
        self._kept: list[Any] = []  # what is known by its id
        self._objects: list[tuple[Any, dict[str, Any]]] = []
        self.generators: dict[int, tuple[Any, Any]] = {}
        self._common = _common_states()
        self._drawn = False  # by the function itself
        self._iterators: list[Any] = []
        self._unsure = 0  # inside of methods that may not be called at all
        self._scopes: dict[type, Mapping[str, Any]] = {}
        self._long: list[tuple[Any, tuple[Any, ...]]] = []  # lists that are not watched
        self._contents: list[tuple[Any, bytes]] = []

    # -- looking -----------------------------------------------------------------------------

    def visit(self, x: Any, names: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        """Look at a value, of which `names` may be asked."""
        if isinstance(x, np.ndarray):
            self.arrays.append(x)
        elif is_generator(x):
            self.generators.setdefault(id(x), (x, x.bit_generator.state))
        elif isinstance(x, (*PLAIN, Tensor)):
            return
        elif isinstance(x, FunctionType):
            self.function(x)
        elif isinstance(x, MethodType):
            self.function(x.__func__, x.__self__)
            self._object(x.__self__, names_in(x.__func__.__code__) if coded(x) else set())
        elif isinstance(x, functools.partial):
            for part in (x.func, *x.args, *x.keywords.values()):
                self.visit(part, names)
        elif isinstance(x, ModuleType):
            if is_users(x.__name__):
                self._entries(vars(x), names, f"{x.__name__}.")
        elif isinstance(x, (list, tuple, dict, set, frozenset, deque)):
            self._items(x, names)
        elif isinstance(x, type):
            for cls in x.__mro__:
                if is_users(cls.__module__):
                    scope = self._scopes.setdefault(cls, vars(cls))
                    self._entries(scope, names | CALLED, f"{cls.__name__}.")
        elif hasattr(type(x), "__next__") and not hasattr(x, "__dict__"):
            if not self._unsure:
                self._iterators.append(x)
        elif original(x) is not None:
            self.visit(original(x), names)
        else:
            self._object(x, names)

    def function(self, f: Any, owner: Any = None) -> None:
        """Look at the variables of a function."""
        code = getattr(f, "__code__", None)
        if code is None or not self._is_new(f, owner):
            return
        users = is_users(f.__globals__.get("__name__"))  # a wrapper may bear another module's
        names = names_in(code)
        for name, cell in zip(code.co_freevars, f.__closure__ or (), strict=True):
            if users:
                self.places.append(Place(cell, None, content(cell), f"the variable {name}"))
            self.visit(content(cell), names)
        if users:
            self._entries(f.__globals__, names, "the global ")
            for value in (*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()):
                self.visit(value, names)
            self._entries(vars(f), names, f"{f.__name__}.")
            self._objects.append((f, dict(vars(f))))

    def _is_new(self, *things: Any) -> bool:
        key = tuple([id(thing) for thing in things])
        if key in self._seen:
            return False
        self._seen.add(key)
        self._kept.append(things)
        return True

    def _entries(self, holder: Mapping[str, Any], names: set[str], words: str) -> None:
        for name in sorted(names):
            if name in holder:
                value = holder[name]
                if isinstance(value, ModuleType) and not is_users(value.__name__):
                    continue
                self.places.append(Place(holder, name, value, f"{words}{name}"))
                self.visit(value, names)

    def _items(self, holder: Any, names: set[str]) -> None:
        if not self._is_new(holder):
            return
        if len(holder) > MOST:
            self._long.append((holder, items(holder)))
            return
        if not isinstance(holder, (tuple, frozenset)):
            kind = type(holder).__name__
            self.places.append(Place(holder, ITEMS, items(holder), f"the items of a {kind}"))
        for item in items(holder):
            self.visit(item, names)

    def _object(self, x: Any, names: set[str]) -> None:
        """Look at the attributes of an object that are named, and at the methods."""
        held: Any = getattr(x, "__dict__", None)
        kind = type(x)
        if not isinstance(held, dict):
            if not is_users(kind.__module__):
                return
            held = Slots(x)
        elif self._is_new(x):
            self._objects.append((x, dict(held)))
            for value in held.values():
                if is_generator(value):
                    self.visit(value)
        new = {name for name in names if self._is_new(x, sys.intern(name))}
        if kind.__module__.partition(".")[0] not in LIBRARY:
            self._entries(held, new, f"{kind.__name__}.")
        else:  # layers and optimizers tell of their changes
            self.places += [
                Place(held, name, held[name], f"{kind.__name__}.{name}")
                for name in sorted(new)
                if name in held
            ]
        methods = {
            name: (cls, f)
            for name, (cls, f) in methods_of(kind)
            if name in names or (is_called(name) and coded(f))
        }
        for name, (cls, f) in methods.items():
            if name not in held:
                scope = self._scopes.setdefault(cls, vars(cls))
                self.places.append(Place(scope, name, scope[name], f"{kind.__name__}.{name}"))
            self._unsure += name not in names
            for inner in {id(g): g for g in (f, inspect.unwrap(f)) if coded(g)}.values():
                if self._is_new(x, inner):
                    self.function(inner)
                    self._object(x, names_in(inner.__code__))
            self._unsure -= name not in names

    def keep(self) -> None:
        """Note what the arrays hold, to see whether the function changes them itself."""
        arrays = {id(x): x for x in self.arrays if x.flags.writeable and x.nbytes <= KEPT}
        self._contents = [(x, x.tobytes()) for x in arrays.values() if not x.dtype.hasobject]

    def restore(self) -> None:
        """Put back what the arrays held."""
        for array, before in self._contents:
            if array.tobytes() != before:
                array[...] = np.frombuffer(before, array.dtype).reshape(array.shape)

    def has(self, array: Any) -> bool:
        """Whether an array was found there."""
        return any([array is known for known in self.arrays])

    # -- what happened -----------------------------------------------------------------------

    def refuse_changes(self, told: Mapping[int, Any]) -> None:
        """Raise if the function changed something that a program could not change at its runs.

        Parameters
        ----------
        told : mapping by id
            Objects that tell programs of their changes themselves.
        """
        own = {id(vars(thing)) for thing, *_ in told.values() if hasattr(thing, "__dict__")}
        changed = [p.words for p in self.places if id(p.holder) not in own and not p.is_same()]
        for x, before in self._objects:
            now = vars(x)
            if id(x) not in told and now.keys() | before.keys():
                changed += [
                    f"{type(x).__name__}.{name}"
                    for name in {**before, **now}
                    if not is_same(before.get(name, Missing), now.get(name, Missing))
                ]
        changed += [
            f"the items of a {type(holder).__name__}"
            for holder, before in self._long
            if (len(holder) != len(before) or not all(map(is_, items(holder), before)))
            and not _is_librarys(holder)
        ]
        changed += [
            f"an array of shape {array.shape} that it found in a variable, list, dict or object"
            for array, before in self._contents
            if array.tobytes() != before
        ]
        if self._iterators:
            raise TraceError(
                f"compile: the function names a {type(self._iterators[0]).__name__}, from which a "
                f"program would take no next item; take the item outside, with next(), and make "
                f"it an argument"
            )
        if changed:
            raise TraceError(
                f"compile: the function changed {changed[0]} while it ran, and a program would "
                f"not do so again: only arrays, tensors, layers and optimizers are changed at "
                f"every run. Return the new value and keep it outside"
            )
        known = self.generators.values()
        if (
            self._drawn
            or any([not _alike(g.bit_generator.state, state) for g, state in known])
            or (self._common and (now := _common_states()) and not _alike(self._common, now))
        ):
            raise TraceError(
                "compile: the function drew random numbers by itself, and a program would not "
                "draw again; write as_one(rng.normal, 0.0, 1.0, shape) for rng.normal(...), or "
                "draw outside and make them an argument"
            )

    @contextmanager
    def drawing(self, generators: Iterable[Any]) -> Iterator[None]:
        """Draws of the program, which happen again at every run."""
        mine = [g for g in generators if id(g) in self.generators]
        for g in mine:
            if not _alike(g.bit_generator.state, self.generators[id(g)][1]):
                self._drawn = True
        try:
            yield
        finally:
            for g in mine:
                self.generators[id(g)] = (g, g.bit_generator.state)

    def watched(self, told: Mapping[int, Any], known: Iterable[Any]) -> list[Place]:
        """The places to look at before every run.

        Parameters
        ----------
        told : mapping by id
            Objects that tell programs of their changes themselves.
        known : iterable of arrays
            Those that a program reads where they are.
        """
        read = {id(array) for array in known}
        self.places += [
            Place(array, NUMBERS, held, f"an array of shape {array.shape}")
            for array, held in self._contents
            if id(array) not in read and array.nbytes <= SMALL
        ]
        for thing, *_ in list(told.values()):
            self.visit(thing)
        own = {id(vars(thing)) for thing, *_ in told.values() if hasattr(thing, "__dict__")}
        found = {(id(p.holder), id(p.key)): p for p in self.places if id(p.holder) not in own}
        return list(found.values())


def _is_librarys(holder: Any) -> bool:
    """Whether a list or dict is a variable of a module of this library, which loads by need."""
    modules = [m for name, m in sys.modules.items() if name.partition(".")[0] in LIBRARY]
    return any([value is holder for m in modules for value in list(vars(m).values())])


def _alike(a: Any, b: Any) -> bool:
    """Whether two states of generators are equal."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_alike(a[k], b[k]) for k in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(_alike, a, b))
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else bool(a == b)


def _common_states() -> Any:
    """The states of the generators that all share."""
    if threading.active_count() > 1:  # others may draw at the same time
        return ()
    legacy = sys.modules.get("numpy.random")
    return random.getstate(), None if legacy is None else legacy.get_state()


def reached(function: Callable[..., Any], given: tuple[Any, ...]) -> Reach:
    """What a function, called with these arguments, refers to."""
    reach = Reach()
    reach.visit(function)
    code = getattr(inspect.unwrap(function), "__code__", None)
    names = set() if code is None else names_in(code)
    for x in given:
        if not isinstance(x, (*PLAIN, np.ndarray, Tensor)):
            reach.visit(x, names)
    reach.keep()
    return reach
