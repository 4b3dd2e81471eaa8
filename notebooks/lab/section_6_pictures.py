"""Pictures of section 6, losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

import nn

from .section_6_runs import slopes
from .style import COLORS, subplots

Array = np.ndarray[Any, Any]
Figure = Any


def finished(figure: Figure) -> Figure:
    """The figure, closed, so that a cell shows it once."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return figure


def by_guess() -> Figure:
    """Each loss of the table and its slope, as functions of the guess."""
    figure, axes = subplots(2, 3, height=2.6, sharex="col")
    line, probability = np.linspace(-3, 3, 601), np.linspace(0.02, 0.98, 481)
    columns = (
        ("squared", nn.SquaredLoss("none"), line, ((1.0, "actual = 1"), (-1.0, "actual = −1"))),
        ("hinge", nn.HingeLoss("none"), line, ((1.0, "actual = +1"), (-1.0, "actual = −1"))),
        ("NLL", nn.NLL("none"), probability, ((1.0, "actual = 1"), (0.0, "actual = 0"))),
    )
    for (name, loss, guess, labels), top, bottom in zip(columns, *axes, strict=True):
        for y, label in labels:
            value, slope = slopes(partial(loss, actual=np.full(guess.shape, y)), guess)
            top.plot(guess, value, label=label)
            bottom.plot(guess, slope)
        top.set(title=name)
        top.legend(fontsize=9, loc="upper center")
        bottom.axhline(0, color="0.6", lw=0.8)
        bottom.set(xlabel="guess" if name != "NLL" else "guess, a probability")
    axes[0, 0].set(ylabel="loss", ylim=(0, 10))
    axes[1, 0].set(ylabel="∂loss/∂guess")
    axes[0, 1].set_ylim(0, 5)
    axes[0, 2].set_ylim(0, 5)
    axes[1, 2].set_ylim(-25, 25)
    return finished(figure)


def by_margin(losses: Mapping[str, Callable[[Any], Any]]) -> Figure:
    """Losses of two classes and their slopes, as functions of y·z."""
    figure, (left, right) = subplots(1, 2)
    m = np.linspace(-3, 3, 601)
    for name, loss in losses.items():
        value, slope = slopes(loss, m)
        if name.startswith("0-1"):  # the jump is no part of the curve
            value = np.where(np.abs(m) < 0.005, np.nan, value)
        left.plot(m, value, label=name)
        right.plot(m, slope)
    left.set(xlabel="margin y·z", ylabel="loss", title="Loss", ylim=(-0.1, 4.2))
    right.set(xlabel="margin y·z", ylabel="slope", title="Slope, from the engine", ylim=(-3.2, 2.2))
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return finished(figure)


def separators(
    X: Array,
    y: Array,
    names: Sequence[str],
    svm: tuple[Array, float],
    found: tuple[nn.Linear, Sequence[float]],
    others: Sequence[tuple[nn.Linear, Sequence[float]]],
    best: float,
) -> Figure:
    """The separator of hinge and norm, its margins, those of hinge alone; and margins in time."""
    figure, (left, right) = subplots(1, 2, height=4)
    x = np.array([-1.3, 1.6])
    for unit, _ in others:
        w, w0 = _line(unit)
        left.plot(x, -(w[0] * x + w0) / w[1], color="0.7", lw=1)
    w, w0 = _line(found[0])
    for level, style, width in ((0, "-", 2.0), (1, "--", 1.2), (-1, "--", 1.2)):
        left.plot(x, (level - w0 - w[0] * x) / w[1], style, color=COLORS[0], lw=width)
    left.plot(x, -(svm[0][0] * x + svm[1]) / svm[0][1], "k:", lw=2.6)
    sides = ((-1, "setosa", COLORS[5], "o"), (1, "versicolor", COLORS[1], "s"))
    for side, name, color, marker in sides:
        points = X[y[:, 0] == side]
        left.plot(*points.T, marker, color=color, ms=5, mec="white", mew=0.5, label=name)
    near = (y * (X @ w[:, None] + w0))[:, 0] < 1.01
    left.plot(*X[near].T, "o", ms=11, mfc="none", mec="k", mew=1.2)
    for color, style, label in (
        (COLORS[0], "-", "hinge and norm"),
        ("k", ":", "scikit-learn's SVC"),
        ("0.7", "-", "hinge alone"),
    ):
        left.plot([], [], style, color=color, label=label)
    left.set(xlabel=f"{names[0]} − mean, cm", ylabel=f"{names[1]} − mean, cm", ylim=(-2.1, 3.4))
    left.legend(loc="upper left", fontsize=8.5, ncols=2)
    for _, margins in others:
        right.plot(np.arange(1, len(margins) + 1), margins, color="0.7", lw=1)
        right.plot(len(margins), margins[-1], "o", color="0.6", ms=4)
    right.plot(np.arange(1, len(found[1]) + 1), found[1], color=COLORS[0])
    right.axhline(best, color="k", ls=":", lw=1.8)
    right.set(xscale="log", xlabel="step", ylabel="margin, cm", ylim=(0, 1.1 * best))
    return finished(figure)


