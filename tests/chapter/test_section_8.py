"""Section 8: early stopping, weight decay, input noise, dropout, batch normalization."""

from __future__ import annotations

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


def test_early_stopping() -> None:
    """Training ends once validation gets no better, with the weights of the lowest loss."""
    rng = np.random.default_rng(1)
    X, V = rng.standard_normal((12, 10)), rng.standard_normal((12, 200))
    true = rng.standard_normal((12, 1)) * 0.3
    Y, U = true.T @ X + 1.5 * rng.standard_normal((1, 10)), true.T @ V

    W, W0, losses, kept = np.zeros((12, 1)), np.zeros((1, 1)), [], []
    for _ in range(200):
        d = 2 * (W.T @ X + W0 - Y) / 10
        W, W0 = W - 0.05 * X @ d.T, W0 - 0.05 * d.sum(1, keepdims=True)
        losses.append(((W.T @ V + W0 - U) ** 2).mean())
        kept.append((W, W0))
    best = int(np.argmin(losses))
    assert 0 < best < 150
    assert losses[-1] > 1.2 * losses[best]

    model = nn.Linear(12, 1, init="zeros")
    history = optim.fit(
        model,
        nn.SquaredLoss(),
        optim.SGD(model.parameters(), lr=0.05),
        X.T,
        Y.T,
        epochs=200,
        mode="batch",
        shuffle=False,
        validation=(V.T, U.T),
        early_stopping=optim.EarlyStopping(patience=5),
        progress=False,
    )
    assert len(history) == best + 1 + 5
    same(np.array(history.validation_loss), np.array(losses[: best + 6]))
    same(model.W, kept[best][0])
    same(model.W0, kept[best][1][:, 0])
    assert all(a > b for a, b in zip(history.train_loss, history.train_loss[1:], strict=False))


def test_weight_decay_is_decay_then_step() -> None:
    """W(1 − λη) − η∇Loss, over 1,000 recorded gradients."""
    rng = np.random.default_rng(2)
    g, start = list(rng.standard_normal((1000, 3, 2))), rng.standard_normal((3, 2))

    def eta(t: int) -> float:
        return 0.1 / (1 + 0.001 * t)

    W = Tensor(start, requires_grad=True)
    update = optim.SGD([W], lr=eta, weight_decay=0.3)
    for each in g:
        W.grad = Tensor(each)
        update.step()
    same(W, hand.descent(start, g, eta, decay=0.3))


def test_weight_decay_is_the_gradient_of_half_the_penalty() -> None:
    """λ‖W‖² contributes 2λW to the gradient, so the printed update has λ/2·‖W‖² for penalty."""
    rng = np.random.default_rng(3)
    X, Y, start = rng.standard_normal((3, 6)), rng.standard_normal((2, 6)), np.ones((3, 2))
    g = 2 * X @ (start.T @ X - Y).T
    for factor in (1.0, 0.5):
        W = Tensor(start, requires_grad=True)
        J = nn.SquaredLoss("sum")(X.T @ W, Y.T) + factor * 0.3 * ag.sum(ag.square(W))
        J.backward()
        same(W.grad, g + 2 * factor * 0.3 * start)
        optim.SGD([W], lr=0.01).step()
        same(W, start * (1 - 2 * factor * 0.3 * 0.01) - 0.01 * g)


def noisy_data() -> tuple[Array, Array]:
    rng = np.random.default_rng(4)
    X = rng.standard_normal((2, 40))
    return X, np.array([[2.0, -1.0]]) @ X + 0.2 * rng.standard_normal((1, 40))


def test_input_noise_step_by_step() -> None:
    """x + ε with new normal ε before each gradient, from the given generator."""
    X, Y = noisy_data()
    model = nn.Linear(2, 1, bias=False, rng=0)
    W, rng = np.array(model.W.data), np.random.default_rng(5)
    optim.fit(
        model,
        nn.SquaredLoss("sum"),
        optim.SGD(model.parameters(), lr=0.005),
        X.T,
        Y.T,
        epochs=30,
        mode="batch",
        shuffle=False,
        input_noise=0.4,
        rng=5,
        progress=False,
    )
    for _ in range(30):
        noisy = X + 0.4 * rng.standard_normal((40, 2)).T
        W = W - 0.005 * 2 * noisy @ (W.T @ noisy - Y).T
    same(model.W, W)


