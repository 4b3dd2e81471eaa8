"""Which methods an object has that Python may call, and what is inside of wrappers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .places import is_users

#: Methods of a class that are called although their names are not written.
CALLED = {"__init__", "__new__", "__call__", "forward", "backward"}

#: Methods that are called for other purposes than to compute.
_NOT_CALLED = {
    *("__init__", "__new__", "__del__", "__repr__", "__str__", "__hash__", "__eq__", "__dir__"),
    *("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__copy__", "__deepcopy__"),
    *("__post_init__", "__init_subclass__", "__class_getitem__", "__sizeof__"),
}


def is_called(name: str) -> bool:
    """Whether Python calls a method although its name is not written."""
    return name in ("forward", "backward") or (
        name.startswith("__") and name.endswith("__") and name not in _NOT_CALLED
    )


def coded(f: Any) -> bool:
    return hasattr(f, "__code__")


def original(x: Any) -> Any:
    """The function inside of a compiled or otherwise wrapped one."""
    if isinstance(x, property):
        return x.fget
    return getattr(x, "__wrapped__", None) if callable(x) or isinstance(x, classmethod) else None


def methods_of(kind: type) -> Iterator[tuple[str, tuple[type, Any]]]:
    """The methods and class attributes that the user's classes give an object, with the class."""
    found: set[str] = set()
    for cls in kind.__mro__:
        for name, value in vars(cls).items():
            if name not in found:
                found.add(name)
                if is_users(cls.__module__):
                    inner = value.fget if isinstance(value, property) else value
                    yield name, (cls, getattr(inner, "__func__", inner))
