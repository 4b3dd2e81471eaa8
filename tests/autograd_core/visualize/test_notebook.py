"""How tensors, modules and compiled functions show themselves in a notebook."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.visualize import notebook

FORMATS = {"text/plain", "text/html", "image/svg+xml"}


def squares() -> Tensor:
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = (x * x).sum()
    y.backward()
    return y


def test_a_tensor_with_a_small_graph() -> None:
    """Its text is its repr; its picture has the values and gradients of its graph."""
    y = squares()
    bundle = y._repr_mimebundle_()
    assert set(bundle) == FORMATS
    assert bundle["text/plain"] == repr(y)
    texts = [e.text for e in ET.fromstring(bundle["image/svg+xml"]).iter() if e.text]
    assert "5" in texts
    assert bundle["text/html"].startswith("<pre>Tensor(5.0")
    assert "<img" in bundle["text/html"]


@pytest.mark.parametrize("x", [Tensor(1.0), Tensor([1.0, 2.0], requires_grad=True), Tensor([1])])
def test_a_tensor_without_a_graph_is_text(x: Tensor) -> None:
    """Constants and leaves have no picture."""
    assert x._repr_mimebundle_() == {"text/plain": repr(x)}


def test_formats_can_be_chosen() -> None:
    """`include` and `exclude` are those of IPython."""
    y = squares()
    assert set(y._repr_mimebundle_(include=["text/html"])) == {"text/html"}
    assert set(y._repr_mimebundle_(exclude=["text/html"])) == FORMATS - {"text/html"}
    assert set(y._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}


def test_a_large_graph_is_text() -> None:
    """More than 40 nodes are not drawn unasked, and 10⁵ take no longer."""
    x = Tensor(1.0, requires_grad=True)
    for n in (notebook.MAX_NODES + 1, 100_000):
        y = x
        for _ in range(n):
            y = y * 1.0
        assert set(y._repr_mimebundle_()) == {"text/plain"}


def test_large_values_are_not_computed_again() -> None:
    """A graph of large arrays is drawn without its numbers."""
    x = Tensor(np.ones((200, 200)), requires_grad=True)
    picture = (x * 2).sum()._repr_mimebundle_()["image/svg+xml"]
    assert "not kept" not in picture
    assert ">value<" not in picture
    assert "(200, 200)" in picture


def test_a_users_operation_is_not_called_again() -> None:
    """What a user's own operation does when it runs is not done by a repr."""
    calls: list[int] = []

    class Noisy(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            calls.append(1)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    y = Noisy.apply(Tensor([1.0], requires_grad=True)).sum()
    y.backward()
    assert set(y._repr_mimebundle_()) == FORMATS
    assert calls == [1]


def test_a_repr_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails on the way to a picture, the text remains."""

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    y, net = squares(), nn.Linear(2, 3, rng=0)
    compiled = ag.compile(lambda x: x * 2)
    compiled(np.ones(2))
    monkeypatch.setattr(notebook, "draw", broken)
    monkeypatch.setattr(notebook, "_table", broken)
    for x in (y, net, compiled):
        assert x._repr_mimebundle_() == {"text/plain": repr(x)}


def test_a_repr_changes_nothing() -> None:
    """Gradients, graph and modes are as they were."""
    y = squares()
    with ag.no_grad():
        y._repr_mimebundle_()
        assert not ag.is_grad_enabled()
    assert (Tensor(1.0, requires_grad=True) * 2).node is not None


def test_a_module() -> None:
    """A table of its layers, with shapes and numbers of weights; each weight counts once."""
    first = nn.Linear(2, 3, rng=0)
    net = nn.Sequential(first, nn.Tanh(), nn.Sequential(nn.Linear(3, 2, rng=1), first))
    bundle = net._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    rows = [
        ["".join(cell.itertext()).strip() for cell in row]
        for row in ET.fromstring(bundle["text/html"]).iter("tr")
    ]
    assert rows == [
        ["layer", "kind", "weights", "parameters"],
        ["Sequential", "", "", ""],
        ["0", "Linear(2, 3)", "W (2, 3), W0 (3,)", "9"],
        ["1", "Tanh", "", ""],
        ["2", "Sequential", "", ""],
        ["0", "Linear(3, 2)", "W (3, 2), W0 (2,)", "8"],
        ["", "", "all", "17"],
    ]


def test_a_large_module_is_cut_short() -> None:
    """A table of many layers ends in an ellipsis and the number of all weights."""
    net = nn.Sequential(*[nn.Linear(1, 1, rng=0) for _ in range(200)])
    table = net._repr_mimebundle_()["text/html"]
    assert table.count("<tr>") == notebook.MAX_MODULES + 3
    assert "…" in table
    assert "400" in table


def test_a_compiled_function() -> None:
    """Before its first call it is text, then its program is drawn."""
    step = ag.compile(lambda x: ag.tanh(x) * 2)
    assert set(step._repr_mimebundle_()) == {"text/plain"}
    step(np.ones(3))
    bundle = step._repr_mimebundle_()
    assert set(bundle) == FORMATS
    assert "tanh" in bundle["image/svg+xml"]
    assert bundle["text/plain"] == repr(step)


def test_hostile_names() -> None:
    """Names with markup stay text."""
    x = Tensor([1.0], requires_grad=True, name="<script>evil\u202e'\"]]>")
    y = x * x
    y.name = "</pre><script>evil"

    class Net(nn.Module):
        def __init__(self) -> None:
            setattr(self, "<script>evil", nn.Linear(1, 1, rng=0))

        def extra_repr(self) -> str:
            return "<script>evil"

    for shown in (y, Net()):
        for kind, text in shown._repr_mimebundle_().items():
            if kind != "text/plain":
                assert not [bad for bad in ("<script>evil", "\u202e") if bad in text]


def test_a_module_that_cannot_describe_itself() -> None:
    """What its own ``extra_repr`` raises is named; repr, notebook view and picture are there."""

    class Half(nn.Linear):
        def extra_repr(self) -> str:
            raise AttributeError("not there yet")

    net = nn.Sequential(Half(2, 3, rng=0), nn.Tanh())
    assert "Half(extra_repr: AttributeError), W (2, 3)" in repr(net)
    assert "Half(extra_repr: AttributeError)" in net._repr_mimebundle_()["text/html"]
    block = ag.draw(net, np.ones((1, 2))).picture.blocks[1]
    assert "Half(extra_repr: AttributeError)" in " ".join(block.tooltip)


def test_pictures_are_not_imported_with_the_library() -> None:
    """`import autograd_core, nn` loads nothing that draws."""
    code = (
        "import sys, autograd_core, nn; x = autograd_core.Tensor([1.0], requires_grad=True); "
        "x._repr_mimebundle_(); print([m for m in sys.modules if 'visualize' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
