"""SGD-NEURAL-NET and MINI-BATCH-SGD against the chapter's lines, written out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError, ShapeError

Array = Any
T = 60


def eta(t: int) -> float:
    return 0.3 / t**0.5


def data(rng: np.random.Generator, outputs: int = 2) -> tuple[Array, Array]:
    return rng.standard_normal((10, 3)), rng.standard_normal((10, outputs))


def by_hand(
    X: Array, Y: Array, m: list[int], n_L: int, seed: int, *, literally: bool
) -> list[tuple[Array, Array]]:
    """Lines 1 to 21 in the chapter's columns, with tanh, the identity and squared loss.

    Literally read, line 20 changes Wˡ before line 14 uses it for the layer below.
    """
    rng = np.random.default_rng(seed)
    L = len(m)
    sizes = [*m, n_L]
    W, W0 = [], []
    for l in range(L):  # noqa: E741
        W.append(rng.standard_normal((sizes[l], sizes[l + 1])) * np.sqrt(1 / m[l]))
        W0.append(rng.standard_normal(sizes[l + 1])[:, None])
    for t in range(1, T + 1):
        i = int(rng.integers(len(X)))
        A = [X[i][:, None]]
        for l in range(L):  # noqa: E741
            Z = W[l].T @ A[l] + W0[l]
            A.append(np.tanh(Z) if l < L - 1 else Z)
        dA = 2 * (A[L] - Y[i][:, None])
        for l in reversed(range(L)):  # noqa: E741
            dZ = dA * (1 - A[l + 1] ** 2) if l < L - 1 else dA
            dW, dW0 = A[l] @ dZ.T, dZ
            below = W[l] @ dZ
            W[l] = W[l] - eta(t) * dW
            W0[l] = W0[l] - eta(t) * dW0
            dA = W[l] @ dZ if literally else below
    return [(w, w0[:, 0]) for w, w0 in zip(W, W0, strict=True)]


def squared(a: Any, y: Any) -> Any:
    return ((a - y) ** 2).sum()


def test_sgd_neural_net_is_the_pseudo_code(rng: np.random.Generator) -> None:
    """Weights after 60 steps are those of the lines, with gradients before the update."""
    X, Y = data(rng)
    found = optim.sgd_neural_net(
        (X, Y), T, 2, (3, 5), (ag.tanh, lambda z: z), Loss=squared, eta=eta, rng=4
    )
    wanted = by_hand(X, Y, [3, 5], 2, 4, literally=False)
    literal = by_hand(X, Y, [3, 5], 2, 4, literally=True)
    for (W, W0), (V, V0), (U, _) in zip(found, wanted, literal, strict=True):
        np.testing.assert_allclose(W, V, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(W0, V0, rtol=1e-10, atol=1e-12)
        assert not np.allclose(W, U, rtol=1e-3)


def test_weights_are_drawn_as_in_lines_2_and_3() -> None:
    """Without steps: W of variance 1/m, W0 of variance 1."""
    m = 400
    ((W, W0),) = optim.sgd_neural_net(
        (np.zeros((1, m)), np.zeros((1, 900))), 0, 1, [m], [ag.tanh], Loss=squared, eta=1.0, rng=0
    )
    assert W.shape == (m, 900)
    assert np.std(W) == pytest.approx(1 / np.sqrt(m), rel=0.01)
    assert np.std(W0) == pytest.approx(1.0, rel=0.1)


def test_classes_with_softmax_and_nllm_are_learned(rng: np.random.Generator) -> None:
    """Class indices need n_L; modules of nn serve as f and Loss."""
    y = np.repeat([0, 1, 2], 20)
    X = rng.standard_normal((60, 2)) * 0.3 + np.array([[0, 2], [2, 0], [-2, -2]])[y]
    f = (nn.ReLU(), nn.Softmax())
    weights = optim.sgd_neural_net(
        (X, y), 1500, 2, (2, 8), f, Loss=nn.NLLM(), eta=0.05, n_L=3, rng=1
    )
    assert optim.accuracy(optim.neural_net(X, weights, f), y) == 1.0


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"L": 3}, ArgumentError, "L is 3, and there are 2 sizes m, 2 functions"),
        ({"m": (3, 0)}, ArgumentError, r"m\[1\] is 0"),
        ({"m": (4, 5)}, ShapeError, r"X has shape \(10, 3\); with m\[0\] = 4"),
        ({"T": -1}, ArgumentError, "T is -1"),
        ({"eta": float("nan")}, ArgumentError, "lr is nan"),
        ({"D_n": (np.zeros((10, 3)), np.zeros(10))}, ArgumentError, "give n_L"),
        ({"D_n": (np.zeros((0, 3)), np.zeros((0, 2)))}, ArgumentError, "empty"),
        ({"D_n": (np.zeros((5, 3)), np.zeros((4, 2)))}, ArgumentError, "5 points"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    change: dict[str, Any], kind: type[Exception], words: str, rng: np.random.Generator
) -> None:
    """The error has the chapter's names."""
    arguments = {
        "D_n": data(rng),
        "T": 1,
        "L": 2,
        "m": (3, 5),
        "f": (ag.tanh, ag.tanh),
        "Loss": squared,
        "eta": 0.1,
    } | change
    with pytest.raises(kind, match=words):
        optim.sgd_neural_net(**arguments)


