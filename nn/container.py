"""The base of all containers, and functions as modules."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from autograd_core import ArgumentError, DTypeError, IndexingError, changed

from .checking.student import is_hand_written
from .contents import join
from .hand_written import adapted
from .module import Module


class Lambda(Module):
    """A function as a module, such as ``Lambda(np.sin)``; containers wrap functions by themselves.

    Parameters
    ----------
    function : callable
        Of tensors.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise DTypeError(f"Lambda: {function!r} is not a function")
        self.function = function

    def forward(self, *inputs: Any) -> Any:
        return self.function(*inputs)

    def extra_repr(self) -> str:
        return str(getattr(self.function, "__name__", self.function))


def as_module(value: Any, what: str) -> Module:
    """A module as it is, one written by hand as a `HandWritten`, a function as a `Lambda`.

    Raises
    ------
    DTypeError
        For anything else, such as a class that was not called.
    """
    if isinstance(value, Module):
        return value
    if is_hand_written(value):
        return adapted(value)
    if isinstance(value, type) and (hasattr(value, "forward") or hasattr(value, "backward")):
        raise DTypeError(
            f"{what}: {value.__name__} is a class; make an instance, {value.__name__}()"
        )
    if isinstance(value, (list, tuple)):
        raise DTypeError(
            f"{what}: a {type(value).__name__} is neither a module nor a function; give its items "
            f"one by one with a star, as in Sequential(*layers)"
        )
    if not callable(value):
        hint = "; a module written by hand has forward(u) and backward(u, v, dL_dv)"
        hint = hint if hasattr(value, "forward") or hasattr(value, "backward") else ""
        raise DTypeError(f"{what}: {value!r} is neither a module nor a function{hint}")
    return Lambda(value)


def numbered(entries: Iterable[tuple[str, Module]]) -> list[tuple[str, Module]]:
    """The entries; those that are named by a number get the number of their place."""
    return [
        (str(i) if name.isdecimal() else name, module) for i, (name, module) in enumerate(entries)
    ]


class Container(Module):
    """Modules under names of their own; base of all containers."""

    def __init__(self, entries: Iterable[tuple[str, Any]] = ()) -> None:
        vars(self)["_layers"] = {}
        for name, value in entries:
            if name in self._layers:
                raise ArgumentError(
                    f"{type(self).__name__}: {name!r} is the name of two modules; give each a "
                    f"name of its own"
                )
            self._put(name, value)

    _layers: dict[str, Module]

    def _put(self, name: str, value: Any) -> None:
        module = self._checked(name, value)
        self._layers[name] = module
        changed()
        if not module._path:
            module._rename(join(self._path, name))

    def _checked(self, name: str, value: Any) -> Module:
        """A module for a value that may be put here under a name."""
        if not isinstance(name, str) or not name or "." in name:
            raise ArgumentError(
                f"{type(self).__name__}: {name!r} cannot be the name of a module; names are "
                f"strings that are not empty and have no dot, as paths are joined by dots"
            )
        if hasattr(type(self), name) or name in vars(self):
            raise ArgumentError(
                f"{type(self).__name__}: this {type(self).__name__} has an attribute {name!r}; "
                f"choose another name for this module"
            )
        module = as_module(value, type(self).__name__)
        self._refuse_cycle(name, module)
        return module

    def _set(self, entries: Iterable[tuple[str, Module]]) -> None:
        """All layers anew; those that were named by their number are numbered again."""
        layers = numbered(entries)
        changed()
        self._layers.clear()
        self._layers.update(layers)
        for name, module in layers:
            if not module._path or module._path.rpartition(".")[0] == self._path:
                module._rename(join(self._path, name))

    def _dtype(self) -> np.dtype[Any] | None:
        for layer in self._layers.values():
            dtype = layer._dtype()
            if dtype is not None:
                return dtype
        return super()._dtype()

    def named_children(self) -> Iterator[tuple[str, Module]]:
        yield from super().named_children()
        yield from vars(self).get("_layers", {}).items()

    def __getattr__(self, name: str) -> Any:
        layers = vars(self).get("_layers", {})
        if name in layers:
            return layers[name]
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self).get("_layers", {}):
            self._put(name, value)
        else:
            super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in self._layers:
            del self[name]
        else:
            super().__delattr__(name)

    def __len__(self) -> int:
        return len(self._layers)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        return iter(self._layers.values())

    def __contains__(self, item: Any) -> bool:
        return any(item is module for module in self._layers.values()) or (
            isinstance(item, str) and item in self._layers
        )

    def _key(self, index: Any) -> str:
        """The name of a layer from its name or number."""
        names = list(self._layers)
        if isinstance(index, str):
            if index in self._layers:
                return index
            raise IndexingError(f"{type(self).__name__}: no module {index!r}; there are {names}")
        if isinstance(index, bool) or not hasattr(index, "__index__"):
            raise IndexingError(
                f"{type(self).__name__}: {index!r} is no number, slice or name of a module"
            )
        try:
            return names[operator.index(index)]
        except IndexError:
            raise IndexingError(
                f"{type(self).__name__}: module {index} of {len(names)}; numbers go from 0 to "
                f"{len(names) - 1}, or from {-len(names)} to -1"
            ) from None

    def __getitem__(self, index: Any) -> Any:
        return self._layers[self._key(index)]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._put(self._key(index), value)

    def _doomed(self, index: Any) -> set[str]:
        return set(list(self._layers)[index]) if isinstance(index, slice) else {self._key(index)}

    def __delitem__(self, index: Any) -> None:
        doomed = self._doomed(index)
        self._set([(name, m) for name, m in self._layers.items() if name not in doomed])
