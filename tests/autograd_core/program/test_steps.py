"""Whole training steps: every layer, loss, container and optimizer, as eager, bit for bit."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

sys.path.append(str(Path(__file__).parent))

from both import assert_same, run_both

N, M, K = 6, 4, 3


def batches(count: int, seed: int = 0, dtype: Any = np.float64) -> list[tuple[Any, Any]]:
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(N, M)).astype(dtype), rng.integers(0, K, N)) for _ in range(count)]


def mlp(dtype: Any = np.float64) -> nn.Module:
    return nn.Sequential(
        nn.Linear(M, 5, rng=0, dtype=dtype), nn.Tanh(), nn.Linear(5, K, rng=1, dtype=dtype)
    )


def step_of(model: Any, optimizer: Any, loss: Any) -> Callable[[Any, Any], Any]:
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return step


SCHEDULE = optim.WarmUp(optim.Cosine(0.1, 20), 3)
OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda p: optim.SGD(p, 0.1, weight_decay=0.01),
    "momentum": lambda p: optim.SGD(p, 0.1, momentum=0.9),
    "momentum, average": lambda p: optim.SGD(p, 0.1, momentum=0.9, momentum_form="average"),
    "momentum, torch": lambda p: optim.SGD(p, 0.1, 0.9, momentum_form="torch", dampening=0.1),
    "nesterov": lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "nesterov, torch": lambda p: optim.SGD(p, 0.1, 0.9, momentum_form="torch", nesterov=True),
    "Adagrad": lambda p: optim.Adagrad(p, 0.1, lr_decay=0.1, weight_decay=0.01),
    "Adagrad inside": lambda p: optim.Adagrad(p, eps_inside_sqrt=True),
    "RMSprop": lambda p: optim.RMSprop(p, 0.01, weight_decay=0.1),
    "RMSprop all": lambda p: optim.RMSprop(p, momentum=0.9, centered=True, eps_inside_sqrt=True),
    "Adadelta": lambda p: optim.Adadelta(p, weight_decay=0.01),
    "Adadelta zeiler": lambda p: optim.Adadelta(p, variant="zeiler"),
    "Adam": lambda p: optim.Adam(p, 0.01),
    "Adam outside": lambda p: optim.Adam(p, 0.01, weight_decay=0.1, eps_inside_sqrt=False),
    "AdamW": lambda p: optim.AdamW(p, 0.01),
    "schedule": lambda p: optim.Adam(p, SCHEDULE),
    "groups": lambda p: optim.SGD(optim.decay_groups(p, 0.1), lr=0.1, momentum=0.5),
}


def known(make: Callable[[Any], Any]) -> bool:
    """Whether this version has those settings."""
    try:
        make(mlp().parameters())
    except (ag.ArgumentError, TypeError):
        return False
    return True


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer(name: str, dtype: Any) -> None:
    """Weights, gradients, state and counts are eager's after every step."""
    assert known(OPTIMIZERS[name])

    def make() -> Any:
        model = mlp(dtype)
        optimizer = OPTIMIZERS[name](model.parameters())
        return step_of(model, optimizer, nn.CrossEntropyLoss()), model, optimizer

    run_both(make, batches(6, dtype=dtype))


def layered(*layers: Any) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(nn.Linear(M, K, rng=0), *[layer() for layer in layers])


class Branching(nn.Module):
    """A module of the user's own, with a control flow that does not depend on values."""

    def __init__(self) -> None:
        self.layers = nn.ModuleList([nn.Linear(M, M, rng=i) for i in range(3)])
        self.last = nn.ModuleDict({"a": nn.Linear(M, K, rng=5), "b": nn.Linear(M, K, rng=6)})
        self.gain = nn.Parameter(1.5)

    def forward(self, x: Any) -> Any:
        for i, layer in enumerate(self.layers):
            x = layer(x) if i % 2 else ag.relu(layer(x)) + x
        return self.last["a"](x) * self.gain + self.last["b"](x)


