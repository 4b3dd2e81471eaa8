"""Layers: which row a box lies in, and the invisible points of edges that pass rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Beyond so many invisible points, the longest edges are drawn straight, behind the boxes.
MAX_POINTS = 30_000


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


def ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: below all of its inputs, and near to what uses it.

    The longest path gives the first answer. Then, from the last box to the first, a box sinks to
    just above its first user if that does not make more long edges than it takes away: a
    parameter always does, and so does what is computed from parameters alone.
    """
    users: list[set[int]] = [set() for _ in range(count)]
    inputs: list[set[int]] = [set() for _ in range(count)]
    for tail, head in edges:
        users[tail].add(head)
        inputs[head].add(tail)
    order = _order(users, inputs)
    rank = [0] * count
    for box in order:
        rank[box] = max([rank[tail] + 1 for tail in inputs[box]], default=0)
    drag = _drag(order, users, inputs)
    for box in reversed(order):
        if not users[box]:
            continue
        lowest = min([rank[user] for user in users[box]]) - 1
        if lowest > rank[box]:
            cost = 0.0
            for tail in inputs[box]:
                reaches = max([rank[user] for user in users[tail] if user != box], default=0)
                cost += 0.0 if reaches >= lowest else drag[tail]
            if cost <= 1:
                rank[box] = lowest
    return rank


def _order(users: Sequence[set[int]], inputs: Sequence[set[int]]) -> list[int]:
    """The boxes, inputs first."""
    waiting = [len(tails) for tails in inputs]
    order = [box for box, n in enumerate(waiting) if not n]
    for box in order:
        for user in sorted(users[box]):
            waiting[user] -= 1
            if not waiting[user]:
                order.append(user)
    if len(order) != len(users):
        raise ValueError("layered: the edges have a cycle")
    return order


def _drag(
    order: Sequence[int], users: Sequence[set[int]], inputs: Sequence[set[int]]
) -> list[float]:
    """How many long edges it costs to move a user of a box down.

    Nothing, if the box can come along with all that it is computed from. Half an edge for a
    parameter with other users: its trunk serves all of them.
    """
    drag = [0.0] * len(order)
    for box in order:
        if len(users[box]) > 1:
            drag[box] = 1.0 if inputs[box] else 0.5
        else:
            drag[box] = min(1.0, sum([drag[tail] for tail in inputs[box]]))
    return drag


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


def first_order(graph: Layers) -> list[list[int]]:
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
