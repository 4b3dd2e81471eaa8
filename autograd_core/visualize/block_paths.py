"""Paths of arrows in SVG: curves beside the middle of a link, and ways to the next row."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from .block_layout import Turn
from .layout import Point
from .page import number_text

_n = number_text

#: Pieces by which a bent piece of a curve is followed.
STEPS = 6


def beside(curve: Sequence[Point], d: float) -> tuple[str, list[Point]]:
    """A path at distance `d` to the right of a curve, and its points.

    A bent piece is followed at the same distance all along, so that the two arrows of a link
    neither touch nor part where it is steep.
    """
    points = [(curve[0][0], curve[0][1] + d)]
    data = f"M{_n(points[0][0])} {_n(points[0][1])}"
    for k in range(1, len(curve), 3):
        piece = [curve[k - 1], *curve[k : k + 3]]
        if max(abs(y - piece[0][1]) for _, y in piece) < 0.05:
            points.append((piece[3][0], piece[3][1] + d))
            data += f"H{_n(piece[3][0])}"
            continue
        _, before = _at(piece, 0.0)
        for step in range(1, STEPS + 1):
            (x, y), (dx, dy) = _at(piece, step / STEPS)
            end = (x - d * dy, y + d * dx)
            data += _bent(points[-1], before, end, (dx, dy))
            points.append(end)
            before = (dx, dy)
    return data, points


def _bent(start: Point, leaves: Point, end: Point, arrives: Point) -> str:
    """A Bézier piece between two points with the directions there."""
    reach = hypot(end[0] - start[0], end[1] - start[1]) / 3
    a = (start[0] + reach * leaves[0], start[1] + reach * leaves[1])
    b = (end[0] - reach * arrives[0], end[1] - reach * arrives[1])
    return "C" + " ".join([f"{_n(x)} {_n(y)}" for x, y in (a, b, end)])


def _at(piece: Sequence[Point], t: float) -> tuple[Point, Point]:
    """A point of a Bézier piece, and its direction."""
    s = 1 - t
    weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    x = sum(w * p[0] for w, p in zip(weights, piece, strict=True))
    y = sum(w * p[1] for w, p in zip(weights, piece, strict=True))
    slopes = (-s * s, s * s - 2 * s * t, 2 * s * t - t * t, t * t)
    dx = sum(w * p[0] for w, p in zip(slopes, piece, strict=True))
    dy = sum(w * p[1] for w, p in zip(slopes, piece, strict=True))
    length = hypot(dx, dy)
    return (x, y), ((dx / length, dy / length) if length > 1e-6 else (1.0, 0.0))


def corners(turn: Turn, d: float) -> list[Point]:
    """The way to the next row; the two ways do not cross."""
    (x0, y0), (x1, y1) = turn.start, turn.end
    right, middle, left = turn.right - d, turn.middle - d, turn.left - d
    return [
        (x0, y0 + d), (right, y0 + d), (right, middle), (left, middle), (left, y1 + d), (x1, y1 + d)
    ]  # fmt: skip


def rounded(points: Sequence[Point]) -> str:
    """A path of straight pieces with round corners."""
    data = f"M{_n(points[0][0])} {_n(points[0][1])}"
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        pieces = []
        for px, py in (before, after):
            reach = max(abs(px - x) + abs(py - y), 1e-9)
            part = min(7.0, reach / 2) / reach
            pieces.append((x + (px - x) * part, y + (py - y) * part))
        (ax, ay), (bx, by) = pieces
        data += f"L{_n(ax)} {_n(ay)}Q{_n(x)} {_n(y)} {_n(bx)} {_n(by)}"
    return data + f"L{_n(points[-1][0])} {_n(points[-1][1])}"


def arrowhead(tip: Point, before: Point) -> str:
    """An open arrowhead; links arrive level, or straight up and down."""
    (x, y), size = tip, 5.0
    if abs(before[0] - x) >= abs(before[1] - y) * 0.2:
        back = size if before[0] > x else -size
        wings = [(x + back, y - 0.7 * size), (x + back, y + 0.7 * size)]
    else:
        back = size if before[1] > y else -size
        wings = [(x - 0.7 * size, y + back), (x + 0.7 * size, y + back)]
    (x1, y1), (x2, y2) = wings
    return f"M{_n(x1)} {_n(y1)}L{_n(x)} {_n(y)}L{_n(x2)} {_n(y2)}"
