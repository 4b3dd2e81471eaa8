"""What a walk leaves behind: cotangents added to ``Tensor.grad``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import as_scalar
from ..tensor import Tensor, wrap
from ..tracing import TRACES, current


def accumulate(tensor: Tensor, g: Any, own: bool) -> None:
    """Add `g` to ``tensor.grad``; `own` says that nobody else holds its memory."""
    if TRACES and (trace := current()) is not None:
        node = g._node if isinstance(g, Tensor) else None
        trace.accumulate(tensor, g._value if isinstance(g, Tensor) else g, node)
        return
    old = tensor.grad
    if old is None and own and type(g) is np.ndarray and g.ndim:  # the usual step
        tensor._grad = wrap(g, None)
    elif isinstance(g, Tensor):
        tensor._grad = wrap(copied(g._value), g._node) if old is None else old + g
    elif old is None:
        tensor._grad = wrap(as_scalar(g if own else copied(g)), None)
    elif type(old._value) is np.ndarray and old._node is None:
        old._value += g
        old.touched("backward")
    else:
        tensor._grad = wrap(as_scalar(old._value + g), None)


def copied(value: Any) -> Any:
    """The value in memory of its own."""
    return np.array(value) if type(value) is np.ndarray else value
