"""Section 7: batches, running averages, and the step-size methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd_core import Tensor

from . import recurrences_by_hand as hand
from .recurrences_by_hand import same

Array = np.ndarray[Any, Any]
N = 12


def data() -> tuple[Array, Array]:
    """Points and values in columns."""
    rng = np.random.default_rng(7)
    X = rng.standard_normal((3, N))
    return X, np.array([[1.0, -2.0, 0.5]]) @ X + 0.3 + 0.1 * rng.standard_normal((1, N))


def gradient(W: Array, W0: Array, X: Array, Y: Array) -> tuple[Array, Array]:
    """Σᵢ ∇(wᵀx + w₀ − y)², a point at a time."""
    dW, dW0 = np.zeros_like(W), np.zeros_like(W0)
    for i in range(X.shape[1]):
        x = X[:, [i]]
        d = 2 * (W.T @ x + W0 - Y[:, [i]])
        dW, dW0 = dW + x @ d.T, dW0 + d
    return dW, dW0


def stepped(W: Array, W0: Array, X: Array, Y: Array, eta: float) -> tuple[Array, Array]:
    dW, dW0 = gradient(W, W0, X, Y)
    return W - eta * dW, W0 - eta * dW0


def unit() -> tuple[nn.Linear, Array, Array]:
    """A linear unit, and its weights as columns."""
    model = nn.Linear(3, 1, rng=1, init_offset="normal")
    return model, np.array(model.W.data), np.array(model.W0.data)[:, None]


def test_objective() -> None:
    """J(W) is the sum of the losses of the points, and ∇J the sum of their gradients."""
    X, Y = data()
    model, W, W0 = unit()
    J = nn.SquaredLoss("sum")(model(X.T), Y.T)
    J.backward()
    same(J, sum(((W.T @ X[:, i] + W0[0] - Y[:, i]) ** 2).item() for i in range(N)))
    same(model.W.grad, gradient(W, W0, X, Y)[0])
    same(model.W0.grad, gradient(W, W0, X, Y)[1][:, 0])


@pytest.mark.parametrize("mode", ["batch", "stochastic", "mini-batch"])
def test_update_of_batch_stochastic_and_mini_batch_descent(mode: str) -> None:
    """Each step follows the sum of the gradients over all points, one point, or k points."""
    X, Y = data()
    model, W, W0 = unit()
    optim.fit(
        model,
        nn.SquaredLoss("sum"),
        optim.SGD(model.parameters(), lr=0.01),
        X.T,
        Y.T,
        epochs=5,
        batch_size=4,
        mode=mode,
        rng=3,
        progress=False,
    )
    k = {"batch": N, "stochastic": 1, "mini-batch": 4}[mode]
    rng = np.random.default_rng(3)
    for _ in range(5):
        order = rng.permutation(N)
        for i in range(N // k):
            chosen = order[i * k : (i + 1) * k]
            W, W0 = stepped(W, W0, X[:, chosen], Y[:, chosen], 0.01)
    same(model.W, W)
    same(model.W0, W0[:, 0])


@pytest.mark.parametrize("k", [1, 5, N])
def test_mini_batch_sgd(k: int) -> None:
    """MINI-BATCH-SGD, from the same shuffles, with ⌊n/k⌋ batches an epoch."""
    X, Y = data()
    model, W, W0 = unit()
    got = optim.mini_batch_sgd(
        model, (X.T, Y.T), k, Loss=nn.SquaredLoss("sum"), eta=0.01, epochs=4, rng=9
    )
    rng = np.random.default_rng(9)
    for _ in range(4):
        order = rng.permutation(N)
        for i in range(1, N // k + 1):
            chosen = order[(i - 1) * k : i * k]
            W, W0 = stepped(W, W0, X[:, chosen], Y[:, chosen], 0.01)
    same(got[0], W)
    same(got[1], W0[:, 0])


def test_study_question_k_of_1_and_k_of_n() -> None:
    """k = 1 gives stochastic descent and k = n batch descent, to the same weights."""
    X, Y = data()
    for k, mode in ((1, "stochastic"), (N, "batch")):
        models = []
        for settings in ({"batch_size": k}, {"mode": mode}):
            model, *_ = unit()
            update = optim.SGD(model.parameters(), lr=0.01)
            loss = nn.SquaredLoss("sum")
            optim.fit(model, loss, update, X.T, Y.T, epochs=3, rng=4, progress=False, **settings)
            models.append(model)
        same(models[0].W, models[1].W.data)
        same(models[0].W0, models[1].W0.data)


@pytest.mark.parametrize("k", [1, 5, N])
def test_each_point_is_taken_exactly_once_an_epoch(k: int) -> None:
    """Batches are disjoint and together all points, in another order each epoch."""
    batches = optim.MiniBatches(np.arange(N), np.arange(N), k, rng=0)
    epochs = [np.concatenate([y for _, y in batches]).tolist() for _ in range(3)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(N))] * 3
    assert epochs[0] != epochs[1] != epochs[2]


def test_running_average() -> None:
    """A_t = γ_t A_{t−1} + (1 − γ_t) a_t for a γ_t that changes."""
    a = np.random.default_rng(0).standard_normal((1000, 4))

    def gamma(t: int) -> float:
        return 0.9 - 0.5 / t

    running, A = optim.RunningAverage(gamma), np.zeros(4)
    for t, each in enumerate(a, 1):
        A = gamma(t) * A + (1 - gamma(t)) * each
        same(running.update(each), A)


@pytest.mark.parametrize("gamma", [0.1, 0.9])
def test_moving_average_is_a_weighted_sum(gamma: float) -> None:
    """A_T = Σ γ^{T−t}(1 − γ) a_t, where the sum starts at t = 1, as there is no a₀."""
    a = np.random.default_rng(1).standard_normal((1000, 3))
    moving = optim.MovingAverage(gamma)
    for T in range(1, 1001):
        moving.update(a[T - 1])
        share = gamma ** (T - np.arange(1, T + 1)) * (1 - gamma)
        same(moving.value, share @ a[:T])
        assert share.sum() == pytest.approx(1 - gamma**T)


def test_study_question_gamma_of_t_minus_1_over_t_gives_the_mean() -> None:
    """With γ_t = (t − 1)/t, so γ₁ = 0, A_t is the mean of all that came."""
    a = np.random.default_rng(2).standard_normal((1000, 3)) + 1
    given, default = optim.RunningAverage(lambda t: (t - 1) / t), optim.RunningAverage()
    for t in range(1, 1001):
        given.update(a[t - 1])
        default.update(a[t - 1])
        same(given.value, a[:t].mean(0))
        same(default.value, a[:t].mean(0))


def recorded(steps: int = 1000) -> list[Array]:
    rng = np.random.default_rng(11)
    return list(rng.standard_normal((steps, 3, 2)) * [[1e-3], [1.0], [30.0]] + 0.1)


START = np.random.default_rng(12).standard_normal((3, 2))


def fed(make: Callable[[list[Tensor]], optim.Optimizer], gradients: list[Array]) -> Tensor:
    """The weights after steps of an optimizer with given gradients."""
    W = Tensor(START, requires_grad=True)
    update = make([W])
    for g in gradients:
        W.grad = Tensor(g)
        update.step()
    return W


def constant(t: int) -> float:
    return 0.02


def falling(t: int) -> float:
    return 0.1 / (1 + 0.01 * t)


@pytest.mark.parametrize("eta", [constant, falling])
def test_gradient_descent_recurrence(eta: hand.Rate) -> None:
    """W := W − η(t)∇J, 1,000 steps."""
    g = recorded()
    same(fed(lambda p: optim.SGD(p, lr=eta), g), hand.descent(START, g, eta))


@pytest.mark.parametrize("gamma", [0.1, 0.9])
@pytest.mark.parametrize("eta", [constant, falling])
def test_momentum_recurrences(eta: hand.Rate, gamma: float) -> None:
    """V and M, each in its own form, 1,000 steps."""
    g = recorded()
    for form, by_hand in (("chapter", hand.momentum_V), ("average", hand.momentum_M)):
        W = fed(lambda p, f=form: optim.SGD(p, lr=eta, momentum=gamma, momentum_form=f), g)
        same(W, by_hand(START, g, eta, gamma))


def test_study_question_momentum_forms_are_equivalent() -> None:
    """Equal with η = η'(1 − γ) constant; different when η changes, as V keeps the past rates."""
    g, gamma = recorded(), 0.9

    def both(eta: hand.Rate) -> tuple[Tensor, Tensor]:
        def slower(t: int) -> float:
            return eta(t) * (1 - gamma)

        return (
            fed(lambda p: optim.SGD(p, lr=slower, momentum=gamma), g),
            fed(lambda p: optim.SGD(p, lr=eta, momentum=gamma, momentum_form="average"), g),
        )

    V, M = both(constant)
    same(V, np.asarray(M.data))
    V, M = both(lambda t: 1.0 / t)
    assert np.abs(V.data - M.data).max() > 1e-3 * np.abs(M.data).max()


