"""Charts as SVG: axes, lines, and the lines' names at their ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .curve_scales import Scale, scale_of, tick_text
from .measure import SMALL_SIZE, TITLE_SIZE, sans_width
from .page import DARK, PLAIN, SANS, number_text
from .wording import shorten, visible

#: Of a chart with all that belongs to it, and of the space between two, in pixels.
WIDTH, HEIGHT, GAP = 390, 216, 16
LEFT, TOP, BOTTOM = 46.0, 30.0, 34.0
LABEL_HEIGHT = 12.5
MAX_LABEL = 110.0
MAX_NAME = 22
#: Of lines, in light and in dark: can be told apart by the colour-blind, and read as text.
PALETTE = (
    ("#0072b2", "#b84a00", "#00795a", "#a8447f", "#8a6100", "#2b7fb0", "#3c4148"),
    ("#5ab4f0", "#ff9a55", "#3fd0a4", "#e99bc8", "#e9b64a", "#9fd6f7", "#d5dae1"),
)
#: For lines that have an order, from the first to the last.
SEQUENCE = (
    ("#440154", "#46327e", "#365c8d", "#277f8e", "#1b8a74", "#2f8f43", "#668500", "#8f7400"),
    ("#b79cf0", "#93a8f5", "#6db9ee", "#55c8d8", "#56d6ad", "#86e07f", "#c0e060", "#fde25a"),
)

Array = NDArray[Any]
Drawn = tuple[str, Array, Array, str, str]


def style() -> str:
    """The style sheet, in light and in dark."""
    light, dark = "".join(_theme(PLAIN, 0)), "".join(_theme(DARK, 1))
    return (
        f".ag-charts text{{font-family:{SANS};font-size:{SMALL_SIZE}px}}"
        f".ag-charts .ag-title{{font-size:{TITLE_SIZE}px;font-weight:600}}"
        ".ag-charts .ag-heading{font-weight:600}"
        ".ag-charts .ag-curve{fill:none;stroke-width:1.7;stroke-linejoin:round;"
        "stroke-linecap:round}"
        ".ag-charts .ag-thin{stroke-width:.9}"
        ".ag-charts .ag-tag{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}"
        ".ag-charts .ag-faint{stroke-width:1;stroke-opacity:.38}"
        ".ag-charts .ag-grid,.ag-charts .ag-axis{fill:none;stroke-width:1}"
        ".ag-charts .ag-level{fill:none;stroke-width:1.2;stroke-dasharray:4 3}"
        f"{light}@media (prefers-color-scheme:dark){{{dark}}}"
    )


def _theme(colours: dict[str, str], index: int) -> Iterator[str]:
    yield f".ag-charts .ag-paper{{fill:{colours['paper']}}}.ag-charts text{{fill:{colours['ink']}}}"
    yield f".ag-charts .ag-tick,.ag-charts .ag-note{{fill:{colours['mute']}}}"
    yield f".ag-charts .ag-grid{{stroke:{('#e8ebf0', '#272d35')[index]}}}"
    yield f".ag-charts .ag-tag{{stroke:{colours['paper']}}}"
    yield f".ag-charts .ag-axis,.ag-charts .ag-level{{stroke:{colours['edge']}}}"
    for letter, palette in (("c", PALETTE[index]), ("s", SEQUENCE[index])):
        for i, colour in enumerate(palette):
            yield f".ag-charts .ag-{letter}{i}{{stroke:{colour}}}"
            yield (
                f".ag-charts text.ag-{letter}{i},.ag-charts circle.ag-{letter}{i}"
                f"{{fill:{colour};stroke:none}}"
            )


def panel_parts(title: str, curves: Sequence[Drawn], panel: Any) -> list[str]:
    """The elements of one chart, from its upper left corner.

    Parameters
    ----------
    title : str
    curves : sequence of (name, x, y, kind, class of colour)
    panel : Panel
        For its axes, levels and marks.
    """
    named = [curve for curve in curves if curve[0]]
    texts = [shorten(curve[0], MAX_NAME) for curve in named]
    right = min(MAX_LABEL, max([sans_width(t, SMALL_SIZE) for t in texts], default=0.0)) + 12
    across = scale_of([c[1] for c in curves], WIDTH - LEFT - right)
    if curves and any(len(c[1]) for c in curves):
        places = np.concatenate([c[1] for c in curves])
        low, high = float(places.min()), float(places.max())
        across = Scale(low, high if high > low else low + 1.0, across.length)
    upright = scale_of(
        [c[2] for c in curves],
        HEIGHT - TOP - BOTTOM,
        log=panel.log,
        also=[level for level, _ in panel.levels],
    )
    if panel.percent and not panel.log and upright.low < 1 and upright.high > 0:
        upright = Scale(max(upright.low, 0.0), min(upright.high, 1.04), upright.length)
    parts = [f'<text class="ag-heading" x="0" y="12">{escape(visible(shorten(title, 60)))}</text>']
    parts += _axes(across, upright, panel)
    many = " ag-thin" if len(curves) > 8 else ""
    for _, x, y, kind, tint in curves:
        parts += _line(LEFT + across(x), TOP + upright.length - upright(y), kind, tint + many)
    parts += _levels(across, upright, panel)
    heights = [_end(c[2], upright) for c in named]
    ends = [(h, text, c[4]) for h, text, c in zip(heights, texts, named, strict=True) if h == h]
    for height, text, tint in _apart(ends, upright.length):
        place = f'x="{number_text(LEFT + across.length + 6)}" y="{number_text(TOP + height + 3.5)}"'
        parts.append(f'<text class="{tint}" {place}>{escape(text)}</text>')
    return parts


def _axes(across: Scale, upright: Scale, panel: Any) -> Iterator[str]:
    bottom, end = TOP + upright.length, number_text(LEFT + across.length)
    for tick in upright.ticks(5):
        y = bottom - float(upright(np.array(tick)))
        text = tick_text(tick, percent=panel.percent)
        yield f'<path class="ag-grid" d="M{LEFT} {number_text(y)}H{end}"/>'
        yield (
            f'<text class="ag-tick" x="{LEFT - 6}" y="{number_text(y + 3.5)}" '
            f'text-anchor="end">{text}</text>'
        )
    for tick in across.ticks(6):
        if tick != round(tick):
            continue
        x = number_text(LEFT + float(across(np.array(tick))))
        yield (
            f'<text class="ag-tick" x="{x}" y="{number_text(bottom + 15)}" '
            f'text-anchor="middle">{tick_text(tick)}</text>'
        )
    yield f'<path class="ag-axis" d="M{LEFT} {number_text(bottom)}H{end}"/>'
    middle = number_text(LEFT + across.length / 2)
    yield (
        f'<text class="ag-tick" x="{middle}" y="{number_text(bottom + 29)}" '
        f'text-anchor="middle">{escape(visible(shorten(panel.x_label, 40)))}</text>'
    )


def _levels(across: Scale, upright: Scale, panel: Any) -> Iterator[str]:
    bottom = TOP + upright.length
    for value, words in panel.levels:
        y = bottom - float(upright(np.array(value)))
        yield f'<path class="ag-level" d="M{LEFT} {number_text(y)}h{number_text(across.length)}"/>'
        yield _tag(words, LEFT + 4, y - 4, "start")
    for value, words in panel.marks:
        place = float(across(np.array(value)))
        if not 0 <= place <= across.length:
            continue
        x = LEFT + place
        yield f'<path class="ag-level" d="M{number_text(x)} {TOP}V{number_text(bottom)}"/>'
        near_end = place > 0.6 * across.length
        yield _tag(words, x - 4 if near_end else x + 4, TOP - 4, "end" if near_end else "start")


def _tag(words: str, x: float, y: float, anchor: str) -> str:
    return (
        f'<text class="ag-tick ag-tag" x="{number_text(x)}" y="{number_text(y)}" '
        f'text-anchor="{anchor}">{escape(visible(shorten(words, 40)))}</text>'
    )


def _line(x: Array, y: Array, kind: str, tint: str) -> Iterator[str]:
    """A path through the points, with a gap where there is no number; alone, a point is a dot."""
    good = np.isfinite(x) & np.isfinite(y)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
    path = []
    for start, stop in edges.reshape(-1, 2):
        points = [f"{number_text(a)} {number_text(b)}" for a, b in zip(x[start:stop], y[start:stop],
                                                                       strict=True)]  # fmt: skip
        if kind == "dots" or len(points) == 1:
            for point in points:
                a, b = point.split()
                yield f'<circle class="{tint}" cx="{a}" cy="{b}" r="2.4"/>'
        else:
            path.append("M" + "L".join(points))
    if path:
        faint = " ag-faint" if kind == "faint" else ""
        yield f'<path class="ag-curve{faint} {tint}" d="{"".join(path)}"/>'


def _end(y: Array, upright: Scale) -> float:
    """The height from the top at which a line ends."""
    places = upright.length - upright(y)
    places = places[np.isfinite(places)]
    return float(places[-1]) if places.size else float("nan")


def _apart(ends: list[tuple[float, str, str]], length: float) -> list[tuple[float, str, str]]:
    """The names moved apart; where they are too many, some of them."""
    room = int((length + 20) // LABEL_HEIGHT)
    if len(ends) > room:
        chosen = np.unique(np.linspace(0, len(ends) - 1, room).round().astype(int))
        ends = [ends[i] for i in chosen]
    ends = sorted(ends)
    heights = [height for height, _, _ in ends]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + LABEL_HEIGHT)
    low = length + 8
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], low)
        low = heights[i] - LABEL_HEIGHT
    return [(h, text, tint) for h, (_, text, tint) in zip(heights, ends, strict=True)]
