"""Batch normalization (chapter, section 8.3) and layer normalization."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core import ShapeError, Tensor

from .checks import flag, number, positive
from .module import Module
from .parameter import Parameter


class BatchNorm(Module):
    """Standardize each unit over the mini-batch, then scale by G and shift by B.

    The chapter's Ẑ = G·(Z − μ)/(σ + ε) + B (section 8.3), with examples in rows.

    Parameters
    ----------
    n : int
        Number of units, the size of the last axis.
    eps : float, default 1e-5
        ε; with 0, a unit that is constant over a batch divides by 0.
    momentum : float or None, default 0.1
        Weight of the new batch in the running statistics, as in PyTorch. None makes them the
        average of all batches, the chapter's running average with γₜ = (t − 1)/t.
    affine : bool, default True
        Whether there are G and B.
    eps_inside_sqrt : bool, default False
        False is the chapter's σ + ε; True is √(σ² + ε), as in PyTorch.
    dtype : dtype_like, optional
        Of parameters and buffers; the default dtype if not given.

    Attributes
    ----------
    G, B : Parameter or None
        Of shape (n,); 1 and 0 at first.
    running_mean, running_var : Tensor
        Buffers of shape (n,): the statistics that evaluation uses. The variance is unbiased, as
        in PyTorch.
    batches : Tensor
        Buffer, with ``momentum=None`` only: how many batches were seen in training.

    Raises
    ------
    ShapeError
        When called with an input whose last axis is not n, or in training with fewer than two
        examples.

    Notes
    -----
    An input of shape (…, n): all axes but the last are the batch. A unit that is constant over
    the batch has σ = 0; its output is B, and its gradients are finite.

    Examples
    --------
    >>> import nn
    >>> norm = nn.BatchNorm(1, eps=0.0)
    >>> norm([[1.0], [3.0]])
    Tensor([[-1.],
            [ 1.]], shape=(2, 1), dtype=float64, op=add)
    >>> norm.running_mean
    Tensor([0.2], shape=(1,), dtype=float64, name='running_mean')
    """

    def __init__(
        self,
        n: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        eps_inside_sqrt: bool = False,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.n = positive(n, "BatchNorm: n, the number of units,")
        self.eps = number(eps, "BatchNorm: eps", 0)
        self.momentum = None if momentum is None else number(momentum, "BatchNorm: momentum", 0, 1)
        self.eps_inside_sqrt = flag(eps_inside_sqrt, "BatchNorm: eps_inside_sqrt")
        affine = flag(affine, "BatchNorm: affine")
        dtype = np.dtype(dtype or ag.get_default_dtype())
        self.G = Parameter(np.ones(n, dtype), copy=False) if affine else None
        self.B = Parameter(np.zeros(n, dtype), copy=False) if affine else None
        self.register_buffer("running_mean", np.zeros(n, dtype))
        self.register_buffer("running_var", np.ones(n, dtype))
        if momentum is None:
            self.register_buffer("batches", 0)

    def forward(self, z: Tensor) -> Any:
        if not z.ndim or z.shape[-1] != self.n:
            raise ShapeError(
                f"{self._label()}: the input has shape {z.shape}, but its last axis must have the "
                f"layer's {self.n} units: (batch, {self.n})"
            )
        if not self.training:
            mean, variance = self.running_mean, self.running_var
            deviation = None if self.eps_inside_sqrt else ag.sqrt(variance)
            return self._scaled(z - mean, variance, deviation)
        axes = tuple(range(z.ndim - 1))
        count = z.size // self.n
        if count < 2:
            raise ShapeError(
                f"{self._label()}: a batch of shape {z.shape} has {count} example"
                f"{'s' if count != 1 else ''}, and training standardizes over at least two; use a "
                f"larger batch (drop a last short one), or eval() for the running statistics"
            )
        mean = ag.mean(z, axis=axes)
        centered = z - mean
        if self.eps_inside_sqrt:
            variance, deviation = ag.mean(ag.square(centered), axis=axes), None
        else:
            deviation = ag.std(z, axis=axes)
            variance = deviation.detach() ** 2
        self._run(mean.detach(), variance.detach() * (count / (count - 1)))
        return self._scaled(centered, variance, deviation)

    def _scaled(self, centered: Any, variance: Any, deviation: Any) -> Any:
        divisor = ag.sqrt(variance + self.eps) if deviation is None else deviation + self.eps
        z = centered / divisor
        return z if self.G is None or self.B is None else self.G * z + self.B

    def _run(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of a batch."""
        change = "a training pass of BatchNorm"
        weight = self.momentum
        if weight is None:
            self.batches.assign(self.batches + 1, change)
            weight = ag.as_one(_share, self.batches.data)
        for running, new in ((self.running_mean, mean), (self.running_var, variance)):
            running.assign((1 - weight) * running + weight * new, change)

    def extra_repr(self) -> str:
        return f"{self.n}" + (", eps_inside_sqrt=True" if self.eps_inside_sqrt else "")


def _share(count: Any) -> float:
    """The weight of one of so many batches."""
    return 1 / int(count)


class LayerNorm(Module):
    """Standardize each example over its units, then scale by G and shift by B.

    G·(z − μ)/√(σ² + ε) + B, with mean and variance over the last axes (Ba et al. 2016; PyTorch).

    Parameters
    ----------
    shape : int or tuple of int
        Sizes of the last axes.
    eps : float, default 1e-5
        ε.
    affine : bool, default True
        Whether there are G and B.
    dtype : dtype_like, optional
        Of the parameters; the default dtype if not given.

    Attributes
    ----------
    G, B : Parameter or None
        Of `shape`; 1 and 0 at first.

    Raises
    ------
    ShapeError
        When called with an input whose last axes are not `shape`.

    Examples
    --------
    >>> import nn
    >>> nn.LayerNorm(2, eps=0.0, affine=False)([[1.0, 3.0]])
    Tensor([[-1.,  1.]], shape=(1, 2), dtype=float64)
    """

    def __init__(
        self,
        shape: int | tuple[int, ...],
        eps: float = 1e-5,
        affine: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        self.shape = tuple(positive(n, "LayerNorm: a size in shape") for n in sizes)
        self.eps = number(eps, "LayerNorm: eps", 0)
        affine = flag(affine, "LayerNorm: affine")
        dtype = np.dtype(dtype or ag.get_default_dtype())
        self.G = Parameter(np.ones(self.shape, dtype), copy=False) if affine else None
        self.B = Parameter(np.zeros(self.shape, dtype), copy=False) if affine else None

    def forward(self, z: Tensor) -> Any:
        if z.shape[-len(self.shape) :] != self.shape:
            raise ShapeError(
                f"{self._label()}: the input has shape {z.shape}, but its last axes must be "
                f"{self.shape}: (batch, {', '.join(map(str, self.shape))})"
            )
        axes = tuple(range(-len(self.shape), 0))
        centered = z - ag.mean(z, axis=axes, keepdims=True)
        variance = ag.mean(ag.square(centered), axis=axes, keepdims=True)
        z = centered / ag.sqrt(variance + self.eps)
        return z if self.G is None or self.B is None else self.G * z + self.B

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.shape))
