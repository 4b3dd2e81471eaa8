"""The boxes of a picture in SVG."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..primitive import PRIMITIVES
from .heat import Heat
from .layout import Point
from .marks import MARKS, Mark
from .measure import (
    HEADER_HEIGHT,
    LABEL_WIDTH,
    LINE_HEIGHT,
    MARK_WIDTH,
    PADDING,
    heat_size,
    size_of,
    subtitle_of,
    text_of,
    times_of,
    title_of,
)
from .page import number_text
from .picture import Box, Line
from .svg_style import heat_class
from .wording import shorten, visible

_n = number_text
_STACK = 3.0


def attributes(pairs: Iterable[tuple[str, object]]) -> str:
    """``data-…`` attributes; those without a value are left out."""
    return "".join(
        [f' data-{name}="{escape(visible(str(value)))}"' for name, value in pairs
         if value not in (None, "", ())]
    )  # fmt: skip


def box_svg(box: Box, corner: Point) -> str:
    """One box: a group with its title, in which all that it shows is drawn."""
    width, height = size_of(box)
    radius = 12 if box.kind == "parameter" else 5
    r, w, h = radius, _n(width), HEADER_HEIGHT
    outline = f"M0 {h}V{r}Q0 0 {r} 0H{_n(width - r)}Q{w} 0 {w} {r}V{h}Z"
    size = f'width="{w}" height="{_n(height)}" rx="{r}"'
    if height <= HEADER_HEIGHT:
        band = f'<rect class="ag-head" {size}/>'
    else:
        band = f'<rect class="ag-body" {size}/><path class="ag-head" d="{outline}"/>'
    if box.folded or box.count > 1:
        band = f'<rect class="ag-stack" x="{_n(_STACK)}" y="{_n(_STACK)}" {size}/>{band}'
    return (
        f'<g class="{classes(box)}" id="{box.id}" '
        f'transform="translate({_n(corner[0])} {_n(corner[1])})"{_data(box)}>'
        f"<title>{escape(chr(10).join([visible(t) for t in box.tooltip]))}</title>"
        f'{band}<rect class="ag-frame" {size}/>{_header(box, width)}'
        f"{_lines(box)}{_heat(box, width)}{_marks(box)}</g>"
    )


def classes(box: Box) -> str:
    """``ag-box ag-node ag-operation ag-relu ag-dead``."""
    names = ["ag-box", "ag-node", f"ag-{box.kind}"]
    if box.op in PRIMITIVES:  # a user's operation may have any name
        names.append(f"ag-{box.op}")
    names += [f"ag-{mark.kind}" for mark in box.marks]
    return " ".join(dict.fromkeys(names))


def _data(box: Box) -> str:
    return attributes(
        (
            ("op", box.op),
            ("name", shorten(box.name, 200)),
            ("shape", box.shape),
            ("dtype", box.dtype),
            ("cluster", box.cluster),
            ("path", box.path),
            ("grad-norm", None if box.grad is None else f"{box.grad.norm:.6g}"),
            ("marks", " ".join([mark.kind for mark in box.marks])),
            ("count", box.count if box.count > 1 else ""),
            ("holds", " ".join(box.holds)),
            ("line", box.line),
        )
    )


def _header(box: Box, width: float) -> str:
    title, subtitle = title_of(box), subtitle_of(box)
    head = f'<tspan class="ag-title">{escape(title)}</tspan>'
    if subtitle:
        head += f'<tspan dx="7">{escape(subtitle)}</tspan>'
    if box.count > 1:
        head += f'<tspan class="ag-times" dx="7">{times_of(box)}</tspan>'
    return (
        f'<text class="ag-header" x="{_n(PADDING)}" y="16.5">{head}</text>'
        f'<text class="ag-header ag-shape" x="{_n(width - PADDING)}" y="16.5" '
        f'text-anchor="end">{escape(visible(box.shape))}</text>'
    )


def _lines(box: Box) -> str:
    return "".join(
        [_line(line, HEADER_HEIGHT + LINE_HEIGHT * (i + 1)) for i, line in enumerate(box.lines)]
    )


def _line(line: Line, y: float) -> str:
    x = PADDING + (LABEL_WIDTH if line.label else 0)
    kind = "ag-line ag-absent" if line.absent else "ag-line"
    value = f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}">{escape(text_of(line.text))}</text>'
    if not line.label:
        return value
    label = escape(visible(line.label))
    return f'<text class="ag-label" x="{_n(PADDING)}" y="{_n(y)}">{label}</text>{value}'


def _heat(box: Box, width: float) -> str:
    wide, _, cell = heat_size(box)
    if box.heat is None:
        return ""
    return heat_svg(box.heat, (width - PADDING - wide, HEADER_HEIGHT + 5), cell)


def heat_svg(heat: Heat, corner: Point, cell: float) -> str:
    """A path for each colour that occurs, of lines as thick as a row, so that 256 cells are short.

    Coordinates are those of cells.
    """
    paths: dict[int, list[str]] = {}
    for i, row in enumerate(heat.rows):
        start = 0
        for j in range(1, len(row) + 1):
            if j == len(row) or row[j] != row[start]:
                paths.setdefault(row[start], []).append(f"M{start} {i}h{j - start}")
                start = j
    cells = "".join(
        [f'<path class="{heat_class(k)}" d="{"".join(d)}"/>' for k, d in sorted(paths.items())]
    )
    x, y = corner[0], corner[1] + cell / 2
    return (
        f'<g class="ag-heat" shape-rendering="crispEdges" '
        f'transform="translate({_n(x)} {_n(y)})scale({_n(cell)})">{cells}</g>'
    )


def _marks(box: Box) -> str:
    _, heat_height, _ = heat_size(box)
    top = HEADER_HEIGHT + max(len(box.lines) * LINE_HEIGHT, heat_height)
    return "".join(
        [mark_svg(mark, PADDING, top + LINE_HEIGHT * (i + 1)) for i, mark in enumerate(box.marks)]
    )


def mark_svg(mark: Mark, x: float, y: float) -> str:
    """The sign of a mark, and what was found."""
    sign = MARKS[mark.kind][0]
    return (
        f'<g class="ag-mark ag-mark-{mark.kind}"><text class="ag-sign" x="{_n(x)}" y="{_n(y)}">'
        f'{sign}</text><text x="{_n(x + MARK_WIDTH)}" y="{_n(y)}">{escape(visible(mark.text))}'
        f"</text></g>"
    )
