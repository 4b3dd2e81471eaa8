"""Networks that are no row: joins, skip connections, several activations in one layer, any DAG."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import ArgumentError, DTypeError, GraphError, ShapeError, Tensor


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray[Any, Any]:
    return rng.normal(size=(5, 4))


def test_units_with_different_activations_in_one_layer(x: Any, rng: np.random.Generator) -> None:
    """Each group of units has its own activation, values and gradients alike."""
    layer = nn.Linear(4, 6, rng=rng)
    groups = nn.UnitGroups((nn.ReLU(), 2), (nn.Tanh(), 3), (np.sin, 1))
    z = Tensor(layer(x).numpy(), requires_grad=True)
    a = groups(z)
    n = z.numpy()
    wanted = np.hstack([np.maximum(n[:, :2], 0), np.tanh(n[:, 2:5]), np.sin(n[:, 5:])])
    np.testing.assert_allclose(a.numpy(), wanted, rtol=1e-14)
    a.sum().backward()
    slopes = np.hstack([n[:, :2] > 0, 1 - np.tanh(n[:, 2:5]) ** 2, np.cos(n[:, 5:])])
    np.testing.assert_allclose(z.grad.numpy(), slopes, rtol=1e-13)


def test_residual_adds_its_input(x: Any, rng: np.random.Generator) -> None:
    """x + f(x), or shortcut(x) + f(x); the gradient goes both ways."""
    block = nn.Residual(nn.Linear(4, 4, rng=rng), nn.Tanh())
    inner = np.tanh(x @ block[0].W.numpy() + block[0].W0.numpy())
    np.testing.assert_allclose(block(x).numpy(), x + inner, rtol=1e-13)
    wide = nn.Residual(nn.Linear(4, 3, rng=rng), shortcut=nn.Linear(4, 3, bias=False, rng=rng))
    assert wide(x).shape == (5, 3)
    assert {n for n, _ in wide.named_parameters()} == {"0.W", "0.W0", "shortcut.W"}
    t = Tensor(x, requires_grad=True)
    nn.Residual(ag.square)(t).sum().backward()
    np.testing.assert_allclose(t.grad.numpy(), 1 + 2 * x)


def test_parallel_joins(x: Any) -> None:
    """Outputs of branches on one input go side by side, are added, or joined by a function."""
    np.testing.assert_allclose(
        nn.Parallel(np.sin, np.cos)(x).numpy(), np.hstack([np.sin(x), np.cos(x)])
    )
    np.testing.assert_allclose(
        nn.Parallel(np.sin, np.cos, join="add")(x).numpy(), np.sin(x) + np.cos(x)
    )
    product = nn.Parallel(s=np.sin, c=np.cos, join=lambda parts: parts[0] * parts[1])
    np.testing.assert_allclose(product(x).numpy(), np.sin(x) * np.cos(x))
    assert [n for n, _ in product.named_children()] == ["s", "c"]


def chapter_graph(rng: np.random.Generator) -> nn.Graph:
    """Single neurons whose inputs are elements of x and outputs of other neurons, out of order."""
    return nn.Graph(
        {
            "out": (nn.Concat(), "b", "c"),
            "b": (nn.Sigmoid(), "zb"),
            "zb": (nn.Linear(3, 1, rng=rng), "ab"),
            "ab": (nn.Concat(), "a", "x01"),
            "a": (nn.Tanh(), "za"),
            "za": (nn.Linear(4, 1, rng=rng), "x"),
            "x01": (nn.Select([0, 1]), "x"),
            "c": (lambda b, a: b * a, "b", "a"),
        }
    )


def test_graph_computes_any_acyclic_network(x: Any, rng: np.random.Generator) -> None:
    """Nodes are given in any order; values are those of the composition by hand."""
    net = chapter_graph(rng)
    assert net.output == "out"
    V, V0 = net.zb.W.numpy(), net.zb.W0.numpy()
    a = np.tanh(x @ net.za.W.numpy() + net.za.W0.numpy())
    b = 1 / (1 + np.exp(-(np.hstack([a, x[:, :2]]) @ V + V0)))
    np.testing.assert_allclose(net(x).numpy(), np.hstack([b, a * b]), rtol=1e-13)
    assert {n for n, _ in net.named_parameters()} == {"zb.W", "zb.W0", "za.W", "za.W0"}


def test_graph_gradients_are_pytorchs(x: Any, rng: np.random.Generator) -> None:
    """The same graph in PyTorch has the same gradients."""
    torch = pytest.importorskip("torch")
    net = chapter_graph(rng)
    t = Tensor(x, requires_grad=True)
    (net(t) ** 2).sum().backward()
    X = torch.tensor(x, requires_grad=True)
    W, W0, V, V0 = (
        torch.tensor(p.numpy(), requires_grad=True)
        for p in (net.za.W, net.za.W0, net.zb.W, net.zb.W0)
    )
    a = torch.tanh(X @ W + W0)
    b = torch.sigmoid(torch.cat([a, X[:, :2]], 1) @ V + V0)
    (torch.cat([b, a * b], 1) ** 2).sum().backward()
    for mine, theirs in ((t, X), (net.za.W, W), (net.za.W0, W0), (net.zb.W, V), (net.zb.W0, V0)):
        np.testing.assert_allclose(mine.grad.numpy(), theirs.grad.numpy(), rtol=1e-11)


def test_graph_of_several_inputs_and_outputs() -> None:
    """Inputs come in the order of their names; several outputs make a tuple."""
    net = nn.Graph(
        {"sum": (nn.Add(), "a", "b"), "difference": (ag.subtract, "a", "b")},
        inputs=("a", "b"),
        output=("difference", "sum"),
    )
    difference, total = net(Tensor([5.0]), Tensor([3.0]))
    assert (difference.tolist(), total.tolist()) == ([2], [8])
    with pytest.raises(ArgumentError, match="called with 1 inputs, but it has 2: a, b"):
        net([5.0])


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (
            lambda: nn.Graph({"a": (nn.ReLU(), "b"), "b": (nn.ReLU(), "a")}),
            GraphError,
            "a → b → a is a cycle",
        ),
        (
            lambda: nn.Graph({"a": (nn.ReLU(), "x"), "b": (nn.Add(), "a", "b")}),
            GraphError,
            "b → b is a cycle",
        ),
        (lambda: nn.Graph({"a": (nn.ReLU(), "y")}), ArgumentError, "'a' gets 'y'"),
        (
            lambda: nn.Graph({"a": (nn.ReLU(), "x"), "b": (nn.ReLU(), "x")}),
            ArgumentError,
            "2 nodes are used by no other",
        ),
        (
            lambda: nn.Graph({"a": (nn.ReLU(), "x"), "b": (nn.ReLU(), "x")}, output="a"),
            ArgumentError,
            "['b'] lead to no output",
        ),
        (lambda: nn.Graph({"a": (nn.ReLU(), "x")}, output="c"), ArgumentError, "are no nodes"),
        (lambda: nn.Graph({"x": (nn.ReLU(), "x")}), ArgumentError, "name of two things"),
        (lambda: nn.Graph({"a": nn.ReLU()}), ArgumentError, "must be a tuple of a module and"),
        (lambda: nn.Graph({"a": (nn.ReLU(),)}), ArgumentError, "must be a tuple of a module and"),
        (lambda: nn.Graph({"a": (nn.ReLU, "x")}), DTypeError, "ReLU is a class"),
        (lambda: nn.Graph({}), ArgumentError, "there is no node"),
        (lambda: nn.Parallel(), ArgumentError, "there is no branch"),
        (lambda: nn.Parallel(nn.ReLU(), join="sum"), ArgumentError, "join='sum'"),
        (lambda: nn.Residual(), ArgumentError, "there is no module to go around"),
        (lambda: nn.UnitGroups(nn.ReLU()), ArgumentError, "each group is a pair"),
        (lambda: nn.UnitGroups((nn.ReLU(), 0)), ArgumentError, "is 0"),
    ],
)
def test_impossible_networks_are_refused_when_made(make: Any, kind: Any, words: str) -> None:
    """Cycles are spelled out; unknown and idle names are given."""
    with pytest.raises(kind) as caught:
        make()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (nn.Residual(nn.Linear(4, 1)), r"Residual: the module made shape \(5, 1\) of \(5, 4\)"),
        (nn.Parallel(nn.Linear(4, 1), nn.Identity(), join="add"), r"\(5, 1\) and \(5, 4\) cannot"),
        (nn.UnitGroups((nn.ReLU(), 1), (nn.Tanh(), 2)), r"UnitGroups\(1 \+ 2\): .*3 units"),
    ],
)
def test_shapes_are_never_broadcast(module: nn.Module, words: str, x: Any) -> None:
    """What would be broadcast in a skip connection or a sum is an error."""
    with pytest.raises(ShapeError, match=words):
        module(x)
