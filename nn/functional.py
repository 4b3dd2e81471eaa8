"""Activations and losses as functions.

All are compositions of `autograd_core`'s functions, so that their derivatives are the engine's.
Like those they take tensors and arrays: without a tensor among the arguments they return what
NumPy returns.
"""

from __future__ import annotations

import math
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError
from autograd_core import log_softmax as log_softmax
from autograd_core import relu as relu
from autograd_core import sigmoid as sigmoid
from autograd_core import softmax as softmax
from autograd_core import tanh as tanh

from .class_loss_functions import cross_entropy as cross_entropy
from .class_loss_functions import nllm as nllm
from .class_loss_functions import zero_one as zero_one
from .loss_functions import bce_with_logits as bce_with_logits
from .loss_functions import hinge as hinge
from .loss_functions import nll as nll
from .loss_functions import squared as squared


def identity(z: Any) -> Any:
    """z itself: the activation of linear outputs (chapter, section 3)."""
    return z


def step(z: Any) -> Any:
    """1 where z ≥ 0, else 0 (chapter, section 3).

    For evaluation only. Its derivative is 0 wherever it exists, so that nothing in front of it
    can be trained by gradients; the result is a constant of the graph.

    Parameters
    ----------
    z : Tensor or array_like

    Returns
    -------
    Tensor
        Of the dtype of `z`.

    Examples
    --------
    >>> import nn
    >>> from autograd_core import Tensor
    >>> nn.functional.step(Tensor([-0.5, 0.0, 2.0]))
    Tensor([0., 1., 1.], shape=(3,), dtype=float64)
    """
    return ag.astype(ag.greater_equal(z, 0), _float_dtype(z))


def _float_dtype(z: Any) -> Any:
    dtype = getattr(z, "dtype", None)
    return dtype if dtype is not None and dtype.kind == "f" else ag.get_default_dtype()


def leaky_relu(z: Any, slope: float = 0.01) -> Any:
    """z where z > 0, else slope·z; at 0 the derivative is `slope`, as PyTorch's.

    Parameters
    ----------
    z : Tensor or array_like
    slope : float, default 0.01

    Returns
    -------
    Tensor
    """
    return ag.where(ag.greater(z, 0), z, ag.multiply(z, slope))


def softplus(z: Any) -> Any:
    """log(1 + exp(z)), exact at any z; its derivative is the sigmoid."""
    return ag.logaddexp(z, 0.0)


def gelu(z: Any, approximate: str = "none") -> Any:
    """z·Φ(z), Φ the distribution function of the standard normal (Hendrycks and Gimpel 2016).

    Parameters
    ----------
    z : Tensor or array_like
    approximate : {"none", "tanh"}
        ``"none"`` is z/2·(1 + erf(z/√2)); ``"tanh"`` is
        z/2·(1 + tanh(√(2/π)·(z + 0.044715 z³))), which is faster here.

    Returns
    -------
    Tensor

    Raises
    ------
    ArgumentError
        For another value of `approximate`.
    """
    if approximate == "none":
        half = ag.erf(ag.multiply(z, math.sqrt(0.5)))
    elif approximate == "tanh":
        cubic = ag.add(1.0, ag.multiply(0.044715, ag.square(z)))
        half = ag.tanh(ag.multiply(ag.multiply(z, math.sqrt(2 / math.pi)), cubic))
    else:
        raise ArgumentError(f"gelu: approximate={approximate!r} is neither 'none' nor 'tanh'")
    return ag.multiply(z, ag.multiply(0.5, ag.add(1.0, half)))


def elu(z: Any, alpha: float = 1.0) -> Any:
    """z where z > 0, else alpha·(exp(z) − 1) (Clevert et al. 2015).

    Parameters
    ----------
    z : Tensor or array_like
    alpha : float, default 1.0

    Returns
    -------
    Tensor

    Notes
    -----
    At 0 the derivative is `alpha`, as PyTorch's.
    """
    positive = ag.greater(z, 0)
    # The exponential sees 0 in place of what it is not wanted for, and cannot overflow.
    negative = ag.expm1(ag.where(positive, 0.0, z))
    return ag.where(positive, z, ag.multiply(negative, alpha))


def silu(z: Any) -> Any:
    """z·σ(z), also called swish (Elfwing et al. 2017)."""
    return ag.multiply(z, ag.sigmoid(z))
