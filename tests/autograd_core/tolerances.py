"""How near is equal: one entry a dtype, and ``|a − b| ≤ atol + rtol·|b|`` everywhere."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Nearness(NamedTuple):
    """Absolute and relative tolerance of one kind of comparison."""

    atol: float
    rtol: float


#: For the same formula in another order; for central differences of step 1e-5.
EQUAL = {np.dtype(np.float64): Nearness(1e-13, 1e-12), np.dtype(np.float32): Nearness(1e-6, 1e-5)}
DIFFERENCES = {np.dtype(np.float64): Nearness(1e-8, 1e-7)}


def close(
    a: Any, b: Any, what: str, near: dict[np.dtype[Any], Nearness] = EQUAL, scale: float = 1.0
) -> None:
    """Assert that `a` is near `b`: the same shape, and each element (NaN is near NaN)."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape, f"{what}: shape {a.shape} is not {b.shape}"
    coarse = np.dtype(np.float32) in (a.dtype, b.dtype)
    atol, rtol = near[np.dtype(np.float32 if coarse else np.float64)]
    np.testing.assert_allclose(a, b, rtol=rtol * scale, atol=atol * scale, err_msg=what)
