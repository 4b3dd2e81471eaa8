"""Derivations against the chapter's formulas by hand: 8.1 to 8.3, section 6 and section 8.3."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import ArgumentError, DTypeError, GraphError, ShapeError, Tensor

RNG = np.random.default_rng(5)
X = RNG.normal(size=(4, 3))
LABELS = np.array([0, 1, 1, 0])
Y = np.eye(2)[LABELS].T  # the chapter's: examples in columns
ACTIVATIONS = [nn.Identity, nn.ReLU, nn.Sigmoid, nn.Tanh, nn.Softmax, nn.LogSoftmax, nn.LeakyReLU,
               nn.Softplus, nn.GELU, nn.ELU, nn.SiLU]  # fmt: skip
LOSSES = [
    (nn.SquaredLoss, RNG.normal(size=(4, 2))),
    (nn.HingeLoss, np.sign(RNG.normal(size=(4, 2)))),
    (nn.CrossEntropyLoss, LABELS),
    (nn.BCEWithLogitsLoss, (RNG.random((4, 2)) > 0.5) * 1),
]


def network(hidden: Any = nn.Tanh, *last: Any) -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 5, rng=0), hidden(), nn.Linear(5, 2, rng=1), *last)


def texts(derivation: ag.Derivation) -> dict[str, str]:
    """Equations by what they are for."""
    steps = [*derivation.forward, *derivation.steps]
    return dict(step.text.split(" = ", 1) for step in steps)


def gradient(loss: Tensor, w: Tensor, seed: Any = None) -> Any:
    """The engine's, by a backward pass that leaves nothing behind."""
    w.grad = None
    loss.backward(seed, retain_graph=True, inputs=w)
    assert w.grad is not None
    found = w.grad.data
    w.grad = None
    return found


