"""How large a box must be for its text, without asking a font.

The widths are those of DejaVu, the widest of the fonts that are named in the picture, so that
text never leaves its box; wide East Asian characters count twice.
"""

from __future__ import annotations

import unicodedata

from .picture import Box
from .wording import shorten, visible

TITLE_SIZE = 13.0
SMALL_SIZE = 10.5
LINE_SIZE = 11.0
HEADER_HEIGHT = 24.0
LINE_HEIGHT = 16.0
PADDING = 10.0
LABEL_WIDTH = 40.0
MAX_TITLE = 30
MAX_SUBTITLE = 32
MAX_TEXT = 56

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


def size_of(box: Box) -> tuple[float, float]:
    """Width and height of a box in whole pixels."""
    header = sans_width(title_of(box), TITLE_SIZE, bold=True) + 18
    header += mono_width(visible(box.shape), SMALL_SIZE)
    if box.subtitle:
        header += sans_width(subtitle_of(box), SMALL_SIZE) + 7
    widths = [header]
    for line in box.lines:
        label = LABEL_WIDTH if line.label else 0.0
        widths.append(label + mono_width(text_of(line.text), LINE_SIZE))
    height = HEADER_HEIGHT + (len(box.lines) * LINE_HEIGHT + 8 if box.lines else 0)
    return float(round(max(80.0, max(widths) + 2 * PADDING))), float(height)