def test_momentum_where_signs_agree_and_where_they_alternate() -> None:
    """V grows towards η g/(1 − γ) in one direction, and shrinks to η g/(1 + γ) in the other."""
    g = [np.array([[1.0, (-1.0) ** t]]) for t in range(400)]
    W = Tensor(np.zeros((1, 2)), requires_grad=True)
    update, before = optim.SGD([W], lr=0.01, momentum=0.9), np.zeros((1, 2))
    for each in g:
        before = np.array(W.data)
        W.grad = Tensor(each)
        update.step()
    same(np.abs(W.data - before), np.array([[0.1, 0.01 / 1.9]]), 1e-9)


def test_study_question_gamma_of_one_tenth_and_nine_tenths() -> None:
    """After the gradient stops, γ = 0.9 carries on for nine times η'g, γ = 0.1 for a ninth."""
    g = [np.ones((3, 2))] * 500 + [np.zeros((3, 2))] * 500
    for gamma in (0.1, 0.9):

        def make(p: list[Tensor], gamma: float = gamma) -> optim.SGD:
            return optim.SGD(p, lr=0.01, momentum=gamma, momentum_form="average")

        after = fed(make, g).data - fed(make, g[:500]).data
        same(after, np.full((3, 2), -0.01 * gamma / (1 - gamma)), 1e-9)


