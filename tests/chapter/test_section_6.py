"""Section 6: losses, and the activations that go with them."""

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

Array = np.ndarray[Any, Any]


def test_squared_loss() -> None:
    """(guess − actual)², with gradient 2(guess − actual)."""
    rng = np.random.default_rng(0)
    g, y = rng.standard_normal((5, 1)), rng.standard_normal((5, 1))
    check_loss(nn.SquaredLoss, g, y, (g - y) ** 2, 2 * (g - y))


def test_hinge_loss() -> None:
    """max(1 − guess·actual, 0), with gradient −actual inside the margin and 0 beyond it."""
    g = np.array([[2.5], [0.4], [-0.7], [-3.0], [0.2], [1.5]])
    y = np.array([[1.0], [1.0], [1.0], [-1.0], [-1.0], [-1.0]])
    value = np.array([max(1 - a * b, 0) for a, b in zip(g[:, 0], y[:, 0], strict=True)])[:, None]
    check_loss(nn.HingeLoss, g, y, value, np.where(1 - g * y > 0, -y, 0))
    assert value[0] == 0
    assert value[3] == 0


def test_negative_log_likelihood() -> None:
    """−(y log a + (1 − y) log(1 − a)), with gradient −y/a + (1 − y)/(1 − a)."""
    a = np.array([[0.1], [0.9], [0.3], [0.65]])
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    value = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    check_loss(nn.NLL, a, y, value, -y / a + (1 - y) / (1 - a))


def test_negative_log_likelihood_multiclass() -> None:
    """−Σ y log a, minus the log of the probability Π aʸ of the right class; gradient −y/a."""
    rng = np.random.default_rng(1)
    a = np.column_stack([hand.softmax(z) for z in rng.standard_normal((6, 4))])
    y = np.eye(4)[:, [0, 3, 1, 1, 2, 0]]
    value = -(y * np.log(a)).sum(0)
    check_loss(nn.NLLM, a.T, y.T, value, (-y / a).T)
    same(-np.log(np.prod(a**y, axis=0)), value)


def check_loss(loss: Any, guess: Array, actual: Array, value: Array, gradient: Array) -> None:
    """The loss of each point, their sum and mean, and the gradient of the sum."""
    t = Tensor(guess, requires_grad=True)
    same(loss("none")(t, actual), value)
    same(loss("mean")(t, actual), value.mean())
    total = loss("sum")(t, actual)
    same(total, value.sum())
    total.backward()
    same(t.grad, gradient)


Pair = tuple[Any, Callable[[Tensor], Any], Callable[[Array, Array], float], bool]
#: The table: loss, f^L, the loss of one column z by hand.
TABLE: dict[str, Pair] = {
    "squared, linear": (nn.SquaredLoss, nn.Identity(), lambda z, y: ((z - y) ** 2).sum(), True),
    "hinge, linear": (
        nn.HingeLoss,
        nn.Identity(),
        lambda z, y: np.maximum(1 - z * y, 0).sum(),
        False,
    ),
    "NLL, sigmoid": (
        nn.NLL,
        nn.Sigmoid(),
        lambda z, y: -np.log(np.where(y == 1, hand.sigmoid(z), 1 - hand.sigmoid(z))).sum(),
        True,
    ),
    "NLLM, softmax": (
        nn.NLLM,
        nn.Softmax(),
        lambda z, y: -(y * np.log(hand.softmax(z))).sum(),
        True,
    ),
}


def labels(name: str, z: Array) -> Array:
    """In columns: real numbers, ±1, 0 or 1, one-hot."""
    rng = np.random.default_rng(2)
    if name.startswith("squared"):
        return rng.standard_normal(z.shape)
    if name.startswith("NLLM"):
        return np.eye(len(z))[:, rng.integers(0, len(z), z.shape[1])]
    signs = rng.choice([0.0, 1.0], z.shape)
    return 2 * signs - 1 if name.startswith("hinge") else signs


