"""A block diagram in words: for screen readers, terminals, and Graphviz's programs."""

from __future__ import annotations

from .block_measure import card_rows, value_rows
from .diagram import Block, Diagram, Link
from .dot import quoted
from .text import MAX_ROWS
from .wording import shorten, visible

#: Fill, border and ink, in light and in dark, by kind of block.
COLOURS = {
    "input": (("#ececf0", "#8a8a96", "#3a3a44"), ("#33343c", "#82838f", "#dcdce4")),
    "module": (("#dbe9fb", "#4179c4", "#16386b"), ("#1b3354", "#5c95df", "#cfe2fb")),
    "operation": (("#ffffff", "#8a8a96", "#3a3a44"), ("#1c2128", "#82838f", "#dcdce4")),
    "loss": (("#fde6c8", "#cf7d12", "#6b3d00"), ("#4a3111", "#e09a3c", "#fbe3c1")),
    "card": (("#e9f7ed", "#2f8f55", "#14532d"), ("#152d20", "#4cb57a", "#c4f0d4")),
}
#: The arrows and their labels: forward, and backward.
ARROWS = (("#33548a", "#b3261e"), ("#8fb4ee", "#ff8f83"))


def description(diagram: Diagram) -> str:
    """The diagram in sentences, for those who hear it read."""
    words = [f"{diagram.title}: {diagram.summary()}."]
    for i, block in enumerate(diagram.blocks):
        if block.kind != "input" and i < MAX_ROWS:
            words.append(f"{_sentence(diagram, i, block)}.")
    return " ".join([*words, *diagram.notes])


def _sentence(diagram: Diagram, i: int, block: Block) -> str:
    into = ", ".join([_named(diagram, v) for v in diagram.inputs_of(i)])
    out = ", ".join([_named(diagram, v) for v in diagram.outputs_of(i)])
    weights = ", ".join([f"{w.symbol} {w.shape}" for w in block.weights])
    return f"{block.title}{f' with {weights}' if weights else ''} makes {out} from {into}"


def _named(diagram: Diagram, vertex: int) -> str:
    """A value with its shape; an input that has no symbol of its own by its title."""
    if vertex < len(diagram.blocks):
        block = diagram.blocks[vertex]
        return f"{block.title} {block.subtitle}".strip()
    value = diagram.values[vertex - len(diagram.blocks)]
    return f"{value.symbol} {value.text}"


def text_of(diagram: Diagram) -> str:
    """One line a block: what it reads and puts out, its weights, and the blame that arrives."""
    rows = []
    count = len(diagram.blocks)
    for i, block in enumerate(diagram.blocks):
        outputs = [diagram.values[v - count] for v in diagram.outputs_of(i) if v >= count]
        blame = [value.gradient for value in outputs if value.gradient is not None]
        blame += [weight.gradient for weight in block.weights if weight.gradient is not None]
        into = [_symbol(diagram, v) for v in diagram.inputs_of(i)]
        out = [f"{value.symbol} {value.text}" for value in outputs] or [block.subtitle]
        rows.append(
            (
                block.id,
                shorten(visible(block.title), 24),
                shorten(visible(", ".join(into)), 24),
                ("→ " if into else "") + shorten(visible(", ".join(out)), 40),
                shorten(visible(", ".join([f"{w.symbol} {w.shape}" for w in block.weights])), 48),
                "  ".join([f"{g.label} {g.size}".strip() for g in blame]),
            )
        )
    if len(rows) > MAX_ROWS:
        half = MAX_ROWS // 2
        gap = ("…", f"{len(rows) - 2 * half:,} more", "", "", "", "")
        rows = [*rows[:half], gap, *rows[-half:]]
    widths = [max(len(row[k]) for row in rows) for k in range(5)]
    lines = [f"{visible(diagram.title)}: {diagram.summary()}"]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True) if width]
        lines.append("  " + "  ".join([*cells, row[5]]).rstrip())
    return "\n".join([*lines, *[visible(note) for note in diagram.notes]])


def _symbol(diagram: Diagram, vertex: int) -> str:
    if vertex < len(diagram.blocks):
        return diagram.blocks[vertex].title
    return diagram.values[vertex - len(diagram.blocks)].symbol.partition(" = ")[0]


def dot_of(diagram: Diagram) -> str:
    """The diagram in DOT: ids and classes as in the SVG, text and all."""
    caption = "\n".join([f"{diagram.title}: {diagram.summary()}", *diagram.notes])
    names = [*[block.id for block in diagram.blocks], *[value.id for value in diagram.values]]
    lines = [
        "digraph {",
        f"  graph [rankdir=LR label={quoted(caption)} labelloc=b fontname=Helvetica fontsize=11 "
        "nodesep=0.3 ranksep=0.3]",
        '  node [shape=box style="filled,rounded" fontname=Helvetica fontsize=11]',
        "  edge [arrowsize=0.7 fontname=Helvetica fontsize=10]",
    ]
    for block in diagram.blocks:
        lines += _block_lines(block)
    for value in diagram.values:
        above, below = value_rows(value)
        label = quoted(*[text.text for text in (*above, *below)])
        tooltip = quoted("\n".join(value.tooltip))
        lines.append(
            f'  {value.id} [id={value.id} class="ag-value" shape=plaintext style="" '
            f"label={label} tooltip={tooltip}]"
        )
    lines += [line for link in diagram.links for line in _link_lines(diagram, link, names)]
    return "\n".join([*lines, "}"]) + "\n"


def _block_lines(block: Block) -> list[str]:
    fill, border, ink = COLOURS[block.kind][0]
    label = quoted(*[part for part in (block.title, block.subtitle) if part])
    lines = [
        f'  {block.id} [id={block.id} class="ag-{block.kind}" label={label} '
        f"tooltip={quoted(chr(10).join(block.tooltip))} fillcolor={quoted(fill)} "
        f"color={quoted(border)} fontcolor={quoted(ink)}]"
    ]
    if block.weights:
        fill, border, ink = COLOURS["card"][0]
        rows = [" ".join([text.text for text in group[:2]]) for group in card_rows(block)]
        rows = [
            row
            for group, first in zip(card_rows(block), rows, strict=True)
            for row in (first, *[text.text for text in group[2:]])
        ]
        lines += [
            f'  {block.id}w [id={block.id}w class="ag-card" label={quoted(*rows, left=True)} '
            f"fillcolor={quoted(fill)} color={quoted(border)} fontcolor={quoted(ink)}]",
            f"  {{rank=same; {block.id}; {block.id}w}}",
            f"  {block.id}w -> {block.id} [color={quoted(ARROWS[0][0])} constraint=false]",
        ]
        if any(weight.gradient is not None for weight in block.weights):
            lines.append(
                f"  {block.id} -> {block.id}w [color={quoted(ARROWS[0][1])} constraint=false]"
            )
    return lines


def _link_lines(diagram: Diagram, link: Link, names: list[str]) -> list[str]:
    tail, head = names[link.tail], names[link.head]
    forward, back = (quoted(colour) for colour in ARROWS[0])
    arrow = "" if link.head < len(diagram.blocks) else " arrowhead=none"
    lines = [f'  {tail} -> {head} [id={link.id} class="ag-forward" color={forward}{arrow}]']
    if link.back:
        direction = "dir=back" if link.tail < len(diagram.blocks) else "dir=none"
        lines.append(
            f'  {tail} -> {head} [id={link.id}b class="ag-backward" color={back} {direction}]'
        )
    return lines
