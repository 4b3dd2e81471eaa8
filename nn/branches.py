"""Parts of networks that are no row: several activations in one layer, skip connections, joins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, IndexingError, ShapeError, Tensor

from .checks import positive
from .container import Container, as_module
from .module import Module


def _joined(parts: Sequence[Any]) -> Any:
    return ag.concatenate(parts, axis=-1)


def _added(parts: Sequence[Any]) -> Any:
    first, *rest = parts
    for part in rest:
        if part.shape != first.shape:
            raise ShapeError(
                f"add: outputs of shapes {first.shape} and {part.shape} cannot be added; they "
                f"must be equal. Put a Linear where the number of units changes"
            )
        first = first + part
    return first


JOINS: dict[str, Callable[[Sequence[Any]], Any]] = {"concatenate": _joined, "add": _added}


class Concat(Module):
    """Several inputs side by side along the last axis, the axis of units.

    Examples
    --------
    >>> import nn
    >>> from autograd_core import Tensor
    >>> nn.Concat()(Tensor([[1.0]]), Tensor([[2.0, 3.0]]))
    Tensor([[1., 2., 3.]], shape=(1, 3), dtype=float64)
    """

    def forward(self, *inputs: Any) -> Any:
        return _joined(inputs)


class Add(Module):
    """The sum of several inputs of one shape; shapes are not broadcast."""

    def forward(self, *inputs: Any) -> Any:
        return _added(inputs)


class Select(Module):
    """Some of the units: the elements of the last axis at the given places.

    Parameters
    ----------
    units : int or sequence of int, or sequence of bool
        Places; or for each unit whether it is taken.

    Raises
    ------
    IndexingError
        For other units, and when called if a mask has another length than the last axis.

    Examples
    --------
    >>> import nn
    >>> nn.Select([0, 2])([[1.0, 2.0, 3.0]])
    Tensor([[1., 3.]], shape=(1, 2), dtype=float64)
    """

    def __init__(self, units: int | Sequence[int] | Sequence[bool]) -> None:
        array = np.asarray(units)
        mask = array.dtype.kind == "b" and array.ndim == 1
        if array.ndim > 1 or not (mask or array.dtype.kind in "iu" or not array.size):
            raise IndexingError(
                f"Select: units={units!r} are neither places, integers such as [0, 2], nor a mask "
                f"of booleans, one for each unit"
            )
        #: How many units the mask is for.
        self.masked = array.size if mask else None
        self.units = [int(i) for i in np.atleast_1d(np.flatnonzero(array) if mask else array)]

    def forward(self, x: Tensor) -> Any:
        if self.masked is not None and x.shape[-1:] != (self.masked,):
            raise IndexingError(
                f"{self._label()}: the mask is for {self.masked} units, and the input has shape "
                f"{x.shape}"
            )
        return x[..., self.units]

    def extra_repr(self) -> str:
        return str(self.units)


class Parallel(Container):
    """Modules side by side: all get the same inputs, and their outputs are joined.

    Parameters
    ----------
    *branches : Module or callable
    join : {"concatenate", "add"}, callable or Module
        How the outputs become one: side by side, summed, by a function of their list, or by a
        module that gets each as an argument, such as `Concat`.
    **named : Module or callable
        Branches with names.

    Examples
    --------
    >>> import nn
    >>> layer = nn.Parallel(nn.Linear(4, 2), nn.Linear(4, 3))
    >>> import numpy as np
    >>> layer(np.zeros((8, 4))).shape
    (8, 5)
    """

    join: str | Callable[..., Any] = "concatenate"

    def __init__(
        self, *branches: Any, join: str | Callable[..., Any] = "concatenate", **named: Any
    ) -> None:
        super().__init__([*((str(i), m) for i, m in enumerate(branches)), *named.items()])
        if not self._layers:
            raise ArgumentError(
                f"Parallel: there is no branch (join={join!r} says only how outputs become one); "
                f"give at least one module"
            )
        if not callable(join) and join not in JOINS:
            raise ArgumentError(f"Parallel: join={join!r} is no function and not one of {[*JOINS]}")
        self.join = join

    def forward(self, *inputs: Any) -> Any:
        outputs = [branch(*inputs) for branch in self._layers.values()]
        if isinstance(self.join, Module):
            return self.join(*outputs)
        join = self.join if callable(self.join) else JOINS[self.join]
        return join(outputs)

    def extra_repr(self) -> str:
        if isinstance(self.join, Module) or self.join == "concatenate":
            return ""
        return f"join={self.join!r}"


class Residual(Container):
    """A module with a skip connection around it: x + f(x) (He et al. 2015).

    Parameters
    ----------
    *layers : Module or callable
        f; several are a row.
    shortcut : Module or callable, optional
        Applied to x on its way around, where f changes the number of units.

    Raises
    ------
    ShapeError
        When called, if the two shapes differ.

    Examples
    --------
    >>> import nn
    >>> nn.Residual(nn.ReLU())([-1.0, 2.0])
    Tensor([-1.,  4.], shape=(2,), dtype=float64)
    """

    def __init__(self, *layers: Any, shortcut: Any = None) -> None:
        if not layers:
            raise ArgumentError("Residual: there is no module to go around; give at least one")
        super().__init__((str(i), m) for i, m in enumerate(layers))
        self.shortcut = None if shortcut is None else as_module(shortcut, "Residual")

    def forward(self, x: Any) -> Any:
        y = x
        for layer in self._layers.values():
            y = layer(y)
        around = x if self.shortcut is None else self.shortcut(x)
        if y.shape != around.shape:
            raise ShapeError(
                f"{self._label()}: the module made shape {y.shape} of {x.shape}, which cannot be "
                f"added to shape {around.shape}; give a shortcut that makes the same shape, such "
                f"as Linear"
            )
        return around + y


class UnitGroups(Container):
    """Units with different activations in one layer (chapter, end of section 2.2).

    Parameters
    ----------
    *groups : pairs of (Module or callable, int)
        An activation and the number of units that have it, in the order of the units.

    Raises
    ------
    ShapeError
        When called with another number of units.

    Examples
    --------
    >>> import nn
    >>> f = nn.UnitGroups((nn.ReLU(), 2), (nn.Tanh(), 1))
    >>> f([[-1.0, 2.0, 0.0]])
    Tensor([[0., 2., 0.]], shape=(1, 3), dtype=float64)
    """

    def __init__(self, *groups: tuple[Any, int]) -> None:
        try:
            pairs = [(activation, size) for activation, size in groups]
        except (TypeError, ValueError):
            raise ArgumentError(
                "UnitGroups: each group is a pair (activation, number of units), as in "
                "UnitGroups((ReLU(), 60), (Tanh(), 40))"
            ) from None
        if not pairs:
            raise ArgumentError("UnitGroups: there is no group; give pairs, as in (ReLU(), 60)")
        super().__init__((str(i), activation) for i, (activation, _) in enumerate(pairs))
        self.sizes = [positive(size, "UnitGroups: a number of units") for _, size in pairs]

    def forward(self, z: Tensor) -> Any:
        if not z.ndim or z.shape[-1] != sum(self.sizes):
            raise ShapeError(
                f"{self._label()}: the input has shape {z.shape}, but its last axis must have "
                f"{sum(self.sizes)} units, in groups of {self.sizes}"
            )
        groups = ag.split(z, np.cumsum(self.sizes[:-1]).tolist(), axis=-1)
        return _joined([f(part) for f, part in zip(self._layers.values(), groups, strict=True)])

    def __delitem__(self, index: Any) -> None:
        doomed = self._doomed(index)
        self.sizes = [
            size for name, size in zip(self._layers, self.sizes, strict=True) if name not in doomed
        ]
        super().__delitem__(index)

    def extra_repr(self) -> str:
        return " + ".join(map(str, self.sizes))
