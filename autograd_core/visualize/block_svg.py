"""A block diagram as SVG, light and dark, in the manner of `svg`."""

from __future__ import annotations

import re
from html import escape

from .block_layout import Arranged, Turn
from .block_measure import (
    ASIDE,
    CARD_GAP,
    CARD_PADDING,
    ROW,
    SMALL_SIZE,
    Text,
    block_size,
    card_rows,
    card_size,
    extents,
    shown,
    value_rows,
)
from .block_paths import arrowhead, beside, corners, rounded
from .block_words import ARROWS, COLOURS, description
from .diagram import Block, Diagram, Link, Value
from .layout import MARGIN, Point
from .measure import sans_width
from .page import Paper, document, number_text
from .wording import visible

_n = number_text


def svg_of(diagram: Diagram, placed: Arranged) -> str:
    """Write the diagram.

    Returns
    -------
    str
        A complete SVG document.
    """
    count, sizes = len(diagram.blocks), extents(diagram)
    body = ['<g class="ag-links">']
    body += [_link(diagram, link, i, placed) for i, link in enumerate(diagram.links)]
    body += ["</g>", '<g class="ag-values">']
    body += [
        _value(
            value, placed.centers[v], sizes[v].width, not diagram.outputs_of(v),
            placed.turns.get(v),
        )
        for v, value in enumerate(diagram.values, count)
    ]  # fmt: skip
    body += ["</g>", '<g class="ag-blocks">']
    body += [
        _block(block, placed.centers[i], len(diagram.inputs_of(i)))
        for i, block in enumerate(diagram.blocks)
    ]
    body.append("</g>")
    paper = Paper(diagram.title, description(diagram), placed.width, placed.height)
    return document(paper, _style(), _legend(diagram), body, diagram.notes)


def _style() -> str:
    themes = []
    for dark in (0, 1):
        rules = [
            f".ag-blocks .ag-{kind} rect{{fill:{c[dark][0]};stroke:{c[dark][1]}}}"
            f".ag-blocks .ag-{kind} .ag-title,.ag-blocks .ag-{kind} .ag-math{{fill:{c[dark][2]}}}"
            for kind, c in COLOURS.items()
        ]
        forward, back = ARROWS[dark]
        rules += [
            f".ag-forward{{stroke:{forward}}}.ag-backward{{stroke:{back}}}",
            f".ag-graph text.ag-blame,.ag-graph text.ag-size{{fill:{back}}}",
        ]
        themes.append("".join(rules))
    return (
        ".ag-forward,.ag-backward{fill:none;stroke-width:1.5;stroke-linecap:round;"
        "stroke-linejoin:round}.ag-blocks rect{stroke-width:1.4}"
        ".ag-blocks .ag-operation rect{stroke-dasharray:4 3}"
        f"{themes[0]}@media (prefers-color-scheme:dark){{{themes[1]}}}"
    )


def _legend(diagram: Diagram) -> tuple[str, float]:
    """What the arrows mean; and the width that this takes."""
    entries = [("forward", "forward: values and their shapes")]
    if diagram.backward:
        entries.append(("backward", "backward: their gradients; norm = √Σ g²"))
    x, parts = MARGIN, []
    for kind, words in entries:
        points = ((x, 18.0), (x + 24, 18.0)) if kind == "forward" else ((x + 24, 18.0), (x, 18.0))
        path = f"M{_n(points[0][0])} 18H{_n(points[1][0])}{arrowhead(points[1], points[0])}"
        parts.append(f'<path class="ag-{kind}" d="{path}"/>')
        parts.append(f'<text x="{_n(x + 31)}" y="22">{words}</text>')
        x += 31 + sans_width(words, SMALL_SIZE) + 20
    return "".join(parts), x


# -- links ---------------------------------------------------------------------------------------


def _link(diagram: Diagram, link: Link, i: int, placed: Arranged) -> str:
    """The forward path, and the backward one below it."""
    count = len(diagram.blocks)
    to_block = link.head < count
    aside = any(v >= count and diagram.values[v - count].gradient for v in (link.tail, link.head))
    curve = placed.curves[i]
    forward = _path(curve, -ASIDE if aside else 0.0, to_block, False)
    parts = [f'<path class="ag-forward" id="{link.id}" d="{forward}"/>']
    if link.back:
        backward = _path(curve, ASIDE, False, link.tail < count)
        parts.append(f'<path class="ag-backward" id="{link.id}b" d="{backward}"/>')
    return "".join(parts)


def _path(curve: list[Point], aside: float, head: bool, tail: bool) -> str:
    """A path beside the middle of a link, with an arrowhead at its end or its start."""
    data, points = beside(curve, aside)
    first, last = points[0], points[-1]
    if head:
        before = next((p for p in reversed(points) if p != last), last)
        data += arrowhead(last, before)
    if tail:
        data += arrowhead(first, next((p for p in points if p != first), first))
    return data


