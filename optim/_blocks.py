"""The memory of the optimizers' state, and updates of large arrays piece by piece."""

from __future__ import annotations

from typing import Any

import numpy as np

from .groups import Update

#: Elements of a large parameter that are updated together, so that a rule's temporaries stay in
#: the cache and are allocated from memory that is at hand. Measured with Adam on 3,000,000
#: weights: 2¹⁴ 9.0 ms, 2¹⁶ 7.1, 2¹⁷ 6.9, all at once 9.1 (and 2 × as long on 200,000).
BLOCK = 2**17


def state_for(memory: dict[str, Any], starts: dict[str, float], w: Any) -> tuple[Any, ...]:
    """The arrays of a rule's state, of the dtype of `w`; made where there are none yet."""
    for name, start in starts.items():
        if name not in memory:
            array = np.full(w.shape, start, w.dtype)
            memory[name] = array if w.shape else array[()]
        elif memory[name].dtype != w.dtype:
            memory[name] = memory[name].astype(w.dtype)
    return tuple([memory[name] for name in starts])


def contiguous(*arrays: np.ndarray[Any, Any]) -> bool:
    """Whether all can be written through flat views of their memory."""
    return all(array.flags.c_contiguous for array in arrays)


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
