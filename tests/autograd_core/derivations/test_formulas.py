"""What optimizers, layers and losses print is what they compute: evaluated on random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError, Tensor
from autograd_core.derivations import expression as ex
from autograd_core.derivations.expression import Symbol
from optim.formulas import group_formula

OPTIMIZERS: list[tuple[Any, dict[str, Any]]] = [
    (optim.SGD, {"lr": 0.1}),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9, "momentum_form": "average"}),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9, "momentum_form": "torch", "dampening": 0.2}),
    (optim.Adam, {}),
    (optim.Adam, {"eps_inside_sqrt": False, "weight_decay": 0.1}),
    (optim.AdamW, {}),
    (optim.Adagrad, {"lr": 0.1}),
    (optim.Adadelta, {}),
    (optim.Adadelta, {"variant": "zeiler"}),
    (optim.RMSprop, {}),
    (optim.RMSprop, {"centered": True, "momentum": 0.9, "eps_inside_sqrt": True}),
    (optim.SGD, {"lr": lambda t: 0.1 / t}),
]


def weight() -> Tensor:
    return ag.tensor([0.5, -1.5], requires_grad=True)


@pytest.mark.parametrize(("kind", "settings"), OPTIMIZERS)
@pytest.mark.parametrize("numbers", [False, True])
def test_optimizers(kind: Any, settings: dict[str, Any], numbers: bool) -> None:
    """The printed equations, evaluated, move a weight as `step` does."""
    w = weight()
    opt = kind([w], **settings)
    formula = group_formula(opt.param_groups[0], 1, numbers)
    (w * w * w).sum().backward()
    values: dict[str, Any] = {"W_{t-1}": w.data.copy(), "g_t": w.grad.data, "t": 1.0}  # type: ignore[union-attr]
    values |= {f"{name}_{{t-1}}": np.full(2, start) for name, start in
               opt.param_groups[0].rule.state.items()}  # fmt: skip
    values |= {"η(t)": 0.1}
    opt.step()
    made: dict[Any, Any] = {}
    for symbol, tree in formula.equations:
        known = {
            t.key: made.get(t.key, values.get(t.text, t.value))
            for t in ex.walk(tree)
            if isinstance(t, Symbol)
        }
        made[symbol.key] = ex.evaluate(tree, known)
        if symbol.text[:-2] in opt.state[w]:
            np.testing.assert_allclose(made[symbol.key], opt.state[w][symbol.text[:-2]], rtol=1e-9)
    np.testing.assert_allclose(made[formula.equations[-1][0].key], w.data, rtol=1e-9)


def test_optimizers_as_the_chapter_writes_them() -> None:
    """Momentum, adadelta and the moving averages of Adam, in the chapter's letters."""
    w = [weight()]
    assert optim.SGD(w, 0.1, momentum=0.9).latex() == (
        "\\begin{aligned}\n"
        "V_t &= \\gamma \\, V_{t-1} + \\eta \\, g_t \\\\\n"
        "W_t &= W_{t-1} - V_t\n"
        "\\end{aligned}"
    )
    assert r"W_{t-1} - \frac{\eta \, g_t}{\sqrt{G_t + \epsilon}}" in optim.Adadelta(w).latex()
    assert r"m_t &= 0.9 \, m_{t-1} + 0.1 \, g_t" in optim.Adam(w).latex(numbers=True)
    assert r"\eta(t)" in optim.SGD(w, lambda t: 1 / t).latex()


def test_groups() -> None:
    """Groups that run other equations are printed as well, equal ones once."""
    one, two = weight(), weight()
    groups = [{"params": [one]}, {"params": [two], "weight_decay": 0.1}]
    assert optim.SGD(groups, lr=0.1).latex().count("W_t =") == 2
    assert optim.SGD([{"params": [one]}, {"params": [two]}], lr=0.1).latex().count("W_t =") == 1


LAYERS: list[tuple[nn.Module, str]] = [
    (nn.Linear(3, 2, rng=0), r"Z = W^{T} \, X + W_{0}"),
    (nn.Linear(3, 2, bias=False, rng=0), r"Z = W^{T} \, X"),
    (nn.Identity(), "A = Z"),
    (nn.Step(), r"A = \left[Z \ge 0\right]"),
    (nn.ReLU(), r"A = \max(0, Z)"),
    (nn.Sigmoid(), r"A = \sigma(Z)"),
    (nn.Tanh(), r"A = \tanh Z"),
    (nn.Softmax(), r"A = \operatorname{softmax}\left(Z\right)"),
    (nn.LogSoftmax(), r"A = \ln \operatorname{softmax} Z"),
    (nn.Softplus(), r"A = \ln \left(e^{Z} + 1\right)"),
    (nn.SiLU(), r"A = Z \odot \sigma(Z)"),
    (nn.Dropout(0.5, rng=0), r"A^{\prime} = A \odot D"),
    (nn.BatchNorm(3).eval(),
     r"\hat{Z} = \frac{G \odot \left(Z - \mu\right)}{\sqrt{\sigma^{2}} + 10^{-5}} + B"),
    (nn.LeakyReLU(),
     r"A = \begin{cases} Z & \text{if } Z > 0 \\ 0.01 \, Z & \text{otherwise} \end{cases}"),
    (nn.ELU(),
     r"A = \begin{cases} Z & \text{if } Z > 0 \\ e^{Z} - 1 & \text{otherwise} \end{cases}"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "latex"), LAYERS)