@pytest.mark.parametrize("eps", [1e-6, 1e-2])
@pytest.mark.parametrize("gamma", [0.5, 0.9])
def test_adadelta_recurrence(gamma: float, eps: float) -> None:
    """G averages g², and the step is η/√(G + ε) g, 1,000 steps."""
    g = recorded()
    W = fed(lambda p: optim.Adadelta(p, lr=0.01, rho=gamma, eps=eps), g)
    same(W, hand.adadelta(START, g, 0.01, gamma, eps))


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.8)])
def test_adam_recurrence(betas: tuple[float, float]) -> None:
    """m̂ and v̂ with the bias corrected, ε inside the root, 1,000 steps."""
    g = recorded()
    W = fed(lambda p: optim.Adam(p, lr=0.01, betas=betas, eps=1e-8), g)
    same(W, hand.adam(START, g, 0.01, *betas, 1e-8))


def test_adam_bias_correction() -> None:
    """The coefficients of g₁ … g_t in m_t sum to 1 − B₁ᵗ: m̂ of a constant is that constant."""
    moving = optim.MovingAverage(0.9)
    for t in range(1, 200):
        moving.update(3.0)
        assert moving.value == pytest.approx(3 * (1 - 0.9**t), rel=1e-12)
        assert moving.corrected == pytest.approx(3, rel=1e-12)
    # So the first step is η in every direction, whatever the size of the gradient.
    W = fed(lambda p: optim.Adam(p, lr=0.25, eps=0.0), [np.array([[1e-6, 4], [-1, 1], [9, -7.0]])])
    same(START - W.data, 0.25 * np.array([[1, 1], [-1, 1], [1, -1.0]]))


