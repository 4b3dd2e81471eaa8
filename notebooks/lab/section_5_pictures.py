"""Pictures of section 5, training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import nn
from optim.plots import plot_decision_boundary

from .section_5_runs import iris, spread
from .style import COLORS, subplots

Array = np.ndarray[Any, Any]
Figure = Any

SPECIES = ("setosa", "versicolor", "virginica")


def finished(figure: Figure) -> Figure:
    """The figure, closed, so that a cell shows it once."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return figure


def three_indices(T: Array, A: Array) -> Figure:
    """∂Z/∂W, of shape (n, m, n), as one m × n picture for each unit, and A beside them."""
    n, m, _ = T.shape
    figure, axes = subplots(1, n + 1, height=2.9, width_ratios=[*[n] * n, 1])
    limit = float(np.abs(T).max())
    pictures = [*T, A[:, None]]
    titles = [rf"$\partial Z_{j + 1}/\partial W$" for j in range(n)] + [r"$A$"]
    for ax, values, title in zip(axes, pictures, titles, strict=True):
        ax.imshow(values, cmap="RdBu_r", vmin=-1.6 * limit, vmax=1.6 * limit, aspect="auto")
        for (i, k), value in np.ndenumerate(values):
            ax.text(k, i, f"{value:.2f}" if value else "0", ha="center", va="center", fontsize=9)
        ax.set_title(title)
        ax.grid(False)
        ax.set_xticks(range(values.shape[1]), [f"{k + 1}" for k in range(values.shape[1])])
        ax.set_yticks(range(m), [f"{i + 1}" for i in range(m)])
        ax.set_xlabel("unit j" if values.shape[1] > 1 else "")
    axes[0].set_ylabel("input i")
    return finished(figure)


def literal_reading(
    rates: Sequence[float],
    errors: Sequence[float],
    steps: Sequence[int],
    curves: Mapping[str, Sequence[float]],
) -> Figure:
    """How wrong line 14 gets with weights of line 20, by step size; and both readings training."""
    figure, (left, right) = subplots(1, 2)
    left.loglog(rates, errors, "o-")
    left.set(
        xlabel="step size η",
        ylabel="relative error of ∂loss/∂W¹",
        title="The first step",
    )
    for name, far in curves.items():
        right.loglog(steps, far, "o-", label=name)
    right.set(
        xlabel="steps T",
        ylabel="largest difference of a weight",
        title="The weights after T steps",
    )
    right.legend(title="η", loc="lower right")
    return finished(figure)


def ones_in(sizes: Sequence[int], m: int = 64) -> Figure:
    """Pre-activations for an input of ones, under both readings of Gaussian(0, 1/m)."""
    figure, (left, right) = subplots(1, 2)
    grid = np.linspace(-4, 4, 801)
    readings: tuple[Any, ...] = (
        ("chapter", "variance 1/m", lambda k: np.ones_like(k), "$1$", (1.0, 0.4)),
        ("chapter_std", "standard deviation 1/m", lambda k: k**-0.5, r"$1/\sqrt{m}$", (0.25, 2.4)),
    )
    for (init, name, std, formula, place), color in zip(readings, COLORS, strict=False):
        z = nn.Linear(m, 5000, init=init, rng=0)(np.ones((1, m))).numpy()[0]
        width = float(std(np.array(float(m))))
        bell = np.exp(-((grid / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi))
        left.hist(z, 30, density=True, color=color, alpha=0.35)
        left.plot(grid, bell, color=color)
        left.text(*place, name, color=color)
        k = np.asarray(sizes, float)
        right.loglog(k, [spread(each, init)[1] ** 0.5 for each in sizes], "o", color=color)
        right.loglog(k, std(k), color=color)
        right.text(k[-2], float(std(k[-2:])[0]) * 1.2, formula, color=color)
    left.set(xlabel="z", ylabel="density", title=f"5,000 units with m = {m} inputs")
    right.set(xlabel="inputs m", ylabel="standard deviation of z")
    right.set(title="Dots: sampled. Lines: exact", ylim=(0.04, 2))
    return finished(figure)


def symmetry(runs: Mapping[str, tuple[nn.Sequential, Array, Any]]) -> Figure:
    """The weights into four hidden units while they learn, and what the network says at the end."""
    figure, axes = subplots(2, len(runs), height=3.1)
    X, species, names = iris(2, 3)
    for (title, (net, path, _)), top, bottom in zip(runs.items(), *axes, strict=True):
        for unit in range(path.shape[2]):
            for i, style in enumerate(("-", "--")):
                top.plot(path[:, i, unit], style, color=COLORS[unit], lw=1.6)
        top.set(title=title, xlabel="step", ylabel="weights $W^1_{ij}$")
        plot_decision_boundary(
            net, X, species == 1, classes=("the others", "versicolor"), features=names, ax=bottom
        )
    axes[0, 0].plot([], [], "k-", label=f"from {names[0]}")
    axes[0, 0].plot([], [], "k--", label=f"from {names[1]}")
    axes[0, 0].legend(fontsize=9)
    return finished(figure)


def saturation(found: Mapping[float, list[tuple[Array, Array]]]) -> Figure:
    """Histograms of activations and slopes, layer by layer, for several scales of the weights."""
    layers = len(next(iter(found.values())))
    figure, axes = subplots(2, layers, height=2.7, sharey="row")
    for (scale, pairs), color in zip(found.items(), (COLORS[5], COLORS[0], COLORS[1]), strict=True):
        for column, (a, slope) in enumerate(pairs):
            for ax, values, low in zip(axes[:, column], (a, slope), (-1, 0), strict=True):
                share = np.full(values.size, 100 / values.size)
                ax.hist(
                    values.ravel(),
                    40,
                    range=(low, 1),
                    weights=share,
                    histtype="step",
                    lw=1.8,
                    color=color,
                    label=f"× {scale:g}",
                )
    for column in range(layers):
        axes[0, column].set(title=f"layer {column + 1}", xlabel="activation $a$")
        axes[0, column].set_xticks((-1, -0.5, 0, 0.5, 1))
        axes[1, column].set(xlabel="slope $f'(z)$")
    for row in axes:
        row[0].set(ylabel="% of the values", yscale="log")
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside right center", title="first weights"
    )
    return finished(figure)


