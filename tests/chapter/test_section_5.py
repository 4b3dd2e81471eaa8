"""Section 5: SGD-NEURAL-NET, and how weights start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

from . import recurrences_by_hand as hand
from .recurrences_by_hand import same

ENGINE: dict[str, Callable[[Tensor], Any]] = {
    "linear": lambda z: z,
    "relu": ag.relu,
    "tanh": ag.tanh,
    "sigmoid": ag.sigmoid,
    "softmax": ag.softmax,
}


def falling(t: int) -> float:
    return 0.2 / (1 + 0.05 * t)


#: sizes, activations, the engine's loss, ∂loss/∂A^L by hand
NETWORKS: dict[str, Any] = {
    "one linear layer": (
        (3, 2),
        ("linear",),
        nn.SquaredLoss("sum"),
        lambda a, y: 2 * (a - y),
    ),
    "tanh, squared": (
        (3, 4, 2),
        ("tanh", "linear"),
        nn.SquaredLoss("sum"),
        lambda a, y: 2 * (a - y),
    ),
    "relu and sigmoid, NLLM": (
        (3, 5, 4, 2),
        ("relu", "sigmoid", "softmax"),
        nn.NLLM("sum"),
        lambda a, y: -y / a,
    ),
}


def points(name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(5)
    X = rng.standard_normal((3, 12))
    if "NLLM" in name:
        return X, np.eye(2)[:, rng.integers(0, 2, 12)]
    return X, rng.standard_normal((2, 12))


def trained(name: str, T: int, seed: int = 0) -> list[tuple[Any, Any]]:
    sizes, f, loss, _ = NETWORKS[name]
    X, Y = points(name)
    return optim.sgd_neural_net(
        (X.T, Y.T),
        T,
        len(f),
        sizes[:-1],
        [ENGINE[each] for each in f],
        Loss=loss,
        eta=falling,
        n_L=sizes[-1],
        rng=seed,
    )


def by_hand(name: str, T: int, literal: bool = False) -> hand.Layers:
    sizes, f, _, dloss = NETWORKS[name]
    return hand.sgd_neural_net(*points(name), T, sizes, f, dloss, falling, 0, literal)


@pytest.mark.parametrize("name", NETWORKS)
def test_lines_1_to_3_initial_weights(name: str) -> None:
    """With T = 0 the weights are those that the same draws give by hand."""
    drawn = hand.drawn_weights(NETWORKS[name][0], np.random.default_rng(0))
    for (W, W0), (V, V0) in zip(trained(name, 0), drawn, strict=True):
        same(W, V)
        same(W0, V0[:, 0])


@pytest.mark.parametrize("T", [1, 2, 60])
@pytest.mark.parametrize("name", NETWORKS)
def test_sgd_neural_net(name: str, T: int) -> None:
    """Weights after T steps are those of the transcription that differentiates before updating."""
    for (W, W0), (V, V0) in zip(trained(name, T), by_hand(name, T), strict=True):
        same(W, V)
        same(W0, V0[:, 0])


@pytest.mark.parametrize("name", ["tanh, squared", "relu and sigmoid, NLLM"])
def test_sgd_neural_net_literal_reading(name: str) -> None:
    """Line 14 with weights already updated in line 20 trains another network below layer L."""
    engine, literal = trained(name, 1), by_hand(name, 1, literal=True)
    same(engine[-1][0], literal[-1][0])
    same(engine[-1][1], literal[-1][1][:, 0])
    assert np.abs(engine[0][0] - literal[0][0]).max() > 1e-4
    # One layer has no line 14 for l < L, and no difference.
    [(W, _)], [(V, _)] = trained("one linear layer", 9), by_hand("one linear layer", 9, True)
    same(W, V)


@pytest.mark.parametrize("f", ["linear", "relu", "tanh", "sigmoid", "softmax"])
def test_lines_14_to_18_gradients(f: str) -> None:
    """The four gradients of the lines, each as the chapter multiplies it out, for two layers."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((3, 1)), rng.standard_normal((2, 1))
    (W1, b1), (W2, b2) = hand.drawn_weights((3, 4, 2), rng)
    act, slope = hand.ACTIVATIONS[f]
    Z1 = W1.T @ x + b1
    A1 = act(Z1)
    A2 = act(W2.T @ A1 + b2)
    dZ2 = slope(W2.T @ A1 + b2) @ (2 * (A2 - y))
    dZ1 = slope(Z1) @ (W2 @ dZ2)

    leaves = [Tensor(v, requires_grad=True) for v in (W1, b1[:, 0], W2, b2[:, 0])]
    z1 = x.T @ leaves[0] + leaves[1]
    a1 = ENGINE[f](z1)
    for t in (z1, a1):
        t.retain_grad()
    a2 = ENGINE[f](a1 @ leaves[2] + leaves[3])
    nn.SquaredLoss("sum")(a2, y.T).backward()
    expected = x @ dZ1.T, dZ1[:, 0], A1 @ dZ2.T, dZ2[:, 0]
    for leaf, by_chapter in zip(leaves, expected, strict=True):
        same(leaf.grad, by_chapter)
    same(z1.grad, dZ1.T)
    same(a1.grad, (W2 @ dZ2).T)