def test_layers(layer: nn.Module, latex: str) -> None:
    """Layers and activations print the chapter's equation."""
    before = {name: b.data.copy() for name, b in layer.named_buffers()}
    assert layer.latex() == latex
    assert {name: b.data.tolist() for name, b in layer.named_buffers()} == {
        name: b.tolist() for name, b in before.items()
    }


@pytest.mark.parametrize(
    "layer",
    [layer for layer, _ in LAYERS if not isinstance(layer, nn.Dropout)]
    + [nn.GELU(), nn.GELU("tanh"), nn.BatchNorm(3), nn.LayerNorm(3)],
)
def test_layers_compute_what_they_print(layer: nn.Module) -> None:
    """The printed trees, evaluated at another input, give what the layer gives."""
    rng = np.random.default_rng(1)
    formula = ag.trace_formula(
        lambda x: layer(x), {"x": rng.normal(size=(4, 3))}, ["y"], rows=("x", "y"),
        statistics=isinstance(layer, (nn.BatchNorm, nn.LayerNorm)),
    )  # fmt: skip
    x = rng.normal(size=(4, 3))
    made: dict[Any, Any] = {}
    for symbol, tree in formula.equations:
        known = {
            t.key: x if t.text == "x" else made.get(t.key, t.value)
            for t in ex.walk(tree)
            if isinstance(t, Symbol)
        }
        made[symbol.key] = ex.evaluate(tree, known)
    np.testing.assert_allclose(made[symbol.key], layer(x).data, rtol=1e-9)


def test_batch_normalization() -> None:
    """In training it prints the batch's mean and deviation too (chapter, section 8.3)."""
    latex = nn.BatchNorm(3).latex()
    assert r"\mu &= \frac{1}{4} \, \sum_{j} Z" in latex
    assert r"\hat{Z} &= \frac{G \odot \left(Z - \mu\right)}{\sigma + 10^{-5}} + B" in latex


LOSSES = [
    (nn.SquaredLoss("sum"), r"\sum_{ij} {\left(A - Y\right)}^{\odot 2}"),
    (nn.HingeLoss("sum"), r"\sum_{ij} \max(0, 1 - A \odot Y)"),
    (nn.NLL("sum"), r"-\sum_{ij} \left(Y \odot \ln A + \left(1 - Y\right) \odot \ln "
                    r"\left(1 - A\right)\right)"),
    (nn.NLLM("sum"), r"-\sum_{ij} Y \odot \ln A"),
    (nn.CrossEntropyLoss("sum"), r"-\sum_{ij} Y \odot \ln \operatorname{softmax} Z"),
    (nn.BCEWithLogitsLoss("sum"),
     r"\sum_{ij} \ln \left(e^{\left(1 - 2 \, Y\right) \odot Z} + 1\right)"),
    (nn.ZeroOneLoss("sum"), r"\sum_{j=1}^{n} \left[\hat{y}_{j} \ne y_{j}\right]"),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "latex"), LOSSES)
def test_losses(loss: nn.Module, latex: str) -> None:
    """Losses print the chapter's equations of section 6."""
    assert loss.latex() == rf"\text{{loss}} = {latex}"
    assert r"\frac{1}" in type(loss)().latex()


def test_networks() -> None:
    """A network prints an equation a layer; weights as numbers on request."""
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=0), nn.Sigmoid())
    assert net.latex().splitlines()[1:-1] == [
        r"Z^{1} &= W^{1 T} \, A^{0} + W_{0}^{1} \\",
        r"A^{1} &= \tanh Z^{1} \\",
        r"Z^{2} &= W^{2 T} \, A^{1} + W_{0}^{2} \\",
        r"A^{2} &= \sigma(Z^{2})",
    ]
    numbers = nn.Linear(2, 1, rng=0).latex(numbers=True)
    assert numbers.count("bmatrix") == 4
    assert r"50 $\times$ 60" in nn.Linear(50, 60, rng=0).latex(numbers=True)


def test_no_sample() -> None:
    """Where no input can be found one is asked for."""

    class Odd(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.reshape(7, 11) * 2

    with pytest.raises(ArgumentError, match=r"module.latex\(x\)"):
        Odd().latex()
    assert Odd().latex(np.ones((77,)))


def test_trace_formula() -> None:
    """A function's own equations; results that others need are written by their names."""
    formula = ag.trace_formula(
        lambda a, b: (a * b, ag.exp(a * b) + a), {"a": 2.0, "b": 3.0}, ["p", "q"]
    )
    assert formula.text() == "p = a b\nq = exp(p) + a"
    with pytest.raises(ArgumentError, match="returned 1"):
        ag.trace_formula(lambda a: a, {"a": 1.0}, ["p", "q"])
