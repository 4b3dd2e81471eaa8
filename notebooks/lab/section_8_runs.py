"""Data, networks and measurements of section 8, regularization."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

Array = np.ndarray[Any, Any]
Data = tuple[Array, Array]

# -- data ------------------------------------------------------------------------------------


def digits() -> tuple[Data, Data]:
    """The digits with ink from 0 to 1, in four fifths to train with and one fifth held out."""
    X, y = optim.load_digits()
    return optim.train_validation_split(X / 16, y, 0.2, rng=0, stratify=True)


def noisy_digits(count: int = 150, noise: float = 0.3) -> tuple[Data, Data]:
    """`count` digits to train with and all others to validate with, as a bad scanner sees them."""
    X, y = optim.load_digits()
    X = X / 16 + noise * np.random.default_rng(1).standard_normal(X.shape)
    return optim.train_validation_split(X, y, 1 - count / len(X), rng=0, stratify=True)


def diabetes() -> tuple[Array, Array, list[str]]:
    """Ten measurements of 442 patients and how their diabetes went on, all standardized."""
    from sklearn.datasets import load_diabetes

    patients = load_diabetes()
    y = patients.target[:, None]
    return (
        optim.standardize(patients.data)(patients.data),
        optim.standardize(y)(y),
        list(patients.feature_names),
    )


# -- a network that learns by heart ----------------------------------------------------------


def reader(hidden: int = 100, p: float = 0.0, rng: int = 0) -> nn.Sequential:
    """64 inputs, `hidden` tanh units that are dropped with probability p, 10 outputs."""
    g = np.random.default_rng(rng)
    first, last = nn.Linear(64, hidden, rng=g), nn.Linear(hidden, 10, rng=g)
    dropout = [nn.Dropout(p, rng=g)] if p else []
    return nn.Sequential(first, nn.Tanh(), *dropout, last)


def learnt(
    net: nn.Module,
    train: Data,
    held: Data,
    epochs: int = 60,
    lr: float = 0.05,
    decay: float = 0.0,
    **options: Any,
) -> optim.History:
    """Train by momentum, in mini-batches of 25; the same shuffles each time."""
    update = optim.SGD(net.parameters(), lr=lr, momentum=0.9, weight_decay=decay)
    return optim.fit(
        net,
        nn.CrossEntropyLoss(),
        update,
        *train,
        epochs=epochs,
        batch_size=25,
        validation=held,
        rng=0,
        progress=False,
        drop_last=True,
        **options,
    )


def matrices(net: nn.Sequential) -> list[Array]:
    """The matrices W of a network."""
    return [module.W.numpy() for module in net if isinstance(module, nn.Linear)]


# -- what ridge, decay, noise and stopping leave of the weights ------------------------------


class Directions(NamedTuple):
    """The directions of the diabetes data, their curvatures, and the least squares weights."""

    axes: Array
    curvature: Array
    weights: Array


def directions() -> Directions:
    """Eigenvectors and eigenvalues of XᵀX, and the weights without any regularization."""
    X, y, _ = diabetes()
    curvature, axes = np.linalg.eigh(X.T @ X)
    return Directions(axes, curvature, np.linalg.lstsq(X, y, rcond=None)[0])


def descended(
    steps: int, eta: float, decay: float = 0.0, noise: float = 0.0, mean_from: int = 0, rng: int = 0
) -> Array:
    """The weights of a linear unit after batch descent from 0 on the summed squared loss.

    With `mean_from` the mean of the weights of all steps from there on.
    """
    X, y, _ = diabetes()
    unit = nn.Linear(X.shape[1], 1, bias=False, init="zeros")
    places: list[Array] = []
    optim.fit(
        unit,
        nn.SquaredLoss("sum"),
        optim.SGD(unit.parameters(), lr=eta, weight_decay=decay),
        X,
        y,
        epochs=steps,
        mode="batch",
        shuffle=False,
        input_noise=noise,
        rng=rng,
        accuracy=False,
        progress=False,
        callbacks=[lambda run: places.append(np.array(unit.W.data))],
    )
    return np.asarray(np.mean(places[mean_from:], axis=0) if mean_from else places[-1])


# -- dropout ---------------------------------------------------------------------------------


def one_digit_updates(
    net: nn.Sequential, x: Array, y: Array, update: optim.Optimizer
) -> dict[str, Array]:
    """By how much one step on one point moves each weight; ready for another."""
    before = {name: np.array(p.data) for name, p in net.named_parameters()}
    update.zero_grad()
    nn.CrossEntropyLoss()(net(x), y).backward()
    update.step()
    return {name: p.numpy() - before[name] for name, p in net.named_parameters()}


def without_units(
    net: nn.Sequential, held: Data, shares: Sequence[float], draws: int = 20
) -> list[float]:
    """The accuracy, if a share of the hidden units is taken out at random; the mean over draws.

    Each draw takes out the same units for all digits; the rest is scaled up as in dropout.
    """
    X, y = held
    g = np.random.default_rng(0)
    a = np.tanh(X @ net[0].W.numpy() + net[0].W0.numpy())
    W, W0 = net[-1].W.numpy(), net[-1].W0.numpy()
    found = []
    for share in shares:
        right = []
        for _ in range(draws):
            stay = g.permutation(a.shape[1]) >= round(share * a.shape[1])
            z = (a * stay) @ W / stay.mean() + W0
            right.append(optim.accuracy(z, y))
        found.append(float(np.mean(right)))
    return found


# -- batch normalization ---------------------------------------------------------------------


def deep(
    norm: bool, f: Callable[[], nn.Module], scale: float = 1.0, depth: int = 4, rng: int = 0
) -> nn.Sequential:
    """`depth` layers of 30 units, normalized or not, before ten outputs; first weights × scale."""
    g = np.random.default_rng(rng)
    modules: list[nn.Module] = []
    for m, n in itertools.pairwise((64, *[30] * depth)):
        layer = nn.Linear(m, n, rng=g)
        layer.W.assign(layer.W * scale, "the scale of the first weights")
        modules += [layer, nn.BatchNorm(n), f()] if norm else [layer, f()]
    return nn.Sequential(*modules, nn.Linear(30, 10, rng=g))


def by_layer(net: nn.Sequential, X: Array, kind: type[nn.Module]) -> list[Array]:
    """What the modules of a kind give for a batch, in training mode."""
    found, x = [], Tensor(X)
    with ag.no_grad():
        for module in net:
            x = module(x)
            if isinstance(module, kind):
                found.append(x.numpy())
    return found


def growing(norm: bool, steps: int = 600, last: float = 1000.0) -> dict[str, Array]:
    """Train on digits whose ink is multiplied by a factor that grows from 1 to `last`.

    By step: the factor, the loss of the mini-batch, the share of hidden tanh units beyond ±0.99,
    and the mean slope of tanh.
    """
    (X, y), _ = digits()
    g = np.random.default_rng(0)
    first, out, loss = nn.Linear(64, 32, rng=g), nn.Linear(32, 10, rng=g), nn.CrossEntropyLoss()
    hidden = nn.Sequential(first, *([nn.BatchNorm(32)] if norm else []), nn.Tanh())
    update = optim.SGD([*hidden.parameters(), *out.parameters()], lr=0.1)
    rows = []
    while update.t < steps:
        for x, actual in optim.MiniBatches(X, y, 32, rng=update.t, drop_last=True):
            factor = last ** (update.t / (steps - 1))
            a = hidden(factor * x)
            value = loss(out(a), actual)
            update.zero_grad()
            value.backward()
            update.step()
            flat = a.numpy()
            rows.append((factor, value.item(), (abs(flat) > 0.99).mean(), (1 - flat**2).mean()))
            if update.t == steps:
                break
    names = ("factor", "loss", "saturated", "slope")
    return dict(zip(names, np.array(rows).T, strict=True))


def smooth(values: Array, width: int = 20) -> Array:
    """The mean of each `width` entries in a row."""
    return np.convolve(values, np.full(width, 1 / width), mode="valid")