def test_initial_statistics() -> None:
    """W is Gaussian of variance 1/m, the other reading of standard deviation 1/m; W0 of 1."""
    stats = pytest.importorskip("scipy.stats")
    m, n = 50, 4000
    for name, std in (("chapter", m**-0.5), ("chapter_std", 1 / m)):
        layer = nn.Linear(m, n, init=name, init_offset="normal", rng=0)
        W, W0 = np.asarray(layer.W.data), np.asarray(layer.W0.data)
        assert abs(W.mean()) < 4 * std / W.size**0.5
        assert abs(W.std() / std - 1) < 4 / (2 * W.size) ** 0.5
        assert stats.kstest(W.ravel() / std, "norm").pvalue > 1e-3
        assert stats.kstest(W0, "norm").pvalue > 1e-3


def test_study_question_expected_z_for_an_input_of_ones() -> None:
    """Each z has mean 0, and without offset variance 1, as many inputs as there may be."""
    for m in (1, 10, 1000):
        z = nn.Linear(m, 2000, bias=False, rng=m)(np.ones((1, m))).numpy()
        assert abs(z.mean()) < 4 / 2000**0.5
        assert abs(z.var() - 1) < 4 * (2 / 2000) ** 0.5


def train_tanh(init: str) -> nn.Sequential:
    rng = np.random.default_rng(2)
    X = rng.standard_normal((20, 3))
    y = np.sin(X[:, :1]) + X[:, 1:2] ** 2
    net = nn.Sequential(
        nn.Linear(3, 4, init=init, rng=rng), nn.Tanh(), nn.Linear(4, 1, init=init, rng=rng)
    )
    update = optim.SGD(net.parameters(), lr=0.05)
    for _ in range(200):
        update.zero_grad()
        nn.SquaredLoss()(net(X), y).backward()
        update.step()
    return net


def test_symmetry_of_equal_weights() -> None:
    """Units that start equal stay equal while they learn; random ones differ."""
    equal, random = train_tanh("ones"), train_tanh("chapter")
    W, V = np.asarray(equal[0].W.data), np.asarray(equal[2].W.data)
    assert np.abs(W - 1).max() > 0.1  # they did learn
    same(W, np.repeat(W[:, :1], 4, axis=1))
    same(V, np.repeat(V[:1], 4, axis=0))
    other = np.asarray(random[0].W.data)
    assert np.abs(other - other[:, :1]).max() > 0.1


@pytest.mark.parametrize(("f", "factor"), [("tanh", 500.0), ("sigmoid", 1000.0)])
def test_large_initial_weights_saturate(f: str, factor: float) -> None:
    """Large weights put z where f is flat: the slopes, and with them the gradients, vanish."""
    rng = np.random.default_rng(3)
    X, W = rng.standard_normal((30, 5)), rng.standard_normal((5, 6)) / 5**0.5

    def slopes(scale: float) -> Any:
        z = Tensor(X @ (scale * W), requires_grad=True)
        ENGINE[f](z).sum().backward()
        return z.grad

    a = {"tanh": np.tanh, "sigmoid": hand.sigmoid}[f](X @ W)
    same(slopes(1.0), 1 - a**2 if f == "tanh" else a * (1 - a))
    assert np.median(slopes(factor).data) < 1e-30
    assert np.median(slopes(1.0).data) > 0.1