@pytest.mark.parametrize("B1", [0.5, 0.9])
def test_study_question_m_hat_as_a_moving_average(B1: float) -> None:
    """m̂ is the running average of g with γ_t = B₁(1 − B₁^{t−1})/(1 − B₁ᵗ)."""
    g = recorded(200)
    running = optim.RunningAverage(lambda t: B1 * (1 - B1 ** (t - 1)) / (1 - B1**t))
    moving, m = optim.MovingAverage(B1), np.zeros((3, 2))
    for t, each in enumerate(g, 1):
        m = B1 * m + (1 - B1) * each
        same(running.update(each), m / (1 - B1**t))
        moving.update(each)
        same(moving.corrected, m / (1 - B1**t))


def descended(lr: Any, steps: int) -> float:
    """|w| after steps on J = w², from w = 1."""
    w = Tensor(1.0, requires_grad=True)
    update = optim.SGD([w], lr=lr)
    for _ in range(steps):
        update.zero_grad()
        (w * w).backward()
        update.step()
    return abs(w.item())


def test_step_size_too_small_fitting_and_too_large() -> None:
    """On w² a step multiplies w by 1 − 2η: slow near 0, diverging above 1, between them fast."""
    for eta in (1e-4, 0.4, 0.95, 1.05):
        assert descended(eta, 50) == pytest.approx(abs(1 - 2 * eta) ** 50, rel=1e-10)
    assert descended(1e-4, 50) > 0.98
    assert descended(0.4, 50) < 1e-30
    assert descended(1.05, 50) > 100


def test_decreasing_step_size_converges_where_a_constant_one_does_not() -> None:
    """η = 1/t, with Ση = ∞ and Ση² < ∞, finds the mean of the data one point at a time."""
    rate = optim.InverseTime(0.5)
    etas = np.array([rate(t) for t in range(1, 20001)])
    assert np.cumsum(etas)[[99, 1999, 19999]] == pytest.approx(
        0.5 * (np.log([100, 2000, 20000]) + np.euler_gamma), rel=1e-3
    )
    assert (etas**2).sum() < 0.25 * np.pi**2 / 6
    points = np.random.default_rng(3).standard_normal(2000) + 4

    def ends(lr: Any) -> list[float]:
        w, out = Tensor(0.0, requires_grad=True), []
        update = optim.SGD([w], lr=lr)
        for y in points:
            update.zero_grad()
            ((w - y) ** 2).backward()
            update.step()
            out.append(w.item())
        return out

    # With η = 1/(2t) on (w − y)² the weight is the running mean.
    same(np.array(ends(rate)), np.cumsum(points) / np.arange(1, 2001))
    assert np.std(ends(0.3)[-500:]) > 20 * np.std(ends(rate)[-500:])


@pytest.mark.parametrize("k", [1, 4, N])
def test_sum_and_mean_take_the_same_steps_with_k_times_the_rate(k: int) -> None:
    """On the mean of k losses η is k times that on their sum."""
    X, Y = data()
    ends = []
    for reduction, eta in (("sum", 0.005), ("mean", 0.005 * k)):
        model, *_ = unit()
        optim.fit(
            model,
            nn.SquaredLoss(reduction),
            optim.SGD(model.parameters(), lr=eta),
            X.T,
            Y.T,
            epochs=3,
            batch_size=k,
            rng=2,
            progress=False,
        )
        ends.append(np.array(model.W.data))
    same(*ends)


@pytest.mark.parametrize("drop_last", [False, True])
def test_a_short_last_batch(drop_last: bool) -> None:
    """n = 12 and k = 5: two steps an epoch as printed, three where no point is left out."""
    X, Y = data()
    model, W, W0 = unit()
    update = optim.SGD(model.parameters(), lr=0.01)
    optim.fit(
        model,
        nn.SquaredLoss("sum"),
        update,
        X.T,
        Y.T,
        epochs=2,
        batch_size=5,
        drop_last=drop_last,
        rng=6,
        progress=False,
    )
    assert update.t == 2 * (2 if drop_last else 3)
    rng = np.random.default_rng(6)
    for _ in range(2):
        order = rng.permutation(N)
        for chosen in [order[:5], order[5:10], order[10:]][: 2 if drop_last else 3]:
            W, W0 = stepped(W, W0, X[:, chosen], Y[:, chosen], 0.01)
    same(model.W, W)
    same(model.W0, W0[:, 0])