class TestChapter:
    """The equations are those that the chapter prints."""

    def test_equations(self) -> None:
        """8.1, and 8.3 step by step, in the chapter's symbols."""
        net = network(nn.Tanh, nn.Softmax())
        loss_module = nn.NLLM()
        loss = loss_module(net(X), LABELS)
        found = texts(ag.derive(loss, net[0].W))
        assert found["Z¹"] == "W¹ᵀ A⁰ + W₀¹"
        assert found["A²"] == "softmax(Z²)"
        assert found["loss"] == "-1/4 Σᵢⱼ Y ⊙ ln(A²)"
        assert found["∂loss/∂A¹"] == "W² ∂loss/∂Z²"
        assert found["∂loss/∂Z¹"] == "∂loss/∂A¹ ⊙ (1 - (A¹)²)"
        assert found["∂loss/∂W¹"] == "A⁰ (∂loss/∂Z¹)ᵀ"

    def test_numbers(self) -> None:
        """Each value is what the chapter's formula gives by hand, with examples in columns."""
        net = network(nn.Tanh, nn.Softmax())
        loss_module = nn.NLLM()
        d = ag.derive(loss_module(net(X), LABELS), net[0].W)
        values = {s.text.split(" = ")[0]: s.value for s in [*d.forward, *d.steps]}
        W1, W2 = net[0].W.data, net[2].W.data
        A0 = X.T
        Z1 = W1.T @ A0
        A1 = np.tanh(Z1)
        Z2 = W2.T @ A1
        A2 = np.exp(Z2) / np.exp(Z2).sum(axis=0)
        dZ2 = (A2 - Y) / 4
        dA1 = W2 @ dZ2
        dZ1 = dA1 * (1 - A1**2)
        expected = {"Z¹": Z1, "A¹": A1, "Z²": Z2, "A²": A2, "∂loss/∂A²": -Y / A2 / 4,
                    "∂loss/∂Z²": dZ2, "∂loss/∂A¹": dA1, "∂loss/∂Z¹": dZ1,
                    "∂loss/∂W¹": A0 @ dZ1.T}  # fmt: skip
        for name, value in expected.items():
            np.testing.assert_allclose(values[name], value, rtol=1e-10, atol=1e-14, err_msg=name)

    def test_softmax_with_nllm(self) -> None:
        """It comes out as A − Y, and the assumption that the labels sum to 1 is said."""
        net = network(nn.Tanh, nn.Softmax())
        loss_module = nn.NLLM("sum")
        d = ag.derive(loss_module(net(X), LABELS), net[2].W)
        assert texts(d)["∂loss/∂Z²"].endswith(" = A² - Y")
        assert d.assumptions == ["Σₖ Yₖ = 1"]
        assert r"\sum_k Y_{k} = 1" in d.latex()

    def test_fused_cross_entropy(self) -> None:
        """From pre-activations it is A − Y at once, with A the softmax."""
        net = network()
        loss_module = nn.CrossEntropyLoss()
        d = ag.derive(loss_module(net(X), LABELS), net[2].W)
        assert texts(d)["∂loss/∂Z²"] == "1/4 (A² - Y)"
        assert texts(d)["A²"] == "softmax(Z²)"

    @pytest.mark.parametrize("loss", [nn.NLL("sum"), nn.BCEWithLogitsLoss("sum")])
    def test_sigmoid_with_nll(self, loss: nn.Module) -> None:
        """With a sigmoid, or from its pre-activations, the value is A − Y."""
        net = nn.Sequential(nn.Linear(3, 1, rng=0))
        if isinstance(loss, nn.NLL):
            net.append(nn.Sigmoid())
        d = ag.derive(loss(net(X), LABELS[:, None]), net[0].W)
        A = 1 / (1 + np.exp(-(net[0].W.data.T @ X.T)))
        step = next(s for s in d.steps if "∂loss/∂Z¹ =" in s.text)
        np.testing.assert_allclose(step.value, A - LABELS[None, :], rtol=1e-10)
        if isinstance(loss, nn.NLL):
            assert step.text.endswith(" = A¹ - Y")

    def test_batch_normalization(self) -> None:
        """The three terms are grouped as in the chapter's last equation."""
        net = nn.Sequential(nn.Linear(3, 2, rng=0), nn.BatchNorm(2, eps=0.0))
        net[1].G.data = np.array([0.7, -1.3])
        target = RNG.normal(size=(4, 2))
        loss_module = nn.SquaredLoss("sum")
        d = ag.derive(loss_module(net(X), target), net[0].W)
        assert texts(d)["∂loss/∂Z¹"] == (
            "G¹/(4 σ¹) ⊙ (4 ∂loss/∂Ẑ¹ - Σⱼ ∂loss/∂Ẑ¹ - (Z¹ - μ¹)/(σ¹)² ⊙ Σⱼ ∂loss/∂Ẑ¹ ⊙ (Z¹ - μ¹))"
        )
        Z = net[0].W.data.T @ X.T
        K = 4
        mu, sigma = Z.mean(axis=1), Z.std(axis=1)
        G = net[1].G.data
        dZhat = 2 * (G[:, None] * (Z - mu[:, None]) / sigma[:, None] - target.T)
        expected = np.zeros_like(Z)
        for i in range(2):
            for j in range(K):
                for k in range(K):
                    spread = (Z[i, k] - mu[i]) * (Z[i, j] - mu[i]) / sigma[i] ** 2
                    inner = (j == k) * K - 1 - spread
                    expected[i, j] += dZhat[i, k] * G[i] / (K * sigma[i]) * inner
        step = next(s for s in d.steps if "∂loss/∂Z¹ =" in s.text)
        np.testing.assert_allclose(step.value, expected, rtol=1e-9, atol=1e-12)

    def test_single_example(self) -> None:
        """One example is a column, as in the chapter: ∂loss/∂W has shape m × n."""
        net = network()
        loss_module = nn.CrossEntropyLoss()
        d = ag.derive(loss_module(net(X[0]), 1), net[0].W)
        assert texts(d)["Z¹"] == "W¹ᵀ A⁰ + W₀¹"
        assert texts(d)["∂loss/∂W¹"] == "A⁰ (∂loss/∂Z¹)ᵀ"
        assert r"\underbrace{A^{0}}_{3 \times 1}" in d.latex()

    def test_rows(self) -> None:
        """In the engine's own layout nothing is transposed that the code does not transpose."""
        net = network()
        loss_module = nn.CrossEntropyLoss()
        d = ag.derive(loss_module(net(X), LABELS), net[0].W, layout="rows")
        assert texts(d)["Z¹"] == "A⁰ W¹ + W₀¹"
        assert texts(d)["∂loss/∂A¹"] == "∂loss/∂Z² W²ᵀ"
        assert texts(d)["∂loss/∂W¹"] == "A⁰ᵀ ∂loss/∂Z¹"


