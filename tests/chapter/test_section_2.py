"""Section 2, networks: a layer, many layers, and structures that are no stack of layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd_core import GraphError, Tensor

from .by_hand import (
    FUNCTIONS,
    MODULES,
    agrees,
    column,
    engine_forward,
    engine_linear,
    engine_network,
    forward,
    random_layers,
    relu,
    sigmoid,
    slope,
    tanh,
)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 1), (1, 4), (3, 2), (2, 5)])
def test_shapes_of_a_layer(m: int, n: int, rng: np.random.Generator) -> None:
    """W is m × n as in the chapter; W0, Z and A have n entries, and the input has m."""
    layer = nn.Linear(m, n, rng=rng)
    z = layer(Tensor(np.zeros((1, m))))
    assert layer.W.shape == (m, n)
    assert column(layer.W0).shape == (n, 1)
    assert column(z).shape == column(nn.Tanh()(z)).shape == (n, 1)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_A_is_f_of_WT_X_plus_W0(f: str, rng: np.random.Generator) -> None:
    """A layer's pre-activation is Wᵀ X + W0 and its activation f of it: one example a column."""
    W, W0, X = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), rng.normal(size=(4, 1))
    Z = W.T @ X + W0
    assert Z.shape == (3, 1)
    z = engine_linear(W, W0)(Tensor(X.T))
    agrees(z, Z.T)
    agrees(MODULES[f]()(z), FUNCTIONS[f](Z).T)


def test_a_batch_of_rows_is_the_columns_side_by_side(rng: np.random.Generator) -> None:
    """Rows of a batch go through a layer as the chapter's columns do, each on its own."""
    W, W0 = rng.normal(size=(4, 3)), rng.normal(size=(3, 1))
    columns = [rng.normal(size=(4, 1)) for _ in range(5)]
    by_hand = np.concatenate([tanh(W.T @ x + W0) for x in columns], axis=1)
    batch = np.concatenate(columns, axis=1).T
    agrees(nn.Tanh()(engine_linear(W, W0)(batch)), by_hand.T)


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("L", [1, 2, 3, 4])
def test_Zl_and_Al_of_many_layers(L: int, f: str, rng: np.random.Generator) -> None:
    """Each layer's Z comes from the A before it; W^l is m^l × n^l with m^l = n^(l−1)."""
    sizes = [3, 4, 2, 5, 3][: L + 1]
    layers = random_layers(rng, sizes, [f] * L)
    x = rng.normal(size=(3, 1))
    Z, A = forward(layers, x)
    network = engine_network(layers)
    z, a = engine_forward(network, Tensor(x.T), retain=False)
    for l in range(1, L + 1):  # noqa: E741 - the chapter's letter
        assert network[l - 1][0].W.shape == (sizes[l - 1], sizes[l])
        assert Z[l].shape == A[l].shape == (sizes[l], 1)
        agrees(z[l], Z[l].T)
        agrees(a[l], A[l].T)
    stack = nn.Sequential(*(module for pair in network for module in pair))
    agrees(stack(Tensor(x.T)), A[L].T)


@pytest.mark.parametrize("L", [1, 2, 3, 4])
def test_W_total(L: int, rng: np.random.Generator) -> None:
    """Linear layers multiply out to one matrix, (W^L)ᵀ ⋯ (W^1)ᵀ."""
    layers = random_layers(rng, [3, 4, 2, 5, 3][: L + 1], ["linear"] * L)
    for layer in layers:
        layer.W0 = np.zeros_like(layer.W0)
    W_total = np.eye(3)
    for layer in layers:
        W_total = layer.W.T @ W_total
    x = rng.normal(size=(3, 1))
    stack = nn.Sequential(*(m for pair in engine_network(layers) for m in pair))
    agrees(stack(Tensor(x.T)), (W_total @ x).T)


@pytest.mark.parametrize("L", [2, 3, 4])
def test_study_question_one_layer_does_what_linear_layers_do(
    L: int, rng: np.random.Generator
) -> None:
    """With offsets too, a single layer computes what any number of linear layers does."""
    layers = random_layers(rng, [3, 4, 2, 5, 3][: L + 1], ["linear"] * L)
    W, W0 = layers[0].W, layers[0].W0
    for layer in layers[1:]:
        W, W0 = W @ layer.W, layer.W.T @ W0 + layer.W0
    x = rng.normal(size=(6, 3))
    stack = nn.Sequential(*(m for pair in engine_network(layers) for m in pair))
    agrees(engine_linear(W, W0)(x), stack(x))