# -- labels and blocks ---------------------------------------------------------------------------


def _value(value: Value, center: Point, width: float, last: bool, turn: Turn | None) -> str:
    """The label of an arrow, and the piece of the arrow that runs through it."""
    x, y = center
    left, right = x - width / 2, x + width / 2
    line = y - (0.0 if value.gradient is None else ASIDE)
    parts = [f'<path class="ag-forward" d="{_through(left, right, y, line - y, turn)}"/>']
    if last:
        parts[0] = parts[0].replace('"/>', f'{arrowhead((right, line), (left, line))}"/>')
    if value.gradient is not None:
        parts.append(f'<path class="ag-backward" d="{_through(left, right, y, ASIDE, turn)}"/>')
    above, below = value_rows(value)
    for k, text in enumerate(reversed(above)):
        parts.append(text_at(text, x, line - 6 - k * ROW, "middle"))
    for k, text in enumerate(below):
        parts.append(text_at(text, x, y + ASIDE + 14 + k * ROW, "middle"))
    title = escape("\n".join(visible(t) for t in value.tooltip))
    return f'<g class="ag-value" id="{value.id}"><title>{title}</title>{"".join(parts)}</g>'


def _through(left: float, right: float, y: float, aside: float, turn: Turn | None) -> str:
    """Through a label, and on to the next row if the row ends here."""
    if turn is None:
        return f"M{_n(left)} {_n(y + aside)}H{_n(right)}"
    return rounded([(left, y + aside), *corners(turn, aside)[1:]])


def _block(block: Block, center: Point, inputs: int) -> str:
    x, y = center
    width, height = block_size(block, inputs)
    radius = 14 if block.kind == "input" else 5
    parts = [
        f'<rect x="{_n(x - width / 2)}" y="{_n(y - height / 2)}" width="{_n(width)}" '
        f'height="{_n(height)}" rx="{radius}"/>'
    ]
    role = "title" if block.kind in ("module", "loss") else "math"
    if block.subtitle:
        second = Text("math" if block.formula else "note", shown(block.subtitle))
        parts.append(text_at(Text(role, shown(block.title)), x, y - 4, "middle"))
        parts.append(text_at(second, x, y + 14, "middle"))
    else:
        parts.append(text_at(Text(role, shown(block.title)), x, y + 5, "middle"))
    title = escape("\n".join(visible(t) for t in block.tooltip))
    body = f'<g class="ag-box ag-{block.kind}" id="{block.id}"><title>{title}</title>'
    body += "".join(parts) + "</g>"
    return body + (_card(block, x, y + height / 2) if block.weights else "")


def _card(block: Block, x: float, bottom: float) -> str:
    """The weights that feed a block from below, and what they get back."""
    width, height = card_size(block)
    top, left = bottom + CARD_GAP, x - width / 2
    blamed = any(weight.gradient is not None for weight in block.weights)
    up = x - (9 if blamed else 0)
    parts = [
        f'<path class="ag-forward" d="M{_n(up)} {_n(top)}V{_n(bottom)}'
        f'{arrowhead((up, bottom), (up, top))}"/>'
    ]
    if blamed:
        parts.append(
            f'<path class="ag-backward" d="M{_n(x + 9)} {_n(bottom)}V{_n(top)}'
            f'{arrowhead((x + 9, top), (x + 9, bottom))}"/>'
        )
    parts.append(
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" rx="8"/>'
    )
    y = top + CARD_PADDING + 11
    for rows in card_rows(block):
        parts.append(text_at(rows[0], left + CARD_PADDING, y, "start"))
        if len(rows) > 1:
            parts.append(text_at(rows[1], left + width - CARD_PADDING, y, "end"))
        for text in rows[2:]:
            y += ROW
            parts.append(text_at(text, left + CARD_PADDING, y, "start"))
        y += ROW + 5
    words = [
        f"{w.path}: {w.symbol} {w.shape}" + (f", {w.gradient.label} {w.gradient.size}"
                                             if w.gradient else "")
        for w in block.weights
    ]  # fmt: skip
    title = escape("\n".join(visible(t) for t in words))
    return f'<g class="ag-card" id="{block.id}w"><title>{title}</title>{"".join(parts)}</g>'


def text_at(text: Text, x: float, y: float, anchor: str, also: str = "") -> str:
    """A line of text in the manner of its role; the letters of formulas are slanted."""
    words = escape(text.text)
    if text.role in ("math", "blame"):
        words = re.sub(
            r"(?<![A-Za-zÂẐ])([A-ZÂẐa-z])(?![A-Za-z])",
            r'<tspan class="ag-letter">\1</tspan>',
            words,
        )
    place = f'x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"'
    return f'<text class="ag-{text.role}{f" {also}" if also else ""}" {place}>{words}</text>'
