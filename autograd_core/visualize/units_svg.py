"""Units as SVG, in columns: inputs, then for each layer its sums and its activations."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import atan2, degrees, hypot

from .block_measure import Text, text_width
from .block_paths import arrowhead
from .block_svg import text_at
from .layout import MARGIN, Point
from .measure import sans_width
from .page import Paper, document, number_text
from .units import Layer, Unit, Units, Wire
from .units_words import COLOURS, description, kind_of, worded

_n = number_text

RADIUS = 17.0
STEP = 66.0
#: Where along a wire its weight is written: before wires from the next unit cross it.
AT = 0.31
CROSSING = 0.85


@dataclass(slots=True)
class _Columns:
    """Where the columns stand: for each layer its inputs, sums, activations and outputs."""

    sources: list[Point]
    sums: list[Point]
    boxes: list[Point]
    ends: list[Point]


def svg_of(units: Units) -> str:
    """Write the units.

    Returns
    -------
    str
        A complete SVG document.
    """
    heights = [_spacing(units, k) * (len(column) - 1) for k, column in enumerate(_counts(units))]
    middle = MARGIN + max(heights) / 2 + RADIUS + 4
    x = MARGIN + 14 + max([text_width("shape", unit.value) for unit in units.inputs])
    sources = _column(units, 0, x + RADIUS, middle)
    wires, parts = [], [_circle(unit, p, unit.symbol) for unit, p in
                        zip(units.inputs, sources, strict=True)]  # fmt: skip
    for unit, (px, py) in zip(units.inputs, sources, strict=True):
        if unit.value:
            parts.append(text_at(Text("shape", unit.value), px - RADIUS - 6, py + 4, "end"))
    x += 2 * RADIUS
    bottom = middle + max(heights) / 2 + RADIUS
    for k, layer in enumerate(units.layers, 1):
        places = _places(units, k, layer, sources, x, middle)
        wires.append(_wires(layer, places))
        parts += _layer(layer, places, last=k == len(units.layers))
        bottom = max(bottom, places.sums[-1][1] + RADIUS + 34, middle + max(heights) / 2 + 30)
        sources = places.ends
        x = sources[0][0]
    width = x + MARGIN + max([_out_width(unit) for unit in units.layers[-1].outputs])
    body = ['<g class="ag-wires">', *wires, "</g>", '<g class="ag-units">', *parts, "</g>"]
    paper = Paper(units.title, description(units), width, bottom + MARGIN)
    return document(paper, _style(), _legend(units), body, units.notes)


def _counts(units: Units) -> list[tuple[Unit, ...]]:
    return [units.inputs, *[layer.sums for layer in units.layers]]


def _spacing(units: Units, column: int) -> float:
    """Distance of the units of a column: room for the weights that leave, and for the offset."""
    if column < len(units.layers) and units.layers[column].labelled:
        n = len(units.layers[column].sums)
        return max(STEP, (n - 1) * STEP * CROSSING)
    return STEP if len(_counts(units)[column]) < 8 else 48.0


def _column(units: Units, column: int, x: float, middle: float) -> list[Point]:
    step, count = _spacing(units, column), len(_counts(units)[column])
    return [(x, middle + (i - (count - 1) / 2) * step) for i in range(count)]


def _places(
    units: Units, k: int, layer: Layer, sources: list[Point], x: float, middle: float
) -> _Columns:
    sums = _column(units, k, x + (280 if layer.labelled else 170) + RADIUS, middle)
    gap = 26 + max([max(text_width("math", z.symbol), text_width("shape", z.value))
                    for z in layer.sums])  # fmt: skip
    right = sums[0][0] + RADIUS + gap
    half = _box_width(layer) / 2
    boxes = [(right + half, y) for _, y in sums] if layer.function else sums
    edge = boxes[0][0] + (half if layer.function else RADIUS)
    return _Columns(sources, sums, boxes, [(edge, y) for _, y in sums])


def _box_width(layer: Layer) -> float:
    return max(2 * RADIUS, text_width("title", layer.function) + 16)


def _out_width(unit: Unit) -> float:
    return 40 + max(text_width("math", unit.symbol), text_width("shape", unit.value))


def _wires(layer: Layer, places: _Columns) -> str:
    """The weights as lines, the heavier the wider; their numbers where they are few."""
    top = max([abs(w.weight) for w in layer.wires], default=0.0) or 1.0
    parts, labels = [], []
    for wire in layer.wires:
        (x0, y0), (x1, y1) = places.sources[wire.tail], places.sums[wire.head]
        far = hypot(x1 - x0, y1 - y0)
        x1, y1 = x1 - RADIUS * (x1 - x0) / far, y1 - RADIUS * (y1 - y0) / far
        title = escape(worded(wire))
        parts.append(
            f'<path class="ag-wire ag-{kind_of(wire)}" id="{wire.id}" '
            f'stroke-width="{0.8 + 2.7 * abs(wire.weight) / top:.2f}" '
            f'd="M{_n(x0)} {_n(y0)}L{_n(x1)} {_n(y1)}"><title>{title}</title></path>'
        )
        if layer.labelled:
            angle = atan2(y1 - y0, x1 - x0)
            labels.append(_label(wire, x0 + (x1 - x0) * AT, y0 + (y1 - y0) * AT, angle))
    return "".join(parts + labels)


def _label(wire: Wire, x: float, y: float, angle: float) -> str:
    """A weight, along its line."""
    text = text_at(Text("math", worded(wire)), 0.0, -4.0, "middle", "ag-halo ag-weight")
    return f'<g transform="translate({_n(x)} {_n(y)}) rotate({_n(degrees(angle))})">{text}</g>'


def _layer(layer: Layer, places: _Columns, last: bool) -> list[str]:
    parts = []
    half = _box_width(layer) / 2
    rows = zip(layer.sums, layer.outputs, places.sums, places.boxes, places.ends, strict=True)
    for z, a, (sx, sy), (bx, _), (ex, _) in rows:
        parts.append(_circle(z, (sx, sy), "Σ"))
        if layer.function:
            parts.append(_line((sx + RADIUS, sy), (bx - half, sy)))
            parts += _over_and_under(z, (sx + RADIUS + bx - half) / 2, sy)
            if not layer.joint:
                parts.append(_box(a.id, layer.function, (bx, sy), half, RADIUS))
        if last:
            reach = _out_width(a) - 12
            parts.append(_line((ex, sy), (ex + reach, sy)))
            parts += _over_and_under(a, ex + reach / 2, sy)
    if layer.joint:  # one box for all
        (x, top), (_, bottom) = places.boxes[0], places.boxes[-1]
        name = layer.outputs[0].id.partition("_")[0]
        tall = (bottom - top) / 2 + RADIUS
        parts.append(_box(name, layer.function, (x, (top + bottom) / 2), half, tall))
    return parts + [_offset(wire, places.sums[wire.head], layer.labelled) for wire in layer.offsets]


def _offset(wire: Wire, center: Point, labelled: bool) -> str:
    """w₀, which enters a sum from below; its number where there is room."""
    x, y = center[0], center[1] + RADIUS
    words = ""
    if labelled:
        words = text_at(Text("math", worded(wire)), x, y + 23, "middle", "ag-weight")
    return (
        f'<g class="ag-offset" id="{wire.id}"><title>{escape(worded(wire))}</title>'
        f"{_line((x, y + 11), (x, y))}{words}</g>"
    )


def _box(id: str, function: str, center: Point, half: float, tall: float) -> str:
    x, y = center
    return (
        f'<g class="ag-unit" id="{id}"><title>{escape(function)}</title>'
        f'<rect x="{_n(x - half)}" y="{_n(y - tall)}" width="{_n(2 * half)}" '
        f'height="{_n(2 * tall)}" rx="6"/>'
        f"{text_at(Text('title', function), x, y + 4.5, 'middle')}</g>"
    )


def _over_and_under(unit: Unit, x: float, y: float) -> list[str]:
    parts = [text_at(Text("math", unit.symbol), x, y - 6, "middle")]
    if unit.value:
        parts.append(text_at(Text("shape", unit.value), x, y + 15, "middle"))
    return parts


def _circle(unit: Unit, center: Point, text: str) -> str:
    x, y = center
    words = f"{unit.symbol} = {unit.value}" if unit.value else unit.symbol
    return (
        f'<g class="ag-unit" id="{unit.id}"><title>{escape(words)}</title>'
        f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(RADIUS)}"/>'
        f"{text_at(Text('math', text), x, y + 4.5, 'middle')}</g>"
    )


def _line(start: Point, end: Point) -> str:
    path = f"M{_n(start[0])} {_n(start[1])}L{_n(end[0])} {_n(end[1])}{arrowhead(end, start)}"
    return f'<path class="ag-flow" d="{path}"/>'


def _style() -> str:
    themes = []
    for dark, (paper, box, ink) in enumerate(
        (("#ffffff", "#dbe9fb", "#16386b"), ("#14171c", "#1b3354", "#cfe2fb"))
    ):
        rules = [f".ag-{kind}{{stroke:{c[dark]}}}" for kind, c in COLOURS.items() if kind != "unit"]
        border = COLOURS["unit"][dark]
        rules += [
            f".ag-unit circle,.ag-unit rect{{fill:{box};stroke:{border}}}",
            f".ag-flow{{stroke:{border}}}",
            f".ag-graph .ag-unit text{{fill:{ink}}}.ag-graph .ag-halo{{stroke:{paper}}}",
        ]
        themes.append("".join(rules))
    return (
        ".ag-wire,.ag-flow{fill:none;stroke-linecap:round}.ag-wire{stroke-opacity:.8}"
        ".ag-flow,.ag-unit circle,.ag-unit rect{stroke-width:1.4}.ag-zero{stroke-dasharray:3 3}"
        ".ag-graph .ag-weight{font-size:12px}"
        ".ag-graph .ag-halo{paint-order:stroke;stroke-width:3.5;stroke-linejoin:round}"
        f"{themes[0]}@media (prefers-color-scheme:dark){{{themes[1]}}}"
    )


def _legend(units: Units) -> tuple[str, float]:
    """The colours of the signs that occur; and the width that this takes."""
    found = {kind_of(wire) for layer in units.layers for wire in layer.wires}
    names = {"plus": "weight > 0", "minus": "weight < 0", "zero": "weight = 0"}
    x, parts = MARGIN, []
    for kind, words in names.items():
        if kind in found:
            parts.append(
                f'<path class="ag-wire ag-{kind}" stroke-width="2.5" d="M{_n(x)} 18h24"/>'
                f'<text x="{_n(x + 31)}" y="22">{escape(words)}</text>'
            )
            x += 31 + sans_width(words, 10.5) + 18
    words = "the wider, the larger |w|"
    parts.append(f'<text x="{_n(x)}" y="22">{words}</text>')
    return "".join(parts), x + sans_width(words, 10.5) + MARGIN