def _acyclic(parts: dict[str, nn.Linear]) -> nn.Graph:
    """Unit b gets x and a, unit c gets a and b, the output gets all three: no layers."""
    return nn.Graph(
        {
            "z_out": (parts["out"], "abc"),
            "abc": (nn.Concat(), "a", "b", "c"),
            "c": (nn.ReLU(), "z_c"),
            "z_c": (parts["c"], "ab"),
            "ab": (nn.Concat(), "a", "b"),
            "b": (nn.Sigmoid(), "z_b"),
            "z_b": (parts["b"], "xa"),
            "xa": (nn.Concat(), "x", "a"),
            "a": (nn.Tanh(), "z_a"),
            "z_a": (parts["a"], "x"),
        }
    )


def test_a_general_acyclic_network(rng: np.random.Generator) -> None:
    """A feed-forward network is a composition of its units, however they are connected."""
    inputs = {"a": 2, "b": 3, "c": 2, "out": 3}
    w = {name: rng.normal(size=(m, 1)) for name, m in inputs.items()}
    w0 = {name: np.array([[0.3]]) for name in inputs}
    x = rng.normal(size=(2, 1))
    z, into = {}, {}

    def unit(name: str, u: Any, f: Any) -> Any:
        into[name] = u
        z[name] = w[name].T @ u + w0[name]
        return f(z[name])

    a = unit("a", x, tanh)
    b = unit("b", np.concatenate([x, a]), sigmoid)
    c = unit("c", np.concatenate([a, b]), relu)
    out = unit("out", np.concatenate([a, b, c]), lambda v: v)

    parts = {name: engine_linear(w[name], w0[name]) for name in inputs}
    row = Tensor(x.T, requires_grad=True)
    result = _acyclic(parts)(row)
    agrees(result, out.T)

    # The blame of each unit is summed over all the units that it feeds.
    nn.SquaredLoss("sum")(result, [[1.0]]).backward()
    d_out = 2 * (out - 1.0)
    d_c = d_out * w["out"][2] * slope("relu", z["c"])
    assert d_c.any(), "a dead unit proves nothing"
    d_b = (d_out * w["out"][1] + d_c * w["c"][1]) * slope("sigmoid", z["b"])
    to_a = d_out * w["out"][0] + d_c * w["c"][0] + d_b * w["b"][2]
    d_a = to_a * slope("tanh", z["a"])
    for name, dz in {"a": d_a, "b": d_b, "c": d_c, "out": d_out}.items():
        agrees(parts[name].W.grad, into[name] @ dz)
        agrees(parts[name].W0.grad, dz[:, 0])
    agrees(row.grad, (w["a"] @ d_a + w["b"][:2] @ d_b).T)


def test_a_cycle_is_no_feed_forward_network() -> None:
    """The input of a unit can not depend on its output."""
    with pytest.raises(GraphError, match="cycle"):
        nn.Graph({"a": (nn.Add(), "x", "b"), "b": (nn.Tanh(), "a"), "out": (nn.Tanh(), "b")})


def _by_groups(W: Any, W0: Any) -> tuple[list[nn.Linear], nn.Module]:
    affine = engine_linear(W, W0)
    f = nn.UnitGroups((nn.ReLU(), 2), (nn.Tanh(), 1), (nn.Sigmoid(), 2))
    return [affine], nn.Sequential(affine, f)


def _side_by_side(W: Any, W0: Any) -> tuple[list[nn.Linear], nn.Module]:
    bounds = [(0, 2), (2, 3), (3, 5)]
    parts = [engine_linear(W[:, i:j], W0[i:j]) for i, j in bounds]
    fs = (nn.ReLU(), nn.Tanh(), nn.Sigmoid())
    return parts, nn.Parallel(*(nn.Sequential(p, f) for p, f in zip(parts, fs, strict=True)))