def test_input_noise_acts_as_ridge_regression() -> None:
    """On a linear unit noise of variance s² leads to the ridge solution with λ = n s²."""
    X, Y = noisy_data()
    s, n = 0.7, 40
    model = nn.Linear(2, 1, bias=False, init="zeros")
    path: list[Array] = []
    optim.fit(
        model,
        nn.SquaredLoss("sum"),
        optim.SGD(model.parameters(), lr=0.001),
        X.T,
        Y.T,
        epochs=3000,
        mode="batch",
        input_noise=s,
        rng=6,
        progress=False,
        accuracy=False,
        callbacks=[lambda run: path.append(np.array(model.W.data))],
    )
    ridge = np.linalg.solve(X @ X.T + n * s**2 * np.eye(2), X @ Y.T)
    plain = np.linalg.solve(X @ X.T, X @ Y.T)
    mean = np.mean(path[200:], axis=0)
    np.testing.assert_allclose(mean, ridge, rtol=0.03)
    assert np.abs(plain - ridge).max() > 0.4


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_dropout_in_training(p: float) -> None:
    """a = f(z) * d with d of the generator, one mask an example; today also divided by 1 − p."""
    Z = np.random.default_rng(7).standard_normal((6, 5))
    D = (np.random.default_rng(8).random((5, 6)) >= p).astype(float).T
    assert 0 < D.sum() < D.size
    assert len({tuple(column) for column in D.T}) > 1
    for scaling, factor in (("test", 1.0), ("train", 1 / (1 - p))):
        drop = nn.Dropout(p, rng=8, scaling=scaling)
        z = Tensor(Z.T, requires_grad=True)
        a = drop(ag.tanh(z))
        a.sum().backward()
        same(a, (np.tanh(Z) * D * factor).T)
        same(z.grad, ((1 - np.tanh(Z) ** 2) * D * factor).T)


def test_dropout_in_evaluation() -> None:
    """Activations times the share that is kept equal the next weights times it."""
    rng = np.random.default_rng(9)
    A, W, W0 = rng.standard_normal((6, 5)), rng.standard_normal((6, 3)), rng.standard_normal((3, 1))
    layer = nn.Linear(6, 3)
    layer.W.assign(W, "a test")
    layer.W0.assign(W0[:, 0], "a test")
    kept = 0.7
    chapter = nn.Sequential(nn.Dropout(1 - kept, rng=0, scaling="test"), layer).eval()
    usual = nn.Sequential(nn.Dropout(1 - kept, rng=0), layer).eval()
    same(chapter(A.T), ((kept * W).T @ A + W0).T)
    same(usual(A.T), (W.T @ A + W0).T)


@pytest.mark.parametrize("scaling", ["test", "train"])
def test_dropout_keeps_the_average_activation(scaling: str) -> None:
    """The mean over masks is what evaluation gives."""
    drop = nn.Dropout(0.3, rng=10, scaling=scaling)
    a = np.array([0.5, -1.0, 2.0])
    mean = drop(np.tile(a, (20000, 1))).numpy().mean(0)
    np.testing.assert_allclose(mean, drop.eval()(a).numpy(), rtol=0.03)


