"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

from . import _checks as check
from .adagrad import root
from .averages import average
from .groups import Rule
from .optimizer import Optimizer, Params
from .sgd import State, decayed


class Adam(Optimizer):
    """Adam: momentum over the size of the gradient, both corrected for their start at 0.

    With g the gradient plus ``weight_decay · W`` and m₀ = v₀ = 0::

        m ← B₁ m + (1 − B₁) g          m̂ = m / (1 − B₁ᵗ)
        v ← B₂ v + (1 − B₂) g²         v̂ = v / (1 − B₂ᵗ)
        W ← W − η m̂ / √(v̂ + ε)         eps_inside_sqrt=True, chapter, section 7.2.4
        W ← W − η m̂ / (√v̂ + ε)         eps_inside_sqrt=False, PyTorch and the paper

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        See `Optimizer`.
    lr : float or callable, default 0.001
        η, or η(t) for t = 1, 2, …
    betas : pair of float, default (0.9, 0.999)
        B₁ and B₂, each in [0, 1).
    eps : float, default 1e-8
        With 0, a weight whose gradients were all 0 becomes NaN. Note that inside the root an ε
        weighs as √ε does outside.
    weight_decay : float, default 0
        The factor of W that is added to the gradient, before the averages; `AdamW` has it apart.
    eps_inside_sqrt : bool, default True

    Raises
    ------
    ArgumentError, DTypeError
        See `Optimizer`.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import Adam
    >>> w = ag.tensor([1.0, 100.0], requires_grad=True)
    >>> opt = Adam([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w.numpy().round(6)
    array([ 0.5, 99.5])
    """

    def __init__(
        self,
        params: Params,
        lr: check.Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        eps_inside_sqrt: bool = True,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "eps_inside_sqrt": eps_inside_sqrt,
            },
        )

    @classmethod
    def checked(cls, settings: dict[str, Any]) -> dict[str, Any]:
        owner = cls.__name__
        s = super().checked(settings)
        s["betas"] = check.betas(owner, s["betas"])
        s["eps"] = check.real(owner, "eps", s["eps"])
        s["weight_decay"] = check.real(owner, "weight_decay", s["weight_decay"])
        s["eps_inside_sqrt"] = check.flag(owner, "eps_inside_sqrt", s["eps_inside_sqrt"])
        return s

    @classmethod
    def rule(cls, settings: dict[str, Any]) -> Rule:
        return Rule(adam, {"m": 0.0, "v": 0.0}, {k: v for k, v in settings.items() if k != "lr"})


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter; PyTorch).

    ``W ← W (1 − η λ) − η m̂ / √(v̂ + ε)``, where λ is `weight_decay`, and m̂ and v̂ are those of
    `Adam` without decay; ε is outside of the root with ``eps_inside_sqrt=False``, as in PyTorch.

    Parameters
    ----------
    params, lr, betas, eps, eps_inside_sqrt
        As for `Adam`.
    weight_decay : float, default 0.01
        λ.

    Raises
    ------
    ArgumentError, DTypeError
        See `Optimizer`.

    Examples
    --------
    >>> import autograd_core as ag
    >>> from optim import AdamW
    >>> w = ag.tensor([1.0, 100.0], requires_grad=True)
    >>> opt = AdamW([w], lr=0.5, weight_decay=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w.numpy().round(6)
    array([ 0.45, 94.5 ])
    """

    def __init__(
        self,
        params: Params,
        lr: check.Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        *,
        eps_inside_sqrt: bool = True,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, eps_inside_sqrt=eps_inside_sqrt)

    @classmethod
    def rule(cls, settings: dict[str, Any]) -> Rule:
        return super().rule(settings)._replace(update=adamw)


def adam(
    w: Any,
    g: Any,
    m: Any,
    v: Any,
    *,
    t: Any,
    lr: Any,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    eps_inside_sqrt: bool,
) -> tuple[Any, State]:
    """Step ``η m̂ / √(v̂ + ε)``; the corrections 1 − Bᵗ are moved into the scalars η and ε."""
    g = decayed(w, g, weight_decay)
    m = average(m, g, betas[0])
    v = average(v, g * g, betas[1])
    rest = 1 - betas[1] ** t
    eta = lr * rest**0.5 / (1 - betas[0] ** t)
    near_zero = eps * (rest if eps_inside_sqrt else rest**0.5)
    return eta * m / root(v, near_zero, eps_inside_sqrt), (m, v)


def adamw(
    w: Any, g: Any, m: Any, v: Any, *, lr: Any, weight_decay: float, **settings: Any
) -> tuple[Any, State]:
    """Adam's step, and ``η λ W``."""
    step, state = adam(w, g, m, v, lr=lr, weight_decay=0.0, **settings)
    return (step + lr * weight_decay * w if weight_decay else step), state