@pytest.mark.parametrize("build", [_by_groups, _side_by_side])
def test_different_activations_within_a_layer(build: Any, rng: np.random.Generator) -> None:
    """Units of one layer may each have an activation of their own."""
    names = ["relu", "relu", "tanh", "sigmoid", "sigmoid"]
    W, W0, x = rng.normal(size=(3, 5)), rng.normal(size=(5, 1)), rng.normal(size=(3, 1))
    Z = W.T @ x + W0
    A = np.array([FUNCTIONS[f](z) for f, z in zip(names, Z, strict=True)])
    slopes = np.array([slope(f, z) for f, z in zip(names, Z, strict=True)])
    dZ = slopes * 2 * (A - 0.5)

    parts, layer = build(W, W0)
    output = layer(Tensor(x.T))
    agrees(output, A.T)
    nn.SquaredLoss("sum")(output, np.full((1, 5), 0.5)).backward()
    agrees(np.concatenate([p.W.grad.data for p in parts], axis=1), x @ dZ.T)
    agrees(np.concatenate([p.W0.grad.data for p in parts]), dZ[:, 0])


def test_printed_shape_of_W_does_not_fit(rng: np.random.Generator) -> None:
    """With m^l × n^(l−1) a layer would have n^(l−1) outputs, to which W₀ cannot be added."""
    n_before, n = 4, 2
    m = n_before  # the inputs of a layer are the outputs of the one before it
    A, W0 = rng.normal(size=(n_before, 1)), rng.normal(size=(n, 1))
    printed, right = rng.normal(size=(m, n_before)), rng.normal(size=(m, n))
    assert (printed.T @ A).shape == (n_before, 1)
    with pytest.raises(ValueError, match="broadcast"):
        printed.T @ A + W0
    with pytest.raises(ValueError, match="shape"):
        engine_linear(printed, W0)
    agrees(engine_linear(right, W0)(Tensor(A.T)), (right.T @ A + W0).T)


def test_W_total_is_the_transpose_of_a_layers_W(rng: np.random.Generator) -> None:
    """A^L = W^total X, and a layer is WᵀX: its W is W¹ ⋯ W^L."""
    W1, W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    W_total, x = W2.T @ W1.T, rng.normal(size=(3, 1))
    assert W_total.shape == (2, 3)
    agrees(W_total.T, W1 @ W2)
    agrees(engine_linear(W1 @ W2, np.zeros((2, 1)))(Tensor(x.T)), (W_total @ x).T)


def test_a_narrow_linear_layer_takes_something_away(rng: np.random.Generator) -> None:
    """The rank of W^total is at most the number of units of the narrowest layer."""
    layers = random_layers(rng, [5, 2, 5], ["linear", "linear"])
    stack = nn.Sequential(*(m for pair in engine_network(layers) for m in pair))
    W_total = np.asarray(stack(Tensor(np.eye(5))).data) - np.asarray(stack(np.zeros((1, 5))).data)
    assert np.linalg.matrix_rank(W_total) == 2
    assert np.linalg.matrix_rank(rng.normal(size=(5, 5))) == 5


@pytest.mark.parametrize("f", ["sigmoid", "tanh", "relu"])
def test_one_layer_has_a_straight_boundary_and_no_linear_output(
    f: str, rng: np.random.Generator
) -> None:
    """Along a line with wᵀx = const the output stays; across such lines it is not linear."""
    w, w0 = rng.normal(size=(2, 1)), np.array([[0.2]])
    unit = nn.Sequential(engine_linear(w, w0), MODULES[f]())
    along = np.array([[-w[1, 0]], [w[0, 0]]])
    start = w / np.sum(w**2)  # wᵀx = 1
    points = np.concatenate([start + t * along for t in (-2.0, 0.0, 3.0)], axis=1)
    output = np.asarray(unit(points.T).data)
    np.testing.assert_allclose(output, np.full((3, 1), FUNCTIONS[f](np.array(1.2))), rtol=1e-12)
    across = np.concatenate([t * start for t in (-2.0, 0.0, 2.0)], axis=1)
    low, middle, high = np.asarray(unit(across.T).data)[:, 0]
    assert abs(low + high - 2 * middle) > 0.01
