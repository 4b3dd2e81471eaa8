"""Losses as modules; the formulas are in `nn.functional`.

========  =================================  ====================================
loss      with the last activation           from pre-activations, stable
========  =================================  ====================================
squared   linear: `SquaredLoss`
hinge     linear: `HingeLoss`
NLL       sigmoid: `NLL`                     `BCEWithLogitsLoss`
NLLM      softmax: `NLLM`                    `CrossEntropyLoss`
0-1       any, for reporting: `ZeroOneLoss`
========  =================================  ====================================

The table of the chapter's section 6. The chapter's interface holds for losses too: they have two
inputs, so that u is the tuple (guess, actual)::

    v = loss.forward(guess, actual)
    dL_dguess, _ = loss.backward((guess, actual), v, 1.0)
"""

from __future__ import annotations

from typing import Any

from autograd_core import Tensor, called, is_grad_enabled

from . import functional as F
from .checks import number
from .interface import adopt
from .loss_functions import check_reduction
from .module import Module


class Loss(Module):
    """A function of a guess and the truth; base of all losses.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    """

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = check_reduction(reduction, type(self).__name__)

    def __call__(self, guess: Any, actual: Any) -> Any:
        cls = type(self)
        if cls.forward is not cls._nn_offered:
            adopt(cls)
        if not isinstance(guess, Tensor):
            guess = Tensor(guess, copy=is_grad_enabled())
        y = self._nn_forward(guess, actual)
        called(self, (guess, actual), y)
        return y

    def _enter(self, x: Any, copy: bool = True) -> Tensor:
        return Tensor(x, copy=copy)

    #: A guess and labels with which `latex` runs the loss, and the letter of the guess.
    _sample: tuple[Any, Any, str] = (
        [[0.7, 0.1, 0.2], [0.2, 0.5, 0.3]],
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        "A",
    )

    def latex(self, *sample: Any, numbers: bool = False) -> str:
        """The equation of the loss, found by running it on symbols; Y are the labels.

        Parameters
        ----------
        *sample : array_like
            A guess and labels for it, such as the loss takes; by default of two examples.
        numbers : bool
            A loss has none.

        Returns
        -------
        str
            LaTeX without dollars, in the chapter's layout: examples in columns.

        Examples
        --------
        >>> import nn
        >>> print(nn.SquaredLoss("sum").latex())
        \\text{loss} = \\sum_{ij} {\\left(A - Y\\right)}^{\\odot 2}
        """
        from .formulas import loss_latex

        guess, actual, letter = self._sample
        if sample:
            guess, actual = sample
        return loss_latex(self, actual, guess, letter)

    def extra_repr(self) -> str:
        return "" if self.reduction == "mean" else f"{self.reduction!r}"


class SquaredLoss(Loss):
    """(guess − actual)²; see `nn.functional.squared`, also for what ``"mean"`` is over.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import nn
    >>> nn.SquaredLoss()([1.0, 4.0], [1.0, 2.0])
    Tensor(2.0, shape=(), dtype=float64)
    """

    def forward(self, guess: Tensor, actual: Any) -> Any:
        return F.squared(guess, actual, self.reduction)


#: PyTorch's name.
MSELoss = SquaredLoss


class HingeLoss(Loss):
    """max(1 − guess·actual, 0) with labels ±1; see `nn.functional.hinge`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    """

    _sample = ([[0.7, 0.1], [0.2, -0.5]], [[1.0, -1.0], [-1.0, 1.0]], "A")

    def forward(self, guess: Tensor, actual: Any) -> Any:
        return F.hinge(guess, actual, self.reduction)


class NLL(Loss):
    """−(y log a + (1 − y) log(1 − a)) with labels 0 and 1; see `nn.functional.nll`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    """

    def forward(self, guess: Tensor, actual: Any) -> Any:
        return F.nll(guess, actual, self.reduction)


class NLLM(Loss):
    """−Σₖ yₖ log aₖ with class numbers or one-hot rows; see `nn.functional.nllm`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    """

    def forward(self, guess: Tensor, actual: Any) -> Any:
        return F.nllm(guess, actual, self.reduction)


class CrossEntropyLoss(Loss):
    """`NLLM` of the softmax of pre-activations; see `nn.functional.cross_entropy`.

    Its ``backward`` is what the end of the chapter's section 5 asks for: ∂loss/∂Z directly.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import nn
    >>> nn.CrossEntropyLoss()([[0.0, 0.0]], [1])
    Tensor(0.6931471805599453, shape=(), dtype=float64)
    """

    _sample = (*Loss._sample[:2], "Z")

    def forward(self, logits: Tensor, actual: Any) -> Any:
        return F.cross_entropy(logits, actual, self.reduction)


class BCEWithLogitsLoss(Loss):
    """`NLL` of the sigmoid of pre-activations; see `nn.functional.bce_with_logits`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    """

    _sample = (*Loss._sample[:2], "Z")

    def forward(self, logits: Tensor, actual: Any) -> Any:
        return F.bce_with_logits(logits, actual, self.reduction)


class ZeroOneLoss(Loss):
    """1 for a wrong guess, 0 for a right one; for reporting. See `nn.functional.zero_one`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    threshold : float, optional
        For guesses of one score each: 0.5 for a sigmoid, 0 for a hinge or a logit.

    Examples
    --------
    >>> import nn
    >>> nn.ZeroOneLoss()([[0.9, 0.1], [0.7, 0.3]], [0, 1])
    Tensor(0.5, shape=(), dtype=float64)
    """

    def __init__(self, reduction: str = "mean", threshold: float | None = None) -> None:
        super().__init__(reduction)
        self.threshold = None if threshold is None else number(threshold, "ZeroOneLoss: threshold")

    def latex(self, *sample: Any, numbers: bool = False) -> str:
        """The share, or number, of wrong guesses; a formula in words, as it has no derivative."""
        wrong = r"\left[\hat{y}_{j} \ne y_{j}\right]"
        if self.reduction == "none":
            return rf"\text{{loss}}_{{j}} = {wrong}"
        mean = r"\frac{1}{n} \, " if self.reduction == "mean" else ""
        return rf"\text{{loss}} = {mean}\sum_{{j=1}}^{{n}} {wrong}"

    def forward(self, guess: Tensor, actual: Any) -> Any:
        return F.zero_one(guess, actual, self.reduction, self.threshold)
