"""The way of each edge: where it touches its boxes, and its curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .layers import Layers

Point = tuple[float, float]

PORT_GAP = 20.0


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge: the box, points and box that it joins, and where it touches the boxes."""

    chain: list[int]
    start: float
    end: float


def wires_of(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    graph: Layers,
    x: Sequence[float],
    fixed_starts: Mapping[int, float],
    fixed_ends: Mapping[int, float],
) -> list[Wire]:
    """The way of each edge; a fixed start or end is told by its distance from a box's middle."""
    chains = []
    for tail, head in edges:
        span = graph.rank[head] - graph.rank[tail] - 1
        trunk = graph.trunks[tail]
        chains.append([tail, *trunk[: span if span <= len(trunk) else 0], head])
    begin = {i: x[edges[i][0]] + aside for i, aside in fixed_starts.items()}
    end = {i: x[edges[i][1]] + aside for i, aside in fixed_ends.items()}
    # Edges that share a trunk share the port above it.
    starts = _ports(sizes, x, [
        (c[0], c[1], i if c[1] < len(sizes) else -c[1], end.get(i) if len(c) == 2 else None)
        for i, c in enumerate(chains)
    ])  # fmt: skip
    ends = _ports(sizes, x, [
        (c[-1], c[-2], i, begin.get(i) if len(c) == 2 else None) for i, c in enumerate(chains)
    ])  # fmt: skip
    return [
        Wire(chain, begin.get(i, start), end.get(i, stop))
        for i, (chain, start, stop) in enumerate(zip(chains, starts, ends, strict=True))
    ]


def _ports(
    sizes: Sequence[Point],
    x: Sequence[float],
    wires: Sequence[tuple[int, int, int, float | None]],
) -> list[float]:
    """Where each edge touches its box: side by side, in the order of the other ends.

    A wire is (box, the vertex at its other end, a key, the place of the other end if that is
    fixed); wires of one box and key share a port.
    """
    ports: dict[int, dict[int, float]] = {}
    for box, other, key, place in wires:
        aside = (x[other] if place is None else place) - x[box]
        reach = sizes[box][0] * 0.4
        # Two boxes meet halfway, which makes the edge straight; a point does not move.
        if (other < len(sizes) and place is None) or abs(aside) > reach:
            aside /= 2
        ports.setdefault(box, {})[key] = min(max(aside, -reach), reach)
    places: dict[tuple[int, int], float] = {}
    for box, wanted in ports.items():
        for key, at in _spread(wanted, sizes[box][0] * 0.9).items():
            places[box, key] = x[box] + at
    return [places[box, key] for box, _, key, _ in wires]


def _spread(wanted: dict[int, float], width: float) -> dict[int, float]:
    """Keep ports apart, moving those least that are nearest to the middle."""
    keys = sorted(wanted, key=lambda key: (wanted[key], key))
    step = min(PORT_GAP, width / max(len(keys) - 1, 1))
    equal: dict[float, int] = {}
    for key in keys:
        equal[wanted[key]] = equal.get(wanted[key], 0) + 1
    places: list[float] = []
    met: dict[float, int] = {}
    for key in keys:
        place = wanted[key]
        k = met[place] = met.get(place, -1) + 1
        places.append(place + (k - (equal[place] - 1) / 2) * step)
    middle = min(range(len(keys)), key=lambda i: abs(places[i]))
    for i in range(middle + 1, len(keys)):
        places[i] = max(places[i], places[i - 1] + step)
    for i in range(middle - 1, -1, -1):
        places[i] = min(places[i], places[i + 1] - step)
    limit = width / 2
    if places[-1] > limit or places[0] < -limit:
        places = [(i - (len(keys) - 1) / 2) * step for i in range(len(keys))]
    return dict(zip(keys, places, strict=True))


def smooth(stops: Sequence[tuple[float, float, float]]) -> list[Point]:
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
