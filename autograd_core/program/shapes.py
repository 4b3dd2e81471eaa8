"""Which functions of NumPy's have results whose shapes depend on values."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from .operators import Operators

#: NumPy's functions whose answer depends on shapes and dtypes only.
STATIC = {
    *(np.ndim, np.shape, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj),
    *(np.may_share_memory, np.shares_memory),
}

#: NumPy's functions whose answer leaves the program.
LEAVING = {np.array_equal, np.allclose, np.array_repr, np.array_str, np.array2string, np.save}

#: NumPy's functions that change their first argument, and return nothing.
CHANGING = {np.copyto, np.put, np.putmask, np.place, np.put_along_axis, np.fill_diagonal}

#: NumPy's functions whose results have a shape that depends on values.
_OWN_SHAPE = {
    *(np.nonzero, np.flatnonzero, np.argwhere, np.compress, np.extract, np.trim_zeros),
    *(np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values),
    *(np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d, np.bincount, np.ediff1d),
}
#: Those of which it depends on the values of an argument: its place and its name.
_OWN_SHAPE_BY: dict[Any, tuple[int, str]] = {
    np.reshape: (1, "shape"),
    np.broadcast_to: (1, "shape"),
    np.resize: (1, "new_shape"),
    np.tile: (1, "reps"),
    np.pad: (1, "pad_width"),
    np.linspace: (2, "num"),
    np.repeat: (1, "repeats"),
    np.delete: (1, "obj"),
    np.insert: (1, "obj"),
    np.split: (1, "indices_or_sections"),
    np.array_split: (1, "indices_or_sections"),
}


def has_own_shape(function: Any, args: Any, kwargs: Any) -> bool:
    """Whether in a call the values of tracers decide on the shape of the result."""
    if function is np.where:
        return len(args) + len(kwargs) == 1
    if any(True for name in ("axis", "axes", "shape") for _ in tracers(kwargs.get(name))):
        return True
    if function in _OWN_SHAPE_BY:
        place, name = _OWN_SHAPE_BY[function]
        given = args[place] if len(args) > place else kwargs.get(name)
        return any(True for _ in tracers(given))
    return function in _OWN_SHAPE


@functools.cache
def _parameters(function: Any) -> list[str]:
    """The names of the parameters that are given by place."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of some functions written in C
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in found if p.kind in kinds]


def without_out(function: Any, args: Any, kwargs: Any) -> tuple[Any, tuple[Any, ...], Any]:
    """The array of a call that its result is put into, or None; and the other arguments."""
    if kwargs.get("out") is not None:
        return kwargs["out"], args, {k: v for k, v in kwargs.items() if k != "out"}
    names = _parameters(function)
    place = names.index("out") if "out" in names else len(args)
    if len(args) <= place or args[place] is None:
        return None, args, kwargs
    after = dict(zip(names[place + 1 :], args[place + 1 :], strict=False))
    return args[place], args[:place], {**after, **kwargs}


def has_mask(index: Any) -> bool:
    """Whether an index holds truths of the program, so that its values decide on a shape."""
    parts = index if isinstance(index, tuple) else (index,)
    return any([isinstance(p, Operators) and p.dtype == bool and p.ndim > 0 for p in parts])


def has_bounds(index: Any) -> bool:
    """Whether a slice of an index is bounded by values of the program."""
    parts = index if isinstance(index, tuple) else (index,)
    slices = [(p.start, p.stop, p.step) for p in parts if isinstance(p, slice)]
    return any([isinstance(end, Operators) for ends in slices for end in ends])


def tracers(x: Any) -> Iterator[Any]:
    """The tracers in an argument."""
    if isinstance(x, Operators):
        yield x
    elif isinstance(x, (tuple, list)):
        for item in x:
            yield from tracers(item)