@pytest.mark.parametrize("name", TABLE)
def test_table_of_losses_and_activations(name: str) -> None:
    """Each pair: the value of the loss, and ∂loss/∂Z^L in its short form."""
    loss, f, by_hand, difference = TABLE[name]
    K = 3 if name.startswith("NLLM") else 1
    Z = np.random.default_rng(3).standard_normal((K, 7)) * 2
    Y = labels(name, Z)
    z = Tensor(Z.T, requires_grad=True)
    total = loss("sum")(f(z), Y.T)
    total.backward()
    same(total, sum(by_hand(Z[:, [i]], Y[:, [i]]) for i in range(7)))
    if difference:
        A = np.column_stack([np.ravel(f(Z.T[i]).data) for i in range(7)])
        same(z.grad, ((2 if name.startswith("squared") else 1) * (A - Y)).T)
    else:
        same(z.grad, np.where(1 - Z * Y > 0, -Y, 0).T)


@pytest.mark.parametrize(
    ("direct", "name"), [(nn.BCEWithLogitsLoss, "NLL, sigmoid"), (nn.CrossEntropyLoss, "NLLM, ")]
)
def test_loss_of_pre_activations(direct: Any, name: str) -> None:
    """∂loss/∂Z^L without ∂loss/∂A^L: the losses of z give f(z) − y, in one step."""
    K = 3 if name.startswith("NLLM") else 1
    Z = np.random.default_rng(4).standard_normal((K, 7)) * 2
    Y = labels(name, Z)
    f = hand.softmax if K > 1 else hand.sigmoid
    A = np.column_stack([f(Z[:, [i]]) for i in range(7)])
    z = Tensor(Z.T, requires_grad=True)
    direct("sum")(z, Y.T).backward()
    same(z.grad, (A - Y).T)


def test_study_question_nllm_of_two_classes_is_nll() -> None:
    """With a = (p, 1 − p) and y = (q, 1 − q) both losses, and both gradients by z, agree."""
    z = np.random.default_rng(5).standard_normal((8, 1)) * 3
    q = np.array([[0.0], [1.0]] * 4)
    one, two = Tensor(z, requires_grad=True), Tensor(z, requires_grad=True)
    p = ag.sigmoid(two)
    same(
        nn.NLLM("none")(ag.concatenate([p, 1 - p], axis=1), np.hstack([q, 1 - q])),
        nn.NLL("none")(ag.sigmoid(one), q).data[:, 0],
    )
    nn.NLL("sum")(ag.sigmoid(one), q).backward()
    # Softmax of (z, 0) is (sigmoid(z), 1 − sigmoid(z)).
    logits = ag.concatenate([two, np.zeros((8, 1))], axis=1)
    nn.NLLM("sum")(ag.softmax(logits), np.hstack([q, 1 - q])).backward()
    same(one.grad, hand.sigmoid(z) - q)
    same(two.grad, hand.sigmoid(z) - q)


def test_hinge_with_squared_norm_finds_the_maximum_margin() -> None:
    """Gradient descent on ½‖W‖² + Σ hinge ends at the separator of a linear SVM."""
    svm = pytest.importorskip("sklearn.svm")
    rng = np.random.default_rng(6)
    X = np.vstack([rng.uniform(-1, 1, (8, 2)) + 2.2, rng.uniform(-1, 1, (8, 2)) - 1.8])
    y = np.repeat([1.0, -1.0], 8)[:, None]
    unit = nn.Linear(2, 1, init="zeros")
    groups = [
        {"params": [unit.W], "weight_decay": 1.0},
        {"params": [unit.W0], "weight_decay": 0.0},
    ]
    update = optim.SGD(groups, lr=optim.InverseTime(0.1, decay=0.02))
    for _ in range(4000):
        update.zero_grad()
        nn.HingeLoss("sum")(unit(X), y).backward()
        update.step()
    W, W0 = np.asarray(unit.W.data)[:, 0], np.asarray(unit.W0.data)
    best = svm.SVC(kernel="linear", C=1.0, tol=1e-8).fit(X, y[:, 0])
    np.testing.assert_allclose(W, best.coef_[0], rtol=0.03)
    np.testing.assert_allclose(W0, best.intercept_, rtol=0.03, atol=0.01)

    def margin(w: Array, w0: Any) -> float:
        return float((y[:, 0] * (X @ w + w0)).min() / np.linalg.norm(w))

    hard = svm.SVC(kernel="linear", C=1e6, tol=1e-8).fit(X, y[:, 0])
    assert margin(W, W0) == pytest.approx(margin(hard.coef_[0], hard.intercept_), rel=0.03)


