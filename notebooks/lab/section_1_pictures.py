"""Pictures of section 1, the neuron."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag

from .style import COLORS, subplots

Array = NDArray[Any]
Figure = Any

#: The two classes: colour and marker, apart also without colour.
LOOKS = ((COLORS[0], "o"), (COLORS[1], "^"))


def finished(figure: Figure) -> Figure:
    """The figure, closed, so that a cell shows it once."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return figure


def meshed(X: Array, count: int = 200, margin: float = 0.3) -> tuple[Array, Array, Array]:
    """A grid over the range of two columns: coordinates, and its points as rows."""
    low, high = X.min(0) - margin, X.max(0) + margin
    g1, g2 = np.meshgrid(np.linspace(low[0], high[0], count), np.linspace(low[1], high[1], count))
    return g1, g2, np.column_stack([g1.ravel(), g2.ravel()])


def values(model: Callable[[Any], Any], X: Array) -> Array:
    """The model's outputs, without a graph."""
    with ag.no_grad():
        return np.asarray(model(X).data)


def shade(ax: Any, g1: Array, g2: Array, a: Array, **options: Any) -> None:
    """Values on a grid as colours."""
    extent = (g1.min(), g1.max(), g2.min(), g2.max())
    ax.imshow(a, extent=extent, origin="lower", aspect="auto", interpolation="bilinear", **options)


def two_classes(ax: Any, X: Array, y: Array, names: Sequence[str], size: float = 9) -> None:
    """Points of two classes, each with its marker."""
    for label, (color, marker) in enumerate(LOOKS):
        chosen = X[y.ravel() == label]
        ax.scatter(
            *chosen.T, s=size, color=color, marker=marker, alpha=0.6, lw=0, label=names[label]
        )


def bent(units: Mapping[str, Any], X: Array, names: Sequence[str]) -> Figure:
    """The output of units with the same weights and different f, over two inputs."""
    figure, axes = subplots(1, len(units), height=3.0, sharex=True, sharey=True)
    g1, g2, points = meshed(X)
    for ax, (name, unit) in zip(axes, units.items(), strict=True):
        a = values(unit, points).reshape(g1.shape)
        shade(ax, g1, g2, a, cmap="cividis")
        levels = np.linspace(a.min(), a.max(), 10)[1:-1]
        if len(np.unique(a)) > 2:
            ax.contour(g1, g2, a, levels=levels, colors="white", linewidths=0.9, linestyles="-")
        ax.set_title(name)
        ax.set_xlabel(names[0])
        ax.grid(False)
    axes[0].set_ylabel(names[1])
    return finished(figure)


def along_one_weight(J: Callable[[float], tuple[Any, Any]], at: Sequence[float]) -> Figure:
    """J along one weight, and at some places the tangent that the engine's derivative gives.

    Parameters
    ----------
    J : callable
        Of the weight: the value and the derivative, as `autograd_core.value_and_grad` makes it.
    at : sequence of float
    """
    figure, ax = subplots(width=6.5, height=3.2)
    span = np.linspace(min(at) - 1, max(at) + 1, 100)
    ax.plot(span, [float(J(float(w))[0]) for w in span], color=COLORS[0])
    reach = 0.11 * float(np.ptp(span))
    for w in at:
        height, slope = map(float, J(w))
        ends = np.array([w - reach, w + reach])
        ax.plot(ends, height + slope * (ends - w), color=COLORS[1], lw=2.4)
        ax.plot(w, height, "o", color=COLORS[1])
        ax.annotate(
            f"slope {slope:,.0f}".replace("-", "−"),
            (w, height),
            xytext=(8, 8),
            textcoords="offset points",
        )
    ax.set(xlabel="weight of the first measurement", ylabel="J, sum over all points")
    return finished(figure)


