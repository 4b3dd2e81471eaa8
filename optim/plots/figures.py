"""Where pictures are drawn: axes that were given, or a figure of their own; colours, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core import ArgumentError, MissingExtraError

from ..recording.live import notebook

#: Okabe and Ito's colours, which the colour-blind can tell apart, without the too light yellow.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d")
#: For what has an order, such as layers: as viridis, without its light end.
ORDER = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1b8a74", "#2f8f43", "#668500", "#8f7400")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MUTE = "#667080"
GRID = "#e6e8ec"
#: Between two names, in points.
LINE_HEIGHT = 11.0


def colour(i: int) -> str:
    return COLOURS[i % len(COLOURS)]


def sequence(share: float) -> Any:
    """A colour for something that has an order, from 0 to 1; dark enough for text."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("order", ORDER)(float(share))


def axes_for(
    owner: str, count: int, ax: Any, *, width: float = 4.6, height: float = 3.3
) -> list[Any]:
    """As many Axes as there are pictures: those that were given, or those of a new figure.

    A new figure belongs to nobody but the caller, who saves it by ``ax.figure.savefig(…)``; in a
    notebook alone it is one of pyplot's, so that the cell shows it, and closes it.
    """
    try:
        from matplotlib.axes import Axes
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "plot", owner) from None
    if ax is not None:
        given = [ax] if isinstance(ax, Axes) else list(np.ravel(np.array(ax, dtype=object)))
        if len(given) != count or not all(isinstance(a, Axes) for a in given):
            raise ArgumentError(
                f"{owner}: ax holds {len(given)} things; {count} Axes are needed, as "
                f"plt.subplots gives them"
            )
        return given
    columns = min(count, 3 if count in (3, 5, 6) else 2)
    rows = -(-count // columns)
    size = (width * columns, height * rows)
    if notebook() is not None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=size, layout="constrained")
    else:
        figure = Figure(figsize=size, layout="constrained")
    return [figure.add_subplot(rows, columns, i + 1) for i in range(count)]


def quiet(ax: Any, *, grid: bool = True) -> None:
    """Take away what no one reads."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if grid:
        ax.grid(True, color=GRID, linewidth=0.8)
        ax.set_axisbelow(True)


def name_ends(ax: Any, lines: Sequence[tuple[str, Any]]) -> None:
    """Write the names of lines at the heights where they end, in their colours, moved apart.

    The names stay with the lines when the limits of the axes are changed.

    Parameters
    ----------
    ax : Axes
    lines : sequence of (str, Line2D)
    """
    ax.autoscale_view()
    points = ax.get_window_extent().height * 72 / ax.figure.dpi
    ends = []
    for name, line in lines:
        x, y = (np.asarray(v, float) for v in (line.get_xdata(), line.get_ydata()))
        good = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if name and good.size:
            value = float(y[good[-1]])
            place = ax.transData.transform((x[good[-1]], value))
            height = float(ax.transAxes.inverted().transform(place)[1]) * points
            if np.isfinite(height):
                ends.append((height, value, name, line.get_color()))
    ends.sort(key=lambda end: end[0])
    room = max(2, int(points // LINE_HEIGHT))
    if len(ends) > room:
        chosen = np.unique(np.linspace(0, len(ends) - 1, room).round().astype(int))
        ends = [ends[i] for i in chosen]
    places = [end[0] for end in ends]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + LINE_HEIGHT)
    top = points + 4
    for i in reversed(range(len(places))):
        places[i] = min(places[i], top)
        top = places[i] - LINE_HEIGHT
    for place, (height, value, name, tint) in zip(places, ends, strict=True):
        ax.annotate(
            plain(name),
            (1.0, value),
            xycoords=("axes fraction", "data"),
            xytext=(5, place - height),
            textcoords="offset points",
            color=tint,
            va="center",
            fontsize="small",
            annotation_clip=False,
        )


def number_axes(ax: Any, *, percent: bool = False) -> None:
    """Ticks as a person writes them; whole steps and epochs below."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    number_ticks(ax, percent=percent)


def number_ticks(ax: Any, *, percent: bool = False) -> None:
    """Those of the upright axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.autoscale_view()
    if ax.get_yscale() == "log":
        low, high = ax.get_ylim()
        if high < 300 * low:
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    elif percent:
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:g} %"))


def plain(text: str, most: int = 28) -> str:
    """`text` as it is: no formula, no control character, not too long."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))
    text = text if len(text) <= most else text[: most - 1] + "…"
    return text.replace("$", r"\$")


def remark(ax: Any, text: str) -> None:
    """A small line below the picture."""
    ax.annotate(
        text,
        (0, 0),
        xycoords="axes fraction",
        xytext=(0, -38),
        textcoords="offset points",
        fontsize="small",
        color=MUTE,
        va="top",
        annotation_clip=False,
    )
