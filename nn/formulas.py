"""The equations that modules run: their ``forward``, run on symbols and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, AutogradError, Tensor

if TYPE_CHECKING:
    from .module import Module

_LETTERS = {"W0": "W₀", "running_mean": "μ", "running_var": "σ²"}


def latex_of(module: Module, sample: tuple[Any, ...], numbers: bool) -> str:
    """See `Module.latex`."""
    inputs = sample or _samples(module)
    whole = len(list(module.modules())) == 1 and len(inputs) == 1
    formula = _of_one(module, inputs[0]) if whole else _of_many(module, inputs)
    latex: str = formula.latex()
    return _with_numbers(latex, module) if numbers else latex


def _samples(module: Module) -> tuple[Any, ...]:
    """An input that the module takes, found by its weights."""
    sizes = [p.shape[0] for p in module.parameters() if p.ndim == 2][:1]
    sizes += [p.shape[-1] for p in module.parameters() if p.ndim == 1][:1]
    sizes += [b.shape[-1] for b in module.buffers() if b.ndim][:1]
    rng = np.random.default_rng(0)
    for n in dict.fromkeys([*sizes, 3]):
        x = rng.normal(size=(4, n))
        try:
            with module.observed(_plainly), ag.no_grad():
                module(x)
        except (AutogradError, IndexError, TypeError):
            continue
        return (x,)
    raise ArgumentError(
        f"latex: no input was found that this {type(module).__name__} takes; give one: "
        f"module.latex(x)"
    )


def _plainly(_: Any, forward: Any, inputs: Any, options: Any) -> Any:
    return forward(*inputs, **options)


def _of_one(module: Module, x: Any) -> Any:
    """The formula of a layer or an activation."""
    kind = type(module).__name__.lower()
    weighs = any(p.ndim >= 2 for p in module.parameters())
    norm = "norm" in kind
    given, result = ("X", "Z") if weighs else ("Z", "Ẑ" if norm else "A")
    if "dropout" in kind:
        given, result = "A", "A′"
    made = "D" if "dropout" in kind else None
    with module.observed(_plainly):
        held = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        return ag.trace_formula(
            lambda **named: module(named[given]),
            {given: _as_tensor(x)},
            [result],
            constants={_LETTERS.get(name, name): value for name, value in held.items()},
            rows=(given, result, "D") if _in_rows(module) else (),
            statistics=norm,
            made=made,
        )


def _in_rows(module: Module) -> bool:
    return not any(p.ndim > 2 for p in module.parameters())


def _as_tensor(x: Any) -> Any:
    return x.detach() if isinstance(x, Tensor) else np.asarray(x, ag.get_default_dtype())


def _of_many(module: Module, inputs: tuple[Any, ...]) -> Any:
    """The formulas of the parts, in the order of their calls."""
    entered = [
        Tensor(x.data if isinstance(x, Tensor) else x, requires_grad=_real(x)) for x in inputs
    ]
    with module.observed(_plainly), ag.enable_grad():
        y = module(*entered)
    if not isinstance(y, Tensor) or y.node is None:
        raise ArgumentError(
            f"latex: this {type(module).__name__} does not return one tensor of floats, so it has "
            f"no equation; ask its parts: module.layer.latex()"
        )
    return ag.equations_of(y)


def _real(x: Any) -> bool:
    return np.asarray(x.data if isinstance(x, Tensor) else x).dtype.kind == "f"


def loss_latex(loss: Any, actual: Any, guess: Any, letter: str) -> str:
    """The formula of a loss, of a guess `letter` and labels Y."""
    labels = np.asarray(actual)
    formula = ag.trace_formula(
        lambda **given: loss.forward(given[letter], labels),
        {letter: guess},
        ["loss"],
        constants={"Y": labels},
        rows=(letter, "Y", "loss"),
    )
    latex: str = formula.latex()
    return latex


def _with_numbers(latex: str, module: Module) -> str:
    rows = [
        rf"{ag.latex_symbol(_LETTERS.get(name, name))} &= {ag.latex_value(p)}"
        for name, p in module.named_parameters()
    ]
    if not rows:
        return latex
    if latex.startswith(r"\begin{aligned}"):
        return latex.replace(
            "\n\\end{aligned}", " \\\\\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"
        )
    first = latex.replace(" = ", " &= ", 1)
    return "\\begin{aligned}\n" + " \\\\\n".join([first, *rows]) + "\n\\end{aligned}"
