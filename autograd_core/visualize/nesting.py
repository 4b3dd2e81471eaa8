"""Clusters within clusters: at each level items, which are boxes or clusters, and their edges."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .picture import Picture

#: A box by its index, or a cluster by its id.
Item = int | str


@dataclass(slots=True)
class Level:
    """What lies directly in a cluster, or in none.

    Attributes
    ----------
    items : list of int or str
        In the order of their first boxes.
    edges : list of (tail, head, edge)
        Between items of this level; `edge` is an index into the edges of the picture.
    """

    items: list[Item] = field(default_factory=list)
    edges: list[tuple[Item, Item, int]] = field(default_factory=list)


def chains_of(homes: Sequence[str], parents: Mapping[str, str]) -> list[tuple[str, ...]]:
    """For each box the clusters around it, the outermost first.

    Parameters
    ----------
    homes : sequence of str
        The innermost cluster of each box; empty for none.
    parents : mapping of str to str
        Of each cluster the one around it.
    """
    known: dict[str, tuple[str, ...]] = {"": ()}

    def chain(cluster: str) -> tuple[str, ...]:
        waiting = []
        while cluster not in known:
            waiting.append(cluster)
            cluster = parents[cluster]
        for inner in reversed(waiting):
            known[inner] = (*known[parents[inner]], inner)
        return known[waiting[0] if waiting else cluster]

    return [chain(home) for home in homes]


def levels_of(
    homes: Sequence[str], parents: Mapping[str, str], edges: Iterable[tuple[int, int]]
) -> dict[str, Level]:
    """The levels by their cluster, "" for the outermost.

    Parameters
    ----------
    homes, parents
        As for `chains_of`.
    edges : iterable of (tail, head)
        Between boxes.
    """
    chains = chains_of(homes, parents)
    levels: dict[str, Level] = {"": Level()}
    for box, chain in enumerate(chains):
        around = ""
        for cluster in chain:
            if cluster not in levels:
                levels[cluster] = Level()
                levels[around].items.append(cluster)
            around = cluster
        levels[around].items.append(box)
    for i, (tail, head) in enumerate(edges):
        a: tuple[Item, ...] = (*chains[tail], tail)
        b: tuple[Item, ...] = (*chains[head], head)
        k = 0
        while a[k] == b[k] and k < min(len(a), len(b)) - 1:
            k += 1
        if a[k] != b[k]:
            around = chains[tail][k - 1] if k else ""
            levels[around].edges.append((a[k], b[k], i))
    return levels


def levels_in(picture: Picture) -> dict[str, Level]:
    """The levels of a picture."""
    return levels_of(
        [box.cluster for box in picture.boxes],
        {cluster.id: cluster.parent for cluster in picture.clusters},
        [(edge.tail, edge.head) for edge in picture.edges],
    )


def in_cycles(level: Level) -> set[Item]:
    """The items that lie on a cycle, or come after one."""
    return set(level.items) - set(sorted_items(level.items, [e[:2] for e in level.edges]))


def sorted_items(items: Sequence[Hashable], edges: Iterable[tuple[Hashable, Hashable]]) -> list:  # type: ignore[type-arg]
    """The items, inputs first, as far as there is such an order."""
    users: dict[Hashable, set[Hashable]] = {item: set() for item in items}
    waiting = dict.fromkeys(items, 0)
    for tail, head in edges:
        if head not in users[tail]:
            users[tail].add(head)
            waiting[head] += 1
    place = {item: i for i, item in enumerate(items)}
    order = [item for item in items if not waiting[item]]
    for item in order:
        for user in sorted(users[item], key=place.__getitem__):
            waiting[user] -= 1
            if not waiting[user]:
                order.append(user)
    return order
