"""RMSprop: the step size of each weight from a moving average of its squared gradients."""

from __future__ import annotations

from typing import Any

import autograd_core as ag

from . import _checks as check
from .adagrad import root
from .averages import average
from .groups import Rule
from .optimizer import Optimizer, Params
from .sgd import State, decayed


class RMSprop(Optimizer):
    """RMSprop, which the chapter calls adadelta but for the place of ε (section 7.2.3).

    With g the gradient plus ``weight_decay · W``::

        G ← α G + (1 − α) g²
        W ← W − η g / (√G + ε)         eps_inside_sqrt=False, PyTorch
        W ← W − η g / √(G + ε)         eps_inside_sqrt=True, the chapter's adadelta

    ``centered=True`` takes the variance ``G − A²`` in the place of G, where
    ``A ← α A + (1 − α) g``. With `momentum` γ, ``V ← γ V + g / (√G + ε)`` and ``W ← W − η V``, as
    in PyTorch.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        See `Optimizer`.
    lr : float or callable, default 0.01
        η, or η(t) for t = 1, 2, …
    alpha : float, default 0.99
        In [0, 1).
    eps : float, default 1e-8
    weight_decay : float, default 0
        The factor of W in the update.
    momentum : float, default 0
        In [0, 1).
    centered : bool, default False
    eps_inside_sqrt : bool, default False

    Raises
    ------
    ArgumentError, DTypeError
        See `Optimizer`.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import RMSprop
    >>> w = ag.tensor([1.0, 100.0], requires_grad=True)
    >>> opt = RMSprop([w], lr=0.01, alpha=0.75)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([ 0.98, 99.98], shape=(2,), dtype=float64, requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: check.Rate = 0.01,
        *,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        eps_inside_sqrt: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "eps_inside_sqrt": eps_inside_sqrt,
            },
        )

    @classmethod
    def checked(cls, settings: dict[str, Any]) -> dict[str, Any]:
        s = super().checked(settings)
        for name in ("alpha", "momentum"):
            s[name] = check.real("RMSprop", name, s[name], high=1.0, open_high=True)
        for name in ("eps", "weight_decay"):
            s[name] = check.real("RMSprop", name, s[name])
        for name in ("centered", "eps_inside_sqrt"):
            s[name] = check.flag("RMSprop", name, s[name])
        return s

    @classmethod
    def rule(cls, settings: dict[str, Any]) -> Rule:
        names = ("alpha", "eps", "weight_decay", "momentum", "eps_inside_sqrt")
        state = {"G": 0.0}
        if settings["centered"]:
            state["A"] = 0.0
        if settings["momentum"]:
            state["V"] = 0.0
        chosen = {name: settings[name] for name in names}
        return Rule(rmsprop, state, chosen | {"centered": settings["centered"]})


def rmsprop(
    w: Any,
    g: Any,
    G: Any,
    *others: Any,
    t: Any,
    lr: Any,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
    centered: bool,
    eps_inside_sqrt: bool,
) -> tuple[Any, State]:
    """``G ← α G + (1 − α) g²``, step η g over the root of G; `others` are A and V, where used."""
    g = decayed(w, g, weight_decay)
    G = average(G, g * g, alpha)
    spread, new = G, [G]
    if centered:
        A = average(others[0], g, alpha)
        # Rounding must not make a variance negative.
        spread, new = ag.maximum(G - A * A, 0.0), [G, A]
    if not momentum:
        return lr * g / root(spread, eps, eps_inside_sqrt), tuple(new)
    V = momentum * others[-1] + g / root(spread, eps, eps_inside_sqrt)
    return lr * V, (*new, V)
