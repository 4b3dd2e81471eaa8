"""Data, runs and measurements of section 7, optimizing the weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

Array = np.ndarray[Any, Any]
Make = Callable[[Iterable[Tensor]], optim.Optimizer]

#: Where the paths on the surface begin: (w, w0).
START = (-0.7, 1.5)

# -- data ------------------------------------------------------------------------------------


def tumours() -> tuple[Array, Array]:
    """The radius of 569 tumours, in steps of 2 mm from 10 mm on, and 1 where malignant."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    return data.data[:, :1] / 2 - 5, 1.0 - data.target[:, None]


def digits() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The digits with ink from 0 to 1, in four fifths to train with and one fifth held out."""
    X, y = optim.load_digits()
    return optim.train_validation_split(X / 16, y, 0.2, rng=0, stratify=True)


# -- the surface of one neuron ---------------------------------------------------------------


def neuron(start: Sequence[float] = START) -> nn.Linear:
    """A linear unit of one input at a place of the surface; its loss has the sigmoid in it."""
    unit = nn.Linear(1, 1)
    assert unit.W0 is not None
    unit.W.assign(np.full((1, 1), start[0]), "the start")
    unit.W0.assign(np.full(1, start[1]), "the start")
    return unit


def surface(w: Array, w0: Array) -> Array:
    """J at each pair of weights: the mean NLL over all tumours."""
    X, y = tumours()
    z = w[..., None] * X[:, 0] + w0[..., None]
    return np.asarray((np.logaddexp(0, z) - y[:, 0] * z).mean(axis=-1))


def objective(weights: Tensor) -> Tensor:
    """J at weights (w, w0), on the graph."""
    X, y = tumours()
    J: Tensor = nn.BCEWithLogitsLoss()(weights[0] * X + weights[1], y)
    return J


def lowest() -> Array:
    """The weights (w, w0) of the smallest J, by Newton's method."""
    w = np.zeros(2)
    for _ in range(12):
        w = w - np.linalg.solve(ag.hessian(objective)(w).data, ag.grad(objective)(w).data)
    return w


def path(make: Make, k: int, steps: int, start: Sequence[float] = START, rng: int = 0) -> Array:
    """The places (w, w0) on the way of an optimizer, `steps` after the start."""
    X, y = tumours()
    unit, loss = neuron(start), nn.BCEWithLogitsLoss()
    assert unit.W0 is not None
    update = make(unit.parameters())
    batches = optim.MiniBatches(X, y, k, rng=rng)
    places = [np.array(start)]
    while len(places) <= steps:
        for x, actual in batches:
            update.zero_grad()
            loss(unit(x), actual).backward()
            update.step()
            places.append(np.array([unit.W.item(), unit.W0.item()]))
    return np.array(places[: steps + 1])


def estimates(weights: Sequence[float], k: int, count: int, rng: int = 0) -> Array:
    """Gradients of `count` mini-batches at the same weights, one a row, and their mean over k."""
    X, y = tumours()
    generator, unit, loss = np.random.default_rng(rng), neuron(weights), nn.BCEWithLogitsLoss()
    assert unit.W0 is not None
    found = []
    for _ in range(count):
        chosen = generator.choice(len(X), k, replace=False)
        for p in unit.parameters():
            p.grad = None
        loss(unit(X[chosen]), y[chosen]).backward()
        found.append([slope(unit.W).item(), slope(unit.W0).item()])
    return np.array(found)


def single(weights: Sequence[float]) -> Array:
    """The gradient (∂/∂w, ∂/∂w0) of the loss of each tumour, one a row."""
    X, y = tumours()

    def losses(v: Tensor) -> Tensor:
        each: Tensor = nn.BCEWithLogitsLoss("none")(v[0] * X + v[1], y)
        return each

    return np.asarray(ag.jacobian(losses)(np.array(weights)).data).reshape(len(X), 2)


def slope(p: Tensor) -> Array:
    """What a backward pass left in p."""
    assert p.grad is not None
    return p.grad.numpy()


# -- step sizes that change ------------------------------------------------------------------


def wandering(
    schedules: Mapping[str, Callable[[int], float]], steps: int, runs: int = 40
) -> dict[str, Array]:
    """SGD looks for the mean radius, a tumour a step; the error after each step, over the runs.

    The loss ½(w − x)² of a point has its minimum over all points at their mean. The runs draw
    different points and are the entries of one vector.
    """
    x = tumours()[0][:, 0] * 2 + 10
    found = {}
    for name, schedule in schedules.items():
        draws = np.random.default_rng(0).choice(x, (steps, runs))
        w = Tensor(np.zeros(runs), requires_grad=True)
        update = optim.SGD([w], lr=schedule)
        errors = []
        for drawn in draws:
            update.zero_grad()
            (0.5 * (w - drawn) ** 2).sum().backward()
            update.step()
            errors.append(np.sqrt(((w.numpy() - x.mean()) ** 2).mean()))
        found[name] = np.array(errors)
    return found


