"""``t[index] = value``: not recorded, and so refused on the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import check_dtype, check_mask
from .errors import AutogradError, DTypeError, GraphError, IndexingError, ShapeError
from .modes import is_grad_enabled
from .tensor import Tensor


def setitem(target: Tensor, index: Any, value: Any) -> None:
    """``target[index] = value``, for tensors outside of the graph and inside `no_grad`."""
    on_graph = target._node is not None and (not target.is_leaf or is_grad_enabled())
    if on_graph or (isinstance(value, Tensor) and value._node is not None and is_grad_enabled()):
        raise GraphError(
            "setitem: assignment into a tensor is not recorded; use where(mask, new, x), "
            "concatenate or stack, or assign inside no_grad()"
        )
    array = target._value
    if type(array) is not np.ndarray:
        array = np.array(array)
    new = value._value if isinstance(value, Tensor) else value
    check_mask(new, "setitem")
    about = f"(tensor of shape {target.shape} and dtype {target.dtype})"
    try:
        new = np.asarray(new)
        check_dtype(new, "setitem")
        array[plain_index(index)] = new
    except AutogradError:
        raise
    except IndexError as error:
        raise IndexingError(f"setitem: {error} {about}") from None
    except TypeError as error:
        raise DTypeError(f"setitem: {error} {about}") from None
    except ValueError as error:
        raise ShapeError(f"setitem: {error} {about}") from None
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