def test_moving_average_summed_from_0_has_a_term_too_many() -> None:
    """From t = 0 the printed sum has γ^T(1 − γ)a₀ besides; its factors add up to 1 − γ^(T+1)."""
    gamma, T = 0.8, 7
    a = np.random.default_rng(4).standard_normal(T + 1)  # a[0] is the a₀ that there is not
    moving = optim.MovingAverage(gamma)
    for each in a[1:]:
        moving.update(each)
    factors = gamma ** (T - np.arange(T + 1)) * (1 - gamma)
    same(factors @ a - moving.value, gamma**T * (1 - gamma) * a[0], 1e-11)
    same(factors.sum(), 1 - gamma ** (T + 1))
    same(factors[1:].sum(), 1 - gamma**T)


def test_momentum_forms_agree_as_long_as_eta_over_1_minus_gamma_is_constant() -> None:
    """V = η'M even for a γ that changes, if η_t = η'(1 − γ_t); not if η' changes."""
    g = recorded(100)

    def gamma(t: int) -> float:
        return 0.5 + 0.4 * t / 100

    for eta, equal in ((lambda t: 0.02, True), (lambda t: 0.02 / t, False)):
        V, M = np.zeros((3, 2)), optim.RunningAverage(gamma)
        for t, each in enumerate(g, 1):
            V = gamma(t) * V + eta(t) * (1 - gamma(t)) * each
            M.update(each)
        difference = np.abs(V - eta(100) * M.value).max()
        assert (difference <= 1e-12 * np.abs(V).max()) is np.bool_(equal)


def test_one_rate_means_longer_steps_with_V_than_with_M() -> None:
    """With the same number for η and η' the first form steps 1/(1 − γ) times as far."""
    g, gamma = recorded(50), 0.9
    V = fed(lambda p: optim.SGD(p, lr=0.02, momentum=gamma), g)
    M = fed(lambda p: optim.SGD(p, lr=0.02, momentum=gamma, momentum_form="average"), g)
    same(V.data - START, (M.data - START) / (1 - gamma), 1e-11)


def test_momentum_of_pytorch() -> None:
    """V ← γV + g and W ← W − ηV: the first form for a constant η, another under a schedule."""
    g, V, W = recorded(), np.zeros((3, 2)), START
    for t, each in enumerate(g, 1):
        V = 0.9 * V + each
        W = W - falling(t) * V
    torch = fed(lambda p: optim.SGD(p, lr=falling, momentum=0.9, momentum_form="torch"), g)
    same(torch, W)
    assert np.abs(W - hand.momentum_V(START, g, falling, 0.9)).max() > 1e-3 * np.abs(W).max()
    same(
        fed(lambda p: optim.SGD(p, lr=0.02, momentum=0.9, momentum_form="torch"), g),
        hand.momentum_V(START, g, constant, 0.9),
    )


def test_first_step_of_adadelta() -> None:
    """From G₀ = 0 it is η/√(1 − γ) in every direction, whatever the size of the gradient."""
    g = np.array([[1e-3, 4], [-1, 1], [9, -7.0]])
    W = fed(lambda p: optim.Adadelta(p, lr=0.01, rho=0.9, eps=0.0), [g])
    same(START - W.data, 0.01 / np.sqrt(0.1) * np.sign(g), 1e-11)


def test_adadelta_of_zeiler() -> None:
    """Elsewhere the step is g√(D + ε)/√(G + ε), where D averages the squared steps."""
    W, G, D = START, np.zeros((3, 2)), np.zeros((3, 2))
    for each in recorded():
        G = 0.9 * G + 0.1 * each**2
        s = np.sqrt(D + 1e-6) / np.sqrt(G + 1e-6) * each
        D = 0.9 * D + 0.1 * s**2
        W = W - s
    same(fed(lambda p: optim.Adadelta(p, variant="zeiler"), recorded()), W)
    assert np.abs(W - hand.adadelta(START, recorded(), 1.0, 0.9, 1e-6)).max() > 1e-2