class TestEveryLayer:
    @pytest.mark.parametrize("activation", ACTIVATIONS)
    @pytest.mark.parametrize(("loss", "labels"), LOSSES)
    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    def test_activations_and_losses(
        self, activation: Any, loss: Any, labels: Any, reduction: str
    ) -> None:
        """At both levels and in both layouts the result is the engine's gradient."""
        net = network(activation)
        loss_module = loss(reduction)
        value = loss_module(net(X), labels)
        expected = gradient(value, net[0].W)
        for level in ("modules", "operations"):
            for layout in ("chapter", "rows"):
                d = ag.derive(value, net[0].W, level=level, layout=layout)
                np.testing.assert_array_equal(d.result, expected)
                np.testing.assert_allclose(d.steps[-1].value, expected, rtol=1e-9, atol=1e-15)
                assert d.latex().count("{") == d.latex().count("}")

    @pytest.mark.parametrize(
        "layer",
        [nn.BatchNorm(5), nn.BatchNorm(5, eps_inside_sqrt=True), nn.BatchNorm(5).eval(),
         nn.LayerNorm(5), nn.Dropout(0.4, rng=0), nn.Dropout(0.4, rng=0, scaling="test")],
    )  # fmt: skip
    def test_normalization_and_dropout(self, layer: nn.Module) -> None:
        """What normalizes or drops is derived as it was run; the mask is the one that was drawn."""
        net = network(lambda: layer)
        loss_module = nn.CrossEntropyLoss()
        value = loss_module(net(X), LABELS)
        np.testing.assert_array_equal(
            ag.derive(value, net[0].W0).result, gradient(value, net[0].W0)
        )


