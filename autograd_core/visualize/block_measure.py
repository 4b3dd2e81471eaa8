"""How large the parts of a block diagram are, from their text alone.

Flow runs from left to right along a line through the middle of a block: forward a little above
it, backward a little below.
"""

from __future__ import annotations

from dataclasses import dataclass

from .diagram import Block, Diagram, Value
from .measure import mono_width, sans_width
from .wording import shorten, visible

TITLE_SIZE = 13.0
MATH_SIZE = 13.5
SMALL_SIZE = 10.5
ROW = 15.0

#: Distance of the forward and the backward arrow from the line through the middle.
ASIDE = 7.0
#: Distance between the arrows of two links that enter a block side by side.
PORT = 24.0
HEIGHT = 52.0
CARD_GAP = 26.0
CARD_PADDING = 8.0
MAX_WEIGHTS = 6
MAX_SYMBOL = 22


@dataclass(frozen=True, slots=True)
class Extent:
    """Width, and heights above and below the line of flow."""

    width: float
    above: float
    below: float


@dataclass(frozen=True, slots=True)
class Text:
    """A line of a card or label: its role, which is also its class, and its text."""

    role: str
    text: str

    @property
    def width(self) -> float:
        return text_width(self.role, self.text)


def text_width(role: str, text: str) -> float:
    """Width of `text` by what it is: a title, a formula ("math", "blame"), or a shape."""
    if role == "title":
        return sans_width(text, TITLE_SIZE, bold=True)
    if role in ("math", "blame"):
        return sans_width(text, MATH_SIZE)
    return mono_width(text, SMALL_SIZE) if role in ("shape", "size") else sans_width(text, 10.5)


def shown(text: str, limit: int = MAX_SYMBOL) -> str:
    """`text` as it is written into a picture."""
    return shorten(visible(text), limit)


def card_rows(block: Block) -> list[list[Text]]:
    """The lines of the card of weights, grouped by weight."""
    groups = []
    for weight in block.weights[:MAX_WEIGHTS]:
        rows = [Text("math", shown(weight.symbol)), Text("shape", shown(weight.shape))]
        if weight.gradient is not None:
            rows.append(Text("blame", shown(weight.gradient.label, 30)))
            if weight.gradient.size:
                rows.append(Text("size", shown(weight.gradient.size)))
        elif weight.absent:
            rows.append(Text("absent", weight.absent))
        groups.append(rows)
    if len(block.weights) > MAX_WEIGHTS:
        groups.append([Text("absent", f"… {len(block.weights) - MAX_WEIGHTS} more")])
    return groups


def card_size(block: Block) -> tuple[float, float]:
    """Width and height of the card of weights; a symbol and its shape share a line."""
    width = height = 0.0
    for first, *rest in card_rows(block):
        together = first.width + 6 + rest[0].width if rest else first.width
        width = max([width, together, *[text.width for text in rest[1:]]])
        height += ROW * max(1, len(rest)) + 5
    return round(width + 2 * CARD_PADDING), height + 2 * CARD_PADDING - 5


def block_size(block: Block, inputs: int) -> tuple[float, float]:
    """Width and height of the block itself, by how many links enter it."""
    title = text_width("title", shown(block.title))
    role = "math" if block.formula else "note"
    widest = max(title, text_width(role, shown(block.subtitle)))
    least = 72.0 if block.kind in ("module", "loss") else 46.0
    height = HEIGHT if inputs < 2 else PORT * (2 if inputs < 4 else 1) * (inputs - 1) + 30
    return round(max(least, widest + 24)), max(HEIGHT, height)


def value_rows(value: Value) -> tuple[list[Text], list[Text]]:
    """The lines above the forward arrow, and those below the backward one."""
    above = [Text("math", shown(value.symbol)), Text("shape", shown(value.text))]
    if value.gradient is None:
        return above, []
    below = [Text("blame", shown(value.gradient.label, 30)), Text("shape", value.gradient.shape)]
    if value.gradient.size:
        below.append(Text("size", shown(value.gradient.size)))
    return above, below


def extents(diagram: Diagram) -> list[Extent]:
    """Of each block with its card, then of each value."""
    found = []
    for i, block in enumerate(diagram.blocks):
        width, height = block_size(block, len(diagram.inputs_of(i)))
        below = height / 2
        if block.weights:
            card = card_size(block)
            width = max(width, card[0])
            below += CARD_GAP + card[1]
        found.append(Extent(width, height / 2, below))
    for value in diagram.values:
        above, under = value_rows(value)
        width = max(text.width for text in [*above, *under])
        aside = ASIDE if under else 0.0
        found.append(
            Extent(round(width + 6), aside + 6 + ROW * len(above), aside + 6 + ROW * len(under))
        )
    return found
