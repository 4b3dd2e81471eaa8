"""The legend of a picture of a graph: what is shown, and nothing else."""

from __future__ import annotations

from html import escape

from .heat import LEVELS, NOT_FINITE, Heat
from .marks import MARKS
from .measure import SMALL_SIZE, sans_width
from .page import CAPTION_HEIGHT, number_text, wrapped
from .picture import FOLDED, WORDS, Picture
from .svg_box import heat_svg
from .widths import span
from .wording import number

_n = number_text
_SWATCH = 20.0


def kinds(picture: Picture, width: float) -> tuple[str, float, float]:
    """The kinds of boxes and how often they occur, in rows; with the width and height they take."""
    entries = []
    for kind, count in picture.counts().items():
        if count:
            whole = (picture.full or {}).get(kind, count)
            drawn = f"{count:,}" if count == whole else f"{count:,} of {whole:,}"
            words = f"{drawn} {WORDS.get(kind, kind)}{'s' if whole > 1 else ''}"
            entries.append((kind, kind if kind == "output" and whole == 1 else words))
    folded = sum([box.count for box in picture.boxes if box.kind == FOLDED])
    if folded:
        entries.append((FOLDED, f"{folded:,} folded module{'s' if folded > 1 else ''}"))
    x, y, widest = 20.0, 12.0, 0.0
    parts = []
    for kind, words in entries:
        step = _SWATCH + sans_width(words, SMALL_SIZE) + 18
        if x > 20.0 and x + step > max(width, 320.0):
            x, y = 20.0, y + CAPTION_HEIGHT
        place = f'x="{_n(x)}" y="{_n(y)}" width="14" height="12" rx="3"'
        parts.append(
            f'<g class="ag-{kind}"><rect class="ag-head" {place}/><rect class="ag-frame" {place}/>'
            f'<text x="{_n(x + _SWATCH)}" y="{_n(y + 10)}">{words}</text></g>'
        )
        x += step
        widest = max(widest, x)
    return "".join(parts), widest + 2, y - 12.0


def explained(picture: Picture) -> list[tuple[str, str]]:
    """What lines, heat maps, stacks and marks mean, as far as they occur: (sign, words)."""
    entries = []
    if any(box.count > 1 for box in picture.boxes):
        entries.append(("×", "drawn once for all: value and grad are those of all together"))
    drawn = span(picture)
    if drawn is not None:
        low, high = (number(norm) for norm in drawn)
        entries.append(
            ("edge", f"line width: norm of the gradient of what flows along it, {low} to {high}")
        )
    if any(edge.norm == 0 for edge in picture.edges):
        entries.append(("zero", "dashed line: that gradient is exactly 0"))
    levels = {level for box in picture.boxes if box.heat for row in box.heat.rows for level in row}
    if levels:
        end = "; red: not finite" if NOT_FINITE in levels else ""
        entries.append(("heat", f"heat map of the value: negative, 0, positive{end}"))
    found = {mark.kind for box in picture.boxes for mark in box.marks}
    entries += [(kind, words) for kind, (_, words) in MARKS.items() if kind in found]
    return entries


def key_rows(picture: Picture, width: float) -> list[tuple[str, list[str]]]:
    """The same with the words in lines."""
    return [(sign, wrapped(words, width - 84)) for sign, words in explained(picture)]


def key_svg(rows: list[tuple[str, list[str]]], y: float) -> str:
    """The rows below the picture."""
    parts = []
    for sign, lines in rows:
        parts.append(f'<g class="ag-key ag-key-{"times" if sign == "×" else sign}">')
        parts.append(_sign(sign, y))
        for line in lines:
            parts.append(f'<text class="ag-note" x="62" y="{_n(y)}">{escape(line)}</text>')
            y += CAPTION_HEIGHT
        parts.append("</g>")
    return "".join(parts)


def _sign(sign: str, y: float) -> str:
    middle = _n(y - 4)
    if sign in ("edge", "zero"):
        widths = (1.0, 2.5, 4.5) if sign == "edge" else (1.0,)
        kind = "ag-key-line ag-zero" if sign == "zero" else "ag-key-line"
        step = 30 / len(widths)
        return "".join(
            [f'<path class="{kind}" style="stroke-width:{w}" d="M{_n(20 + i * step)} {middle}'
             f'H{_n(20 + (i + 1) * step)}"/>' for i, w in enumerate(widths)]
        )  # fmt: skip
    if sign == "heat":
        levels = tuple(range(-LEVELS, LEVELS + 1, 3))
        return heat_svg(Heat((levels,), ""), (20.0, y - 8), 7)
    if sign == "×":
        return f'<text class="ag-times" x="24" y="{_n(y)}">×</text>'
    return (
        f'<g class="ag-mark ag-mark-{sign}"><text class="ag-sign" x="26" y="{_n(y)}">'
        f"{MARKS[sign][0]}</text></g>"
    )
