"""The memory of the optimizers' state, and updates of large arrays piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core import changed

from .groups import Update

#: Elements of a large parameter that are updated together, so that what a rule works with stays
#: in the cache. Measured with Adam on 270,000 weights: 2¹³ 660 µs, 2¹⁴ 490, 2¹⁵ 420, 2¹⁶ 400.
BLOCK = 2**16


def state_for(memory: dict[str, Any], starts: dict[str, float], w: Any) -> tuple[Any, ...]:
    """The arrays of a rule's state, of the dtype of `w`; made where there are none yet."""
    for name, start in starts.items():
        array = memory.get(name)
        if array is None:
            memory[name] = np.full(w.shape, start, w.dtype)
        elif type(array) is np.ndarray and array.dtype == w.dtype:
            continue
        else:  # read from a file, or of a parameter that was converted
            memory[name] = np.array(array, w.dtype)
        changed()
    return tuple([memory[name] for name in starts])


def contiguous(*arrays: np.ndarray[Any, Any]) -> bool:
    """Whether all can be written through flat views of their memory."""
    return all(array.flags.c_contiguous for array in arrays)


def update_in_place(
    apply: Callable[..., None],
    w: np.ndarray[Any, Any],
    g: Any,
    state: tuple[Any, ...],
    constants: tuple[Any, ...],
) -> None:
    """Apply a rule's in-place form, to a large parameter piece by piece."""
    if w.size <= BLOCK or not contiguous(w, *state):
        apply(w, g, *state, constants)
        return
    arrays = [array.reshape(-1) for array in (w, g, *state)]
    for start in range(0, w.size, BLOCK):
        cut = slice(start, start + BLOCK)
        apply(*[array[cut] for array in arrays], constants)


def update_in_blocks(
    update: Update, w: np.ndarray[Any, Any], g: Any, state: tuple[Any, ...], t: int, lr: float
) -> None:
    """Apply an elementwise rule piece by piece, writing `w` and `state` in place."""
    flat_w, flat_g = w.reshape(-1), g.reshape(-1)
    flat_state = [array.reshape(-1) for array in state]
    for start in range(0, flat_w.size, BLOCK):
        cut = slice(start, start + BLOCK)
        part = flat_w[cut]
        parts = [array[cut] for array in flat_state]
        step, new = update(part, flat_g[cut], *parts, t=t, lr=lr)
        part -= step
        for old, value in zip(parts, new, strict=True):
            np.copyto(old, value)