def test_study_question_expected_z_under_the_other_readings() -> None:
    """With standard deviation 1/m z has variance 1/m; offsets of line 3 add 1 to either."""
    m, n = 100, 5000
    for options, variance in (
        ({"init": "chapter_std"}, 1 / m),
        ({"init": "chapter", "init_offset": "normal"}, 2.0),
        ({"init": "chapter_std", "init_offset": "normal"}, 1 + 1 / m),
    ):
        z = nn.Linear(m, n, rng=4, **options)(np.ones((1, m))).numpy()
        assert abs(z.mean()) < 4 * (variance / n) ** 0.5
        assert abs(z.var() / variance - 1) < 4 * (2 / n) ** 0.5


def test_printed_order_of_lines_14_15_and_17_does_not_fit() -> None:
    """In columns the later factor stands on the left; the printed products do not exist."""
    rng = np.random.default_rng(6)
    (_, _), (W2, _) = hand.drawn_weights((3, 4, 2), rng)
    dZ2, dA1, slope = rng.standard_normal((2, 1)), rng.standard_normal((4, 1)), np.eye(4)
    A0, dZ1 = rng.standard_normal((3, 1)), rng.standard_normal((4, 1))
    for printed in ((dZ2, W2), (dA1, slope), (dZ1, A0)):
        with pytest.raises(ValueError, match="mismatch"):
            printed[0] @ printed[1]
    assert (W2 @ dZ2).shape == dA1.shape == (slope @ dA1).shape
    assert (A0 @ dZ1.T).shape == (3, 4)


def test_line_5_draws_with_replacement_and_epochs_do_not() -> None:
    """n steps of SGD-NEURAL-NET miss some points; an epoch of fit takes each once."""
    n = 30
    X, seen = np.arange(float(n))[:, None], []

    def loss(a: Tensor, y: Any) -> Any:
        seen.append(int(y[0, 0]))
        return (a * 0.0).sum()

    optim.sgd_neural_net((X, X), n, 1, (1,), (ENGINE["linear"],), Loss=loss, eta=0.1, rng=1)
    rng = np.random.default_rng(1)
    rng.standard_normal(2)  # W and W0
    assert seen == [int(rng.integers(n)) for _ in range(n)]
    assert len(set(seen)) < n

    model = nn.Linear(1, 1, rng=1)
    update, drawn = optim.SGD(model.parameters(), lr=0.0), seen.copy()
    seen.clear()
    optim.fit(
        model,
        loss,
        update,
        X,
        X,
        epochs=1,
        mode="stochastic",
        rng=1,
        accuracy=False,
        progress=False,
    )
    assert sorted(seen) == list(range(n))
    assert sorted(drawn) != sorted(seen)


def test_study_question_terms_that_depend_on_f_L() -> None:
    """Another f^L leaves Z¹ … Z^L and the other A, and changes A^L, the loss and every gradient.

    Of the factors it enters ∂A^L/∂Z^L, and ∂loss/∂A^L through the place where it is taken.
    """
    rng = np.random.default_rng(8)
    x, y = rng.standard_normal((1, 3)), rng.standard_normal((1, 2))
    layers = hand.drawn_weights((3, 4, 2), rng)

    def lines_6_to_18(last: str) -> dict[str, Any]:
        weights = [
            (Tensor(W, requires_grad=True), Tensor(b.T[0], requires_grad=True)) for W, b in layers
        ]
        found: dict[str, Any] = {"A0": Tensor(x)}
        for l, (W, W0) in enumerate(weights, 1):  # noqa: E741 - the chapter's letter
            found[f"Z{l}"] = found[f"A{l - 1}"] @ W + W0
            found[f"A{l}"] = ENGINE["tanh" if l == 1 else last](found[f"Z{l}"])
            found[f"Z{l}"].retain_grad()
            found[f"A{l}"].retain_grad()
        found["loss"] = nn.SquaredLoss("sum")(found["A2"], y)
        found["loss"].backward()
        for l, (W, W0) in enumerate(weights, 1):  # noqa: E741
            found |= {f"dZ{l}": found[f"Z{l}"].grad, f"dA{l}": found[f"A{l}"].grad}
            found |= {f"dW{l}": W.grad, f"dW0{l}": W0.grad}
        return {name: np.asarray(t.data) for name, t in found.items()}

    one, other = lines_6_to_18("linear"), lines_6_to_18("sigmoid")
    same_in_both = {name for name in one if np.array_equal(one[name], other[name])}
    assert same_in_both == {"A0", "Z1", "A1", "Z2"}
    for found, slope in ((one, np.ones((1, 2))), (other, other["A2"] * (1 - other["A2"]))):
        same(found["dA2"], 2 * (found["A2"] - y))
        same(found["dZ2"], slope * found["dA2"])
