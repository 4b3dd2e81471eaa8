"""Places where a function looks: what they hold, and whether it is still the same."""

from __future__ import annotations

import functools
import sys
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

#: Packages whose own variables do not change.
LIBRARY = frozenset(("autograd_core", "nn", "optim", "numpy"))

#: The most items of a list, dict or set that are looked at before every run.
MOST = 64

#: What is equal by its value.
PLAIN = (int, float, bool, str, bytes, complex, type(None), np.dtype, np.generic)


class _Items:
    """Stands for the key of a place that is all that a list, dict or set holds."""


ITEMS = _Items()


class _Numbers:
    """Stands for the key of a place that is what an array holds."""


NUMBERS = _Numbers()


class Missing:
    """Stands for what is not there."""


class Place(NamedTuple):
    """Somewhere that a function looks: a cell of a closure, an entry of a dict, or all items.

    Attributes
    ----------
    holder : cell, mapping, list, set, array
    key : None for a cell, `ITEMS`, `NUMBERS`, or the key of an entry
    value : anything
        What was there: of items a tuple, of numbers their bytes.
    words : str
        For messages.
    """

    holder: Any
    key: Any
    value: Any
    words: str

    def now(self) -> Any:
        """What is there now."""
        if self.key is None:
            return content(self.holder)
        if self.key is ITEMS:
            return items(self.holder)
        if self.key is NUMBERS:
            return self.holder.tobytes()
        return self.holder.get(self.key, Missing)

    def is_same(self) -> bool:
        """Whether the same is there: the same objects, or equal numbers and texts."""
        now = self.now()
        if self.key is not ITEMS:
            return is_same(now, self.value)
        return len(now) == len(self.value) and all(map(is_same, now, self.value))


def is_same(a: Any, b: Any) -> bool:
    """Whether two are one object, or equal numbers or texts of one type."""
    return a is b or (type(a) is type(b) and isinstance(a, PLAIN) and bool(a == b))


def is_generator(x: Any) -> bool:
    """Whether it is one of NumPy's generators; does not import them."""
    module = sys.modules.get("numpy.random")
    return module is not None and isinstance(x, module.Generator)


def content(cell: Any) -> Any:
    """What a closure's variable holds."""
    try:
        return cell.cell_contents
    except ValueError:
        return Missing


class Slots:
    """The slots of an object, as a mapping."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing
        classes = [vars(cls).get("__slots__", ()) for cls in type(thing).__mro__]
        parts = [(names,) if isinstance(names, str) else tuple(names) for names in classes]
        self.names = {name for names in parts for name in names if not name.startswith("__")}

    def __contains__(self, name: str) -> bool:
        return name in self.names and hasattr(self.thing, name)

    def __getitem__(self, name: str) -> Any:
        return getattr(self.thing, name)

    def get(self, name: str, default: Any = None) -> Any:
        """What is in a slot."""
        return getattr(self.thing, name, default)


def items(holder: Any) -> tuple[Any, ...]:
    """All that a list, dict or set holds, in its order."""
    if isinstance(holder, dict):
        return (*holder, *holder.values())
    return tuple(holder)


def names_in(code: CodeType) -> set[str]:
    """The names that a function, and the functions inside, take from outside.

    Texts that could be names are among them, as in ``getattr(settings, "scale")``.
    """
    found = set(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found |= names_in(inner)
        elif isinstance(inner, str) and inner.isidentifier():
            found.add(inner)
    return found


@functools.cache
def is_users(module: str | None) -> bool:
    """Whether a module was written by the user: not this library, Python's or an installed one."""
    root = (module or "").partition(".")[0]
    if root in LIBRARY or root in sys.stdlib_module_names - {"__main__"}:
        return False
    file = getattr(sys.modules.get(root), "__file__", None) or ""
    return "site-packages" not in file and "dist-packages" not in file
