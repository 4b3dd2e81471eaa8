"""Runs of a module that leave no trace in it."""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .module import Module

_STATE = (np.random.Generator, np.random.RandomState, random.Random, np.ndarray)


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    """A copy of a module's own state; the modules and tensors in it are the same ones."""
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, _STATE):
        return copy.deepcopy(value, memo)
    if type(value) is list:
        items: list[Any] = []
        memo[id(value)] = items
        items += [_copied(item, memo) for item in value]
        return items
    if type(value) is dict:
        entries: dict[Any, Any] = {}
        memo[id(value)] = entries
        entries |= {key: _copied(item, memo) for key, item in value.items()}
        return entries
    if type(value) is tuple:
        return tuple(_copied(item, memo) for item in value)
    return value.copy() if type(value) is set else value


@contextmanager
def preserved(module: Module) -> Iterator[None]:
    """Leave the module as it was: work on copies of its buffers and of its plain attributes.

    Arrays, generators, and lists, tuples and dicts of them are copied. What hides deeper, in a
    closure, a global variable or an object of another class, is used itself.
    """
    memo: dict[int, Any] = {}
    kept = [(vars(m), dict(vars(m)), m._buffers) for m in module.modules()]
    try:
        for held, before, buffers in kept:
            for name, value in before.items():
                if name in buffers:
                    held[name] = copy.deepcopy(value, memo)
                elif name not in ("_layers", "_records"):
                    held[name] = _copied(value, memo)
        yield
    finally:
        for held, before, _ in kept:
            held.clear()
            held.update(before)


@contextmanager
def observed(module: Module, around: Callable[..., Any]) -> Iterator[None]:
    """See `Module.observed`."""
    from .interface import current

    forwards = [(m, current(m)) for m in module.modules()]
    with preserved(module):
        for m, forward in forwards:
            call = functools.partial(_through, around, m, forward)
            vars(m).update(_nn_forward=call, forward=call)
        yield


def _through(
    around: Callable[..., Any], module: Module, forward: Any, *inputs: Any, **options: Any
) -> Any:
    return around(module, forward, inputs, options)
