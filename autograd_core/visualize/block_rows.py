"""A wide diagram in several rows, like a text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import inf

from .block_layout import Arranged, Turn
from .block_measure import Extent
from .diagram import Diagram
from .layout import MARGIN, Point

#: A diagram up to this width stays in one row.
MAX_WIDTH = 1300.0
ROW_GAP = 46.0
#: Room for the links that lead from row to row.
TURN = 26.0


def in_rows(diagram: Diagram, placed: Arranged, sizes: Sequence[Extent]) -> Arranged:
    """The same with a margin, in rows where it is wider than `MAX_WIDTH`."""
    lefts = [x - size.width / 2 for (x, _), size in zip(placed.centers, sizes, strict=True)]
    rights = [x + size.width / 2 for (x, _), size in zip(placed.centers, sizes, strict=True)]
    total = max(rights) - min(lefts)
    cuts = _cuts(diagram, lefts, rights) if total > MAX_WIDTH else []
    chosen = _chosen(cuts, lefts, rights)
    row = [bisect_right([rights[v] for v in chosen], left) for left in lefts]
    moves, tops = _moves(row, placed, sizes, lefts, rights, chosen)
    result = Arranged(
        [_moved(c, moves[r]) for c, r in zip(placed.centers, row, strict=True)],
        [
            [_moved(p, moves[row[link.head]]) for p in curve]
            for curve, link in zip(placed.curves, diagram.links, strict=True)
        ],
    )
    far = [x + size.width / 2 for (x, _), size in zip(result.centers, sizes, strict=True)]
    for r, v in enumerate(chosen):
        end = (rights[v], placed.centers[v][1])
        right = max(far[u] for u in _members(row, r)) + TURN * 0.6
        result.turns[v] = Turn(
            _moved(end, moves[r]),
            _moved(end, moves[r + 1]),
            right,
            tops[r + 1] - ROW_GAP / 2,
            MARGIN + TURN / 2,
        )
    points = [p for curve in result.curves for p in curve]
    result.width = MARGIN + max(
        [*far, *[turn.right + 8 for turn in result.turns.values()], *[x for x, _ in points]]
    )
    result.height = MARGIN + max(
        [y + size.below for (_, y), size in zip(result.centers, sizes, strict=True)]
        + [y + 8 for _, y in points]
    )
    return result


def _members(row: Sequence[int], r: int) -> list[int]:
    return [v for v, at in enumerate(row) if at == r]


def _moved(point: Point, move: Point) -> Point:
    return point[0] + move[0], point[1] + move[1]


def _cuts(diagram: Diagram, lefts: Sequence[float], rights: Sequence[float]) -> list[int]:
    """Values behind which a row may end: nothing but what they lead to goes on from there."""
    spans = sorted((lefts[link.tail], lefts[link.head]) for link in diagram.links)
    opened, closed = [a for a, _ in spans], sorted(b for _, b in spans)
    begun, ended = sorted(lefts), sorted(rights)
    found = []
    for v in range(len(diagram.blocks), len(lefts)):
        border = rights[v] + 0.5
        own = len(diagram.outputs_of(v))
        links = bisect_right(opened, border) - bisect_right(closed, border)
        if own == links and bisect_right(begun, border) == bisect_right(ended, border):
            found.append(v)
    return sorted([v for v in found if diagram.outputs_of(v)], key=lambda v: rights[v])


def _chosen(cuts: Sequence[int], lefts: Sequence[float], rights: Sequence[float]) -> list[int]:
    """The ends of rows that fill the page best: the least sum of squares of what stays free."""
    starts = [min(lefts), *[rights[v] for v in cuts]]
    ends = [*starts[1:], max(rights)]
    best = [0.0] + [inf] * len(ends)
    before = [0] * (len(ends) + 1)
    for last, end in enumerate(ends, 1):
        for first in range(last - 1, -1, -1):
            width = end - starts[first]
            if width > MAX_WIDTH and first < last - 1:
                break
            cost = best[first] + (MAX_WIDTH - width) ** 2
            if cost < best[last]:
                best[last], before[last] = cost, first
    chosen = []
    at = before[len(ends)]
    while at:
        chosen.append(cuts[at - 1])
        at = before[at]
    return chosen[::-1]


def _moves(
    row: Sequence[int],
    placed: Arranged,
    sizes: Sequence[Extent],
    lefts: Sequence[float],
    rights: Sequence[float],
    chosen: Sequence[int],
) -> tuple[list[Point], list[float]]:
    """How far each row moves, and where it then begins."""
    moves, tops = [], []
    y = MARGIN
    for r in range(max(row) + 1):
        members = _members(row, r)
        left = rights[chosen[r - 1]] if r else min(lefts)
        right = max(rights[v] for v in members)
        inner = [py for curve in placed.curves for px, py in curve if left - 1 <= px <= right + 1]
        top = min([placed.centers[v][1] - sizes[v].above for v in members] + [p - 8 for p in inner])
        bottom = max(
            [placed.centers[v][1] + sizes[v].below for v in members] + [p + 8 for p in inner]
        )
        moves.append((MARGIN + (2 * TURN if r else 0.0) - left, y - top))
        tops.append(y)
        y += bottom - top + ROW_GAP
    return moves, tops