def scales(curves: Mapping[float, tuple[Sequence[float], Sequence[float]]]) -> Figure:
    """Training loss and held-out accuracy for several scales of the first weights."""
    figure, (left, right) = subplots(1, 2)
    for color, (scale, (loss, right_share)) in zip(COLORS, curves.items(), strict=False):
        epochs = np.arange(1, len(loss) + 1)
        left.semilogy(epochs, loss, color=color, label=f"× {scale:g}")
        right.plot(epochs, 100 * np.asarray(right_share), color=color)
    left.axhline(np.log(10), color="0.5", lw=1, ls=":")
    left.text(5.5, np.log(10) * 1.1, "ln 10: pure guessing", fontsize=9)
    left.set(xlabel="epoch", ylabel="training loss", title="Loss")
    right.set(xlabel="epoch", ylabel="held-out digits read, %", title="Accuracy", ylim=(0, 100))
    figure.legend(
        *left.get_legend_handles_labels(), loc="outside right center", title="first weights"
    )
    return finished(figure)


def learning_curve(losses: Sequence[float], window: int = 200) -> Figure:
    """Line 11's loss at each step, and its mean over the last `window` steps."""
    figure, ax = subplots()
    values = np.maximum(losses, 1e-6)
    steps = np.arange(1, len(values) + 1)
    ax.plot(steps, values, ".", ms=1.5, color="0.75", rasterized=True)
    mean = np.convolve(losses, np.full(window, 1 / window), "valid")
    ax.plot(steps[window - 1 :], mean, color=COLORS[0], label=f"mean of the last {window}")
    ax.plot([], [], ".", color="0.6", label="one digit")
    ax.set(xlabel="step t", ylabel="loss", yscale="log", ylim=(1e-5, 30))
    ax.legend(loc="lower left")
    return finished(figure)


def boundaries(snapshots: Mapping[int, Callable[[Array], Array]]) -> Figure:
    """Which species the network names over the plane of two measurements, as it learns."""
    figure, axes = subplots(1, len(snapshots), height=3, sharey=True)
    X, species, names = iris(2, 3)
    for ax, (T, outputs) in zip(axes, snapshots.items(), strict=True):
        plot_decision_boundary(outputs, X, species, classes=SPECIES, features=names, ax=ax)
        right = 100 * (outputs(X).argmax(1) == species).mean()
        ax.set(title=f"T = {T:,}: {right:.0f} %")
        ax.label_outer()
    return finished(figure)


def misread(X: Array, y: Array, probabilities: Array, most: int = 10) -> Figure:
    """The images whose most probable class is not the true one, the surest mistakes first."""
    guess = probabilities.argmax(1)
    wrong = np.flatnonzero(guess != y)
    sure = wrong[np.argsort(-probabilities[wrong, guess[wrong]])][:most]
    figure, axes = subplots(1, max(len(sure), 2), height=1.75)
    for ax in axes:
        ax.axis("off")
    for ax, i in zip(axes, sure, strict=False):
        ax.imshow(X[i].reshape(8, 8), cmap="gray_r")
        p = 100 * probabilities[i, guess[i]]
        ax.set_title(f"is {y[i]}\nread {guess[i]}, {p:.0f} %", fontsize=9, fontweight="normal")
    return finished(figure)