class TestAnyGraph:
    def test_paths_meet(self) -> None:
        """Where paths meet there is one term for each."""
        a = Tensor(2.0, requires_grad=True, name="a")
        b = Tensor(3.0, requires_grad=True, name="b")
        d = ag.derive((a * b + ag.sin(a)) * a, a)
        assert d.steps[-1].text == "∂loss/∂a = v₃ + ∂loss/∂v₂ b + ∂loss/∂v₁ cos(a)" or (
            d.steps[-1].text.count(" + ") == 2
        )
        assert float(d.result) == pytest.approx(2 * 2 * 3 + np.sin(2) + 2 * np.cos(2))
        assert "paths" in d.text()

    def test_shared_weights_and_skips(self) -> None:
        """A weight that is used twice has a term for each use; a skip connection is a sum."""

        class Net(nn.Module):
            def __init__(self) -> None:
                self.layer = nn.Linear(3, 3, rng=0)

            def forward(self, x: Any) -> Any:
                return self.layer(ag.tanh(self.layer(x)) + x)

        net = Net()
        loss_module = nn.SquaredLoss()
        value = loss_module(net(X), X)
        d = ag.derive(value, net.layer.W)
        np.testing.assert_array_equal(d.result, gradient(value, net.layer.W))
        assert d.steps[-1].text.count("ᵀ") == 2
        assert " + " in d.steps[-1].text

    def test_no_path(self) -> None:
        """A w on which the loss does not depend has the derivative 0, and it is said."""
        a, b = (Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
        d = ag.derive((a * a).sum(), b)
        np.testing.assert_array_equal(d.result, [0.0, 0.0])
        assert not d.steps
        assert "no path" in d.text()
        assert "no path" in d.latex()

    def test_seed(self) -> None:
        """A result that is no number is derived with the cotangent that is given."""
        net = network()
        y = net(X)
        g = RNG.normal(size=(4, 2))
        d = ag.derive(y, net[0].W, g)
        np.testing.assert_array_equal(d.result, gradient(y, net[0].W, g))
        with pytest.raises(GraphError, match="not a scalar"):
            ag.derive(y, net[0].W)
        with pytest.raises(ShapeError):
            ag.derive(y, net[0].W, np.ones(3))

    def test_intermediate(self) -> None:
        """w may be a value on the way, or the input, or the loss itself."""
        net = network()
        x = Tensor(X, requires_grad=True)
        hidden = net[0](x)
        loss_module = nn.CrossEntropyLoss()
        loss = loss_module(net[2](net[1](hidden)), LABELS)
        assert ag.derive(loss, hidden).steps[-1].text.startswith("∂loss/∂Z¹ = ∂loss/∂A¹")
        loss.backward(retain_graph=True)
        assert x.grad is not None
        np.testing.assert_array_equal(ag.derive(loss, x).result, x.grad.data)
        assert ag.derive(loss, loss).result == 1.0

    def test_long_chain(self) -> None:
        """A thousand operations are derived, shown by their ends, and in full on request."""
        x = Tensor(0.5, requires_grad=True, name="x")
        y = x
        for _ in range(1000):
            y = ag.sin(y)
        d = ag.derive(y, x)
        assert len(d.steps) == 1000 == len(d.forward)
        assert float(d.result) == pytest.approx(float(gradient(y, x)))
        assert len(d.text().splitlines()) < 150
        assert "left out" in d.text()
        assert len(d.text(full=True).splitlines()) > 3000
        assert "left out" in d.latex()

    @pytest.mark.parametrize(
        "function",
        [
            ag.logsumexp, ag.norm, ag.max, ag.var, ag.prod, lambda b: ag.sum(ag.cumsum(b) * b),
            lambda b: ag.sum(ag.concatenate([b, b * 2]) ** 2), lambda b: ag.sum(b**b),
            lambda b: b[1] * b[[0, 0, 2]].sum(), lambda b: ag.einsum("i,j->", b, b),
            lambda b: ag.sum(ag.outer(b, b) @ ag.outer(b, b)), lambda b: b @ b,
            lambda b: ag.sum(ag.maximum(b, 2) * ag.minimum(b, 1.5)),
            lambda b: ag.sum(ag.clip(b, 1.5, 2.5)), lambda b: ag.sum(ag.where(b > 2, b, 1.0)),
            lambda b: (b.reshape(3, 1) @ b.reshape(1, 3)).T.sum(), lambda b: ag.pad(b, 1).sum(),
            lambda b: ag.arctan2(b, 2.0).sum(), lambda b: ag.softmax(b)[0],
            lambda b: ag.sum(ag.stack([b, b]) * b), lambda b: ag.log_softmax(b)[2],
        ],
    )  # fmt: skip
    def test_functions(self, function: Any) -> None:
        """Reductions, joins, indices and products: the result is the engine's."""
        b = Tensor([1.0, 2.0, 3.0], requires_grad=True, name="b")
        y = function(b)
        d = ag.derive(y, b)
        np.testing.assert_array_equal(d.result, gradient(y, b))
        np.testing.assert_allclose(d.steps[-1].value, d.result, rtol=1e-9)

    def test_users_operations(self) -> None:
        """An operation with a backward of the user's own is derived too."""

        class Cube(ag.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                (x,) = ctx.saved_tensors
                return 3 * x**2 * g

        x = Tensor([1.0, 2.0], requires_grad=True, name="x")
        y = Cube.apply(x).sum()
        d = ag.derive(y, x)
        np.testing.assert_allclose(d.result, [3.0, 12.0])
        assert "backward of Cube" in d.steps[-1].text

    def test_nothing_is_changed(self) -> None:
        """No gradient appears, no freed graph is needed, and the graph can still be walked."""
        net = network()
        loss_module = nn.CrossEntropyLoss()
        loss = loss_module(net(X), LABELS)
        ag.derive(loss, net[0].W)
        assert net[0].W.grad is None
        loss.backward()
        assert net[0].W.grad is not None
        np.testing.assert_array_equal(ag.derive(loss, net[0].W).result, net[0].W.grad.data)

    def test_float32(self) -> None:
        """A float32 network is derived in its own precision."""
        net = nn.Sequential(nn.Linear(3, 2, rng=0, dtype=np.float32), nn.Tanh())
        loss_module = nn.SquaredLoss()
        loss = loss_module(net(X.astype(np.float32)), np.zeros((4, 2), np.float32))
        d = ag.derive(loss, net[0].W)
        assert d.result.dtype == np.float32
        np.testing.assert_array_equal(d.result, gradient(loss, net[0].W))

    def test_under_no_grad(self) -> None:
        """The caller's modes do not matter."""
        net = network()
        loss_module = nn.CrossEntropyLoss()
        loss = loss_module(net(X), LABELS)
        with ag.no_grad():
            d = ag.derive(loss, net[0].W)
        np.testing.assert_array_equal(d.result, gradient(loss, net[0].W))

    def test_changed_weights(self) -> None:
        """A weight that was changed since is said, and the equations hold for its value now."""
        net = network()
        loss_module = nn.CrossEntropyLoss()
        loss = loss_module(net(X), LABELS)
        net[0].W.assign(net[0].W.data * 2, "a test")
        assert "was changed" in ag.derive(loss, net[0].W).text()


class TestErrors:
    def test_wrong_arguments(self) -> None:
        """What is no tensor, has no graph, or is unknown is refused in words."""
        x = Tensor([1.0], requires_grad=True)
        loss = (x * x).sum()
        with pytest.raises(DTypeError, match="loss is of type float"):
            ag.derive(1.0, x)  # type: ignore[arg-type]
        with pytest.raises(DTypeError, match="w is of type ndarray"):
            ag.derive(loss, np.ones(1))  # type: ignore[arg-type]
        with pytest.raises(GraphError, match="no graph"):
            ag.derive(loss.detach(), x)
        with pytest.raises(GraphError, match="does not require a gradient"):
            ag.derive(loss, Tensor([1.0]))
        with pytest.raises(ArgumentError, match="level='layers'"):
            ag.derive(loss, x, level="layers")
        with pytest.raises(ArgumentError, match="layout='columns'"):
            ag.derive(loss, x, layout="columns")
        with pytest.raises(GraphError, match="no call of a module"):
            ag.derive(loss, x, level="modules")

    def test_leaf_is_gone(self) -> None:
        """A graph whose leaf no longer exists cannot be computed again; the leaf is named."""
        x = Tensor([1.0], requires_grad=True)
        y = Tensor([1.0], requires_grad=True, name="y")
        loss = (x * y).sum()
        del y
        with pytest.raises(GraphError, match=r"derive: y of shape \(1,\), .* no longer exists"):
            ag.derive(loss, x)


class TestLaterParts:
    """What came to the engine after the first derivations."""

    def test_sum_of_picked(self) -> None:
        """`sum_at` is written as what it stands for, with labels Y where it picks one a row."""
        w = Tensor(np.arange(6.0).reshape(2, 3) / 7, requires_grad=True, name="w")
        loss = ag.sum_at(ag.log_softmax(w), (np.arange(2), [2, 0]), over=-2)
        found = ag.derive(loss, w, numbers=False)
        assert "loss" in found.text()
        loss.backward()
        assert w.grad is not None
        np.testing.assert_allclose(found.result, w.grad.data)
        text = ag.derive(nn.CrossEntropyLoss()(w, [2, 0]), w, numbers=False).text()
        assert "loss = -1/2 Σᵢⱼ Y ⊙ ln softmax(A⁰)" in text
        assert "∂loss/∂A⁰ = 1/2 (softmax(A⁰) - Y)" in text
        assert "Σₖ Yₖ = 1" in text
        part = ag.sum_at(w * w, (slice(0, 1), [0, 2]), over=2.5)
        np.testing.assert_allclose(
            ag.derive(part, w).result, [[0, 0, 2 * w.data[0, 2] / 2.5], [0, 0, 0]], atol=1e-15
        )
        assert "0.4 Σ" in ag.derive(part, w, numbers=False).text()

    @pytest.mark.parametrize(
        "function",
        [
            lambda w: (np.ones((2, 5, 3)) @ w).sum() + (w * w).sum(),
            lambda w: (ag.swapaxes(w, 1, 2) @ w).sum(),
            lambda w: (ag.transpose(w, (2, 0, 1)) * np.arange(24.0).reshape(4, 2, 3)).sum(),
            lambda w: ag.einsum("iij->j", w[:, :2]).sum() ** 2,
            lambda w: (ag.transpose(w, (0, 1, 2)) ** 3).sum(),
        ],
    )
    def test_more_axes_than_a_matrix_has(self, function: Any) -> None:
        """Products and transposes of stacks are no products and transposes of matrices."""
        w = Tensor(np.linspace(-1.0, 1.0, 24).reshape(2, 3, 4), requires_grad=True)
        loss = function(w)
        found = ag.derive(loss, w)
        loss.backward()
        assert w.grad is not None
        np.testing.assert_allclose(found.result, w.grad.data, atol=1e-12)
        assert "_nd" not in found.text() + found.latex()

    def test_a_loss_that_was_written_inline(self) -> None:
        """A module that is gone is written as one that is there: loss, and activations Aˡ."""
        layer, x = nn.Linear(2, 3, rng=0), np.ones((2, 2))
        activation, kept = nn.Tanh(), nn.CrossEntropyLoss()
        expected = ag.derive(kept(activation(layer(x)), [0, 2]), layer.W, numbers=False)
        found = ag.derive(
            nn.CrossEntropyLoss()(nn.Tanh()(layer(x)), [0, 2]), layer.W, numbers=False
        )
        assert found.level == "modules"
        assert found.latex() == expected.latex()

    def test_no_half_of_a_derivative(self) -> None:
        """The derivative of x · x by one of its operands is not said to be that by x."""
        w = Tensor(3.0, requires_grad=True, name="w")
        h = ag.tanh(w)
        text = ag.derive(h * h, w).text()
        assert "2 v₁" in text
        assert "= v₁\n" not in text


def test_a_loss_within_an_objective_keeps_a_name_of_its_own() -> None:
    """With a penalty added, the objective has the user's name, or takes "loss" for itself."""
    net = nn.Sequential(nn.Linear(2, 1, rng=0))
    squared = nn.SquaredLoss("sum")
    X = np.array([[1.0, 2.0], [0.5, -1.0]])
    objective = squared(net(X), np.ones((2, 1))) + 0.5 * (net[0].W ** 2).sum()
    unnamed = ag.derive(objective, net[0].W, numbers=False).text()
    assert "∂loss/∂W¹ = " in unnamed
    assert "∂loss/∂loss " not in unnamed
    assert "loss = loss " not in unnamed
    objective.name = "J"
    derived = ag.derive(objective, net[0].W, numbers=False)
    assert "J = loss + 0.5 Σᵢⱼ (W¹)²" in derived.text()
    assert derived.steps[-1].text == "∂J/∂W¹ = A⁰ (∂J/∂Z¹)ᵀ + W¹"
    by_hand = 2 * X.T @ (X @ net[0].W.numpy() - 1) + net[0].W.numpy()
    np.testing.assert_allclose(derived.result, by_hand, rtol=1e-12)
