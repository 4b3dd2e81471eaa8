"""Where the parts of a block diagram lie: in columns from left to right, in rows if it is wide.

The layers of `layout`, turned on their side: a layer is a column. A diagram that is wider than a
page goes on in another row, where a single value leads from one part to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import graphviz_layout
from .block_measure import ASIDE, PORT, Extent, block_size, extents
from .coordinates import horizontal
from .diagram import Diagram
from .layers import first_order, ranks, with_points
from .layout import Point
from .ordering import reduce_crossings
from .routing import smooth

COLUMN_GAP = 13.0
BOX_GAP = 20.0
LINE_GAP = 18.0
#: The most that the gap between two columns grows where links run far up or down.
MAX_SLANT = 70.0


@dataclass(slots=True)
class Arranged:
    """Everything in its place.

    Attributes
    ----------
    centers : list of Point
        For each vertex of the diagram, blocks first, the middle of its column or label, on its
        line of flow.
    curves : list of list of Point
        For each link, in its middle: a start point and then three points a Bézier curve.
    turns : dict of int to Turn
        Values from which the way leads on to the next row.
    """

    centers: list[Point]
    curves: list[list[Point]]
    width: float = 0.0
    height: float = 0.0
    turns: dict[int, Turn] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """The way to the next row: right, down to `middle`, to the left, down and in."""

    start: Point
    end: Point
    right: float
    middle: float
    left: float


def arranged(diagram: Diagram, engine: str) -> Arranged:
    """Place a diagram by the built-in layout, or by Graphviz: "dot" or "pygraphviz"."""
    sizes = extents(diagram)
    edges = [(link.tail, link.head) for link in diagram.links]
    blocks = [block_size(b, len(diagram.inputs_of(i)))[0] for i, b in enumerate(diagram.blocks)]
    widths = blocks + [size.width for size in sizes[len(blocks) :]]
    if engine == "builtin":
        return _columns(sizes, widths, edges, len(blocks))
    return _by_graphviz(sizes, widths, edges, len(blocks), engine)


def _columns(
    sizes: Sequence[Extent], widths: Sequence[float], edges: Sequence[tuple[int, int]], blocks: int
) -> Arranged:
    """The built-in layout; `widths` are those of what the links touch, without cards."""
    count = len(sizes)
    rank = ranks(count, edges)
    graph = with_points(rank, edges)
    layers = reduce_crossings(first_order(graph), graph.up, graph.down)
    points = [0.0] * (graph.count - count)
    heights = [size.above + size.below for size in sizes] + points
    shifts = [(size.below - size.above) / 2 for size in sizes] + points
    y = horizontal(layers, graph.up, graph.down, heights, count, BOX_GAP, LINE_GAP, shifts)
    chains = []
    for tail, head in edges:
        span = rank[head] - rank[tail] - 1
        trunk = graph.trunks[tail]
        chains.append([tail, *trunk[: span if span <= len(trunk) else 0], head])
    starts = _ports([(c[0], c[1]) for c in chains], y, blocks)
    ends = _ports([(c[-1], c[-2]) for c in chains], y, blocks)
    stops = [
        [start, *[y[v] for v in c[1:-1]], end]
        for c, start, end in zip(chains, starts, ends, strict=True)
    ]
    lefts, rights = _bands(layers, graph.rank, sizes, chains, stops)
    middles = [(lefts[rank[v]] + rights[rank[v]]) / 2 for v in range(count)]
    curves = []
    for chain, places in zip(chains, stops, strict=True):
        tail, head = chain[0], chain[-1]
        layer = graph.rank[chain[-1]]
        path = [(places[0], middles[tail] + widths[tail] / 2, rights[rank[tail]])]
        path += [
            (at, lefts[graph.rank[v]], rights[graph.rank[v]])
            for v, at in zip(chain[1:-1], places[1:-1], strict=True)
        ]
        path += [(places[-1], lefts[layer], middles[head] - widths[head] / 2)]
        curves.append([(px, py) for py, px in smooth(path)])
    return Arranged([(middles[v], y[v]) for v in range(count)], curves)


def _ports(ends: Sequence[tuple[int, int]], y: Sequence[float], blocks: int) -> list[float]:
    """Where each link touches: side by side at a block, in one point at a value."""
    at: dict[int, list[int]] = {}
    for i, (vertex, _) in enumerate(ends):
        at.setdefault(vertex, []).append(i)
    places = [y[vertex] for vertex, _ in ends]
    for vertex, links in at.items():
        if vertex >= blocks or len(links) == 1:
            continue
        links.sort(key=lambda i: (y[ends[i][1]], i))
        away = [abs(y[ends[i][1]] - y[vertex]) for i in links]
        middle = (len(links) - 1) / 2
        if min(away) < 1 and len(links) < 4:  # one that comes straight stays straight
            middle = away.index(min(away))
        for k, i in enumerate(links):
            places[i] += (k - middle) * PORT
    return places


def _bands(
    layers: Sequence[Sequence[int]],
    rank: Sequence[int],
    sizes: Sequence[Extent],
    chains: Sequence[Sequence[int]],
    stops: Sequence[Sequence[float]],
) -> tuple[list[float], list[float]]:
    """Left and right of each column; the gap grows where links run far up or down."""
    slant = [0.0] * len(layers)
    for chain, places in zip(chains, stops, strict=True):
        for vertex, here, there in zip(chain, places, places[1:], strict=False):
            slant[rank[vertex]] = max(slant[rank[vertex]], abs(there - here))
    lefts, rights = [], []
    x = 0.0
    for column, aside in zip(layers, slant, strict=True):
        lefts.append(x)
        x += max([sizes[v].width for v in column if v < len(sizes)], default=0.0)
        rights.append(x)
        x += COLUMN_GAP + min(aside * 0.45, MAX_SLANT)
    return lefts, rights


def _by_graphviz(
    sizes: Sequence[Extent],
    widths: Sequence[float],
    edges: Sequence[tuple[int, int]],
    blocks: int,
    engine: str,
) -> Arranged:
    """Graphviz's layout from top to bottom, turned; each vertex as high below as above."""
    room = 2 * ASIDE + 4  # Graphviz leads the middle of a link past the boxes
    turned = [(2 * max(size.above, size.below) + room, size.width + room) for size in sizes]
    place = {
        "dot": graphviz_layout.placed_by_dot,
        "pygraphviz": graphviz_layout.placed_by_pygraphviz,
    }[engine]
    found = place(turned, edges, gaps=(4 / 72, COLUMN_GAP / 72), middle=True)
    centers = [
        (top + height / 2, left + width / 2)
        for (left, top), (width, height) in zip(found.corners, turned, strict=True)
    ]
    y = [at for _, at in centers]
    starts = _ports(edges, y, blocks)
    ends = _ports([(head, tail) for tail, head in edges], y, blocks)
    curves = []
    for (tail, head), start, end, curve in zip(edges, starts, ends, found.curves, strict=True):
        points = [(px, py) for py, px in curve]
        # Graphviz leads every link to the middle of a side; at a block they go side by side.
        points[:2] = [(px, py + start - y[tail]) for px, py in points[:2]]
        points[-2:] = [(px, py + end - y[head]) for px, py in points[-2:]]
        first = (centers[tail][0] + widths[tail] / 2, start)
        last = (centers[head][0] - widths[head] / 2, end)
        curves.append([first, first, points[0], *points, points[-1], last, last])
    return Arranged(centers, curves)
