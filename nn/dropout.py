"""Dropout (chapter, section 8.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, Tensor

from .checks import number
from .init import Rng
from .module import Module

SCALINGS = ("train", "test")


class Dropout(Module):
    """Set each unit of each example to 0 with probability p, in training (chapter, section 8.2).

    Parameters
    ----------
    p : float, default 0.5
        Probability of dropping, in [0, 1]; 0 drops nothing, and 1 everything.
    rng : numpy.random.Generator or int, optional
        A generator, which is advanced by training passes only, or a seed.
    scaling : {"train", "test"}
        How the average activation is kept. ``"train"``, today's usual: what stays is multiplied
        by 1/(1 − p) in training, and evaluation changes nothing. ``"test"``, the chapter's:
        training multiplies by 0 or 1, and evaluation by 1 − p, as if the weights of the next
        layer were multiplied. (The chapter writes "by p", with p the probability to *keep*.)

    Raises
    ------
    ArgumentError
        For p outside of [0, 1] or NaN, or another scaling.

    Notes
    -----
    The mask d of a = f(z) * d enters the graph as a constant, so that no rule is needed for it:
    where a unit was dropped, the gradient is 0.

    Examples
    --------
    >>> import nn
    >>> drop = nn.Dropout(0.5, rng=0)
    >>> drop([1.0, 1.0, 1.0, 1.0])
    Tensor([2., 0., 0., 0.], shape=(4,), dtype=float64)
    >>> drop.eval()([1.0, 1.0, 1.0, 1.0])
    Tensor([1., 1., 1., 1.], shape=(4,), dtype=float64)
    """

    def __init__(self, p: float = 0.5, rng: Rng = None, scaling: str = "train") -> None:
        self.p = number(p, "Dropout: p, the probability of dropping a unit,", 0, 1)
        if scaling not in SCALINGS:
            raise ArgumentError(f"Dropout: scaling={scaling!r} is not one of {SCALINGS}")
        self.scaling = scaling
        self.rng = ag.generator(rng)

    def forward(self, x: Tensor) -> Tensor:
        inverted = self.scaling == "train"
        if not self.training:
            return x if inverted else x * (1 - self.p)
        if self.p == 0:
            return x
        scale = 1 / (1 - self.p) if inverted and self.p < 1 else 1
        mask: Tensor = x * ag.as_one(_mask, self.rng, x.shape, self.p, scale, x.dtype)
        return mask

    def extra_repr(self) -> str:
        return f"{self.p}" + ("" if self.scaling == "train" else f", scaling={self.scaling!r}")


def _mask(
    rng: np.random.Generator, shape: tuple[int, ...], p: float, scale: float, dtype: np.dtype[Any]
) -> Any:
    """`scale` where a unit stays, 0 where it is dropped, with probability `p`."""
    mask = np.asarray(rng.random(shape) >= p, dtype)
    if scale != 1:
        mask *= scale
    return mask
