"""Data, runs and measurements of section 5, training."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor

from .page import Page

Array = np.ndarray[Any, Any]
Activation = Callable[[Tensor], Tensor]

# -- data ------------------------------------------------------------------------------------


def iris(*features: int) -> tuple[Array, Array, list[str]]:
    """Some of the four measurements of iris flowers, standardized; the species; the names."""
    from sklearn.datasets import load_iris

    flowers = load_iris()
    columns = list(features) or [0, 1, 2, 3]
    X = flowers.data[:, columns]
    names = [flowers.feature_names[i].removesuffix(" (cm)") for i in columns]
    return optim.standardize(X)(X), flowers.target, names


def digits() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The digits with ink from 0 to 1, in four fifths to train with and one fifth held out."""
    X, y = optim.load_digits()
    return optim.train_validation_split(X / 16, y, 0.2, rng=0, stratify=True)


# -- one pass through the lines --------------------------------------------------------------


def one_pass(
    x: Array, y: Array, layers: Sequence[tuple[Array, Array]], f: Sequence[Activation]
) -> dict[tuple[str, str], Array]:
    """Every quantity of lines 6 to 18 for one point and the squared loss, by (line, name)."""
    L = len(f)
    weights = [(Tensor(W, requires_grad=True), Tensor(W0, requires_grad=True)) for W, W0 in layers]
    A, Z = [Tensor(x)], [Tensor(x)]
    for (W, W0), activation in zip(weights, f, strict=True):
        Z.append(A[-1] @ W + W0)
        A.append(activation(Z[-1]))
        for each in (Z[-1], A[-1]):
            each.retain_grad()
    loss = nn.SquaredLoss("sum")(A[L], y)
    loss.backward()
    found: dict[tuple[str, str], Array] = {("6", "A^0"): x}
    for k in range(1, L + 1):
        found["9", f"Z^{k}"] = Z[k].numpy()
        found["10", f"A^{k}"] = A[k].numpy()
    found["11", r"\text{loss}"] = loss.numpy()
    for k in range(L, 0, -1):
        W, W0 = weights[k - 1]
        if k < L:
            found["14", rf"\partial Z^{k + 1}/\partial A^{k}"] = weights[k][0].numpy()
        found["14", _d("A", k)] = gradient(A[k])
        slope = ag.jacobian(f[k - 1])(Z[k].numpy()[0]).numpy()
        found["15", rf"\partial A^{k}/\partial Z^{k}"] = slope
        found["15", _d("Z", k)] = gradient(Z[k])
        found["17", rf"\partial Z^{k}/\partial W^{k}"] = A[k - 1].numpy()
        found["17", _d("W", k)] = gradient(W)
        found["18", _d("W_0", k)] = gradient(W0)
    return found


def gradient(t: Tensor) -> Array:
    """What a backward pass left in t, or zeros."""
    return np.zeros(t.shape) if t.grad is None else t.grad.numpy()


def _d(what: str, k: int) -> str:
    letter, _, below = what.partition("_")
    return rf"\partial\text{{loss}}/\partial {letter}{'_' * bool(below)}{below}^{k}"


def dependence(passes: Mapping[str, Mapping[tuple[str, str], Array]]) -> Page:
    """How far each quantity is from that of the first pass, in the others."""
    (first, base), *others = passes.items()
    names = [name for name, _ in others]
    changes = " | ".join(f"{first} → {name}" for name in names)
    rows = [
        f"| line | quantity | {changes} | depends on it |",
        "|---|---|" + "---:|" * len(names) + "---|",
    ]
    text = []
    for line, quantity in base:
        far = [float(np.abs(p[line, quantity] - base[line, quantity]).max()) for _, p in others]
        verdict = "**yes**" if max(far) else "no"
        cells = " | ".join(f"{d:.3f}" if d else "0" for d in far)
        rows.append(f"| {line} | ${quantity}$ | {cells} | {verdict} |")
        text.append(f"{line:>3}  {quantity:<40} {cells}  {verdict}")
    return Page("\n".join(text), "\n".join(rows))


# -- first weights ---------------------------------------------------------------------------


def spread(m: int, init: str, units: int = 20_000, *, offset: str = "zeros") -> tuple[float, float]:
    """Mean and variance of the pre-activations of many units, for m inputs that are all 1."""
    layer = nn.Linear(m, units, init=init, init_offset=offset, rng=m)
    z = layer(np.ones((1, m))).numpy()
    return float(z.mean()), float(z.var())


def net_of(sizes: Sequence[int], scale: float = 1.0, rng: int = 0) -> nn.Sequential:
    """Linear and tanh in turn, the first weights those of the textbook times `scale`."""
    generator = np.random.default_rng(rng)

    def scaled(shape: tuple[int, ...], rng: Any, dtype: Any) -> Array:
        return scale * nn.init.chapter(shape, rng, dtype)

    parts: list[nn.Module] = []
    for m, n in itertools.pairwise(sizes):
        parts += [nn.Linear(m, n, init=scaled, rng=generator), nn.Tanh()]
    return nn.Sequential(*parts[:-1])


def activations_and_slopes(net: nn.Sequential, X: Array) -> list[tuple[Array, Array]]:
    """For each hidden layer its activations, and the slopes of f there as the engine has them."""
    found, u = [], Tensor(X)
    for module in net:
        if isinstance(module, nn.Tanh):
            z = Tensor(u.numpy(), requires_grad=True)
            a = module(z)
            a.sum().backward()
            found.append((a.numpy(), gradient(z)))
        u = module(u).detach()
    return found


def twins(
    init: str, offset: str = "zeros", steps: int = 300
) -> tuple[nn.Sequential, Array, list[float]]:
    """Four hidden units that learn to tell versicolor from the other irises.

    Returns the network, W¹ after each step with shape (steps + 1, 2, 4), and the losses.
    """
    X, species, _ = iris(2, 3)
    y = (species == 1).astype(float)[:, None]
    rng = np.random.default_rng(3)
    net = nn.Sequential(
        nn.Linear(2, 4, init=init, init_offset=offset, rng=rng),
        nn.Tanh(),
        nn.Linear(4, 1, init=init, rng=rng),
        nn.Sigmoid(),
    )
    update = optim.SGD(net.parameters(), lr=0.5)
    path, losses = [net[0].W.numpy().copy()], []
    for _ in range(steps):
        loss = nn.NLL()(net(X), y)
        update.zero_grad()
        loss.backward()
        update.step()
        path.append(net[0].W.numpy().copy())
        losses.append(loss.item())
    return net, np.array(path), losses
