"""Snapshots of a module's state, loading them, and conversion to another dtype."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd_core import CheckpointError, DTypeError, Tensor

if TYPE_CHECKING:
    from .module import Module

M = TypeVar("M", bound="Module")


def entries(module: Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters, then buffers, by path."""
    yield from module.named_parameters()
    yield from module.named_buffers()


def snapshot(module: Module) -> dict[str, NDArray[Any]]:
    """See `Module.state_dict`."""
    return {name: np.array(tensor.data) for name, tensor in entries(module)}


def load(module: Module, values: Mapping[str, Any], strict: bool) -> None:
    """See `Module.load_state_dict`: everything is looked at before anything is changed."""
    what = f"load_state_dict of {type(module).__name__}"
    if not isinstance(values, Mapping):
        raise CheckpointError(
            f"{what}: the state is a {type(values).__name__}; give a mapping from names to "
            f"arrays, as state_dict() returns"
        )
    mine = dict(entries(module))
    problems = []
    if strict:
        problems += [
            f"missing: {n!r} of shape {t.shape}" for n, t in mine.items() if n not in values
        ]
        problems += [f"unknown: {n!r}" for n in values if n not in mine]
    changes: list[tuple[Tensor, NDArray[Any]]] = []
    for name, tensor in mine.items():
        if name in values:
            problem, array = _fitting(tensor, values[name])
            if problem:
                problems.append(f"{name!r} {problem}")
            changes.append((tensor, array))
    if problems:
        shown = "".join(f"\n  {problem}" for problem in problems)
        raise CheckpointError(f"{what}: nothing was loaded, the state does not fit:{shown}")
    for tensor, array in changes:
        tensor.assign(array, "load_state_dict")


def _fitting(tensor: Tensor, value: Any) -> tuple[str, NDArray[Any]]:
    """What is wrong with a value for a tensor, if anything, and a copy of it."""
    try:
        if isinstance(value, np.ma.MaskedArray):
            Tensor(value)  # refuses it
        array = np.array(value.data if isinstance(value, Tensor) else value)
    except ValueError:
        return "is ragged", np.empty(0)
    if array.shape != tensor.shape:
        return f"has shape {array.shape}, and shape {tensor.shape} is needed", array
    if array.dtype.kind not in "fiub" or not np.can_cast(array.dtype, tensor.dtype, "same_kind"):
        return f"has dtype {array.dtype}, and {tensor.dtype} is needed", array
    if isinstance(tensor.data, np.ndarray) and not tensor.data.flags.writeable:
        return "belongs in an array that is read-only; make the parameter of a copy", array
    return "", array


def convert(module: M, dtype: DTypeLike) -> M:
    """See `Module.astype`."""
    try:
        wanted = np.dtype(dtype)
    except TypeError:
        wanted = np.dtype(object)
    if wanted.char not in "fd":
        raise DTypeError(
            f"astype of {type(module).__name__}: {dtype!r} is not float32 or float64, the dtypes "
            f"that weights can have"
        )
    for _, tensor in entries(module):
        if tensor.dtype.kind == "f" and tensor.dtype != wanted:
            tensor.grad = None
            # Initialized anew, in place: an optimizer that holds the parameter keeps holding it.
            Tensor.__init__(
                tensor,
                tensor.data,
                dtype=wanted,
                requires_grad=tensor.requires_grad,
                name=tensor.name,
            )
    return module