@pytest.mark.parametrize("scaling", ["test", "train"])
def test_study_question_a_dropped_unit_gets_no_update(scaling: str) -> None:
    """On one point: the weights into and out of a dropped unit stay, bit for bit."""
    net = nn.Sequential(
        nn.Linear(3, 8, rng=1),
        nn.Tanh(),
        nn.Dropout(0.5, rng=2, scaling=scaling),
        nn.Linear(8, 2, rng=3),
    )
    dropped = np.random.default_rng(2).random((1, 8))[0] < 0.5
    assert 0 < dropped.sum() < 8
    before = [np.array(p.data) for p in net.parameters()]
    update = optim.SGD(net.parameters(), lr=0.1)
    nn.SquaredLoss("sum")(net([[1.0, -0.5, 2.0]]), [[3.0, -3.0]]).backward()
    update.step()
    moved = [np.asarray(p.data) != old for p, old in zip(net.parameters(), before, strict=True)]
    expected = ~dropped
    np.testing.assert_array_equal(moved[0], np.tile(expected, (3, 1)))
    np.testing.assert_array_equal(moved[1], expected)
    np.testing.assert_array_equal(moved[2], np.tile(expected[:, None], (1, 2)))
    assert moved[3].all()


def normalized(eps: float, constant: bool = False) -> tuple[Any, ...]:
    """Z, ∂L/∂Ẑ, G, B in columns, the layer after a backward pass, z and Ẑ."""
    rng = np.random.default_rng(11)
    Z = rng.standard_normal((3, 7)) * [[1.0], [5.0], [0.2]] + [[0.0], [4.0], [-1.0]]
    if constant:
        Z[1] = 0.5
    g, G, B = rng.standard_normal((3, 7)), rng.standard_normal((3, 1)), rng.standard_normal((3, 1))
    layer = nn.BatchNorm(3, eps=eps)
    layer.G.assign(G[:, 0], "a test")
    layer.B.assign(B[:, 0], "a test")
    z = Tensor(Z.T, requires_grad=True)
    Z_hat = layer(z)
    Z_hat.backward(g.T)
    return Z, g, G, B, layer, z, Z_hat


EPS = pytest.mark.parametrize("eps", [0.0, 1e-5, 0.1])


@EPS
def test_batch_normalization_forward(eps: float) -> None:
    """μ, σ, Z̄ and Ẑ over the points of a mini-batch; the variance is that of K, not K − 1."""
    Z, _, G, B, layer, _, Z_hat = normalized(eps)
    by_hand, _, mu, sigma = hand.batch_norm(Z, G, B, eps)
    same(Z_hat, by_hand.T)
    same(layer.running_mean, 0.1 * mu[:, 0])
    same(layer.running_var, 0.9 + 0.1 * sigma[:, 0] ** 2 * 7 / 6)
    if not eps:
        bar = (np.asarray(Z_hat.data).T - B) / G
        assert np.abs(bar.mean(1)).max() < 1e-12
        same(bar.std(1), np.ones(3))


@EPS
def test_batch_normalization_dL_dB(eps: float) -> None:
    """∂L/∂B is the sum of ∂L/∂Ẑ over the batch."""
    _, g, _, _, layer, _, _ = normalized(eps)
    same(layer.B.grad, g.sum(1))


@EPS
def test_batch_normalization_dL_dG(eps: float) -> None:
    """∂L/∂G is the sum of ∂L/∂Ẑ·Z̄ over the batch."""
    Z, g, G, B, layer, _, _ = normalized(eps)
    same(layer.G.grad, (g * hand.batch_norm(Z, G, B, eps)[1]).sum(1))


@EPS
def test_batch_normalization_dL_dZ(eps: float) -> None:
    """With ε = 0 the printed formula, with ε > 0 the one that keeps ε."""
    Z, g, G, _, _, z, _ = normalized(eps)
    same(z.grad, hand.batch_norm_dZ(Z, g, G, eps).T)


def test_batch_normalization_small_parts() -> None:
    """∂μ/∂Z = 1/K and ∂σ/∂Z = (Z − μ)/(Kσ)."""
    Z = normalized(0.0)[0]
    _, _, mu, sigma = hand.batch_norm(Z, np.ones((3, 1)), np.zeros((3, 1)), 0.0)
    for function, expected in ((ag.mean, np.full((3, 7), 1 / 7)), (ag.std, (Z - mu) / (7 * sigma))):
        z = Tensor(Z.T, requires_grad=True)
        function(z, axis=0).sum().backward()
        same(z.grad, expected.T)


