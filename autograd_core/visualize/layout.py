"""The built-in layout: boxes in layers, inputs above outputs, edges as smooth curves.

The method is Sugiyama's, in its usual four steps: layers by longest path, and an invisible point
for each layer that an edge passes (`layers`); fewer crossings by barycenters (`ordering`);
coordinates by Brandes and Köpf (`coordinates`); curves (`routing`). All edges that leave a box
for far layers share one trunk of invisible points, so that a parameter that is used a thousand
times costs one line of points.

Everything is iterative, and the same input always gives the same picture.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from .coordinates import horizontal
from .layers import Layers, first_order, ranks, with_points
from .ordering import reduce_crossings
from .routing import Point as Point
from .routing import Wire, smooth, wires_of

#: Distances in pixels.
BOX_GAP = 28.0
LINE_GAP = 14.0
LAYER_GAP = 38.0
PORT_LAYER_GAP = 10.0
MARGIN = 20.0

Frame = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where everything lies, whichever engine found it.

    Attributes
    ----------
    width, height : float
        Of the whole drawing, in pixels.
    corners : list of point
        The upper left corner of each box.
    curves : list of list of point
        For each edge a start point and then three points a Bézier curve.
    frames : dict of str to (x, y, width, height)
        Of the clusters, by id.
    """

    width: float
    height: float
    corners: list[Point]
    curves: list[list[Point]]
    frames: dict[str, Frame] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where edges enter and leave a part of a drawing, and its parts.

    Attributes
    ----------
    top, bottom : collection of int
        Vertices that are no boxes but places in the upper and the lower border.
    starts, ends : mapping of int to float
        Where an edge has to touch its box, to the right of the box's middle.
    shifts : sequence of float
        How far the middle of a box lies to the right of the place by which it is aligned.
    weights : sequence of float
        How much of a way lies in each box; see `horizontal`.
    """

    top: Collection[int] = ()
    bottom: Collection[int] = ()
    starts: Mapping[int, float] = field(default_factory=dict)
    ends: Mapping[int, float] = field(default_factory=dict)
    shifts: Sequence[float] = ()
    weights: Sequence[float] = ()


NO_PORTS = Ports()


def layered(
    sizes: Sequence[Point], edges: Sequence[tuple[int, int]], ports: Ports = NO_PORTS
) -> Placement:
    """Place boxes so that none overlap and every edge runs downward.

    Parameters
    ----------
    sizes : sequence of (width, height)
        Of each box, in pixels.
    edges : sequence of (tail, head)
        Indices into `sizes`; an edge may be there several times. No cycles.
    ports : Ports
        Of a part of a larger drawing.

    Returns
    -------
    Placement

    Examples
    --------
    >>> placed = layered([(100, 40), (100, 40)], [(0, 1)])
    >>> placed.corners
    [(20.0, 20.0), (20.0, 98.0)]
    """
    if not sizes:
        return Placement(2 * MARGIN, 2 * MARGIN, [], [])
    rank = _with_borders(ranks(len(sizes), edges), ports)
    graph = with_points(rank, edges)
    layers = reduce_crossings(first_order(graph), graph.up, graph.down)
    widths = [w for w, _ in sizes] + [0.0] * (graph.count - len(sizes))
    shifts = [*ports.shifts, *[0.0] * (graph.count - len(ports.shifts))]
    x = horizontal(
        layers, graph.up, graph.down, widths, len(sizes), BOX_GAP, LINE_GAP, shifts, ports.weights
    )
    x = [xi + shift for xi, shift in zip(x, shifts, strict=True)]
    left = min(xi - w / 2 for xi, w in zip(x, widths, strict=True))
    x = [xi - left + MARGIN for xi in x]
    wires = wires_of(sizes, edges, graph, x, ports.starts, ports.ends)
    tops, bottoms = _bands(layers, graph, sizes, x, wires, ports)
    corners = []
    for box, (w, h) in enumerate(sizes):
        layer = rank[box]
        middle = (tops[layer] + bottoms[layer]) / 2
        corners.append((x[box] - w / 2, middle - h / 2))
    curves = []
    for wire in wires:
        tail, *points, head = wire.chain
        stops = [(wire.start, corners[tail][1] + sizes[tail][1], bottoms[rank[tail]])]
        stops += [(x[v], tops[graph.rank[v]], bottoms[graph.rank[v]]) for v in points]
        stops += [(wire.end, tops[rank[head]], corners[head][1])]
        curves.append(smooth(stops))
    width = max(xi + w / 2 for xi, w in zip(x, widths, strict=True)) + MARGIN
    return Placement(width, bottoms[-1] + MARGIN, corners, curves)


def _bands(
    layers: Sequence[Sequence[int]],
    graph: Layers,
    sizes: Sequence[Point],
    x: Sequence[float],
    wires: Sequence[Wire],
    ports: Ports,
) -> tuple[list[float], list[float]]:
    """Top and bottom of each layer; the gap grows where edges run far to the side."""
    aside = [0.0] * len(layers)
    for wire in wires:
        places = [wire.start, *[x[v] for v in wire.chain[1:-1]], wire.end]
        for vertex, here, there in zip(wire.chain, places, places[1:], strict=False):
            layer = graph.rank[vertex]
            aside[layer] = max(aside[layer], abs(there - here))
    tops, bottoms = [], []
    y = MARGIN
    for i, (row, shift) in enumerate(zip(layers, aside, strict=True)):
        height = max((sizes[v][1] for v in row if v < len(sizes)), default=0.0)
        tops.append(y)
        bottoms.append(y + height)
        at_border = (ports.top and not i) or (ports.bottom and i == len(layers) - 2)
        gap = PORT_LAYER_GAP if at_border else LAYER_GAP
        y += height + gap + min(shift * 0.12, 2 * LAYER_GAP)
    return tops, bottoms


def _with_borders(rank: list[int], ports: Ports) -> list[int]:
    """The layers with ports in layers of their own, above and below all others."""
    border = {*ports.top, *ports.bottom}
    if not border:
        return rank
    inner = [r for v, r in enumerate(rank) if v not in border]
    first, last = min(inner, default=0), max(inner, default=0)
    first -= bool(ports.top)
    return [
        (0 if v in ports.top else last + 1 - first if v in ports.bottom else r - first)
        for v, r in enumerate(rank)
    ]
