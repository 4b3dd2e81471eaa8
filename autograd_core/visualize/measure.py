"""How large a box must be for its text, without asking a font.

The widths are those of DejaVu, the widest of the fonts that are named in the picture, so that
text never leaves its box; wide East Asian characters count twice.
"""

from __future__ import annotations

import unicodedata

from .picture import Box, Cluster
from .wording import shorten, visible

TITLE_SIZE = 13.0
SMALL_SIZE = 10.5
LINE_SIZE = 11.0
HEADER_HEIGHT = 24.0
LINE_HEIGHT = 16.0
PADDING = 10.0
LABEL_WIDTH = 46.0
MAX_TITLE = 30
MAX_SUBTITLE = 32
MAX_TEXT = 56
HEAT_GAP = 12.0
MAX_HEAT_WIDTH = 64.0
MAX_HEAT_HEIGHT = 36.0
MARK_WIDTH = 16.0

_NARROW = frozenset("iljtfrI.,:;'|!()[] ·")
_BROAD = frozenset("mwMW@%—…")


def _sans(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.15
    if unicodedata.combining(character):
        return 0.0
    if character in _NARROW:
        return 0.42
    return 1.02 if character in _BROAD else 0.78 if character.isupper() else 0.66


def sans_width(text: str, size: float, bold: bool = False) -> float:
    """Width of `text` in the font of titles."""
    return size * sum([_sans(c) for c in text]) * (1.06 if bold else 0.96)


def mono_width(text: str, size: float) -> float:
    """Width of `text` in the font of values."""
    cells = sum(
        [
            0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
            for c in text
        ]
    )
    return size * 0.61 * cells


def title_of(box: Box) -> str:
    return shorten(visible(box.title), MAX_TITLE)


def subtitle_of(box: Box) -> str:
    return shorten(visible(box.subtitle), MAX_SUBTITLE)


def text_of(text: str) -> str:
    return shorten(visible(text), MAX_TEXT)


def heat_size(box: Box) -> tuple[float, float, float]:
    """Width and height of the heat map of a box, and the side of a cell; zeros without one."""
    if box.heat is None:
        return 0.0, 0.0, 0.0
    rows, columns = len(box.heat.rows), len(box.heat.rows[0])
    cell = max(2.0, min(7.0, MAX_HEAT_WIDTH // columns, MAX_HEAT_HEIGHT // rows))
    return cell * columns, cell * rows, cell


def size_of(box: Box) -> tuple[float, float]:
    """Width and height of a box in whole pixels."""
    header = sans_width(title_of(box), TITLE_SIZE, bold=True) + 18
    header += mono_width(visible(box.shape), SMALL_SIZE)
    if box.subtitle:
        header += sans_width(subtitle_of(box), SMALL_SIZE) + 7
    if box.count > 1:
        header += sans_width(times_of(box), SMALL_SIZE) + 7
    heat_width, heat_height, _ = heat_size(box)
    aside = heat_width + HEAT_GAP if heat_width else 0.0
    widths = [header]
    for i, line in enumerate(box.lines):
        label = LABEL_WIDTH if line.label else 0.0
        text = label + mono_width(text_of(line.text), LINE_SIZE)
        # The heat map stands beside the first lines.
        widths.append(text + (aside if i * LINE_HEIGHT < heat_height else 0.0))
    widths += [MARK_WIDTH + sans_width(mark.text, SMALL_SIZE) for mark in box.marks]
    rows = max(len(box.lines) * LINE_HEIGHT, heat_height) + len(box.marks) * LINE_HEIGHT
    height = HEADER_HEIGHT + (rows + 8 if rows else 0)
    return float(round(max(80.0, max(widths) + 2 * PADDING))), float(round(height))


def times_of(box: Box) -> str:
    """How many boxes it stands for."""
    return f"×{box.count:,}" if box.count > 1 else ""


def cluster_title(cluster: Cluster) -> str:
    """What stands above a cluster: ``Linear  0``, ``×12  Block  blocks.0 … blocks.11``."""
    path = "" if cluster.kind == "repeat" or cluster.path == cluster.title else cluster.path
    call = f"call {cluster.call}" if cluster.call > 1 else ""
    times = f"×{cluster.count:,}" if cluster.kind == "repeat" else ""
    parts = [shorten(visible(part), MAX_TEXT) for part in
             (times, cluster.title, path, call, cluster.words)]  # fmt: skip
    return "  ".join([part for part in parts if part])


def cluster_width(cluster: Cluster) -> float:
    """How wide that is."""
    return sans_width(cluster_title(cluster), SMALL_SIZE, bold=True) + 8