# -- MINI-BATCH-SGD -------------------------------------------------------------------------------


def linear_by_hand(X: Array, Y: Array, W: Array, W0: Array, k: int, epochs: int) -> Any:
    """The loop with a sum over the points, for a linear unit with squared loss."""
    rng = np.random.default_rng(9)
    t = 0
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for i in range(1, len(X) // k + 1):
            rows = order[(i - 1) * k : i * k]
            t += 1
            g, g0 = np.zeros_like(W), np.zeros_like(W0)
            for x, y in zip(X[rows], Y[rows], strict=True):
                dZ = 2 * (x @ W + W0 - y)
                g, g0 = g + np.outer(x, dZ), g0 + dZ
            W, W0 = W - eta(t) * 0.01 * g, W0 - eta(t) * 0.01 * g0
    return W, W0


@pytest.mark.parametrize(
    "loss",
    [
        squared,
        nn.SquaredLoss(),
        nn.SquaredLoss("sum"),
        nn.SquaredLoss("none"),
        lambda a, y: (a - y) ** 2,
    ],
    ids=["sum", "nn mean", "nn sum", "nn none", "each"],
)
def test_mini_batch_sgd_sums_over_the_points(loss: Any, rng: np.random.Generator) -> None:
    """⌊n/k⌋ updates an epoch, each by the sum of the gradients, whatever the loss reduces to."""
    X, Y = data(rng, 1)
    net = nn.Linear(3, 1, rng=0)
    wanted = linear_by_hand(X, Y, net.W.numpy().copy(), net.W0.numpy().copy(), 4, 5)
    found = optim.mini_batch_sgd(
        net, (X, Y), 4, Loss=loss, eta=lambda t: eta(t) * 0.01, epochs=5, rng=9
    )
    for mine, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-10)
    assert np.array_equal(found[0], net.W.numpy())
    assert not np.may_share_memory(found[0], net.W.numpy())


def test_k_of_n_is_batch_gradient_descent(rng: np.random.Generator) -> None:
    """The chapter's study question: with k = n each step is one of batch gradient descent."""
    X, Y = data(rng, 1)
    net = nn.Linear(3, 1, rng=0)
    W, W0 = net.W.numpy().copy(), net.W0.numpy().copy()
    dZ = 2 * (X @ W + W0 - Y)
    optim.mini_batch_sgd(net, (X, Y), 10, Loss=squared, eta=0.01, epochs=1)
    np.testing.assert_allclose(net.W.numpy(), W - 0.01 * X.T @ dZ)
    np.testing.assert_allclose(net.W0.numpy(), W0 - 0.01 * dZ.sum(axis=0))


