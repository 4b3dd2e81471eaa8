"""The equations that an optimizer runs: its update rule, run on symbols and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd_core as ag

if TYPE_CHECKING:
    from .groups import ParamGroup
    from .optimizer import Optimizer

#: How the chapter writes what the code calls by words.
LETTERS = {
    "w": "W",
    "g": "g",
    "lr": "η",
    "momentum": "γ",
    "rho": "γ",
    "alpha": "α",
    "betas[0]": "B₁",
    "betas[1]": "B₂",
    "eps": "ε",
    "weight_decay": "λ",
    "dampening": "δ",
    "lr_decay": "ρ",
}


def latex_of(optimizer: Optimizer, numbers: bool) -> str:
    """The updates of the groups as LaTeX, those with the same equations once."""
    found: list[str] = []
    for group in optimizer.param_groups:
        shown = group_formula(group, optimizer.t + 1, numbers).latex()
        if shown not in found:
            found.append(shown)
    return " \\\\\n".join(found) if len(found) == 1 else _stacked(found)


def _stacked(parts: list[str]) -> str:
    inner = " \\\\[1ex]\n".join(parts)
    return f"\\begin{{gathered}}\n{inner}\n\\end{{gathered}}"


def group_formula(group: ParamGroup, t: int, numbers: bool) -> Any:
    """The equations of one group.

    With `numbers`, the settings and η(t) are written as the numbers that they are.
    """
    rule = group.rule
    state = list(rule.state)
    names = {f"old_{name}": f"{name}_{{t-1}}" for name in state}
    settings = dict(rule.settings)
    lr = group.rate(t)
    sample: dict[str, Any] = {"w": 0.7, "g": 0.3}
    sample |= {f"old_{name}": 0.4 + 0.2 * i for i, name in enumerate(state)}
    if not numbers:
        sample |= {name: value for name, value in settings.items() if _shown(value)}
        sample |= {"lr": lr if lr else 0.1, "t": 3.0}

    def update(w: Any, g: Any, **given: Any) -> Any:
        old = [given.pop(f"old_{name}") for name in state]
        used = {**settings, **{k: v for k, v in given.items() if k in settings}}
        step, new = rule.update(w, g, *old, t=given.get("t", t), lr=given.get("lr", lr), **used)
        return (*new, w - step)

    letters = {**LETTERS, "w": "W_{t-1}", "g": "g_t", **names}
    if callable(group["lr"]):
        letters["lr"] = "η(t)"
    return ag.trace_formula(
        update, sample, [*[f"{name}_t" for name in state], "W_t"], names=letters
    )


def _shown(value: Any) -> bool:
    """Whether a setting is a number with an effect: what is 0 or a flag is decided by the code."""
    if isinstance(value, tuple):
        return True
    return type(value) in (int, float) and value != 0
