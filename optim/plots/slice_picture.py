"""A slice of the loss as a picture, with the ways of optimizers on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .figures import MUTE, axes_for, colour, number_ticks, plain, quiet, remark
from .slices import LossSlice, loss_slice

Array = NDArray[Any]


def plot_loss_slice(
    model: Any, loss: Any, X: Any = None, y: Any = None, *, ax: Any = None, **options: Any
) -> Any:
    """Draw the loss along one or two directions through the weights of a model.

    Parameters
    ----------
    model, loss, X, y
        As for `loss_slice`, which computes it; the model is as it was afterwards.
    ax : Axes, optional
    **options
        ``directions``, ``dimensions``, ``span``, ``points``, ``paths`` and ``rng`` of
        `loss_slice`.

    Returns
    -------
    Axes
        Of two directions lines of equal loss, at equal ratios where it varies much, a cross at
        the model's weights, and the paths from an open dot to a full one, with their names. Where
        the loss is not finite the picture is hatched.

    Raises
    ------
    MissingExtraError
        Without matplotlib; others as `loss_slice`.

    Examples
    --------
    >>> import nn, numpy as np
    >>> from optim.plots import plot_loss_slice
    >>> X, y = np.eye(3), np.array([0, 1, 1])
    >>> ax = plot_loss_slice(nn.Linear(3, 2, rng=0), nn.CrossEntropyLoss(), X, y, points=5)
    >>> ax.get_xlabel()
    'random direction 1'
    """
    axes = axes_for("plot_loss_slice", 1, ax, width=5.4, height=4.4)
    return draw_slice(loss_slice(model, loss, X, y, **options), axes)


def draw_slice(found: LossSlice, ax: Any) -> Any:
    """See `LossSlice.plot`."""
    (place,) = axes_for("LossSlice.plot", 1, ax, width=5.4, height=4.4)
    if len(found.axes) == 1:
        _line(place, found)
    else:
        _surface(place, found)
    far = {name: share for name, share in found.inside.items() if share < 0.99}
    if far:
        shares = ", ".join(f"{plain(name)} {100 * share:.0f} %" for name, share in far.items())
        remark(place, f"Of the ways, this slice holds: {shares}.")
    return place


def _line(ax: Any, found: LossSlice) -> None:
    quiet(ax)
    (x,) = found.axes
    values = np.where(np.isfinite(found.values), found.values, np.nan)
    ax.plot(x, values, color="#30343a", linewidth=1.8)
    if _wide(values):
        ax.set_yscale("log")
        number_ticks(ax)
    ax.axvline(found.centre[0], color=MUTE, linewidth=1, linestyle=(0, (4, 3)))
    ax.annotate("the model", (found.centre[0], 1), xycoords=("data", "axes fraction"),
                xytext=(4, -4), textcoords="offset points", fontsize="small", color=MUTE,
                va="top")  # fmt: skip
    ends = []
    for i, (name, way) in enumerate(found.paths.items()):
        heights = np.interp(way[:, 0], x, values, left=np.nan, right=np.nan)
        ax.plot(way[:, 0], heights, ".", color=colour(i), label=plain(name))
        ends.append((name, (way[-1, 0], heights[-1]), colour(i)))
    _names(ax, ends)
    ax.set(xlabel=plain(found.labels[0], 60), ylabel="loss")
    _not_finite(ax, values)


def _surface(ax: Any, found: LossSlice) -> None:
    x, y = found.axes
    values = np.ma.masked_invalid(found.values)
    ax.set_facecolor("#ffffff")
    ax.grid(False)
    if not values.mask.all():
        levels = _levels(values.compressed())
        if len(levels) > 1:
            from matplotlib.colors import BoundaryNorm

            norm = BoundaryNorm(levels, 256)
            ax.contourf(x, y, values, levels=levels, cmap=_greys(), norm=norm, extend="both")
            lines = ax.contour(x, y, values, levels=levels[::2], colors="#7d8794", linewidths=0.7)
            ax.clabel(lines, fontsize=7, fmt=lambda v: f"{v:.3g}", colors="#30343a")
    _not_finite(ax, found.values)
    ax.plot(*found.centre, "+", color="k", markersize=11, markeredgewidth=1.8, zorder=6)
    for i, (name, way) in enumerate(found.paths.items()):
        tint = colour(i)
        ax.plot(*way.T, "-", color=tint, linewidth=1.3, label=plain(name), zorder=4)
        if len(way) <= 80:
            ax.plot(*way.T, ".", color=tint, markersize=3.5, label="_", zorder=4)
        ax.plot(*way[0], "o", color=tint, markerfacecolor="white", markersize=6, zorder=5)
        ax.plot(*way[-1], "o", color=tint, markersize=6, zorder=5)
    ax.set(xlim=x[[0, -1]], ylim=y[[0, -1]])
    _names(ax, [(name, way[-1], colour(i)) for i, (name, way) in enumerate(found.paths.items())])
    ax.set(xlabel=plain(found.labels[0], 60), ylabel=plain(found.labels[1], 60))
    ax.set_title("Loss", loc="left", fontsize="medium", fontweight="bold")


def _names(ax: Any, ends: Sequence[tuple[str, Any, Any]]) -> None:
    """The names of ways at their ends, inside of the picture and apart from each other."""
    from matplotlib.patheffects import withStroke

    taken: list[tuple[float, float]] = []
    for name, place, tint in ends:
        if not np.isfinite(place).all():
            continue
        across, up = ax.transAxes.inverted().transform(ax.transData.transform(place))
        left = across > 0.72
        height = up + 0.02
        while any(abs(height - h) < 0.06 and abs(across - x) < 0.3 for x, h in taken):
            height -= 0.02
        taken.append((across, height))
        ax.annotate(plain(name), (across - 0.025 if left else across + 0.025, height),
                    xycoords="axes fraction", ha="right" if left else "left", color=tint,
                    fontweight="bold", zorder=7,
                    path_effects=[withStroke(linewidth=3, foreground="white")])  # fmt: skip


def _wide(values: Array) -> bool:
    good = values[np.isfinite(values)]
    return bool(good.size) and good.min() > 0 and good.max() > 20 * good.min()


def _levels(good: Array) -> Array:
    """About fourteen heights: at equal ratios where the loss varies much, else at equal steps."""
    low, high = float(good.min()), float(np.quantile(good, 0.98))
    if not high > low:
        return np.array([low])
    if low > 0 and high > 10 * low:
        return np.geomspace(low, high, 14)
    if low >= 0 and high > 20 * max(low, 1e-12 * high):  # a loss that reaches zero
        return np.geomspace(high / 1000, high, 14)
    return np.linspace(low, high, 14)


def _greys() -> Any:
    import matplotlib
    from matplotlib.colors import LinearSegmentedColormap

    shades = matplotlib.colormaps["Greys"](np.linspace(0.02, 0.5, 64))
    return LinearSegmentedColormap.from_list("quiet greys", shades)


def _not_finite(ax: Any, values: Array) -> None:
    """Say that there is no number in places; of a surface they stay hatched."""
    bad = int((~np.isfinite(values)).sum())
    if bad:
        if values.ndim == 2:
            ax.patch.set(hatch="///", edgecolor="#c8102e", linewidth=0)
        ax.annotate(f"not finite at {bad:,} of {values.size:,} places", (0.01, 0.01),
                    xycoords="axes fraction", fontsize="small", color="#c8102e",
                    zorder=8)  # fmt: skip
