"""Section 4, error back-propagation: (8.1), (8.2), (8.3) and the interface of a module."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor

from .by_hand import (
    FUNCTIONS,
    LOSS_MODULES,
    LOSSES,
    MODULES,
    TRAINABLE,
    Array,
    Layer,
    agrees,
    column,
    dA_dZ,
    dloss_dA,
    dloss_dZ,
    engine_forward,
    engine_linear,
    engine_network,
    forward,
    random_layers,
    sigmoid,
    softmax,
)

DEPTHS = [1, 2, 3, 4]
SIZES = [3, 4, 2, 5, 3]
#: Losses with the activation that matches them, and a label for three outputs.
MATCHED = {
    "squared": ("linear", [0.5, -1.0, 2.0]),
    "hinge": ("linear", [1.0, -1.0, 1.0]),
    "nll": ("sigmoid", [1.0, 0.0, 1.0]),
    "nllm": ("softmax", [0.0, 1.0, 0.0]),
}


class Passes:
    """One example through the same network twice: by hand, and by the engine with backward."""

    def __init__(self, L: int, fs: list[str], loss: str = "squared", seed: int = 11) -> None:
        rng = np.random.default_rng(seed)
        sizes = [*SIZES[:L], 3]
        self.L, self.loss = L, loss
        self.layers: list[Layer] = random_layers(rng, sizes, fs)
        self.x = rng.normal(size=(3, 1))
        self.y = column(MATCHED[loss][1])
        self.Z, self.A = forward(self.layers, self.x)
        self.dZ = dloss_dZ(self.layers, self.Z, self.A, loss, self.y)
        assert all(dZ.any() for dZ in self.dZ[1:]), "a layer of dead units proves nothing"

        self.network = engine_network(self.layers)
        self.row = Tensor(self.x.T, requires_grad=True)
        self.z, self.a = engine_forward(self.network, self.row)
        self.value = LOSS_MODULES[loss]("sum")(self.a[L], self.y.T)
        self.value.backward()

    def each(self) -> range:
        return range(1, self.L + 1)


@pytest.fixture(params=[(L, f) for L in DEPTHS for f in TRAINABLE], ids=str)
def passes(request: pytest.FixtureRequest) -> Passes:
    """1 to 4 layers of one activation with squared loss."""
    L, f = request.param
    return Passes(L, [f] * L)


def test_loss_of_the_output(passes: Passes) -> None:
    """The forward pass ends in Loss(A^L, y)."""
    agrees(passes.value, LOSSES[passes.loss](passes.A[passes.L], passes.y))


def test_chain_rule() -> None:
    """For a = f(b) and b = g(c), da/dc = f'(g(c)) g'(c)."""
    c = 0.7
    by_hand = (1 - np.tanh(np.exp(c)) ** 2) * np.exp(c)
    agrees(ag.grad(lambda t: ag.tanh(ag.exp(t)))(Tensor(c)), by_hand)


def test_chain_of_three_factors_for_the_last_layer(passes: Passes) -> None:
    """∂loss/∂W^L is ∂loss/∂A · ∂A/∂Z · ∂Z/∂W, of which the last has three indices."""
    L = passes.L
    W = passes.layers[L - 1].W
    dZ_dW = np.zeros((W.shape[1], *W.shape))  # (k, i, j) holds ∂Z_k/∂W_ij
    for k in range(W.shape[1]):
        dZ_dW[k, :, k] = passes.A[L - 1][:, 0]
    dA_dZL = dA_dZ(passes.layers[L - 1].f, passes.Z[L])  # (k, o) holds ∂A_o/∂Z_k
    dA = dloss_dA(passes.loss, passes.A[L], passes.y)[:, 0]
    agrees(passes.network[L - 1][0].W.grad, np.einsum("o,ko,kij->ij", dA, dA_dZL, dZ_dW))


def test_equation_8_1(passes: Passes) -> None:
    """∂loss/∂W^l, m × n, is the layer's input times the transposed blame of Z^l."""
    for l in passes.each():  # noqa: E741 - the chapter's letter
        A, dZ = passes.A[l - 1], passes.dZ[l]
        m, n = passes.layers[l - 1].W.shape
        assert A.shape == (m, 1)
        assert dZ.T.shape == (1, n)
        agrees(passes.network[l - 1][0].W.grad, A @ dZ.T)