# -- optimizers fed with gradients -----------------------------------------------------------


def fed(make: Make, gradients: Array, start: Any = 0.0) -> Array:
    """The weights before the first step and after each, of an optimizer fed with gradients."""
    w = Tensor(np.zeros(gradients.shape[1:]) + start, requires_grad=True)
    update, places = make([w]), [np.array(w.data)]
    for g in gradients:
        w.grad = Tensor(g)
        update.step()
        places.append(np.array(w.data))
    return np.array(places)


def recorded(steps: int, k: int = 16) -> Array:
    """The gradients (∂J/∂w, ∂J/∂w0) of mini-batches along a way of SGD down the surface."""
    places = path(lambda p: optim.SGD(p, lr=0.3), k, steps)
    return np.asarray((places[:-1] - places[1:]) / 0.3)


# -- digits ----------------------------------------------------------------------------------


def reader(rng: int = 0) -> nn.Sequential:
    """A network that reads digits: 64 inputs, 32 units, 10 outputs."""
    generator = np.random.default_rng(rng)
    return nn.Sequential(
        nn.Linear(64, 32, rng=generator), nn.Tanh(), nn.Linear(32, 10, rng=generator)
    )


def by_batch_size(rates: Mapping[int, float], epochs: int, parts: int) -> dict[int, Array]:
    """For each k the loss over all training digits, `parts` times an epoch: (epochs, steps, loss).

    For k so large that an epoch has fewer than `parts` steps, after each step.
    """
    (X, y), _ = digits()
    loss = nn.CrossEntropyLoss()
    found = {}
    for k, rate in rates.items():
        net, rows = reader(), []
        update = optim.SGD(net.parameters(), lr=rate)
        batches = optim.MiniBatches(X, y, k, rng=0)
        every = max(len(batches) // parts, 1)
        while update.t < epochs * len(batches):
            for x, actual in batches:
                if update.t % every == 0:
                    done = update.t / len(batches)
                    rows.append((done, update.t, optim.evaluate(net, loss, X, y)[0]))
                update.zero_grad()
                loss(net(x), actual).backward()
                update.step()
        rows.append((epochs, update.t, optim.evaluate(net, loss, X, y)[0]))
        found[k] = np.array(rows)
    return found


def race(
    makers: Mapping[str, Callable[[Any, float], optim.Optimizer]],
    rates: Mapping[str, Sequence[float]],
    epochs: int,
) -> dict[str, dict[float, optim.History]]:
    """The digits learnt by each optimizer at each rate, from the same start and shuffles."""
    train, held = digits()
    found: dict[str, dict[float, optim.History]] = {}
    for name, make in makers.items():
        found[name] = {}
        for rate in rates[name]:
            net = reader()
            found[name][rate] = optim.fit(
                net,
                nn.CrossEntropyLoss(),
                make(net.parameters(), rate),
                *train,
                epochs=epochs,
                validation=held,
                rng=0,
                progress=False,
            )
    return found


def fastest(runs: Mapping[float, optim.History]) -> float:
    """The rate with the lowest training loss in the last epoch."""
    return min(runs, key=lambda rate: runs[rate].train_loss[-1])


# -- a deep network, layer by layer ----------------------------------------------------------


def deep(rng: int = 0) -> nn.Sequential:
    """Four layers of sigmoids before ten outputs: gradients fade on the way back."""
    generator = np.random.default_rng(rng)
    sizes = (64, 30, 30, 30, 30)
    modules: list[nn.Module] = []
    for m, n in itertools.pairwise(sizes):
        modules += [nn.Linear(m, n, rng=generator), nn.Sigmoid()]
    return nn.Sequential(*modules, nn.Linear(30, 10, rng=generator))


def layer_by_layer(net: nn.Sequential, update: optim.Optimizer, steps: int) -> list[Tensor]:
    """Train a network for some steps on digits; its matrices W, with the last gradients in them."""
    (X, y), _ = digits()
    loss = nn.CrossEntropyLoss()
    while update.t < steps:
        for x, actual in optim.MiniBatches(X, y, 64, rng=update.t, drop_last=True):
            update.zero_grad()
            loss(net(x), actual).backward()
            update.step()
            if update.t == steps:
                break
    return [module.W for module in net if isinstance(module, nn.Linear)]