@pytest.mark.parametrize("inside", [False, True])
def test_adadelta_is_rmsprop(inside: bool) -> None:
    """η g over √G + ε, or with ε inside of the root, which is the textbook's adadelta."""
    G, W = np.zeros((3, 2)), START
    for each in recorded():
        G = 0.9 * G + 0.1 * each**2
        W = W - 0.01 * each / (np.sqrt(G + 1e-3) if inside else np.sqrt(G) + 1e-3)

    def make(p: list[Tensor]) -> optim.Optimizer:
        return optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-3, eps_inside_sqrt=inside)

    same(fed(make, recorded()), W)
    if inside:
        same(hand.adadelta(START, recorded(), 0.01, 0.9, 1e-3), W)


def test_adam_by_default_has_the_constants_proposed() -> None:
    """B₁ = 0.9, B₂ = 0.999, ε = 10⁻⁸, inside of the root."""
    g = recorded()
    same(fed(optim.Adam, g), hand.adam(START, g, 0.001, 0.9, 0.999, 1e-8))


def test_adam_with_epsilon_outside_of_the_root() -> None:
    """The paper's step is η m̂/(√v̂ + ε); its ε of 10⁻⁴ acts as 10⁻⁸ inside on tiny gradients."""
    g = recorded()
    m, v, W = np.zeros((3, 2)), np.zeros((3, 2)), START
    for t, each in enumerate(g, 1):
        m, v = 0.9 * m + 0.1 * each, 0.999 * v + 0.001 * each**2
        W = W - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-3)
    same(fed(lambda p: optim.Adam(p, lr=0.01, eps=1e-3, eps_inside_sqrt=False), g), W)

    def first(eps: float, inside: bool) -> Array:
        w = Tensor(np.zeros((1, 1)), requires_grad=True)
        w.grad = Tensor([[1e-7]])
        optim.Adam([w], lr=1.0, eps=eps, eps_inside_sqrt=inside).step()
        return np.array(w.data)

    same(first(1e-8, True), first(1e-4, False), 1e-2)
    assert abs(first(1e-8, False)[0, 0]) > 100 * abs(first(1e-8, True)[0, 0])


def test_expansion_of_m() -> None:
    """The factors of m₀ and g₁ … g_t add up to 1; with one for a g₀ they would exceed it."""
    B1, t = 0.9, 6
    unit_vectors = np.eye(t + 1)  # m₀, g₁, …, g_t
    m = unit_vectors[0]
    for s in range(1, t + 1):
        m = B1 * m + (1 - B1) * unit_vectors[s]
    same(m[0], B1**t)
    same(m.sum(), 1.0)
    same(m[1:].sum(), 1 - B1**t)
    assert m.sum() + B1**t * (1 - B1) > 1.05


def test_v_hat_is_the_second_moment_and_not_the_variance() -> None:
    """Of a constant gradient v̂ is its square, of which m₁ and v₁ have a tenth and a thousandth."""
    m, v, centered = optim.MovingAverage(0.9), optim.MovingAverage(0.999), 0.0
    for t in range(1, 100):
        m.update(3.0)
        v.update(9.0)
        if t == 1:
            assert (m.value, v.value) == pytest.approx((0.3, 0.009), rel=1e-12)
        assert v.corrected == pytest.approx(9.0, rel=1e-12)
        centered = v.corrected - m.corrected**2
        assert abs(centered) < 1e-12 * 9


def test_eta_1_over_t_has_both_sums() -> None:
    """Ση grows with the logarithm of t and Ση² stays below π²/6; a constant η has no Ση²."""
    rate = optim.InverseTime(1.0)
    etas = np.array([rate(t) for t in range(1, 10001)])
    same(etas, 1 / np.arange(1, 10001))
    assert etas[5000:].sum() == pytest.approx(np.log(2), rel=1e-3)
    assert (etas**2)[5000:].sum() < 1e-3 * (etas**2).sum()