def test_batch_normalization_dZhat_dZ() -> None:
    """∂Ẑᵢₖ/∂Zᵢⱼ = Gᵢ·((δⱼₖ − 1/K)/σᵢ − (Zᵢₖ − μᵢ)/σᵢ²·∂σᵢ/∂Zᵢⱼ), and 0 across units."""
    Z, _, G, B, layer, _, _ = normalized(0.0)
    _, _, mu, sigma = hand.batch_norm(Z, G, B, 0.0)
    n, K = Z.shape
    jacobian = np.asarray(ag.jacobian(layer)(Tensor(Z.T)).data)  # (k, i', j, i)
    by_hand = np.zeros((K, n, K, n))
    for i, j, k in np.ndindex(n, K, K):
        dsigma = (Z[i, j] - mu[i, 0]) / (K * sigma[i, 0])
        first = ((j == k) - 1 / K) / sigma[i, 0]
        by_hand[k, i, j, i] = G[i, 0] * (first - (Z[i, k] - mu[i, 0]) / sigma[i, 0] ** 2 * dsigma)
    same(jacobian, by_hand)


@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_batch_normalization_of_a_constant_unit(eps: float) -> None:
    """σ = 0: the output is B, and ∂L/∂Z is finite and that of the formula."""
    Z, g, G, B, _, z, Z_hat = normalized(eps, constant=True)
    same(Z_hat, hand.batch_norm(Z, G, B, eps)[0].T)
    same(np.asarray(Z_hat.data)[:, 1], np.full(7, B[1, 0]))
    assert np.isfinite(z.grad.data).all()
    same(z.grad, hand.batch_norm_dZ(Z, g, G, eps).T)
    same(z.grad.data[:, 1], G[1, 0] / eps * (g[1] - g[1].mean()))


def test_batch_normalization_of_inputs_of_growing_scale() -> None:
    """With it the activations stay as they are; without it they saturate, and slopes vanish."""
    rng = np.random.default_rng(12)
    X, W = rng.standard_normal((4, 30)), rng.standard_normal((4, 5))
    first = np.tanh(hand.batch_norm(W.T @ X, np.ones((5, 1)), np.zeros((5, 1)), 0.0)[0])
    slopes = []
    for scale in (1.0, 10.0, 1e3, 1e5):
        w = Tensor(W, requires_grad=True)
        same(ag.tanh(nn.BatchNorm(5, eps=0.0)((scale * X).T @ w)), first.T)
        z = (scale * X).T @ w
        z.retain_grad()
        a = ag.tanh(z)
        a.sum().backward()
        same(a, np.tanh(W.T @ (scale * X)).T)
        slopes.append(float(np.median(z.grad.data)))
    assert slopes[0] > 0.05
    assert slopes == sorted(slopes, reverse=True)
    assert slopes[-1] < 1e-12


def test_lambda_of_the_sum_against_lambda_of_a_step() -> None:
    """Steps on k of n points that have λ‖W‖² in J on the average decay by 2λk/n, or 2λ/n."""
    rng = np.random.default_rng(13)
    n, lam = 12, 0.3
    X, Y, W = rng.standard_normal((3, n)), rng.standard_normal((1, n)), rng.standard_normal((3, 1))
    g = [2 * X[:, [i]] @ (W.T @ X[:, [i]] - Y[:, [i]]) for i in range(n)]
    dJ = sum(g) + 2 * lam * W

    def moved(chosen: Array, reduction: str, decay: float) -> Array:
        w = Tensor(W, requires_grad=True)
        nn.SquaredLoss(reduction)(X[:, chosen].T @ w, Y[:, chosen].T).backward()
        optim.SGD([w], lr=1.0, weight_decay=decay).step()
        return W - np.asarray(w.data)

    for k in (1, 4, n):
        parts = np.arange(n).reshape(-1, k)
        summed = [moved(part, "sum", 2 * lam * k / n) for part in parts]
        same(sum(summed), dJ)
        averaged = [moved(part, "mean", 2 * lam / n) for part in parts]
        same(np.mean(averaged, axis=0), dJ / n)
    # As printed, with all of λ at each point, the steps of an epoch belong to n λ/2 ‖W‖².
    printed = [moved(part, "sum", lam) for part in np.arange(n).reshape(-1, 1)]
    same(sum(printed), sum(g) + n * lam * W)


