"""``t[index] = value``: not recorded, and so refused on the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import (
    ArgumentError,
    AutogradError,
    DTypeError,
    GraphError,
    IndexingError,
    ShapeError,
)
from .modes import is_grad_enabled
from .tensor import Tensor, as_array, check_writeable
from .tracing import TRACES, current


def setitem(target: Tensor, index: Any, value: Any) -> None:
    """``target[index] = value``, for tensors outside of the graph and inside `no_grad`."""
    on_graph = target._node is not None and (not target.is_leaf or is_grad_enabled())
    if on_graph or (isinstance(value, Tensor) and value._node is not None and is_grad_enabled()):
        instead = (
            "assign inside no_grad()"
            if is_grad_enabled()
            else "assign to a copy outside of the graph: x.detach().clone()"
        )
        raise GraphError(
            f"setitem: assignment into a tensor is not recorded; use where(mask, new, x), "
            f"concatenate or stack, or {instead}"
        )
    if TRACES and (trace := current()) is not None:
        trace.set_item(target, plain_index(index), value)
        return
    array = target._value
    if type(array) is not np.ndarray:
        array = np.array(array)
    check_writeable(array, "setitem")
    new = as_array(value._value if isinstance(value, Tensor) else value, "setitem")
    if new.dtype.kind == "f" and array.dtype.kind != "f" and new.size:
        raise DTypeError(
            f"setitem: floats would lose their fractions in a tensor of dtype {array.dtype}; "
            f"convert the value with astype, or make the tensor of floats"
        )
    place = plain_index(index)
    about = f"(tensor of shape {target.shape} and dtype {target.dtype})"
    try:
        array[place] = value if type(value) is int else new
    except AutogradError:
        raise
    except IndexError as error:
        raise IndexingError(f"setitem: {error} {about}") from None
    except TypeError as error:
        raise DTypeError(f"setitem: {error} {about}") from None
    except OverflowError as error:
        raise ArgumentError(f"setitem: {error} {about}") from None
    except ValueError:
        fit = f"a value of shape {new.shape} does not fit a place of shape {array[place].shape}"
        raise ShapeError(f"setitem: {fit} {about}") from None
    if array is not target._value:
        target._value = float(array) if type(target._value) is float else array[()]
    target.touched("item assignment")


def plain_index(index: Any) -> Any:
    """`index` with tensors replaced by their arrays."""
    if isinstance(index, Tensor):
        return index._value
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    if isinstance(index, list):
        return [plain_index(part) for part in index]
    return index
