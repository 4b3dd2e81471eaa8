"""The picture as SVG: the same text, ids and classes whatever engine placed the boxes.

The style sheet is within, and follows the reader's choice of light or dark. Nothing is loaded
from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import hypot

from .layout import Placement, Point
from .measure import (
    HEADER_HEIGHT,
    LABEL_WIDTH,
    LINE_HEIGHT,
    LINE_SIZE,
    PADDING,
    SMALL_SIZE,
    TITLE_SIZE,
    sans_width,
    size_of,
    subtitle_of,
    text_of,
    title_of,
)
from .page import CAPTION_HEIGHT, DARK, MONO, PLAIN, SANS, number_text, wrapped
from .picture import KINDS, Box, Edge, Picture
from .wording import visible

#: For each kind: fill of the header, border and text, in light and in dark.
COLOURS = {
    "parameter": (("#d9f2e0", "#2f8f55", "#14532d"), ("#173d28", "#4cb57a", "#c4f0d4")),
    "constant": (("#ececf0", "#8a8a96", "#3a3a44"), ("#33343c", "#82838f", "#dcdce4")),
    "operation": (("#dbe9fb", "#4179c4", "#16386b"), ("#1b3354", "#5c95df", "#cfe2fb")),
    "output": (("#fde6c8", "#cf7d12", "#6b3d00"), ("#4a3111", "#e09a3c", "#fbe3c1")),
}
_n = number_text
_ARROW = 5.0


def svg_of(picture: Picture, placement: Placement) -> str:
    """Write the picture.

    Parameters
    ----------
    picture : Picture
    placement : Placement
        Of its boxes and edges.

    Returns
    -------
    str
        A complete SVG document.
    """
    captions = [visible(note) for note in picture.notes]
    legend, legend_width = _legend(picture)
    top = CAPTION_HEIGHT + 12
    notes_width = max((sans_width(c, SMALL_SIZE) + 40 for c in captions), default=0.0)
    width = max(placement.width, legend_width, min(notes_width, 900))
    lines = [part for c in captions for part in wrapped(c, width - 40)]
    height = top + placement.height + len(lines) * CAPTION_HEIGHT
    shift = (width - placement.width) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ag-graph" role="img" '
        f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}">',
        f"<title>{escape(picture.title)}</title>",
        f"<desc>{escape(description(picture))}</desc>",
        f"<style>{_style()}</style>",
        '<rect class="ag-paper" width="100%" height="100%"/>',
        f'<g class="ag-legend">{legend}</g>',
        f'<g transform="translate({_n(shift)} {_n(top)})">',
        '<g class="ag-edges">',
        *(
            _edge(picture, edge, curve)
            for edge, curve in zip(picture.edges, placement.curves, strict=True)
        ),
        '</g>\n<g class="ag-boxes">',
        *(_box(box, corner) for box, corner in zip(picture.boxes, placement.corners, strict=True)),
        "</g>\n</g>",
    ]
    y = top + placement.height
    parts += [
        f'<text class="ag-note" x="20" y="{_n(y + i * CAPTION_HEIGHT)}">{escape(line)}</text>'
        for i, line in enumerate(lines)
    ]
    return "\n".join([*parts, "</svg>\n"])


def description(picture: Picture) -> str:
    """The picture in words, for those who hear it read."""
    outputs = [box for box in picture.boxes if box.kind == "output"]
    words = [f"{picture.title}: {picture.summary()}."]
    for box in outputs:
        lines = ", ".join([f"{line.label} {line.text}" for line in box.lines if line.label])
        words.append(f"The result is {box.title} {box.subtitle}, shape {box.shape}, {lines}.")
    return " ".join([*words, *picture.notes])


def _style() -> str:
    light = "".join(_theme(PLAIN, 0))
    dark = "".join(_theme(DARK, 1))
    return (
        f".ag-graph text{{font-family:{SANS};font-size:{SMALL_SIZE}px}}"
        f".ag-graph .ag-title{{font-size:{TITLE_SIZE}px;font-weight:600}}"
        f".ag-graph .ag-shape,.ag-graph .ag-line{{font-family:{MONO}}}"
        f".ag-graph .ag-line{{font-size:{LINE_SIZE}px;white-space:pre}}"
        ".ag-graph .ag-absent{font-style:italic}"
        ".ag-graph .ag-edge{fill:none;stroke-width:1.4;stroke-linecap:round;"
        "stroke-linejoin:round}"
        ".ag-graph .ag-frame{fill:none;stroke-width:1.3}"
        ".ag-graph .ag-constant .ag-frame{stroke-dasharray:4 3}"
        ".ag-graph .ag-output .ag-frame{stroke-width:2.4}"
        f"{light}@media (prefers-color-scheme:dark){{{dark}}}"
    )


def _theme(colours: dict[str, str], index: int) -> Iterator[str]:
    yield f".ag-graph .ag-paper{{fill:{colours['paper']}}}"
    yield f".ag-graph .ag-body{{fill:{colours['box']}}}"
    yield f".ag-graph text{{fill:{colours['ink']}}}"
    yield f".ag-graph .ag-edge{{stroke:{colours['edge']}}}"
    yield (f".ag-graph .ag-label,.ag-graph .ag-absent,.ag-graph .ag-note{{fill:{colours['mute']}}}")
    for kind in KINDS:
        fill, border, ink = COLOURS[kind][index]
        yield f".ag-graph .ag-{kind} .ag-head{{fill:{fill}}}"
        yield f".ag-graph .ag-{kind} .ag-frame{{stroke:{border}}}"
        yield f".ag-graph .ag-{kind} .ag-header{{fill:{ink}}}"


def _legend(picture: Picture) -> tuple[str, float]:
    """The kinds that occur, and how often; and the width that this takes."""
    x = 20.0
    parts = []
    for kind, count in picture.counts().items():
        if not count:
            continue
        words = f"{kind}" if kind == "output" else f"{count:,} {kind}{'s' if count > 1 else ''}"
        parts.append(
            f'<g class="ag-{kind}"><rect class="ag-head" x="{_n(x)}" y="12" width="14" '
            f'height="12" rx="3"/><rect class="ag-frame" x="{_n(x)}" y="12" width="14" '
            f'height="12" rx="3"/><text x="{_n(x + 20)}" y="22">{words}</text></g>'
        )
        x += 20 + sans_width(words, SMALL_SIZE) + 18
    return "".join(parts), x + 2


def _box(box: Box, corner: Point) -> str:
    width, height = size_of(box)
    radius = 12 if box.kind == "parameter" else 5
    title, subtitle = title_of(box), subtitle_of(box)
    head = f'<tspan class="ag-title">{escape(title)}</tspan>'
    if subtitle:
        head += f'<tspan dx="7">{escape(subtitle)}</tspan>'
    r, w, h = radius, _n(width), HEADER_HEIGHT
    outline = f"M0 {h}V{r}Q0 0 {r} 0H{_n(width - r)}Q{w} 0 {w} {r}V{h}Z"
    size = f'width="{w}" height="{_n(height)}" rx="{r}"'
    if not box.lines:
        band = f'<rect class="ag-head" {size}/>'
    else:
        band = f'<rect class="ag-body" {size}/><path class="ag-head" d="{outline}"/>'
    lines = "".join(
        _line(line.label, line.text, line.absent, HEADER_HEIGHT + LINE_HEIGHT * (i + 1))
        for i, line in enumerate(box.lines)
    )
    return (
        f'<g class="ag-box ag-{box.kind}" id="{box.id}" '
        f'transform="translate({_n(corner[0])} {_n(corner[1])})">'
        f"<title>{escape(chr(10).join([visible(t) for t in box.tooltip]))}</title>"
        f'{band}<rect class="ag-frame" {size}/>'
        f'<text class="ag-header" x="{_n(PADDING)}" y="16.5">{head}</text>'
        f'<text class="ag-header ag-shape" x="{_n(width - PADDING)}" y="16.5" '
        f'text-anchor="end">{escape(visible(box.shape))}</text>{lines}</g>'
    )


def _line(label: str, text: str, absent: bool, y: float) -> str:
    x = PADDING + (LABEL_WIDTH if label else 0)
    kind = "ag-line ag-absent" if absent else "ag-line"
    value = f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}">{escape(text_of(text))}</text>'
    if not label:
        return value
    return f'<text class="ag-label" x="{_n(PADDING)}" y="{_n(y)}">{escape(label)}</text>{value}'


def _edge(picture: Picture, edge: Edge, curve: list[Point]) -> str:
    tail, head = picture.boxes[edge.tail], picture.boxes[edge.head]
    words = f"{tail.title} → {head.title}, operand {edge.operand + 1}"
    (x0, y0), *rest = curve
    path = [f"M{_n(x0)} {_n(y0)}"]
    last = (x0, y0)
    for i in range(0, len(rest), 3):
        a, b, c = rest[i : i + 3]
        if abs(a[0] - last[0]) + abs(b[0] - last[0]) + abs(c[0] - last[0]) < 0.15:
            path.append(f"V{_n(c[1])}")
        else:
            path.append("C" + " ".join(f"{_n(x)} {_n(y)}" for x, y in (a, b, c)))
        last = c
    path.append(_arrow(curve))
    return (
        f'<path class="ag-edge" id="{edge.id}" d="{"".join(path)}">'
        f"<title>{escape(visible(words))}</title></path>"
    )


def _arrow(curve: list[Point]) -> str:
    """An open arrowhead at the end of a curve, in the direction in which it arrives."""
    x, y = curve[-1]
    before = next((p for p in reversed(curve) if p != curve[-1]), (x, y - 1))
    dx, dy = x - before[0], y - before[1]
    length = hypot(dx, dy)
    dx, dy = _ARROW * dx / length, _ARROW * dy / length
    wings = [(x - dx + 0.7 * side * dy, y - dy - 0.7 * side * dx) for side in (1, -1)]
    (x1, y1), (x2, y2) = wings
    return f"M{_n(x1)} {_n(y1)}L{_n(x)} {_n(y)}L{_n(x2)} {_n(y2)}"