@pytest.mark.parametrize("decays", ["all", "W only"])
def test_which_weights_decay(decays: str) -> None:
    """As printed all do; in two groups W does, and W₀ and the G and B of 8.3 do not."""
    net = nn.Sequential(nn.Linear(2, 3, init_offset="normal", rng=1), nn.BatchNorm(3))
    before = {name: np.array(p.data) for name, p in net.named_parameters()}
    if decays == "all":
        update = optim.SGD(net.parameters(), lr=0.1, weight_decay=0.5)
    else:
        update = optim.SGD(optim.decay_groups(net.parameters(), 0.5), lr=0.1)
    for p in net.parameters():
        p.grad = Tensor(np.zeros(p.shape))
    update.step()
    for name, p in net.named_parameters():
        factor = 0.95 if decays == "all" or name.endswith("W") else 1.0
        same(p, factor * before[name])


def test_decay_then_step_is_not_what_momentum_does() -> None:
    """Momentum averages λW with the gradient; kept apart, as AdamW does, it decays, then steps."""
    g, start = [np.array([[0.5]])] * 3, np.array([[2.0]])

    def fed(make: Any) -> Array:
        w = Tensor(start, requires_grad=True)
        update = make([w])
        for each in g:
            w.grad = Tensor(each)
            update.step()
        return np.array(w.data)

    inside, V = start, np.zeros((1, 1))
    for each in g:
        V = 0.9 * V + 0.1 * (each + 0.3 * inside)
        inside = inside - V
    same(fed(lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.3)), inside)
    apart = start
    for _ in g:  # of a constant gradient m̂ is it and v̂ its square
        apart = apart * (1 - 0.1 * 0.3) - 0.1 * 0.5 / np.sqrt(0.25 + 1e-8)
    same(fed(lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.3)), apart)


def test_mean_of_the_loss_under_noise_is_ridge() -> None:
    """For a linear unit with squared loss E J = Σ(wᵀx + w₀ − y)² + n s²‖w‖²; not for tanh.

    The noise is ±s in each input, of which all combinations are taken: the mean is exact.
    """
    rng = np.random.default_rng(14)
    X, Y = rng.standard_normal((2, 6)), rng.standard_normal((1, 6))
    s, w, w0 = 0.4, np.array([[1.5], [-0.7]]), np.array([[0.3]])
    signs = s * np.array([[1, 1, -1, -1], [1, -1, 1, -1]])
    unit = nn.Linear(2, 1)
    unit.W.assign(w, "a test")
    unit.W0.assign(w0[:, 0], "a test")

    def mean(f: Any) -> tuple[float, float]:
        net = nn.Sequential(unit, f)
        noisy = [nn.SquaredLoss("sum")(net((X + e[:, None]).T), Y.T).item() for e in signs.T]
        return float(np.mean(noisy)), nn.SquaredLoss("sum")(net(X.T), Y.T).item()

    noisy, plain = mean(nn.Identity())
    same(plain, float(np.sum((w.T @ X + w0 - Y) ** 2)))
    same(noisy, plain + 6 * s**2 * float(np.sum(w**2)), 1e-12)
    noisy, plain = mean(nn.Tanh())
    assert abs(noisy - plain - 6 * s**2 * float(np.sum(w**2))) > 0.1


