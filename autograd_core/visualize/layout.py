"""The built-in layout: boxes in layers, inputs above outputs, edges as smooth curves.

The method is Sugiyama's, in its usual four steps: layers by longest path; an invisible point for
each layer that an edge passes; fewer crossings by barycenters (`ordering`); coordinates by
Brandes and Köpf (`coordinates`). All edges that leave a box for far layers share one trunk of
invisible points, so that a parameter that is used a thousand times costs one line of points.

Everything is iterative, and the same input always gives the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .coordinates import horizontal
from .ordering import reduce_crossings

Point = tuple[float, float]

#: Distances in pixels.
BOX_GAP = 28.0
LINE_GAP = 14.0
LAYER_GAP = 44.0
MARGIN = 20.0

#: Beyond so many invisible points, the longest edges are drawn straight, behind the boxes.
MAX_POINTS = 30_000


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
    """

    width: float
    height: float
    corners: list[Point]
    curves: list[list[Point]]


@dataclass(frozen=True, slots=True)
class Layers:
    """The graph between layers: boxes first, then the invisible points.

    ``trunks[tail]`` holds the points below a box, one a layer; ``up`` and ``down`` are the
    neighbours in the layers above and below.
    """

    rank: list[int]
    trunks: list[list[int]]
    up: list[list[int]]
    down: list[list[int]]

    @property
    def count(self) -> int:
        return len(self.rank)


def layered(sizes: Sequence[Point], edges: Sequence[tuple[int, int]]) -> Placement:
    """Place boxes so that none overlap and every edge runs downward.

    Parameters
    ----------
    sizes : sequence of (width, height)
        Of each box, in pixels.
    edges : sequence of (tail, head)
        Indices into `sizes`; an edge may be there several times. No cycles.

    Returns
    -------
    Placement

    Examples
    --------
    >>> placed = layered([(100, 40), (100, 40)], [(0, 1)])
    >>> placed.corners
    [(20.0, 20.0), (20.0, 104.0)]
    """
    if not sizes:
        return Placement(2 * MARGIN, 2 * MARGIN, [], [])
    rank = ranks(len(sizes), edges)
    graph = with_points(rank, edges)
    layers = reduce_crossings(_first_order(graph), graph.up, graph.down)
    widths = [w for w, _ in sizes] + [0.0] * (graph.count - len(sizes))
    x = horizontal(layers, graph.up, graph.down, widths, len(sizes), BOX_GAP, LINE_GAP)
    left = min(xi - w / 2 for xi, w in zip(x, widths, strict=True))
    x = [xi - left + MARGIN for xi in x]
    tops, bottoms = _bands(layers, graph, sizes, x)
    corners = []
    for box, (w, h) in enumerate(sizes):
        layer = rank[box]
        middle = (tops[layer] + bottoms[layer]) / 2
        corners.append((x[box] - w / 2, middle - h / 2))
    curves = _curves(sizes, edges, graph, x, corners, tops, bottoms)
    width = max(xi + w / 2 for xi, w in zip(x, widths, strict=True)) + MARGIN
    return Placement(width, bottoms[-1] + MARGIN, corners, curves)


def ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: below all of its inputs, and near to what uses it.

    The longest path gives the first answer; then a box with more users than inputs (a parameter
    above all) sinks to just above its first user, which shortens its edges.
    """
    users: list[list[int]] = [[] for _ in range(count)]
    inputs = [0] * count
    for tail, head in edges:
        users[tail].append(head)
        inputs[head] += 1
    waiting = inputs.copy()
    order = [box for box in range(count) if not waiting[box]]
    rank = [0] * count
    for box in order:
        for user in users[box]:
            rank[user] = max(rank[user], rank[box] + 1)
            waiting[user] -= 1
            if not waiting[user]:
                order.append(user)
    if len(order) != count:
        raise ValueError("layered: the edges have a cycle")
    for box in reversed(order):
        if users[box] and len(set(users[box])) > inputs[box]:
            rank[box] = min(rank[user] for user in users[box]) - 1
    return rank


def with_points(rank: Sequence[int], edges: Sequence[tuple[int, int]]) -> Layers:
    """Add the invisible points, a trunk for each box with far users."""
    all_ranks = list(rank)
    trunks: list[list[int]] = [[] for _ in rank]
    far: dict[int, int] = {}
    for tail, head in edges:
        far[tail] = max(far.get(tail, 0), rank[head] - rank[tail] - 1)
    for tail, length in sorted(far.items(), key=lambda item: (item[1], item[0])):
        if len(all_ranks) - len(rank) + length > MAX_POINTS:
            break
        for step in range(length):
            trunks[tail].append(len(all_ranks))
            all_ranks.append(rank[tail] + 1 + step)
    up: list[list[int]] = [[] for _ in all_ranks]
    down: list[list[int]] = [[] for _ in all_ranks]
    for tail, trunk in enumerate(trunks):
        above = tail
        for point in trunk:
            down[above].append(point)
            up[point].append(above)
            above = point
    for tail, head in edges:
        span = rank[head] - rank[tail] - 1
        if span <= len(trunks[tail]):
            above = trunks[tail][span - 1] if span else tail
            down[above].append(head)
            up[head].append(above)
    return Layers(all_ranks, trunks, up, down)


def _first_order(graph: Layers) -> list[list[int]]:
    """The layers, left to right as a depth-first walk from the outputs meets the operands."""
    layers: list[list[int]] = [[] for _ in range(max(graph.rank) + 1)]
    seen = [False] * graph.count
    stack = [v for v in reversed(range(graph.count)) if not graph.down[v]]
    while stack:
        vertex = stack.pop()
        if not seen[vertex]:
            seen[vertex] = True
            layers[graph.rank[vertex]].append(vertex)
            stack.extend(reversed(graph.up[vertex]))
    return layers


def _bands(
    layers: Sequence[Sequence[int]], graph: Layers, sizes: Sequence[Point], x: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Top and bottom of each layer; the gap grows where edges run far to the side."""
    tops, bottoms = [], []
    y = MARGIN
    for layer in layers:
        height = max((sizes[v][1] for v in layer if v < len(sizes)), default=0.0)
        tops.append(y)
        bottoms.append(y + height)
        aside = max((abs(x[v] - x[u]) for v in layer for u in graph.down[v]), default=0.0)
        y += height + LAYER_GAP + min(aside * 0.12, 2 * LAYER_GAP)
    return tops, bottoms


