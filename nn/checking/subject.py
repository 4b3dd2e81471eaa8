"""What is checked: an object written by hand, or a module of ours, behind one face."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from autograd_core import Tensor

from ..module import Module
from .student import Array, attributes, copied, float_arrays, replayed, set_attribute


class Subject:
    """A module under check; it is never run itself, but only fresh copies of it.

    Attributes
    ----------
    weights : dict of str to ndarray
        The values of its weights, as float64.
    """

    def __init__(self, original: Any) -> None:
        self.original = original
        self.name = type(original).__name__
        self.weights: dict[str, Array] = {
            name: np.array(value, float) for name, value in self._initial().items()
        }

    def _initial(self) -> Mapping[str, Any]:
        return float_arrays(self.original)

    @contextlib.contextmanager
    def trial(self, values: Mapping[str, Array] | None = None, quiet: bool = True) -> Iterator[Any]:
        """A copy in the original's state, and random numbers that come again in each trial."""
        with replayed(quiet):
            made = self._copy()
            self._put(made, self.weights if values is None else values)
            yield made

    def _copy(self) -> Any:
        return copied(self.original)

    def _put(self, made: Any, values: Mapping[str, Array]) -> None:
        for name, value in values.items():
            old = getattr(made, name)
            same = isinstance(old, np.ndarray) and old.dtype == float and old.shape == value.shape
            if same and old.flags.writeable:
                old[...] = value  # seen through other references to the array, too
            else:
                set_attribute(made, name, np.array(value, float)[()])

    def vary(self, rng: np.random.Generator) -> None:
        """Give weights whose entries are all alike other values: zeros hide what is wrong."""
        for name, value in self.weights.items():
            if value.size and np.ptp(value) == 0:
                self.weights[name] = value + 0.3 * rng.standard_normal(value.shape)

    def held(self, made: Any) -> dict[str, Array]:
        """The weights of a copy as they are now."""
        return {name: np.array(getattr(made, name, None)) for name in self.weights}

    def trace(self, u: Array) -> tuple[Any, list[Tensor]]:
        """What forward makes of a tensor, and the leaves: the input, then the weights."""
        leaves = [Tensor(x, requires_grad=True) for x in (u, *self.weights.values())]
        with self.trial() as made:
            for name, leaf in zip(self.weights, leaves[1:], strict=True):
                set_attribute(made, name, leaf)
            return made.forward(leaves[0]), leaves

    def keep(self, names: Iterable[str]) -> None:
        """Set which attributes are the weights."""
        held = attributes(self.original)
        self.weights = {
            name: self.weights.get(name, np.array(held[name], float))
            for name in dict.fromkeys(names)
        }

    def numeric(self) -> dict[str, Array]:
        """All attributes that are numbers or arrays of them; a weight may be among them."""
        found = {}
        for name, value in attributes(self.original).items():
            if isinstance(value, (np.ndarray, np.number, float, int)) and value is not True:
                array = np.asarray(value)
                if array.dtype.kind in "fiu":
                    found[name] = array
        return found


class ModuleSubject(Subject):
    """A `Module`: its weights are its parameters."""

    def _initial(self) -> Mapping[str, Any]:
        return {n: p.numpy() for n, p in self.original.named_parameters() if p.requires_grad}

    def _copy(self) -> Any:
        return copy.deepcopy(self.original).astype(float)

    def _put(self, made: Any, values: Mapping[str, Array]) -> None:
        parameters = dict(made.named_parameters())
        for name, value in values.items():
            parameters[name].assign(value)

    def held(self, made: Any) -> dict[str, Array]:
        parameters = dict(made.named_parameters())
        return {name: np.array(parameters[name].data) for name in self.weights}

    def trace(self, u: Array) -> tuple[Any, list[Tensor]]:
        leaf = Tensor(u, requires_grad=True)
        with self.trial() as made:
            parameters = dict(made.named_parameters())
            return made(leaf), [leaf, *(parameters[name] for name in self.weights)]

    def numeric(self) -> dict[str, Array]:
        return self.weights


def subject(module: Any) -> Subject:
    """The face for a module of either kind."""
    return ModuleSubject(module) if isinstance(module, Module) else Subject(module)
