"""Data, tables and runs of section 6, losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

import nn
import optim
from autograd_core import Tensor

from .page import Page

Array = np.ndarray[Any, Any]


class Pair(NamedTuple):
    """A loss with the activation that goes with it, one example, and ∂loss/∂Z^L by hand."""

    name: str
    loss: nn.Module
    f: nn.Module
    z: Array
    y: Array
    formula: str
    by_hand: Callable[[Array, Array], Array]


def table(pairs: Sequence[Pair]) -> Page:
    """For each pair what the engine computes, and how far ∂loss/∂Z^L is from the formula."""
    rows = [
        r"| loss | $f^L$ | $Z^L$ | $A^L$ | actual | loss | $\partial\text{loss}/\partial Z^L$ "
        r"| by hand | difference |",
        "|---|---|---|---|---|---:|---|---|---:|",
    ]
    text = []
    for pair in pairs:
        z = Tensor(pair.z, requires_grad=True)
        a = pair.f(z)
        loss = pair.loss(a, pair.y)
        loss.backward()
        slope = gradient(z)
        far = np.abs(slope - pair.by_hand(a.numpy(), pair.y)).max()
        cells = [_short(v) for v in (pair.z, a.numpy(), pair.y)]
        f = "linear" if isinstance(pair.f, nn.Identity) else type(pair.f).__name__.lower()
        row = [pair.name, f, *cells, f"{loss.item():.3f}", _short(slope)]
        rows.append("| " + " | ".join([*row, f"${pair.formula}$", f"{far:.0e}"]) + " |")
        text.append("  ".join([*row, pair.formula, f"{far:.0e}"]))
    return Page("\n".join(text), "\n".join(rows))


def _short(values: Array) -> str:
    return ", ".join(f"{v:.3g}".replace("-", "−") for v in np.ravel(values))


def slopes(f: Callable[[Tensor], Any], x: Array) -> tuple[Array, Array]:
    """f and its derivative at each x, the derivative from the engine."""
    t = Tensor(x, requires_grad=True)
    y = f(t)
    if y.requires_grad:
        y.sum().backward()
    return y.numpy(), gradient(t)


def gradient(t: Tensor) -> Array:
    """What a backward pass left in t, or zeros."""
    return np.zeros(t.shape) if t.grad is None else t.grad.numpy()


# -- hinge -----------------------------------------------------------------------------------


def two_species() -> tuple[Array, Array, tuple[str, str]]:
    """Setosa (−1) and versicolor (+1): sepal width and petal length in cm, less their means."""
    from sklearn.datasets import load_iris

    flowers = load_iris()
    kept = flowers.target < 2
    X = flowers.data[kept][:, (1, 2)]
    y = np.where(flowers.target[kept] == 1, 1.0, -1.0)[:, None]
    return X - X.mean(0), y, ("sepal width", "petal length")


def margin(X: Array, y: Array, W: Any, W0: Any) -> float:
    """The distance of the nearest point from the separator, negative on the wrong side."""
    return float((y * (X @ W + W0)).min() / np.linalg.norm(W))


def descent(
    X: Array, y: Array, decay: float, steps: int = 3000, rng: int | None = None
) -> tuple[nn.Linear, list[float]]:
    """A unit on ½ λ‖w‖² + Σ hinge, the offset free; without λ it ends when the loss is 0.

    Returns the unit, and its margin after each step.
    """
    init = "zeros" if rng is None else "normal"
    unit = nn.Linear(X.shape[1], 1, init=init, rng=rng)
    groups = [
        {"params": [unit.W], "weight_decay": decay},
        {"params": [unit.W0], "weight_decay": 0.0},
    ]
    assert unit.W0 is not None
    update = optim.SGD(groups, lr=optim.InverseTime(0.005, decay=0.005 * decay))
    margins = []
    for _ in range(steps):
        loss = nn.HingeLoss("sum")(unit(X), y)
        if not decay and loss.item() == 0:
            break
        update.zero_grad()
        loss.backward()
        update.step()
        margins.append(margin(X, y, unit.W.numpy(), unit.W0.numpy()))
    return unit, margins


# -- likelihood ------------------------------------------------------------------------------


def iris() -> tuple[Array, Array]:
    """Four measurements of 150 irises, standardized, and their species."""
    from sklearn.datasets import load_iris

    flowers = load_iris()
    return optim.standardize(flowers.data)(flowers.data), flowers.target


def digits() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The digits with ink from 0 to 1, in four fifths to train with and one fifth held out."""
    X, y = optim.load_digits()
    return optim.train_validation_split(X / 16, y, 0.2, rng=0, stratify=True)


def learning(net: nn.Module, loss: nn.Module, X: Array, y: Array, epochs: int) -> Iterator[Array]:
    """The guesses for all points before training and after each step on all of them."""
    update = optim.SGD(net.parameters(), lr=0.5)
    for _ in range(epochs):
        guess = net(X)
        yield guess.numpy()
        update.zero_grad()
        loss(guess, y).backward()
        update.step()
    yield net(X).numpy()


def relearn(
    losses: Mapping[str, Callable[[Any, Any], Any]], epochs: int = 30
) -> dict[str, list[float]]:
    """A unit that has learnt tumours the wrong way round is trained anew, by each loss.

    Returns the share of right guesses before training and after each epoch.
    """
    from sklearn.datasets import load_breast_cancer

    tumours = load_breast_cancer()
    X, y = optim.standardize(tumours.data)(tumours.data), tumours.target[:, None].astype(float)

    def train(unit: nn.Linear, loss: Any, lr: float, epochs: int) -> None:
        update = optim.SGD(unit.parameters(), lr=lr)
        optim.fit(unit, loss, update, X, y, epochs=epochs, rng=0, threshold=0.0, progress=False)

    teacher = nn.Linear(30, 1, rng=0)
    train(teacher, nn.BCEWithLogitsLoss(), 0.5, 20)
    found = {}
    for name, loss in losses.items():
        unit = nn.Linear(30, 1)
        unit.load_state_dict({key: -value for key, value in teacher.state_dict().items()})
        shares = []
        for _ in range(epochs):
            shares.append(optim.accuracy(optim.predict(unit, X), y, threshold=0.0))
            train(unit, loss, 0.1, 1)
        shares.append(optim.accuracy(optim.predict(unit, X), y, threshold=0.0))
        found[name] = shares
    return found


def steps_to_learn(loss: Callable[[Tensor, Array], Tensor], start: float, most: int) -> int:
    """Steps of size 1 until a single z, which should be large, is above 0; `most` if not sooner."""
    z = Tensor([[start]], requires_grad=True)
    for step in range(most):
        if z.item() > 0:
            return step
        z.grad = None
        loss(z, np.ones((1, 1))).backward()
        z.data -= gradient(z)
    return most
