"""The order of the vertices within each layer: fewer crossings of edges."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

SWEEPS = 12
#: Exchanging neighbours one by one pays for itself in pictures up to so many vertices.
MAX_EXCHANGED = 600


def reduce_crossings(
    layers: Sequence[Sequence[int]], up: Sequence[Sequence[int]], down: Sequence[Sequence[int]]
) -> list[list[int]]:
    """Sweep over the layers, down and up in turn, ordering each by its neighbours' barycenters.

    Parameters
    ----------
    layers : sequence of sequence of int
        The vertices of each layer, in their first order, which also decides between equals.
    up, down : sequence of sequence of int
        The neighbours of each vertex in the layer above and below.

    Returns
    -------
    list of list of int
        The order with the fewest crossings that was met.
    """
    current = [list(layer) for layer in layers]
    best = [list(layer) for layer in current]
    fewest = crossings(current, down)
    small = sum(len(layer) for layer in layers) <= MAX_EXCHANGED
    since_better = 0
    for sweep in range(SWEEPS):
        if not fewest or since_better == 4:
            break
        downward = sweep % 2 == 0
        _sweep(current, up if downward else down, downward)
        if small:
            _exchange(current, up, down)
        count = crossings(current, down)
        since_better += 1
        if count < fewest:
            fewest, best, since_better = count, [list(layer) for layer in current], 0
    return best


def crossings(layers: Sequence[Sequence[int]], down: Sequence[Sequence[int]]) -> int:
    """How many pairs of edges cross."""
    total = 0
    for upper, lower in pairwise(layers):
        place = {vertex: i for i, vertex in enumerate(lower)}
        ends: list[int] = []
        for vertex in upper:
            targets = sorted(place[u] for u in down[vertex])
            for target in targets:
                total += len(ends) - bisect_right(ends, target)
            for target in targets:
                insort(ends, target)
    return total


def _sweep(layers: list[list[int]], towards: Sequence[Sequence[int]], downward: bool) -> None:
    indices = range(1, len(layers)) if downward else range(len(layers) - 2, -1, -1)
    for i in indices:
        fixed = layers[i - 1 if downward else i + 1]
        place = {vertex: float(k) for k, vertex in enumerate(fixed)}
        layer = layers[i]
        # A vertex without neighbours on that side stays where it is, relative to the others.
        scale = len(fixed) / max(len(layer), 1)
        keys = {}
        for k, vertex in enumerate(layer):
            near = towards[vertex]
            keys[vertex] = sum(place[u] for u in near) / len(near) if near else k * scale
        layer.sort(key=keys.__getitem__)


def _exchange(
    layers: list[list[int]], up: Sequence[Sequence[int]], down: Sequence[Sequence[int]]
) -> None:
    """Swap neighbours within a layer while that removes crossings."""
    for i, layer in enumerate(layers):
        above = {v: k for k, v in enumerate(layers[i - 1])} if i else {}
        below = {v: k for k, v in enumerate(layers[i + 1])} if i + 1 < len(layers) else {}
        ends = {
            v: (sorted(above[u] for u in up[v]), sorted(below[u] for u in down[v])) for v in layer
        }
        for _ in range(len(layer)):
            swapped = False
            for k in range(len(layer) - 1):
                a, b = layer[k], layer[k + 1]
                gain = sum(
                    _pairs(ends[a][side], ends[b][side]) - _pairs(ends[b][side], ends[a][side])
                    for side in (0, 1)
                )
                if gain > 0:
                    layer[k], layer[k + 1] = b, a
                    swapped = True
            if not swapped:
                break


def _pairs(left: Sequence[int], right: Sequence[int]) -> int:
    """Crossings of the edges of two neighbours, the first to the left of the second."""
    return sum(len(left) - bisect_right(left, end) for end in right)
