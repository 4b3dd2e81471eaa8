"""The arguments of the call that a program was written for, so that it can be made again."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..tensor import Tensor


class _Value:
    """Stands for an array or number that the program holds as an example."""


class _Given(NamedTuple):
    """Stands for a tensor.

    Attributes
    ----------
    tensor : weak reference
        To the one that was given.
    number : int
        Which of the tensors it is.
    requires_grad, has_grad : bool
    name : str or None
    """

    tensor: Any
    number: int
    requires_grad: bool
    has_grad: bool
    name: str | None


class Example:
    """How the arguments of one call were put together; their values are in `Program.example`.

    Parameters
    ----------
    args, kwargs
        Of the call. Tensors are held weakly, arrays not at all.
    """

    def __init__(self, args: Any, kwargs: Any) -> None:
        self._numbers: dict[int, int] = {}
        self.args = [self._form(a) for a in args]
        self.kwargs = {name: self._form(kwargs[name]) for name in sorted(kwargs)}
        self._names = list(kwargs)
        del self._numbers

    def _form(self, x: Any) -> Any:
        """As `guards.Signature` walks through an argument."""
        kind = type(x)
        if kind is np.ndarray or kind is float or isinstance(x, np.generic):
            return _Value
        if isinstance(x, Tensor):
            number = self._numbers.setdefault(id(x), len(self._numbers))
            has_grad = x._node is not None and getattr(x, "_grad", None) is not None
            return _Given(weakref.ref(x), number, x._node is not None, has_grad, x.name)
        if kind in (list, tuple):
            return kind([self._form(item) for item in x])
        if kind is dict:
            return {key: self._form(item) for key, item in x.items()}
        return x

    def arguments(self, values: list[Any]) -> tuple[list[Any], dict[str, Any], list[Tensor]]:
        """The arguments anew: copies of arrays, the tensors that were given where they still are.

        Parameters
        ----------
        values : list
            `Program.example`.

        Returns
        -------
        args : list
        kwargs : dict
        tensors : list of Tensor
            Those among them.
        """
        made: dict[int, Tensor] = {}
        rest = iter(values)
        args = [_filled(form, rest, made) for form in self.args]
        named = {name: _filled(form, rest, made) for name, form in self.kwargs.items()}
        return args, {name: named[name] for name in self._names}, list(made.values())


def _filled(form: Any, values: Iterator[Any], made: dict[int, Tensor]) -> Any:
    if form is _Value:
        value = next(values)
        return value.copy() if isinstance(value, np.ndarray) else value
    if isinstance(form, _Given):
        if form.number not in made:
            value = next(values)
            grad = next(values) if form.has_grad else None
            tensor = form.tensor()
            made[form.number] = _stand_in(form, value, grad) if tensor is None else tensor
        return made[form.number]
    if type(form) in (list, tuple):
        return type(form)([_filled(item, values, made) for item in form])
    if type(form) is dict:
        return {key: _filled(item, values, made) for key, item in form.items()}
    return form


def _stand_in(form: _Given, value: Any, grad: Any) -> Tensor:
    tensor = Tensor(value, requires_grad=form.requires_grad, name=form.name)
    if grad is not None:
        tensor.grad = Tensor(grad)
    return tensor