def test_early_stopping_is_like_ridge_and_not_the_same() -> None:
    """t steps from 0 leave 1 − (1 − ηh)ᵗ of the solution, and ridge h/(h + λ)."""
    h, eta, t = np.array([0.1, 1.0, 4.0]), 0.2, 5
    w = Tensor(np.zeros(3), requires_grad=True)
    update = optim.SGD([w], lr=eta)
    for _ in range(t):
        update.zero_grad()
        (0.5 * (h * ag.square(w - 1.0)).sum()).backward()
        update.step()
    same(w, 1 - (1 - eta * h) ** t)
    lambdas = h * (1 / np.asarray(w.data) - 1)  # of the ridge that leaves as much, by direction
    assert np.all(np.diff(w.data) > 0)
    assert lambdas.max() > 100 * lambdas.min()


def test_dropout_multiplies_the_weights_that_read_dropped_units_and_no_others() -> None:
    """E z = ((1 − p)W)ᵀa + W₀ over all masks; with W₀ scaled too it would be another."""
    rng = np.random.default_rng(15)
    p, a = 0.3, rng.standard_normal((3, 1))
    W, W0 = rng.standard_normal((3, 2)), rng.standard_normal((2, 1))
    masks = np.array(list(np.ndindex(2, 2, 2)), dtype=float).T
    chances = np.prod(np.where(masks == 1, 1 - p, p), axis=0)
    same(chances.sum(), 1.0)
    z = W.T @ (a * masks) + W0  # a column for each mask
    mean = (z @ chances)[:, None]
    same(((1 - p) * W).T @ a + W0, mean)
    assert np.abs((1 - p) * (W.T @ a + W0) - mean).max() > 0.05

    layer = nn.Linear(3, 2)
    layer.W.assign(W, "a test")
    layer.W0.assign(W0[:, 0], "a test")
    same(nn.Sequential(nn.Dropout(p, scaling="test"), layer).eval()(a.T), mean.T)
    # Past the next activation the averages differ.
    assert np.abs(np.tanh(z) @ chances - np.tanh(mean)[:, 0]).max() > 0.01


@pytest.mark.parametrize("setting", [{"momentum": 0.9}, {"weight_decay": 0.1}])
def test_a_dropped_unit_stays_only_under_plain_descent(setting: dict[str, float]) -> None:
    """Its gradient is 0, but earlier steps and the decay still move its weights."""
    layer, drop = nn.Linear(3, 8, rng=1), nn.Dropout(0.5, rng=2)
    update = optim.SGD(layer.parameters(), lr=0.1, **setting)
    draws = np.random.default_rng(2)
    dropped = [draws.random((1, 8))[0] < 0.5 for _ in range(2)]
    for _ in range(2):
        before = np.array(layer.W.data)
        update.zero_grad()
        nn.SquaredLoss("sum")(drop(layer([[1.0, -0.5, 2.0]])), np.ones((1, 8))).backward()
        update.step()
    now = dropped[1] & ~dropped[0]
    assert now.any()
    assert not np.asarray(layer.W.grad.data)[:, now].any()
    assert (np.asarray(layer.W.data) != before)[:, now].all()


def test_slope_behind_a_mask_is_not_that_of_the_masked_activation() -> None:
    """∂a/∂z = f'(z)·d is 0 for a dropped unit; tanh's 1 − a² from the dropped a would be 1."""
    z = Tensor(np.linspace(-1.0, 1.0, 6)[None], requires_grad=True)
    a = nn.Dropout(0.5, rng=2, scaling="test")(ag.tanh(z))
    a.sum().backward()
    dropped = np.random.default_rng(2).random((1, 6)) < 0.5
    assert 0 < dropped.sum() < 6
    same(z.grad, np.where(dropped, 0.0, 1 - np.tanh(np.linspace(-1.0, 1.0, 6)) ** 2))
    same(1 - np.asarray(a.data)[dropped] ** 2, np.ones(dropped.sum()))