def test_hinge_loss_at_exactly_1() -> None:
    """On the margin the loss is 0, and so is the derivative, of all between −actual and 0."""
    y = np.array([[1.0], [-1.0]])
    check_loss(nn.HingeLoss, y.copy(), y, np.zeros((2, 1)), np.zeros((2, 1)))


@pytest.mark.parametrize(("threshold", "labels"), [(0.5, (0.0, 1.0)), (0.0, (-1.0, 1.0))])
def test_zero_one_loss(threshold: float, labels: tuple[float, float]) -> None:
    """1 for a wrong guess and 0 for a right one, with no slope: backward is refused."""
    guess = np.array([[-0.7], [0.1], [0.6], [0.9]])
    y = np.array([[labels[0]], [labels[1]], [labels[0]], [labels[1]]])
    value = np.where((guess > threshold) == (y == labels[1]), 0.0, 1.0)
    same(nn.ZeroOneLoss("none", threshold=threshold)(guess, y), value)
    same(nn.ZeroOneLoss("mean", threshold=threshold)(guess, y), value.mean())
    t = Tensor(guess, requires_grad=True)
    with pytest.raises(ag.AutogradError):
        nn.ZeroOneLoss("sum", threshold=threshold)(t, y).backward()
    moved = nn.ZeroOneLoss("none", threshold=threshold)(guess + 1e-6, y)
    same(moved, value)


def test_nllm_with_a_guess_of_zero() -> None:
    """As printed 0·log 0 is NaN; here a wrong class of probability 0 costs 0, the right one ∞."""
    a, y = np.array([[0.0, 0.25, 0.75]]), np.array([[0.0, 1.0, 0.0]])
    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.isnan(-(y * np.log(a)).sum())
    same(nn.NLLM("sum")(a, y), -np.log(0.25))
    with np.errstate(divide="ignore"):
        assert nn.NLLM("sum")(a, [[1.0, 0.0, 0.0]]).item() == np.inf


def test_squared_loss_of_several_outputs() -> None:
    """The sum is over points and outputs; the mean divides by both their numbers."""
    rng = np.random.default_rng(9)
    A, Y = rng.standard_normal((3, 5)), rng.standard_normal((3, 5))  # K × n
    J = sum(float(np.sum((A[:, i] - Y[:, i]) ** 2)) for i in range(5))
    same(nn.SquaredLoss("sum")(A.T, Y.T), J)
    same(nn.SquaredLoss("mean")(A.T, Y.T), J / (5 * 3))


def test_hinge_with_a_large_penalty_trades_the_margin() -> None:
    """Every λ small enough gives the separator of the largest margin; a large one another."""
    svm = pytest.importorskip("sklearn.svm")
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.4], [4.0, 0.0], [5.0, 3.0]])
    y = np.array([-1.0, -1.0, 1.0, 1.0, 1.0])

    def direction(weight_decay: float) -> Array:
        w = svm.SVC(kernel="linear", C=1 / weight_decay, tol=1e-8).fit(X, y).coef_[0]
        return w / np.linalg.norm(w)

    same(direction(1e-6), direction(1e-4), 1e-4)
    assert np.abs(direction(10.0) - direction(1e-4)).max() > 0.05
