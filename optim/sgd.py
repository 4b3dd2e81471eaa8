"""Gradient descent, with momentum in three forms."""

from __future__ import annotations

from typing import Any

from autograd_core import ArgumentError

from . import _checks as check
from .averages import average
from .groups import Rule
from .optimizer import Optimizer, Params

State = tuple[Any, ...]

FORMS = ("chapter", "average", "torch")


class SGD(Optimizer):
    r"""Stochastic gradient descent: ``W ← W − η ∂L/∂W`` (chapter, sections 5 and 7.1).

    With `momentum` γ > 0, where g is the gradient plus ``weight_decay · W`` and V₀ = M₀ = 0:

    =============  =======================  ====================  ==========================
    momentum_form  average of the past      step, W ← W − step    step with ``nesterov``
    =============  =======================  ====================  ==========================
    ``"chapter"``  V ← γ V + η g            V                     γ V + η g
    ``"average"``  M ← γ M + (1 − γ) g      η M                   η (γ M + (1 − γ) g)
    ``"torch"``    V ← γ V + (1 − δ) g      η V                   η (γ V + g)
    =============  =======================  ====================  ==========================

    The first two are of section 7.2.2; the third is PyTorch's, with δ the `dampening`, which
    there does not apply to the first step. For constant η, ``"chapter"`` and ``"torch"`` take the
    same steps, and ``"average"`` takes them with η larger by 1/(1 − γ); when η(t) changes they
    differ.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        See `Optimizer`.
    lr : float or callable
        η, or η(t) for t = 1, 2, …
    momentum : float, default 0
        γ in [0, 1).
    momentum_form : {"chapter", "average", "torch"}
    nesterov : bool, default False
        Look ahead along the momentum; needs ``momentum > 0`` and no dampening.
    dampening : float, default 0
        In [0, 1]; only for ``momentum_form="torch"``.
    weight_decay : float, default 0
        The factor λ of W in the update ``W ← W − η (∂L/∂W + λ W)``, as in the chapter, section
        8.1, and PyTorch. Offsets decay too, unless they are in a group with ``weight_decay=0``;
        see `decay_groups`.

    Raises
    ------
    ArgumentError, DTypeError
        See `Optimizer`.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import SGD
    >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> opt = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([0.8, 1.6], shape=(2,), dtype=float64, requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: check.Rate,
        momentum: float = 0.0,
        *,
        momentum_form: str = "chapter",
        nesterov: bool = False,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "momentum_form": momentum_form,
                "nesterov": nesterov,
                "dampening": dampening,
                "weight_decay": weight_decay,
            },
        )

    @classmethod
    def checked(cls, settings: dict[str, Any]) -> dict[str, Any]:
        s = super().checked(settings)
        s["momentum"] = check.real("SGD", "momentum", s["momentum"], high=1.0, open_high=True)
        s["momentum_form"] = check.choice("SGD", "momentum_form", s["momentum_form"], FORMS)
        s["nesterov"] = check.flag("SGD", "nesterov", s["nesterov"])
        s["dampening"] = check.real("SGD", "dampening", s["dampening"], high=1.0)
        s["weight_decay"] = check.real("SGD", "weight_decay", s["weight_decay"])
        if s["dampening"] and s["momentum_form"] != "torch":
            raise ArgumentError("SGD: dampening belongs to momentum_form='torch'")
        if s["nesterov"] and (not s["momentum"] or s["dampening"]):
            raise ArgumentError(
                f"SGD: nesterov needs momentum > 0 and dampening 0; they are {s['momentum']:g} and "
                f"{s['dampening']:g}"
            )
        return s

    @classmethod
    def rule(cls, settings: dict[str, Any]) -> Rule:
        chosen = {"weight_decay": settings["weight_decay"]}
        if not settings["momentum"]:
            return Rule(descent, {}, chosen)
        chosen |= {"momentum": settings["momentum"], "nesterov": settings["nesterov"]}
        form = settings["momentum_form"]
        if form == "torch":
            return Rule(torch_momentum, {"V": 0.0}, chosen | {"dampening": settings["dampening"]})
        if form == "average":
            return Rule(average_momentum, {"M": 0.0}, chosen)
        return Rule(chapter_momentum, {"V": 0.0}, chosen)


def decayed(w: Any, g: Any, weight_decay: float) -> Any:
    """The gradient with weight decay: ``g + λ W``."""
    return g + weight_decay * w if weight_decay else g


def descent(w: Any, g: Any, *, t: Any, lr: Any, weight_decay: float) -> tuple[Any, State]:
    """Step ``η (g + λ W)``."""
    return lr * decayed(w, g, weight_decay), ()


def chapter_momentum(
    w: Any, g: Any, V: Any, *, t: Any, lr: Any, momentum: float, nesterov: bool, weight_decay: float
) -> tuple[Any, State]:
    """``V ← γ V + η g``, step V."""
    push = lr * decayed(w, g, weight_decay)
    V = momentum * V + push
    return (momentum * V + push if nesterov else V), (V,)


def average_momentum(
    w: Any, g: Any, M: Any, *, t: Any, lr: Any, momentum: float, nesterov: bool, weight_decay: float
) -> tuple[Any, State]:
    """``M ← γ M + (1 − γ) g``, step η M."""
    g = decayed(w, g, weight_decay)
    M = average(M, g, momentum)
    return lr * (average(M, g, momentum) if nesterov else M), (M,)


def torch_momentum(
    w: Any,
    g: Any,
    V: Any,
    *,
    t: Any,
    lr: Any,
    momentum: float,
    nesterov: bool,
    dampening: float,
    weight_decay: float,
) -> tuple[Any, State]:
    """``V ← γ V + (1 − δ) g``, step η V; δ from the second step on."""
    g = decayed(w, g, weight_decay)
    V = momentum * V + (1 - dampening * (t > 1)) * g
    return lr * (momentum * V + g if nesterov else V), (V,)