def test_done_decides_when_it_ends(rng: np.random.Generator) -> None:
    """``while not done`` asks with the number of finished epochs."""
    asked = []

    def done(epoch: int, net: Any) -> bool:
        asked.append(epoch)
        return epoch == 2

    net = nn.Linear(3, 1, rng=0)
    optim.mini_batch_sgd(net, data(rng, 1), 5, Loss=squared, eta=0.01, done=done)
    assert asked == [0, 1, 2]


def test_a_loss_that_averages_is_refused(rng: np.random.Generator) -> None:
    """A mean over the mini-batch would make the steps k times too small, without a word."""
    net = nn.Linear(3, 1, rng=0)
    with pytest.raises(ArgumentError, match="add up the points"):
        optim.mini_batch_sgd(
            net, data(rng, 1), 5, Loss=lambda a, y: ((a - y) ** 2).mean(), eta=0.1, epochs=1
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": 0}, "mini_batch_sgd: k is 0"),
        ({"k": 11}, "mini_batch_sgd: k is 11, above the number of points 10"),
        ({"epochs": None}, "one of epochs and done"),
        ({"done": lambda epoch, net: True}, "one of epochs and done"),
        ({"epochs": -1}, "epochs is -1"),
        ({"eta": -1.0}, "lr is -1"),
    ],
)
def test_mini_batch_arguments_out_of_range(
    change: dict[str, Any], words: str, rng: np.random.Generator
) -> None:
    """The error says which."""
    arguments = {"k": 5, "Loss": squared, "eta": 0.1, "epochs": 1} | change
    with pytest.raises(ArgumentError, match=words):
        optim.mini_batch_sgd(nn.Linear(3, 1, rng=0), data(rng, 1), **arguments)


def test_data_may_be_a_list_of_pairs(rng: np.random.Generator) -> None:
    """The chapter's D_n = {(x, y), …}."""
    X, Y = data(rng)
    for given in ((X, Y), [X, Y], list(zip(X, Y, strict=True))):
        found = optim.sgd_neural_net(given, 5, 1, (3,), (ag.tanh,), Loss=squared, eta=0.1, rng=1)
        net = nn.Linear(3, 2, rng=0)
        batches = optim.mini_batch_sgd(net, given, 5, Loss=squared, eta=0.01, epochs=2, rng=1)
        if given[0] is X and isinstance(given, tuple):
            wanted, weights = found, batches
        assert np.array_equal(found[0][0], wanted[0][0])
        assert np.array_equal(batches[0], weights[0])


def test_nothing_moves_before_the_first_line(rng: np.random.Generator) -> None:
    """No epoch: running statistics and random generators are as before."""
    net = nn.Sequential(nn.BatchNorm(3), nn.Dropout(0.5, rng=1), nn.Linear(3, 1, rng=0))
    before, draws = net.state_dict(), net[1].rng.bit_generator.state
    optim.mini_batch_sgd(net, data(rng, 1), 5, Loss=squared, eta=0.1, epochs=0)
    assert all(np.array_equal(v, before[k]) for k, v in net.state_dict().items())
    assert net[1].rng.bit_generator.state == draws
    assert net.training


def test_a_float32_network_computes_in_float32(rng: np.random.Generator) -> None:
    """Data is converted to the dtype of the network, as in fit."""
    seen = set()

    def loss(a: Any, y: Any) -> Any:
        seen.update({a.dtype, y.dtype})
        return squared(a, y)

    net = nn.Linear(3, 1, rng=0).astype("float32")
    optim.mini_batch_sgd(net, data(rng, 1), 5, Loss=loss, eta=0.01, epochs=1)
    assert seen == {np.dtype(np.float32)}
