"""Reductions that are not linear: one partial, broadcast in reverse, summed forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..broadcasting import normalize_axis
from ..primitive import Function, Primitive
from ..tensor import Tensor
from .partial import Partial


class Reduction(Primitive):
    """Not linear, over the parameters ``axis`` and ``keepdims``.

    The partial acts on arrays of the operand's shape; the output reaches it with the reduced
    axes kept. The reverse mode broadcasts g first, the forward mode sums afterwards. A partial
    that needs to know the reduced axes receives them as ``axis``.
    """

    def __init__(self, *, partial: Partial, **row: Any) -> None:
        super().__init__(**row)
        self.partial = partial
        self.saves_y = "y" in self.partial.saves.split()
        self.saves_x = "x" in self.partial.saves.split()

    def save(self, y: Any, values: Any, parents: Any, params: dict[str, Any]) -> Any:
        return (y if self.saves_y else None, values[0] if self.saves_x else parents[0])

    def vjp(self, g: Any, saved: Any, parents: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        y, x = saved
        axes, rest = self._axes(params, x.ndim)
        g = _keepdims(g, axes, x.ndim)
        if y is not None:
            y = _keepdims(y, axes, x.ndim)
        return (self.partial.action(_expand(g, x.shape), y, x, axis=axes, **rest),)

    def jvp(self, tangents: Any, y: Any, values: Any, params: dict[str, Any]) -> Any:
        from ..ops.reduction import sum as sum_

        (t,), (x,) = tangents, values
        axes, rest = self._axes(params, x.ndim)
        moved = self.partial.action(t, _keepdims(y, axes, x.ndim), x, axis=axes, **rest)
        return sum_(moved, axis=axes, keepdims=params.get("keepdims", False))

    def _axes(self, params: dict[str, Any], ndim: int) -> tuple[tuple[int, ...], dict[str, Any]]:
        rest = {k: v for k, v in params.items() if k not in ("axis", "keepdims")}
        return normalize_axis(params.get("axis"), ndim, self.name), rest


def _keepdims(y: Any, axes: tuple[int, ...], ndim: int) -> Any:
    """`y` with the reduced axes back at size 1."""
    if np.ndim(y) == ndim if not isinstance(y, Tensor) else y.ndim == ndim:
        return y
    from ..ops.shape import expand_dims

    return expand_dims(y, axes)


def _expand(g: Any, shape: tuple[int, ...]) -> Any:
    from ..ops.shape import broadcast_to

    return broadcast_to(g, shape)


def reduction(
    forward: Function, partial: Partial, *, name: str, latex: str, **row: Any
) -> Reduction:
    """Declare a reduction; see `Reduction`."""
    return Reduction(name=name, forward=forward, partial=partial, latex=latex, **row)
