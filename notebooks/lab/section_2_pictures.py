"""Pictures of section 2, networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .section_1_pictures import finished, meshed, shade, two_classes, values
from .style import COLORS, subplots

Array = NDArray[Any]
Figure = Any
Model = Callable[[Any], Any]

MARKERS = ("o", "s", "^")


def regions(model: Model, X: Array, labels: Array, species: Sequence[str]) -> Figure:
    """Which of the model's outputs is the largest, over two inputs.

    Parameters
    ----------
    model : callable
        Of points of shape (n, 2); an output for each class.
    X : ndarray of shape (n, 2)
    labels : ndarray of shape (n,)
    species : sequence of str
    """
    figure, ax = subplots(width=6.2, height=3.8)
    g1, g2, points = meshed(X, 400)
    winner = np.argmax(values(model, points), axis=1).reshape(g1.shape)
    paint = _lightened(len(species))
    shade(ax, g1, g2, paint[winner])
    for k, name in enumerate(species):
        ax.scatter(*X[labels == k].T, s=16, color=COLORS[k], marker=MARKERS[k], lw=0, label=name)
    _petal_axes(ax)
    ax.legend(frameon=False, loc="upper left")
    return finished(figure)


def _lightened(count: int) -> Array:
    """The first colours of the palette, nearly white."""
    from matplotlib.colors import to_rgb

    return 1 - 0.25 * (1 - np.array([to_rgb(color) for color in COLORS[:count]]))


def _petal_axes(ax: Any, names: bool = True) -> None:
    ax.set_xlabel("petal length (std)")
    if names:
        ax.set_ylabel("petal width (std)")
    ax.grid(False)


def moving(
    rows: Mapping[str, Sequence[tuple[int, Model]]], X: Array, y: Array, labels: Sequence[str]
) -> Figure:
    """What models say over two inputs, epoch by epoch; a model a row.

    Parameters
    ----------
    rows : mapping
        From a model's name to pairs of an epoch and the model at that time.
    X, y : ndarray of shape (n, 2) and (n, 1)
    labels : sequence of str
        Of the classes 0 and 1.
    """
    columns = len(next(iter(rows.values())))
    figure, axes = subplots(len(rows), columns, height=2.5, sharex=True, sharey=True, squeeze=False)
    g1, g2, points = meshed(X, 150, 0.4)
    for row, (name, snapshots) in zip(axes, rows.items(), strict=True):
        for ax, (epoch, model) in zip(row, snapshots, strict=True):
            a = values(model, points).reshape(g1.shape)
            shade(ax, g1, g2, a, cmap="RdBu_r", vmin=0, vmax=1, alpha=0.4)
            two_classes(ax, X, y, labels, size=7)
            ax.contour(g1, g2, a, levels=[0.5], colors="black", linewidths=1.6)
            right = np.mean((values(model, X) > 0.5) == (y > 0.5))
            ax.set_title(f"epoch {epoch}: {right:.0%} right", fontsize=9)
            ax.grid(False)
        row[0].set_ylabel(f"{name}\npetal width (std)", fontsize=9)
    for ax in axes[-1]:
        ax.set_xlabel("petal length (std)", fontsize=9)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper right", ncols=2, frameon=False, markerscale=2)
    return finished(figure)


def features(hidden: Any, output: Any, X: Array, y: Array, labels: Sequence[str]) -> Figure:
    """The same points as they are, and as the hidden layer of two units shows them to the last.

    Parameters
    ----------
    hidden : Sequential
        A Linear of two units and their activation.
    output : Sequential
        A Linear of one unit and its activation.
    X, y : ndarray of shape (n, 2) and (n, 1)
    labels : sequence of str
        Of the classes 0 and 1.
    """
    figure, (left, right) = subplots(1, 2, height=3.9)
    g1, g2, points = meshed(X, 300)
    whole = values(lambda x: output(hidden(x)), points).reshape(g1.shape)
    shade(left, g1, g2, whole, cmap="RdBu_r", vmin=0, vmax=1, alpha=0.4)
    two_classes(left, X, y, labels, size=16)
    left.contour(g1, g2, whole, levels=[0.5], colors="black", linewidths=1.8)
    z = values(hidden[0], points)
    for j in range(2):
        line = left.contour(
            g1, g2, z[:, j].reshape(g1.shape), levels=[0], colors=COLORS[2], linestyles="--"
        )
        place = line.get_paths()[0].vertices
        x, height = place[np.argmin(np.abs(place[:, 0] - (0.12, 1.1)[j]))]
        left.text(x + 0.12 - 0.25 * j, height - 0.45 * j, f"$z_{j + 1}=0$", color="#00664b")
    left.set_title("the inputs $x$")
    _petal_axes(left)

    a = values(hidden, X)
    h1, h2, corners = meshed(a, 200, 0.15)
    shade(
        right, h1, h2, values(output, corners).reshape(h1.shape), cmap="RdBu_r", vmin=0, vmax=1,
        alpha=0.4,
    )  # fmt: skip
    two_classes(right, a, y, labels, size=16)
    right.contour(
        h1, h2, values(output, corners).reshape(h1.shape), levels=[0.5], colors="black",
        linewidths=1.8,
    )  # fmt: skip
    right.set(
        title=r"what the hidden layer makes of them, $\varphi(x)$", xlabel="$a_1$", ylabel="$a_2$"
    )
    right.grid(False)
    left.legend(frameon=False, loc="lower right", fontsize=9)
    return finished(figure)
