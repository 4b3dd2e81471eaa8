"""The fully connected layer."""

from __future__ import annotations

from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core import ShapeError, Tensor

from . import init as _init
from .checks import flag, positive
from .module import Module
from .parameter import Parameter


class Linear(Module):
    """Pre-activations ``z = x @ W + W0`` of n units with m inputs (chapter, section 2.1).

    The transpose of the chapter's Wᵀx + W0, as batches are rows here.

    Parameters
    ----------
    m, n : int
        Numbers of inputs and of units.
    bias : bool, default True
        Whether there are offsets W0.
    init : str or callable, default "chapter"
        How W starts: a name from `nn.init` (``"chapter"`` is Gaussian of variance 1/m), or a
        function of (shape, rng, dtype).
    init_offset : str or callable, optional
        How W0 starts: ``"zeros"``, the default; ``"normal"``, the Gaussian(0, 1) of the chapter's
        pseudo-code; ``"torch"``, uniform on ±1/√m and the default with ``init="torch"``; or a
        function.
    rng : numpy.random.Generator or int, optional
        A generator, which is advanced, or a seed.
    dtype : dtype_like, optional
        Of the parameters; the default dtype if not given.

    Attributes
    ----------
    W : Parameter
        Of shape (m, n).
    W0 : Parameter or None
        Of shape (n,).

    Raises
    ------
    ArgumentError
        For sizes that are not positive integers, or an unknown rule.
    ShapeError
        When called with an input whose last axis is not m.

    Notes
    -----
    An input of shape (…, m) gives an output of shape (…, n).

    Examples
    --------
    >>> import nn
    >>> layer = nn.Linear(64, 100, rng=0)
    >>> layer
    Linear(64, 100), W (64, 100), W0 (100,), 6,500 parameters
    >>> import numpy as np
    >>> layer(np.zeros((32, 64))).shape
    (32, 100)
    """

    def __init__(
        self,
        m: int,
        n: int,
        bias: bool = True,
        init: str | _init.Init = "chapter",
        init_offset: str | _init.Init | None = None,
        rng: _init.Rng = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.m = positive(m, "Linear: m, the number of inputs,")
        self.n = positive(n, "Linear: n, the number of units,")
        rng = ag.generator(rng)
        self.W = Parameter(_init.draw(init, (m, n), rng, dtype, "Linear: init"), copy=False)
        self.W0: Parameter | None = None
        if flag(bias, "Linear: bias"):
            if init_offset is None:
                init_offset = "torch" if init == "torch" else "zeros"
            if init_offset == "torch":  # the shape of W0 does not tell the number of inputs
                offsets = _init.torch_uniform((n,), rng, dtype, m)
            else:
                offsets = _init.draw(init_offset, (n,), rng, dtype, "Linear: init_offset")
            self.W0 = Parameter(offsets)

    def forward(self, x: Tensor) -> Tensor:
        try:
            z = x @ self.W
        except ShapeError:
            raise ShapeError(
                f"{self._label()}: the input has shape {x.shape}, but its last axis must have "
                f"the layer's {self.m} inputs: (batch, {self.m})"
            ) from None
        return z if self.W0 is None else z + self.W0

    def extra_repr(self) -> str:
        return f"{self.m}, {self.n}" + ("" if self.W0 is not None else ", bias=False")
