"""What every picture of the kind of a diagram has around it: paper, legend, notes, type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .measure import SMALL_SIZE, TITLE_SIZE, sans_width
from .wording import visible

#: Paper, ink and lines, in light and in dark.
PLAIN = {"paper": "#ffffff", "box": "#ffffff", "ink": "#1f2328", "mute": "#667080",
          "edge": "#8792a2"}  # fmt: skip
DARK = {"paper": "#14171c", "box": "#1c2128", "ink": "#e3e8ee", "mute": "#98a3b3",
         "edge": "#75808f"}  # fmt: skip

SANS = "system-ui, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

SERIF = "'STIX Two Text', 'Latin Modern Roman', 'Times New Roman', 'DejaVu Serif', serif"
MATH_SIZE = 13.5

CAPTION_HEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class Paper:
    """Title, words for those who hear the picture read, and the size of what is drawn."""

    title: str
    words: str
    width: float
    height: float


def document(
    paper: Paper,
    style: str,
    legend: tuple[str, float],
    body: Sequence[str],
    notes: Sequence[str],
) -> str:
    """A complete SVG document."""
    legend_parts, legend_width = legend
    top = CAPTION_HEIGHT + 12
    width = max(paper.width, legend_width, 260.0)
    captions = [part for note in notes for part in wrapped(visible(note), width - 40)]
    height = top + paper.height + len(captions) * CAPTION_HEIGHT
    shift = (width - paper.width) / 2
    wide, tall = number_text(width), number_text(height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ag-graph ag-diagram" role="img" '
        f'width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}">',
        f"<title>{escape(visible(paper.title))}</title>",
        f"<desc>{escape(visible(paper.words))}</desc>",
        f"<style>{_type()}{style}</style>",
        '<rect class="ag-paper" width="100%" height="100%"/>',
        f'<g class="ag-legend">{legend_parts}</g>',
        f'<g transform="translate({number_text(shift)} {number_text(top)})">',
        *body,
        "</g>",
    ]
    for i, line in enumerate(captions):
        y = number_text(top + paper.height + i * CAPTION_HEIGHT)
        lines.append(f'<text class="ag-note" x="20" y="{y}">{escape(line)}</text>')
    return "\n".join([*lines, "</svg>\n"])


def _type() -> str:
    themes = [
        f".ag-graph .ag-paper{{fill:{c['paper']}}}.ag-graph text{{fill:{c['ink']}}}"
        f".ag-graph .ag-note,.ag-graph .ag-absent,.ag-graph .ag-shape{{fill:{c['mute']}}}"
        for c in (PLAIN, DARK)
    ]
    return (
        f".ag-graph text{{font-family:{SANS};font-size:{SMALL_SIZE}px}}"
        f".ag-graph .ag-title{{font-size:{TITLE_SIZE}px;font-weight:600}}"
        f".ag-graph .ag-shape,.ag-graph .ag-size{{font-family:{MONO}}}"
        f".ag-graph .ag-math,.ag-graph .ag-blame{{font-family:{SERIF};font-size:{MATH_SIZE}px}}"
        ".ag-letter,.ag-graph .ag-absent{font-style:italic}"
        f"{themes[0]}@media (prefers-color-scheme:dark){{{themes[1]}}}"
    )


def wrapped(text: str, width: float) -> list[str]:
    """`text` in lines of at most `width` pixels, broken at blanks."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and sans_width(f"{lines[-1]} {word}", SMALL_SIZE) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def number_text(value: float) -> str:
    """A coordinate with one digit after the point at most."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
