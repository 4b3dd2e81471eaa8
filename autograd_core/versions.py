"""The clock of changes: finds a value that was changed after backward came to need it.

Every in-place change through the API (item assignment, ``data``, optimizers, loading a state)
calls `touch`, which stamps the changed memory. A node remembers the time at which it was
recorded; at its turn in the backward pass, what it saved must not bear a later stamp.
Memory is known by its base array, so a change through a view counts for all of its views.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from .errors import GraphError
from .graph import Leaf, Node

#: Advances by one with every change; compared with `Node.clock`.
now: int = 0

#: By the id of the base: the time, the words, and a reference that takes the entry away.
_stamps: dict[int, list[Any]] = {}


def base_of(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array that owns the memory of `array`."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def touch(value: Any, change: str, owner: Leaf | str | None) -> None:
    """Stamp the memory of `value` as changed now.

    Parameters
    ----------
    value : ndarray or scalar
    change : str
        What changed it, for the message.
    owner : Leaf or str, optional
        The tensor's leaf, which knows its name, or its name; read only when a message is made.
    """
    global now
    now += 1
    if type(value) is np.ndarray:
        base = value if value.base is None else base_of(value)
        key = id(base)
        stamp = _stamps.get(key)
        if stamp is not None:
            stamp[0] = now
            stamp[1] = change
            stamp[2] = owner
            return

        def forget(_: Any, key: int = key) -> None:
            _stamps.pop(key, None)

        _stamps[key] = [now, change, owner, weakref.ref(base, forget)]


def stamp_of(value: np.ndarray[Any, Any]) -> list[Any]:
    """The stamp of an array that was touched before; its first entry is the time."""
    return _stamps[id(base_of(value))]


def changed_since(value: Any, clock: float) -> str | None:
    """The words of the last change of `value`'s memory after `clock`, or None."""
    if _stamps and isinstance(value, np.ndarray):
        stamp = _stamps.get(id(base_of(value)))
        if stamp is not None and stamp[0] > clock:
            owner = stamp[2]
            name = owner.name if isinstance(owner, Leaf) else owner
            return f"{stamp[1]} of " + (
                f"tensor {name!r}" if name else f"a tensor of shape {value.shape}"
            )
    return None


def verify(node: Node) -> None:
    """Raise if anything that `node` saved was changed after it was recorded."""
    for value in node.saved or ():
        change = changed_since(value, node.clock)
        if change is not None:
            assert node.primitive is not None
            raise GraphError(
                f"{node.primitive.name}: backward needs a value of shape {value.shape} and dtype "
                f"{value.dtype} that was changed in place after it was recorded, by {change}. "
                f"Call backward() before the change, or compute with a copy: x.clone()"
            )


def stamp_now(value: Any) -> list[Any] | None:
    """What is known of the last change of `value`'s memory, for `put_back`."""
    if not isinstance(value, np.ndarray):
        return None
    stamp = _stamps.get(id(base_of(value)))
    return None if stamp is None else stamp[:3]


def put_back(value: Any, before: list[Any] | None) -> None:
    """Say that the memory of `value` holds again what it held when `stamp_now` was asked."""
    if isinstance(value, np.ndarray):
        key = id(base_of(value))
        if before is None:
            _stamps.pop(key, None)
        elif key in _stamps:
            _stamps[key][:3] = before