MODELS: dict[str, Callable[[], nn.Module]] = {
    **{
        kind.__name__: layered(kind)
        for kind in (
            *(nn.ELU, nn.GELU, nn.Identity, nn.LeakyReLU, nn.LogSoftmax, nn.ReLU, nn.Sigmoid),
            *(nn.SiLU, nn.Softmax, nn.Softplus, nn.Tanh),
        )
    },
    "GELU tanh": layered(lambda: nn.GELU("tanh")),
    "Dropout": layered(lambda: nn.Dropout(0.5, rng=7)),
    "Dropout test": layered(lambda: nn.Dropout(0.5, rng=7, scaling="test")),
    "Dropout 0": layered(lambda: nn.Dropout(0.0, rng=7)),
    "Dropout 1": layered(lambda: nn.Dropout(1.0, rng=7)),
    "BatchNorm": layered(lambda: nn.BatchNorm(K)),
    "BatchNorm mean": layered(lambda: nn.BatchNorm(K, momentum=None)),
    "BatchNorm plain": layered(lambda: nn.BatchNorm(K, affine=False, eps_inside_sqrt=True)),
    "LayerNorm": layered(lambda: nn.LayerNorm(K)),
    "LayerNorm plain": layered(lambda: nn.LayerNorm((K,), affine=False)),
    "no bias": lambda: nn.Linear(M, K, bias=False, rng=0),
    "Residual": lambda: nn.Sequential(
        nn.Residual(nn.Linear(M, M, rng=0), nn.Tanh()),
        nn.Residual(nn.Linear(M, K, rng=1), shortcut=nn.Linear(M, K, rng=2)),
    ),
    "Parallel": lambda: nn.Sequential(
        nn.Parallel(nn.Linear(M, 2, rng=0), nn.Linear(M, 3, rng=1)), nn.Linear(5, K, rng=2)
    ),
    "Parallel add": lambda: nn.Parallel(nn.Linear(M, K, rng=0), nn.Linear(M, K, rng=1), join="add"),
    "Select": lambda: nn.Sequential(nn.Select([0, 2, 2]), nn.Linear(3, K, rng=0)),
    "UnitGroups": lambda: nn.Sequential(
        nn.Linear(M, 4, rng=0), nn.UnitGroups((nn.Tanh(), 2), (nn.ReLU(), 2)), nn.Linear(4, K)
    ),
    "Lambda": layered(lambda: nn.Lambda(lambda z: z * 2 + ag.sin(z))),
    "shared": lambda: (lambda a: nn.Sequential(a, nn.Tanh(), a, nn.Linear(M, K, rng=1)))(
        nn.Linear(M, M, rng=0)
    ),
    "own": Branching,
}


@pytest.mark.parametrize("name", MODELS)
def test_every_layer(name: str) -> None:
    """Also buffers and generators are as eager leaves them, in training and in evaluation."""

    def make() -> Any:
        model = MODELS[name]()
        for p, q in zip(model.parameters(), MODELS[name]().parameters(), strict=True):
            p.data = np.linspace(-1, 1, q.size).reshape(q.shape)
        optimizer = optim.Adam(model.parameters(), 0.01)
        return step_of(model, optimizer, nn.CrossEntropyLoss()), model, optimizer

    run_both(make, batches(4))

    def inference() -> Any:
        model = make()[1]
        return (lambda x, y: model(x)), model

    def mode(i: int, model: Any) -> None:
        model.train(i % 4 == 3)

    run_both(inference, batches(6), between=mode, traces=None)


