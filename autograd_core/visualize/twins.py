"""Boxes that cannot be told apart by what they read, nor by who reads them, drawn as one, ×4.

So are the updates of equal layers, which stand side by side, and what leads to each of them.
"""

from __future__ import annotations

from dataclasses import replace

from .merging import repeated
from .module_folding import in_order, moved, renamed
from .picture import Picture
from .repeats import signature


def fold_twins(picture: Picture) -> Picture:
    """Draw boxes once that are alike, in the same places of the graph.

    They are in one class only if what they read is in the same classes, so that of classes that
    read one another in a circle none could be the first: what is drawn has no circle.
    """
    kinds = _classes(picture)
    groups: dict[int, list[int]] = {}
    for i, kind in enumerate(kinds):
        groups.setdefault(kind, []).append(i)
    held = [[picture.boxes[i] for i in group] for group in groups.values()]
    boxes = [repeated(same) if len(same) > 1 else same[0] for same in held]
    new = {kind: i for i, kind in enumerate(groups)}
    place = [new[kind] for kind in kinds]
    ids = {box.id: boxes[place[i]].id for i, box in enumerate(picture.boxes)}
    edges = moved(picture.edges, place, boxes)
    clusters = tuple([renamed(cluster, ids) for cluster in picture.clusters])
    return in_order(replace(picture, boxes=tuple(boxes), edges=edges, clusters=clusters))


def _classes(picture: Picture) -> list[int]:
    """The class of each box: refined by those of its neighbours, until there are no more."""
    boxes = picture.boxes
    ends = [box.id if box.kind == "output" else "" for box in boxes]
    kinds = _numbered([(signature(b), b.cluster, b.count, len(b.holds), end)
                       for b, end in zip(boxes, ends, strict=True)])  # fmt: skip
    while True:
        near: list[set[tuple[str, int, int]]] = [set() for _ in boxes]
        for edge in picture.edges:
            near[edge.head].add(("reads", edge.operand, kinds[edge.tail]))
            near[edge.tail].add(("read by", edge.operand, kinds[edge.head]))
        finer = _numbered([(k, frozenset(n)) for k, n in zip(kinds, near, strict=True)])
        if max(finer, default=0) == max(kinds, default=0):
            return kinds
        kinds = finer


def _numbered(things: list[tuple[object, ...]]) -> list[int]:
    """Equal things by equal numbers, in the order in which they occur."""
    numbers: dict[tuple[object, ...], int] = {}
    return [numbers.setdefault(thing, len(numbers)) for thing in things]
