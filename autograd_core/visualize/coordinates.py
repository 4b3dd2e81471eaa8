"""Horizontal coordinates of layered vertices, by the method of Brandes and Köpf (2001).

Each vertex is aligned with the median of its neighbours in the layer above, or below, and
blocks of aligned vertices are packed to the left, or to the right. Of the four results the
mean of the two in the middle is taken. Each of them keeps the distances that are asked for, and
so does the mean. Long edges come out straight, because a block of their invisible points has
precedence over other edges. One thing is added: an operation is aligned with the deepest of its
inputs and not with the parameters and shortcuts beside it, so that a chain of layers, or of
steps in time, is one column.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Conflicts = set[tuple[int, int]]


def horizontal(
    layers: Sequence[Sequence[int]],
    up: Sequence[Sequence[int]],
    down: Sequence[Sequence[int]],
    widths: Sequence[float],
    boxes: int,
    box_gap: float,
    line_gap: float,
    shifts: Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
) -> list[float]:
    """The middle of each vertex.

    Parameters
    ----------
    layers : sequence of sequence of int
        The vertices of each layer from left to right.
    up, down : sequence of sequence of int
        The neighbours of each vertex in the layer above and below.
    widths : sequence of float
    boxes : int
        Vertices from this number on are invisible points of long edges.
    box_gap, line_gap : float
        Free space between two vertices, if one is a box, and between two points.
    shifts : sequence of float, optional
        How far the middle of a vertex lies to the right of the place by which it is aligned; that
        place is then what is returned.
    weights : sequence of float, optional
        What each of the boxes adds to the length of the ways through it; 1 each by default.

    Returns
    -------
    list of float
    """
    crossed = _conflicts(layers, up, boxes)
    shifts = shifts or [0.0] * len(widths)
    results = []
    weights = [*(weights or [1.0] * boxes), *[0.0] * (len(up) - boxes)]
    main_up, main_down = _main(layers, up, down, weights, boxes)
    for towards, downward in ((main_up, True), (main_down, False)):
        for leftward in (True, False):
            view = [list(layer) if leftward else list(reversed(layer)) for layer in layers]
            ordered = view if downward else view[::-1]
            root = _align(ordered, towards, crossed)
            aside = shifts if leftward else [-shift for shift in shifts]
            x = _pack(view, root, widths, boxes, box_gap, line_gap, aside)
            results.append(x if leftward else [-value for value in x])
    _line_up(results, widths, shifts)
    return [sum(sorted(values)[1:3]) / 2 for values in zip(*results, strict=True)]


def _main(
    layers: Sequence[Sequence[int]],
    up: Sequence[Sequence[int]],
    down: Sequence[Sequence[int]],
    weights: Sequence[float],
    boxes: int,
) -> tuple[list[list[int]], list[list[int]]]:
    """The edges that count for alignment: those on the longest ways from and to each end.

    A trunk goes on straight past the boxes that it serves, or each would push it further aside.
    """
    depth = [0.0] * len(up)
    height = [0.0] * len(up)
    for layer in layers:
        for v in layer:
            depth[v] = max([depth[u] for u in up[v]], default=-1.0) + weights[v]
    for layer in reversed(layers):
        for v in layer:
            height[v] = max([height[u] for u in down[v]], default=-1.0) + weights[v]
    deepest = [max([depth[u] for u in near], default=0.0) for near in up]
    highest = [max([height[u] for u in near], default=0.0) for near in down]
    main_up = [
        [u for u in near if depth[u] == deepest[v] and height[v] == highest[u]]
        for v, near in enumerate(up)
    ]
    for u in range(boxes, len(up)):
        onward = [v for v in down[u] if v >= boxes]
        for v in down[u]:
            if onward and v < boxes:
                main_up[v] = [w for w in main_up[v] if w != u]
        for v in onward:
            main_up[v] = [u]
    main_down: list[list[int]] = [[] for _ in up]
    for v, near in enumerate(main_up):
        for u in near:
            main_down[u].append(v)
    return main_up, main_down


def _conflicts(
    layers: Sequence[Sequence[int]], up: Sequence[Sequence[int]], boxes: int
) -> Conflicts:
    """Edges that cross an inner piece of a long edge: they must not be aligned."""
    found: Conflicts = set()
    for upper, lower in pairwise(layers):
        place = {vertex: i for i, vertex in enumerate(upper)}
        start, low = 0, 0
        for i, vertex in enumerate(lower):
            inner = vertex >= boxes and up[vertex][0] >= boxes
            high = place[up[vertex][0]] if inner else len(upper)
            if not inner and i < len(lower) - 1:
                continue
            for scanned in lower[start : i + 1]:
                for above in up[scanned]:
                    outside = not low <= place[above] <= high
                    if outside and not (scanned >= boxes and above >= boxes):
                        found.add((above, scanned))
            start, low = i + 1, high
    return found


def _align(
    layers: Sequence[Sequence[int]], towards: Sequence[Sequence[int]], crossed: Conflicts
) -> list[int]:
    """Join each vertex to the block of the median of its neighbours, if that is free.

    Returns the first vertex of the block of each vertex.
    """
    count = len(towards)
    root = list(range(count))
    align = list(range(count))
    place = [0] * count
    for layer in layers:
        for i, vertex in enumerate(layer):
            place[vertex] = i
    for layer in layers:
        last = -1
        for vertex in layer:
            near = sorted(set(towards[vertex]), key=place.__getitem__)
            if not near:
                continue
            middle = len(near) - 1
            for i in {middle // 2, (middle + 1) // 2}:
                other = near[i]
                free = align[vertex] == vertex and last < place[other]
                pair = (vertex, other)
                if free and pair not in crossed and pair[::-1] not in crossed:
                    align[other] = vertex
                    root[vertex] = root[other]
                    align[vertex] = root[vertex]
                    last = place[other]
    return root


def _pack(
    layers: Sequence[Sequence[int]],
    root: Sequence[int],
    widths: Sequence[float],
    boxes: int,
    box_gap: float,
    line_gap: float,
    shifts: Sequence[float],
) -> list[float]:
    """Put each block as far left as its neighbours allow, then back towards the right ones."""
    right: dict[int, dict[int, float]] = {vertex: {} for vertex in root}
    waiting = dict.fromkeys(right, 0)
    for layer in layers:
        for u, v in pairwise(layer):
            gap = line_gap if u >= boxes and v >= boxes else box_gap
            distance = (widths[u] + widths[v]) / 2 + shifts[u] - shifts[v] + gap
            a, b = root[u], root[v]
            if b not in right[a]:
                waiting[b] += 1
            right[a][b] = max(right[a].get(b, 0.0), distance)
    order = [block for block, n in waiting.items() if not n]
    x = dict.fromkeys(right, 0.0)
    for block in order:
        for other, distance in right[block].items():
            x[other] = max(x[other], x[block] + distance)
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    for block in reversed(order):
        if right[block]:
            x[block] = max(
                x[block], min(x[other] - distance for other, distance in right[block].items())
            )
    return [x[block] for block in root]


def _line_up(results: list[list[float]], widths: Sequence[float], shifts: Sequence[float]) -> None:
    """Shift the four results onto the narrowest, at the side to which they were packed."""
    extents = [
        (
            min(x + s - w / 2 for x, w, s in zip(values, widths, shifts, strict=True)),
            max(x + s + w / 2 for x, w, s in zip(values, widths, shifts, strict=True)),
        )
        for values in results
    ]
    left, right = min(extents, key=lambda extent: extent[1] - extent[0])
    for i, values in enumerate(results):
        leftward = i % 2 == 0
        shift = left - extents[i][0] if leftward else right - extents[i][1]
        results[i] = [x + shift for x in values]