def test_study_question_gradient_of_W0(passes: Passes) -> None:
    """∂loss/∂W0^l is ∂loss/∂Z^l itself, as Z^l grows one for one with W0^l."""
    for l in passes.each():  # noqa: E741
        agrees(passes.network[l - 1][0].W0.grad, passes.dZ[l][:, 0])


def test_equation_8_2(passes: Passes) -> None:
    """∂loss/∂Z^1 is the chain of all factors; in row layout it is (8.2) in its printed order."""
    L = passes.L
    chain = dloss_dA(passes.loss, passes.A[L], passes.y).T
    for l in reversed(passes.each()):  # noqa: E741
        chain = chain @ dA_dZ(passes.layers[l - 1].f, passes.Z[l]).T
        if l > 1:
            chain = chain @ passes.layers[l - 1].W.T
    agrees(passes.z[1].grad, chain)


def test_equation_8_2_in_columns_does_not_fit() -> None:
    """With the book's own shapes the printed order begins with n × 1 times n × n."""
    p = Passes(2, ["tanh", "tanh"])
    first, second = dloss_dA("squared", p.A[2], p.y), dA_dZ("tanh", p.Z[2])
    assert (first.shape, second.shape) == ((3, 1), (3, 3))
    with pytest.raises(ValueError, match="mismatch"):
        first @ second


def test_equation_8_2_brace(passes: Passes) -> None:
    """All factors but ∂A¹/∂Z¹ make ∂loss/∂A¹; all of them, as the brace spans, ∂loss/∂Z¹."""
    chain = dloss_dA(passes.loss, passes.A[passes.L], passes.y).T
    for l in range(passes.L, 1, -1):  # noqa: E741
        chain = chain @ dA_dZ(passes.layers[l - 1].f, passes.Z[l]).T @ passes.layers[l - 1].W.T
    agrees(passes.a[1].grad, chain)
    agrees(passes.z[1].grad, chain @ dA_dZ(passes.layers[0].f, passes.Z[1]).T)


def test_equation_8_3(passes: Passes) -> None:
    """∂loss/∂Z^l is the product of the factors from layer l up to the loss, for each l."""
    for l in passes.each():  # noqa: E741
        assert passes.dZ[l].shape == passes.Z[l].shape
        agrees(passes.z[l].grad, passes.dZ[l].T)


def test_gradient_of_A(passes: Passes) -> None:
    """∂loss/∂A^l is W^(l+1) times ∂loss/∂Z^(l+1); of A^L it depends on the loss only."""
    for l in range(passes.L):  # noqa: E741
        agrees(passes.a[l].grad, (passes.layers[l].W @ passes.dZ[l + 1]).T)
    last = dloss_dA(passes.loss, passes.A[passes.L], passes.y)
    assert last.shape == (3, 1)
    agrees(passes.a[passes.L].grad, last.T)


@pytest.mark.parametrize("L", DEPTHS)
@pytest.mark.parametrize("loss", MATCHED)
def test_equations_with_mixed_activations(loss: str, L: int) -> None:
    """(8.1) and (8.3) hold with another activation in each layer and each matched loss."""
    fs = [*("tanh", "relu", "sigmoid")[: L - 1], MATCHED[loss][0]]
    p = Passes(L, fs, loss, seed=1)
    agrees(p.value, LOSSES[loss](p.A[L], p.y))
    for l in p.each():  # noqa: E741
        agrees(p.z[l].grad, p.dZ[l].T)
        agrees(p.network[l - 1][0].W.grad, p.A[l - 1] @ p.dZ[l].T)
        agrees(p.network[l - 1][0].W0.grad, p.dZ[l][:, 0])
    agrees(p.row.grad, (p.layers[0].W @ p.dZ[1]).T)


@pytest.mark.parametrize("f", TRAINABLE)
def test_factor_dA_dZ(f: str, rng: np.random.Generator) -> None:
    """∂A/∂Z is n × n: diagonal, with f' on it, for all but softmax, where it is full."""
    z = rng.normal(size=(4, 1))
    # The engine has outputs first, the chapter inputs first.
    factor = ag.jacobian(MODULES[f]())(Tensor(z[:, 0])).data.T
    assert factor.shape == (4, 4)
    agrees(factor, dA_dZ(f, z))
    off_diagonal = factor[~np.eye(4, dtype=bool)]
    assert np.all(off_diagonal != 0) if f == "softmax" else np.all(off_diagonal == 0)


