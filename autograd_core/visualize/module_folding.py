"""Modules folded: all boxes of a call become one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from heapq import heappop, heappush

from .merging import folded
from .nesting import chains_of
from .picture import Box, Cluster, Edge, Picture


def fold_clusters(picture: Picture, chosen: Collection[str]) -> Picture:
    """Make each of the clusters one box."""
    parents = {c.id: c.parent for c in picture.clusters}
    homes = chains_of([box.cluster for box in picture.boxes], parents)
    wanted = set(chosen)
    target = [next((c for c in chain if c in wanted), "") for chain in homes]
    contents: dict[str, list[int]] = {}
    for i, home in enumerate(target):
        if home:
            contents.setdefault(home, []).append(i)
    clusters = {c.id: c for c in picture.clusters}
    ids = {box.id: box for box in picture.boxes}
    coming: dict[str, dict[int, None]] = {}
    for edge in picture.edges:
        if target[edge.tail] != target[edge.head]:
            coming.setdefault(target[edge.head], {})[edge.tail] = None
    stands = {}
    for name, inside in contents.items():
        cluster = clusters[name]
        inputs = [ids[i] for i in cluster.inputs if i in ids]
        if not inputs:  # what it was given needs no gradient
            inputs = [picture.boxes[tail] for tail in coming.get(name, ())]
            inputs = [box for box in inputs if box.kind != "parameter"]
        held = [picture.boxes[i] for i in inside]
        stands[name] = folded(cluster, held, inputs, ids.get(cluster.output))
    # A folded module stands where its last box stood, so that inputs stay before outputs.
    boxes = [
        stands[home] if home else box
        for i, (box, home) in enumerate(zip(picture.boxes, target, strict=True))
        if not home or contents[home][-1] == i
    ]
    index = {box.id: i for i, box in enumerate(boxes)}
    place = [index[target[i] or box.id] for i, box in enumerate(picture.boxes)]
    inner = {chain[-1]: chain for chain in chains_of(list(parents), parents)}
    kept = [c for c in picture.clusters if not wanted.intersection(inner[c.id])]
    ids_now = {picture.boxes[i].id: boxes[place[i]].id for i in range(len(place))}
    return in_order(
        replace(
            picture,
            boxes=tuple(boxes),
            edges=moved(picture.edges, place, boxes),
            clusters=tuple([renamed(c, ids_now) for c in kept]),
        )
    )


def renamed(cluster: Cluster, ids: dict[str, str]) -> Cluster:
    inputs = dict.fromkeys([ids[i] for i in cluster.inputs if i in ids])
    return replace(cluster, inputs=tuple(inputs), output=ids.get(cluster.output, ""))


def moved(edges: Sequence[Edge], place: Sequence[int], boxes: Sequence[Box]) -> tuple[Edge, ...]:
    """Edges between the boxes that now stand for their ends, equal ones together."""
    between: dict[tuple[int, int], list[Edge]] = {}
    for edge in edges:
        tail, head = place[edge.tail], place[edge.head]
        if tail != head:
            between.setdefault((tail, head), []).append(edge)
    found = []
    for (tail, head), same in between.items():
        # Of units that all lead to one box one is drawn, but with all of its operands.
        units: dict[tuple[int, int], list[Edge]] = {}
        for edge in same:
            units.setdefault((edge.tail, edge.head), []).append(edge)
        drawn = next(iter(units.values()))
        drawn = drawn[:1] if boxes[head].folded or boxes[tail].folded else drawn
        count = sum([edge.count for edge in same]) // len(drawn)
        found += [replace(edge, tail=tail, head=head, count=count) for edge in drawn]
    return tuple(found)


def in_order(picture: Picture) -> Picture:
    """With inputs before outputs again."""
    count = len(picture.boxes)
    waiting = [0] * count
    users: list[list[int]] = [[] for _ in range(count)]
    for edge in picture.edges:
        waiting[edge.head] += 1
        users[edge.tail].append(edge.head)
    if all(edge.tail < edge.head for edge in picture.edges):
        return picture
    ready = [i for i in range(count) if not waiting[i]]
    order: list[int] = []
    while ready:
        order.append(box := heappop(ready))
        for user in users[box]:
            waiting[user] -= 1
            if not waiting[user]:
                heappush(ready, user)
    new = {old: i for i, old in enumerate(order)}
    edges = [replace(e, tail=new[e.tail], head=new[e.head]) for e in picture.edges]
    return replace(picture, boxes=tuple([picture.boxes[i] for i in order]), edges=tuple(edges))
