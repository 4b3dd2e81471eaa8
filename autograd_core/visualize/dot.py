"""The picture as DOT, the language of Graphviz."""

from __future__ import annotations

from .measure import subtitle_of, text_of, title_of
from .picture import Box, Picture
from .svg import COLOURS
from .wording import visible


def dot_of(picture: Picture) -> str:
    """Write the picture with its text, for Graphviz's programs.

    Returns
    -------
    str
    """
    lines = [
        "digraph {",
        f"  graph [label={quoted(caption(picture))} labelloc=b fontname=Helvetica fontsize=11 "
        "nodesep=0.35 ranksep=0.55]",
        '  node [shape=box style="filled,rounded" fontname=Helvetica fontsize=11]',
        '  edge [color="#8792a2" arrowsize=0.7]',
        *(f"  {_node(box)}" for box in picture.boxes),
        *(
            f"  {picture.boxes[edge.tail].id} -> {picture.boxes[edge.head].id} [id={edge.id}]"
            for edge in picture.edges
        ),
        "}",
    ]
    return "\n".join(lines) + "\n"


def caption(picture: Picture) -> str:
    """Title, counts and notes, in lines."""
    return "\n".join([f"{picture.title}: {picture.summary()}", *picture.notes])


def _node(box: Box) -> str:
    fill, border, ink = COLOURS[box.kind][0]
    heading = "  ".join([part for part in (title_of(box), subtitle_of(box)) if part])
    rows = [f"{heading}  {box.shape}"]
    rows += [f"{line.label} {text_of(line.text)}".strip() for line in box.lines]
    tooltip = "\n".join(box.tooltip)
    return (
        f"{box.id} [id={box.id} class={quoted('ag-' + box.kind)} label={quoted(*rows, left=True)} "
        f"tooltip={quoted(tooltip)} fillcolor={quoted(fill)} color={quoted(border)} "
        f"fontcolor={quoted(ink)}]"
    )


def quoted(*rows: str, left: bool = False) -> str:
    """A DOT string that shows `rows` as they are, one below the other.

    A backslash starts an escape in DOT's labels, and ``&`` an entity; both are written so that
    they stand for themselves.
    """
    end = r"\l" if left else r"\n"
    lines = [line for row in rows for line in row.split("\n")]
    text = end.join([_escaped(line) for line in lines])
    return f'"{text}{end if left else ""}"'


def _escaped(line: str) -> str:
    text = visible(line).replace("&", "&amp;").replace("\\", r"\\").replace('"', "&quot;")
    return text.replace("<", "&lt;").replace(">", "&gt;")