def _line(unit: nn.Linear) -> tuple[Array, float]:
    assert unit.W0 is not None
    return unit.W.numpy()[:, 0], float(unit.W0.numpy()[0])


def simplex(guesses: Mapping[str, Array], species: Array) -> Figure:
    """Probabilities over three classes as points of a triangle, a corner for each class."""
    names = ("setosa", "versicolor", "virginica")
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]])
    figure, axes = subplots(1, len(guesses), height=3)
    for ax, (title, a) in zip(axes, guesses.items(), strict=True):
        ax.plot(*corners[[0, 1, 2, 0]].T, color="0.5", lw=1)
        for k in range(3):  # from the middle to where two classes are as probable
            ax.plot(*np.array([corners.mean(0), (corners.sum(0) - corners[k]) / 2]).T, "0.8", lw=1)
        for k, marker in enumerate(("o", "s", "^")):
            spots = a[species == k] @ corners
            ax.plot(*spots.T, marker, color=COLORS[k], ms=4, alpha=0.7, mew=0, label=names[k])
        right = 100 * (a.argmax(1) == species).mean()
        loss = -np.log(a[np.arange(len(a)), species]).mean()
        ax.set_title(f"{title}: {right:.0f} %, NLLM {loss:.2f}")
        ax.set(aspect="equal", xlim=(-0.05, 1.05), ylim=(-0.06, 0.93))
        ax.axis("off")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return finished(figure)


def templates(W: Array) -> Figure:
    """The weights into each of ten outputs as pictures of 8 by 8."""
    figure, axes = subplots(1, 10, height=1.3)
    limit = float(np.abs(W).max())
    for k, ax in enumerate(axes):
        picture = ax.imshow(W[:, k].reshape(8, 8), cmap="PuOr_r", vmin=-limit, vmax=limit)
        ax.set_title(str(k))
        ax.axis("off")
    figure.colorbar(picture, ax=list(axes), shrink=0.75, label="weight")
    return finished(figure)


def pairs_by_z(
    curves: Mapping[str, Callable[[Any], Any]], shares: Mapping[str, Sequence[float]]
) -> Figure:
    """∂loss/∂z for a point of class 1, by loss; and relearning what was learnt the wrong way."""
    figure, (left, right) = subplots(1, 2)
    z = np.linspace(-9, 6, 301)
    for name, loss in curves.items():
        left.plot(z, slopes(loss, z)[1], label=name)
    left.axhline(0, color="0.6", lw=0.8)
    left.set(xlabel="pre-activation z", ylabel="∂loss/∂z", title="A point of class 1")
    left.legend(fontsize=9)
    for name, values in shares.items():
        right.plot(range(len(values)), 100 * np.asarray(values), label=name)
    right.set(xlabel="epoch", ylabel="tumours told rightly, %", ylim=(0, 102))
    right.set_title("Learnt the wrong way round")
    right.legend(fontsize=9, loc="lower right")
    return finished(figure)


def sums(history: Mapping[str, Sequence[Array]], species: Array) -> Figure:
    """What NLLM does to outputs that need not sum to 1: their sum, and how often they are right."""
    figure, (left, right) = subplots(1, 2, height=3)
    for (name, guesses), color in zip(history.items(), COLORS, strict=False):
        steps = np.arange(len(guesses))
        left.plot(steps, [a.sum(1).mean() for a in guesses], label=name, color=color)
        right.plot(steps, [100 * (a.argmax(1) == species).mean() for a in guesses], color=color)
    left.set(xlabel="step", ylabel="mean sum of the three outputs", ylim=(0, 3))
    right.set(xlabel="step", ylabel="irises named rightly, %", ylim=(0, 102))
    left.legend()
    return finished(figure)