LOSSES: dict[str, tuple[Callable[[], Any], str]] = {
    "cross entropy": (nn.CrossEntropyLoss, "numbers"),
    "cross entropy, one-hot": (nn.CrossEntropyLoss, "one-hot"),
    "cross entropy, sum": (lambda: nn.CrossEntropyLoss("sum"), "numbers"),
    "nllm": (nn.NLLM, "probabilities"),
    "nll": (nn.NLL, "binary"),
    "bce": (nn.BCEWithLogitsLoss, "one-hot"),
    "hinge": (nn.HingeLoss, "signs"),
    "mse": (nn.MSELoss, "reals"),
    "mse, none": (lambda: nn.MSELoss("none"), "reals"),
    "squared": (nn.SquaredLoss, "reals"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss(name: str) -> None:
    """Losses take what labels eager takes."""
    kind, labels = LOSSES[name]
    rng = np.random.default_rng(0)

    def target() -> Any:
        numbers = rng.integers(0, K, N)
        return {
            "numbers": numbers,
            "probabilities": numbers,
            "one-hot": np.eye(K)[numbers],
            "binary": np.eye(K)[numbers],
            "signs": np.eye(K)[numbers] * 2 - 1,
            "reals": rng.normal(size=(N, K)),
        }[labels]

    def make() -> Any:
        model = mlp()
        ends = {"probabilities": nn.Softmax(), "binary": nn.Sigmoid()}
        if labels in ends:
            model.append(ends[labels])
        optimizer = optim.SGD(model.parameters(), 0.1)
        loss = kind()

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            value = loss(model(x), y)
            value.sum().backward()
            optimizer.step()
            return value.detach()

        return step, model

    run_both(make, [(rng.normal(size=(N, M)), target()) for _ in range(4)])


@pytest.mark.parametrize("when", ["first", "last", "never", "third"])
def test_when_gradients_are_forgotten(when: str) -> None:
    """zero_grad at the beginning, at the end or not at all: gradients add up as in eager."""

    def make() -> Any:
        model = mlp()
        optimizer = optim.SGD(model.parameters(), 0.05, momentum=0.5)

        def step(x: Any, y: Any) -> Any:
            if when == "first":
                optimizer.zero_grad()
            value = nn.CrossEntropyLoss()(model(x), y)
            value.backward()
            optimizer.step()
            if when == "last":
                optimizer.zero_grad()
            return value

        return step, model, optimizer

    def between(i: int, model: Any, optimizer: Any) -> None:
        if when == "third" and i % 3 == 0:
            optimizer.zero_grad()

    run_both(make, batches(8), traces=None, between=between)


def test_accumulation_and_step_apart() -> None:
    """Several compiled backward passes and then a compiled step of the optimizer."""
    models, optimizers = [mlp(), mlp()], []
    for model in models:
        optimizers.append(optim.Adam(model.parameters(), 0.01))

    def backward(model: Any) -> Any:
        def run(x: Any, y: Any) -> Any:
            value = nn.CrossEntropyLoss()(model(x), y) / 3
            value.backward()
            return value

        return run

    passes = [backward(models[0]), ag.compile(backward(models[1]))]
    steps = [optimizers[0].step, ag.compile(optimizers[1].step)]
    for i, batch in enumerate(batches(12)):
        assert_same(passes[0](*batch), passes[1](*batch))
        if i % 3 == 2:
            for n in (0, 1):
                steps[n]()
                optimizers[n].zero_grad()
        for p, q in zip(models[0].parameters(), models[1].parameters(), strict=True):
            assert_same((p.detach(), p.grad), (q.detach(), q.grad))
    assert passes[1].traces == 2
    assert steps[1].traces == 1


@pytest.mark.parametrize("how", ["norm", "value"])
def test_clipping(how: str) -> None:
    """Gradients are clipped where eager clips them, and left where it leaves them."""

    def make() -> Any:
        model = mlp()
        optimizer = optim.SGD(model.parameters(), 0.1)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(model(x), y).backward()
            if how == "norm":
                found = optim.clip_grad_norm_(model.parameters(), 0.3)
            else:
                found = optim.clip_grad_value_(model.parameters(), 0.05)
            optimizer.step()
            return found

        return step, model, optimizer

    calls = [(x * (0.001 if i % 2 else 1.0), y) for i, (x, y) in enumerate(batches(6))]
    compiled = run_both(make, calls)
    with pytest.raises(ag.AnomalyError, match="gradient of"):
        compiled(np.full((N, M), np.nan), calls[0][1])


def test_moving_averages_of_weights() -> None:
    """A copy of the weights that follows them slowly, written by assign or in NumPy."""

    def make() -> Any:
        model, slow = mlp(), mlp()
        optimizer = optim.SGD(model.parameters(), 0.1)
        mean = [np.zeros(p.shape) for p in model.parameters()]
        means = [Tensor(m, copy=False) for m in mean]

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(model(x), y).backward()
            optimizer.step()
            with ag.no_grad():
                for p, q, m in zip(model.parameters(), slow.parameters(), means, strict=True):
                    q.assign(optim.average(q, p, 0.9))
                    m.data += (p.data - m.data) * 0.1
            return slow(x)

        return step, model, slow, *mean

    run_both(make, batches(5))


def test_two_optimizers_and_two_passes() -> None:
    """Two players, one after the other, each with its own optimizer."""

    def make() -> Any:
        one, two = nn.Linear(M, M, rng=0), nn.Linear(M, 1, rng=1)
        first, second = optim.Adam(one.parameters(), 0.01), optim.SGD(two.parameters(), 0.1)

        def step(x: Any) -> Any:
            second.zero_grad()
            judged = (two(one(x).detach()) ** 2).mean()
            judged.backward()
            second.step()
            first.zero_grad()
            fooled = -two(one(x)).mean()
            fooled.backward()
            first.step()
            return judged, fooled

        return step, one, two, first, second

    run_both(make, [(x,) for x, _ in batches(6)])


def test_several_steps_in_one_call() -> None:
    """A compiled function may take many steps."""

    def make() -> Any:
        model = mlp()
        optimizer = optim.Adam(model.parameters(), optim.StepDecay(0.1, 3, 0.5))
        step = step_of(model, optimizer, nn.CrossEntropyLoss())

        def steps(x: Any, y: Any) -> Any:
            return [step(x, y) for _ in range(3)]

        return steps, model, optimizer

    run_both(make, batches(4))


def test_frozen_parameters() -> None:
    """What is frozen stays, and is left behind in its count."""

    def make() -> Any:
        model = mlp()
        optimizer = optim.Adam(model.parameters(), 0.1)
        return step_of(model, optimizer, nn.CrossEntropyLoss()), model, optimizer

    def between(i: int, model: Any, optimizer: Any) -> None:
        if i in (3, 6):
            model[0].requires_grad_(i == 6)
            optimizer.zero_grad()

    run_both(make, batches(9), between=between, traces=3)


def test_hooks_and_kept_gradients() -> None:
    """Hooks on leaves and on values between change gradients as in eager."""

    def make() -> Any:
        W = Tensor(np.linspace(-1, 1, M * K).reshape(M, K), requires_grad=True)
        W.register_hook(lambda g: g * 2)

        def f(x: Any, y: Any) -> Any:
            W.grad = None
            z = ag.tanh(x @ W)
            z.register_hook(lambda g: ag.clip(g, -0.1, 0.1))
            z.retain_grad()
            (z * z).sum().backward()
            return z.grad

        return f, W

    run_both(make, batches(4))


def test_memory_of_what_is_returned_is_fresh() -> None:
    """Weights, gradients, arguments and equal expressions are handed out as copies of their own."""
    W = Tensor(np.ones(3), requires_grad=True)
    b = Tensor(np.zeros(3), requires_grad=True)
    c = Tensor(np.zeros(3), requires_grad=True)

    def f(x: Any) -> Any:
        W.grad = b.grad = c.grad = None
        ((W + b + c) * x).sum().backward()
        return W, W.grad, x, x * 2, x * 2, np.arange(3.0), W.data[1:], b.grad

    compiled = ag.compile(f)
    for _ in range(4):
        x = np.array([1.0, 2.0, 3.0])
        found = [v.data if isinstance(v, Tensor) else v for v in compiled(x)]
        live = [x, W.data, b.data, c.data, W.grad.data, b.grad.data, c.grad.data]
        for i, a in enumerate(found):
            assert not any(np.shares_memory(a, other) for other in (*found[:i], *live))
        for i, a in enumerate(live):
            assert not any(np.shares_memory(a, other) for other in live[:i])
        for a in found:
            a += 100.0
        assert_same(W.data, np.ones(3))
        assert_same(W.grad.data, x)
    assert_same(compiled(x)[5], np.arange(3.0))
