"""Which attributes of a module written by hand are its weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core import DTypeError

from .checking.student import (
    Array,
    attributes,
    copied,
    declared,
    draw,
    float_arrays,
    has,
    input_shapes,
    replayed,
)


def weights_of(module: Any) -> dict[str, Array]:
    """The weights of an object, by name: those for which its weight_grad has gradients.

    Raises
    ------
    DTypeError
        If a weight is an array of integers, or no array.
    """
    if not has(module, "weight_grad"):
        return {}
    arrays = float_arrays(module)
    keys = None if declared(module) is not None else _answered(module, arrays)
    if keys is None:
        return arrays
    held = attributes(module)
    for key in keys:
        value = held.get(key)
        if isinstance(value, np.ndarray) and key not in arrays:
            raise DTypeError(
                f"HandWritten: {type(module).__name__}.{key} is an array of {value.dtype}; "
                f"weights are floats: np.array(…, float)"
            )
        if isinstance(value, (int, float, np.number, list)):
            raise DTypeError(
                f"HandWritten: {type(module).__name__}.{key} is a {type(value).__name__}, which "
                f"no optimizer can change in its place; weights are arrays: np.array(…, float)"
            )
    return {name: array for name, array in arrays.items() if name in keys}


def _answered(module: Any, arrays: dict[str, Array]) -> list[Any] | None:
    """The keys of the dict that a copy's weight_grad returns; None if it cannot be learned."""
    rng = np.random.default_rng(0)
    for positive in (False, True):
        for shape, _ in input_shapes({**arrays, **_integers(module)}, 5):
            try:
                with replayed():
                    made = copied(module)
                    u = draw(shape, rng, positive)
                    v = np.array(made.forward(u.copy()))
                    answer = made.weight_grad(u, np.ones_like(v))
            except Exception:  # the input does not fit, or it fails: then it fails in use, too
                continue
            return list(answer) if isinstance(answer, dict) else None
    return None


def _integers(module: Any) -> dict[str, Array]:
    return {
        name: value
        for name, value in attributes(module).items()
        if isinstance(value, np.ndarray) and value.dtype.kind in "iu"
    }
