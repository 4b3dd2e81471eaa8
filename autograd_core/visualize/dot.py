"""The picture as DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import isfinite

from .heat import Heat
from .marks import MARKS
from .measure import cluster_title, subtitle_of, text_of, times_of, title_of
from .picture import Box, Cluster, Edge, Picture
from .svg_box import classes
from .svg_style import COLOURS, MARK_COLOURS, heat_colour
from .wording import visible

#: A heat map has at most so many rows and columns here: each cell is one of a table.
_CELLS = 8


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
        *_clusters(picture),
        *(f"  {_edge(picture, edge)}" for edge in picture.edges),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _edge(picture: Picture, edge: Edge) -> str:
    width = "" if edge.width is None else f" penwidth={edge.width:g}"
    if edge.norm == 0:
        width += " style=dashed"
    elif edge.norm is not None and not isfinite(edge.norm):
        width += f' color="{MARK_COLOURS["nonfinite"][0]}"'
    tail, head = picture.boxes[edge.tail].id, picture.boxes[edge.head].id
    return f'{tail} -> {head} [id="{edge.id}" class="ag-edge"{width}]'


def _clusters(picture: Picture) -> Iterator[str]:
    """The clusters, one within the other, with the numbers of their boxes."""
    inner: dict[str, list[Cluster]] = {}
    for cluster in picture.clusters:
        inner.setdefault(cluster.parent, []).append(cluster)
    boxes: dict[str, list[str]] = {}
    for box in picture.boxes:
        boxes.setdefault(box.cluster, []).append(box.id)
    stack: list[Cluster | None] = [*reversed(inner.get("", []))]
    while stack:
        here = stack.pop()
        if here is None:
            yield "  }"
            continue
        kind = "ag-cluster ag-repeat" if here.kind == "repeat" else "ag-cluster"
        style = "rounded,dashed" if here.kind == "repeat" else "rounded"
        yield (
            f"  subgraph cluster_{here.id} {{ graph [id={here.id} class={quoted(kind)} "
            f"label={quoted(cluster_title(here))} labelloc=t labeljust=l fontsize=10 margin=12 "
            f'style={quoted(style)} color="#b4bac8" fontcolor="#667080"]'
        )
        yield "    " + "; ".join(boxes.get(here.id, []))
        stack += [None, *reversed(inner.get(here.id, []))]


def caption(picture: Picture) -> str:
    """Title, counts and notes, in lines."""
    return "\n".join([f"{picture.title}: {picture.summary()}", *picture.notes])


def _node(box: Box) -> str:
    fill, border, ink = COLOURS[box.kind][0]
    heading = "  ".join([p for p in (title_of(box), subtitle_of(box), times_of(box)) if p])
    rows = [f"{heading}  {box.shape}"]
    rows += [f"{line.label} {text_of(line.text)}".strip() for line in box.lines]
    rows += [f"{MARKS[mark.kind][0]} {mark.text}" for mark in box.marks]
    label = quoted(*rows, left=True) if box.heat is None else _table(rows, box.heat)
    tooltip = "\n".join(box.tooltip)
    pages = " peripheries=2" if box.folded or box.count > 1 else ""
    return (
        f"{box.id} [id={box.id} class={quoted(classes(box))} label={label} "
        f"tooltip={quoted(tooltip)} fillcolor={quoted(fill)} color={quoted(border)} "
        f"fontcolor={quoted(ink)}{pages}]"
    )


def _table(rows: Sequence[str], heat: Heat) -> str:
    """The same rows, with the heat map beside them, as a table in Graphviz's kind of HTML."""
    grid = heat.smaller(_CELLS).rows
    cells = "".join(["<tr>" + "".join([_cell(level) for level in row]) + "</tr>" for row in grid])
    table = (
        f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0" fixedsize="true" '
        f'width="{5 * len(grid[0])}" height="{5 * len(grid)}">{cells}</table>'
    )
    texts = [f'<td align="left">{escape(visible(row))}</td>' for row in rows]
    first = f'<tr>{texts[0]}<td rowspan="{len(rows)}" valign="bottom">{table}</td></tr>'
    rest = "".join([f"<tr>{text}</tr>" for text in texts[1:]])
    return (
        f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{first}{rest}</table>>'
    )


def _cell(level: int) -> str:
    colour = heat_colour(level)
    return f'<td fixedsize="true" width="5" height="5" bgcolor="{colour}"></td>'


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