def test_factor_dZ_dA(rng: np.random.Generator) -> None:
    """∂Z/∂A, with a row for each input, is m × n and just W: ∂Zᵢ/∂Aⱼ stands at (j, i)."""
    W, W0, x = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), rng.normal(size=4)
    jacobian = ag.jacobian(engine_linear(W, W0))(Tensor(x)).data
    agrees(jacobian.T, W)
    step = np.zeros(4)
    step[3] = 1.0
    Z, moved = (W.T @ column(a) + W0 for a in (x, x + step))
    np.testing.assert_allclose((moved - Z)[1, 0], W[3, 1], rtol=1e-12)
    assert jacobian[1, 3] == W[3, 1]


def test_factor_dZ_dW0(rng: np.random.Generator) -> None:
    """∂Z/∂W0 is the unit matrix, and ∂Z/∂W is the same with offsets as without."""
    W, x = rng.normal(size=(4, 3)), rng.normal(size=4)
    W0 = rng.normal(size=3)
    agrees(ag.jacobian(lambda b: Tensor(x) @ W + b)(Tensor(W0)), np.eye(3))
    with_W0 = ag.jacobian(lambda w: Tensor(x) @ w + W0)(Tensor(W))
    agrees(with_W0, np.asarray(ag.jacobian(lambda w: Tensor(x) @ w)(Tensor(W)).data))


def test_study_question_factor_dZ_dW(rng: np.random.Generator) -> None:
    """∂Z/∂W has three dimensions: Z_k changes by A_i with W_ik, and with no other column."""
    W, x = rng.normal(size=(4, 3)), rng.normal(size=4)
    by_hand = np.zeros((3, 4, 3))
    for k in range(3):
        by_hand[k, :, k] = x
    agrees(ag.jacobian(lambda w: Tensor(x) @ w)(Tensor(W)), by_hand)


@pytest.mark.parametrize("loss", MATCHED)
def test_factor_dloss_dA(loss: str) -> None:
    """∂loss/∂A^L is n × 1 and depends on the loss function."""
    f, label = MATCHED[loss]
    a, y = FUNCTIONS[f](column([0.3, -0.8, 1.1])), column(label)
    agrees(
        ag.grad(lambda t: LOSS_MODULES[loss]("sum")(t, y.T))(Tensor(a.T)), dloss_dA(loss, a, y).T
    )


def test_batch_gradient_is_the_sum_over_points(rng: np.random.Generator) -> None:
    """The gradient of a batch is the sum of the gradients of its examples."""
    layers = random_layers(rng, [3, 4, 3], ["tanh", "softmax"])
    xs = [rng.normal(size=(3, 1)) for _ in range(5)]
    ys = [np.eye(3)[:, [i % 3]] for i in range(5)]
    sums: list[Any] = [(np.zeros_like(layer.W), np.zeros_like(layer.W0)) for layer in layers]
    for x, y in zip(xs, ys, strict=True):
        Z, A = forward(layers, x)
        dZ = dloss_dZ(layers, Z, A, "nllm", y)
        for i, (dW, dW0) in enumerate(sums):
            dW += A[i] @ dZ[i + 1].T
            dW0 += dZ[i + 1]
    network = engine_network(layers)
    _, a = engine_forward(network, np.concatenate(xs, axis=1).T)
    nn.NLLM("sum")(a[2], np.concatenate(ys, axis=1).T).backward()
    for (affine, _), (dW, dW0) in zip(network, sums, strict=True):
        agrees(affine.W.grad, dW)
        agrees(affine.W0.grad, dW0[:, 0])


def _gradient(like: Array) -> Array:
    return np.linspace(-1.0, 1.5, like.size).reshape(like.shape)


def test_interface_of_a_linear_module(rng: np.random.Generator) -> None:
    """forward u → Wᵀu + W0; backward → W ∂L/∂v; weight grad → u (∂L/∂v)ᵀ and ∂L/∂v."""
    W, W0, u = rng.normal(size=(4, 3)), rng.normal(size=(3, 1)), rng.normal(size=(4, 1))
    module = engine_linear(W, W0)
    v = W.T @ u + W0
    g = _gradient(v)
    row = module.forward(u.T)
    agrees(row, v.T)
    agrees(module.backward(u.T, row, g.T), (W @ g).T)
    found = module.weight_grad(u.T, g.T)
    assert set(found) == {"W", "W0"}
    agrees(found["W"], u @ g.T)
    agrees(found["W0"], g[:, 0])


