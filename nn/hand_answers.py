"""What the methods of a module written by hand answered, in the form that the graph needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core import ArgumentError, DTypeError, ShapeError

from .slips.arrays import Array, parsed


def _numbers(value: Any, what: str) -> Array:
    """A copy, as the object may keep what it returned."""
    found = parsed(value, f"{what} returns")
    if isinstance(found, tuple):
        raise DTypeError(" ".join(found))
    return np.array(found)


def output(value: Any, name: str) -> Array:
    """What forward returned: floats.

    Raises
    ------
    DTypeError
        For anything else; the message begins with `name`, that of the class.
    """
    v = _numbers(value, f"{name}: what forward(u)")
    if v.dtype.kind != "f":
        raise DTypeError(f"{name}: forward(u) returns {v.dtype}; return floats")
    return v


def fitted(value: Any, like: Any, what: str, name: str) -> Array:
    """A gradient; it must have the shape of what it belongs to, and gets its dtype.

    Raises
    ------
    ShapeError, DTypeError
        If it does not, or is no array; the message begins with `what`, and `name` is that of
        what it belongs to.
    """
    array = _numbers(value, what)
    if array.shape != np.shape(like):
        raise ShapeError(
            f"{what} returns has shape {array.shape}, and {name} has shape {np.shape(like)}; a "
            f"gradient has the shape of what it belongs to. nn.check_module tells more"
        )
    return array.astype(np.asarray(like).dtype, copy=False)


def by_name(
    answers: Any, weights: Sequence[str], needed: Sequence[str], name: str
) -> dict[str, Any]:
    """What weight_grad returned, by the names of the weights.

    Raises
    ------
    DTypeError
        If it is no dict; for a single weight the gradient alone will do.
    ArgumentError
        If a weight is missing that is needed, or a name is unknown.
    """
    if len(weights) == 1 and isinstance(answers, np.ndarray):
        return {weights[0]: answers}
    if not isinstance(answers, dict):
        raise DTypeError(
            f"{name}: weight_grad(u, dL_dv) returns a {type(answers).__name__}; return a dict of "
            f"the gradients of {', '.join(weights)} by these names"
        )
    unknown = [key for key in answers if key not in weights]
    if unknown or any(n not in answers for n in needed):
        raise ArgumentError(
            f"{name}: weight_grad(u, dL_dv) returns the keys {[*answers]}, and the weights are "
            f"{[*weights]}; return one for each. Arrays that are no weights may have names that "
            f"begin with _, or let a method weights() return the names of those that are"
        )
    return answers