def _curves(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    graph: Layers,
    x: Sequence[float],
    corners: Sequence[Point],
    tops: Sequence[float],
    bottoms: Sequence[float],
) -> list[list[Point]]:
    boxes = len(sizes)
    rank = graph.rank
    chains = []
    for tail, head in edges:
        span = rank[head] - rank[tail] - 1
        trunk = graph.trunks[tail]
        chains.append([tail, *trunk[: span if span <= len(trunk) else 0], head])
    # Edges that share a trunk share the port above it.
    starts = _ports(
        sizes, x, [(c[0], c[1], -c[1] if c[1] >= boxes else i) for i, c in enumerate(chains)]
    )
    ends = _ports(sizes, x, [(c[-1], c[-2], i) for i, c in enumerate(chains)])
    curves = []
    for chain, start, end in zip(chains, starts, ends, strict=True):
        tail, head = chain[0], chain[-1]
        stops = [(start, corners[tail][1] + sizes[tail][1], bottoms[rank[tail]])]
        stops += [(x[v], tops[rank[v]], bottoms[rank[v]]) for v in chain[1:-1]]
        stops += [(end, tops[rank[head]], corners[head][1])]
        curves.append(_smooth(stops))
    return curves


def _ports(
    sizes: Sequence[Point], x: Sequence[float], wires: Sequence[tuple[int, int, int]]
) -> list[float]:
    """Where each edge touches its box: side by side, in the order of the other ends.

    A wire is (box, the vertex at its other end, a key); wires of one box and key share a port.
    """
    ports: dict[int, dict[int, float]] = {}
    for box, other, key in wires:
        ports.setdefault(box, {})[key] = x[other]
    places: dict[tuple[int, int], float] = {}
    for box, found in ports.items():
        keys = sorted(found, key=lambda key: (found[key], key))
        step = min(24.0, sizes[box][0] * 0.8 / max(len(keys) - 1, 1))
        for i, key in enumerate(keys):
            places[box, key] = x[box] + (i - (len(keys) - 1) / 2) * step
    return [places[box, key] for box, _, key in wires]


def _smooth(stops: Sequence[tuple[float, float, float]]) -> list[Point]:
    """A Bézier path, vertical at every stop: S-shaped between layers, straight through one.

    A stop is (x, y where the edge enters the layer, y where it leaves it). Runs that are
    straight become one piece.
    """
    pieces: list[tuple[Point, Point]] = []
    x, top, y = stops[0]
    if y > top:
        pieces.append(((x, top), (x, y)))
    for next_x, enters, leaves in stops[1:]:
        pieces.append(((x, y), (next_x, enters)))
        if leaves > enters:
            pieces.append(((next_x, enters), (next_x, leaves)))
        x, y = next_x, leaves
    path = [pieces[0][0]]
    straight_from: float | None = None
    for (x0, y0), (x1, y1) in pieces:
        if abs(x1 - x0) < 0.05:
            if straight_from is None:
                straight_from = y0
                path += [(x0, y0), (x1, y1), (x1, y1)]
            else:
                path[-3:] = [(x0, straight_from), (x1, y1), (x1, y1)]
        else:
            straight_from = None
            middle = (y0 + y1) / 2
            path += [(x0, middle), (x1, middle), (x1, y1)]
    return path
