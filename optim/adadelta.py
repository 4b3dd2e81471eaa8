"""Adadelta: the chapter's, and Zeiler's."""

from __future__ import annotations

from typing import Any

import autograd_core as ag

from . import _checks as check
from .averages import average
from .groups import Rule
from .optimizer import Optimizer, Params
from .sgd import State, decayed

VARIANTS = ("chapter", "zeiler")


class Adadelta(Optimizer):
    """Adadelta, as the chapter has it, or as Zeiler published it.

    With g the gradient plus ``weight_decay · W``, G₀ = D₀ = 0 and γ = `rho`::

        G ← γ G + (1 − γ) g²                        both
        W ← W − η g / √(G + ε)                      variant="chapter", section 7.2.3

        s = g √(D + ε) / √(G + ε)                   variant="zeiler", as in PyTorch
        D ← γ D + (1 − γ) s²
        W ← W − η s

    The chapter's is known elsewhere as RMSprop with ε inside the root; Zeiler's also averages
    the squared steps, which gives the step the unit of W.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        See `Optimizer`.
    lr : float or callable, optional
        η, or η(t) for t = 1, 2, … By default 0.001 for the chapter's variant, 1.0 for Zeiler's.
    rho : float, default 0.9
        γ in [0, 1).
    eps : float, default 1e-6
    weight_decay : float, default 0
        The factor of W in the update.
    variant : {"chapter", "zeiler"}

    Raises
    ------
    ArgumentError, DTypeError
        See `Optimizer`.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import Adadelta
    >>> w = ag.tensor([1.0, 100.0], requires_grad=True)
    >>> opt = Adadelta([w], lr=0.01, rho=0.75, eps=0.0)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([ 0.98, 99.98], shape=(2,), dtype=float64, requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: check.Rate | None = None,
        rho: float = 0.9,
        eps: float = 1e-6,
        *,
        weight_decay: float = 0.0,
        variant: str = "chapter",
    ) -> None:
        if lr is None:
            lr = 1.0 if variant == "zeiler" else 0.001
        super().__init__(
            params,
            {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "variant": variant},
        )

    @classmethod
    def checked(cls, settings: dict[str, Any]) -> dict[str, Any]:
        s = super().checked(settings)
        s["rho"] = check.real("Adadelta", "rho", s["rho"], high=1.0, open_high=True)
        s["eps"] = check.real("Adadelta", "eps", s["eps"])
        s["weight_decay"] = check.real("Adadelta", "weight_decay", s["weight_decay"])
        s["variant"] = check.choice("Adadelta", "variant", s["variant"], VARIANTS)
        return s

    @classmethod
    def rule(cls, settings: dict[str, Any]) -> Rule:
        chosen = {name: settings[name] for name in ("rho", "eps", "weight_decay")}
        if settings["variant"] == "zeiler":
            return Rule(zeiler, {"G": 0.0, "D": 0.0}, chosen)
        return Rule(chapter, {"G": 0.0}, chosen)


def chapter(
    w: Any, g: Any, G: Any, *, t: Any, lr: Any, rho: float, eps: float, weight_decay: float
) -> tuple[Any, State]:
    """``G ← γ G + (1 − γ) g²``, step ``η g / √(G + ε)``."""
    g = decayed(w, g, weight_decay)
    G = average(G, g * g, rho)
    return lr * g / ag.sqrt(G + eps), (G,)


def zeiler(
    w: Any, g: Any, G: Any, D: Any, *, t: Any, lr: Any, rho: float, eps: float, weight_decay: float
) -> tuple[Any, State]:
    """Step ``η s`` with ``s = g √(D + ε) / √(G + ε)``, where D averages s²."""
    g = decayed(w, g, weight_decay)
    G = average(G, g * g, rho)
    s = g * ag.sqrt(D + eps) / ag.sqrt(G + eps)
    D = average(D, s * s, rho)
    return lr * s, (G, D)
