"""Activations f(z) as modules; the formulas are in `nn.functional`."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, GraphError, Tensor

from . import functional as F
from .checks import number
from .module import Module


class Identity(Module):
    """f(z) = z, the activation of linear outputs (chapter, section 3)."""

    def forward(self, z: Tensor) -> Tensor:
        return z


class Step(Module):
    """f(z) = 1 where z ≥ 0, else 0 (chapter, section 3).

    For evaluation only: its derivative is 0 wherever it exists, so that nothing in front of it
    can be trained by gradients.

    Raises
    ------
    GraphError
        In training, behind parameters that would silently learn nothing.
    """

    def forward(self, z: Tensor) -> Any:
        if self.training and z.requires_grad and not z.is_leaf and ag.is_grad_enabled():
            raise GraphError(
                f"{self._label()}: the step function cannot be trained through: its derivative is "
                f"0 wherever it exists, and nothing in front of it would learn. Train with "
                f"sigmoid, tanh or ReLU; to evaluate, call model.eval() or use no_grad()"
            )
        return F.step(z)


class ReLU(Module):
    """f(z) = max(0, z) (chapter, section 3); its derivative at 0 is 0.

    Examples
    --------
    >>> import nn
    >>> nn.ReLU()([-1.0, 2.0])
    Tensor([0., 2.], shape=(2,), dtype=float64)
    """

    def forward(self, z: Tensor) -> Tensor:
        return ag.relu(z)


class Sigmoid(Module):
    """f(z) = 1 / (1 + exp(−z)), exact at any z (chapter, section 3)."""

    def forward(self, z: Tensor) -> Tensor:
        return ag.sigmoid(z)


class Tanh(Module):
    """f(z) = tanh(z) (chapter, section 3)."""

    def forward(self, z: Tensor) -> Tensor:
        return ag.tanh(z)


class _AlongAxis(Module):
    """A function of the whole vector of classes along an axis."""

    def __init__(self, axis: int = -1) -> None:
        if isinstance(axis, bool) or not hasattr(axis, "__index__"):
            raise ArgumentError(f"{type(self).__name__}: axis={axis!r} is not an integer")
        self.axis = int(axis)

    def extra_repr(self) -> str:
        return "" if self.axis == -1 else f"axis={self.axis}"


class Softmax(_AlongAxis):
    """f(z)ᵢ = exp(zᵢ) / Σⱼ exp(zⱼ), without overflow (chapter, section 3).

    Parameters
    ----------
    axis : int, default -1
        The axis of the classes, along which the outputs sum to 1.

    Examples
    --------
    >>> import nn
    >>> nn.Softmax()([1e4, 1e4])
    Tensor([0.5, 0.5], shape=(2,), dtype=float64)
    """

    def forward(self, z: Tensor) -> Any:
        return ag.softmax(z, axis=self.axis)


class LogSoftmax(_AlongAxis):
    """The logarithm of `Softmax`, exact where that underflows.

    Parameters
    ----------
    axis : int, default -1
        The axis of the classes.
    """

    def forward(self, z: Tensor) -> Any:
        return ag.log_softmax(z, axis=self.axis)


class LeakyReLU(Module):
    """f(z) = z where z > 0, else slope·z.

    Parameters
    ----------
    slope : float, default 0.01
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = number(slope, "LeakyReLU: slope")

    def forward(self, z: Tensor) -> Any:
        return F.leaky_relu(z, self.slope)

    def extra_repr(self) -> str:
        return f"{self.slope}"


class Softplus(Module):
    """f(z) = log(1 + exp(z)), exact at any z."""

    def forward(self, z: Tensor) -> Any:
        return F.softplus(z)


class GELU(Module):
    """f(z) = z·Φ(z), Φ the distribution function of the standard normal.

    Parameters
    ----------
    approximate : {"none", "tanh"}
        See `nn.functional.gelu`.
    """

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ArgumentError(f"GELU: approximate={approximate!r} is neither 'none' nor 'tanh'")
        self.approximate = approximate

    def forward(self, z: Tensor) -> Any:
        return F.gelu(z, self.approximate)

    def extra_repr(self) -> str:
        return "" if self.approximate == "none" else f"{self.approximate!r}"


class ELU(Module):
    """f(z) = z where z > 0, else alpha·(exp(z) − 1).

    Parameters
    ----------
    alpha : float, default 1.0
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number(alpha, "ELU: alpha")

    def forward(self, z: Tensor) -> Any:
        return F.elu(z, self.alpha)

    def extra_repr(self) -> str:
        return "" if self.alpha == 1.0 else f"{self.alpha}"


class SiLU(Module):
    """f(z) = z·σ(z), also called swish."""

    def forward(self, z: Tensor) -> Any:
        return F.silu(z)