@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_batch_normalization_with_epsilon_inside_of_the_root(eps: float) -> None:
    """Today's √(σ² + ε): the printed formula for ∂L/∂Z holds with it in the place of σ."""
    rng = np.random.default_rng(16)
    Z, g, G = rng.standard_normal((2, 5)), rng.standard_normal((2, 5)), np.array([[2.0], [-0.5]])
    layer = nn.BatchNorm(2, eps=eps, eps_inside_sqrt=True)
    layer.G.assign(G[:, 0], "a test")
    z = Tensor(Z.T, requires_grad=True)
    Z_hat = layer(z)
    Z_hat.backward(g.T)
    d = Z - Z.mean(1, keepdims=True)
    r = np.sqrt((d**2).mean(1, keepdims=True) + eps)
    same(Z_hat, (G * d / r).T)
    by_hand = np.zeros((2, 5))
    for i, j, k in np.ndindex(2, 5, 5):
        rest = (j == k) * 5 - 1 - d[i, k] * d[i, j] / r[i, 0] ** 2
        by_hand[i, j] += g[i, k] * G[i, 0] / (5 * r[i, 0]) * rest
    same(z.grad, by_hand.T)


def test_batch_normalization_makes_a_deviation_just_below_1() -> None:
    """Of mean 0 exactly, and of standard deviation σ/(σ + ε)."""
    Z, _, G, B, _, _, Z_hat = normalized(0.1)
    bar = (np.asarray(Z_hat.data).T - B) / G
    assert np.abs(bar.mean(1)).max() < 1e-12
    same(bar.std(1), Z.std(1) / (Z.std(1) + 0.1))
    assert (bar.std(1) < 0.99).all()


@pytest.mark.parametrize("momentum", [0.1, None])
def test_batch_normalization_in_evaluation(momentum: float | None) -> None:
    """The running averages of section 7.2.1 stand in for μ and σ², with γ = 0.9 or (t − 1)/t."""
    rng = np.random.default_rng(17)
    layer, mean, var = nn.BatchNorm(2, momentum=momentum), np.zeros(2), np.ones(2)
    for t in range(1, 6):
        Z = rng.standard_normal((2, 4)) * 3 + 1
        layer(Z.T)
        gamma = (t - 1) / t if momentum is None else 0.9
        mean = gamma * mean + (1 - gamma) * Z.mean(1)
        var = gamma * var + (1 - gamma) * Z.var(1, ddof=1)
    Z = rng.standard_normal((2, 1))
    bar = (Z[:, 0] - mean) / (np.sqrt(var) + 1e-5)
    same(layer.eval()(Z.T), bar[None])  # at the start G = 1 and B = 0


def test_offsets_before_batch_normalization_do_nothing() -> None:
    """μ takes W₀ away: Ẑ is the same without it, and its gradient is 0 up to rounding."""
    rng = np.random.default_rng(18)
    X, g = rng.standard_normal((6, 3)), rng.standard_normal((6, 2))
    layer, norm = nn.Linear(3, 2, init_offset="normal", rng=1), nn.BatchNorm(2)
    Z_hat = norm(layer(X))
    Z_hat.backward(g)
    same(Z_hat, np.asarray(norm(X @ layer.W.data).data))
    assert np.abs(layer.W0.grad.data).max() < 1e-13 < np.abs(layer.W.grad.data).max()


def test_points_of_a_batch_are_not_apart_under_batch_normalization() -> None:
    """The output for a point depends on the others, and one point alone is refused."""
    rng = np.random.default_rng(19)
    Z, other = rng.standard_normal((4, 2)), rng.standard_normal((4, 2))
    other[0] = Z[0]
    norm = nn.BatchNorm(2)
    assert np.abs(norm(Z).numpy()[0] - norm(other).numpy()[0]).min() > 1e-3
    with pytest.raises(ag.ShapeError, match="at least two"):
        norm(Z[:1])
    by_hand, *_ = hand.batch_norm(Z[:1].T, np.ones((2, 1)), np.full((2, 1), 0.3), 1e-5)
    same(by_hand, np.full((2, 1), 0.3))  # K = 1: σ = 0, and Ẑ = B whatever Z is