def curve_and_line(
    x: Array, y: Array, units: Mapping[str, Any], scale: Callable[[Any], Array]
) -> Figure:
    """One measurement against the target, and what trained units guess from it.

    Parameters
    ----------
    x, y : ndarray of shape (n, 1)
        The measurement in its own unit.
    units : mapping
        From a name to a unit of the standardized measurement.
    scale : callable
        From the measurement to the standardized one.
    """
    figure, ax = subplots(width=6.8, height=3.4)
    ax.scatter(x, y, s=9, color="#999999", alpha=0.6, lw=0)
    span = np.linspace(x.min() - 9, x.max() + 4, 200)[:, None]
    for color, (name, unit) in zip(COLORS[1:], units.items(), strict=False):
        ax.plot(span, values(unit, scale(span)), color=color, label=name, lw=2.4)
    ax.axhline(0, color="black", lw=0.8)
    ax.set(xlabel="body mass index (kg/m²)", ylabel="progression, in hundreds")
    ax.legend(frameon=False, loc="upper left")
    return finished(figure)


def separators(
    snapshots: Mapping[str, Callable[[Any], Any]],
    X: Array,
    y: Array,
    labels: Sequence[str],
    axes_names: Sequence[str],
) -> Figure:
    """What a sigmoid unit says over two inputs, at several times, and the line where it says ½.

    Parameters
    ----------
    snapshots : mapping
        From a title to the unit at that time.
    X, y : ndarray of shape (n, 2) and (n, 1)
    labels, axes_names : sequence of str
        Of the classes 0 and 1, and of the columns of X.
    """
    figure, axes = subplots(1, len(snapshots), height=3.3, sharex=True, sharey=True)
    g1, g2, points = meshed(X, margin=0.2)
    for ax, (title, unit) in zip(axes, snapshots.items(), strict=True):
        a = values(unit, points).reshape(g1.shape)
        shade(ax, g1, g2, a, cmap="RdBu_r", vmin=0, vmax=1, alpha=0.4)
        two_classes(ax, X, y, labels)
        ax.contour(g1, g2, a, levels=[0.5], colors="black", linewidths=1.8)
        ax.set(title=title, xlabel=axes_names[0])
        ax.grid(False)
    axes[0].set_ylabel(axes_names[1])
    axes[0].legend(frameon=True, framealpha=0.8, fontsize=8, loc="lower right", markerscale=2)
    return finished(figure)


def arriving(path: Array, best: Array, names: Sequence[str]) -> Figure:
    """The weights of a regressor step by step, and where least squares puts them.

    Parameters
    ----------
    path : ndarray of shape (steps, m)
    best : ndarray of shape (m,)
    names : sequence of m str
    """
    figure, ax = subplots(width=8.4, height=4.2)
    steps = np.arange(1, len(path) + 1)
    order = np.argsort(best)
    heights = _apart(best[order], 0.055 * float(np.ptp(best)))
    for rank, j in enumerate(order):
        color = COLORS[rank % len(COLORS)]
        ax.plot(steps, path[:, j], color=color, ls="-" if rank < len(COLORS) else "--")
        ax.plot(steps[-1], best[j], "D", color=color, ms=5, clip_on=False)
        ax.annotate(
            names[j],
            (steps[-1], best[j]),
            xytext=(steps[-1] * 1.5, heights[rank]),
            va="center",
            color=color,
            arrowprops={"arrowstyle": "-", "color": "#bbbbbb", "lw": 0.7},
            annotation_clip=False,
        )
    ax.set_xscale("log")
    ax.set(xlabel="step of gradient descent", ylabel="weight")
    ax.set_xlim(1, len(path))
    return finished(figure)


def _apart(heights: Array, gap: float) -> Array:
    """Ascending heights, moved so that neighbours are at least `gap` apart."""
    moved = heights.astype(float)
    for _ in range(200):
        near = np.flatnonzero(np.diff(moved) < gap * 0.999)
        for i in near:
            middle = (moved[i] + moved[i + 1]) / 2
            moved[i], moved[i + 1] = middle - gap / 2, middle + gap / 2
    return moved
