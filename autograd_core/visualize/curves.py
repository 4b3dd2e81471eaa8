"""Small charts of lines, as SVG that needs nothing else: how a training went, while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, ShapeError
from .curve_svg import GAP, HEIGHT, WIDTH, panel_parts, style
from .page import CAPTION_HEIGHT, number_text, wrapped
from .wording import number, visible

#: Lines of more points are thinned when they are drawn.
MAX_POINTS = 240
KINDS = ("line", "faint", "dots")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart.

    Parameters
    ----------
    name : str
        Stands at the end of the line; hostile characters are made harmless.
    x, y : array_like of one dimension
        NaN and infinities are gaps.
    kind : {"line", "faint", "dots"}
    colour : int, optional
        The place among the palette's colours; by default that among the lines of the chart.
    depth : float, optional
        From 0 to 1: a colour of the sequence from dark to bright instead, for lines that have an
        order, such as layers.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    kind: str = "line"
    colour: int | None = None
    depth: float | None = None

    def __post_init__(self) -> None:
        x, y = (np.asarray(values, np.float64) for values in (self.x, self.y))
        if x.ndim != 1 or x.shape != y.shape:
            raise ShapeError(f"Curve: x has shape {x.shape} and y {y.shape}; both must be (n,)")
        if self.kind not in KINDS:
            raise ArgumentError(f"Curve: kind is {self.kind!r}; it must be one of {KINDS}")
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart: a title, lines, and what the axes are.

    Parameters
    ----------
    title : str
        What is on the upright axis.
    curves : sequence of Curve
    x_label : str
    log, percent : bool
        A logarithmic axis; shares written as percentages.
    levels : sequence of (float, str)
        Lines across, with words.
    marks : sequence of (float, str)
        Upright lines, with words.
    """

    title: str
    curves: Sequence[Curve]
    x_label: str = "step"
    log: bool = False
    percent: bool = False
    levels: Sequence[tuple[float, str]] = ()
    marks: Sequence[tuple[float, str]] = ()


def charts(
    panels: Sequence[Panel], title: str, *, notes: Sequence[str] = (), columns: int = 2
) -> str:
    """Charts side by side, as a complete SVG document, light and dark.

    Parameters
    ----------
    panels : sequence of Panel
    title : str
    notes : sequence of str
        Lines of text below.
    columns : int, default 2

    Returns
    -------
    str
        With a title and, for those who hear it read, a description in words. Lines of more than
        240 points are thinned evenly, their last point kept.

    Examples
    --------
    >>> from autograd_core import Curve, Panel, charts
    >>> loss = Curve("training", [1, 2, 3], [2.3, 0.9, 0.4])
    >>> charts([Panel("loss", [loss], "epoch")], "A short training")[:4]
    '<svg'
    """
    if isinstance(columns, bool) or not isinstance(columns, int) or columns < 1:
        raise ArgumentError(f"charts: columns is {columns!r}; it must be an integer >= 1")
    columns = max(1, min(columns, len(panels)))
    rows = -(-len(panels) // columns)
    width = columns * WIDTH + (columns - 1) * GAP + 2 * GAP
    lines = [part for note in notes for part in wrapped(visible(note), width - 2 * GAP)]
    foot = len(lines) * CAPTION_HEIGHT + (8 if lines else 0)
    height = 34 + rows * (HEIGHT + GAP) + foot
    wide, tall = number_text(width), number_text(height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ag-graph ag-charts" role="img" '
        f'width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}">',
        f"<title>{escape(visible(title))}</title>",
        f"<desc>{escape(visible(words_of(panels, notes)))}</desc>",
        f"<style>{style()}</style>",
        '<rect class="ag-paper" width="100%" height="100%"/>',
        f'<text class="ag-title" x="{GAP}" y="22">{escape(visible(title))}</text>',
    ]
    for i, panel in enumerate(panels):
        x = GAP + i % columns * (WIDTH + GAP)
        y = 34 + i // columns * (HEIGHT + GAP)
        parts.append(f'<g class="ag-panel" transform="translate({x} {y})">')
        parts += panel_parts(panel.title, [_drawn(c, k) for k, c in enumerate(panel.curves)], panel)
        parts.append("</g>")
    for i, line in enumerate(lines):
        place = number_text(height - foot + 8 + i * CAPTION_HEIGHT)
        parts.append(f'<text class="ag-note" x="{GAP}" y="{place}">{escape(line)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _drawn(curve: Curve, place: int) -> tuple[str, Array, Array, str, str]:
    """Name, points that are drawn, kind and class of colour of a line."""
    x, y = np.asarray(curve.x), np.asarray(curve.y)
    if len(x) > MAX_POINTS:
        chosen = np.unique(np.linspace(0, len(x) - 1, MAX_POINTS).round().astype(int))
        x, y = x[chosen], y[chosen]
    if curve.depth is not None:
        tint = f"ag-s{round(7 * min(max(curve.depth, 0.0), 1.0))}"
    else:
        tint = f"ag-c{(place if curve.colour is None else curve.colour) % 7}"
    return visible(curve.name), x, y, curve.kind, tint


def words_of(panels: Sequence[Panel], notes: Sequence[str] = ()) -> str:
    """What the charts show, as sentences."""
    said = []
    for panel in panels:
        lines = [_line_words(curve) for curve in panel.curves]
        said.append(f"{panel.title} by {panel.x_label}: {'; '.join(lines) or 'nothing yet'}.")
    return " ".join([*said, *notes])


def _line_words(curve: Curve) -> str:
    y = np.asarray(curve.y)
    good = y[np.isfinite(y)]
    if not good.size:
        return f"{curve.name} has no finite value"
    gaps = f", {y.size - good.size} not finite" if good.size < y.size else ""
    if good.size == 1:
        return f"{curve.name} is {number(good[0])}{gaps}"
    return f"{curve.name} from {number(good[0])} to {number(good[-1])}{gaps}"
