"""The picture as SVG: the same text, ids and classes whatever engine placed the boxes.

The style sheet is within, and follows the reader's choice of light or dark. Nothing is loaded
from elsewhere.

What a script may rely on, in any engine of layout, folded or not:

- a box is ``<g id="n3" class="ag-box ag-node ag-operation ag-relu …">``: its kind, the name of
  its primitive (not for a user's own), and ``ag-dead``, ``ag-saturated``, … for its marks. ``n3``
  is the place in the order of computation, and stays the same whatever is folded or hidden;
  ``data-op, -name, -shape, -dtype, -cluster, -grad-norm, -marks, -line`` say what is known, and
  lack where nothing is. Within it are ``rect.ag-frame`` (its outline), ``text.ag-header``,
  ``text.ag-label`` with ``text.ag-line`` (label and text, in this order), ``g.ag-heat``,
  ``g.ag-mark``;
- a folded module is a box ``<g id="g2" class="… ag-module" data-path="0.1">``; it, and a box that
  is repeated (``data-count="12"``), has ``data-holds="n4 n5"``, the ids of all boxes for which it
  stands;
- an edge is ``<path id="n1-n3" class="ag-edge" data-tail="n1" data-head="n3" data-operand="0">``,
  with ``data-norm`` where the gradient of what flows along it is known; a second one between the
  same boxes is ``n1-n3-2``;
- an open cluster is ``<g id="g2" class="ag-cluster" data-path="0.1" data-type="Linear"
  data-parent="g1" data-call="1" data-holds="n4 n5 g7">`` with ``rect.ag-cluster-frame``; of a
  repeat ``<g id="r1" class="ag-cluster ag-repeat" data-count="12">``. ``data-holds`` lists the
  boxes within, at any depth. Its title is drawn above the edges, as ``<text
  class="ag-cluster-title" data-cluster="g2">``. Outer clusters come before inner ones;
- the order of the groups is clusters, edges, titles of clusters, boxes, all in one ``<g>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import hypot, isfinite

from . import legend
from .layout import Frame, Placement, Point
from .measure import SMALL_SIZE, cluster_title, sans_width, times_of
from .nesting import chains_of
from .page import CAPTION_HEIGHT, number_text, wrapped
from .picture import Box, Cluster, Edge, Picture
from .svg_box import attributes, box_svg
from .svg_style import COLOURS as COLOURS
from .svg_style import style
from .wording import visible

_n = number_text
_ARROW = 5.0
_NARROWEST = 420.0


def svg_of(picture: Picture, placement: Placement) -> str:
    """Write the picture.

    Parameters
    ----------
    picture : Picture
    placement : Placement
        Of its boxes, edges and clusters.

    Returns
    -------
    str
        A complete SVG document.
    """
    captions = [visible(note) for note in picture.notes]
    kinds, legend_width, more = legend.kinds(picture, placement.width)
    top = CAPTION_HEIGHT + 12 + more
    notes_width = max([sans_width(c, SMALL_SIZE) + 40 for c in captions], default=0.0)
    width = max(placement.width, legend_width, min(notes_width, 900))
    if legend.explained(picture):
        width = max(width, _NARROWEST)
    key = legend.key_rows(picture, width)
    lines = [part for c in captions for part in wrapped(c, width - 40)]
    below = top + placement.height + CAPTION_HEIGHT * 0.5
    height = top + placement.height
    rows = sum([len(words) for _, words in key]) + len(lines)
    height += rows * CAPTION_HEIGHT + (6 if rows else 0)
    shift = (width - placement.width) / 2
    title = escape(visible(picture.title))
    heat = any(box.heat for box in picture.boxes)
    marks = any(box.marks for box in picture.boxes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ag-graph" role="img" '
        f'aria-label="{title}" '
        f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}">',
        f"<title>{title}</title>",
        f"<desc>{escape(visible(description(picture)))}</desc>",
        f"<style>{style(heat, marks)}</style>",
        '<rect class="ag-paper" width="100%" height="100%"/>',
        f'<g class="ag-legend">{kinds}</g>',
        f'<g transform="translate({_n(shift)} {_n(top)})">',
        *_clusters(picture, placement),
        '<g class="ag-edges">',
        *(
            _edge(picture, edge, curve)
            for edge, curve in zip(picture.edges, placement.curves, strict=True)
        ),
        "</g>",
        *_titles(picture, placement),
        '<g class="ag-boxes">',
        *(
            box_svg(box, corner)
            for box, corner in zip(picture.boxes, placement.corners, strict=True)
        ),
        "</g>\n</g>",
        f'<g class="ag-legend">{legend.key_svg(key, below)}</g>' if key else "",
    ]
    y = below + sum([len(words) for _, words in key]) * CAPTION_HEIGHT
    parts += [
        f'<text class="ag-note" x="20" y="{_n(y + i * CAPTION_HEIGHT)}">{escape(line)}</text>'
        for i, line in enumerate(lines)
    ]
    return "\n".join([part for part in [*parts, "</svg>\n"] if part])


def description(picture: Picture) -> str:
    """The picture in words, for those who hear it read."""
    outputs = [box for box in picture.boxes if box.kind == "output"]
    words = [f"{picture.title}: {picture.summary()}."]
    if picture.full is not None:
        words.append(f"Folded to {len(picture.boxes):,} boxes.")
    for cluster in picture.clusters:
        if cluster.kind == "repeat":
            words.append(f"{cluster_title(cluster)}.")
    for box in outputs[:6]:
        lines = ", ".join([f"{line.label} {line.text}" for line in box.lines if line.label])
        words.append(f"The result is {box.title} {box.subtitle}, shape {box.shape}, {lines}.")
    marked = [box for box in picture.boxes if box.marks]
    for box in marked[:12]:
        texts = "; ".join([f"{mark.kind}, {mark.text}" for mark in box.marks])
        words.append(f"At {box.id} {box.title}: {texts}.")
    if len(marked) > 12:
        words.append(f"{len(marked) - 12:,} more boxes are marked.")
    return " ".join([*words, *picture.notes])


# -- clusters ------------------------------------------------------------------------------------


def _clusters(picture: Picture, placement: Placement) -> list[str]:
    if not picture.clusters:
        return []
    parents = {cluster.id: cluster.parent for cluster in picture.clusters}
    holds: dict[str, list[str]] = {name: [] for name in parents}
    homes = chains_of([box.cluster for box in picture.boxes], parents)
    for box, chain in zip(picture.boxes, homes, strict=True):
        for name in chain:
            holds[name].append(box.id)
    parts = ['<g class="ag-clusters">']
    for cluster in picture.clusters:
        x, y, width, height = placement.frames[cluster.id]
        repeat = cluster.kind == "repeat"
        data = attributes(
            (
                ("path", cluster.path),
                ("type", cluster.title),
                ("parent", cluster.parent),
                ("call", "" if repeat else cluster.call),
                ("count", cluster.count if cluster.count > 1 else ""),
                ("holds", " ".join(holds[cluster.id])),
            )
        )
        if not cluster.path and not repeat:
            data = ' data-path=""' + data
        parts.append(
            f'<g class="ag-cluster{" ag-repeat" if repeat else ""}" id="{cluster.id}"{data}>'
            f"<title>{escape(visible(cluster_title(cluster)))}</title>"
            f'<rect class="ag-cluster-frame" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" '
            f'height="{_n(height)}" rx="8"/></g>'
        )
    return [*parts, "</g>"]


def _titles(picture: Picture, placement: Placement) -> list[str]:
    """The titles of clusters, over the lines that pass them."""
    if not picture.clusters:
        return []
    texts = [_title(cluster, placement.frames[cluster.id]) for cluster in picture.clusters]
    return ['<g class="ag-cluster-titles">', *texts, "</g>"]


def _title(cluster: Cluster, frame: Frame) -> str:
    words = cluster_title(cluster)
    first = f"×{cluster.count:,}" if cluster.kind == "repeat" else visible(cluster.title)
    rest = words.removeprefix(first) if words.startswith(first) else ""
    head = first if rest or words == first else words
    return (
        f'<text class="ag-cluster-title" data-cluster="{cluster.id}" x="{_n(frame[0] + 10)}" '
        f'y="{_n(frame[1] + 15)}"><tspan class="ag-cluster-type">{escape(head)}</tspan>'
        f'<tspan dx="3">{escape(rest.strip())}</tspan></text>'
    )


# -- edges ---------------------------------------------------------------------------------------


def _edge(picture: Picture, edge: Edge, curve: list[Point]) -> str:
    tail, head = picture.boxes[edge.tail], picture.boxes[edge.head]
    words = f"{_called(tail)} → {_called(head)}, operand {edge.operand + 1}"
    if edge.norm is not None:
        words += f", gradient of norm {edge.norm:.4g}"
    (x0, y0), *rest = curve
    path = [f"M{_n(x0)} {_n(y0)}"]
    last = (x0, y0)
    for i in range(0, len(rest), 3):
        a, b, c = rest[i : i + 3]
        if abs(a[0] - last[0]) + abs(b[0] - last[0]) + abs(c[0] - last[0]) < 0.15:
            path.append(f"V{_n(c[1])}")
        else:
            path.append("C" + " ".join(f"{_n(x)} {_n(y)}" for x, y in (a, b, c)))
        last = c
    path.append(_arrow(curve, edge.width or 1.4))
    data = attributes(
        (
            ("tail", tail.id),
            ("head", head.id),
            ("operand", edge.operand),
            ("norm", None if edge.norm is None else f"{edge.norm:.6g}"),
            ("count", edge.count if edge.count > 1 else ""),
        )
    )
    thick = "" if edge.width is None else f' style="stroke-width:{edge.width:g}"'
    return (
        f'<path class="{_classes(edge)}" id="{edge.id}"{thick}{data} d="{"".join(path)}">'
        f"<title>{escape(visible(words))}</title></path>"
    )


def _called(box: Box) -> str:
    return " ".join([part for part in (box.title, times_of(box)) if part])


def _classes(edge: Edge) -> str:
    if edge.norm is None:
        return "ag-edge"
    if not isfinite(edge.norm):
        return "ag-edge ag-infinite"
    return "ag-edge" if edge.norm else "ag-edge ag-zero"


def _arrow(curve: Sequence[Point], thick: float) -> str:
    """An open arrowhead at the end of a curve, in the direction in which it arrives."""
    x, y = curve[-1]
    before = next((p for p in reversed(curve) if p != curve[-1]), (x, y - 1))
    dx, dy = x - before[0], y - before[1]
    length = hypot(dx, dy)
    size = _ARROW + max(0.0, thick - 1.4) * 0.8
    dx, dy = size * dx / length, size * dy / length
    wings = [(x - dx + 0.7 * side * dy, y - dy - 0.7 * side * dx) for side in (1, -1)]
    (x1, y1), (x2, y2) = wings
    return f"M{_n(x1)} {_n(y1)}L{_n(x)} {_n(y)}L{_n(x2)} {_n(y2)}"
