"""Adagrad: the step size of each weight shrinks with the sum of its squared gradients."""

from __future__ import annotations

from typing import Any

import autograd_core as ag

from . import _checks as check
from .groups import Rule
from .optimizer import Optimizer, Params
from .sgd import State, decayed


class Adagrad(Optimizer):
    """Adagrad, of which the chapter's adadelta is a variant (chapter, section 7.2.3).

    With ``η' = η / (1 + lr_decay (t − 1))`` and g the gradient plus ``weight_decay · W``::

        G ← G + g²
        W ← W − η' g / (√G + ε)        eps_inside_sqrt=False, PyTorch
        W ← W − η' g / √(G + ε)        eps_inside_sqrt=True

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        See `Optimizer`.
    lr : float or callable, default 0.01
        η, or η(t) for t = 1, 2, …
    lr_decay : float, default 0
    weight_decay : float, default 0
        The factor of W in the update.
    initial_accumulator_value : float, default 0
        G at the start.
    eps : float, default 1e-10
    eps_inside_sqrt : bool, default False

    Raises
    ------
    ArgumentError, DTypeError
        See `Optimizer`.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import Adagrad
    >>> w = ag.tensor([1.0, 100.0], requires_grad=True)
    >>> opt = Adagrad([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([ 0.5, 99.5], shape=(2,), dtype=float64, requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: check.Rate = 0.01,
        *,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        eps_inside_sqrt: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "eps": eps,
                "eps_inside_sqrt": eps_inside_sqrt,
            },
        )

    @classmethod
    def checked(cls, settings: dict[str, Any]) -> dict[str, Any]:
        s = super().checked(settings)
        for name in ("lr_decay", "weight_decay", "initial_accumulator_value", "eps"):
            s[name] = check.real("Adagrad", name, s[name])
        s["eps_inside_sqrt"] = check.flag("Adagrad", "eps_inside_sqrt", s["eps_inside_sqrt"])
        return s

    @classmethod
    def rule(cls, settings: dict[str, Any]) -> Rule:
        names = ("lr_decay", "weight_decay", "eps", "eps_inside_sqrt")
        start = settings["initial_accumulator_value"]
        return Rule(adagrad, {"G": start}, {name: settings[name] for name in names})


def root(G: Any, eps: float, inside: bool) -> Any:
    """√(G + ε) or √G + ε."""
    return ag.sqrt(G + eps) if inside else ag.sqrt(G) + eps


def adagrad(
    w: Any,
    g: Any,
    G: Any,
    *,
    t: Any,
    lr: Any,
    lr_decay: float,
    weight_decay: float,
    eps: float,
    eps_inside_sqrt: bool,
) -> tuple[Any, State]:
    """``G ← G + g²``, step η' g over the root of G."""
    g = decayed(w, g, weight_decay)
    G = G + g * g
    eta = lr / (1 + lr_decay * (t - 1))
    return eta * g / root(G, eps, eps_inside_sqrt), (G,)
