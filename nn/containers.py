"""Containers: modules in a row, in lists, in dicts. Other shapes: `branches`, `graphs`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from autograd_core import DTypeError, changed

from .container import Container, numbered
from .module import Module

R = TypeVar("R", bound="_Row")


class _Row(Container):
    """Modules in an order; numbered from 0 unless they have names."""

    def _part(self: R, entries: Iterable[tuple[str, Module]]) -> R:
        part = type(self).__new__(type(self))
        Container.__init__(part)
        part._layers.update(numbered(entries))  # the layers keep the names that they have here
        return part

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._part(list(self._layers.items())[index])
        return super().__getitem__(index)

    def _free(self) -> str:
        """The number of the next place, or the first one after it that is no name here."""
        number = len(self._layers)
        while str(number) in self._layers:
            number += 1
        return str(number)

    def append(self: R, module: Any) -> R:
        """Add a module (or function) at the end."""
        self._put(self._free(), module)
        return self

    def extend(self: R, modules: Iterable[Any]) -> R:
        """Add several at the end."""
        checked = [self._checked("0", module) for module in modules]
        for module in checked:
            self._put(self._free(), module)
        return self

    def insert(self: R, index: int, module: Any) -> R:
        """Put a module in front of the one at `index`; those behind it are numbered anew."""
        entries = list(self._layers.items())
        entries.insert(index, ("0", self._checked("0", module)))
        self._set(entries)
        return self


class Sequential(_Row):
    """Modules in a row, the output of each the input of the next (chapter, section 2.2).

    Parameters
    ----------
    *layers : Module or callable
        Or a single dict that gives them names; or as keyword arguments, by name.

    Notes
    -----
    ``net[i]`` and ``net["name"]`` (or ``net.name``) are layers, ``net[i:j]`` is a `Sequential` of
    the same layers. Functions of tensors may stand among the layers.

    Examples
    --------
    >>> import nn
    >>> nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
    Sequential: 7,510 parameters
      0: Linear(64, 100), W (64, 100), W0 (100,), 6,500 parameters
      1: ReLU()
      2: Linear(100, 10), W (100, 10), W0 (10,), 1,010 parameters
    >>> net = nn.Sequential(hidden=nn.Linear(2, 3), f=nn.Tanh(), out=nn.Linear(3, 1))
    >>> [name for name, _ in net.named_parameters()]
    ['hidden.W', 'hidden.W0', 'out.W', 'out.W0']
    """

    def __init__(self, *layers: Any, **named: Any) -> None:
        if len(layers) == 1 and isinstance(layers[0], Mapping):
            super().__init__([*layers[0].items(), *named.items()])
        else:
            super().__init__([*((str(i), m) for i, m in enumerate(layers)), *named.items()])

    def forward(self, x: Any) -> Any:
        for layer in self._layers.values():
            x = layer(x)
        return x


class ModuleList(_Row):
    """A list of modules, whose weights are found; for a ``forward`` of your own.

    Parameters
    ----------
    modules : iterable of Module, optional

    Examples
    --------
    >>> import nn
    >>> layers = nn.ModuleList(nn.Linear(3, 3) for _ in range(2))
    >>> len(layers), [name for name, _ in layers.named_parameters()]
    (2, ['0.W', '0.W0', '1.W', '1.W0'])
    """

    def __init__(self, modules: Iterable[Any] = ()) -> None:
        if isinstance(modules, Module) and not isinstance(modules, _Row):
            raise DTypeError("ModuleList: give a list of modules, not one: ModuleList([module])")
        super().__init__((str(i), module) for i, module in enumerate(modules))


class ModuleDict(Container):
    """A dict of modules, whose weights are found; for a ``forward`` of your own.

    Parameters
    ----------
    modules : mapping or iterable of pairs, optional

    Examples
    --------
    >>> import nn
    >>> heads = nn.ModuleDict({"digit": nn.Linear(3, 10), "parity": nn.Linear(3, 1)})
    >>> heads["parity"]
    Linear(3, 1), W (3, 1), W0 (1,), 4 parameters
    """

    def __init__(self, modules: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__(modules.items() if isinstance(modules, Mapping) else modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._layers)

    def __setitem__(self, name: Any, module: Any) -> None:
        self._put(name, module)

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._layers.keys()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return self._layers.values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Pairs of name and module."""
        return self._layers.items()

    def update(self, modules: Mapping[str, Any]) -> None:
        """Add or replace several."""
        checked = {name: self._checked(name, module) for name, module in modules.items()}
        for name, module in checked.items():
            self._put(name, module)

    def pop(self, name: str) -> Module:
        """Take a module out and return it."""
        changed()
        return self._layers.pop(self._key(name))