@pytest.mark.parametrize("f", FUNCTIONS)
def test_interface_of_an_activation(f: str, rng: np.random.Generator) -> None:
    """forward u → f(u); backward → ∂v/∂u times ∂L/∂v; there are no weights."""
    u = rng.normal(size=(4, 1))
    module = MODULES[f]()
    v = FUNCTIONS[f](u)
    g = _gradient(v)
    row = module.forward(u.T)
    agrees(row, v.T)
    agrees(module.backward(u.T, row, g.T), (dA_dZ(f, u) @ g).T)
    assert module.weight_grad(u.T, g.T) == {}


@pytest.mark.parametrize("L", DEPTHS)
@pytest.mark.parametrize("loss", MATCHED)
def test_blame_passed_from_module_to_module(loss: str, L: int) -> None:
    """With only the three methods, from the loss back to the input, all gradients come out."""
    p = Passes(L, ["tanh"] * (L - 1) + [MATCHED[loss][0]], loss, seed=2)
    modules = [module for pair in engine_network(p.layers) for module in pair]
    values = [p.x.T]
    for module in modules:
        values.append(module.forward(values[-1]))
    criterion = LOSS_MODULES[loss]("sum")
    u = (values[-1], p.y.T)
    blame, _ = criterion.backward(u, criterion.forward(*u), 1.0)
    for i in reversed(range(len(modules))):
        l = i // 2 + 1  # noqa: E741
        if isinstance(modules[i], nn.Linear):
            agrees(blame, p.dZ[l].T)
            weights = modules[i].weight_grad(values[i], blame)
            agrees(weights["W"], p.A[l - 1] @ p.dZ[l].T)
            agrees(weights["W0"], p.dZ[l][:, 0])
        blame = modules[i].backward(values[i], values[i + 1], blame)
    agrees(blame, (p.layers[0].W @ p.dZ[1]).T)


def test_dloss_dZL_directly_squared_and_linear() -> None:
    """For a linear output with squared loss, ∂loss/∂Z^L is 2(Z − Y)."""
    z, y = column([0.3, -0.8, 1.1]), column(MATCHED["squared"][1])
    criterion = nn.SquaredLoss("sum")
    v = criterion.forward(z.T, y.T)
    agrees(v, LOSSES["squared"](z, y))
    agrees(criterion.backward((z.T, y.T), v, 1.0)[0], (2 * (z - y)).T)
    agrees(2 * (z - y), dA_dZ("linear", z) @ dloss_dA("squared", z, y))


def test_dloss_dZL_directly_hinge_and_linear() -> None:
    """For a linear output with hinge loss, ∂loss/∂Z^L is −Y inside of the margin, else 0."""
    z, y = column([0.3, -1.8, -1.1]), column(MATCHED["hinge"][1])
    criterion = nn.HingeLoss("sum")
    v = criterion.forward(z.T, y.T)
    agrees(v, LOSSES["hinge"](z, y))
    agrees(criterion.backward((z.T, y.T), v, 1.0)[0], np.array([[-1.0, 0.0, -1.0]]))


def test_dloss_dZL_directly_nll_and_sigmoid() -> None:
    """For NLL of a sigmoid, ∂loss/∂Z^L is σ(Z) − Y, without ∂loss/∂A or ∂A/∂Z."""
    z, y = column([0.3, -0.8, 1.1]), column(MATCHED["nll"][1])
    a = sigmoid(z)
    criterion = nn.BCEWithLogitsLoss("sum")
    v = criterion.forward(z.T, y.T)
    agrees(v, LOSSES["nll"](a, y))
    agrees(criterion.backward((z.T, y.T), v, 1.0)[0], (a - y).T)
    agrees(a - y, dA_dZ("sigmoid", z) @ dloss_dA("nll", a, y))


def test_dloss_dZL_directly_nllm_and_softmax() -> None:
    """For NLLM of a softmax, ∂loss/∂Z^L is softmax(Z) − Y, without ∂loss/∂A or ∂A/∂Z."""
    z, y = column([0.3, -0.8, 1.1]), column(MATCHED["nllm"][1])
    a = softmax(z)
    criterion = nn.CrossEntropyLoss("sum")
    v = criterion.forward(z.T, y.T)
    agrees(v, LOSSES["nllm"](a, y))
    agrees(criterion.backward((z.T, y.T), v, 1.0)[0], (a - y).T)
    agrees(a - y, dA_dZ("softmax", z) @ dloss_dA("nllm", a, y))
