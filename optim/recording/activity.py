"""Activations by layer, seen in a run of the model that leaves no trace."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import Tensor, enable_grad, keep_values

from .measures import Activity

Array = NDArray[Any]

#: A slope below this share of its maximum counts as saturated, as in the pictures of graphs.
FLAT = 0.04
#: Of what an elementwise function gave, its slope as a share of the largest there is.
SLOPES = {"sigmoid": lambda a: 4 * a * (1 - a), "tanh": lambda a: 1 - a * a}
#: Functions that are activations also where no module is around them.
FUNCTIONS = ("relu", *SLOPES)


def activities(model: Any, x: Array) -> dict[str, Activity]:
    """What each layer makes of a batch, in the mode in which the model is.

    The model is run once more, as `Module.observed` runs it: buffers, generators and gradients
    are afterwards what they were. Layers are the modules that hold no others, by their paths; and
    activation functions called without a module, ``"hidden → tanh"``.

    Parameters
    ----------
    model : Module
    x : ndarray of n rows
    """
    paths = {id(module): path for path, module in model.named_modules()}
    leaves = {id(m) for m in model.modules() if not any(True for _ in m.children())}
    found: dict[str, Activity] = {}
    ends: dict[Any, str] = {}

    def around(module: Any, forward: Any, inputs: Any, options: Any) -> Any:
        y = forward(*inputs, **options)
        if id(module) in leaves and isinstance(y, Tensor) and y.dtype.kind == "f":
            name = _free(paths[id(module)] or type(module).__name__, found)
            node = y.node
            handed_on = any(isinstance(u, Tensor) and u.node is node for u in inputs)
            kind = None if handed_on or node is None else node.primitive
            found[name] = activity(y.numpy(), None if kind is None else kind.name)
            if node is not None:
                ends[node] = name
        return y

    floating = x.dtype.kind == "f"
    with np.errstate(all="ignore"), enable_grad(), keep_values(), model.observed(around):
        y = model(Tensor(x, requires_grad=floating, copy=False))
    for part in y if isinstance(y, (tuple, list)) else (y,):
        if isinstance(part, Tensor) and part.node is not None:
            for name, value, kind in _functions(part.node, ends):
                found[_free(name, found)] = activity(value, kind)
    return found


def _functions(root: Any, ends: dict[Any, str]) -> Iterator[tuple[str, Array, str]]:
    """Activation functions that no module ends in, in the order in which they were computed."""
    for node in _ordered(root):
        kind = node.primitive
        if kind is None or node in ends or kind.name not in FUNCTIONS:
            continue
        value = None if node.extra is None else node.extra.value
        if value is None:
            continue
        below = node.parents[0]
        while below is not None and below not in ends:
            below = next((p for p in below.parents if p is not None), None)
        yield (kind.name if below is None else f"{ends[below]} → {kind.name}", value, kind.name)


def _ordered(root: Any) -> list[Any]:
    """The nodes below, inputs first."""
    order, seen, waiting = [], {root}, [(root, iter(root.parents))]
    while waiting:
        node, parents = waiting[-1]
        for parent in parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                waiting.append((parent, iter(parent.parents)))
                break
        else:
            order.append(node)
            waiting.pop()
    return order


def activity(values: Array, kind: str | None) -> Activity:
    """The numbers of one layer; `kind` is the operation that made the values."""
    a = np.asarray(values, np.float64)
    if not a.size:
        return Activity(*[math.nan] * 4)
    dead = saturated = math.nan
    with np.errstate(all="ignore"):
        if kind == "relu" and a.ndim >= 2 and len(a) >= 2:
            dead = float((a == 0).all(axis=0).mean())
        elif kind in SLOPES:
            saturated = float((SLOPES[kind](a) < FLAT).mean())
        return Activity(float(a.mean()), float(a.std()), dead, saturated)


def _free(name: str, taken: Any) -> str:
    """`name`, or ``name (2)`` for the second call of a module, and so on."""
    found, count = name, 1
    while found in taken:
        count += 1
        found = f"{name} ({count})"
    return found
