"""The comparison of forward with a module of ours."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from autograd_core import ArgumentError

from ..module import Module
from ..slips import find_slip
from .calls import kind_and_message
from .forward import Input
from .report import Finding
from .student import Array
from .subject import Subject


def compared(subject: Subject, like: Module, given: Input, v: Array) -> list[Finding]:
    """What is different from a module of ours with the same weights."""
    reference = copy.deepcopy(like).astype(float)
    left = dict(reference.named_parameters())
    for name, value in subject.weights.items():
        match = name if name in left else _alike(left, subject.weights, value)
        fitted = _fitted(value, left[match].shape) if match else None
        if match and fitted is not None:
            left.pop(match).assign(fitted)
    if left:
        missing = ", ".join(f"{name} {p.shape}" for name, p in left.items())
        return [
            Finding(
                "forward",
                f"forward cannot be compared with {like!r}, which has the weights {missing}.",
                "Give the weights the same names and shapes.",
            )
        ]
    columns = given.axis == 1
    try:
        right = np.asarray(reference.forward(given.u.T if columns else given.u))
    except Exception as error:
        raise ArgumentError(
            f"check_module: like={like!r} does not take an input of shape {given.u.shape}: "
            f"{kind_and_message(error)}"
        ) from None
    right = right.T if columns else right
    slip = find_slip(v, right, name="v")
    return [] if slip is None else [Finding("forward", slip.what, slip.hint)]


def _alike(left: dict[str, Any], weights: dict[str, Array], value: Array) -> str | None:
    """The one parameter of the same shape, if no weight has its name."""
    same = [n for n, p in left.items() if p.shape == value.shape and n not in weights]
    return same[0] if len(same) == 1 else None


def _fitted(value: Array, shape: tuple[int, ...]) -> Array | None:
    if value.shape == shape:
        return value
    if value.shape == shape[::-1]:
        return value.T
    return value.reshape(shape) if value.size == int(np.prod(shape)) else None
