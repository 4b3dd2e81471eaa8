"""The built-in layout with clusters: each is laid out by itself, and is then a box of the next.

An edge that leaves a cluster runs to a port in its border, and goes on from there; so nothing
that lies outside of a cluster can come to lie on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from .layout import MARGIN, Frame, Placement, Point, Ports, layered
from .nesting import Item, Level, chains_of, levels_in
from .picture import Picture

#: Free space within the frame of a cluster, and the height of its title.
SIDE, BELOW, TITLE = 14.0, 10.0, 24.0


@dataclass(slots=True)
class _Part:
    """A level once it is laid out, measured from its own upper left corner.

    Attributes
    ----------
    size : point
    corners : dict of Item to point
    curves : dict of (edge, side) to list of point
        Side 0 for an edge between items, 1 for one that comes in, 2 for one that goes out.
    tops, bottoms : dict of int to float
        Where an edge crosses the border.
    main : float
        The place by which the cluster is aligned.
    """

    size: Point
    corners: dict[Item, Point] = field(default_factory=dict)
    curves: dict[tuple[int, int], list[Point]] = field(default_factory=dict)
    tops: dict[int, float] = field(default_factory=dict)
    bottoms: dict[int, float] = field(default_factory=dict)
    main: float = 0.0


def nested(picture: Picture, sizes: Sequence[Point], titles: dict[str, float]) -> Placement:
    """Place the boxes of a picture with clusters.

    Parameters
    ----------
    picture : Picture
    sizes : sequence of (width, height)
        Of each box.
    titles : dict of str to float
        How wide the title of each cluster is.
    """
    parents = {c.id: c.parent for c in picture.clusters}
    chains = chains_of([box.cluster for box in picture.boxes], parents)
    levels = levels_in(picture)
    coming: dict[str, list[int]] = {name: [] for name in levels}
    going: dict[str, list[int]] = {name: [] for name in levels}
    for i, edge in enumerate(picture.edges):
        tail, head = chains[edge.tail], chains[edge.head]
        for cluster in tail:
            if cluster not in head:
                going[cluster].append(i)
        for cluster in head:
            if cluster not in tail:
                coming[cluster].append(i)
    depth = {chain[-1]: len(chain) for chain in chains_of(list(parents), parents)}
    lengths = _lengths(picture)
    parts: dict[str, _Part] = {}
    for name in sorted(levels, key=lambda name: -depth.get(name, 0)):
        parts[name] = _laid_out(
            picture, levels[name], name, chains, sizes, parts, coming[name], going[name],
            titles.get(name, 0.0), lengths,
        )  # fmt: skip
    return _together(picture, parts, chains, parents)


def _lengths(picture: Picture) -> tuple[list[float], list[float]]:
    """How many boxes lie on the longest ways to each box, and from it."""
    to = [1.0] * len(picture.boxes)
    beyond = [1.0] * len(picture.boxes)
    for edge in sorted(picture.edges, key=lambda e: e.head):
        to[edge.head] = max(to[edge.head], to[edge.tail] + 1)
    for edge in sorted(picture.edges, key=lambda e: -e.tail):
        beyond[edge.tail] = max(beyond[edge.tail], beyond[edge.head] + 1)
    return to, beyond


def _item(chain: tuple[str, ...], box: int, name: str) -> Item:
    """What a box is in a level: itself, or the cluster that it lies in."""
    inner = chain if not name else chain[chain.index(name) + 1 :]
    return inner[0] if inner else box


def _laid_out(
    picture: Picture,
    level: Level,
    name: str,
    chains: Sequence[tuple[str, ...]],
    sizes: Sequence[Point],
    parts: dict[str, _Part],
    coming: Sequence[int],
    going: Sequence[int],
    title: float,
    lengths: tuple[Sequence[float], Sequence[float]],
) -> _Part:
    items: list[Item] = list(level.items)
    index = {item: i for i, item in enumerate(items)}
    extents = [parts[i].size if isinstance(i, str) else sizes[i] for i in items]
    shifts = [parts[i].size[0] / 2 - parts[i].main if isinstance(i, str) else 0.0 for i in items]
    edges: list[tuple[int, int]] = []
    keys: list[tuple[int, int]] = []
    for tail, head, edge in level.edges:
        edges.append((index[tail], index[head]))
        keys.append((edge, 0))
    ports: dict[tuple[int, int], int] = {}
    for side, listed in ((1, coming), (2, going)):
        for edge in listed:
            # All that comes from one box comes in at one place, and so it goes out.
            port = ports.setdefault((picture.edges[edge].tail, side), len(items) + len(ports))
            end = picture.edges[edge].head if side == 1 else picture.edges[edge].tail
            inner = index[_item(chains[end], end, name)]
            edges.append((port, inner) if side == 1 else (inner, port))
            keys.append((edge, side))
    # A way counts as long as it is in the whole picture, so that its longest stays straight.
    weights = [1.0 + 2 * len(parts[i].corners) if isinstance(i, str) else 1.0 for i in items]
    weights += [lengths[side - 1][tail] + 0.5 for tail, side in ports]
    extents += [(1.0, 0.0)] * len(ports)
    shifts += [0.0] * len(ports)
    starts, ends = {}, {}
    for i, ((edge, _), (tail, head)) in enumerate(zip(keys, edges, strict=True)):
        if tail < len(items) and isinstance(cluster := items[tail], str):
            starts[i] = parts[cluster].bottoms[edge] - parts[cluster].size[0] / 2
        if head < len(items) and isinstance(cluster := items[head], str):
            ends[i] = parts[cluster].tops[edge] - parts[cluster].size[0] / 2
    unique, wires = _without_doubles(edges, keys, picture, starts, ends)
    placed = layered(
        extents,
        [edges[i] for i in unique],
        Ports(
            [p for (_, side), p in ports.items() if side == 1],
            [p for (_, side), p in ports.items() if side == 2],
            {k: starts[i] for k, i in enumerate(unique) if i in starts},
            {k: ends[i] for k, i in enumerate(unique) if i in ends},
            shifts,
            weights,
        ),
    )
    return _part(picture, name, items, keys, wires, ports, placed, title, coming, going)


def _without_doubles(
    edges: Sequence[tuple[int, int]],
    keys: Sequence[tuple[int, int]],
    picture: Picture,
    starts: dict[int, float],
    ends: dict[int, float],
) -> tuple[list[int], list[int]]:
    """Edges that share their port and their item here are one line; which one each is."""
    met: dict[tuple[object, ...], int] = {}
    unique: list[int] = []
    wires = []
    for i, (ends_here, (edge, side)) in enumerate(zip(edges, keys, strict=True)):
        same: tuple[object, ...] = (i,)
        if side == 2 or (side == 1 and i in ends):
            same = (*ends_here, side, starts.get(i), ends.get(i), picture.edges[edge].tail)
        if same not in met:
            met[same] = len(unique)
            unique.append(i)
        wires.append(met[same])
    return unique, wires


def _part(
    picture: Picture,
    name: str,
    items: list[Item],
    keys: Sequence[tuple[int, int]],
    wires: Sequence[int],
    ports: dict[tuple[int, int], int],
    placed: Placement,
    title: float,
    coming: Sequence[int],
    going: Sequence[int],
) -> _Part:
    if not name:
        dx = dy = 0.0
        size = (placed.width, placed.height)
    else:
        dx, dy = SIDE - MARGIN, TITLE - MARGIN + (0.0 if coming else 4.0)
        width = max(placed.width - 2 * MARGIN + 2 * SIDE, title + 2 * SIDE)
        dx += (width - (placed.width - 2 * MARGIN + 2 * SIDE)) / 2
        height = placed.height + dy - MARGIN + (BELOW if going else BELOW + 4)
        size = (float(ceil(width)), float(ceil(height)))
    part = _Part(size)
    for i, item in enumerate(items):
        x, y = placed.corners[i]
        part.corners[item] = (x + dx, y + dy)
    for key, wire in zip(keys, wires, strict=True):
        part.curves[key] = [(x + dx, y + dy) for x, y in placed.curves[wire]]
    for edge in coming:
        port = ports[picture.edges[edge].tail, 1]
        part.tops[edge] = placed.corners[port][0] + 0.5 + dx
    for edge in going:
        port = ports[picture.edges[edge].tail, 2]
        part.bottoms[edge] = placed.corners[port][0] + 0.5 + dx
    main = [*part.tops.values(), *part.bottoms.values()]
    part.main = main[0] if main else size[0] / 2
    if going:
        part.main = part.bottoms[going[0]]
    return part


def _together(
    picture: Picture,
    parts: dict[str, _Part],
    chains: Sequence[tuple[str, ...]],
    parents: dict[str, str],
) -> Placement:
    """Everything measured from the corner of the drawing, and edges in one piece."""
    origins: dict[str, Point] = {"": (0.0, 0.0)}
    order = sorted([n for n in parts if n], key=lambda n: len(chains_of([n], parents)[0]))
    frames: dict[str, Frame] = {}
    for name in order:
        x0, y0 = origins[parents[name]]
        x, y = parts[parents[name]].corners[name]
        origins[name] = (x0 + x, y0 + y)
        frames[name] = (x0 + x, y0 + y, *parts[name].size)
    corners = []
    for box, chain in enumerate(chains):
        home = chain[-1] if chain else ""
        x0, y0 = origins[home]
        x, y = parts[home].corners[box]
        corners.append((x0 + x, y0 + y))
    curves = []
    for i, edge in enumerate(picture.edges):
        tail, head = chains[edge.tail], chains[edge.head]
        shared = [c for c in tail if c in head]
        way = [(c, 2) for c in reversed(tail) if c not in head]
        way += [(shared[-1] if shared else "", 0)]
        way += [(c, 1) for c in head if c not in tail]
        curve: list[Point] = []
        for name, side in way:
            x0, y0 = origins[name]
            piece = [(x + x0, y + y0) for x, y in parts[name].curves[i, side]]
            if curve:
                curve += [curve[-1], piece[0], piece[0], *piece[1:]]
            else:
                curve = piece
        curves.append(_joined(curve))
    return Placement(*parts[""].size, corners, curves, frames)


def _joined(curve: list[Point]) -> list[Point]:
    """The curve with straight pieces in a row made one."""
    result = curve[:1]
    straight = False
    for i in range(1, len(curve), 3):
        a, b, c = curve[i : i + 3]
        x = result[-1][0]
        if abs(a[0] - x) + abs(b[0] - x) + abs(c[0] - x) < 0.15:
            if straight:
                result[-2:] = [c, c]
            else:
                result += [result[-1], c, c]
            straight = True
        else:
            result += [a, b, c]
            straight = False
    return result
